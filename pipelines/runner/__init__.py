"""Doing the work of actions: take the lease, have the provider work, tell the engine."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from pipelines import engine, places, processes, providers
from pipelines.core.arns import user_of
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, FailureCode, JobStatus
from pipelines.models import ActionExecution, Job, Lease, Pipeline
from pipelines.runner import ending
from pipelines.runner.leasing import Hold, held, taken_over
from pipelines.runner.working import attempt, note

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipelines.core.action_types import ActionTypeId
    from pipelines.engine import Finished, Started

logger = logging.getLogger(__name__)

LOST = "Its worker was lost, and what was left of it was ended."


def is_done_at_once(type_id: ActionTypeId) -> bool:
    """Whether this work takes no time and has no effects, so that nobody need be waited for."""
    return providers.is_inline(type_id)


def at_once(action: ActionExecution) -> ActionResult | None:
    """The outcome of work that takes no time and has no effects; None for any other work."""
    if not is_done_at_once(action.type_id):
        return None
    return attempt(action, is_lost=lambda: False)


def perform(pipeline_id: int, action_id: UUID) -> tuple[Started, ...]:
    """Do an action's work if it is waited for and nobody ever took it; return what starts next.

    An action whose pipeline was deleted, before or meanwhile, is nobody's: there is nothing to do.
    """
    try:
        return _perform(pipeline_id, action_id)
    except (ObjectDoesNotExist, IntegrityError):
        if ActionExecution.objects.filter(pk=action_id).exists():
            raise
        return ()


def _perform(pipeline_id: int, action_id: UUID) -> tuple[Started, ...]:
    action = ActionExecution.objects.select_related("execution__pipeline").get(pk=action_id)
    if not action.is_waited_for:
        return ()
    if result := at_once(action):
        return engine.finish(action, result, at_once=at_once).started
    with held(action) as hold:
        if hold is None:
            return ()
        _show(pipeline_id)
        try:
            return _perform_held(action, hold)
        finally:
            _show(pipeline_id)


def clear_up(action_id: UUID) -> None:
    """After abandoned work whose worker was lost: end what is left, clean up as its policy says.

    Whoever comes second, and who is told of work that goes on, does nothing.
    """
    found = ActionExecution.objects.select_related("execution__pipeline").filter(pk=action_id)
    action = found.first()
    if action is None:
        return
    with taken_over(action) as hold:
        if hold is None:
            return
        processes.end_leftovers(str(action_id))
        folder = places.workspaces() / str(action_id)
        folder.mkdir(parents=True, exist_ok=True)
        said = ending.clean_up(action, folder, is_lost=hold.lost.is_set)
        shutil.rmtree(folder, ignore_errors=True)
        _end_late(hold, f"{LOST} {said}".strip())
        _show(action.pipeline_id)


def _perform_held(action: ActionExecution, hold: Hold) -> tuple[Started, ...]:
    said: list[str] = []

    def clean_up(folder: Path) -> None:
        if hold.unwanted.is_set() and not hold.lost.is_set():
            said.append(ending.clean_up(action, folder, is_lost=hold.lost.is_set))

    result = attempt(action, is_lost=hold.is_over, afterwards=clean_up)
    if hold.lost.is_set():
        note(action, "The lease of this work ran out: it was ended here and its result dropped.")
        hold.release("Ended: its lease had run out")
        return ()
    if hold.unwanted.is_set():
        _end_late(hold, " ".join(filter(None, [_as_wanted(action, result), *said])))
        return ()
    if result is None:
        hold.release(_waiting_for_answer(action))
        return ()
    finished = _finish(action, result, hold)
    if finished.counted:
        hold.release(_in_words(result))
    else:
        _end_late(hold, _in_words(result))
    return finished.started


def _waiting_for_answer(action: ActionExecution) -> str:
    """Who answers may have done so while the work went on."""
    status = ActionExecution.objects.values_list("status", flat=True).get(pk=action.pk)
    return "Waiting for an answer" if status == ActionStatus.IN_PROGRESS else status


def invoke_again(job_id: UUID) -> tuple[Started, ...]:
    """Go on where a continuation token has come to, unless somebody else does."""
    now = timezone.now()
    taken = Job.objects.to_invoke(now=now).filter(pk=job_id)
    if not taken.update(status=JobStatus.IN_PROGRESS, dispatched_at=now, acknowledged_at=now):
        return ()
    job = Job.objects.select_related("action__execution__pipeline").get(pk=job_id)
    result = attempt(job.action, is_lost=lambda: False)
    return engine.finish(job.action, result, at_once=at_once).started if result else ()


def give_up_silent(job_id: UUID) -> tuple[Started, ...]:
    """Fail the action whose function has not reported in time."""
    job = Job.objects.select_related("action__execution__pipeline").filter(pk=job_id).first()
    if job is None:
        return ()
    name = job.action.resolved_configuration["FunctionName"]
    result = ActionResult(
        status=ActionStatus.FAILED,
        error_code=FailureCode.JOB_FAILED,
        error_message=f"The AWS Lambda function {name} failed to return a"
        " result. Check the function to verify that it has permission to call the"
        " PutJobSuccessResult action and that it made a call to PutJobSuccessResult.",
    )
    return engine.finish(job.action, result, at_once=at_once).started


def _as_wanted(action: ActionExecution, result: ActionResult | None) -> str:
    """How work ended that was to be ended: perhaps it had come to its own end just before."""
    if result and result.status is ActionStatus.SUCCEEDED:
        return _in_words(result)
    by = Lease.objects.values_list("end_wanted_by", flat=True).get(pk=action.pk)
    return f"Ended, as {by if by == ending.BY_POLICY else user_of(by)} wanted."


def _end_late(hold: Hold, outcome: str) -> None:
    """Record the real end of work, in its log, in its lease and for ever; nothing else changes."""
    note(
        hold.action,
        f"This work ended now ({outcome}), after the action had been given up."
        " Its result is not used.",
    )
    with transaction.atomic():
        hold.release(outcome)
        ending.note_end(hold.action, outcome)


def _finish(action: ActionExecution, result: ActionResult, hold: Hold) -> Finished:
    """Tell the engine, again and again while the database is away, as long as the lease is held."""
    while True:
        try:
            return engine.finish(action, result, at_once=at_once)
        except OperationalError as problem:
            logger.warning("The end of action execution %s is not stored yet: %s", action, problem)
            connection.close()
            if hold.lost.wait(1):
                raise


def _show(pipeline_id: int) -> None:
    """Have the pages draw again who works on what."""
    pipeline = Pipeline.objects.filter(pk=pipeline_id).first()
    if pipeline:
        pipeline.bump()


def _in_words(result: ActionResult) -> str:
    return f"{result.status}: {result.error_message}" if result.error_message else result.status
