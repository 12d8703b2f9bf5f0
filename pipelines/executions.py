"""What one can do with pipeline executions: start one, stop one, ask what a stop would do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from pipelines import finding, patience, starting, tasks, transitions
from pipelines.core.foreseeing import StopForecast, foresee_stop
from pipelines.core.refusals import (
    Conflict,
    DuplicatedStopRequest,
    ExecutionNotStoppable,
    InvalidRequest,
    MovedOn,
)
from pipelines.core.rights import ABANDON
from pipelines.core.statuses import ExecutionStatus, StageStatus, StopMode
from pipelines.core.stopping import reason_not_to_stop
from pipelines.core.storable import check_storable
from pipelines.engine import World
from pipelines.models import Event, Pipeline, PipelineExecution, StopRequest
from pipelines.models.events import pipeline_event, stage_event, state_of
from pipelines.starting import ASKED_FOR, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from pipelines.core.rights import Caller
    from pipelines.core.source_overrides import SourceOverride

REASON_LIMIT = 200  # code points


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPreview:
    """What stopping an execution would do now, in either mode.

    `seen` stands for all of it: who gives it back to `stop` is refused once anything is different.
    """

    wait: StopForecast
    abandon: StopForecast
    seen: str


@transaction.atomic
def start(
    pipeline_name: str,
    *,
    trigger_type: str,
    trigger_detail: str = "",
    client_request_token: str = "",
    variables: Mapping[str, str] | None = None,
) -> PipelineExecution:
    """Start an execution for whatever reason (`starting.begin`).  Raises PipelineNotFound, too."""
    return starting.begin(
        finding.locked_pipeline(pipeline_name),
        Trigger(trigger_type, trigger_detail),
        client_request_token=client_request_token,
        variables=variables,
    )


@patience.limited(Conflict)
def release(
    pipeline_name: str,
    *,
    by: Caller,
    client_request_token: str = "",
    variables: Mapping[str, str] | None = None,
    source_overrides: Sequence[SourceOverride] = (),
) -> PipelineExecution:
    """Start an execution because somebody asked for it (StartPipelineExecution).

    Raises AccessDenied, PipelineNotFound, InvalidRequest, or Conflict when the pipeline is busy.
    """
    by.check(ASKED_FOR, on=finding.arn_of(pipeline_name))
    return starting.begin(
        finding.locked_pipeline(pipeline_name),
        Trigger(ASKED_FOR, by.arn),
        client_request_token=client_request_token,
        variables=variables,
        source_overrides=source_overrides,
    )


@patience.limited(Conflict)
def stop(  # noqa: PLR0913 - what the API takes, who asks, and what the console adds
    pipeline_name: str,
    execution_id: UUID,
    *,
    mode: StopMode,
    by: Caller,
    reason: str | None = None,
    hold: bool = False,
    seen: str = "",
) -> PipelineExecution:
    """Accept a request to stop (StopPipelineExecution); the engine carries it out afterwards.

    `hold` disables the transition into the stage that the execution occupies, in the same
    transaction; a parallel one has no need of it.  `seen` is what `preview_stop` showed the person
    who asks.  Abandoning is a right of its own.

    Raises AccessDenied, InvalidRequest, PipelineNotFound, ExecutionNotStoppable (also for an
    execution that the pipeline does not have: spec/stop.md U1), DuplicatedStopRequest, MovedOn, or
    Conflict when the pipeline is busy; nothing is changed then.
    """
    _check_rights(pipeline_name, mode=mode, hold=hold, by=by)
    check_reason(reason)
    execution = _held(finding.pipeline(pipeline_name), execution_id)
    _check_stop(execution, mode=mode)
    if seen and seen != _seen(execution):
        raise MovedOn("The execution has moved on since this page was drawn; nothing was stopped.")
    if hold:
        _hold(execution, by=by.arn)
    _accept_stop(execution, mode=mode, by=by.arn, reason=reason)
    execution.tell_watchers()
    tasks.hurry(execution.pipeline_id, execution.alone)
    return execution


def preview_stop(execution: PipelineExecution) -> StopPreview | None:
    """What stopping it would do now; None once it is finished."""
    return _preview(execution) if not execution.is_finished else None


def check_reason(reason: str | None) -> None:
    """Comments are up to 200 characters, of any kind but the two that no database can keep.

    Raises InvalidRequest.
    """
    if reason is None:
        return
    if len(reason) > REASON_LIMIT:
        raise InvalidRequest(
            f"1 validation error detected: Value '{reason}' at 'reason' failed to satisfy"
            f" constraint: Member must have length less than or equal to {REASON_LIMIT}"
        )
    check_storable(reason, "reason")


def _check_rights(pipeline_name: str, *, mode: StopMode, hold: bool, by: Caller) -> None:
    arn = finding.arn_of(pipeline_name)
    by.check("StopPipelineExecution", on=arn)
    if mode is StopMode.ABANDON:
        by.check(ABANDON, on=arn)
    if hold:
        by.check("DisableStageTransition", on=arn)


def _held(pipeline: Pipeline, execution_id: UUID) -> PipelineExecution:
    """The execution under its lock."""
    stale = pipeline.executions.only("mode", "pipeline_id").filter(pk=execution_id).first()
    execution = finding.held(stale) if stale else None
    if execution is None:
        raise ExecutionNotStoppable(
            f"Pipeline execution '{execution_id}' cannot be stopped because pipeline"
            f" '{pipeline.name}' has no such execution in progress."
        )
    return execution


def _hold(execution: PipelineExecution, *, by: str) -> None:
    """Let nobody take the stage that the stop sets free, which only those that lock it do."""
    if not execution.takes_locks:
        raise InvalidRequest(
            "No other execution waits for the stage of a parallel execution, so its transition"
            " cannot be held."
        )
    if execution.occupied:
        stage = execution.occupied.stage_name
        transitions.hold(execution.pipeline, stage, execution=execution, by=by)


def _check_stop(execution: PipelineExecution, *, mode: StopMode) -> None:
    refusal = reason_not_to_stop(
        ExecutionStatus(execution.status), requested=execution.stop_requested, mode=mode
    )
    if refusal is ExecutionNotStoppable:
        raise ExecutionNotStoppable(
            f"Pipeline execution '{execution.id}' cannot be stopped because its status is"
            f" '{execution.status}'."
        )
    if refusal is DuplicatedStopRequest:
        raise DuplicatedStopRequest(
            f"Pipeline execution '{execution.id}' of pipeline '{execution.pipeline.name}' has"
            " already received a request to stop."
        )


def _accept_stop(
    execution: PipelineExecution, *, mode: StopMode, by: str, reason: str | None
) -> None:
    """The wish, who wished it, and Stopping: all in the caller's transaction."""
    now, is_first = timezone.now(), execution.status == ExecutionStatus.IN_PROGRESS
    StopRequest.objects.create(
        execution=execution,
        attempt=execution.attempt,
        mode=mode,
        reason=reason,
        requested_by=by,
        requested_at=now,
    )
    execution.status, execution.stop_mode = ExecutionStatus.STOPPING, mode
    execution.stop_requested_by, execution.stop_requested_at = by, now
    execution.stop_reason = reason if is_first or reason is not None else execution.stop_reason
    execution.updated_at = now
    execution.refresh_search_text()
    execution.save(update_fields=_STOP_COLUMNS)
    if is_first:
        _tell_of_stopping(execution, reason)


