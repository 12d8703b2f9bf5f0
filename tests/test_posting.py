"""Sending requests to servers that answer, hang, drip, lie, or are not there."""

import socket

import pytest

from pipelines.posting import READ, Answer, NotSent, send, why_not_an_address
from tests.receiver import receiving


def test_a_request_arrives_as_it_is_and_the_answer_comes_back():
    with receiving((201, b"made")) as receiver:
        answer = send("POST", f"{receiver.url}/a?b=c#d", body=b"{}", headers={"X-One": "1"})
        [request] = receiver.requests
    assert answer == Answer(201, b"made")
    assert answer.is_success
    assert (request.method, request.path, request.body) == ("POST", "/a?b=c", b"{}")
    assert request.headers["x-one"] == "1"


def test_a_redirect_is_an_answer_and_is_not_followed():
    with receiving((302, b"")) as receiver:
        assert send("POST", receiver.url).status == 302
        assert len(receiver.requests) == 1


def test_only_the_beginning_of_a_long_answer_is_read():
    with receiving((200, b"x" * (READ + 1))) as receiver:
        assert len(send("GET", receiver.url).body) == READ


def test_who_does_not_answer_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NotSent, match=r"^It did not answer within 0\.2 seconds\.$"):
            send("POST", url, seconds=0.2)


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_who_answers_a_byte_at_a_time_is_given_up(beginning):
    with receiving() as receiver:

        def drip(_request, handler):
            handler.wfile.write(beginning)
            try:
                while not receiver.hanging.wait(0.05):
                    handler.wfile.write(b"x")
            except OSError:
                pass

        receiver.answers = [drip]
        with pytest.raises(NotSent, match=r"^It did not answer within"):
            send("POST", receiver.url, seconds=0.3)


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_who_does_not_speak_http_is_said_to(said):
    with receiving() as receiver:
        receiver.answers = [lambda _request, handler: handler.wfile.write(said)]
        with pytest.raises(NotSent, match=r"^The connection broke: "):
            send("POST", receiver.url)


def test_where_nobody_listens_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSent, match=r"^Nobody listens there"):
        send("POST", f"http://127.0.0.1:{port}")


def test_tls_is_spoken_to_https_only():
    with receiving() as receiver, pytest.raises(NotSent, match=r"^The connection broke: "):
        send("POST", receiver.url.replace("http:", "https:"))


@pytest.mark.parametrize("url", ["http://a", "https://example.com:8443/x?y", "http://[::1]/"])
def test_these_are_addresses(url):
    assert why_not_an_address(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "a",
            "ftp://a",
            "http://",
            "http:///x",
            "http://a:b",
            "http://a b",
            "http://a\r\nX: y",
        ),
        *("http://é", "http://[::1", "http://u:p@a", "javascript:alert(1)", f"http://{'a' * 2048}"),
    ],
)
def test_these_are_none(url):
    assert why_not_an_address(url)
