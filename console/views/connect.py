"""The page Connect a client: where Penstock is, which key to use, and lines to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.actor import caller_of
from console.present.connecting import CLIENTS, client_named, snippets_for
from pipelines import access_keys

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """For the client and the key that the address names, or else for the first of each."""
    by, username = caller_of(request), request.user.get_username()
    keys = list(access_keys.listed(by=by, username=username).filter(is_enabled=True))
    asked = request.GET.get("key", "")
    key_id = next((key.pk for key in keys if key.pk == asked), keys[0].pk if keys else "")
    client = client_named(request.GET.get("client", ""))
    context = {
        "endpoint": settings.PENSTOCK_URL,
        "account_id": settings.PENSTOCK_ACCOUNT_ID,
        "keys": keys,
        "key_id": key_id,
        "clients": list(CLIENTS),
        "client": client,
        "snippets": snippets_for(client, key_id),
        "own_url": request.get_full_path(),
        "create_url": f"{reverse('create-access-key')}?{urlencode({'next': request.path})}",
    }
    return render(request, "connect/index.html", context)
