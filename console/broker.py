"""Where the broker is, spelled for each library that talks to it."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

LONGEST_SOCKET_PATH = 100  # The kernel's limit is 104 on macOS and 108 on Linux.
SCHEMES = {"redis", "rediss", "unix"}


def embedded_socket(home: Path) -> Path:
    """The embedded broker's socket: under the home, or in a short directory when that cannot be."""
    socket = home / "run" / "broker.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH and re.fullmatch(r"[\w./-]+", str(socket)):
        return socket
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"penstock-{os.getuid()}-{digest}" / "broker.sock"


def redis_url(configured: str, socket: Path) -> str:
    """The address as redis-py writes it."""
    if not configured:
        return f"unix://{socket}"
    scheme = configured.partition("://")[0]
    if scheme not in SCHEMES:
        # The value may hold a password: it is not repeated here.
        raise ImproperlyConfigured(
            "REDIS_URL must begin with redis://, rediss:// or unix://; "
            f"it begins with {scheme[:16]!r}."
        )
    return configured


def celery_url(url: str) -> str:
    """The same address as Celery writes it: a socket has another scheme, and names its database."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}"
