"""The execution modes on the pages: chosen, shown, and what each makes of a pipeline's page."""

import re

import pytest

from pipelines import engine
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import Pipeline
from tests.definitions import approval, commands, source, stage

PIPELINE = "/codesuite/codepipeline/pipelines/website"
VIEW, HISTORY = f"{PIPELINE}/view", f"{PIPELINE}/executions"
PROPERTIES, STOP = f"{PIPELINE}/edit/properties", f"{PIPELINE}/stop-execution"
POLL = {"HX-Request": "true"}


def stages():
    return [stage("Source", source()), stage("Build", commands("Compile"), approval("Ask"))]


def created(room, mode):
    return room.create(stages=stages(), execution_mode=mode, pipeline_type="V2")


def text_of(client, url, data=None, **how):
    return client.get(url, data, **how).content.decode()


def finish(execution, action_name, status=ActionStatus.SUCCEEDED):
    made = {"Code": "website/Code/abcdefg"} if status is ActionStatus.SUCCEEDED else {}
    action = execution.action_executions.get(action_name=action_name, status="InProgress")
    engine.finish(action, ActionResult(status=status, artifacts=made))


# What a pipeline is.


@pytest.mark.parametrize("mode", ["SUPERSEDED", "QUEUED", "PARALLEL"])
def test_the_page_says_of_which_type_and_mode_the_pipeline_is(signed_in, engine_room, mode):
    created(engine_room, mode)

    text = text_of(signed_in, VIEW)

    assert f"Pipeline type: <b>V2</b>, execution mode: <b>{mode}</b>" in text
    assert f'href="{PROPERTIES}"' in text


def test_the_mode_is_chosen_and_the_next_version_has_it(signed_in, engine_room):
    created(engine_room, "SUPERSEDED")

    answer = signed_in.post(PROPERTIES, {"pipeline_type": "V2", "execution_mode": "QUEUED"})

    assert (answer.status_code, answer.url) == (303, VIEW)
    pipeline = Pipeline.objects.get()
    assert (pipeline.execution_mode, pipeline.version) == ("QUEUED", 2)
    assert "is of type V2 now, in execution mode QUEUED." in text_of(signed_in, VIEW)


def test_the_present_mode_is_chosen_and_executions_that_would_end_are_named(signed_in, engine_room):
    created(engine_room, "QUEUED")

    text = text_of(signed_in, PROPERTIES)

    checked = re.findall(r'value="(\w+)" checked', text)
    assert checked == ["V2", "QUEUED"]
    assert "executions of the present one end as Cancelled" in text


def test_parallel_executions_are_not_said_to_end(signed_in, engine_room):
    created(engine_room, "PARALLEL")

    assert "Cancelled" not in text_of(signed_in, PROPERTIES)


def test_a_mode_that_the_type_does_not_have_is_refused_in_the_words_of_the_api(
    signed_in, engine_room
):
    created(engine_room, "SUPERSEDED")

    answer = signed_in.post(PROPERTIES, {"pipeline_type": "V1", "execution_mode": "PARALLEL"})

    assert answer.status_code == 409
    said = "Execution mode PARALLEL can only be used in a pipeline of pipelineType V2"
    assert said in answer.content.decode()
    assert Pipeline.objects.get().version == 1


def test_what_is_no_change_makes_no_version(signed_in, engine_room):
    created(engine_room, "QUEUED")

    answer = signed_in.post(PROPERTIES, {"pipeline_type": "V2", "execution_mode": "QUEUED"})

    assert answer.status_code == 400
    assert "nothing is to be saved" in answer.content.decode()
    assert Pipeline.objects.get().version == 1


# QUEUED.


def test_the_queue_stands_in_front_of_its_stage_in_its_order(signed_in, engine_room):
    created(engine_room, "QUEUED")
    waiting = [engine_room.start() for _ in range(3)]

    text = text_of(signed_in, VIEW)

    found = [text.index(f"Inbound execution ID {each.pk}") for each in waiting]
    assert found == sorted(found)
    assert text.index('id="inbound-Source"') < text.index('id="queue-Source"') < found[1]
    for each in waiting[1:]:
        assert f'id="stop-queued-{each.pk}"' in text


def test_everybody_in_the_queue_has_a_number(signed_in, engine_room):
    created(engine_room, "QUEUED")
    waiting = [engine_room.start() for _ in range(2)]

    text = text_of(signed_in, VIEW)

    for place, each in enumerate(waiting, start=1):
        before, _, _ = text.partition(f'title="Inbound execution ID {each.pk}"')
        assert f"{place}. <a " in before[-200:]


def test_who_waits_alone_has_no_number(signed_in, engine_room):
    created(engine_room, "QUEUED")
    engine_room.start()

    assert "1. <a " not in text_of(signed_in, VIEW)


def test_of_a_long_queue_the_rest_is_counted(signed_in, engine_room):
    created(engine_room, "QUEUED")
    for _ in range(7):
        engine_room.start()

    text = text_of(signed_in, VIEW)

    assert text.count('id="stop-queued-') == 4
    assert "and 2 more in the queue" in text


