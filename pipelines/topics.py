"""What one can do with topics, which approvals notify: create, change, delete and list them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from pipelines import posting
from pipelines.core.refusals import InvalidRequest
from pipelines.core.rights import TOPICS
from pipelines.models import Topic
from pipelines.registering import Register, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

REGISTER = Register(
    model=Topic,
    noun="topic",
    names=re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII),
    rule="Up to 256 letters, digits, - and _ are allowed.",
    rights=TOPICS,
    arn="arn:aws:sns:{region}:{account}:{name}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where a topic leads to; one of both is needed."""

    url: str = ""
    email: str = ""


def find(name: str) -> Topic:
    """Raises ResourceNotFound."""
    return REGISTER.find(name)


def listed(*, by: Caller) -> QuerySet[Topic]:
    """All of them, by name.  Raises AccessDenied."""
    return REGISTER.listed(by=by)


def create(name: str, said: Settings, *, by: Caller) -> Topic:
    """Raises AccessDenied, InvalidRequest and NameInUse."""
    return REGISTER.create(name, lambda: _checked(said), by=by)


def update(name: str, said: Settings, *, by: Caller) -> Topic:
    """Raises AccessDenied, ResourceNotFound and InvalidRequest."""
    return REGISTER.update(name, lambda: _checked(said), by=by)


def delete(name: str, *, by: Caller) -> None:
    """Approvals that name it notify nobody from now on.  Raises AccessDenied, ResourceNotFound."""
    REGISTER.delete(name, by=by)


def arn_of(name: str) -> str:
    """What actions name as NotificationArn."""
    return REGISTER.arn_of(name)


def _checked(said: Settings) -> Mapping[str, object]:
    check_text("address", said.url, posting.URL_LIMIT)
    check_text("e-mail address", said.email, 254)
    if not said.url and not said.email:
        raise InvalidRequest("Invalid topic: an address to post to or an e-mail address is needed.")
    if said.url and (why := posting.why_not_an_address(said.url)):
        raise InvalidRequest(f"Invalid address: {why}")
    if said.email:
        try:
            validate_email(said.email)
        except ValidationError:
            raise InvalidRequest(f"Invalid e-mail address: {said.email!r}.") from None
    return {"url": said.url, "email": said.email}
