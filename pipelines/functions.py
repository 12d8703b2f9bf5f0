"""What one can do with functions, which Lambda actions invoke: create, change, delete, list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pipelines import posting
from pipelines.core.refusals import InvalidRequest
from pipelines.core.rights import FUNCTIONS
from pipelines.models import Function
from pipelines.registering import Register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

REGISTER = Register(
    model=Function,
    noun="function",
    names=re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII),
    rule="Up to 64 letters, digits, - and _ are allowed.",
    rights=FUNCTIONS,
    arn="arn:aws:lambda:{region}:{account}:function:{name}",
)


class Settings(NamedTuple):
    """What may be said of a function beside its name."""

    url: str


def find(name: str) -> Function:
    """Raises ResourceNotFound."""
    return REGISTER.find(name)


def listed(*, by: Caller) -> QuerySet[Function]:
    """All of them, by name.  Raises AccessDenied."""
    return REGISTER.listed(by=by)


def create(name: str, said: Settings, *, by: Caller) -> Function:
    """Raises AccessDenied, InvalidRequest and NameInUse."""
    return REGISTER.create(name, lambda: _checked(said), by=by)


def update(name: str, said: Settings, *, by: Caller) -> Function:
    """Raises AccessDenied, ResourceNotFound and InvalidRequest."""
    return REGISTER.update(name, lambda: _checked(said), by=by)


def delete(name: str, *, by: Caller) -> None:
    """Actions that name it fail from now on.  Raises AccessDenied and ResourceNotFound."""
    REGISTER.delete(name, by=by)


def _checked(said: Settings) -> Mapping[str, object]:
    if why := posting.why_not_an_address(said.url):
        raise InvalidRequest(f"Invalid address: {why}")
    return {"url": said.url}
