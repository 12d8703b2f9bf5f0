"""Event targets: the list, what each was told, and the pages that create, edit and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import dialogs
from console.actor import caller_of
from console.forms.event_targets import EventTargetForm
from console.present.events import address_of, delivery_rows, target_rows, trouble_of
from console.present.offers import offer
from pipelines import event_targets
from pipelines.core.rights import PUT_EVENT_TARGETS, REMOVE_EVENT_TARGETS

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from console.live import HtmxHttpRequest

LISTED = 50  # deliveries on a page


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    caller = caller_of(request)
    edits = offer(caller, PUT_EVENT_TARGETS)
    rows = target_rows(event_targets.listed(by=caller), shows_addresses=edits.is_allowed)
    return render(request, "event_targets/index.html", {"rows": rows, "edits": edits})


@require_safe
def details(request: HttpRequest, target: str) -> HttpResponse:
    caller = caller_of(request)
    found, edits = event_targets.find(target, by=caller), offer(caller, PUT_EVENT_TARGETS)
    deliveries = event_targets.deliveries(found, by=caller)
    page = Paginator(deliveries, LISTED).get_page(request.GET.get("page"))
    context = {
        "target": found,
        "address": address_of(found, shows_all=edits.is_allowed),
        "edits": edits,
        "trouble": trouble_of(found),
        "page": page,
        "rows": delivery_rows(page, found),
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "event_targets/details.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    form = EventTargetForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        name = form.cleaned_data["name"]
        event_targets.create(name, form.said, by=caller_of(request))
        return f"Event target {name} is created."

    context = _context(request, title="Create event target", submit="Create event target")
    return _handle(request, "event_targets/_form.html", context, form, act)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, target: str) -> HttpResponse:
    found = event_targets.find(target, by=caller_of(request))
    form = EventTargetForm(request.POST if request.method == "POST" else None, target=found)

    def act() -> str:
        event_targets.update(target, form.said, by=caller_of(request))
        return f"Event target {target} is updated."

    context = _context(request, title=f"Edit {target}", submit="Update event target")
    return _handle(request, "event_targets/_form.html", context, form, act)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, target: str) -> HttpResponse:
    found = event_targets.find(target, by=caller_of(request))
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act() -> str:
        event_targets.delete(target, by=caller_of(request))
        return f"Event target {target} is deleted."

    context = {**_context(request, title="Delete event target"), "target": found}
    context["back"] = reverse("event-targets")
    template = "event_targets/_delete.html"
    allowed = offer(caller_of(request), REMOVE_EVENT_TARGETS)
    return dialogs.handle(request, template, context, form, act, allowed=allowed)


@require_POST
def deliver_again(request: HttpRequest, target: str, delivery: int) -> HttpResponse:
    event_targets.deliver_again(target, delivery, by=caller_of(request))
    return redirect("event-target", target)


def _handle(
    request: HtmxHttpRequest, template: str, context: dict[str, Any], form: Any, act: Any
) -> HttpResponse:
    allowed = offer(caller_of(request), PUT_EVENT_TARGETS)
    return dialogs.handle(request, template, context, form, act, allowed=allowed)


def _context(request: HttpRequest, **values: str) -> dict[str, Any]:
    back = dialogs.way_back(request, reverse("event-targets"))
    return {
        "page": "settings/dialog_page.html",
        "current": "event-targets",
        "back": back,
        **values,
    }
