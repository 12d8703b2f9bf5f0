"""Who may approve is told: AWS's JSON to an address, an e-mail, again after a failure."""

import json
import socket
import socketserver
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from console import environment
from pipelines import notifying, tasks, topics
from pipelines.core.refusals import InvalidRequest
from pipelines.models import ApprovalNotification
from tests.definitions import approval, source, stage
from tests.engine_room import ALICE
from tests.receiver import receiving

ARN = "arn:aws:sns:us-east-1:123456789012:approvals"
CONFIGURATION = {
    "NotificationArn": ARN,
    "ExternalEntityLink": "https://example.com/review?a=1",
    "CustomData": "Is #{codepipeline.PipelineExecutionId} good?",
}


@pytest.fixture
def asked(engine_room):
    """An approval that waits, of which the topic is to be told."""
    return ask(engine_room)


def ask(room, **configuration):
    given = {**CONFIGURATION, **configuration}
    room.create(stages=[stage("Source", source()), stage("Approve", approval(configuration=given))])
    room.fetch()
    room.settle()
    return room.live("Ask")


def notification():
    return ApprovalNotification.objects.get()


def deliver():
    """What the sweep and its worker do."""
    for pk in notifying.due():
        notifying.deliver(pk)
    return notification()


def make_due():
    ApprovalNotification.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_the_address_gets_the_json_of_aws(asked):
    with receiving() as receiver:
        topics.create("approvals", topics.Settings(url=f"{receiver.url}/hook?a=1"), by=ALICE)
        told = deliver()

    assert (told.status, told.attempts, told.last_error) == ("Delivered", 1, "")
    [request] = receiver.requests
    assert (request.method, request.path) == ("POST", "/hook?a=1")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-amz-sns-topic-arn"] == ARN
    assert request.headers["x-amz-sns-message-type"] == "Notification"
    page = "http://127.0.0.1:8000/codesuite/codepipeline/pipelines/website"
    message = json.loads(request.body)
    assert message == {
        "region": "us-east-1",
        "consoleLink": f"{page}/view",
        "approval": {
            "pipelineName": "website",
            "stageName": "Approve",
            "actionName": "Ask",
            "token": asked.token,
            "expires": asked.deadline.strftime("%Y-%m-%dT%H:%MZ"),
            "externalEntityLink": "https://example.com/review?a=1",
            "approvalReviewLink": f"{page}/stages/Approve/actions/Ask/review",
            "customData": f"Is {asked.execution_id} good?",
        },
    }
    assert notifying.due() == []


def test_the_link_leads_to_the_review(asked, signed_in):
    link = notifying.message_of(asked)["approval"]["approvalReviewLink"]

    assert link.endswith(reverse("review", args=["website", "Approve", "Ask"]))


@pytest.fixture
def signed_in(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("alice"))
    return client


def test_an_e_mail_says_it_in_words(asked, settings):
    settings.PENSTOCK_MAIL = True
    topics.create("approvals", topics.Settings(email="ana@example.com"), by=ALICE)

    assert deliver().status == "Delivered"

    [message] = mail.outbox
    assert message.to == ["ana@example.com"]
    assert message.subject == "APPROVAL NEEDED: AWS CodePipeline website for action Ask"
    assert f"Comments: Is {asked.execution_id} good?" in message.body
    assert json.loads(message.body.split("\n\n", 1)[1]) == notifying.message_of(asked)


def test_nobody_is_told_of_an_approval_that_names_no_topic(engine_room):
    engine_room.create(stages=[stage("Source", source()), stage("Approve", approval())])
    engine_room.fetch()
    engine_room.settle()

    assert not ApprovalNotification.objects.exists()


def test_the_sweep_has_it_sent(asked, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "_send", lambda task, *given: sent.append((task, given)))

    tasks.sweep()

    assert (tasks.notify, (str(notification().pk),)) in sent
    topics.create("approvals", topics.Settings(email="ana@example.com"), by=ALICE)
    tasks.notify(str(notification().pk))
    assert notification().attempts == 1
    assert notification().status == "Failed"  # without a mail server


@pytest.mark.parametrize(
    ("answers", "status", "attempts"),
    [([503, 200], "Delivered", 2), ([429, 500, 204], "Delivered", 3), ([404], "Failed", 1)],
)
def test_what_may_work_later_is_tried_again(asked, answers, status, attempts):
    with receiving(*answers) as receiver:
        topics.create("approvals", topics.Settings(url=receiver.url), by=ALICE)
        for _ in range(attempts):
            deliver()
            make_due()

        told = notification()
        assert (told.status, told.attempts, len(receiver.requests)) == (status, attempts, attempts)
        assert deliver().attempts == attempts


