"""The page Access keys, and what one can do with a key there."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from console import dialogs
from console.actor import caller_of
from console.forms.access_keys import Confirmation, CreateKeyForm
from console.refusals import status_of
from pipelines import access_keys, people
from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from console.live import HtmxHttpRequest

EVERYBODY = "*"  # no user has this name


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """One's own keys; to an admin those of whom he chooses."""
    by, whose = caller_of(request), _whose(request)
    keys = access_keys.listed(by=by, username="" if whose == EVERYBODY else whose)
    context = {
        "keys": keys,
        "whose": whose,
        "everybody": people.everybody(by=by) if by.is_admin else (),
        "most_keys": access_keys.MOST_KEYS,
        "own_url": request.get_full_path(),
    }
    return render(request, "access_keys/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    """The answer to the form is the only page that ever shows the secret."""
    status, owner = HTTPStatus.OK, _owner(request)
    form = CreateKeyForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                made = access_keys.create(owner, by=caller_of(request), **form.cleaned_data)
                return _created(request, owner, *made)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
                status = status_of(refusal)
    context = {**_context(request, "Create access key"), "form": form, "owner": owner}
    return dialogs.show(request, "access_keys/_create.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def disable(request: HtmxHttpRequest, access_key_id: str) -> HttpResponse:
    return _confirm(request, access_key_id, "Disable", access_keys.disable)


@require_http_methods(["GET", "HEAD", "POST"])
def enable(request: HtmxHttpRequest, access_key_id: str) -> HttpResponse:
    return _confirm(request, access_key_id, "Enable", access_keys.enable)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, access_key_id: str) -> HttpResponse:
    return _confirm(request, access_key_id, "Delete", access_keys.delete)


def _confirm(
    request: HtmxHttpRequest, access_key_id: str, verb: str, act: Callable[..., None]
) -> HttpResponse:
    by = caller_of(request)

    def confirmed() -> str:
        act(access_key_id, by=by)
        return f"Access key {access_key_id} is {verb.lower()}d."

    context = {
        **_context(request, f"{verb} access key"),
        "key": access_keys.get(access_key_id, by=by),
        "verb": verb,
    }
    form = Confirmation(request.POST if request.method == "POST" else None)
    return dialogs.handle(request, "access_keys/_confirm.html", context, form, confirmed)


def _created(request: HttpRequest, owner: str, access_key_id: str, secret: str) -> HttpResponse:
    context = {
        "access_key_id": access_key_id,
        "secret": secret,
        "owner": owner,
        "lines": access_keys.shell_lines(access_key_id, secret),
        "back": _back(request),
    }
    response = render(request, "access_keys/created.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _context(request: HttpRequest, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "back": _back(request),
        "page": "settings/dialog_page.html",
        "current": "access-keys",
    }


def _back(request: HttpRequest) -> str:
    return dialogs.way_back(request, reverse("access-keys"))


def _whose(request: HttpRequest) -> str:
    return request.GET.get("user", "") or request.user.get_username()


def _owner(request: HttpRequest) -> str:
    """Whom a new key is for."""
    whose = _whose(request)
    return request.user.get_username() if whose == EVERYBODY else whose
