"""What one can do with the transitions between stages: disable them, enable them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils import timezone

from pipelines import finding, patience, tasks
from pipelines.core.refusals import InvalidRequest, Throttled
from pipelines.core.statuses import TransitionType

if TYPE_CHECKING:
    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline, PipelineExecution, Stage

REASON = re.compile(r"[a-zA-Z0-9!@ \(\)\.\*\?\-]+", re.ASCII)  # as the API has it
REASON_LIMIT = 300


@patience.limited(Throttled)
def disable(
    pipeline_name: str,
    stage_name: str,
    *,
    reason: str,
    by: Caller,
    transition: TransitionType = TransitionType.INBOUND,
) -> None:
    """Let no execution through any more (DisableStageTransition); again renews reason and time.

    What it has held up for more than 30 days is not resumed (`core.entering`).

    Raises AccessDenied, InvalidRequest, PipelineNotFound, StageNotFound, or Throttled when the
    pipeline is busy.
    """
    by.check("DisableStageTransition", on=finding.arn_of(pipeline_name))
    check_reason(reason)
    pipeline, stage = _locked_stage(pipeline_name, stage_name)
    _set(stage, transition, enabled=False, reason=reason, by=by.arn)
    pipeline.bump()


@patience.limited(Throttled)
def enable(
    pipeline_name: str,
    stage_name: str,
    *,
    by: Caller,
    transition: TransitionType = TransitionType.INBOUND,
) -> None:
    """Let executions through again (EnableStageTransition); who waits enters at once.

    What is enabled stays as it is, with who enabled it and when.

    Raises AccessDenied, PipelineNotFound, StageNotFound, or Throttled when the pipeline is busy.
    """
    by.check("EnableStageTransition", on=finding.arn_of(pipeline_name))
    pipeline, stage = _locked_stage(pipeline_name, stage_name)
    if stage.way(transition).is_enabled:
        return
    _set(stage, transition, enabled=True, reason="", by=by.arn)
    pipeline.bump()
    tasks.wake(pipeline.pk)


def hold(pipeline: Pipeline, stage_name: str, *, execution: PipelineExecution, by: str) -> None:
    """Disable the way into a stage, inside the transaction of a stop; once disabled, it stays."""
    stage = pipeline.stages.get(name=stage_name)
    if stage.inbound_enabled:
        reason = f"Held while execution {str(execution.id)[:8]} is stopped"
        _set(stage, TransitionType.INBOUND, enabled=False, reason=reason, by=by)


def check_reason(reason: str) -> None:
    """Raises InvalidRequest for what the API's type DisabledReason refuses."""
    if not 1 <= len(reason) <= REASON_LIMIT:
        limit = f"Member must have length between 1 and {REASON_LIMIT}"
    elif not REASON.fullmatch(reason):
        limit = f"Member must satisfy regular expression pattern: {REASON.pattern}"
    else:
        return
    raise InvalidRequest(
        f"1 validation error detected: Value '{reason}' at 'reason' failed to satisfy constraint:"
        f" {limit}"
    )


def _locked_stage(pipeline_name: str, stage_name: str) -> tuple[Pipeline, Stage]:
    pipeline = finding.locked_pipeline(pipeline_name)
    return pipeline, finding.stage(pipeline, stage_name)


def _set(stage: Stage, transition: TransitionType, *, enabled: bool, reason: str, by: str) -> None:
    side = transition.lower()
    now = timezone.now()
    values = {"enabled": enabled, "reason": reason, "changed_by": by, "changed_at": now}
    if not enabled:
        values["disabled_at"] = now
    for column, value in values.items():
        setattr(stage, f"{side}_{column}", value)
    stage.save(update_fields=[f"{side}_{column}" for column in values])
