"""The operations that this version does not have: each says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pipelines.core.refusals import NotServed

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING = {
    "action types with an integration model": ("UpdateActionType",),
}


def _absent(name: str, what: str) -> Callable[..., NoReturn]:
    def refuse(**_given: Any) -> NoReturn:
        raise NotServed(f"{name} is not available in this version of Penstock: it has no {what}.")

    return refuse


OPERATIONS: dict[str, Callable[..., NoReturn]] = {
    name: _absent(name, what) for what, names in MISSING.items() for name in names
}
