"""One execution in a few words: how it is doing, where it is, and who stopped it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from console.present.revisions import Override, first_line, overrides_of
from console.present.statuses import StatusWords, execution_words
from console.present.stopping import StopNotice, stop_notice
from console.present.triggering import triggered_by
from pipelines.core.arns import user_of
from pipelines.core.statuses import ExecutionStatus, StopMode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from pipelines.models import ActionExecution, PipelineExecution, Stage, StopRequest

MODES = {StopMode.WAIT: "Stop and wait", StopMode.ABANDON: "Stop and abandon"}


class Stop(NamedTuple):
    """One accepted request to stop."""

    mode: str
    by: str
    at: datetime
    comments: str
    attempt: int


class Place(NamedTuple):
    """Where an unfinished execution is: in a stage, or in front of one."""

    stage_name: str
    is_inside: bool
    is_held: bool  # by a disabled transition


class Message(NamedTuple):
    """The last thing that an action said."""

    action: ActionExecution
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the head of the execution's page prints."""

    row: PipelineExecution
    words: StatusWords
    duration: timedelta | None
    trigger: str
    trigger_by: str
    overrides: tuple[Override, ...]  # source revisions that were asked for
    mode: str
    type: str
    place: Place | None
    stop: Stop | None  # the one that counts
    stops: tuple[Stop, ...]  # all, when there is more to tell than `stop`
    message: Message | None
    notice: StopNotice | None
    is_stoppable: bool
    can_only_abandon: bool  # waiting has been asked for already


def summary(
    execution: PipelineExecution,
    *,
    actions: Sequence[ActionExecution],
    requests: Iterable[StopRequest],
    stages: Sequence[Stage],
) -> Summary:
    status = ExecutionStatus(execution.status)
    stop, stops = _stop(execution), tuple(_request(each) for each in requests)
    is_stopping = status is ExecutionStatus.STOPPING
    is_waiting = is_stopping and execution.stop_requested is StopMode.WAIT
    return Summary(
        row=execution,
        words=execution_words(status),
        duration=execution.ended_at - execution.started_at if execution.ended_at else None,
        trigger=execution.trigger_type,
        trigger_by=triggered_by(execution),
        overrides=overrides_of(execution.source_overrides),
        mode=execution.mode.capitalize(),
        type=execution.execution_type.capitalize(),
        place=_place(execution, stages),
        stop=stop,
        stops=stops if len(stops) > (1 if stop else 0) else (),
        message=_message(actions),
        notice=_notice(execution, actions, stages),
        is_stoppable=status is ExecutionStatus.IN_PROGRESS or is_waiting,
        can_only_abandon=is_waiting,
    )


def _notice(
    execution: PipelineExecution, actions: Iterable[ActionExecution], stages: Iterable[Stage]
) -> StopNotice | None:
    stay = execution.occupied
    if stay is None:
        return stop_notice(execution, "", (), {})
    usual: Mapping[str, float] = next(
        (stage.usual_seconds for stage in stages if stage.name == stay.stage_name), {}
    )
    inside = (each for each in actions if each.is_latest and each.stage_execution_id == stay.pk)
    return stop_notice(execution, stay.stage_name, inside, usual)


def told(execution: PipelineExecution, *, before: str) -> str:
    """What a screen reader hears when the status is not `before` any more."""
    now = execution_words(execution.status).label
    return f"Execution {str(execution.pk)[:8]}: {now}." if before not in {"", now} else ""


def _stop(execution: PipelineExecution) -> Stop | None:
    if execution.stop_requested is None or execution.stop_requested_at is None:
        return None
    return Stop(
        mode=MODES[execution.stop_requested],
        by=user_of(execution.stop_requested_by),
        at=execution.stop_requested_at,
        comments=execution.stop_reason or "",
        attempt=execution.attempt,
    )


def _request(request: StopRequest) -> Stop:
    return Stop(
        mode=MODES[StopMode(request.mode)],
        by=user_of(request.requested_by),
        at=request.requested_at,
        comments=request.reason or "",
        attempt=request.attempt,
    )


def _place(execution: PipelineExecution, stages: Iterable[Stage]) -> Place | None:
    if execution.occupied:
        return Place(execution.occupied.stage_name, is_inside=True, is_held=False)
    if not execution.waits_for:
        return None
    closed = {stage.name for stage in stages if not stage.inbound_enabled}
    return Place(execution.waits_for, is_inside=False, is_held=execution.waits_for in closed)


def _message(actions: Sequence[ActionExecution]) -> Message | None:
    """An error says more than a summary, and what came last more than what came before."""
    said = [
        Message(action, text)
        for action in actions
        if (text := first_line(action.error_message or action.summary))
    ]
    return max(said, key=lambda message: message.action.updated_at, default=None)
