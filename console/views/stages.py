"""Retry and Start rollback; the conditions of a stage, to look at and to override."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from console import dialogs
from console.actor import caller_of, offers_to
from console.forms.stages import OverrideForm, RetryForm, RollbackForm
from console.present.canvas import canvas_of_execution, canvas_of_pipeline
from console.present.leftovers import leftovers_of
from console.present.retrying import retry_preview
from console.present.rolling_back import targets_of
from pipelines import conditions, finding, rollbacks, stages
from pipelines.core.statuses import ConditionKind

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.utils.safestring import SafeString

    from console.live import HtmxHttpRequest
    from console.present.canvas import StageCard
    from console.present.conditions import ConditionRow
    from pipelines.models import Pipeline


@require_http_methods(["GET", "HEAD", "POST"])
def retry(request: HtmxHttpRequest, name: str, stage: str) -> HttpResponse:
    pipeline = finding.pipeline(name)
    finding.stage(pipeline, stage)
    form = RetryForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        asked = form.cleaned_data
        stages.retry(name, stage, asked["execution"], mode=asked["mode"], by=caller_of(request))
        execution = _link(name, asked["execution"])
        return format_html("The retry of {} has started for execution {}.", stage, execution)

    context = {
        "pipeline": pipeline,
        "stage_name": stage,
        "preview": retry_preview(_card(request, pipeline, stage), leftovers_of(pipeline)),
        "title": f"Retry {stage}",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).retry
    return dialogs.handle(request, "stages/_retry.html", context, form, act, allowed=may)


@require_http_methods(["GET", "HEAD", "POST"])
def roll_back(request: HtmxHttpRequest, name: str, stage: str) -> HttpResponse:
    """Bring back what an earlier execution left in the stage."""
    pipeline = finding.pipeline(name)
    row = finding.stage(pipeline, stage)
    form = RollbackForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        target = form.cleaned_data["target"]
        started = rollbacks.start(name, stage, target, by=caller_of(request))
        return format_html(
            "Execution {} has started: it rolls {} back to execution {}.",
            _link(name, started.pk),
            stage,
            _link(name, target),
        )

    context = {
        "pipeline": pipeline,
        "stage_name": stage,
        "refusal": rollbacks.refusal(pipeline, row),
        "targets": targets_of(pipeline, row),
        "title": f"Roll back {stage}",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).rollback
    return dialogs.handle(request, "stages/_rollback.html", context, form, act, allowed=may)


@require_safe
def condition(request: HtmxHttpRequest, name: str, stage: str, kind: str) -> HttpResponse:
    """What a condition says, and what came out of its rules."""
    pipeline = finding.pipeline(name)
    context = {
        "pipeline": pipeline,
        "stage_name": stage,
        "condition": _condition(request, pipeline, stage, kind),
        "title": "Review",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    return dialogs.show(request, "stages/_condition.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def override(request: HtmxHttpRequest, name: str, stage: str, kind: str) -> HttpResponse:
    """Have the stage go on as if the condition were met."""
    pipeline = finding.pipeline(name)
    row = _condition(request, pipeline, stage, kind)
    form = OverrideForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        conditions.override(
            name,
            stage,
            form.cleaned_data["execution"],
            kind=ConditionKind(kind),
            by=caller_of(request),
        )
        return f"The {row.label.lower()} of {stage} is overridden."

    context = {
        "pipeline": pipeline,
        "stage_name": stage,
        "condition": row,
        "title": f"Override {row.label.lower()}",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).override
    return dialogs.handle(request, "stages/_override.html", context, form, act, allowed=may)


def _link(name: str, execution_id: UUID) -> SafeString:
    page = reverse("execution-timeline", args=[name, execution_id])
    return format_html('<a href="{}">{}</a>', page, execution_id)


def _condition(
    request: HtmxHttpRequest, pipeline: Pipeline, stage_name: str, kind: str
) -> ConditionRow:
    finding.stage(pipeline, stage_name)
    found = _card(request, pipeline, stage_name).condition(kind)
    if found is None:
        raise Http404(f"Stage {stage_name} has no condition {kind}.")
    return found


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