def test_who_is_stopping_in_the_queue_cannot_be_stopped_again(signed_in, engine_room):
    created(engine_room, "QUEUED")
    _, third = engine_room.start(), engine_room.start()
    engine_room.stop(third, StopMode.WAIT)

    assert f'id="stop-queued-{third.pk}"' not in text_of(signed_in, VIEW)


def test_the_page_costs_the_same_however_long_the_queue_is(
    signed_in, engine_room, django_assert_max_num_queries
):
    created(engine_room, "QUEUED")
    engine_room.start()
    with django_assert_max_num_queries(20) as short:
        signed_in.get(VIEW)
    for _ in range(9):
        engine_room.start()

    with django_assert_max_num_queries(len(short)):
        signed_in.get(VIEW)


def test_a_stop_in_the_queue_says_that_the_others_keep_their_order(signed_in, engine_room):
    created(engine_room, "QUEUED")
    second = engine_room.start()

    text = text_of(signed_in, STOP, {"execution": str(second.pk)})

    assert "The others in the queue keep their order." in text


# PARALLEL.


def test_a_parallel_pipeline_has_no_diagram_and_lists_its_executions(signed_in, engine_room):
    first = created(engine_room, "PARALLEL")
    second = engine_room.start()

    text = text_of(signed_in, VIEW)

    assert 'id="canvas"' not in text
    assert "In PARALLEL mode executions run at the same time" in text
    for each in (first, second):
        assert f'href="{HISTORY}/{each.pk}/visualization"' in text


def test_while_executions_go_on_every_poll_is_answered(signed_in, engine_room):
    first = created(engine_room, "PARALLEL")
    assert 'name="rev" value=""' in text_of(signed_in, VIEW)
    engine_room.stop(first, StopMode.ABANDON)
    engine_room.settle()

    text = text_of(signed_in, VIEW)

    revision = re.findall(r'name="rev" value="(\d+)"', text)
    assert signed_in.get(VIEW, {"rev": revision}, headers=POLL).status_code == 204
    assert "every 30s" in text


def test_without_executions_the_page_of_a_parallel_pipeline_says_what_to_do(signed_in, engine_room):
    created(engine_room, "PARALLEL").delete()

    assert "No executions yet" in text_of(signed_in, VIEW)


def test_each_execution_has_a_diagram_with_everything_that_can_be_done(signed_in, engine_room):
    first = created(engine_room, "PARALLEL")
    engine_room.start()
    finish(first, "Fetch", ActionStatus.FAILED)

    text = text_of(signed_in, f"{HISTORY}/{first.pk}/visualization")

    assert f"stages/Source/retry?execution={first.pk}&amp;next=" in text


def test_the_retry_of_a_parallel_execution_is_about_that_one(signed_in, engine_room):
    first = created(engine_room, "PARALLEL")
    second = engine_room.start()
    finish(first, "Fetch", ActionStatus.FAILED)
    finish(second, "Fetch", ActionStatus.FAILED)
    page = f"{PIPELINE}/stages/Source/retry?execution={first.pk}"

    assert f'name="execution" value="{first.pk}"' in text_of(signed_in, page)
    signed_in.post(page, {"execution": str(first.pk), "mode": "FAILED_ACTIONS"})

    assert engine_room.status(first) == "InProgress"
    assert engine_room.status(second) == "Failed"


def test_the_history_offers_a_retry_for_each_parallel_execution_that_can_be_retried(
    signed_in, engine_room
):
    first = created(engine_room, "PARALLEL")
    second, third = engine_room.start(), engine_room.start()
    for each in (first, second):
        finish(each, "Fetch", ActionStatus.FAILED)

    text = text_of(signed_in, HISTORY)

    for each in (first, second):
        assert f"stages/Source/retry?execution={each.pk}&amp;next=" in text
    assert f"retry?execution={third.pk}" not in text


def test_the_retry_of_an_execution_that_takes_locks_is_about_the_stage(signed_in, engine_room):
    first = created(engine_room, "QUEUED")
    engine_room.fail("Fetch")
    page = f"{PIPELINE}/stages/Source/retry?execution={first.pk}"

    assert f'name="execution" value="{first.pk}"' in text_of(signed_in, page)


def test_a_stop_of_a_parallel_execution_holds_no_transition_and_touches_no_other(
    signed_in, engine_room
):
    first = created(engine_room, "PARALLEL")
    engine_room.start()

    text = text_of(signed_in, STOP, {"execution": str(first.pk)})

    assert "They run beside it and are not touched." in text
    assert "nlocks" not in text
    assert 'name="hold"' not in text


def test_after_an_update_a_parallel_execution_still_starts_what_it_has_not(signed_in, engine_room):
    ordered = [
        stage("Source", source()),
        stage("Build", commands("Compile"), commands("Test", run_order=2)),
    ]
    first = engine_room.create(stages=ordered, execution_mode="PARALLEL")
    finish(first, "Fetch")
    engine_room.update(stages=ordered, execution_mode="QUEUED")

    text = text_of(signed_in, f"{HISTORY}/{first.pk}/visualization")

    assert "will not start" not in text
