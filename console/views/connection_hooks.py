"""The hook of a connection: its address and secret, and what the git host told of last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from console.actor import caller_of
from console.present.offers import offer
from console.present.webhooks import hook_rows
from pipelines import connection_hooks, connections, webhooks
from pipelines.core.rights import UPDATE_CONNECTION

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@require_safe
def details(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    return _page(request, connection_id)


@require_POST
def renew(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The one page that shows the secret; it is not kept by browsers."""
    secret = connection_hooks.renew(connection_id, by=caller_of(request))
    response = _page(request, connection_id, secret)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def close(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    connection_hooks.close(connection_id, by=caller_of(request))
    messages.success(request, "The hook is closed: nothing that is sent to it is taken.")
    return redirect("connection-hook", connection_id)


def _page(request: HttpRequest, connection_id: UUID, secret: str = "") -> HttpResponse:
    by = caller_of(request)
    hook, row = connection_hooks.find(connection_id, by=by), connections.find(connection_id)
    context = {
        "connection": row,
        "hook": hook,
        "secret": secret,
        "url": connection_hooks.url_of(row),
        "edits": offer(by, UPDATE_CONNECTION),
        "rows": hook_rows(webhooks.deliveries([str(hook)])) if hook else (),
    }
    return render(request, "connections/hook.html", context)
