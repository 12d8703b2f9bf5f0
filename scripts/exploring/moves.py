"""What people, workers and chance can do to one execution of the small world."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipelines.core.refusals import NotLatestExecution, StageNotRetryable
from pipelines.core.retrying import RetryFacts, actions_to_rerun
from pipelines.core.statuses import (
    ActionStatus,
    ExecutionStatus,
    RetryMode,
    StageStatus,
    StopMode,
)
from pipelines.core.stopping import reason_not_to_stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exploring.small import Execution, Run

MOST_ATTEMPTS = 2  # of one execution: without a bound there is no end


class Result(NamedTuple):
    """An action ends."""

    action: str
    status: ActionStatus


class Lost(NamedTuple):
    """Whoever does the work of an action is gone."""

    action: str


class Move(NamedTuple):
    """What happens, in words, and what becomes of the execution."""

    words: str
    behind: Execution
    what: StopMode | RetryMode | Result | Lost

    @property
    def is_retry(self) -> bool:
        return isinstance(self.what, RetryMode)


def moves_of(execution: Execution) -> Iterator[Move]:
    """Those that depend on nothing but the execution itself."""
    yield from _stops(execution)
    yield from _results(execution)


def _stops(execution: Execution) -> Iterator[Move]:
    for mode in StopMode:
        if reason_not_to_stop(execution.status, requested=execution.stop, mode=mode):
            continue
        stopping = execution._replace(status=ExecutionStatus.STOPPING, stop=mode)
        if execution.occupies:
            stopping = stopping.with_stay(status=StageStatus.STOPPING)
        yield Move(f"stop {execution.sequence}, {mode}", stopping, mode)


def _results(execution: Execution) -> Iterator[Move]:
    """A result counts while somebody waits for it; who works can be lost at any time."""
    if not execution.occupies:
        return
    for run in execution.stay.latest:
        if run.status is not ActionStatus.IN_PROGRESS:
            continue
        name = f"{run.name} of {execution.sequence}"
        if execution.stop is not StopMode.ABANDON:
            for status in (ActionStatus.SUCCEEDED, ActionStatus.FAILED):
                behind = execution.with_run(run.name, status=status)
                yield Move(f"{name}: {status}", behind, Result(run.name, status))
        if not run.is_lost:
            behind = execution.with_run(run.name, is_lost=True)
            yield Move(f"{name}: its runner is lost", behind, Lost(run.name))


def retries_of(execution: Execution, *, is_latest: bool) -> Iterator[Move]:
    """Those of any stage that it has been in."""
    if execution.attempt >= MOST_ATTEMPTS:
        return
    for mode in RetryMode:
        for stay in execution.passage:
            facts = RetryFacts(
                stage_status=stay.status,
                is_latest=is_latest and stay is execution.stay,
                is_outdated=False,
                actions={run.name: run.status for run in stay.latest},
                mode=execution.mode,
            )
            try:
                rerun = actions_to_rerun(facts, mode=mode)
            except (NotLatestExecution, StageNotRetryable):
                continue
            assert stay is execution.stay, "a stage was retried that is passed"
            yield Move(
                f"retry {execution.sequence}, {mode}",
                _retried(execution, rerun, mode),
                mode,
            )


def _retried(execution: Execution, rerun: frozenset[str], mode: RetryMode) -> Execution:
    """Also what still runs counts as of the next attempt, so that there is an end."""
    kept = tuple(run for run in execution.stay.latest if run.name not in rerun)
    _check_rerun(execution.stay.latest, kept, mode)
    resumed = execution.with_stay(latest=kept, status=StageStatus.IN_PROGRESS)
    if execution.status.is_final:
        resumed = resumed._replace(
            status=ExecutionStatus.IN_PROGRESS, stop=None, occupies=execution.stay.stage
        )
    return resumed._replace(attempt=execution.attempt + 1)


def _check_rerun(before: tuple[Run, ...], kept: tuple[Run, ...], mode: RetryMode) -> None:
    """I24"""
    if mode is RetryMode.ALL_ACTIONS:
        assert not kept
        assert ActionStatus.IN_PROGRESS not in {run.status for run in before}
    else:
        going_on = {ActionStatus.SUCCEEDED, ActionStatus.IN_PROGRESS}
        assert {run.status for run in kept} <= going_on
        assert {run for run in before if run.status in going_on} == set(kept)
