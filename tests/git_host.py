"""A git host on loopback: real repositories behind git's own smart HTTP server, with a password."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipelines import git

AT = datetime(2026, 11, 23, 14, 22, 10, tzinfo=UTC)
ADA = ("Ada", "ada@example.com")
HOP = ("transfer-encoding", "connection")


class GitHost:
    """`root` holds bare repositories; `user` is the credential that is wanted, if any is.

    `asked` has each request's path and user.  `redirects_to` sends everybody elsewhere, and
    `hangs` answers nobody until the host is closed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.user: tuple[str, str] | None = None
        self.asked: list[tuple[str, str]] = []
        self.answers: bytes | None = None
        self.status = 200  # of that
        self.redirects_to = ""
        self.hangs = False
        self.closed = threading.Event()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host.answer(self)

            def do_POST(self):
                host.answer(self)

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request) -> None:
        user = user_of(request)
        self.asked.append((request.path, user[0] if user else ""))
        if self.hangs:
            self.closed.wait(60)
            return
        if self.redirects_to:
            refuse(request, 301, Location=f"{self.redirects_to}{request.path}")
        elif self.user and user != self.user:
            refuse(request, 401, **{"WWW-Authenticate": 'Basic realm="git"'})
        elif self.answers is not None:
            reply(request, self.status, {"Content-Type": "text/plain"}, self.answers)
        else:
            self.serve(request, user)

    def serve(self, request, user) -> None:
        """What git's own server answers."""
        path, _, query = request.path.partition("?")
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length) if length else chunked(request)
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=False,  # it tells the client what is wrong before it fails
            env={
                **os.environ,
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": request.command,
                "CONTENT_TYPE": request.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
                "REMOTE_USER": user[0] if user else "",
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        reply(request, status, headers, content)


@contextmanager
def git_host(root: Path) -> Iterator[GitHost]:
    host = GitHost(root)
    thread = threading.Thread(target=host.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield host
    finally:
        host.closed.set()
        host.server.shutdown()
        thread.join()
        host.server.server_close()


def make_repository(root: Path, name: str = "acme/site", **files: str) -> str:
    """A bare repository with one commit on main, whose id comes back."""
    repository = root / f"{name}.git"
    git.init_bare(repository)
    return push(repository, **(files or {"index": "hello\n"}))


def push(repository: Path, branch: str = "main", *, message: str = "", **files: str) -> str:
    """One more commit."""
    contents = {name: git.File(text) for name, text in files.items()}
    said = message or f"Change {', '.join(files)}\n\nIn detail."
    return git.commit_files(repository, branch, contents, message=said, author=ADA, at=AT)


def user_of(request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return None
    name, _, password = base64.b64decode(value).decode().partition(":")
    return name, password


def refuse(request, status: int, **headers: str) -> None:
    reply(request, status, headers, b"")


def reply(request, status: int, headers: dict[str, str], content: bytes) -> None:
    request.send_response(status)
    for name, value in headers.items():
        if name.lower() not in HOP:
            request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def chunked(request) -> bytes:
    """A body without a length, as git sends what is large."""
    if request.headers.get("Transfer-Encoding") != "chunked":
        return b""
    body = b""
    while size := int(request.rfile.readline().strip() or b"0", 16):
        body += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return body
