"""The search through all that can happen: a small part of it here, the whole by scripts/explore."""

import pytest
from exploring.search import Explorer, State, Violation, unpacked
from exploring.small import GUARDED, PLANS
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core import advance
from pipelines.core.statuses import ExecutionMode, ExecutionStatus

numbers = st.lists(st.integers(0, 2**20), max_size=3).map(tuple)
places = st.tuples(*[st.integers(0, 3)] * 3)


PLAIN_AND_GUARDED = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


@PLAIN_AND_GUARDED
@pytest.mark.parametrize("mode", ExecutionMode)
def test_every_law_holds_in_all_that_can_happen_in_a_few_steps(mode, plan):
    report = Explorer(mode, plan).explore(2000)

    assert report.states >= 2000
    assert report.steps > report.states
    assert not report.is_exhausted


@PLAIN_AND_GUARDED
@pytest.mark.parametrize("mode", ExecutionMode)
def test_of_one_execution_alone_every_state_is_seen(mode, plan):
    report = Explorer(mode, plan, most=1).explore(100_000)

    assert report.is_exhausted
    assert report.states > 1000


def test_an_entry_that_is_not_checked_would_be_seen(monkeypatch):
    monkeypatch.setattr(advance, "check", lambda execution, kind: None)

    with pytest.raises(Violation, match=r"^QUEUED: start; the engine looks; "):
        Explorer(ExecutionMode.QUEUED, GUARDED, most=1).explore(10_000)


def test_a_law_that_does_not_hold_is_reported_with_the_shortest_way_to_where_it_breaks():
    def nothing_is_ever_stopped(executions):
        assert ExecutionStatus.STOPPED not in {each.status for each in executions}

    explorer = Explorer(ExecutionMode.QUEUED, more_laws=nothing_is_ever_stopped)

    with pytest.raises(Violation, match=r"^QUEUED: start; stop 1, wait; the engine looks\n"):
        explorer.explore(10_000)


@given(executions=numbers, is_closed=st.booleans(), latest=places)
def test_a_state_comes_out_of_its_number_as_it_went_in(executions, is_closed, latest):
    state = State(executions, is_closed, latest)

    assert unpacked(state.packed()) == state
