"""Who asks: the person who is signed in, as everything is recorded under and permitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject

from console.present.offers import offers_of
from pipelines import access

if TYPE_CHECKING:
    from django.http import HttpRequest

    from console.present.offers import Offers
    from pipelines.core.rights import Caller


def caller_of(request: HttpRequest) -> Caller:
    """Who is signed in; somebody without roles when nobody is.  Asked for once in a request."""
    known = vars(request)
    if "caller" not in known:
        known["caller"] = access.caller_of(request.user)
    caller: Caller = known["caller"]
    return caller


def offers_to(request: HttpRequest) -> Offers:
    """What the person may do, of all that the console has buttons for."""
    return offers_of(caller_of(request))


def offers(request: HttpRequest) -> dict[str, Any]:
    """The same for every template."""
    return {"offers": SimpleLazyObject(lambda: offers_to(request))}
