"""What seems to be forgotten: nudges that were lost, leases that ran out, times that are up.

Each answer is a bounded list; acting on one that needs nothing costs a look.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from pipelines import places, processes
from pipelines.core.statuses import (
    UNFINISHED,
    ActionStatus,
    ConditionStatus,
    JobStatus,
    StopMode,
)
from pipelines.engine import Started
from pipelines.models import (
    ActionExecution,
    ConditionExecution,
    Job,
    Lease,
    Pipeline,
    PipelineExecution,
    PipelineVersion,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from django.db.models import QuerySet

UNACKNOWLEDGED = timedelta(seconds=60)  # how long a worker may keep a job to itself
LIMIT = 100
QUIET = timedelta(seconds=3)  # a nudge that is on its way needs no second
NEVER_ARRIVED = timedelta(days=1)  # what a job worker began to send and did not end
UNHEARD = timedelta(seconds=20)  # the same for work that waits for a free worker


class ToWake(NamedTuple):
    """What the engine ought to look at: a pipeline, or one parallel execution of it."""

    pipeline_id: int
    alone: UUID | None = None


def to_wake() -> list[ToWake]:
    live = ActionExecution.objects.filter(status=ActionStatus.IN_PROGRESS)
    found: list[ToWake] = []
    for due in (
        _worlds_of(live.filter(deadline__lte=timezone.now())),
        _worlds_of(live.filter(due_at__lte=timezone.now())),
        _worlds_of(live.filter(lease__in=Lease.objects.expired())),
        _at_rest(),
    ):
        found += due
    return list(dict.fromkeys(found))


def actions_to_dispatch() -> list[Started]:
    """Actions that wait for somebody to do their work and were told of some time ago."""
    forgotten = (
        ActionExecution.objects.filter(status=ActionStatus.IN_PROGRESS, token="", lease=None)
        .exclude(execution__stop_mode=StopMode.ABANDON)
        .filter(~Exists(Job.objects.filter(action=OuterRef("pk"))), due_at=None)
        .annotate(told_at=Coalesce("dispatched_at", "started_at"))
        .filter(told_at__lte=timezone.now() - UNHEARD)
        .select_related("execution")
        .order_by("told_at")[:LIMIT]
    )
    actions = list(forgotten)
    ActionExecution.objects.filter(pk__in=[a.pk for a in actions]).update(
        dispatched_at=timezone.now()
    )
    return [started for action in actions if (started := _started(action))]


def _started(action: ActionExecution) -> Started | None:
    """None when its pipeline has been deleted meanwhile."""
    try:
        type_id = action.type_id
    except PipelineVersion.DoesNotExist:
        return None
    return Started(pipeline_id=action.execution.pipeline_id, action_id=action.pk, type_id=type_id)


def requeue_unacknowledged_jobs() -> None:
    """Who polls next gets a job whose worker was not heard of; what that one had is void."""
    given = Job.objects.filter(
        status=JobStatus.DISPATCHED, dispatched_at__lte=timezone.now() - UNACKNOWLEDGED
    )
    given.update(status=JobStatus.QUEUED, nonce="")


def jobs_to_invoke() -> list[UUID]:
    """Jobs of functions that a continuation token asks to go on with."""
    due = Job.objects.to_invoke(now=timezone.now()).order_by("available_at")
    return list(due.values_list("pk", flat=True)[:LIMIT])


def silent_jobs() -> list[UUID]:
    """Jobs whose functions have not reported in time."""
    silent = Job.objects.silent(now=timezone.now()).order_by("acknowledged_at")
    return list(silent.values_list("pk", flat=True)[:LIMIT])


def work_to_clear_up() -> list[UUID]:
    """Abandoned actions whose work is lost and left something behind on this machine.

    The rest is done here: what is left of other work on this machine whose runner is gone is
    ended, and its folder deleted.  The same for work whose pipeline has been deleted, once its
    runner had the time to end it.
    """
    folders = {folder.name: folder for folder in places.workspaces().glob("*-*-*-*-*")}
    lost = Lease.objects.filter(action__in=list(folders)).exclude(pk__in=Lease.objects.unexpired())
    unsettled = lost.filter(released_at=None, action__status=ActionStatus.ABANDONED)
    abandoned = set(unsettled.values_list("action_id", flat=True)[:LIMIT])
    others = set(lost.values_list("action_id", flat=True)) - abandoned
    for name in (*map(str, others), *_of_deleted_pipelines(folders)):
        processes.end_leftovers(name)
        shutil.rmtree(folders[name], ignore_errors=True)
    return sorted(abandoned)


def forget_what_never_arrived() -> None:
    """Delete the beginnings of artifacts whose end did not come."""
    ago = (timezone.now() - NEVER_ARRIVED).timestamp()
    for path in (*places.uploads().glob("*"), *places.arriving().glob("*")):
        if not _is_older(path, ago):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _of_deleted_pipelines(folders: Mapping[str, Path]) -> list[str]:
    """Not what is new: work that is done at once has no row yet that others could see."""
    rows = ActionExecution.objects.filter(pk__in=list(folders)).values_list("pk", flat=True)
    known = {str(action_id) for action_id in rows}
    ago = timezone.now() - timedelta(seconds=settings.PENSTOCK_LEASE_SECONDS)
    return [
        name
        for name, folder in folders.items()
        if name not in known and _is_older(folder, ago.timestamp())
    ]


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except FileNotFoundError:
        return False


def _at_rest() -> list[ToWake]:
    """Unfinished executions that seem to wait for nothing, or for the engine.

    Most of them wait for a transition or for a stage, some of them for weeks: chance decides who is
    looked at, so that they do not keep the others from it.
    """
    live = ActionExecution.objects.filter(
        stage_execution=OuterRef("occupied"), is_latest=True, status=ActionStatus.IN_PROGRESS
    )
    quiet = Q(updated_at__lte=timezone.now() - QUIET)
    abandoning = Q(stop_mode=StopMode.ABANDON)
    resting = PipelineExecution.objects.filter(quiet, status__in=sorted(UNFINISHED)).filter(
        abandoning | ~Exists(live) | Exists(_to_run_again()) | Exists(_overridden())
    )
    sharing = resting.sharing_locks().values("pipeline_id")
    pipelines = Pipeline.objects.filter(pk__in=sharing).order_by("?").values_list("pk")
    parallel = resting.parallel().order_by("?").values_list("pipeline_id", "pk")
    return [
        *(ToWake(pipeline_id) for (pipeline_id,) in pipelines[:LIMIT]),
        *(ToWake(pipeline_id, alone) for pipeline_id, alone in parallel[:LIMIT]),
    ]


def _to_run_again() -> QuerySet[ActionExecution]:
    """What a retry put aside in the occupied stage and nobody has started again."""
    aside = ActionExecution.objects.of_actions().filter(is_latest=False)
    stay = aside.filter(stage_execution=OuterRef("occupied"))
    again = ActionExecution.objects.of_actions().filter(
        stage_execution=OuterRef("stage_execution"),
        action_name=OuterRef("action_name"),
        is_latest=True,
    )
    return stay.filter(~Exists(again))


def _overridden() -> QuerySet[ConditionExecution]:
    """A check in the occupied stage whose rules are still live though somebody overrode it."""
    running = ConditionExecution.objects.filter(status=ConditionStatus.IN_PROGRESS, is_latest=True)
    return running.filter(stage_execution=OuterRef("occupied"), overridden_at__isnull=False)


def _worlds_of(actions: QuerySet[ActionExecution]) -> list[ToWake]:
    due = actions.select_related("execution").only("execution__mode", "pipeline_id")
    return [
        ToWake(action.pipeline_id, action.execution.alone)
        for action in due.order_by("started_at")[:LIMIT]
    ]
