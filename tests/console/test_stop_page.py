"""The page Stop execution."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from console.present.preview import preview_of
from pipelines import definitions, transitions
from pipelines.core.statuses import RetryMode, StopMode
from pipelines.models import ActionExecution, Pipeline, PipelineExecution, Stage, StopRequest
from pipelines.stages import retry
from tests.definitions import approval, commands, definition, deploy, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

PAGE = "/codesuite/codepipeline/pipelines/website/stop-execution"
CODE = {"Code": "website/Code/abc"}
HISTORY = "/codesuite/codepipeline/pipelines/website/executions"


def stages():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile"), commands("Test", run_order=2)),
        stage("Deploy", commands("Ship")),
    ]


@pytest.fixture
def building(engine_room):
    """An execution that is inside Build, where Compile runs."""
    execution = engine_room.create(stages=stages())
    engine_room.succeed("Fetch", artifacts=CODE)
    return execution


@pytest.fixture
def waiting(building, engine_room):
    """One that waits in front of Build meanwhile."""
    execution = engine_room.start()
    engine_room.succeed("Fetch", artifacts=CODE)
    return execution


def words(answer):
    """What stands on the page, without the markup."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+([.,])", r"\1", re.sub(r"\s+", " ", text))


def asked(client, execution, /, **changed):
    """What the browser sends of the form as it is shown."""
    page = client.get(PAGE, {"execution": str(execution.pk)}).context["page"]
    shown = {"seen": page.preview.seen, "previewed": page.preview.execution_id}
    return {"execution": execution.pk, "mode": page.mode.value, "reason": "", **shown, **changed}


