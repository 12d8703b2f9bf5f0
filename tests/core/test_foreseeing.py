"""What a stop would do, told before it is asked for."""

from datetime import timedelta

import pytest

from pipelines.core.foreseeing import ActionForecast, foresee_stop
from pipelines.core.statuses import ActionStatus, StopMode
from tests.core.situations import NOW, action, building, execution, number, pipeline

WAIT, ABANDON = StopMode.WAIT, StopMode.ABANDON
BUILDING = building(1, Compile="Succeeded", Lint="InProgress")


def foreseen(execution, *others, mode=WAIT, closed=(), now=NOW):
    facts = pipeline(execution, *others, closed=closed)
    return foresee_stop(facts, execution, mode=mode, now=now)


def forecast(name, now, then):
    return ActionForecast(
        name=name, now=now and ActionStatus(now), then=then and ActionStatus(then)
    )


@pytest.mark.parametrize(("mode", "then"), [(WAIT, "InProgress"), (ABANDON, "Abandoned")])
def test_what_becomes_of_the_actions_of_the_occupied_stage(mode, then):
    told = foreseen(BUILDING, mode=mode)

    assert told.mode is mode
    assert (told.stage, told.waits_for) == ("Build", None)
    assert told.actions == (
        forecast("Compile", "Succeeded", "Succeeded"),
        forecast("Lint", "InProgress", then),
        forecast("Test", None, None),
    )
    assert told.live == ("Lint",)
    assert told.never_start == ("Test",)


@pytest.mark.parametrize("mode", StopMode)
def test_what_failed_stays_failed(mode):
    told = foreseen(building(Compile="Failed", Lint="InProgress"), mode=mode)

    assert told.actions[0] == forecast("Compile", "Failed", "Failed")


@pytest.mark.parametrize("mode", StopMode)
def test_the_stages_behind_are_not_reached(mode):
    told = foreseen(BUILDING, mode=mode)

    assert told.stages_not_reached == ("Deploy",)
    assert told.actions_not_reached == 1


@pytest.mark.parametrize("mode", StopMode)
def test_who_waits_reaches_not_even_the_stage_in_front_of_it(mode):
    told = foreseen(execution(waits_for="Build"), mode=mode, closed=["Build"])

    assert (told.stage, told.waits_for) == (None, "Build")
    assert told.actions == told.live == told.never_start == ()
    assert told.stages_not_reached == ("Build", "Deploy")
    assert told.actions_not_reached == 4
    assert (told.enters_next, told.waits_in_front) == (None, None)


@pytest.mark.parametrize("mode", StopMode)
def test_between_run_orders_nothing_is_live(mode):
    told = foreseen(building(Compile="Succeeded", Lint="Succeeded"), mode=mode)

    assert told.live == ()
    assert told.never_start == ("Test",)


@pytest.mark.parametrize("mode", StopMode)
def test_in_the_last_stage_nothing_is_left_behind(mode):
    told = foreseen(execution(occupies="Deploy", actions=[action("Ship")]), mode=mode)

    assert (told.stages_not_reached, told.actions_not_reached) == ((), 0)


@pytest.mark.parametrize("mode", StopMode)
def test_between_two_stages_nothing_is_in_front(mode):
    told = foreseen(execution(), mode=mode)

    assert (told.stage, told.waits_for, told.stages_not_reached) == (None, None, ())


@pytest.mark.parametrize("mode", StopMode)
def test_who_waits_in_front_enters_next(mode):
    told = foreseen(BUILDING, execution(2, waits_for="Build"), mode=mode)

    assert told.enters_next == told.waits_in_front == number(2)


@pytest.mark.parametrize("mode", StopMode)
def test_the_newest_of_those_in_front_enters_next(mode):
    waiting = [execution(n, waits_for="Build") for n in (2, 3)]

    assert foreseen(BUILDING, *waiting, mode=mode).enters_next == number(3)


@pytest.mark.parametrize("mode", StopMode)
def test_who_is_kept_out_by_a_disabled_transition_does_not_enter(mode):
    told = foreseen(BUILDING, execution(2, waits_for="Build"), mode=mode, closed=["Build"])

    assert told.enters_next is None
    assert told.waits_in_front == number(2)


@pytest.mark.parametrize(
    "other",
    [
        execution(2, waits_for="Deploy"),
        execution(2, waits_for="Build", stop=WAIT),
        execution(2, waits_for="Build", is_outdated=True),
        execution(2, occupies="Source", actions=[action("Fetch")]),
    ],
)
def test_who_may_not_enter_is_not_foretold_to(other):
    told = foreseen(BUILDING, other)

    assert (told.enters_next, told.waits_in_front) == (None, None)


def test_who_arrives_at_the_stage_meanwhile_enters_next():
    fetched = action("Fetch", "Succeeded")
    arriving = execution(2, occupies="Source", actions=[fetched])

    assert foreseen(BUILDING, arriving).enters_next == number(2)


@pytest.mark.parametrize("mode", StopMode)
def test_an_overdue_action_is_foretold_as_any_other(mode):
    overdue = action("Ship", deadline=NOW - timedelta(hours=1))
    told = foreseen(execution(occupies="Deploy", actions=[overdue]), mode=mode)

    assert told.live == ("Ship",)


def test_what_is_being_waited_for_can_still_be_foretold_as_abandoned():
    waiting = building(stop=WAIT, Lint="InProgress")

    assert foreseen(waiting, mode=ABANDON).actions[1].then is ActionStatus.ABANDONED


def test_the_facts_are_left_as_they_are():
    facts = pipeline(BUILDING, execution(2, waits_for="Build"))

    foresee_stop(facts, BUILDING, mode=ABANDON, now=NOW)

    assert facts == pipeline(BUILDING, execution(2, waits_for="Build"))
