"""What a worker reports of its job: done, failed, or to be gone on with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from pipelines import artifact_store, engine, patience, tasks
from pipelines.core.action_types import Category
from pipelines.core.custom_types import filled
from pipelines.core.refusals import InvalidJobState, InvalidRequest, Throttled
from pipelines.core.results import ActionResult, SourceRevision
from pipelines.core.statuses import ActionStatus, FailureCode, JobStatus
from pipelines.core.storable import check_storable
from pipelines.core.variables import check_output_variables
from pipelines.jobs import check_asker, late, locked
from pipelines.models import ActionExecution, CustomActionType, Job
from pipelines.stores import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipelines.core.rights import Caller
    from pipelines.jobs import Partner

UNTIL_NEXT = timedelta(seconds=30)  # before the job that goes on is queued
SUMMARY_LIMIT = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """API type ExecutionDetails; what is not given stays as it was."""

    summary: str = ""
    external_execution_id: str = ""
    percent_complete: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What PutJobSuccessResult says beside the job's id."""

    progress: Progress = Progress()
    continuation_token: str = ""
    output_variables: Mapping[str, str] = field(default_factory=dict)
    revision: SourceRevision | None = None


def succeed(job_id: UUID, done: Done, *, by: Caller | Partner) -> None:
    """The job is done (PutJobSuccessResult): its action, too, unless there is a continuation token.

    With a token the action stays InProgress, and another job with the token is queued in half a
    minute, also while its execution is stopping (spec/stop.md R9).  The output artifacts that the
    worker has stored become the execution's.  The revision counts for source actions.

    Raises AccessDenied, JobNotFound, InvalidJobState, InvalidRequest, OutputVariablesSizeExceeded,
    or Throttled when the pipeline is busy; nothing is changed then.
    """
    _check(done)
    outcome = "" if done.continuation_token else "Succeeded"
    stored = {} if done.continuation_token else _stored(job_id)
    with late.noted(job_id, outcome), patience.limited(Throttled):
        job = locked(job_id)
        _check_worker(job, "PutJobSuccessResult", by=by)
        if done.continuation_token:
            _go_on(job, done)
        else:
            _end(job, _success(job, done, stored))


def fail(
    job_id: UUID,
    code: FailureCode,
    message: str,
    *,
    by: Caller | Partner,
    external_execution_id: str = "",
) -> None:
    """The job failed, and its action with it (PutJobFailureResult).

    Raises AccessDenied, JobNotFound, InvalidJobState, InvalidRequest, or Throttled.
    """
    for text in (message, external_execution_id):
        check_storable(text, "failureDetails")
    progress = Progress(
        summary=message[:SUMMARY_LIMIT], external_execution_id=external_execution_id
    )
    with late.noted(job_id, f"Failed: {message}"), patience.limited(Throttled):
        job = locked(job_id)
        _check_worker(job, "PutJobFailureResult", by=by)
        _end(
            job, _result(job, ActionStatus.FAILED, progress, error_code=code, error_message=message)
        )


def _check(done: Done) -> None:
    if done.continuation_token and done.output_variables:
        raise InvalidRequest(
            "outputVariables cannot be given together with a continuationToken: the action is not"
            " complete"
        )
    check_output_variables(done.output_variables)
    texts = [done.continuation_token, done.progress.summary, done.progress.external_execution_id]
    if done.revision:
        texts += [done.revision.revision_id, done.revision.summary, done.revision.change_id]
    for text in (*texts, *done.output_variables, *done.output_variables.values()):
        check_storable(text, "the result of the job")


def _check_worker(job: Job, operation: str, *, by: Caller | Partner) -> None:
    """Only who has acknowledged the job reports on it, and only while somebody waits."""
    check_asker(job, operation, by=by)
    if job.status != JobStatus.IN_PROGRESS:
        raise InvalidJobState(
            f"The status of job '{job.pk}' is {job.status}; it must be {JobStatus.IN_PROGRESS} for"
            " a result to be put"
        )
    if not job.action.is_waited_for:
        raise InvalidJobState(f"The action of job '{job.pk}' has been abandoned")


def _end(job: Job, result: ActionResult) -> None:
    """The engine takes the result like any other, and closes the job with it."""
    execution = job.action.execution
    if not engine.record(job.action, result):
        raise InvalidJobState(f"The action of job '{job.pk}' has ended")
    tasks.wake(execution.pipeline_id, execution.alone)


def _go_on(job: Job, done: Done) -> None:
    """This job is over, its action is not."""
    now, action = timezone.now(), job.action
    job.status, job.ended_at = JobStatus.SUCCEEDED, now
    job.save(update_fields=["status", "ended_at"])
    job.following(done.continuation_token, at=now + UNTIL_NEXT).save(force_insert=True)
    so_far = _result(job, ActionStatus.IN_PROGRESS, done.progress)
    live = ActionExecution.objects.filter(pk=action.pk, status=ActionStatus.IN_PROGRESS)
    live.update(
        summary=so_far.summary,
        external_execution_id=so_far.external_execution_id,
        external_execution_url=so_far.external_execution_url,
        percent_complete=so_far.percent_complete,
        updated_at=now,
    )
    action.execution.tell_watchers()


def _success(job: Job, done: Done, stored: Mapping[str, str]) -> ActionResult:
    is_source = job.action.type_id.category == Category.SOURCE
    return _result(
        job,
        ActionStatus.SUCCEEDED,
        done.progress,
        artifacts=stored,
        output_variables=done.output_variables,
        revision=done.revision if is_source else None,
    )


def _result(job: Job, status: ActionStatus, progress: Progress, **more: Any) -> ActionResult:
    """What was said before stays, where nothing new is said."""
    action, percent = job.action, progress.percent_complete
    external_id = progress.external_execution_id or action.external_execution_id
    return ActionResult(
        status=status,
        summary=progress.summary or action.summary,
        external_execution_id=external_id,
        external_execution_url=_address(job, external_id),
        percent_complete=action.percent_complete if percent is None else percent,
        **more,
    )


def _address(job: Job, external_execution_id: str) -> str:
    """Where the provider shows this run, as the action type says; also of a deleted type."""
    row = CustomActionType.objects.named(job.type_id).first()
    if row is None:
        return ""
    address = filled(
        row.action_type.links.execution,
        job.action.resolved_configuration,
        external_execution_id=external_execution_id,
    )
    return address[:2048]


def _stored(job_id: UUID) -> dict[str, str]:
    """The outputs that are there; an action that needs another fails in plain words.

    Nobody is kept waiting while the store answers: what was put there cannot go away.
    """
    keys = Job.objects.filter(pk=job_id).values_list("output_keys", flat=True).first() or {}
    store = artifact_store.configured()
    try:
        return {name: key for name, key in keys.items() if store.look(key)}
    except StoreError as problem:
        raise Throttled(f"{problem} Try again later.") from problem
