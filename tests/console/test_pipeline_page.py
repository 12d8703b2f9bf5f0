"""The page of one pipeline: what its diagram says, and how it keeps itself true."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines import executions, transitions
from pipelines.core.results import ActionResult, SourceRevision
from pipelines.core.statuses import ActionStatus, StopMode, TransitionType
from pipelines.models import ActionExecution, Lease, Pipeline, PipelineExecution, Stage
from tests.definitions import approval, commands, deploy, source, stage
from tests.engine_room import ALICE

URL = "/codesuite/codepipeline/pipelines/website/view"
HTMX = {"HX-Request": "true"}
STAGES = [
    stage("Source", source()),
    stage("Build", commands("Compile"), commands("Lint"), commands("Test", run_order=2)),
    stage("Production", deploy("Publish"), approval("Ask", run_order=2)),
]


@pytest.fixture
def execution(engine_room):
    """In Build, with Compile and Lint running."""
    execution = engine_room.create(stages=STAGES)
    engine_room.succeed("Fetch", artifacts={"Code": "key"})
    engine_room.settle()
    return execution


def through_build(engine_room):
    for action in ("Compile", "Lint", "Test"):
        engine_room.succeed(action)
        engine_room.settle()


def stage_card(answer, name):
    return answer.context["canvas"].stage(name)


def action_card(answer, stage_name, name):
    cards = (card for group in stage_card(answer, stage_name).groups for card in group)
    return next(card for card in cards if card.name == name)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def leave_behind(action):
    Lease.objects.take(action, holder="a worker", lasting=timedelta(hours=1))


def test_nobody_sees_it_without_signing_in(client, execution):
    assert client.get(URL).url == f"/sign-in?next={URL}"


def test_an_unknown_pipeline_is_not_found(signed_in, db):
    assert signed_in.get(URL).status_code == 404


def test_the_header_has_the_three_buttons(signed_in, execution):
    text = text_of(signed_in.get(URL))

    assert ">View history</a>" in text
    assert ">Stop execution</a>" in text
    assert ">Release change</a>" in text
    assert 'data-copy="arn:aws:codepipeline:us-east-1:123456789012:website"' in text


@pytest.mark.parametrize("name", ["a.b@c_d-E", "A", "9.-_@"])
def test_every_name_that_aws_allows_works(signed_in, engine_room, name):
    engine_room.create(stages=STAGES, name=name)

    answer = signed_in.get(f"/codesuite/codepipeline/pipelines/{name}/view")

    assert answer.status_code == 200


def test_a_pipeline_without_executions_says_so(signed_in, execution):
    Stage.objects.update(latest=None, inbound=None)
    PipelineExecution.objects.all().delete()

    answer = signed_in.get(URL)

    assert stage_card(answer, "Build").words.label == "No executions yet"
    assert action_card(answer, "Build", "Compile").words.label == "No executions yet"
    assert answer.context["every"] == "every 30s"


def test_a_running_stage_shows_what_runs_and_what_comes(signed_in, execution):
    answer = signed_in.get(URL)

    build = stage_card(answer, "Build")
    assert build.execution_id == execution.id
    assert [[card.name for card in group] for group in build.groups] == [
        ["Compile", "Lint"],
        ["Test"],
    ]
    assert [(count.words.label, count.number) for count in build.counts] == [
        ("In progress", 2),
        ("Not started", 1),
    ]
    assert f"/stop-execution?execution={execution.id}" in text_of(answer)
    assert answer.context["every"] == "every 2s"


def test_a_stage_in_which_everything_succeeded_says_so(signed_in, execution):
    text = text_of(signed_in.get(URL))

    assert "All actions succeeded." in text


def test_a_live_action_is_measured_by_what_is_usual(signed_in, execution):
    Stage.objects.filter(name="Build").update(usual_seconds={"Compile": 100})
    earlier = timezone.now() - timedelta(seconds=40)
    ActionExecution.objects.filter(action_name="Compile").update(started_at=earlier)

    answer = signed_in.get(URL)

    assert action_card(answer, "Build", "Compile").usual.passed == pytest.approx(40, abs=5)
    assert '<progress class="cs-progress" max="100"' in text_of(answer)


def test_an_action_that_nobody_took_yet_waits_for_a_worker(signed_in, engine_room, execution):
    leave_behind(engine_room.live("Lint"))

    answer = signed_in.get(URL)

    assert action_card(answer, "Build", "Compile").note == "waiting for a free worker"
    assert action_card(answer, "Build", "Lint").note == ""


def test_a_failure_is_shown_with_its_words_and_a_retry(signed_in, engine_room, execution):
    engine_room.succeed("Lint")
    failed = engine_room.live("Compile")
    engine_room.fail("Compile")
    ActionExecution.objects.filter(pk=failed.pk).update(error_message="<Boom>\nsecond line")
    engine_room.settle()

    answer = signed_in.get(URL)

    assert stage_card(answer, "Build").words.label == "Failed"
    assert "&lt;Boom&gt;" in text_of(answer)
    assert "second line" not in text_of(answer)
    assert "/stages/Build/retry" in text_of(answer)
    assert action_card(answer, "Build", "Test").words.label == "Didn't run"


def test_what_follows_a_failure_will_not_start(signed_in, engine_room, execution):
    engine_room.fail("Compile")
    engine_room.settle()

    card = action_card(signed_in.get(URL), "Build", "Test")

    assert (card.words.label, card.note) == ("Didn't run", "will not start")


def test_a_stage_that_cannot_be_retried_says_why(signed_in, engine_room, execution):
    engine_room.succeed("Lint")
    engine_room.fail("Compile")
    engine_room.settle()
    Pipeline.objects.update(version=1)
    PipelineExecution.objects.update(version=1)
    version = Pipeline.objects.get().versions.get()
    version.pk, version.version = None, 2
    version.save()
    Pipeline.objects.update(version=2)

    text = text_of(signed_in.get(URL))

    assert "the pipeline was changed after the execution started" in text
    assert "/stages/Build/retry" not in text


def test_stopping_is_told_with_what_it_waits_for_and_why(signed_in, engine_room, execution):
    Stage.objects.filter(name="Build").update(usual_seconds={"Lint": 180})
    engine_room.succeed("Compile")
    engine_room.stop(execution, reason="Wrong <commit> 😀")
    engine_room.settle()

    answer = signed_in.get(URL)
    text = text_of(answer)

    assert stage_card(answer, "Build").words.label == "Stopping"
    assert f"Execution {str(execution.id)[:8]} is stopping (stop and wait)" in text
    assert "usually 3 min" in text
    assert "Stage Build unlocks then." in text
    assert "Requested by <bdi>alice</bdi>" in text
    assert "Wrong &lt;commit&gt; 😀" in text
    assert f"?execution={execution.id}&amp;mode=abandon" in text
    assert action_card(answer, "Build", "Test").note == "will not start"


def test_who_is_abandoning_already_is_not_offered_it_again(signed_in, engine_room, execution):
    engine_room.stop(execution, StopMode.ABANDON)

    answer = signed_in.get(URL)
    text = text_of(answer)

    assert "is stopping (stop and abandon)" in text
    assert "stop-execution?execution=" not in text
    assert answer.context["every"] == "every 2s"


def test_after_an_abandon_the_cards_say_what_became_of_each(signed_in, engine_room, execution):
    engine_room.succeed("Compile")
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()

    answer = signed_in.get(URL)

    labels = [
        action_card(answer, "Build", name).words.label for name in ("Compile", "Lint", "Test")
    ]
    assert labels == ["Succeeded", "Abandoned", "Didn't run"]
    assert stage_card(answer, "Build").words.label == "Stopped"
    assert "Retry" in text_of(answer)


def test_work_left_behind_is_shown_while_it_goes_on(signed_in, engine_room, execution):
    leave_behind(engine_room.live("Lint"))
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()

    answer = signed_in.get(URL)
    revision = Pipeline.objects.get().revision
    poll = signed_in.get(URL, {"rev": revision}, headers=HTMX)

    assert "Still running, left behind" in text_of(answer)
    assert answer.context["revision"] == ""
    assert poll.status_code == 204  # of another page, which did not show it


def test_work_left_behind_by_an_earlier_execution_is_shown_too(signed_in, engine_room, execution):
    leave_behind(engine_room.live("Lint"))
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    engine_room.start()
    engine_room.succeed("Fetch", artifacts={"Code": "key"})

    card = action_card(signed_in.get(URL), "Build", "Lint")

    assert card.words.label == "In progress"
    assert [(left.execution_id, left.is_of_this_card) for left in card.left_behind] == [
        (execution.id, False)
    ]


def test_how_work_that_was_left_behind_ended_is_told(signed_in, engine_room, execution):
    action = engine_room.live("Lint")
    leave_behind(action)
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    Lease.objects.release(action, holder="a worker", outcome="Failed: exit code <1>")

    answer = signed_in.get(URL)

    assert "Its work ended" in text_of(answer)
    assert "Failed: exit code &lt;1&gt;" in text_of(answer)
    assert answer.context["every"] == "every 30s"


def test_work_that_ended_in_time_is_nothing_to_tell(signed_in, engine_room, execution):
    action = engine_room.live("Lint")
    leave_behind(action)
    engine_room.succeed("Lint")
    Lease.objects.release(action, holder="a worker", outcome="Succeeded")

    assert action_card(signed_in.get(URL), "Build", "Lint").left_behind == ()


def test_a_waiting_approval_offers_a_review(signed_in, engine_room, execution):
    through_build(engine_room)
    engine_room.succeed("Publish")
    engine_room.settle()

    answer = signed_in.get(URL)

    assert action_card(answer, "Production", "Ask").words.label == "Waiting for approval"
    assert "/stages/Production/actions/Ask/review" in text_of(answer)
    assert not action_card(answer, "Production", "Ask").has_log


def test_a_disabled_transition_says_why_and_who_waits(signed_in, engine_room, execution):
    by = replace(ALICE, arn=ALICE.arn.replace("alice", "mateo"))
    transitions.disable("website", "Production", reason="Held (see runbook).", by=by)
    through_build(engine_room)

    answer = signed_in.get(URL)
    text = text_of(answer)

    assert stage_card(answer, "Production").way_in.inbound.execution_id == execution.id
    assert "by <bdi>mateo</bdi>" in text
    assert "<bdi>Held (see runbook).</bdi>" in text
    assert "/stages/Production/transition/enable?side=Inbound" in text
    assert "/stages/Build/transition/disable" in text
    assert 'id="stop-inbound-Production"' in text


def test_both_sides_of_a_transition_can_be_disabled(signed_in, engine_room, execution):
    for side, name in ((TransitionType.OUTBOUND, "Build"), (TransitionType.INBOUND, "Production")):
        transitions.disable("website", name, reason="Held", by=ALICE, transition=side)

    closures = stage_card(signed_in.get(URL), "Production").way_in.closures

    assert [(closure.stage_name, closure.side) for closure in closures] == [
        ("Build", "Outbound"),
        ("Production", "Inbound"),
    ]


def test_an_execution_in_front_of_the_first_stage_is_shown(signed_in, engine_room):
    engine_room.create(stages=STAGES)
    waiting = engine_room.start()

    way_in = stage_card(signed_in.get(URL), "Source").way_in

    assert way_in.before == ""
    assert way_in.inbound.execution_id == waiting.id


def test_who_was_stopped_in_front_of_a_stage_waits_no_more(signed_in, engine_room, execution):
    transitions.disable("website", "Production", reason="Held", by=ALICE)
    through_build(engine_room)
    engine_room.stop(execution)
    engine_room.settle()

    assert stage_card(signed_in.get(URL), "Production").way_in.inbound is None


def test_source_revisions_stand_below_their_stage(signed_in, engine_room):
    engine_room.create(stages=STAGES)
    found = SourceRevision(revision_id="434ee9d6aa", summary="Fix <it>\n\nbody", url="javascript:1")
    engine_room._end(
        "Fetch", ActionResult(status=ActionStatus.SUCCEEDED, revision=found, artifacts={"Code": ""})
    )

    text = text_of(signed_in.get(URL))

    assert '<span title="434ee9d6aa">434ee9d6</span> Fetch: <bdi>Fix &lt;it&gt;</bdi>' in text
    assert "javascript" not in text


def test_the_layout_is_remembered(signed_in, execution):
    asked = signed_in.get(f"{URL}?view=vertical")
    later = signed_in.get(URL)
    odd = signed_in.get(f"{URL}?view=diagonal")

    assert asked.context["layout"] == later.context["layout"] == odd.context["layout"] == "vertical"


def test_an_unchanged_poll_is_one_indexed_query(
    signed_in, execution, django_assert_max_num_queries
):
    revision = signed_in.get(URL).context["revision"]

    with django_assert_max_num_queries(3):  # session, user, revision
        answer = signed_in.get(URL, {"rev": revision, "shown": ""}, headers=HTMX)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_changed_poll_is_the_region_and_the_news(signed_in, engine_room, execution):
    page = signed_in.get(f"{URL}?view=vertical").context
    through_build(engine_room)

    answer = signed_in.get(
        f"{URL}?view=vertical", {"rev": page["revision"], "shown": page["shown"]}, headers=HTMX
    )
    text = text_of(answer)

    assert text.startswith('<section class="cs-stack" id="live"')
    assert "<html" not in text
    assert 'id="announcer" role="status" hx-swap-oob="morph"' in text
    assert f"Build: Succeeded, execution {str(execution.id)[:8]}." in text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in answer.headers["Vary"]


def test_a_poll_in_which_no_stage_changed_says_nothing(signed_in, engine_room, execution):
    page = signed_in.get(URL).context
    engine_room.succeed("Lint")

    answer = signed_in.get(URL, {"rev": page["revision"], "shown": page["shown"]}, headers=HTMX)

    assert answer.status_code == 200
    assert "announcer" not in answer.content.decode()


def test_the_polled_region_asks_for_the_page_with_the_same_query(signed_in, execution):
    answer = signed_in.get(URL, {"view": "vertical", "rev": "1", "shown": "x"}, headers=HTMX)

    assert f'hx-get="{URL}?view=vertical"' in answer.content.decode()


def test_there_are_no_fields_nor_dialogs_in_the_polled_region(signed_in, execution):
    region = signed_in.get(URL, {"rev": "0"}, headers=HTMX).content.decode()

    assert region.count("<input") == 2  # the hidden ones
    assert "<form" not in region
    assert "<dialog" not in region


@pytest.mark.parametrize("finished", [0, 200])
def test_queries_do_not_grow_with_history(
    signed_in, engine_room, execution, django_assert_max_num_queries, finished
):
    for _ in range(finished):
        done = executions.start("website", trigger_type="StartPipelineExecution")
        PipelineExecution.objects.filter(pk=done.pk).update(
            status="Succeeded", waits_for="", ended_at=timezone.now()
        )
    signed_in.get(URL)  # the definition is kept from here on

    with django_assert_max_num_queries(9):
        answer = signed_in.get(URL)

    assert stage_card(answer, "Build").execution_id == execution.id
