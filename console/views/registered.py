"""What is registered for actions to name: for each kind a list, and pages to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from console import dialogs
from console.actor import caller_of
from console.present.offers import offer
from console.present.registered import KINDS, lines_of
from pipelines.core.refusals import AccessDenied

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from console.live import HtmxHttpRequest
    from console.present.offers import Offer
    from console.present.registered import Kind

LISTED = 100  # on a page of the list


def urls(kind: str, at: str) -> list[URLPattern]:
    """The four pages of a kind, below `at`; names may have slashes."""
    given, one = {"kind": KINDS[kind]}, f"<path:{kind.replace('-', '_')}>"
    return [
        path(at, index, given, name=f"{kind}s"),
        path(f"{at}/new", create, given, name=f"{kind}-create"),
        path(f"{at}/edit/{one}", edit, given, name=f"{kind}-edit"),
        path(f"{at}/delete/{one}", delete, given, name=f"{kind}-delete"),
    ]


@require_safe
def index(request: HttpRequest, kind: Kind) -> HttpResponse:
    try:
        found = kind.use_case.listed(by=caller_of(request))
    except AccessDenied as refusal:
        raise PermissionDenied(refusal.message) from refusal
    page = Paginator(found, LISTED).get_page(request.GET.get("page"))
    context = {
        "kind": kind,
        "page": page,
        "lines": [
            (
                line,
                reverse(f"{kind.url}-edit", args=[line.name]),
                reverse(f"{kind.url}-delete", args=[line.name]),
            )
            for line in lines_of(kind, page, shows_addresses=_edits(request, kind).is_allowed)
        ],
        "create_url": reverse(f"{kind.url}-create"),
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "registered/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest, kind: Kind) -> HttpResponse:
    form = kind.form(request.POST if request.method == "POST" else None)

    def act() -> str:
        name = form.cleaned_data["name"]
        kind.use_case.create(name, form.said, by=caller_of(request))
        return f"{kind.one.capitalize()} {name} is registered."

    context = _context(request, kind, title=kind.create, submit=kind.create)
    return dialogs.handle(request, "projects/_form.html", context, form, act)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, kind: Kind, **named: str) -> HttpResponse:
    [name] = named.values()
    row = kind.use_case.find(name)
    form = kind.form(request.POST if request.method == "POST" else None, row=row)

    def act() -> str:
        kind.use_case.update(name, form.said, by=caller_of(request))
        return f"{kind.one.capitalize()} {name} is updated."

    context = _context(request, kind, title=f"Edit {name}", submit=f"Update {kind.one}")
    allowed = _edits(request, kind)
    return dialogs.handle(request, "projects/_form.html", context, form, act, allowed=allowed)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, kind: Kind, **named: str) -> HttpResponse:
    [name] = named.values()
    row = kind.use_case.find(name)
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act() -> str:
        kind.use_case.delete(name, by=caller_of(request))
        return f"{kind.one.capitalize()} {name} is deleted."

    context = {**_context(request, kind, title=f"Delete {kind.one}"), "row": row}
    return dialogs.handle(request, "registered/_delete.html", context, form, act)


def _edits(request: HttpRequest, kind: Kind) -> Offer:
    return offer(caller_of(request), kind.use_case.REGISTER.rights.update)


def _context(request: HttpRequest, kind: Kind, **values: str) -> dict[str, Any]:
    list_url = reverse(f"{kind.url}s")
    return {
        "page": "registered/dialog_page.html",
        "kind": kind,
        "list_url": list_url,
        "back": dialogs.way_back(request, list_url),
        **values,
    }
