"""Work that goes on although its action is over: what runs where, since when, and who ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from console.present.cards import has_log
from pipelines import leftovers, treatments
from pipelines.core.abandoned_work import Policy
from pipelines.core.arns import user_of
from pipelines.core.statuses import ActionStatus
from pipelines.providers import Dispatch, dispatch_of
from pipelines.runner.ending import BY_POLICY

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import ActionExecution, Job, Lease, Pipeline

WORDS = {
    Policy.LEAVE: "Its work is left running, as on AWS",
    Policy.TERMINATE: "Its work is ended",
    Policy.CLEANUP: "Its work is ended, then a clean-up command runs",
}


class Late(NamedTuple):
    """How work really ended that nobody waited for any more."""

    at: datetime
    outcome: str


class Fate(NamedTuple):
    """What is done about the work of an action once it is abandoned."""

    words: str
    command: str
    is_of_site: bool
    can_be_changed: bool  # the pipeline still has the action


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """One piece of work that was left behind."""

    action_id: UUID
    execution_id: UUID
    stage_name: str
    name: str
    status: str  # of its action
    where: str
    began_at: datetime
    has_log: bool
    can_be_ended: bool  # by us; what a job worker does, we cannot
    ending: str  # for whom it is being ended; empty: it is not


def leftovers_of(pipeline: Pipeline) -> tuple[Leftover, ...]:
    """All of a pipeline's, in two queries; the work done here first."""
    here = (_here(lease) for lease in leftovers.running(pipeline))
    elsewhere = (_elsewhere(job) for job in leftovers.elsewhere(pipeline))
    return (*here, *elsewhere)


def _here(lease: Lease) -> Leftover:
    action = lease.action
    machine, _, rest = lease.holder.partition(":")
    process = rest.partition(":")[0]
    return Leftover(
        action_id=action.pk,
        execution_id=action.execution_id,
        stage_name=action.stage_name,
        name=action.action_name,
        status=action.status,
        where=f"{machine}, process {process}" if process else machine,
        began_at=lease.taken_at,
        has_log=has_log(action.type_id),
        can_be_ended=True,
        ending=who_ends(lease),
    )


def who_ends(lease: Lease) -> str:
    """Whoever wants the work ended, as people are called; empty: nobody does."""
    by = lease.end_wanted_by
    return by if by == BY_POLICY else user_of(by)


def _elsewhere(job: Job) -> Leftover:
    action = job.action
    return Leftover(
        action_id=action.pk,
        execution_id=action.execution_id,
        stage_name=action.stage_name,
        name=action.action_name,
        status=action.status,
        where=f"the job worker of {user_of(job.acknowledged_by)}",
        began_at=job.acknowledged_at or action.started_at,
        has_log=False,
        can_be_ended=False,
        ending="",
    )


def late_of(action: ActionExecution) -> Late | None:
    """Of work that a lease says nothing of: what its job worker reported too late."""
    is_done_elsewhere = dispatch_of(action.type_id) is Dispatch.JOB
    if not is_done_elsewhere or action.status != ActionStatus.ABANDONED:
        return None
    end = leftovers.recorded_end(action)
    return Late(end.at, end.detail["outcome"].removesuffix(".")) if end else None


def fate_of(pipeline: Pipeline, action: ActionExecution) -> Fate | None:
    """None where Penstock does no work that it could end."""
    if dispatch_of(action.type_id) is not Dispatch.WORKER:
        return None
    where = (action.stage_name, action.action_name)
    own = treatments.own(pipeline.pk).get(where)
    treatment = own.treatment if own else treatments.of_site()
    plan, stage_name = pipeline.plan, action.stage_name
    names = plan.stage(stage_name).actions if plan.has_stage(stage_name) else ()
    return Fate(
        words=WORDS[treatment.policy],
        command=treatment.clean_up,
        is_of_site=own is None,
        can_be_changed=action.action_name in {each.name for each in names},
    )
