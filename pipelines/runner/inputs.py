"""The input artifacts of an action, brought from the store when its provider asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines import artifact_store


@dataclass(frozen=True, slots=True)
class Inputs(Mapping[str, Path]):
    """Name -> a file, only to be read.  Looking one up raises StoreError when it is not there."""

    keys_of_store: Mapping[str, str]  # in the order of the definition
    folder: Path  # where they are put, if the store is elsewhere
    _there: dict[str, Path] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Path:
        if name not in self._there:
            key = self.keys_of_store[name]
            self._there[name] = artifact_store.configured().fetch(key, self.folder / name)
        return self._there[name]

    def __contains__(self, name: object) -> bool:
        return name in self.keys_of_store

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_of_store)

    def __len__(self) -> int:
        return len(self.keys_of_store)
