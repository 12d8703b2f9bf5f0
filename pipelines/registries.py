"""Container registries, asked for manifests as the OCI distribution specification says.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md; tokens as in
https://distribution.github.io/distribution/spec/auth/token/.
"""

import hashlib
import ipaddress
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
LOOK_EVERY = 0.2  # seconds between two looks at whether the answer is still waited for
BODY_LIMIT = 4 * 1024**2  # bytes: what the specification has registries take
REPOSITORY = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(Exception):
    """The registry did not give the manifest; the message is a sentence for people."""


class NoSuchImage(RegistryError):
    """There is no such repository, tag or digest."""


class Denied(RegistryError):
    """The registry wants another user, or any."""


class Unreachable(RegistryError):
    """The registry does not answer, or not in time."""


class GivenUp(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where a registry is, as host:port, and as whom it is asked."""

    host: str
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """As Docker has it, a registry of this machine is asked without encryption."""
        name = urlsplit(f"//{self.host}").hostname or ""
        return f"{'http' if _is_here(name) else 'https'}://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a tag or digest names."""

    digest: str
    size: int | None  # of the image with its layers; None: of several platforms
    pushed_at: str  # as the registry says it, if it does


def manifest(
    registry: Registry,
    repository: str,
    reference: str,
    *,
    seconds: float,
    is_lost: Callable[[], bool] = lambda: False,
) -> Manifest:
    """What the registry has under this tag or digest, verified.

    Raises RegistryError, or GivenUp.
    """
    if not REPOSITORY.fullmatch(repository):
        raise NoSuchImage(f"{repository[:200]!r} cannot be the name of a repository.")
    if not (TAG.fullmatch(reference) or DIGEST.fullmatch(reference)):
        raise NoSuchImage(f"{reference[:200]!r} can be neither a tag nor a digest.")
    asking = _Asking(registry, repository, time.monotonic() + seconds, is_lost)
    answer = asking.ask(f"{registry.url}/v2/{repository}/manifests/{reference}")
    digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    claimed = answer.headers.get("Docker-Content-Digest", digest)
    if digest != claimed or (reference.startswith("sha256:") and digest != reference):
        raise RegistryError(f"{registry.host} sent another manifest than the one that it names.")
    return Manifest(digest=digest, size=_size(answer.body, registry), pushed_at=_pushed_at(answer))


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    headers: Mapping[str, str]


class _Asking:
    """One question to a registry, with as many requests as it takes to be let in."""

    def __init__(
        self, registry: Registry, repository: str, over_at: float, is_lost: Callable[[], bool]
    ) -> None:
        self.registry, self.repository = registry, repository
        self.over_at, self.is_lost = over_at, is_lost
        self.pool = urllib3.PoolManager(num_pools=3)

    def ask(self, url: str) -> _Answer:
        """Raises RegistryError, or GivenUp.

        Who sends a byte now and then keeps within every limit of a socket: another thread reads.
        """
        answer: Future[_Answer] = Future()

        def run() -> None:
            try:
                answer.set_result(self._let_in(url))
            except Exception as problem:  # noqa: BLE001 - raised by whoever waits for the answer
                answer.set_exception(problem)

        threading.Thread(target=run, daemon=True).start()
        while not answer.done():
            wait([answer], timeout=LOOK_EVERY)
            if self.is_lost():
                raise GivenUp
            if time.monotonic() > self.over_at + LOOK_EVERY:
                raise self._too_slow()
        return answer.result()

    def _let_in(self, url: str) -> _Answer:
        accept = {"Accept": ", ".join(MANIFESTS)}
        try:
            status, answer = self._get(url, accept)
            if status == 401:
                challenge = answer.headers.get("WWW-Authenticate", "")
                authorization = {"Authorization": self._authorization(challenge)}
                status, answer = self._get(url, {**accept, **authorization})
        finally:
            self.pool.clear()
        self._check(status)
        return answer

    def _authorization(self, challenge: str) -> str:
        """What a challenge is answered with: the user himself, or a token that he gets for it."""
        kind, _, rest = challenge.partition(" ")
        told = dict(_CHALLENGE.findall(rest))
        if kind.lower() == "basic" and self.registry.username:
            return str(self._basic()["authorization"])
        if kind.lower() == "bearer" and told.get("realm"):
            return f"Bearer {self._token(told)}"
        raise Denied(f"{self.registry.host} wants a user and a password.")

    def _token(self, told: Mapping[str, str]) -> str:
        realm = told["realm"]
        if self.registry.url.startswith("https:") and not realm.startswith("https://"):
            raise Denied(f"{self.registry.host} wants a token from an address without encryption.")
        scope = told.get("scope") or f"repository:{self.repository}:pull"
        asked = {"service": told.get("service", ""), "scope": scope}
        separator = "&" if "?" in realm else "?"
        headers = self._basic() if self.registry.username else {}
        status, answer = self._get(f"{realm}{separator}{urlencode(asked)}", headers)
        self._check(status)
        said = _json(answer.body, self.registry)
        token = said.get("token") or said.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Denied(f"{self.registry.host} gave no token.")
        return token

    def _basic(self) -> dict[str, str]:
        who = f"{self.registry.username}:{self.registry.password}"
        made: dict[str, str] = urllib3.make_headers(basic_auth=who)
        return made

    def _get(self, url: str, headers: Mapping[str, str]) -> tuple[int, _Answer]:
        left = self.over_at - time.monotonic()
        if left <= 0:
            raise self._too_slow()
        retries = urllib3.Retry(connect=0, read=0, redirect=3, other=0, raise_on_redirect=True)
        try:
            with self.pool.request(
                "GET",
                url,
                headers=dict(headers),
                preload_content=False,
                timeout=urllib3.Timeout(connect=min(5.0, left), read=min(10.0, left)),
                retries=retries,
            ) as response:
                return response.status, _Answer(self._body(response), response.headers)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            is_there = not isinstance(reason, urllib3.exceptions.NewConnectionError)
            if is_there and isinstance(reason, urllib3.exceptions.TimeoutError | TimeoutError):
                raise self._too_slow() from error
            said = str(reason).rpartition(": ")[2][:300]
            raise Unreachable(f"{self.registry.host} cannot be reached: {said}.") from error

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        body = b""
        while chunk := response.read1(65536):  # what there is, however little
            body += chunk
            if self.is_lost():
                raise GivenUp
            if len(body) > BODY_LIMIT:
                raise RegistryError(f"{self.registry.host} sends more than a manifest may have.")
            if time.monotonic() > self.over_at:
                raise self._too_slow()
        return body

    def _check(self, status: int) -> None:
        host = self.registry.host
        if status in (401, 403):
            raise Denied(f"{host} denied access.")
        if status == 404:
            raise NoSuchImage(f"{host} has no such image.")
        if status != 200:
            raise Unreachable(f"{host} answered with HTTP status {status}.")

    def _too_slow(self) -> Unreachable:
        return Unreachable(f"{self.registry.host} did not answer in time.")


def _is_here(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _json(body: bytes, registry: Registry) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RegistryError(f"{registry.host} answered with something that is no JSON.") from error
    if not isinstance(said, dict):
        raise RegistryError(f"{registry.host} answered with something else than asked for.")
    return said


def _size(body: bytes, registry: Registry) -> int | None:
    """Of the configuration and all layers; an index has several images."""
    said = _json(body, registry)
    if "layers" not in said and "manifests" not in said:
        raise RegistryError(f"{registry.host} answered with something that is no manifest.")
    if "layers" not in said:
        return None
    parts = [said.get("config"), *(said["layers"] if isinstance(said["layers"], list) else ())]
    sizes = [part.get("size", 0) for part in parts if isinstance(part, dict)]
    return sum(size for size in sizes if isinstance(size, int))


def _pushed_at(answer: _Answer) -> str:
    """As in AWS's imageDetail.json; most registries do not say it."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Last-Modified", ""))
    except (ValueError, OverflowError):
        return ""
    return moment.strftime("%a %b %d %H:%M:%S UTC %Y")
