"""A small container registry on loopback: manifests by tag and digest, and three ways to let in."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
TOKEN = "a-token-for-pulling"


class Registry:
    """`user` is who may ask, by `way`: "basic" or "bearer"; without a user everybody may.

    `answers` is what it says in place of a manifest; `hangs` answers nobody until it is closed;
    `drips` is how an answer begins, and what comes of it now and then.
    """

    def __init__(self) -> None:
        self.images: dict[str, dict[str, bytes]] = {}
        self.user: tuple[str, str] | None = None
        self.way = "basic"
        self.realm = ""
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.answers: tuple[int, bytes] | None = None
        self.hangs = False
        self.drips: tuple[bytes, bytes] | None = None
        self.closed = threading.Event()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                registry.answer(self)

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"

    def push(self, repository: str, tag: str, **manifest: object) -> str:
        """An image, whose digest comes back."""
        said = {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE,
            "config": {"size": 100},
            "layers": [{"size": 1000}, {"size": 20}],
            **manifest,
        }
        body = json.dumps(said).encode()
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self.images.setdefault(repository, {}).update({tag: body, digest: body})
        return digest

    def answer(self, request) -> None:
        self.asked.append(request.path)
        if self.hangs:
            self.closed.wait(60)
            return
        if request.path.startswith("/token"):
            self.give_token(request)
        elif not self.lets_in(request.headers.get("Authorization", "")):
            reply(request, 401, b"", **{"WWW-Authenticate": self.challenge(request)})
        elif self.drips:
            self.drip(request)
        elif self.answers:
            status, body = self.answers
            reply(request, status, body, **self.headers)
        else:
            self.give_manifest(request)

    def drip(self, request) -> None:
        """A little now and then, for as long as somebody listens."""
        beginning, little = self.drips or (b"", b"")
        with suppress(OSError):
            request.wfile.write(beginning)
            while not self.closed.wait(0.05):
                request.wfile.write(little)

    def give_token(self, request) -> None:
        """Scoped as was asked; to nobody but the user."""
        asked = parse_qs(urlsplit(request.path).query)
        if basic(self.user) != request.headers.get("Authorization"):
            reply(request, 401, b"")
        else:
            assert asked["scope"][0].startswith("repository:")
            reply(request, 200, json.dumps({"token": TOKEN}).encode())

    def give_manifest(self, request) -> None:
        name, _, reference = request.path.removeprefix("/v2/").partition("/manifests/")
        body = self.images.get(name, {}).get(reference)
        if body is None:
            reply(request, 404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
            return
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        headers = {"Content-Type": MEDIA_TYPE, "Docker-Content-Digest": digest, **self.headers}
        reply(request, 200, body, **headers)

    def lets_in(self, authorization: str) -> bool:
        if self.user is None:
            return True
        wanted = basic(self.user) if self.way == "basic" else f"Bearer {TOKEN}"
        return authorization == wanted

    def challenge(self, request) -> str:
        if self.way == "basic":
            return 'Basic realm="images"'
        realm = self.realm or f"http://{self.host}/token"
        name = request.path.removeprefix("/v2/").partition("/manifests/")[0]
        return f'Bearer realm="{realm}",service="images",scope="repository:{name}:pull"'


@contextmanager
def running() -> Iterator[Registry]:
    registry = Registry()
    thread = threading.Thread(target=registry.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield registry
    finally:
        registry.closed.set()
        registry.server.shutdown()
        thread.join()
        registry.server.server_close()


def basic(user: tuple[str, str] | None) -> str:
    return f"Basic {base64.b64encode(':'.join(user or ()).encode()).decode()}"


def reply(request, status: int, body: bytes, **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
