"""The artifact store of this Penstock: the one place that knows which it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import places
from pipelines.stores import FolderStore

if TYPE_CHECKING:
    from pipelines.stores import Store


def configured() -> Store:
    """The store of the settings."""
    return FolderStore(places.artifacts(), places.uploads())
