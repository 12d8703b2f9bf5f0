"""The page People, for administrators: users, their roles, and who is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from console import dialogs
from console.actor import caller_of
from console.forms.access_keys import Confirmation
from console.forms.people import CreateUserForm, RolesForm
from console.present.people import ROLES, persons
from pipelines import people

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from console.live import HtmxHttpRequest


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    by = caller_of(request)
    users = people.everybody(by=by).annotate(number_of_keys=Count("access_keys"))
    context = {"persons": persons(users, seen_by=by), "roles": ROLES}
    return render(request, "people/index.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    by = caller_of(request)
    by.check_admin("CreateUser", on="*")
    form = CreateUserForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        people.create(**form.cleaned_data, by=by)
        return f"{form.cleaned_data['username']} is created."

    return dialogs.handle(
        request, "people/_create.html", _context(request, "Create user"), form, act
    )


@require_http_methods(["GET", "HEAD", "POST"])
def roles(request: HtmxHttpRequest, username: str) -> HttpResponse:
    by = caller_of(request)
    user = people.get(username, by=by)
    data = request.POST if request.method == "POST" else None
    form = RolesForm(data, initial={"roles": [role.value for role in people.roles_of(user)]})

    def act() -> str:
        people.set_roles(username, form.cleaned_data["roles"], by=by)
        return f"The roles of {username} are changed."

    context = {**_context(request, f"Roles of {username}"), "person": user}
    return dialogs.handle(request, "people/_roles.html", context, form, act)


@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: HtmxHttpRequest, username: str) -> HttpResponse:
    return _confirm(request, username, "Deactivate", people.deactivate)


@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HtmxHttpRequest, username: str) -> HttpResponse:
    return _confirm(request, username, "Activate", people.activate)


def _confirm(
    request: HtmxHttpRequest, username: str, verb: str, act: Callable[..., None]
) -> HttpResponse:
    by = caller_of(request)

    def confirmed() -> str:
        act(username, by=by)
        return f"{username} is {verb.lower()}d."

    context = {
        **_context(request, f"{verb} {username}"),
        "person": people.get(username, by=by),
        "verb": verb,
    }
    form = Confirmation(request.POST if request.method == "POST" else None)
    return dialogs.handle(request, "people/_confirm.html", context, form, confirmed)


def _context(request: HttpRequest, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "back": dialogs.way_back(request, reverse("people")),
        "page": "settings/dialog_page.html",
        "current": "people",
    }
