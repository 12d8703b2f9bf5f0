"""The events of all pipelines, or of one, as EventBridge would send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.present.events import events_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 20 else 0
    page = events_page(request.GET.get("pipeline", "").strip(), place)
    return render(request, "events/index.html", {"page": page})
