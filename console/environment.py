"""Reading settings from the environment; a value that cannot be used gets one clear sentence."""

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from pipelines.core.abandoned_work import Policy
from pipelines.endpoints import SERVICES, Endpoints, variable_of
from pipelines.stores import FOLDER

YES = {"1", "true", "yes", "on"}
S3_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{2,62}(/(?![.]+(/|$))[A-Za-z0-9._@-]+)*/?")
NO = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """What the variable says; unset and empty both mean the default."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """A yes or a no."""
    value = text(name).lower()
    if value not in {"", *YES, *NO}:
        raise _refused(name, "must be 1 or 0")
    return value in YES if value else default


def one_of(name: str, words: Sequence[str]) -> str:
    """One of these words; the first is the default."""
    value = text(name, words[0]).lower()
    if value not in words:
        raise _refused(name, f"must be one of {', '.join(words)}")
    return value


def abandoned_work() -> tuple[str, str]:
    """What is done about the work of abandoned actions, and the command that cleans up after it."""
    policy = one_of("PENSTOCK_ABANDONED_WORK", [each.value for each in Policy])
    command = text("PENSTOCK_ABANDONED_WORK_COMMAND")
    if policy == Policy.CLEANUP and not command:
        raise _refused("PENSTOCK_ABANDONED_WORK_COMMAND", "must say what to run for cleanup")
    return policy, command


def whole(name: str, default: int, *, least: int = 1, most: int = 2**31 - 1) -> int:
    """A whole number between two bounds."""
    return int(_number(name, default, int, f"a whole number from {least} to {most}", least, most))


def seconds(name: str, default: float) -> float:
    """A positive number of seconds, fractions allowed."""
    return _number(name, default, float, "a number of seconds from 0.1 to 86400", 0.1, 86400)


def names(name: str, default: Sequence[str] = ()) -> list[str]:
    """A list separated by commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or list(default)


def web_url(name: str, default: str) -> str:
    """An http or https address, without a slash at its end."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise _refused(name, "must be an address such as http://127.0.0.1:8000")
    return value


def mail_server(name: str) -> dict[str, Any]:
    """Django's EMAIL_ settings from an address such as smtp+tls://user:password@host:587."""
    address = text(name)
    if not address:
        return {}
    try:
        found: dict[str, Any] = environ.Env.email_url_config(address)
    except (ImproperlyConfigured, KeyError, ValueError):
        found = {}
    if not found.get("EMAIL_HOST"):  # without the address, which may have a password in it
        raise ImproperlyConfigured(
            f"{name} must be such as smtp://host:25 or smtp+tls://user:password@host:587."
        )
    return found


def endpoints(region: str) -> Endpoints:
    """The services of AWS's kind that have an address: PENSTOCK_ENDPOINT_S3 and its like."""
    given = {
        service: web_url(f"PENSTOCK_ENDPOINT_{variable}", "")
        for variable, service in SERVICES.items()
        if text(f"PENSTOCK_ENDPOINT_{variable}")
    }
    return Endpoints(
        urls=given,
        region=text("PENSTOCK_ENDPOINT_REGION", region),
        access_key_id=text("PENSTOCK_ENDPOINT_ACCESS_KEY_ID", "test"),
        secret_access_key=text("PENSTOCK_ENDPOINT_SECRET_ACCESS_KEY", "test"),
        session_token=text("PENSTOCK_ENDPOINT_SESSION_TOKEN"),
    )


def artifact_store(name: str, services: Endpoints) -> str:
    """A folder, or a bucket of the S3 that is among the services: s3://bucket/prefix."""
    value = text(name, FOLDER)
    if value == FOLDER:
        return value
    if not S3_ADDRESS.fullmatch(value):
        raise _refused(name, f"must be {FOLDER}, or s3://bucket or s3://bucket/prefix")
    if not services.has("s3"):
        raise _refused(name, f"also needs {variable_of('s3')}, the address of that S3")
    return value


def directory(name: str, default: Path) -> Path:
    """A directory of our own, made when it does not exist yet."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise _refused(name, f"must be a directory one can write to ({problem})") from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise _refused(name, "must be a directory one can write to", shown=str(path))
    return path


def database(name: str, default: str) -> dict[str, object]:
    """A Django database made from sqlite:///path or postgres://user:password@host:port/name."""
    value = text(name, default)
    scheme = value.partition("://")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        # The value may hold a password: it is not repeated here.
        raise _refused(name, "must begin with sqlite:/// or postgres://", shown=f"{scheme[:16]}…")
    try:
        return dict(environ.Env.db_url_config(value))
    except ValueError as problem:
        raise _refused(name, "must be a database address", shown=f"{scheme}://…") from problem


def kept_secret(path: Path) -> str:
    """The secret in this file: made on first use, the same for all who ask at the same time."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # Another process was first: its secret counts.
        finally:
            Path(draft).unlink()
    return path.read_text().strip()


def _number(
    name: str, default: float, kind: Callable[[str], float], wanted: str, least: float, most: float
) -> float:
    value = text(name)
    try:
        number = kind(value) if value else default
    except ValueError:
        raise _refused(name, f"must be {wanted}") from None
    if not least <= number <= most:
        raise _refused(name, f"must be {wanted}")
    return number


def _refused(name: str, rule: str, *, shown: str | None = None) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} {rule}; it is {shown or text(name)!r}.")