def rows():
    """Everything that a stop may change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Pipeline, PipelineExecution, ActionExecution, Stage, StopRequest)
    ]


# Who may see it, and what it lists.


def test_nobody_sees_it_without_signing_in(client, building):
    answer = client.get(PAGE)

    assert answer.status_code == 302
    assert answer.url.startswith("/sign-in")


def test_nobody_stops_anything_without_signing_in(client, building, engine_room):
    answer = client.post(PAGE, {"execution": building.pk, "mode": "wait"})

    assert answer.status_code == 302
    assert engine_room.status(building) == "InProgress"


def test_a_pipeline_that_does_not_exist_is_not_found(signed_in, db):
    assert signed_in.get(PAGE).status_code == 404
    assert signed_in.post(PAGE).status_code == 404


def test_only_what_is_in_progress_or_stopping_is_listed(signed_in, waiting, building, engine_room):
    engine_room.stop(building)
    stopped = engine_room.start()
    engine_room.stop(stopped, StopMode.ABANDON)
    engine_room.settle()

    options = signed_in.get(PAGE).context["page"].options

    assert [(one.id, one.words.label, one.where) for one in options] == [
        (waiting.pk, "In progress", "Inbound to stage: Build"),
        (building.pk, "Stopping", "Stage: Build"),
    ]


def test_an_option_tells_the_source_revision(signed_in, building):
    building.source_revisions = [
        {
            "actionName": "Fetch",
            "revisionId": "434ee9d6aa11",
            "revisionSummary": "Retry <webhooks>\n\nAnd more",
            "revisionUrl": "",
        }
    ]
    building.save(update_fields=["source_revisions"])

    answer = signed_in.get(PAGE)

    assert answer.context["page"].options[0].revisions == "434ee9d6 Retry <webhooks>"
    assert "434ee9d6 Retry &lt;webhooks&gt;" in answer.content.decode()


def test_the_execution_of_the_address_is_chosen(signed_in, building, waiting):
    page = signed_in.get(PAGE, {"execution": str(building.pk)}).context["page"]

    assert page.chosen == building.pk


def test_none_is_chosen_for_the_person_where_there_are_several(signed_in, building, waiting):
    answer = signed_in.get(PAGE)

    assert answer.context["page"].chosen is None
    assert "Choose an execution to see what stopping it does." in words(answer)


def test_stop_is_there_before_one_is_chosen_and_then_says_what_is_missing(
    signed_in, building, waiting
):
    assert 'id="stop" type="submit"' in signed_in.get(PAGE).content.decode()

    answer = signed_in.post(PAGE, {"execution": "", "mode": "wait", "reason": ""})

    assert answer.status_code == 400
    assert "Choose the execution you want to stop." in words(answer)
    assert 'aria-invalid="true"' in answer.content.decode()


def test_the_only_one_is_chosen(signed_in, building):
    assert signed_in.get(PAGE).context["page"].chosen == building.pk


def test_one_that_has_finished_is_not_listed_and_the_page_says_why(
    signed_in, building, waiting, engine_room
):
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    answer = signed_in.get(PAGE, {"execution": str(building.pk)})

    assert answer.context["page"].chosen is None
    assert f"Execution {building.pk} is not in progress any more" in words(answer)
    assert "not listed: Stopped." in words(answer)


def test_one_of_another_pipeline_is_not_listed_and_the_page_says_why(signed_in, building):
    definitions.create(definition("other", stages=stages()), by=ALICE)
    foreign = PipelineExecution.objects.get(pipeline__name="other")

    answer = signed_in.get(PAGE, {"execution": str(foreign.pk)})

    assert [one.id for one in answer.context["page"].options] == [building.pk]
    assert f"Pipeline website has no execution {foreign.pk}." in words(answer)


def test_what_is_not_an_id_is_told_to_be_none(signed_in, building):
    answer = signed_in.get(PAGE, {"execution": "<d-EXAMPLE>"})

    assert "“&lt;d-EXAMPLE&gt;” is not the id of an execution." in words(answer)


def test_with_nothing_in_progress_there_is_no_form(signed_in, building, engine_room):
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    answer = signed_in.get(PAGE, {"next": HISTORY})

    assert "Nothing to stop" in words(answer)
    assert f'href="{HISTORY}"' in answer.content.decode()
    assert 'id="stop-form"' not in answer.content.decode()


# The two modes.


def test_stop_and_wait_is_the_default(signed_in, building):
    page = signed_in.get(PAGE).context["page"]

    assert (page.mode, page.wait_refusal, page.can_stop) == (StopMode.WAIT, "", True)


def test_the_address_may_choose_stop_and_abandon(signed_in, building):
    assert signed_in.get(PAGE, {"mode": "abandon"}).context["page"].mode is StopMode.ABANDON
    assert signed_in.get(PAGE, {"mode": "nonsense"}).context["page"].mode is StopMode.WAIT


def test_the_words_of_the_guide_are_on_the_page(signed_in, building):
    text = words(signed_in.get(PAGE))

    assert "Select execution" in text
    assert "Select an action to apply to execution" in text
    assert "This option can lead to failed tasks or out of sequence tasks." in text
    assert "This action cannot be undone" in text
    assert "we recommend that you disable the transition in front of the stage" in text
    assert "Comments - optional" in text
    assert (
        "Penstock does not tell the provider to stop: the commands of Compile run on to their own"
        " end and their result is ignored." in text
    )


def test_waiting_is_disabled_with_its_reason_once_it_is_stopping(signed_in, building, engine_room):
    engine_room.stop(building)
    engine_room.settle()

    answer = signed_in.get(PAGE)

    page = answer.context["page"]
    assert (page.mode, page.can_stop) == (StopMode.ABANDON, True)
    assert 'value="wait" disabled' in answer.content.decode()
    assert "This execution is stopping already" in words(answer)


def test_nothing_is_offered_while_it_is_being_abandoned(signed_in, building, engine_room):
    engine_room.stop(building, StopMode.ABANDON)

    answer = signed_in.get(PAGE)

    assert "Already being abandoned" in words(answer)
    assert "Stops in a moment." in words(answer)
    assert 'id="stop"' not in answer.content.decode()
    assert 'name="mode"' not in answer.content.decode()


# Asking for a stop: the state x request table of spec/stop.md §2.


@pytest.mark.parametrize("mode", ["wait", "abandon"])
def test_an_execution_in_a_stage_is_stopped(mode, signed_in, building, engine_room):
    answer = signed_in.post(PAGE, asked(signed_in, building, mode=mode, reason="Wrong commit"))

    stopping = engine_room.again(building)
    assert answer.status_code == 303
    assert answer.url == f"/codesuite/codepipeline/pipelines/website/view?stop={building.pk}"
    assert (stopping.status, stopping.stop_mode) == ("Stopping", mode)
    assert (stopping.stop_reason, stopping.stop_requested_by) == ("Wrong commit", ALICE.arn)


@pytest.mark.parametrize("mode", ["wait", "abandon"])
def test_an_execution_in_front_of_a_stage_is_stopped(mode, signed_in, waiting, engine_room):
    answer = signed_in.post(PAGE, asked(signed_in, waiting, mode=mode))
    engine_room.settle()

    assert answer.status_code == 303
    assert engine_room.status(waiting) == "Stopped"


def test_a_person_may_change_his_mind_to_abandon(signed_in, building, engine_room):
    engine_room.stop(building, reason="Wrong commit")
    engine_room.settle()

    answer = signed_in.post(PAGE, asked(signed_in, building, mode="abandon"))
    engine_room.settle()

    assert answer.status_code == 303
    assert engine_room.status(building) == "Stopped"
    assert engine_room.action_statuses(building)["Compile"] == "Abandoned"
    assert engine_room.again(building).stop_reason == "Wrong commit"


def test_waiting_cannot_be_asked_for_twice(signed_in, building, engine_room):
    engine_room.stop(building)
    engine_room.settle()
    before = rows()

    answer = signed_in.post(PAGE, asked(signed_in, building, mode="wait", reason="Again"))

    assert answer.status_code == 409
    assert "has already received a request to stop" in words(answer)
    assert "Nothing was stopped" in words(answer)
    assert ">\nAgain</textarea>" in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize("mode", ["wait", "abandon"])
def test_nothing_can_be_asked_of_one_that_is_being_abandoned(
    mode, signed_in, building, engine_room
):
    engine_room.stop(building, StopMode.ABANDON)
    before = rows()

    answer = signed_in.post(PAGE, asked(signed_in, building, mode=mode))

    assert answer.status_code == 409
    assert "has already received a request to stop" in words(answer)
    assert rows() == before


@pytest.mark.parametrize("mode", ["wait", "abandon"])
@pytest.mark.parametrize("end", ["Stopped", "Failed", "Succeeded", "Superseded"])
def test_one_that_has_finished_cannot_be_stopped(
    end, mode, signed_in, building, waiting, engine_room
):
    form = asked(signed_in, waiting if end == "Superseded" else building, mode=mode)
    match end:
        case "Stopped":
            engine_room.stop(building, StopMode.ABANDON)
            engine_room.settle()
        case "Failed":
            engine_room.fail("Compile")
        case "Succeeded":
            for action in ("Compile", "Test", "Ship"):
                engine_room.succeed(action)
        case _:
            engine_room.start()
            engine_room.succeed("Fetch", artifacts=CODE)
    before = rows()

    answer = signed_in.post(PAGE, form)

    assert answer.status_code == 409
    assert f"cannot be stopped because its status is &#x27;{end}&#x27;." in words(answer)
    assert rows() == before


def test_one_that_was_retried_may_be_stopped_again(signed_in, building, engine_room):
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()
    retry("website", "Build", building.pk, mode=RetryMode.FAILED_ACTIONS, by=ALICE)
    engine_room.settle()

    answer = signed_in.post(PAGE, asked(signed_in, building))

    assert answer.status_code == 303
    assert engine_room.status(building) == "Stopping"


def test_an_unknown_execution_is_refused(signed_in, building):
    nothing = uuid_of_nothing()
    before = rows()

    answer = signed_in.post(PAGE, asked(signed_in, building, execution=nothing, previewed=nothing))

    assert answer.status_code == 409
    assert "has no such execution in progress" in words(answer)
    assert rows() == before


def test_an_execution_of_another_pipeline_is_refused(signed_in, building, engine_room):
    definitions.create(definition("other", stages=stages()), by=ALICE)
    foreign = PipelineExecution.objects.get(pipeline__name="other")

    answer = signed_in.post(
        PAGE, asked(signed_in, building, execution=foreign.pk, previewed=foreign.pk)
    )

    assert answer.status_code == 409
    assert engine_room.status(foreign) == "InProgress"


# What is sent in a wrong way.


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"execution": ""}, "Choose the execution you want to stop."),
        ({"execution": "d-EXAMPLE"}, "This is not the id of an execution."),
        ({"mode": ""}, "Choose Stop and wait or Stop and abandon."),
        ({"mode": "kill"}, "Choose Stop and wait or Stop and abandon."),
        ({"reason": "x" * 201}, "At most 200 characters are allowed; these are 201."),
        ({"reason": "\0"}, "Null characters are not allowed."),
        ({"seen": ""}, "The preview now shows what stopping this execution does."),
        ({"previewed": ""}, "The preview now shows what stopping this execution does."),
    ],
)
def test_what_is_missing_or_makes_no_sense_is_told_and_changes_nothing(
    changed, told, signed_in, building
):
    form = asked(signed_in, building, **changed)
    before = rows()

    answer = signed_in.post(PAGE, form)

    assert answer.status_code == 400
    assert told in words(answer)
    assert rows() == before


def test_an_empty_form_is_answered_in_words(signed_in, building):
    answer = signed_in.post(PAGE)

    assert answer.status_code == 400
    assert "Choose the execution you want to stop." in words(answer)


def test_another_method_is_not_allowed(signed_in, building):
    assert signed_in.put(PAGE).status_code == 405


def test_without_javascript_another_choice_is_previewed_before_it_is_stopped(
    signed_in, building, waiting, engine_room
):
    form = asked(signed_in, building, reason="Not this one") | {"execution": waiting.pk}

    answer = signed_in.post(PAGE, form)

    assert answer.status_code == 400
    assert answer.context["page"].chosen == waiting.pk
    assert answer.context["page"].preview.execution_id == waiting.pk
    assert "Nothing was stopped yet" in words(answer)
    assert engine_room.status(waiting) == "InProgress"


def test_a_preview_that_is_asked_for_keeps_what_was_typed(signed_in, building):
    given = {"execution": str(building.pk), "mode": "abandon", "reason": "Wrong <commit>"}

    answer = signed_in.get(PAGE, given)

    assert ">\nWrong &lt;commit&gt;</textarea>" in answer.content.decode()
    assert answer.context["page"].mode is StopMode.ABANDON


def test_looking_changes_nothing(signed_in, building, waiting):
    before = rows()

    signed_in.get(PAGE, {"execution": str(building.pk), "mode": "abandon", "hold": "on"})
    signed_in.head(PAGE)

    assert rows() == before


# The execution moved on.


def test_when_the_stage_moved_on_nothing_is_stopped_and_it_is_asked_again(
    signed_in, building, engine_room
):
    form = asked(signed_in, building, mode="abandon", reason="Wrong commit")
    engine_room.succeed("Compile")
    before = rows()

    answer = signed_in.post(PAGE, form)

    page = answer.context["page"]
    assert answer.status_code == 409
    assert "The execution has moved on since this page was drawn; nothing was stopped." in words(
        answer
    )
    assert page.mode is StopMode.ABANDON
    assert page.preview.seen != form["seen"]
    assert ">\nWrong commit</textarea>" in answer.content.decode()
    assert rows() == before

    again = signed_in.post(PAGE, form | {"seen": page.preview.seen})

    assert again.status_code == 303


# Comments.


def test_comments_come_back_as_they_were_written(signed_in, building, engine_room):
    comments = "  <b>Wrong</b> commit 🎉\n\n“yes” & 'no'\t "

    signed_in.post(PAGE, asked(signed_in, building, reason=comments.replace("\n", "\r\n")))

    assert engine_room.again(building).stop_reason == comments


def test_200_characters_are_200_whatever_they_are(signed_in, building, engine_room):
    answer = signed_in.post(PAGE, asked(signed_in, building, reason="🎉" * 199 + "\r\n"))

    assert answer.status_code == 303
    assert engine_room.again(building).stop_reason == "🎉" * 199 + "\n"


def test_201_are_too_many_and_are_kept_in_the_page(signed_in, building):
    answer = signed_in.post(PAGE, asked(signed_in, building, reason="🎉" * 201))

    assert answer.status_code == 400
    assert "🎉" * 201 in answer.content.decode()
    assert "At most 200 characters are allowed; these are 201." in words(answer)


def test_no_comments_are_not_empty_comments(signed_in, building, engine_room):
    signed_in.post(PAGE, asked(signed_in, building))

    assert engine_room.again(building).stop_reason is None


# Disabling the transition first.


def test_the_tick_is_set_when_somebody_waits_in_front(signed_in, building, waiting):
    answer = signed_in.get(PAGE, {"execution": str(building.pk)})

    hold = answer.context["page"].hold
    assert (hold.stage_name, hold.kept_out, hold.is_ticked) == ("Build", waiting.pk, True)
    assert f"Otherwise {str(waiting.pk)[:8]} enters Build" in words(answer)


def test_the_tick_is_offered_but_not_set_when_nobody_waits(signed_in, building):
    hold = signed_in.get(PAGE).context["page"].hold

    assert (hold.kept_out, hold.is_ticked) == (None, False)


def test_no_tick_for_an_execution_in_front_of_a_stage(signed_in, waiting):
    assert signed_in.get(PAGE, {"execution": str(waiting.pk)}).context["page"].hold is None


def test_no_tick_where_the_transition_is_disabled_already(signed_in, building):
    transitions.disable("website", "Build", reason="Freeze", by=ALICE)

    answer = signed_in.get(PAGE)

    assert answer.context["page"].hold is None
    assert "The transition into Build is disabled already" in words(answer)


def test_a_tick_that_was_taken_away_stays_away(signed_in, building, waiting):
    hold = signed_in.get(PAGE, {"execution": str(building.pk)}).context["page"].hold
    given = {"execution": str(building.pk), "hold_for": hold.key}

    assert not signed_in.get(PAGE, given).context["page"].hold.is_ticked
    assert signed_in.get(PAGE, given | {"hold": "on"}).context["page"].hold.is_ticked


def test_the_transition_is_disabled_together_with_the_stop(
    signed_in, building, waiting, engine_room
):
    form = asked(signed_in, building, mode="abandon", hold="on")

    signed_in.post(PAGE, form)
    engine_room.settle()

    assert not Stage.objects.get(name="Build").inbound_enabled
    assert engine_room.status(building) == "Stopped"
    assert engine_room.again(waiting).waits_for == "Build"


def test_without_the_tick_the_next_one_enters(signed_in, building, waiting, engine_room):
    signed_in.post(PAGE, asked(signed_in, building, mode="abandon"))
    engine_room.settle()

    assert Stage.objects.get(name="Build").inbound_enabled
    assert engine_room.stage_status(waiting, "Build") == "InProgress"


def test_a_stop_that_is_refused_disables_nothing(signed_in, building, engine_room):
    engine_room.stop(building)
    form = asked(signed_in, building, mode="wait", hold="on")

    signed_in.post(PAGE, form)

    assert Stage.objects.get(name="Build").inbound_enabled


# Back to where it came from.


def test_after_the_stop_one_is_back_where_one_came_from(signed_in, building):
    page = f"{PAGE}?next={quote(f'{HISTORY}?q=a&stop=old')}"

    answer = signed_in.post(page, asked(signed_in, building))

    assert answer.url == f"{HISTORY}?q=a&stop={building.pk}"


def test_the_way_back_is_kept_by_the_preview_without_javascript(signed_in, building):
    text = signed_in.get(PAGE, {"next": HISTORY}).content.decode()

    assert f'<input type="hidden" name="next" value="{HISTORY}">' in text


@pytest.mark.parametrize("page", ["//evil.example/x", "https://evil.example/", "javascript:x", ""])
def test_never_to_another_site(page, signed_in, building):
    answer = signed_in.get(PAGE, {"next": page})

    assert answer.context["back"] == "/codesuite/codepipeline/pipelines/website/view"


# What the preview says.


def preview(client, execution):
    return client.get(PAGE, {"execution": str(execution.pk)}).context["page"].preview


def then(lines):
    return [(one.name, one.words.label, one.then_wait, one.then_abandon) for one in lines]


def test_a_running_action_and_one_that_never_starts(signed_in, building):
    seen = preview(signed_in, building)

    assert seen.lead_wait == (
        "Stops when Compile is complete.",
        "Nothing that is running is cut off.",
    )
    assert seen.lead_abandon == (
        "Stops at once.",
        "1 running action is abandoned. 1 action and 1 stage never start.",
    )
    assert then(seen.actions) == [
        (
            "Compile",
            "In progress",
            "Runs to completion",
            "Abandoned; its commands run on to their own end",
        ),
        ("Test", "Not started", "Will not start", "Will not start"),
    ]
    assert (seen.stages_not_reached, seen.actions_not_reached) == ("Deploy", "1 action")
    assert seen.stage.until == "Compile is complete"
    assert (
        seen.stage.retry_wait == "A retry of Build runs again what fails by then, then starts Test."
    )
    assert seen.stage.retry_abandon == "A retry of Build runs Compile again, then starts Test."


@pytest.mark.parametrize(
    ("usual", "passed", "answer"),
    [
        (180, 104, "Stops in about 1 min,"),
        (180, 0, "Stops in about 3 min,"),
        (60, 22, "Stops in about 40 s,"),
        (60, 55, "Stops in a few seconds,"),
        (7200, 0, "Stops in about 2 h,"),
        (60, 100, "Stops when Compile is complete."),
    ],
)
def test_how_long_it_takes_is_told_from_how_long_it_usually_does(
    usual, passed, answer, signed_in, building
):
    Stage.objects.filter(name="Build").update(usual_seconds={"Compile": usual})
    began = timezone.now() - timedelta(seconds=passed)
    ActionExecution.objects.filter(action_name="Compile").update(started_at=began)

    assert preview(signed_in, building).lead_wait.answer == answer


def test_late_actions_are_said_to_be_late(signed_in, building):
    Stage.objects.filter(name="Build").update(usual_seconds={"Compile": 1})
    began = timezone.now() - timedelta(seconds=9)
    ActionExecution.objects.filter(action_name="Compile").update(started_at=began)

    rest = preview(signed_in, building).lead_wait.rest

    assert rest.startswith("It has taken longer than usual already.")


def test_an_execution_in_front_of_a_stage_stops_at_once(signed_in, waiting):
    answer = signed_in.get(PAGE, {"execution": str(waiting.pk)})

    seen = answer.context["page"].preview
    assert seen.lead_wait == (
        "Stops at once.",
        "It waits in front of Build, and nothing of it is running.",
    )
    assert seen.lead_abandon.rest.endswith("nothing of it is running. 2 stages never start.")
    assert seen.actions == ()
    assert seen.stage is None
    assert "It will not enter Build" in words(answer)


def test_between_run_orders_nothing_is_running(signed_in, building):
    latest = ActionExecution.objects.filter(action_name="Compile")
    latest.update(status="Succeeded", ended_at=timezone.now())

    seen = preview(signed_in, building)

    assert seen.lead_wait == ("Stops at once.", "Nothing of it is running.")
    assert seen.lead_abandon.rest == "Nothing of it is running. 1 action and 1 stage never start."
    assert seen.stage.until == ""
    assert seen.stage.retry_wait == seen.stage.retry_abandon == "A retry of Build starts Test."
    assert seen.warning == ""


def test_an_approval_may_never_be_answered(signed_in, engine_room):
    execution = engine_room.create(stages=[stage("Source", source()), stage("Ask", approval())])
    engine_room.succeed("Fetch", artifacts=CODE)

    seen = preview(signed_in, execution)

    assert seen.lead_wait == (
        "Stops when Ask is answered or expires.",
        "If nobody is going to answer, choose Stop and abandon.",
    )
    assert then(seen.actions) == [
        (
            "Ask",
            "Waiting for approval",
            "Waits for an answer",
            "Abandoned; it can no longer be answered",
        )
    ]
    assert seen.warning == "1 approval can no longer be given."
    assert seen.lead_abandon.rest == "1 running action is abandoned."
    assert not seen.is_ticking


def test_parallel_actions_some_of_which_have_failed(signed_in, engine_room):
    work = stage("Work", commands("A"), commands("B"), deploy("C"), approval("D"))
    execution = engine_room.create(stages=[stage("Source", source()), work])
    engine_room.succeed("Fetch", artifacts=CODE)
    engine_room.fail("A")

    seen = preview(signed_in, execution)

    assert seen.lead_wait.answer == (
        "Stops when B and C are complete and D is answered or expires."
    )
    assert seen.lead_abandon.rest == "3 running actions are abandoned."
    assert then(seen.actions)[0] == ("A", "Failed", "Unchanged", "Unchanged")
    assert then(seen.actions)[2][3] == "Abandoned; its deployment runs on to its own end"
    assert seen.stage.retry_wait == (
        "A retry of Work runs A again, then runs again what fails by then."
    )
    assert seen.stage.retry_abandon == "A retry of Work runs A, B, C and D again."
    assert seen.warning == (
        "Penstock does not tell the provider to stop: the commands of B and the deployment of C"
        " run on to their own end and their result is ignored. 1 approval can no longer be given."
    )


def test_two_actions_of_one_kind_are_named_together(signed_in, engine_room):
    work = stage("Work", commands("A"), commands("B"))
    execution = engine_room.create(stages=[stage("Source", source()), work])
    engine_room.succeed("Fetch", artifacts=CODE)

    assert "the commands of A and B run on" in preview(signed_in, execution).warning


def test_a_source_alone_and_a_single_stage_behind_it(signed_in, engine_room):
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Build", commands("Compile"))]
    )

    seen = preview(signed_in, execution)

    assert seen.lead_abandon.rest == "1 running action is abandoned. 1 stage never starts."
    assert "the download of Fetch runs on to its own end and its result is ignored" in seen.warning


def test_when_everything_has_succeeded_a_retry_completes_the_stage(
    signed_in, building, engine_room
):
    engine_room.succeed("Compile")
    engine_room.stop(building)
    engine_room.settle()
    latest = ActionExecution.objects.filter(action_name="Test")
    latest.update(status="Succeeded", ended_at=timezone.now())

    told = preview(signed_in, building).stage.retry_abandon

    assert told == "A retry of Build completes it, since all its actions have succeeded."


def test_a_pipeline_that_was_changed_cannot_be_retried(signed_in, building):
    Pipeline.objects.filter(name="website").update(version=2)
    version = Pipeline.objects.get().versions.get()
    version.pk, version.version = None, 2
    version.save(force_insert=True)

    told = preview(signed_in, building).stage.retry_wait

    assert told == "Build cannot be retried: the pipeline was changed since the execution started."


def test_who_enters_next_is_told_for_both_states_of_the_tick(signed_in, building, waiting):
    text = words(signed_in.get(PAGE, {"execution": str(building.pk)}))
    short = str(waiting.pk)[:8]

    assert f"Execution {short} keeps waiting: its way in is disabled until you enable" in text
    assert f"Execution {short} enters Build next." in text
    assert f"That is possible until {short} has entered the stage." in text


def test_who_waits_in_front_of_a_disabled_transition_goes_on_waiting(signed_in, building, waiting):
    transitions.disable("website", "Build", reason="Freeze", by=ALICE)

    text = words(signed_in.get(PAGE, {"execution": str(building.pk)}))

    assert f"Execution {str(waiting.pk)[:8]} keeps waiting: its way in is disabled." in text


def test_the_last_success_of_the_stage_is_told(signed_in, building, waiting, engine_room):
    assert "Build has not succeeded before." in words(
        signed_in.get(PAGE, {"execution": str(building.pk)})
    )

    engine_room.succeed("Compile")
    engine_room.succeed("Test")
    text = words(signed_in.get(PAGE, {"execution": str(waiting.pk)}))

    assert f"Last success of Build: {str(building.pk)[:8]}, just now." in text


# The preview is kept true.


def poll(client, page, **changed):
    shown = {
        "execution": page.chosen,
        "rev": page.token,
        "seen": page.preview.seen if page.preview else "",
        "mode": page.mode.value,
    }
    return client.get(PAGE, shown | changed, headers={"HX-Request": "true"})


def test_a_poll_of_what_has_not_changed_gets_nothing_for_one_query(
    signed_in, building, django_assert_max_num_queries
):
    page = signed_in.get(PAGE).context["page"]

    with django_assert_max_num_queries(3):  # two of them are about who asks
        answer = poll(signed_in, page)

    assert answer.status_code == 204


def test_durations_are_told_again_now_and_then(signed_in, building, time_machine):
    Stage.objects.filter(name="Build").update(usual_seconds={"Compile": 60})
    time_machine.move_to(timezone.now())
    page = signed_in.get(PAGE).context["page"]

    time_machine.shift(11)
    answer = poll(signed_in, page)

    assert answer.status_code == 200
    assert "hx-swap-oob" not in answer.content.decode()


def test_a_poll_after_a_change_renews_the_preview_with_what_stands_for_it(
    signed_in, building, engine_room
):
    page = signed_in.get(PAGE).context["page"]
    engine_room.succeed("Compile")

    answer = poll(signed_in, page, mode="abandon")

    text = answer.content.decode()
    fresh = answer.context["page"]
    assert f'name="seen" value="{fresh.preview.seen}"' in text
    assert fresh.preview.seen != page.preview.seen
    assert fresh.mode is StopMode.ABANDON
    assert 'id="stop-mode" hx-swap-oob="morph"' in text
    assert "Stops at once." in text.partition('id="announcer"')[2]
    assert "<textarea" not in text
    assert answer["Cache-Control"] == "no-store"


def test_another_choice_gets_its_own_preview(signed_in, building, waiting):
    answer = signed_in.get(
        PAGE, {"execution": str(waiting.pk), "mode": "wait"}, headers={"HX-Request": "true"}
    )

    assert f'name="previewed" value="{waiting.pk}"' in answer.content.decode()
    assert "stop-buttons" in answer.content.decode()


def test_once_it_has_finished_the_preview_says_so_and_asks_no_more(
    signed_in, building, waiting, engine_room
):
    page = signed_in.get(PAGE, {"execution": str(building.pk)}).context["page"]
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    answer = poll(signed_in, page)

    assert "is not in progress any more" in words(answer)
    assert "data-live" not in answer.content.decode()
    assert 'id="stop" type="submit"' not in answer.content.decode()


def test_one_that_finishes_while_the_page_is_drawn_has_no_preview(building, engine_room):
    stale = engine_room.again(building)
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    assert preview_of(engine_room.pipeline, stale) is None


# What it costs.


@pytest.mark.parametrize("finished", [0, 200])
def test_the_page_costs_the_same_whatever_the_history(
    finished, signed_in, building, waiting, django_assert_max_num_queries
):
    PipelineExecution.objects.bulk_create(
        PipelineExecution(
            pipeline=building.pipeline,
            sequence=100 + number,
            version=1,
            status="Succeeded",
            trigger_type="StartPipelineExecution",
            ended_at=timezone.now(),
        )
        for number in range(finished)
    )

    with django_assert_max_num_queries(17):
        signed_in.get(PAGE, {"execution": str(building.pk)})