def test_the_pauses_grow_and_then_it_is_given_up(asked):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        topics.create("approvals", topics.Settings(url=url), by=ALICE)
        for pause in notifying.PAUSES:
            before = timezone.now()
            told = deliver()
            assert told.status == "Pending"
            assert told.next_attempt_at - before >= pause
            assert "the connection was refused" in told.last_error
            assert notifying.due() == []
            make_due()
        assert deliver().status == "Failed"
    asked.refresh_from_db()
    assert asked.status == "InProgress"


def test_what_was_posted_is_not_posted_again_because_of_the_mail(asked, settings):
    settings.PENSTOCK_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with receiving() as receiver, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused.getsockname()[1]
        said = topics.Settings(url=receiver.url, email="ana@example.com")
        topics.create("approvals", said, by=ALICE)
        assert "The mail server did not take it" in deliver().last_error
        make_due()
        assert deliver().attempts == 2

    assert len(receiver.requests) == 1


class MailServer(socketserver.ThreadingTCPServer):
    """What arrived."""

    mails: list[bytes]


class Smtp(socketserver.StreamRequestHandler):
    """As much of a mail server as it takes to get one mail, or to refuse it."""

    server: MailServer

    def handle(self):
        self.say("220 here")
        for line in self.rfile:
            match line[:4].upper().strip():
                case b"DATA":
                    self.say("354 go on")
                    self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self.say("250 kept")
                case b"RCPT":
                    self.say("550 no such user" if b"nobody" in line else "250 ok")
                case b"QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 ok")

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server():
    with MailServer(("127.0.0.1", 0), Smtp) as server:
        server.mails = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("to", "arrives"), [("ana", True), ("nobody", False)])
def test_a_real_mail_server_takes_it_or_says_why_not(asked, settings, to, arrives):
    settings.PENSTOCK_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    topics.create("approvals", topics.Settings(email=f"{to}@example.com"), by=ALICE)
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        told = deliver()

    assert (told.status == "Delivered") is arrives, told.last_error
    assert len(server.mails) == int(arrives)
    assert ("no such user" in told.last_error) is not arrives


@pytest.mark.parametrize("arn", [ARN, "x"])
def test_a_topic_that_is_not_there_is_told_on_the_page(engine_room, signed_in, arn):
    asked = ask(engine_room, NotificationArn=arn)
    told = deliver()

    assert told.status == "Failed"
    assert told.last_error.startswith(f"There is no topic {told.topic_arn.rpartition(':')[2]}.")
    page = signed_in.get(reverse("action", args=["website", asked.execution_id, asked.pk]))
    text = page.content.decode()
    assert "Not delivered" in text
    assert "There is no topic" in text
    engine_room.answer(asked)
    engine_room.settle()
    assert engine_room.status(asked.execution) == "Succeeded"


def test_nobody_is_told_of_an_approval_that_is_over(asked, engine_room):
    engine_room.answer(asked)
    engine_room.settle()

    told = deliver()

    assert told.status == "Failed"
    assert "was over before anybody could be told" in told.last_error


def test_two_processes_make_one_attempt(asked):
    with receiving() as receiver:
        topics.create("approvals", topics.Settings(url=receiver.url), by=ALICE)
        pk = notification().pk
        notifying.deliver(pk)
        notifying.deliver(pk)

    assert len(receiver.requests) == 1


def test_the_notification_goes_with_its_pipeline(asked, engine_room):
    pk = notification().pk
    engine_room.pipeline.delete()

    notifying.deliver(pk)

    assert not ApprovalNotification.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "an address to post to or an e-mail address is needed"),
        ({"url": "chat.example"}, "An address begins with http:// or https://"),
        ({"url": "https://a:b@chat.example"}, "An address has no password in it."),
        ({"email": "ana"}, "Invalid e-mail address: 'ana'."),
        ({"email": "a@b.example\nBcc: x@y.example"}, "Invalid e-mail address"),
        ({"email": "a\0@b.example"}, "must not contain a null character"),
    ],
)
def test_what_cannot_be_of_a_topic_is_refused(given, expected):
    with pytest.raises(InvalidRequest, match=expected):
        topics.create("approvals", topics.Settings(**given), by=ALICE)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://h:x"])
def test_a_mail_server_has_an_address(monkeypatch, url):
    monkeypatch.setenv("EMAIL_URL", url)

    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must be such as smtp://host:25"):
        environment.mail_server("EMAIL_URL")


def test_the_address_of_a_mail_server_is_read(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://ana:s%40cret@mail.example:587")

    found = environment.mail_server("EMAIL_URL")

    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("ana", "s@cret")
    assert found["EMAIL_USE_TLS"] is True
