"""One execution: its timeline, its diagram, its source revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.views.decorators.http import require_safe

from console import layout, live
from console.present.action import has_work_left_behind, is_over
from console.present.artifacts import artifacts_of
from console.present.banner import stop_banner
from console.present.canvas import canvas_of_execution
from console.present.execution import summary, told
from console.present.leftovers import leftovers_of
from console.present.revisions import overrides_of, source_revisions
from console.present.timeline import timeline as timeline_of
from console.present.variables import variables_of
from pipelines import finding
from pipelines.models import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
    from uuid import UUID

    from django.http import HttpResponse

    from console.live import HtmxHttpRequest
    from pipelines.models import ActionExecution, PipelineExecution

    Content = Callable[[PipelineExecution, list[ActionExecution]], dict[str, Any]]


@require_safe
def timeline(request: HtmxHttpRequest, name: str, execution_id: UUID) -> HttpResponse:
    """Every run of every action, and of every rule."""

    def content(_: PipelineExecution, runs: list[ActionExecution]) -> dict[str, Any]:
        return {
            "tab": "executions/_timeline.html",
            "rows": timeline_of([run for run in runs if not run.is_rule]),
            "rules": timeline_of([run for run in runs if run.is_rule]),
        }

    return _page(request, name, execution_id, content)


@require_safe
def visualization(request: HtmxHttpRequest, name: str, execution_id: UUID) -> HttpResponse:
    """The diagram, of this execution alone."""

    def content(execution: PipelineExecution, _: list[ActionExecution]) -> dict[str, Any]:
        canvas = canvas_of_execution(execution)
        return {
            "tab": "executions/_visualization.html",
            "canvas": canvas,
            "layout": layout.chosen(request),
        }

    return layout.remember(request, _page(request, name, execution_id, content))


@require_safe
def variables(request: HtmxHttpRequest, name: str, execution_id: UUID) -> HttpResponse:
    """What `#{namespace.key}` stands for in it, as far as it has come."""

    def content(execution: PipelineExecution, _: list[ActionExecution]) -> dict[str, Any]:
        return {"tab": "executions/_variables.html", "variables": variables_of(execution)}

    return _page(request, name, execution_id, content)


@require_safe
def revisions(request: HtmxHttpRequest, name: str, execution_id: UUID) -> HttpResponse:
    """What its source actions found."""

    def content(execution: PipelineExecution, _: list[ActionExecution]) -> dict[str, Any]:
        overrides = overrides_of(execution.source_overrides)
        found = source_revisions(execution.source_revisions, overrides)
        return {"tab": "executions/_revisions.html", "revisions": found}

    return _page(request, name, execution_id, content)


@require_safe
def artifacts(request: HtmxHttpRequest, name: str, execution_id: UUID) -> HttpResponse:
    """What its actions have made."""

    def content(_: PipelineExecution, actions: list[ActionExecution]) -> dict[str, Any]:
        return {"tab": "executions/_artifacts.html", "artifacts": artifacts_of(actions)}

    return _page(request, name, execution_id, content)


def _page(
    request: HtmxHttpRequest, name: str, execution_id: UUID, content: Content
) -> HttpResponse:
    revision = Pipeline.objects.named(name).values_list("revision", flat=True).first()
    if live.is_current(request, revision):
        return live.nothing_new()
    pipeline = finding.pipeline(name)
    execution = finding.execution(pipeline, execution_id)
    actions = _actions(execution)
    requests = execution.stop_requests.order_by("requested_at", "pk")
    view = summary(
        execution, actions=actions, requests=requests, stages=list(pipeline.stages.all())
    )
    left = [each for each in leftovers_of(pipeline) if each.execution_id == execution_id]
    is_quiet = execution.is_finished and all(is_over(action) for action in actions)
    context = {
        "pipeline": pipeline,
        "execution": execution,
        "summary": view,
        "leftovers": left,
        "stop_banner": stop_banner(request, pipeline),
        "revision": "" if has_work_left_behind(actions) else pipeline.revision,
        "shown": view.words.label,
        "news": told(execution, before=request.GET.get("shown", "")),
        "own_url": live.own_url(request),
        "every": live.IDLE if is_quiet else live.BUSY,
        "as_of": timezone.now(),
        **content(execution, actions),
    }
    return live.answer(request, "executions/details.html", "executions/_live.html", context)


def _actions(execution: PipelineExecution) -> list[ActionExecution]:
    """Every run of every action, earlier attempts too."""
    actions = list(execution.action_executions.select_related("lease"))
    for action in actions:
        action.execution = execution
    return actions
