"""What one can do about work that abandoned actions left behind: see it, end it, say what is done.

A Penstock thing: AWS has no operation for any of it, and no answer of the API shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils import timezone

from pipelines import finding, patience
from pipelines.core.abandoned_work import check_treatment
from pipelines.core.refusals import ActionNotFound, Conflict, NothingToEnd
from pipelines.core.rights import END_WORK
from pipelines.core.statuses import ActionStatus, JobStatus
from pipelines.models import AbandonedWorkPolicy, ActionExecution, Event, Job, Lease
from pipelines.models.events import ENDED, EventLevel
from pipelines.runner import ending

if TYPE_CHECKING:
    from uuid import UUID

    from pipelines.core.abandoned_work import Treatment
    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline


def running(pipeline: Pipeline) -> list[Lease]:
    """The work of the pipeline's ended actions that goes on here, the oldest first."""
    held = Lease.objects.left_behind().filter(action__pipeline=pipeline)
    return list(held.select_related("action__execution").order_by("taken_at"))


def elsewhere(pipeline: Pipeline) -> list[Job]:
    """The jobs of abandoned actions that a worker had taken, and has not reported on since.

    Nobody knows how long it works on; it is told of as long as the action could have lasted.
    """
    reported = Event.objects.filter(
        level=EventLevel.WORK, state=ENDED, execution=OuterRef("action__execution")
    ).filter(action_execution_id=OuterRef("action_id"))
    taken = Job.objects.filter(
        action__pipeline=pipeline,
        action__status=ActionStatus.ABANDONED,
        action__deadline__gt=timezone.now(),
        status=JobStatus.FAILED,
        acknowledged_at__isnull=False,
    )
    unheard = taken.filter(~Exists(reported)).select_related("action__execution")
    return list(unheard.order_by("acknowledged_at"))


def recorded_end(action: ActionExecution) -> Event | None:
    """What the record says of how the work of an ended action really ended."""
    told = Event.objects.filter(execution=action.execution_id, action_execution_id=action.pk)
    return told.filter(level=EventLevel.WORK, state=ENDED).first()


@patience.limited(Conflict)
def end(pipeline_name: str, action_id: UUID, *, by: Caller) -> ActionExecution:
    """Have the work that an ended action left behind ended, with all its processes.

    Whoever does the work does so within seconds; the status of the action stays what it is.  Who
    may abandon may do this.  A second wish is granted with the first.

    Raises AccessDenied, PipelineNotFound, ActionNotFound, NothingToEnd, or Conflict when the
    pipeline is busy.
    """
    arn = finding.arn_of(pipeline_name)
    by.check("StopPipelineExecution", on=arn)
    by.check(END_WORK, on=arn)
    pipeline = finding.locked_pipeline(pipeline_name)
    found = ActionExecution.objects.filter(pk=action_id, execution__pipeline=pipeline)
    action = found.select_related("execution").first()
    if action is None:
        raise ActionNotFound(f"Pipeline '{pipeline_name}' has no action execution '{action_id}'.")
    if not Lease.objects.left_behind().filter(pk=action_id).exists():
        raise NothingToEnd(
            f"No work of action '{action.action_name}' that could be ended is running: its status"
            f" is {action.status}, and nobody here works on it."
        )
    if ending.want_end(action, by=by.arn):
        pipeline.bump()
    return action


@patience.limited(Conflict)
def treat(
    pipeline_name: str, where: tuple[str, str], treatment: Treatment | None, *, by: Caller
) -> None:
    """Say what is done about the work of an action once it is abandoned; None: what the site says.

    `where` is the names of the stage and the action.  It counts for what is abandoned from now on,
    in every version of the pipeline.

    Raises AccessDenied, PipelineNotFound, StageNotFound, ActionNotFound, InvalidRequest, or
    Conflict when the pipeline is busy.
    """
    by.check("UpdatePipeline", on=finding.arn_of(pipeline_name))
    if treatment:
        check_treatment(treatment)
    pipeline = finding.locked_pipeline(pipeline_name)
    finding.action(pipeline, where)
    stage_name, action_name = where
    of_pipeline = AbandonedWorkPolicy.objects.filter(pipeline=pipeline)
    of_pipeline.filter(stage_name=stage_name, action_name=action_name).delete()
    if treatment:
        AbandonedWorkPolicy.objects.create(
            pipeline=pipeline,
            stage_name=stage_name,
            action_name=action_name,
            policy=treatment.policy,
            command=treatment.clean_up,
            changed_by=by.arn,
        )
    pipeline.bump()
