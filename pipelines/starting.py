"""Starting an execution, whoever or whatever asks for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.utils import timezone

from pipelines import tasks
from pipelines.core.concurrency import UNLIMITED, check_concurrency
from pipelines.core.refusals import InvalidRequest, TooManyExecutions
from pipelines.core.source_overrides import check_overrides
from pipelines.core.statuses import ExecutionMode, ExecutionStatus
from pipelines.core.storable import check_storable
from pipelines.core.variables import PIPELINE_NAMESPACE, initial_values
from pipelines.models import PipelineExecution
from pipelines.models.events import STARTED, pipeline_event, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.core.source_overrides import SourceOverride
    from pipelines.models import Pipeline

ASKED_FOR = "StartPipelineExecution"  # the trigger of somebody who waits for the answer
OF_SOMEBODY = frozenset({ASKED_FOR, "PutActionRevision", "ManualRollback"})
TOKEN_LASTS = timedelta(hours=24)


class Trigger(NamedTuple):
    """Why an execution starts (API type ExecutionTrigger)."""

    type: str
    detail: str = ""


def begin(
    pipeline: Pipeline,
    trigger: Trigger,
    *,
    client_request_token: str = "",
    variables: Mapping[str, str] | None = None,
    source_overrides: Sequence[SourceOverride] = (),
) -> PipelineExecution:
    """Start an execution of the current version: it waits in front of the first stage.

    The pipeline is under its lock.  The same token within a day gives the execution that it
    started the first time.  Raises InvalidRequest for variables that the pipeline does not declare
    or that have no value, and for overrides that its sources cannot honour, and TooManyExecutions;
    when nobody is there to be refused, the execution fails at once instead.
    """
    if earlier := _started_by(pipeline, client_request_token):
        return earlier
    check_overrides(source_overrides, plan=pipeline.plan, pipeline_type=pipeline.pipeline_type)
    values, problem = _values(pipeline, variables or {}, trigger_type=trigger.type)
    problem = problem or _limit_reached(pipeline, trigger)
    now = timezone.now()
    pipeline.last_sequence += 1
    pipeline.save(update_fields=["last_sequence"])
    execution = PipelineExecution(
        pipeline=pipeline,
        sequence=pipeline.last_sequence,
        version=pipeline.version,
        mode=pipeline.execution_mode,
        trigger_type=trigger.type,
        trigger_detail=trigger.detail,
        client_request_token=client_request_token,
        waits_for=pipeline.plan.first.name,
        variables={PIPELINE_NAMESPACE: values},
        source_overrides=[_stored(override) for override in source_overrides],
        started_at=now,
        updated_at=now,
    )
    _store(execution, problem)
    pipeline.bump()
    tasks.wake(pipeline.pk, execution.alone)
    return execution


def check_limit(pipeline: Pipeline, mode: str) -> None:
    """Whether one more execution may be under way.  Raises TooManyExecutions."""
    if mode == UNLIMITED:
        return
    unfinished = pipeline.executions.unfinished().filter(mode=mode).count()
    limit = settings.PENSTOCK_CONCURRENT_EXECUTIONS
    check_concurrency(ExecutionMode(mode), unfinished=unfinished, limit=limit)


def _started_by(pipeline: Pipeline, token: str) -> PipelineExecution | None:
    """What the token started; once it is too old, the token is free for another execution."""
    if not token:
        return None
    earlier = pipeline.executions.filter(client_request_token=token).first()
    if earlier is None or earlier.started_at > timezone.now() - TOKEN_LASTS:
        return earlier
    earlier.client_request_token = ""
    earlier.save(update_fields=["client_request_token"])
    return None


def _limit_reached(pipeline: Pipeline, trigger: Trigger) -> str:
    """Why the execution cannot be one of those under way; empty when it can."""
    try:
        check_limit(pipeline, pipeline.execution_mode)
    except TooManyExecutions as refusal:
        if trigger.type in OF_SOMEBODY:
            raise
        return refusal.message
    return ""


def _values(
    pipeline: Pipeline, given: Mapping[str, str], *, trigger_type: str
) -> tuple[dict[str, str], str]:
    """The variables that an execution starts with, and what is wrong with them."""
    for value in given.values():
        check_storable(value, "variables")
    try:
        return initial_values(pipeline.plan.variables, given), ""
    except InvalidRequest as refusal:
        if trigger_type == ASKED_FOR:
            raise
        return {}, refusal.message


def _stored(override: SourceOverride) -> dict[str, str]:
    """As the API spells it."""
    return {
        "actionName": override.action_name,
        "revisionType": override.revision_type,
        "revisionValue": override.value,
    }


def _store(execution: PipelineExecution, problem: str) -> None:
    """The row, what tells of it, and its place in front of the first stage unless it failed."""
    execution.refresh_search_text()
    execution.save(force_insert=True)
    trigger = {"trigger-type": execution.trigger_type, "trigger-detail": execution.trigger_detail}
    started = {"execution-trigger": trigger}
    pipeline_event(execution, STARTED, at=execution.started_at, **started).save()
    if problem:
        _fail_at_once(execution, problem)
    elif execution.takes_locks:
        first = execution.pipeline.stages.filter(name=execution.waits_for)
        first.update(inbound=execution)


def _fail_at_once(execution: PipelineExecution, problem: str) -> None:
    execution.status, execution.status_summary = ExecutionStatus.FAILED, problem
    execution.waits_for, execution.ended_at = "", execution.started_at
    execution.save(update_fields=["status", "status_summary", "waits_for", "ended_at"])
    pipeline_event(execution, state_of(ExecutionStatus.FAILED), at=execution.started_at).save()
