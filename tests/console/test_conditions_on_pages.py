"""Conditions of stages: on the stage's card, to look at, to override, and on the timeline."""

from datetime import UTC, datetime

import pytest

from pipelines import engine
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import ActionExecution
from tests.definitions import commands, rule, source, stage, when

PIPELINE = "/codesuite/codepipeline/pipelines/website"
ENTRY = f"{PIPELINE}/stages/Build/conditions/beforeEntry"
LOOK = rule("Commands", "Look", "true", inputs=["Code"])


@pytest.fixture
def held_up(engine_room):
    """In Build, whose entry Look is checking; success would be checked by a variable."""
    build = stage(
        "Build",
        commands("Compile"),
        before_entry=when("FAIL", LOOK),
        on_success=when("ROLLBACK", rule()),
    )
    execution = engine_room.create(
        stages=[stage("Source", source(namespace="Told")), build],
        variables=[{"name": "go", "defaultValue": "yes"}],
    )
    engine_room.succeed(
        "Fetch", artifacts={"Code": "key"}, output_variables={"BranchName": "<main>"}
    )
    return execution


def fail_look(room):
    result = ActionResult(
        status=ActionStatus.FAILED, error_code="JobFailed", error_message="<Not> today."
    )
    engine.finish(ActionExecution.objects.of_rules().get(), result)


def page(signed_in, path="/view"):
    return signed_in.get(f"{PIPELINE}{path}").content.decode()


def test_the_card_has_a_row_for_each(signed_in, held_up):
    text = page(signed_in)

    assert "Entry condition" in text
    assert "Success condition" in text
    assert 'id="review-condition-Build-onSuccess"' in text
    assert 'id="override-condition-Build-beforeEntry"' in text
    assert 'id="override-condition-Build-onSuccess"' not in text


def test_one_that_failed_says_why(signed_in, engine_room, held_up):
    fail_look(engine_room)

    assert "Look: &lt;Not&gt; today." in page(signed_in)


def test_review_tells_the_result_and_the_rules(signed_in, engine_room, held_up):
    fail_look(engine_room)

    text = signed_in.get(f"{ENTRY}/review").content.decode()

    assert "Fail the stage" in text
    assert "AWS Commands" in text
    assert "&lt;Not&gt; today." in text
    looked = ActionExecution.objects.of_rules().get()
    details = f"{PIPELINE}/executions/{held_up.id}/actions/{looked.pk}"
    assert details in text
    assert "Look" in signed_in.get(details).content.decode()


def test_a_condition_that_is_not_there_is_not_found(signed_in, held_up):
    for kind in ("onFailure", "afterwards"):
        url = f"{PIPELINE}/stages/Build/conditions/{kind}"
        assert signed_in.get(f"{url}/review").status_code == 404
        assert signed_in.get(f"{url}/override").status_code == 404


def test_it_is_overridden_in_a_dialog(signed_in, engine_room, held_up):
    text = signed_in.get(f"{ENTRY}/override").content.decode()
    assert "Rules that are still running are abandoned" in text

    answer = signed_in.post(f"{ENTRY}/override", {"execution": held_up.id})
    engine_room.settle()

    assert (answer.status_code, answer.url) == (303, f"{PIPELINE}/view")
    assert engine_room.live("Compile").execution_id == held_up.id
    assert "Overridden" in page(signed_in)
    assert "cannot be overridden" in signed_in.get(f"{ENTRY}/override").content.decode()


def test_an_override_that_comes_too_late_is_refused_in_words(signed_in, engine_room, held_up):
    engine_room.stop(held_up, StopMode.WAIT)

    answer = signed_in.post(f"{ENTRY}/override", {"execution": held_up.id})

    assert answer.status_code == 409
    assert "the status of the stage is Stopping" in answer.content.decode()


def test_the_timeline_has_the_rules_apart(signed_in, held_up):
    text = page(signed_in, f"/executions/{held_up.id}/timeline")

    actions, _, rules = text.partition('id="rules"')
    assert "Look" in rules
    assert ">Look</a>" not in actions


def test_a_retry_says_what_is_checked_again(signed_in, engine_room, held_up):
    fail_look(engine_room)

    text = signed_in.get(f"{PIPELINE}/stages/Build/retry").content.decode()

    assert "Checked again: entry condition." in text


def test_variables_have_a_tab(signed_in, held_up):
    text = page(signed_in, f"/executions/{held_up.id}/variables")

    assert "of the pipeline" in text
    assert ">go</bdi>" in text
    assert "&lt;main&gt;" in text


def test_without_variables_the_tab_says_so(signed_in, engine_room):
    execution = engine_room.create(stages=[stage("Source", source()), stage("Build", commands())])

    assert "No variables" in page(signed_in, f"/executions/{execution.id}/variables")


def test_the_stop_page_says_that_rules_are_waited_for_or_abandoned(signed_in, held_up):
    text = page(signed_in, f"/stop-execution?execution={held_up.id}")

    assert "Stops when Look is complete." in text
    assert "1 running rule is abandoned." in text


def test_the_stop_page_lists_the_running_rule_among_what_is_stopped(signed_in, held_up):
    text = page(signed_in, f"/stop-execution?execution={held_up.id}")

    line = text.partition('id="impact-rule-Look"')[2].partition("</li>")[0]
    assert "rule of a condition of Build" in line
    assert "Runs to completion" in line
    assert "Abandoned; its commands run on to their own end" in line
    assert "the commands of Look run on to their own end" in text  # the warning


@pytest.mark.parametrize(
    ("provider", "members", "left_behind"),
    [
        ("CodeBuild", {"configuration": {"ProjectName": "site"}, "inputs": ["Code"]}, "its build"),
        ("LambdaInvoke", {"configuration": {"FunctionName": "ask"}}, "its work"),
    ],
)
def test_a_rule_that_starts_something_leaves_it_behind(
    signed_in, engine_room, provider, members, left_behind
):
    build = stage(
        "Build", commands("Compile"), before_entry=when("FAIL", rule(provider, "Ask", **members))
    )
    execution = engine_room.create(stages=[stage("Source", source()), build])
    engine_room.succeed("Fetch", artifacts={"Code": "key"})

    text = page(signed_in, f"/stop-execution?execution={execution.id}")

    line = text.partition('id="impact-rule-Ask"')[2].partition("</li>")[0]
    assert f"Abandoned; {left_behind} runs on to its own end" in line


def test_a_rule_that_only_looks_leaves_nothing_behind(signed_in, engine_room):
    later = (datetime.now(UTC).hour + 12) % 24
    night = rule("DeploymentWindow", "Night", configuration={"Cron": f"* * {later} ? * *"})
    build = stage("Build", commands("Compile"), before_entry=when("FAIL", night))
    execution = engine_room.create(stages=[stage("Source", source()), build])
    engine_room.succeed("Fetch", artifacts={"Code": "key"})

    text = page(signed_in, f"/stop-execution?execution={execution.id}")

    line = text.partition('id="impact-rule-Night"')[2].partition("</li>")[0]
    assert ">Abandoned</strong>" in line
    assert "does not tell the provider" not in text


def test_a_stop_that_waits_says_for_which_rule(signed_in, engine_room, held_up):
    engine_room.stop(held_up, StopMode.WAIT)
    engine_room.settle()

    text = page(signed_in)

    assert "Look" in text.partition("Stopping")[2]
    assert engine_room.status(held_up) == "Stopping"
