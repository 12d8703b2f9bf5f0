"""When a stage may be rolled back, and to what (spec/engine.md §10)."""

import pytest

from pipelines.core.refusals import ExecutionOutdated, UnableToRollbackStage
from pipelines.core.rolling_back import StageToRollBack, Target, check_stage, check_target
from pipelines.core.statuses import ExecutionMode, ExecutionType, StageStatus


def stage(status=None, *, mode="SUPERSEDED", is_source=False):
    return StageToRollBack(
        mode=ExecutionMode(mode), is_source=is_source, status=status and StageStatus(status)
    )


def target(status="Succeeded", kind="STANDARD", *, is_outdated=False):
    return Target(
        type=ExecutionType(kind),
        status_in_stage=status and StageStatus(status),
        is_outdated=is_outdated,
    )


@pytest.mark.parametrize("status", [None, "Succeeded", "Failed", "Stopped", "Skipped"])
@pytest.mark.parametrize("mode", ["SUPERSEDED", "QUEUED"])
def test_a_stage_in_which_nobody_is_can_be_rolled_back(status, mode):
    check_stage(stage(status, mode=mode))


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (stage("InProgress"), "it is currently running"),
        (stage("Stopping"), "it is currently running"),
        (stage("Failed", is_source=True), "it is the source stage"),
        (stage("Failed", mode="PARALLEL"), "the pipeline has the execution mode PARALLEL"),
    ],
)
def test_a_stage_that_cannot_be_rolled_back(refused, why):
    with pytest.raises(UnableToRollbackStage, match=f"^The stage cannot be rolled back: {why}.$"):
        check_stage(refused)


def test_what_succeeded_in_the_stage_can_be_brought_back():
    check_target(target())


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (target(None), "did not succeed in it, but was not there"),
        (target("Failed"), "did not succeed in it, but was Failed"),
        (target("Skipped"), "did not succeed in it, but was Skipped"),
        (target(kind="ROLLBACK"), "is itself a rollback"),
    ],
)
def test_what_cannot_be_brought_back(refused, why):
    with pytest.raises(UnableToRollbackStage, match=why):
        check_target(refused)


def test_what_followed_another_version_is_outdated():
    with pytest.raises(ExecutionOutdated):
        check_target(target(is_outdated=True))
