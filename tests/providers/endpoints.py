"""Services of AWS's kind on loopback, in this process: each answers as a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pipelines.endpoints import Endpoints

Answer = tuple[int, bytes]


@dataclass
class Service:
    """What was asked, and where to ask."""

    url: str = ""
    asked: list[tuple[str, Any]] = field(default_factory=list)  # (path or target, body as JSON)
    headers: list[dict[str, str]] = field(default_factory=list)

    def at(self, service: str) -> Endpoints:
        return Endpoints(
            urls={service: self.url}, access_key_id="AKIAEXAMPLE", secret_access_key="hush"
        )


@contextmanager
def serving(answer: Callable[[str, Any], Answer | dict[str, Any]]) -> Iterator[Service]:
    """`answer` gets the X-Amz-Target's operation, or the path, and the body."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or b"null")
            target = self.headers.get("X-Amz-Target", "").rpartition(".")[2] or self.path
            service.asked.append((target, body))
            service.headers.append(dict(self.headers))
            given = answer(target, body)
            status, content = given if isinstance(given, tuple) else (200, to_bytes(given))
            self.send_response(status)
            for name, value in extra_headers(content):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def to_bytes(answer: Any) -> bytes:
    return json.dumps(answer).encode()


def extra_headers(content: bytes) -> list[tuple[str, str]]:
    """As Lambda does, say in a header that the function itself has failed."""
    failed = b'"errorType"' in content
    return [("X-Amz-Function-Error", "Unhandled")] if failed else []


def refusal(kind: str, message: str, status: int = 400) -> Answer:
    return status, to_bytes({"__type": kind, "message": message})
