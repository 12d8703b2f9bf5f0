"""What one can do about partners: say that their work is done here, by a job worker of one's own.

An action type of a partner (owner ThirdParty) is done by the partner at AWS.  Here it is done by
whoever was registered for it, through the operations of AWS that are for partners.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, NamedTuple

from pipelines import action_types, providers
from pipelines.core.action_types import THIRD_PARTY
from pipelines.core.refusals import ActionTypeNotFound, InvalidClientToken
from pipelines.models import PartnerWorker

if TYPE_CHECKING:
    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.rights import Caller

RIGHT = "UpdateActionType"  # AWS's operation for those who own such a type


class Client(NamedTuple):
    """What a worker is known by; the token is told once."""

    id: str
    token: str


def register(type_id: ActionTypeId, *, by: Caller) -> Client:
    """Have actions of this type done by a job worker; who is registered again has a new token.

    Raises AccessDenied, or ActionTypeNotFound for a type that is no partner's, or that Penstock
    does itself.
    """
    by.check(RIGHT, on=action_types.arn_of(type_id))
    if type_id.owner != THIRD_PARTY or type_id not in possible():
        raise _unknown(type_id)
    token = secrets.token_urlsafe(40)
    row, _ = PartnerWorker.objects.update_or_create(
        category=type_id.category,
        provider=type_id.provider,
        version=type_id.version,
        defaults={"token_hash": _hash(token), "registered_by": by.arn},
    )
    return Client(str(row.client_id), token)


def remove(type_id: ActionTypeId, *, by: Caller) -> None:
    """Actions of this type fail from now on; jobs that are open time out with their actions.

    Raises AccessDenied, or ActionTypeNotFound when nobody is registered.
    """
    by.check(RIGHT, on=action_types.arn_of(type_id))
    worker_of(type_id).delete()


def registered(*, by: Caller) -> list[PartnerWorker]:
    """By type."""
    by.check("ListActionTypes")
    return list(PartnerWorker.objects.order_by("category", "provider", "version"))


def possible() -> list[ActionTypeId]:
    """The types that a worker can be registered for."""
    return [
        type_id
        for type_id in sorted(providers.ACTION_TYPES)
        if type_id.owner == THIRD_PARTY and not providers.is_done_here(type_id)
    ]


def worker_of(type_id: ActionTypeId) -> PartnerWorker:
    """Who is registered for the type.  Raises ActionTypeNotFound."""
    row = PartnerWorker.objects.of(type_id).first()
    if row is None:
        raise _unknown(type_id)
    return row


def check_token(type_id: ActionTypeId, token: str) -> None:
    """Raises InvalidClientToken unless it is the one of the type's worker."""
    row = PartnerWorker.objects.of(type_id).first()
    if row is None or not hmac.compare_digest(row.token_hash, _hash(token)):
        raise InvalidClientToken("The client token is not that of the worker of this action type.")


def _hash(token: str) -> str:
    """The token is long and random: there is nothing that guessing it slowly would protect."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _unknown(type_id: ActionTypeId) -> ActionTypeNotFound:
    category, owner, provider, version = type_id
    return ActionTypeNotFound(
        f"ActionType (Category: '{category}', Provider: '{provider}', Owner: '{owner}',"
        f" Version: '{version}') is not available to a partner's job worker: register one with"
        " manage.py partners register"
    )
