"""The page Connections, what one can do with one there, and the way to a commit at its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from console import dialogs
from console.actor import caller_of
from console.forms.connections import ConnectionForm, TryForm
from console.present.connections import found, rows_of
from console.present.offers import offer
from pipelines import connections
from pipelines.core.connections import commit_page, connection_id_of
from pipelines.core.rights import (
    CREATE_CONNECTION,
    DELETE_CONNECTION,
    UPDATE_CONNECTION,
    USE_CONNECTION,
)
from pipelines.git import COMMIT_ID

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from console.live import HtmxHttpRequest


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    rows = connections.listed(by=caller_of(request))
    return render(request, "connections/index.html", {"rows": rows_of(rows)})


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    by = caller_of(request)
    form = ConnectionForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        made = connections.create(form.said, by=by)
        return f"Connection {made.name} is created. Its ARN is {connections.arn_of(made.pk)}."

    context = _context(request, title="Create connection", submit="Create connection")
    allowed = offer(by, CREATE_CONNECTION)
    return dialogs.handle(request, "connections/_form.html", context, form, act, allowed=allowed)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, connection_id: UUID) -> HttpResponse:
    by, row = caller_of(request), connections.find(connection_id)
    form = ConnectionForm(request.POST if request.method == "POST" else None, connection=row)

    def act() -> str:
        return f"Connection {connections.update(row.pk, form.said, by=by).name} is updated."

    context = _context(request, title=f"Edit {row.name}", submit="Update connection")
    allowed = offer(by, UPDATE_CONNECTION)
    return dialogs.handle(request, "connections/_form.html", context, form, act, allowed=allowed)


@require_http_methods(["GET", "HEAD", "POST"])
def try_out(request: HtmxHttpRequest, connection_id: UUID) -> HttpResponse:
    """Asks the host while the person waits, for some seconds at most."""
    by, row = caller_of(request), connections.find(connection_id)
    form = TryForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        full_id = form.cleaned_data["repository"]
        return found(full_id, connections.try_out(row.pk, full_id, by=by))

    context = {**_context(request, title=f"Test {row.name}", submit="Test"), "connection": row}
    allowed = offer(by, USE_CONNECTION)
    return dialogs.handle(request, "connections/_try.html", context, form, act, allowed=allowed)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, connection_id: UUID) -> HttpResponse:
    by, row = caller_of(request), connections.find(connection_id)
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act() -> str:
        connections.delete(row.pk, by=by)
        return f"Connection {row.name} is deleted."

    context = {**_context(request, title="Delete connection"), "connection": row}
    allowed = offer(by, DELETE_CONNECTION)
    return dialogs.handle(request, "connections/_delete.html", context, form, act, allowed=allowed)


@require_safe
def at_host(request: HttpRequest) -> HttpResponse:
    """To the page of a commit at the host of its connection; AWS links to sources in this way."""
    asked = {key: request.GET.get(key, "") for key in ("FullRepositoryId", "Commit")}
    connection_id = connection_id_of(request.GET.get("connectionArn", ""))
    if connection_id is None or not COMMIT_ID.fullmatch(asked["Commit"]):
        raise Http404
    row = connections.find(connection_id)
    page = commit_page(row.provider_type, row.base_url, *asked.values())
    if not page:
        messages.info(request, f"The host of connection {row.name} has no page for a commit.")
    return HttpResponseRedirect(page or reverse("connections"))


def _context(request: HttpRequest, **values: str) -> dict[str, Any]:
    return {
        "page": "settings/dialog_page.html",
        "current": "connections",
        "back": dialogs.way_back(request, reverse("connections")),
        **values,
    }
