"""The banner after a stop: that it was requested, then what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict

from console.live import own_url
from console.present.sentences import are, listed, until_when
from pipelines.core.statuses import ActionStatus, ExecutionStatus, StopMode
from pipelines.models import PipelineExecution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from pipelines.models import ActionExecution, Pipeline

PARAMETER = "stop"  # of the address that a stop leads back to
TELLABLE = (ExecutionStatus.STOPPING, ExecutionStatus.STOPPED)
NOTHING_WAS_RUNNING = "Nothing of it was running."
COLUMNS = ("pipeline_id", "status", "stop_mode", "stop_requested_at", "occupied_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class StopBanner:
    """What the banner prints; it is true at the moment, and asked for again by every poll."""

    execution_id: UUID
    pipeline_name: str
    is_stopped: bool
    outcome: str  # what it waits for, or what came of its actions
    dismiss_url: str  # the same page without the banner


def stop_banner(request: HttpRequest, pipeline: Pipeline) -> StopBanner | None:
    """About the execution that `?stop=` names; none without it, nor once it was retried.

    Costs two queries at most, and none without the parameter.
    """
    execution = _execution(pipeline, request.GET.get(PARAMETER, ""))
    if execution is None:
        return None
    actions = _actions(execution)
    is_stopped = execution.status == ExecutionStatus.STOPPED
    return StopBanner(
        execution_id=execution.pk,
        pipeline_name=pipeline.name,
        is_stopped=is_stopped,
        outcome=_what_came_of(actions) if is_stopped else _what_it_waits_for(execution, actions),
        dismiss_url=_without_banner(own_url(request)),
    )


def with_banner(page: str, execution_id: UUID) -> str:
    """The address of a page, so that it tells of the stop of this execution."""
    path, _, query = page.partition("?")
    parameters = QueryDict(query.partition("#")[0], mutable=True)
    parameters[PARAMETER] = str(execution_id)
    return f"{path.partition('#')[0]}?{parameters.urlencode()}"


def _without_banner(page: str) -> str:
    path, _, query = page.partition("?")
    parameters = QueryDict(query, mutable=True)
    parameters.pop(PARAMETER, None)
    return f"{path}?{parameters.urlencode()}" if parameters else path


def _execution(pipeline: Pipeline, named: str) -> PipelineExecution | None:
    try:
        execution_id = UUID(named)
    except ValueError:
        return None
    found = PipelineExecution.objects.filter(
        pipeline=pipeline, pk=execution_id, status__in=TELLABLE
    )
    return found.only(*COLUMNS).first()


def _actions(execution: PipelineExecution) -> list[ActionExecution]:
    """Those that were running when the stop was asked for."""
    were_running = Q(status=ActionStatus.IN_PROGRESS) | Q(ended_at__gte=execution.stop_requested_at)
    latest = execution.action_executions.filter(were_running, is_latest=True)
    return list(
        latest.only("execution_id", "action_name", "status", "token").order_by(
            "started_at", "action_name"
        )
    )


def _what_it_waits_for(execution: PipelineExecution, actions: Sequence[ActionExecution]) -> str:
    live = [action for action in actions if action.status == ActionStatus.IN_PROGRESS]
    if execution.stop_requested is StopMode.ABANDON or not live:
        names = [action.action_name for action in live]
        return f"{listed(names)} {are(names)} being abandoned." if names else "It stops at once."
    working = [action.action_name for action in live if not action.token]
    asking = [action.action_name for action in live if action.token]
    return f"It stops when {until_when(working, asking)}."


def _what_came_of(actions: Sequence[ActionExecution]) -> str:
    by_status: dict[str, list[str]] = {}
    for action in actions:
        by_status.setdefault(action.status, []).append(action.action_name)
    sentences = [_ended(ActionStatus(status), names) for status, names in by_status.items()]
    return " ".join(sentences) or NOTHING_WAS_RUNNING


def _ended(status: ActionStatus, names: Sequence[str]) -> str:
    were = "was" if len(names) == 1 else "were"
    said = f"{were} abandoned" if status is ActionStatus.ABANDONED else status.lower()
    return f"{listed(names)} {said}."
