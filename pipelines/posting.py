"""Sending something to an address by HTTP: bounded in time and in what is read of the answer."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECONDS = 10.0
READ = 64 * 1024  # bytes of an answer
URL_LIMIT = 2048
PRINTABLE = re.compile(r"[!-~]+")


class NotSent(Exception):
    """There is no answer; the message says why, without the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def why_not_an_address(url: str) -> str:
    """Why one cannot send to it; empty for an http or https address."""
    if len(url) > URL_LIMIT or not PRINTABLE.fullmatch(url):
        return f"An address has 1 to {URL_LIMIT} printable ASCII characters and no spaces."
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_usable = False
    if not is_usable:
        return "An address begins with http:// or https:// and has the name of a host."
    return "An address has no password in it." if "@" in parts.netloc else ""


def send(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Answer:
    """Send one request and read its answer, all of it within that time; follow no redirect.

    Raises NotSent.
    """
    parts = urlsplit(url)
    connection = _connection(parts, seconds)
    try:
        connection.connect()
        with _hung_up_after(seconds, connection.sock):
            target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(READ))
    except TimeoutError:
        raise NotSent(f"It did not answer within {seconds:g} seconds.") from None
    except ssl.SSLCertVerificationError as problem:
        raise NotSent(f"Its certificate is not trusted: {problem.verify_message}.") from None
    except ConnectionRefusedError:
        raise NotSent("Nobody listens there: the connection was refused.") from None
    except socket.gaierror:
        raise NotSent("There is no host of that name.") from None
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise NotSent(f"The connection broke: {type(problem).__name__}.") from None
    finally:
        connection.close()


def _connection(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(str(parts.hostname), parts.port, timeout=seconds)


@contextlib.contextmanager
def _hung_up_after(seconds: float, connected: socket.socket) -> Iterator[None]:
    """A server that sends a byte now and then keeps within every other limit."""
    done = threading.Event()
    was_late = threading.Event()

    def watch() -> None:
        if not done.wait(seconds):
            was_late.set()
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if was_late.is_set():
            raise TimeoutError from None
        raise
    finally:
        done.set()
    if was_late.is_set():
        raise TimeoutError
