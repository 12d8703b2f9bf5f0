"""Retry: resume a stage where it failed or was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from console import dialogs
from console.actor import caller_of, offers_to
from console.forms.stages import RetryForm
from console.present.canvas import canvas_of_execution, canvas_of_pipeline
from console.present.leftovers import leftovers_of
from console.present.retrying import retry_preview
from pipelines import finding, stages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from console.live import HtmxHttpRequest
    from console.present.canvas import StageCard
    from pipelines.models import Pipeline


@require_http_methods(["GET", "HEAD", "POST"])
def retry(request: HtmxHttpRequest, name: str, stage: str) -> HttpResponse:
    pipeline = finding.pipeline(name)
    finding.stage(pipeline, stage)
    form = RetryForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        asked = form.cleaned_data
        stages.retry(name, stage, asked["execution"], mode=asked["mode"], by=caller_of(request))
        return f"{stage} is retried for execution {asked['execution']}."

    context = {
        "pipeline": pipeline,
        "stage_name": stage,
        "preview": retry_preview(_card(request, pipeline, stage), leftovers_of(pipeline)),
        "title": f"Retry {stage}",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).retry
    return dialogs.handle(request, "stages/_retry.html", context, form, act, allowed=may)


def _card(request: HtmxHttpRequest, pipeline: Pipeline, stage: str) -> StageCard:
    """The stage as it is, or as the parallel execution that the address names has left it."""
    try:
        asked = UUID(request.GET.get("execution", ""))
    except ValueError:
        return canvas_of_pipeline(pipeline).stage(stage)
    execution = finding.execution(pipeline, asked)
    if execution.takes_locks or not execution.plan.has_stage(stage):
        return canvas_of_pipeline(pipeline).stage(stage)
    return canvas_of_execution(execution).stage(stage)
