"""Retry: resume a stage where it failed or was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from console import dialogs
from console.actor import caller_of, offers_to
from console.forms.stages import RetryForm
from console.present.canvas import canvas_of_pipeline
from console.present.leftovers import leftovers_of
from console.present.retrying import retry_preview
from pipelines import finding, stages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from console.live import HtmxHttpRequest


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
        "preview": retry_preview(canvas_of_pipeline(pipeline).stage(stage), leftovers_of(pipeline)),
        "title": f"Retry {stage}",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).retry
    return dialogs.handle(request, "stages/_retry.html", context, form, act, allowed=may)
