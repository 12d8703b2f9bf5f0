"""The page of one execution: timeline, visualization, revisions."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines import stages, transitions
from pipelines.core.entering import HELD_TOO_LONG
from pipelines.core.results import ActionResult, SourceRevision
from pipelines.core.statuses import ActionStatus, RetryMode, StopMode
from pipelines.models import Lease, PipelineExecution
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

PIPELINE = "/codesuite/codepipeline/pipelines/website"
TABS = ("timeline", "visualization", "revisions", "artifacts")
STAGES = [
    stage("Source", source()),
    stage("Build", commands("Compile"), commands("Test"), commands("Pack", run_order=2)),
]
POLL = {"HX-Request": "true"}


def url(execution, tab="timeline"):
    return f"{PIPELINE}/executions/{execution.pk}/{tab}"


@pytest.fixture
def building(engine_room):
    """An execution whose stage Build works on Compile and Test."""
    execution = engine_room.create(stages=STAGES)
    engine_room.succeed("Fetch", artifacts={"Code": "website/Code/x7Gt0aQ"})
    engine_room.settle()
    return engine_room.again(execution)


def take(action, *, released=None, outcome=""):
    now = timezone.now()
    return Lease.objects.create(
        action=action,
        holder="host-1:4711:abcdef",
        taken_at=now,
        expires_at=now + timedelta(minutes=5),
        released_at=released,
        outcome=outcome,
    )


def page(client, execution, tab="timeline", **query):
    answer = client.get(url(execution, tab), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_has_the_summary_and_the_other_tabs(signed_in, building, tab):
    text = page(signed_in, building, tab)

    assert str(building.pk) in text
    assert "Execution summary" in text
    assert "In Build" in text
    assert "CreatePipeline" in text
    for other in TABS:
        assert f'href="{url(building, other)}"' in text


@pytest.mark.parametrize("tab", TABS)
def test_an_execution_that_has_not_entered_a_stage_can_be_looked_at(signed_in, engine_room, tab):
    engine_room.create(stages=STAGES)
    waiting = engine_room.start()

    text = page(signed_in, waiting, tab)

    assert "Inbound to Source" in text


def test_a_disabled_transition_in_front_of_it_is_told(signed_in, engine_room):
    execution = engine_room.create(stages=STAGES)
    transitions.disable("website", "Build", reason="Wait", by=ALICE)
    engine_room.succeed("Fetch")
    engine_room.settle()

    assert "Inbound to Build (transition disabled)" in page(signed_in, execution)


def test_the_timeline_lists_every_run_in_order_of_start(signed_in, engine_room, building):
    engine_room.fail("Compile")
    engine_room.succeed("Test")
    engine_room.settle()
    stages.retry("website", "Build", building.pk, mode=RetryMode.FAILED_ACTIONS, by=ALICE)
    engine_room.settle()

    answer = signed_in.get(url(building))

    rows = answer.context["rows"]
    told = [(row.name, row.words.label, row.is_earlier) for row in rows]
    assert told[0] == ("Fetch", "Succeeded", False)
    assert sorted(told[1:3]) == [("Compile", "Failed", True), ("Test", "Succeeded", False)]
    assert told[3] == ("Compile", "In progress", False)
    assert "earlier attempt" in answer.content.decode()
    assert f'href="{PIPELINE}/executions/{building.pk}/actions/{rows[0].id}"' in (
        answer.content.decode()
    )


def test_every_bar_lies_within_the_drawing(signed_in, engine_room, building):
    rows = signed_in.get(url(building)).context["rows"]

    assert all(row.bar.start >= 0 and row.bar.start + row.bar.width <= 1000 for row in rows)


def test_one_that_is_in_progress_offers_to_stop_it(signed_in, building):
    text = page(signed_in, building)

    assert (
        f'href="{PIPELINE}/stop-execution?execution={building.pk}'
        f'&amp;next={url(building).replace("/", "%2F")}">Stop execution</a>' in text
    )


def test_one_that_waits_offers_to_abandon_it(signed_in, engine_room, building):
    engine_room.stop(building, reason="Wrong <commit>\non main 🚧")

    text = page(signed_in, building)

    assert "Stopping" in text
    assert "&amp;mode=abandon" in text
    assert "Stop execution</a>" not in text
    assert "Wrong &lt;commit&gt;\non main 🚧" in text
    assert "Stop and wait" in text
    assert "alice" in text


def test_one_that_abandons_or_is_finished_offers_nothing(signed_in, engine_room, building):
    engine_room.stop(building, StopMode.ABANDON)
    assert 'id="stop-execution"' not in page(signed_in, building)

    engine_room.settle()
    text = page(signed_in, building)

    assert 'id="stop-execution"' not in text
    assert "Stopped" in text
    assert "Abandoned" in text


def test_a_change_of_mind_is_listed(signed_in, engine_room, building):
    engine_room.stop(building, reason="First I waited")
    engine_room.settle()
    engine_room.stop(building, StopMode.ABANDON, reason="Then I did not")
    engine_room.settle()

    answer = signed_in.get(url(building))

    modes = [stop.mode for stop in answer.context["summary"].stops]
    assert modes == ["Stop and wait", "Stop and abandon"]
    assert "First I waited" in answer.content.decode()


def test_the_stop_of_an_earlier_attempt_is_listed(signed_in, engine_room, building):
    engine_room.stop(building, StopMode.ABANDON, reason="Before")
    engine_room.settle()
    stages.retry("website", "Build", building.pk, mode=RetryMode.FAILED_ACTIONS, by=ALICE)
    engine_room.settle()

    summary = signed_in.get(url(building)).context["summary"]

    assert summary.stop is None
    assert [stop.comments for stop in summary.stops] == ["Before"]
    assert "attempt 2" in page(signed_in, building)


def test_work_left_behind_is_told_until_it_ends_and_how(signed_in, engine_room, building):
    action = engine_room.live("Compile")
    lease = take(action)
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    running = signed_in.get(url(building))
    assert "still running, left behind" in running.content.decode()
    assert running.context["every"] == "every 2s"
    assert running.context["revision"] == ""

    lease.released_at, lease.outcome = timezone.now(), "Succeeded"
    lease.save()

    ended = signed_in.get(url(building))
    assert "its work ended later: Succeeded" in ended.content.decode()
    assert ended.context["every"] == "every 30s"


def test_a_superseded_one_links_to_the_one_that_overtook_it(signed_in, engine_room):
    engine_room.create(stages=[stage("Source", source()), stage("Ask", approval())])
    engine_room.succeed("Fetch")
    engine_room.settle()
    old = engine_room.start()
    engine_room.succeed("Fetch")
    engine_room.settle()
    new = engine_room.start()
    engine_room.succeed("Fetch")
    engine_room.settle()

    text = page(signed_in, old)

    assert "Superseded" in text
    assert f'by <a href="{url(new)}"' in text


def test_one_that_was_held_up_for_too_long_says_why_it_ended(signed_in, building):
    building.status_summary = HELD_TOO_LONG
    building.save()

    assert HELD_TOO_LONG in page(signed_in, building)


def test_the_latest_message_of_an_action_is_told(signed_in, engine_room, building):
    engine_room.fail("Compile")
    engine_room.settle()

    message = signed_in.get(url(building)).context["summary"].message

    assert (message.action.action_name, message.text) == ("Compile", "No.")


def test_revisions_are_listed_with_their_links(signed_in, engine_room):
    execution = engine_room.create(stages=STAGES)
    found = SourceRevision(revision_id="434ee9d6", summary="Fix <it>", url="http://x.example/c")
    action = engine_room.live("Fetch")
    engine_room.succeed("Fetch", revision=found)
    engine_room.settle()

    text = page(signed_in, execution, "revisions")

    assert action.action_name in text
    assert '<a href="http://x.example/c">434ee9d6</a>' in text
    assert "Fix &lt;it&gt;" in text


def test_the_diagram_follows_the_readers_layout(signed_in, building):
    assert 'data-view="horizontal"' in page(signed_in, building, "visualization")
    assert 'data-view="horizontal"' in page(signed_in, building, "visualization", view="<x>")
    assert 'data-view="vertical"' in page(signed_in, building, "visualization", view="vertical")
    assert 'data-view="vertical"' in page(signed_in, building, "visualization")


@pytest.mark.parametrize("tab", TABS)
def test_an_unchanged_poll_is_one_query_and_a_204(
    signed_in, building, django_assert_max_num_queries, tab
):
    revision = signed_in.get(url(building, tab)).context["revision"]

    with django_assert_max_num_queries(3):  # session, user, revision
        answer = signed_in.get(url(building, tab), {"rev": revision}, headers=POLL)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("tab", TABS)
def test_a_changed_poll_is_the_region_alone_and_tells_of_the_status(
    signed_in, engine_room, building, tab
):
    seen = signed_in.get(url(building, tab)).context
    engine_room.stop(building)

    answer = signed_in.get(
        url(building, tab), {"rev": seen["revision"], "shown": seen["shown"]}, headers=POLL
    )

    text = answer.content.decode()
    assert text.lstrip().startswith("<section")
    assert "<html" not in text
    assert f">Execution {str(building.pk)[:8]}: Stopping.</p>" in text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_poll_that_changes_no_status_announces_nothing(signed_in, engine_room, building):
    seen = signed_in.get(url(building)).context
    engine_room.succeed("Compile")

    answer = signed_in.get(url(building), {"rev": "0", "shown": seen["shown"]}, headers=POLL)

    assert "announcer" not in answer.content.decode()


def test_after_a_stop_the_banner_is_in_the_region(signed_in, engine_room, building):
    engine_room.stop(building)

    text = page(signed_in, building, stop=str(building.pk))

    assert "Stop requested for execution" in text
    assert text.index('id="live"') < text.index("Stop requested for execution")


@pytest.mark.parametrize("tab", TABS)
def test_queries_do_not_grow_with_the_history(
    signed_in, engine_room, building, django_assert_num_queries, tab
):
    def queries():
        with django_assert_num_queries(limits[tab]):
            signed_in.get(url(building, tab))

    limits = {"timeline": 10, "revisions": 10, "artifacts": 10, "visualization": 14}
    page(signed_in, building, tab)
    queries()
    PipelineExecution.objects.bulk_create(
        PipelineExecution(
            pipeline=engine_room.pipeline,
            sequence=number,
            version=1,
            status="Succeeded",
            trigger_type="StartPipelineExecution",
            ended_at=timezone.now(),
        )
        for number in range(1000, 1200)
    )
    queries()


@pytest.mark.parametrize("tab", TABS)
def test_what_does_not_exist_is_not_found(signed_in, engine_room, building, tab):
    other = engine_room.create(stages=STAGES, name="other")

    assert signed_in.get(url(other, tab)).status_code == 404
    assert signed_in.get(url(building, tab).replace("website", "nothing")).status_code == 404
    assert signed_in.get(f"{PIPELINE}/executions/{uuid_of_nothing()}/{tab}").status_code == 404
    assert signed_in.get(f"{PIPELINE}/executions/not-an-id/{tab}").status_code == 404


def test_an_approval_says_that_it_waits(signed_in, engine_room):
    execution = engine_room.create(stages=[stage("Source", source()), stage("Ask", approval())])
    engine_room.succeed("Fetch")
    engine_room.settle()

    rows = signed_in.get(url(execution)).context["rows"]

    assert rows[-1].words.label == "Waiting for approval"


def test_an_end_that_counted_is_not_late(signed_in, engine_room, building):
    action = engine_room.live("Compile")
    lease = take(action)
    engine_room._end("Compile", ActionResult(status=ActionStatus.SUCCEEDED))
    lease.released_at, lease.outcome = timezone.now(), "Succeeded"
    lease.save()

    assert "ended later" not in page(signed_in, building)
