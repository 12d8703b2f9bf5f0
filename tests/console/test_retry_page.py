"""The dialog Retry, which says what will run again."""

from datetime import timedelta

import pytest

from pipelines import transitions
from pipelines.core.statuses import StopMode
from pipelines.models import ActionExecution, Lease
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

PIPELINE = "/codesuite/codepipeline/pipelines/website"
URL = f"{PIPELINE}/stages/Build/retry"
STAGES = [
    stage("Source", source()),
    stage("Build", commands("Compile"), commands("Lint"), commands("Test", run_order=2)),
]


@pytest.fixture
def execution(engine_room):
    """Failed in Build: Lint failed, Compile succeeded, Test never started."""
    execution = engine_room.create(stages=STAGES)
    engine_room.succeed("Fetch", artifacts={"Code": "key"})
    engine_room.settle()
    engine_room.succeed("Compile")
    engine_room.fail("Lint")
    engine_room.settle()
    return execution


def test_it_says_what_runs_again_what_follows_and_what_does_not(signed_in, execution):
    text = signed_in.get(URL).content.decode()

    assert "Runs again: Lint. Then, for the first time: Test. Not repeated: Compile." in text
    assert f'name="execution" value="{execution.id}"' in text


def test_failed_actions_run_again_in_the_same_execution(signed_in, engine_room, execution):
    answer = signed_in.post(URL, {"execution": execution.id, "mode": "FAILED_ACTIONS"})
    engine_room.settle()

    assert (answer.status_code, answer.url) == (303, f"{PIPELINE}/view")
    assert engine_room.status(execution) == "InProgress"
    assert engine_room.action_statuses(execution)["Lint"] == "InProgress"
    assert engine_room.action_statuses(execution)["Compile"] == "Succeeded"


def test_the_banner_says_that_it_has_started_and_links_to_the_execution(signed_in, execution):
    signed_in.post(URL, {"execution": execution.id, "mode": "FAILED_ACTIONS"})

    page = f"{PIPELINE}/executions/{execution.id}/timeline"
    said = f'The retry of Build has started for execution <a href="{page}">{execution.id}</a>.'
    assert said in signed_in.get(f"{PIPELINE}/view").content.decode()


def test_the_badge_counts_the_retries(signed_in, engine_room, execution):
    signed_in.post(URL, {"execution": execution.id, "mode": "FAILED_ACTIONS"})

    assert ">Retry 1</span>" in signed_in.get(f"{PIPELINE}/view").content.decode()


def test_a_whole_stage_can_run_again(signed_in, engine_room, execution):
    signed_in.post(URL, {"execution": execution.id, "mode": "ALL_ACTIONS"})
    engine_room.settle()

    assert engine_room.action_statuses(execution)["Compile"] == "InProgress"


def test_work_left_behind_is_a_warning(signed_in, engine_room, execution):
    signed_in.post(URL, {"execution": execution.id, "mode": "FAILED_ACTIONS"})
    engine_room.settle()
    Lease.objects.take(engine_room.live("Lint"), holder="w", lasting=timedelta(hours=1))
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()

    text = signed_in.get(URL).content.decode()

    assert "Work that was left behind is still running" in text
    assert f"of execution {str(execution.id)[:8]}, on w, for" in text
    assert "Runs again: Lint." in text


@pytest.mark.parametrize(
    ("stage_name", "why"),
    [("Source", "its status is Succeeded"), ("Build", "No execution has entered")],
)
def test_a_stage_that_cannot_be_retried_says_why(signed_in, engine_room, stage_name, why):
    engine_room.create(stages=STAGES)
    transitions.disable("website", "Build", reason="Held", by=ALICE)
    engine_room.succeed("Fetch")
    url = f"{PIPELINE}/stages/{stage_name}/retry"

    text = signed_in.get(url).content.decode()

    assert why in text
    assert 'type="submit">Retry' not in text


def test_an_execution_that_is_not_the_latest_is_refused_in_words(signed_in, engine_room, execution):
    before = ActionExecution.objects.count()

    answer = signed_in.post(URL, {"execution": uuid_of_nothing(), "mode": "FAILED_ACTIONS"})

    assert answer.status_code == 409
    assert "is not the latest execution of stage" in answer.content.decode()
    assert ActionExecution.objects.count() == before
    assert engine_room.status(execution) == "Failed"


def test_a_second_retry_is_refused_in_words(signed_in, engine_room, execution):
    asked = {"execution": execution.id, "mode": "FAILED_ACTIONS"}
    signed_in.post(URL, asked)
    engine_room.settle()

    answer = signed_in.post(URL, asked)

    assert answer.status_code == 409
    assert "it is in progress and has no failed actions" in answer.content.decode()


@pytest.mark.parametrize(
    "asked", [{}, {"execution": "x", "mode": "FAILED_ACTIONS"}, {"mode": "MOST_ACTIONS"}]
)
def test_a_form_that_is_not_ours_changes_nothing(signed_in, engine_room, execution, asked):
    answer = signed_in.post(URL, asked)

    assert answer.status_code == 400
    assert engine_room.status(execution) == "Failed"
