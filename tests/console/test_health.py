"""Whether it lives and whether it is ready, asked by whoever watches over it."""

import socketserver
from threading import Thread

import pytest
from celery import Celery

from console import health

GREETINGS = {b"HELLO": b"%1\r\n+proto\r\n:3\r\n", b"CLIENT": b"+OK\r\n", b"PING": b"+PONG\r\n"}


class HangsUp(socketserver.StreamRequestHandler):
    """A broker that greets, answers a PING, and is gone at the first thing that is asked of it."""

    def handle(self):
        while length := self.rfile.readline():
            lines = [self.rfile.readline() for _ in range(2 * int(length[1:]))]
            command = lines[1].strip().upper()
            if command not in GREETINGS:
                return
            self.wfile.write(GREETINGS[command])


@pytest.fixture
def dying_broker():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HangsUp) as server:
        server.daemon_threads = True
        listener = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        listener.start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()
        listener.join()


def test_it_lives(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_without_a_broker_it_says_so_and_asks_for_no_worker(client, db, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"

    answer = client.get("/readyz")

    assert answer.status_code == 503
    items = answer.json()["items"]
    assert (items["database"], items["migrations"]) == ("ok", "ok")
    assert items["broker"].startswith("ConnectionError: ")
    assert items["stops worker"] == "unknown: no broker"


def test_a_broker_that_dies_while_it_is_asked_is_told_and_no_error_page(
    client, db, settings, monkeypatch, dying_broker
):
    settings.REDIS_URL = dying_broker
    monkeypatch.setattr(health, "app", Celery(broker=dying_broker, set_as_current=False))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    items = answer.json()["items"]
    assert items["broker"] == "ok"
    assert items["actions worker"].startswith("unknown: ")


def test_it_is_not_ready_before_somebody_may_come_in(client, db, settings, django_user_model):
    settings.REDIS_URL = "unix:///nobody.sock"

    before = client.get("/readyz").json()["items"]["first run"]
    django_user_model.objects.create_superuser("alice")
    after = client.get("/readyz").json()["items"]["first run"]

    assert before == "nobody may sign in yet: run `manage.py bootstrap`"
    assert after == "ok"
