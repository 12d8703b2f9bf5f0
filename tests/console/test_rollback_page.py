"""The dialog Start rollback: to whom a stage can be rolled back, and doing so."""

import pytest

from pipelines.models import PipelineExecution
from tests.definitions import commands, source, stage

PIPELINE = "/codesuite/codepipeline/pipelines/website"
URL = f"{PIPELINE}/stages/Build/rollback"
STAGES = [stage("Source", source()), stage("Build", commands("Compile"))]


@pytest.fixture
def good(engine_room):
    """It succeeded in Build, and a newer one failed there."""
    execution = engine_room.create(stages=STAGES)
    engine_room.fetch()
    engine_room.succeed("Compile")
    engine_room.start()
    engine_room.fetch()
    engine_room.fail("Compile")
    return execution


def test_it_lists_who_succeeded_in_the_stage(signed_in, good):
    text = signed_in.get(URL).content.decode()

    assert text.count('name="target"') == 1
    assert f'value="{good.id}"' in text
    assert 'type="submit">Start rollback' in text


def test_the_banner_says_that_it_has_started_and_links_to_both(signed_in, good):
    signed_in.post(URL, {"target": good.id})

    rollback = PipelineExecution.objects.get(execution_type="ROLLBACK")
    banner = signed_in.get(f"{PIPELINE}/view").content.decode().partition("cs-flash__")[2]
    banner = banner.partition("<header")[0]
    assert "has started: it rolls Build back to execution" in banner
    for each in (rollback, good):
        assert f'<a href="{PIPELINE}/executions/{each.id}/timeline">{each.id}</a>' in banner


def test_a_rollback_starts_and_is_marked_as_one(signed_in, engine_room, good):
    answer = signed_in.post(URL, {"target": good.id})
    engine_room.settle()

    rollback = PipelineExecution.objects.get(execution_type="ROLLBACK")
    assert (answer.status_code, answer.url) == (303, f"{PIPELINE}/view")
    assert rollback.rollback_target_id == good.id
    view = signed_in.get(f"{PIPELINE}/view").content.decode()
    assert ">Rollback</span>" in view
    assert "Start rollback of Build" not in view  # it runs
    history = signed_in.get(f"{PIPELINE}/executions").content.decode()
    assert ">Rollback</span>" in history
    assert "ManualRollback" in history


def test_the_stage_offers_it_but_not_the_source(signed_in, good):
    view = signed_in.get(f"{PIPELINE}/view").content.decode()

    assert 'id="rollback-Build"' in view
    assert 'id="rollback-Source"' not in view


def test_with_nothing_to_go_back_to_it_says_so(signed_in, engine_room):
    engine_room.create(stages=STAGES)
    engine_room.fetch()
    engine_room.fail("Compile")

    text = signed_in.get(URL).content.decode()

    assert "There is nothing to go back to" in text
    assert 'type="submit">Start' not in text


def test_a_stage_that_runs_says_why_not(signed_in, engine_room, good):
    engine_room.start()
    engine_room.fetch()

    text = signed_in.get(URL).content.decode()

    assert "it is currently running" in text
    assert signed_in.post(URL, {"target": good.id}).status_code == 409


@pytest.mark.parametrize("asked", [{}, {"target": "x"}])
def test_a_form_that_is_not_ours_changes_nothing(signed_in, good, asked):
    assert signed_in.post(URL, asked).status_code == 400
    assert not PipelineExecution.objects.filter(execution_type="ROLLBACK").exists()
