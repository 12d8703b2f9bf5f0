"""Ending the work of an action that is over: who wants it, and what is run and told afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pipelines import isolation, places, processes, treatments
from pipelines.core.statuses import ActionStatus
from pipelines.isolation import Level, NotIsolated
from pipelines.models import Event, Lease
from pipelines.models.events import END_WANTED, ENDED, EventLevel, work_event
from pipelines.processes import End

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.models import ActionExecution


CLEAN_UP_LASTS = timedelta(minutes=10)
BY_POLICY = "its policy"  # who wants it when nobody asked


class Watch:
    """Looks whether the work of an action is to be ended."""

    def __init__(self, action: ActionExecution) -> None:
        self._action = action
        self._was_left = False  # when it was seen to be abandoned, its policy was to leave it

    def is_end_wanted(self) -> bool:
        """Whether somebody wants it ended, or its policy, as it was when it was abandoned."""
        row = Lease.objects.filter(pk=self._action.pk)
        found = row.values_list("end_wanted_at", "action__status").first()
        if found is None:
            return False
        end_wanted_at, status = found
        if end_wanted_at or status != ActionStatus.ABANDONED or self._was_left:
            return bool(end_wanted_at)
        if treatments.of(self._action).ends_it:
            want_end(self._action, by=BY_POLICY)
            return True
        self._was_left = True
        return False


def want_end(action: ActionExecution, *, by: str) -> bool:
    """Write down the wish and whose it is; false when there is nothing to end or somebody did."""
    with transaction.atomic():
        is_first = Lease.objects.want_end(action.pk, by=by)
        if is_first:
            Event.objects.bulk_create([work_event(action, END_WANTED, at=timezone.now(), by=by)])
    return is_first


def clean_up(action: ActionExecution, folder: Path, *, is_lost: Callable[[], bool]) -> str:
    """Run the clean-up that is wanted of the action, in the folder where it worked.

    The answer is a sentence on how that went; empty when there was nothing to run.
    """
    treatment = treatments.of(action)
    if not treatment.clean_up:
        return ""
    try:
        result = _run(action, treatment.clean_up, folder, is_lost)
    except (NotIsolated, OSError) as problem:
        return f"The clean-up could not be run: {problem}."
    match result.end:
        case End.EXITED if result.exit_code == 0:
            return "The clean-up succeeded."
        case End.EXITED:
            return f"The clean-up failed with exit status {result.exit_code}."
        case End.TIMED_OUT:
            minutes = CLEAN_UP_LASTS.total_seconds() / 60
            return f"The clean-up did not end within {minutes:g} minutes and was ended."
        case End.LOST | End.BROKEN:
            return f"The clean-up did not come to its end: {result.reason or 'it was given up'}."


def note_end(action: ActionExecution, outcome: str) -> bool:
    """Tell in the record how work ended that nobody waited for any more; false: it was told."""
    of_action = Event.objects.filter(execution=action.execution_id, action_execution_id=action.pk)
    if of_action.filter(level=EventLevel.WORK, state=ENDED).exists():
        return False
    Event.objects.bulk_create([work_event(action, ENDED, at=timezone.now(), outcome=outcome)])
    return True


def _run(
    action: ActionExecution, command: str, folder: Path, is_lost: Callable[[], bool]
) -> processes.Result:
    level = Level(settings.PENSTOCK_ISOLATION)
    argv = isolation.wrapped((processes.shell(), "-c", command), level, folder=folder)
    source = folder / "src"  # where commands and builds begin
    return processes.run(
        processes.Command(
            argv=argv,
            folder=source if source.is_dir() else folder,
            environment=_environment(action, folder),
            token=str(action.pk),
            log_file=places.log_of(action.pk),
            log_limit=settings.PENSTOCK_LOG_LIMIT_BYTES,
            timeout=CLEAN_UP_LASTS,
            memory=settings.PENSTOCK_COMMAND_MEMORY_BYTES,
        ),
        is_lost=is_lost,
    )


def _environment(action: ActionExecution, folder: Path) -> dict[str, str]:
    """What the command may want to know of what it cleans up after."""
    return processes.environment(
        home=folder,
        temporary=folder,
        declared={
            "AWS_REGION": settings.PENSTOCK_REGION,
            "PENSTOCK_PIPELINE": action.execution.pipeline.name,
            "PENSTOCK_PIPELINE_EXECUTION_ID": str(action.execution_id),
            "PENSTOCK_STAGE": action.stage_name,
            "PENSTOCK_ACTION": action.action_name,
            **action.resolved_environment,
        },
    )
