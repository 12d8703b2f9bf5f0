"""Variables and artifacts on their way from one action to the next, on real rows."""

from dataclasses import replace

import pytest
import time_machine

from pipelines import engine, executions
from pipelines.core.refusals import InvalidRequest
from pipelines.core.results import ActionResult, SourceRevision
from pipelines.core.statuses import ActionStatus
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

SUCCEEDED = ActionResult(status=ActionStatus.SUCCEEDED)


def says(text, **members):
    return commands("Say", text, environment_variables=[{"name": "TEXT", "value": text}], **members)


def stages(text="echo #{Origin.CommitId}", **members):
    return [
        stage("Source", source(namespace="Origin")),
        stage("Build", says(text, **members)),
        stage("Deploy", commands("Ship", inputs=["Code"])),
    ]


def fetch(engine_room, **left_behind):
    usual = {
        "artifacts": {"Code": "website/Code/abcdefg"},
        "output_variables": {"CommitId": "4f2a9c1"},
    }
    engine_room.succeed("Fetch", **{**usual, **left_behind})


def test_an_action_gets_what_earlier_ones_reported(engine_room):
    engine_room.create(stages=stages())
    fetch(engine_room)

    said = engine_room.live("Say")
    assert said.resolved_commands == ["echo 4f2a9c1"]
    assert said.resolved_environment == {"TEXT": "echo 4f2a9c1"}


def test_an_action_gets_the_artifacts_it_declares(engine_room):
    engine_room.create(stages=stages())
    fetch(engine_room)

    assert engine_room.live("Say").input_artifacts == {"Code": "website/Code/abcdefg"}


def test_the_id_of_the_execution_is_a_variable(engine_room):
    execution = engine_room.create(stages=stages("echo #{codepipeline.PipelineExecutionId}"))
    fetch(engine_room)

    assert engine_room.live("Say").resolved_commands == [f"echo {execution.id}"]


@pytest.mark.parametrize(("given", "said"), [({}, "grey"), ({"Colour": "green"}, "green")])
def test_a_variable_of_the_pipeline_has_the_value_it_was_started_with(engine_room, given, said):
    engine_room.create(
        stages=stages("echo #{variables.Colour}"),
        variables=[{"name": "Colour", "defaultValue": "grey"}],
    )
    fetch(engine_room)
    engine_room.fail("Say")
    executions.start(
        "website", trigger_type="StartPipelineExecution", trigger_detail=ALICE.arn, variables=given
    )
    engine_room.settle()
    fetch(engine_room)

    assert engine_room.live("Say").resolved_commands == [f"echo {said}"]


def test_a_variable_that_the_pipeline_does_not_declare_is_refused(engine_room):
    engine_room.create(stages=stages())
    before = engine_room.digest()

    with pytest.raises(InvalidRequest):
        executions.start(
            "website", trigger_type="StartPipelineExecution", variables={"Colour": "green"}
        )

    assert engine_room.digest() == before


def test_the_same_token_starts_nothing_twice(engine_room):
    engine_room.create(stages=stages())

    def start(token):
        how = {"trigger_type": "StartPipelineExecution", "client_request_token": token}
        return executions.start("website", **how)

    assert start("a") == start("a") != start("b")


def test_a_variable_that_nobody_reported_fails_the_action_and_tells_so(engine_room):
    execution = engine_room.create(stages=stages())
    fetch(engine_room, output_variables={})

    failed = engine_room.latest("Say")
    assert (failed.status, failed.error_code) == ("Failed", "ConfigurationError")
    assert "the namespace Origin has no variable CommitId" in failed.error_message
    assert engine_room.events(execution)[-4:] == [
        ("action Say", "STARTED"),
        ("action Say", "FAILED"),
        ("stage Build", "FAILED"),
        ("pipeline", "FAILED"),
    ]


