"""Webhooks: the list, and what came to each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.present.webhooks import hook_rows, webhook_row, webhook_rows
from pipelines import webhooks
from pipelines.core.refusals import WebhookNotFound

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LISTED = 50  # webhooks on a page


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    pipeline = request.GET.get("pipeline", "").strip()
    page = Paginator(webhooks.listed(pipeline), LISTED).get_page(request.GET.get("page"))
    own = f"{urlencode({'pipeline': pipeline})}&page=" if pipeline else "page="
    context = {
        "page": page,
        "pipeline": pipeline,
        "rows": webhook_rows(list(page)),
        "previous_url": f"?{own}{page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?{own}{page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "webhooks/index.html", context)


@require_safe
def details(request: HttpRequest, webhook: str) -> HttpResponse:
    try:
        row = webhooks.find(webhook)
    except WebhookNotFound as refusal:
        raise Http404(refusal.message) from refusal
    context = {
        "row": row,
        "webhook": webhook_row(row),
        "rows": hook_rows(webhooks.deliveries([str(row)])),
    }
    return render(request, "webhooks/details.html", context)
