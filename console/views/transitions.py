"""Disable transition and Enable transition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from console import dialogs
from console.actor import caller_of, offers_to
from console.forms.transitions import DisableForm, EnableForm, side_of
from console.present.transitions import way_through
from pipelines import finding, transitions
from pipelines.core.statuses import TransitionType

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpResponse

    from console.live import HtmxHttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
def disable(request: HtmxHttpRequest, name: str, stage: str) -> HttpResponse:
    form = DisableForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        transitions.disable(name, stage, reason=form.cleaned_data["reason"], by=caller_of(request))
        return f"The transition into {stage} is disabled."

    context = _context(request, name, stage, TransitionType.INBOUND)
    context["title"] = "Disable transition"
    may = offers_to(request).disable
    return dialogs.handle(request, "transitions/_disable.html", context, form, act, allowed=may)


@require_http_methods(["GET", "HEAD", "POST"])
def enable(request: HtmxHttpRequest, name: str, stage: str) -> HttpResponse:
    side = side_of(request.GET)
    form = EnableForm(request.POST if request.method == "POST" else None, initial={"side": side})

    def act() -> str:
        asked = form.cleaned_data["side"]
        transitions.enable(name, stage, transition=asked, by=caller_of(request))
        return f"The transition into {context['transition'].into} is enabled."

    context = _context(request, name, stage, side)
    context["title"] = "Enable transition"
    may = offers_to(request).enable
    return dialogs.handle(request, "transitions/_enable.html", context, form, act, allowed=may)


def _context(
    request: HtmxHttpRequest, name: str, stage: str, side: TransitionType
) -> dict[str, Any]:
    pipeline = finding.pipeline(name)
    finding.stage(pipeline, stage)
    return {
        "pipeline": pipeline,
        "stage_name": stage,
        "transition": way_through(pipeline, stage, side),
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
