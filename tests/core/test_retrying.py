"""When a stage may be retried, and what runs again (spec/stop.md §6)."""

import pytest

from pipelines.core.refusals import NotLatestExecution, StageNotRetryable
from pipelines.core.retrying import RetryFacts, actions_to_rerun
from pipelines.core.statuses import ActionStatus, RetryMode, StageStatus

FAILED, ALL = RetryMode.FAILED_ACTIONS, RetryMode.ALL_ACTIONS
ENDED = [StageStatus.FAILED, StageStatus.STOPPED]
NOT_RETRYABLE = [StageStatus.STOPPING, StageStatus.SUCCEEDED, StageStatus.CANCELLED]


def stay(status, *, is_latest=True, is_outdated=False, **actions):
    return RetryFacts(
        stage_status=status and StageStatus(status),
        is_latest=is_latest,
        is_outdated=is_outdated,
        actions={name: ActionStatus(status) for name, status in actions.items()},
    )


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize(
    ("actions", "failed", "everything"),
    [
        ({"A": "Failed"}, {"A"}, {"A"}),
        ({"A": "Succeeded", "B": "Failed"}, {"B"}, {"A", "B"}),
        ({"A": "Succeeded", "B": "Abandoned"}, {"B"}, {"A", "B"}),
        ({"A": "Failed", "B": "Abandoned"}, {"A", "B"}, {"A", "B"}),
        ({"A": "Succeeded"}, set(), {"A"}),
        ({}, set(), set()),
    ],
)
def test_what_a_retry_runs_again(status, actions, failed, everything):
    assert actions_to_rerun(stay(status, **actions), mode=FAILED) == failed
    assert actions_to_rerun(stay(status, **actions), mode=ALL) == everything


def test_failed_actions_may_run_again_while_those_beside_them_still_run():
    running = stay("InProgress", A="Failed", B="InProgress", C="Succeeded")

    assert actions_to_rerun(running, mode=FAILED) == {"A"}


@pytest.mark.parametrize(
    ("mode", "actions", "why"),
    [
        (FAILED, {"A": "InProgress"}, "it is in progress and has no failed actions"),
        (FAILED, {"A": "Succeeded"}, "it is in progress and has no failed actions"),
        (ALL, {"A": "Failed", "B": "InProgress"}, "it has actions that are in progress"),
        (ALL, {"A": "Failed"}, "its status is InProgress"),
    ],
)
def test_what_a_stage_in_progress_refuses(mode, actions, why):
    with pytest.raises(StageNotRetryable, match=f"^The stage cannot be retried: {why}.$"):
        actions_to_rerun(stay("InProgress", **actions), mode=mode)


@pytest.mark.parametrize("mode", RetryMode)
@pytest.mark.parametrize("status", NOT_RETRYABLE)
def test_only_a_stage_that_failed_or_was_stopped_can_be_retried(status, mode):
    with pytest.raises(StageNotRetryable, match=f"its status is {status}"):
        actions_to_rerun(stay(status, A="Failed"), mode=mode)


@pytest.mark.parametrize("mode", RetryMode)
@pytest.mark.parametrize("status", ENDED)
def test_an_execution_that_was_overtaken_cannot_be_retried(status, mode):
    with pytest.raises(NotLatestExecution):
        actions_to_rerun(stay(status, is_latest=False, A="Failed"), mode=mode)


@pytest.mark.parametrize("mode", RetryMode)
def test_an_execution_that_never_entered_the_stage_cannot_be_retried(mode):
    with pytest.raises(NotLatestExecution):
        actions_to_rerun(stay(None), mode=mode)


@pytest.mark.parametrize("mode", RetryMode)
@pytest.mark.parametrize("status", [*ENDED, StageStatus.IN_PROGRESS])
def test_an_execution_of_an_older_version_cannot_be_retried(status, mode):
    with pytest.raises(StageNotRetryable, match="changed after the execution started"):
        actions_to_rerun(stay(status, is_outdated=True, A="Failed"), mode=mode)
