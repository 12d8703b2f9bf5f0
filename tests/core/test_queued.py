"""QUEUED mode: executions enter each stage in the order in which they came."""

import pytest

from pipelines.core.changes import EnterStage, FinishExecution, LeaveStage, StartAction, WaitFor
from pipelines.core.foreseeing import foresee_stop
from pipelines.core.statuses import ExecutionStatus, StageStatus, StopMode
from tests.core.situations import (
    NOW,
    QUEUED,
    action,
    building,
    execution,
    number,
    pipeline,
    settled,
)


def queued(n, *, stop=None, **where):
    return execution(n, stop=stop, mode=QUEUED, **where)


def in_build(n=1, **more):
    return building(n, mode=QUEUED, **{"Compile": "InProgress", "Lint": "InProgress", **more})


def entered(changes):
    return [(c.execution_id.int, c.stage) for c in changes if isinstance(c, EnterStage)]


def test_the_head_of_the_queue_enters_and_nobody_is_superseded():
    waiting = [queued(n, waits_for="Source") for n in (1, 2, 3)]

    assert settled(*waiting) == [
        EnterStage(number(1), "Source"),
        StartAction(number(1), "Fetch"),
    ]


def test_nobody_enters_a_stage_that_somebody_is_in():
    assert settled(in_build(), queued(2, waits_for="Build"), queued(3, waits_for="Build")) == []


def test_nobody_enters_through_a_disabled_transition_and_all_keep_their_places():
    waiting = [queued(n, waits_for="Deploy") for n in (1, 2, 3)]

    assert settled(*waiting, closed=["Deploy"]) == []
    assert entered(settled(*waiting)) == [(1, "Deploy")]


def test_the_next_in_the_queue_enters_in_the_moment_in_which_the_stage_is_left():
    done = in_build(Compile="Succeeded", Lint="Succeeded", Test="Succeeded")
    waiting = [queued(n, waits_for="Build") for n in (2, 3)]

    changes = settled(done, *waiting)

    assert changes[:2] == [
        LeaveStage(number(1), "Build", StageStatus.SUCCEEDED),
        WaitFor(number(1), "Deploy"),
    ]
    assert entered(changes) == [(1, "Deploy"), (2, "Build")]


def test_there_may_be_a_queue_in_front_of_every_stage():
    deploying = queued(1, occupies="Deploy", actions=[action("Ship")])
    in_front_of_deploy = queued(2, waits_for="Deploy")
    building_one = in_build(3)
    in_front_of_build = [queued(n, waits_for="Build") for n in (4, 5)]

    everybody = (deploying, in_front_of_deploy, building_one, *in_front_of_build)
    assert settled(*everybody) == []


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_in_the_queue_takes_one_out_and_leaves_the_order_of_the_others(mode):
    waiting = [queued(1, waits_for="Build"), queued(2, waits_for="Build", stop=mode)]

    changes = settled(*waiting, queued(3, waits_for="Build"), closed=["Build"])

    assert changes == [FinishExecution(number(2), ExecutionStatus.STOPPED)]


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_of_the_head_lets_the_next_be_first(mode):
    waiting = [queued(1, waits_for="Build", stop=mode), queued(2, waits_for="Build")]

    assert entered(settled(*waiting, queued(3, waits_for="Build"))) == [(2, "Build")]


def test_a_stop_that_waits_keeps_the_queue_waiting():
    assert settled(in_build(stop=StopMode.WAIT), queued(2, waits_for="Build")) == []


def test_a_stop_inside_a_stage_lets_the_head_in_and_nobody_else():
    stopping = in_build(stop=StopMode.ABANDON)
    waiting = [queued(n, waits_for="Build") for n in (2, 3)]

    assert entered(settled(stopping, *waiting)) == [(2, "Build")]


def test_it_is_foreseen_that_the_head_of_the_queue_enters_after_a_stop():
    inside = in_build()
    facts = pipeline(inside, *(queued(n, waits_for="Build") for n in (2, 3)))

    forecast = foresee_stop(facts, inside, mode=StopMode.ABANDON, now=NOW)

    assert (forecast.enters_next, forecast.waits_in_front) == (number(2), number(2))


def test_it_is_foreseen_that_nobody_enters_while_the_transition_is_disabled():
    inside = in_build()
    facts = pipeline(inside, *(queued(n, waits_for="Build") for n in (2, 3)), closed=["Build"])

    forecast = foresee_stop(facts, inside, mode=StopMode.WAIT, now=NOW)

    assert (forecast.enters_next, forecast.waits_in_front) == (None, number(2))


def test_an_update_of_the_pipeline_ends_all_who_wait_in_queues():
    waiting = [queued(n, waits_for="Build", is_outdated=True) for n in (1, 2)]

    assert settled(*waiting) == [
        FinishExecution(number(n), ExecutionStatus.CANCELLED) for n in (1, 2)
    ]


def test_who_comes_after_an_update_waits_for_what_still_runs_before():
    outdated = in_build(is_outdated=True)

    assert settled(outdated, queued(2, waits_for="Build")) == []
