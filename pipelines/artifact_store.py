"""The artifact store of this Penstock: the one place that knows which it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from pipelines import endpoints, places
from pipelines.stores import FOLDER, FolderStore, S3Store

if TYPE_CHECKING:
    from pipelines.stores import Store

_made: dict[str, tuple[endpoints.Endpoints, Store]] = {}  # a client is dear to make


def configured() -> Store:
    """The store of the settings."""
    address, services = settings.PENSTOCK_ARTIFACT_STORE, settings.PENSTOCK_ENDPOINTS
    if address == FOLDER:
        return FolderStore(places.artifacts(), places.uploads())
    made = _made.get(address)
    if made is None or made[0] != services:
        made = _made[address] = (services, _of_s3(address, services))
    return made[1]


def _of_s3(address: str, services: endpoints.Endpoints) -> S3Store:
    where = urlsplit(address)
    prefix = where.path.strip("/")
    client = endpoints.client(services, "s3")
    return S3Store(client, where.netloc, f"{prefix}/" if prefix else "")