def test_an_artifact_that_nobody_made_fails_the_action(engine_room):
    execution = engine_room.create(stages=stages())
    fetch(engine_room, artifacts={})

    failed = engine_room.latest("Say")
    assert (failed.status, failed.error_code) == ("Failed", "ConfigurationError")
    assert failed.error_message.startswith("The input artifact Code does not exist")
    assert engine_room.status(execution) == "Failed"


def test_what_failed_before_it_began_is_given_to_nobody(engine_room):
    engine_room.create(stages=stages())
    fetching = engine_room.live("Fetch")

    finished = engine.finish(fetching, SUCCEEDED)

    assert finished.started == ()


def test_what_starts_is_given_to_whoever_asked_the_engine(engine_room):
    engine_room.create(stages=stages("echo"))
    fetching = engine_room.live("Fetch")

    finished = engine.finish(
        fetching,
        replace(SUCCEEDED, artifacts={"Code": "website/Code/abcdefg"}),
    )

    saying = engine_room.live("Say")
    assert [(one.action_id, one.type_id) for one in finished.started] == [
        (saying.pk, saying.type_id)
    ]


def test_what_a_retry_reports_replaces_what_was_reported_before(engine_room):
    execution = engine_room.create(stages=stages("echo", namespace="Words"))
    fetch(engine_room)
    engine_room.fail("Say")
    engine_room.retry(execution, "Build")
    engine_room.settle()
    engine_room.succeed("Say", output_variables={"A": "2"}, artifacts={"Text": "website/Text/2"})

    kept = engine_room.again(execution)
    assert kept.variables["Words"] == {"A": "2"}
    assert kept.variables["Origin"] == {"CommitId": "4f2a9c1"}
    assert kept.artifacts == {"Code": "website/Code/abcdefg", "Text": "website/Text/2"}


def test_what_is_reported_without_a_namespace_stays_with_the_action(engine_room):
    execution = engine_room.create(stages=stages("echo"))
    fetch(engine_room)
    engine_room.succeed("Say", output_variables={"A": "1"})

    assert engine_room.latest("Say").output_variables == {"A": "1"}
    assert set(engine_room.again(execution).variables) == {"variables", "Origin"}


def test_the_revision_that_a_source_found_is_the_executions(engine_room):
    execution = engine_room.create(stages=stages("echo"))
    revision = SourceRevision(revision_id="4f2a9c1", summary="Mend The Roof", url="https://x/y")
    fetch(engine_room, revision=revision)

    found = engine_room.again(execution)
    assert found.source_revisions == [
        {
            "actionName": "Fetch",
            "revisionId": "4f2a9c1",
            "revisionSummary": "Mend The Roof",
            "revisionUrl": "https://x/y",
        }
    ]
    assert "mend the roof" in found.search_text


def test_what_is_waited_for_by_a_stop_still_leaves_everything_behind(engine_room):
    execution = engine_room.create(stages=stages("echo"))
    engine_room.stop(execution)
    fetch(engine_room)

    stopped = engine_room.again(execution)
    assert stopped.status == "Stopped"
    assert stopped.artifacts == {"Code": "website/Code/abcdefg"}
    assert stopped.variables["Origin"] == {"CommitId": "4f2a9c1"}


def test_how_long_an_action_usually_takes_is_learned_from_its_successes(engine_room):
    def take(minutes, *, fail=False):
        with time_machine.travel("2026-03-14T15:00:00Z", tick=False) as clock:
            engine_room.start()
            clock.shift(minutes * 60)
            if fail:
                engine_room.fail("Fetch")
            else:
                fetch(engine_room)
                engine_room.fail("Say")

    engine_room.create(stages=stages("echo"))
    engine_room.fail("Fetch")
    take(10)
    assert engine_room.stage("Source").usual_seconds == {"Fetch": 600.0}
    take(20)
    assert engine_room.stage("Source").usual_seconds == {"Fetch": 840.0}
    take(50, fail=True)
    assert engine_room.stage("Source").usual_seconds == {"Fetch": 840.0}
