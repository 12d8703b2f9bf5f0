"""The banner that tells of a stop, on every page that it leads back to."""

import pytest
from django.test import RequestFactory

from console.present.banner import stop_banner, with_banner
from pipelines import definitions, stages
from pipelines.core.statuses import RetryMode, StopMode
from pipelines.models import PipelineExecution
from tests.definitions import approval, commands, definition, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

CODE = {"Code": "website/Code/abc"}
HISTORY = "/codesuite/codepipeline/pipelines/website/executions"


@pytest.fixture
def building(engine_room):
    """An execution in Build, where Compile and Lint run."""
    work = stage("Build", commands("Compile"), commands("Lint"), commands("Test", run_order=2))
    execution = engine_room.create(stages=[stage("Source", source()), work])
    engine_room.succeed("Fetch", artifacts=CODE)
    return execution


def banner(engine_room, named, **parameters):
    request = RequestFactory().get("/page", {"stop": str(named), **parameters})
    return stop_banner(request, engine_room.pipeline)


def test_nothing_is_said_of_a_stop_that_nobody_asked_for(building, engine_room):
    assert banner(engine_room, building.pk) is None


@pytest.mark.parametrize("named", ["", "nonsense", "\0", uuid_of_nothing()])
def test_unknown_executions_show_nothing(named, building, engine_room):
    assert banner(engine_room, named) is None


def test_nor_do_those_of_other_pipelines(building, engine_room):
    definitions.create(definition("other"), by=ALICE)
    foreign = PipelineExecution.objects.get(pipeline__name="other")
    PipelineExecution.objects.filter(pk=foreign.pk).update(status="Stopping", stop_mode="wait")

    assert banner(engine_room, foreign.pk) is None


def test_without_the_parameter_nothing_is_asked(building, engine_room, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert stop_banner(RequestFactory().get("/page"), engine_room.pipeline) is None


def test_it_costs_two_queries(building, engine_room, django_assert_num_queries):
    engine_room.stop(building)

    with django_assert_num_queries(2):
        banner(engine_room, building.pk)


def test_first_it_says_what_is_waited_for(building, engine_room):
    engine_room.stop(building)
    engine_room.settle()

    told = banner(engine_room, building.pk)

    assert not told.is_stopped
    assert told.outcome == "It stops when Compile and Lint are complete."


def test_approvals_are_answered_or_expire(engine_room):
    ask = stage("Ask", approval(), approval("AskAgain"))
    execution = engine_room.create(stages=[stage("Source", source()), ask])
    engine_room.succeed("Fetch", artifacts=CODE)
    engine_room.stop(execution)

    assert banner(engine_room, execution.pk).outcome == (
        "It stops when Ask and AskAgain are answered or expire."
    )


def test_what_is_abandoned_is_said_to_be(building, engine_room):
    engine_room.stop(building, StopMode.ABANDON)

    assert banner(engine_room, building.pk).outcome == "Compile and Lint are being abandoned."


def test_with_nothing_running_it_stops_at_once(building, engine_room):
    waiting = engine_room.start()
    engine_room.succeed("Fetch", artifacts=CODE)
    engine_room.stop(waiting)

    assert banner(engine_room, waiting.pk).outcome == "It stops at once."

    engine_room.settle()

    assert banner(engine_room, waiting.pk).outcome == "Nothing of it was running."


def test_then_it_says_what_came_of_the_actions(building, engine_room):
    engine_room.succeed("Lint")
    engine_room.stop(building)
    engine_room.fail("Compile")

    told = banner(engine_room, building.pk)

    assert told.is_stopped
    assert told.outcome == "Compile failed."


def test_each_kind_of_end_is_told(building, engine_room):
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    assert banner(engine_room, building.pk).outcome == "Compile and Lint were abandoned."


def test_what_finished_before_the_abandoning_is_told_too(building, engine_room):
    engine_room.stop(building)
    engine_room.succeed("Lint")
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    assert banner(engine_room, building.pk).outcome == "Compile was abandoned."


def test_once_it_was_retried_there_is_nothing_to_say(building, engine_room):
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()
    stages.retry("website", "Build", building.pk, mode=RetryMode.FAILED_ACTIONS, by=ALICE)

    assert banner(engine_room, building.pk) is None


def test_it_is_dismissed_by_the_same_page_without_it(building, engine_room):
    engine_room.stop(building)

    assert banner(engine_room, building.pk).dismiss_url == "/page"
    assert banner(engine_room, building.pk, q="a b", rev="7").dismiss_url == "/page?q=a+b"


@pytest.mark.parametrize(
    ("page", "with_it"),
    [
        ("/a", "/a?stop={}"),
        ("/a?q=1&stop=old", "/a?q=1&stop={}"),
        ("/a?q=1#top", "/a?q=1&stop={}"),
        ("/a#top", "/a?stop={}"),
    ],
)
def test_a_stop_leads_back_to_a_page_that_tells_of_it(page, with_it):
    assert with_banner(page, uuid_of_nothing()) == with_it.format(uuid_of_nothing())


def test_the_page_shows_it_and_the_poll_keeps_it_true(signed_in, building, engine_room):
    engine_room.stop(building)

    page = signed_in.get(HISTORY, {"stop": str(building.pk)}).content.decode()

    assert "Stop requested for execution" in page
    assert 'id="stop-banner" hidden' not in page

    engine_room.settle()
    engine_room.succeed("Compile")
    engine_room.succeed("Lint")
    fresh = signed_in.get(
        HISTORY, {"stop": str(building.pk), "rev": "1"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert 'id="stop-banner" hx-swap-oob="true"' in fresh
    assert "is stopped. Compile and Lint succeeded." in fresh