_STOP_COLUMNS = [
    "status",
    "stop_mode",
    "stop_reason",
    "stop_requested_by",
    "stop_requested_at",
    "updated_at",
    "search_text",
]


def _tell_of_stopping(execution: PipelineExecution, reason: str | None) -> None:
    """An upgrade from wait to abandon tells of nothing new (spec/stop.md U14)."""
    at, state = execution.updated_at, state_of(ExecutionStatus.STOPPING)
    comments = {} if reason is None else {"stop-execution-comments": reason}
    events = [pipeline_event(execution, state, at=at, **comments)]
    if stay := execution.occupied:
        stay.status, stay.updated_at = StageStatus.STOPPING, at
        stay.save(update_fields=["status", "updated_at"])
        events.append(stage_event(execution, stay.stage_name, state, at=at))
    Event.objects.bulk_create(events)


def _seen(execution: PipelineExecution) -> str:
    preview = _preview(execution)
    return preview.seen if preview else ""


def _preview(execution: PipelineExecution) -> StopPreview | None:
    """None when it has finished meanwhile, which nothing forbids without the lock."""
    facts, now = World.around(execution).facts(), timezone.now()
    one = facts.execution(execution.id)
    if one is None:
        return None
    wait = foresee_stop(facts, one, mode=StopMode.WAIT, now=now)
    abandon = foresee_stop(facts, one, mode=StopMode.ABANDON, now=now)
    everything = repr((execution.id, one.status, one.stop, wait, abandon))
    seen = hashlib.sha256(everything.encode()).hexdigest()[:32]
    return StopPreview(wait=wait, abandon=abandon, seen=seen)
