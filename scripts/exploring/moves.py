"""What people, workers and chance can do to one execution of the small world."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipelines.core.conditions import OverrideFacts, check_override
from pipelines.core.refusals import ConditionNotOverridable, NotLatestExecution, StageNotRetryable
from pipelines.core.retrying import RetryFacts, actions_to_rerun
from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionStatus,
    RetryMode,
    StageStatus,
    StopMode,
)
from pipelines.core.stopping import reason_not_to_stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exploring.small import Check, Execution, Run
    from pipelines.core.plan import PipelinePlan

MOST_ATTEMPTS = 2  # of one execution: without a bound there is no end


class Result(NamedTuple):
    """An action or a rule ends."""

    action: str
    status: ActionStatus
    is_error: bool = False  # of a rule


class Lost(NamedTuple):
    """Whoever does the work of an action is gone."""

    action: str


class Override(NamedTuple):
    """A condition counts as met, because somebody says so."""

    kind: ConditionKind


class Move(NamedTuple):
    """What happens, in words, and what becomes of the execution."""

    words: str
    behind: Execution
    what: StopMode | RetryMode | Result | Lost | Override


def moves_of(execution: Execution) -> Iterator[Move]:
    """Those that depend on nothing but the execution itself."""
    yield from _stops(execution)
    yield from _results(execution)
    yield from _results_of_rules(execution)


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


def _results_of_rules(execution: Execution) -> Iterator[Move]:
    """The same, and a rule may fail because it cannot be evaluated."""
    check = execution.stay.running_check if execution.occupies else None
    if check is None:
        return
    for run in check.rules:
        if run.status is not ActionStatus.IN_PROGRESS:
            continue
        name = f"{run.name} of {execution.sequence}"
        if execution.stop is not StopMode.ABANDON:
            for status in (ActionStatus.SUCCEEDED, ActionStatus.FAILED):
                behind = execution.with_rule(check.kind, run.name, status=status)
                yield Move(f"{name}: {status}", behind, Result(run.name, status))
            failed = {"status": ActionStatus.FAILED, "is_error": True}
            behind = execution.with_rule(check.kind, run.name, **failed)
            error = Result(run.name, ActionStatus.FAILED, is_error=True)
            yield Move(f"{name}: an error", behind, error)
        if not run.is_lost:
            behind = execution.with_rule(check.kind, run.name, is_lost=True)
            yield Move(f"{name}: its runner is lost", behind, Lost(run.name))


def overrides_of(execution: Execution, plan: PipelinePlan, *, is_latest: bool) -> Iterator[Move]:
    """Those of the conditions of any stage that it has been in."""
    for stay in execution.passage:
        for check in stay.checks:
            facts = OverrideFacts(
                stage_status=stay.status,
                is_latest=not execution.mode.takes_locks or (is_latest and stay is execution.stay),
                is_outdated=False,
                status=check.status,
                is_overridden=check.is_overridden,
                mode=execution.mode,
                result=plan.stage(stay.stage).conditions[check.kind].result,
            )
            try:
                check_override(facts)
            except (ConditionNotOverridable, NotLatestExecution):
                continue
            assert stay is execution.stay, "a condition was overridden that is passed"
            overridden = _overridden(execution, check)
            if overridden.attempt <= MOST_ATTEMPTS:
                words = f"override {check.kind} of {execution.sequence}"
                yield Move(words, overridden, Override(check.kind))


def _overridden(execution: Execution, check: Check) -> Execution:
    overridden = execution.with_check(check.kind, is_overridden=True)
    if not execution.status.is_final:
        return overridden
    overridden = overridden.with_check(check.kind, status=ConditionStatus.OVERRIDDEN)
    return _resumed(overridden)._replace(attempt=execution.attempt + 1)


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
                is_checking=stay.running_check is not None,
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
    met = tuple(
        check
        for check in execution.stay.checks
        if check.kind is ConditionKind.BEFORE_ENTRY and check.status.is_met
    )
    retried = execution.with_stay(latest=kept, checks=met)
    if execution.status.is_final:
        retried = _resumed(retried)
    return retried._replace(attempt=execution.attempt + 1)


def _resumed(execution: Execution) -> Execution:
    """In the stage again in which it ended."""
    inside = execution.with_stay(status=StageStatus.IN_PROGRESS)
    return inside._replace(
        status=ExecutionStatus.IN_PROGRESS, stop=None, occupies=execution.stay.stage
    )


def _check_rerun(before: tuple[Run, ...], kept: tuple[Run, ...], mode: RetryMode) -> None:
    """I24"""
    if mode is RetryMode.ALL_ACTIONS:
        assert not kept
        assert ActionStatus.IN_PROGRESS not in {run.status for run in before}
    else:
        going_on = {ActionStatus.SUCCEEDED, ActionStatus.IN_PROGRESS}
        assert {run.status for run in kept} <= going_on
        assert {run for run in before if run.status in going_on} == set(kept)
