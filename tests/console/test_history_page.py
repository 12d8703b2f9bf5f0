"""The execution history of a pipeline."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines import definitions, transitions
from pipelines.core.entering import HELD_TOO_LONG
from pipelines.core.statuses import StopMode
from pipelines.models import Pipeline, PipelineExecution
from tests.definitions import commands, definition, source, stage
from tests.engine_room import ALICE

PAGE = "/codesuite/codepipeline/pipelines/website/executions"
STOP = "/codesuite/codepipeline/pipelines/website/stop-execution"
CODE = {"Code": "website/Code/abc"}


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


def many(pipeline, number, **values):
    """Finished executions, that came after all others."""
    pipeline.refresh_from_db()
    began, last = timezone.now() - timedelta(hours=1), pipeline.last_sequence
    finished = [
        PipelineExecution(
            pipeline=pipeline,
            sequence=last + position,
            version=1,
            trigger_type="StartPipelineExecution",
            started_at=began,
            ended_at=began + timedelta(seconds=38),
            **{"status": "Succeeded", **values},
        )
        for position in range(1, number + 1)
    ]
    Pipeline.objects.filter(pk=pipeline.pk).update(last_sequence=last + number)
    return PipelineExecution.objects.bulk_create(finished)


def shown(client, **asked):
    return client.get(PAGE, asked).context["page"].rows


def ids(rows):
    return [row.id for row in rows]


def test_nobody_sees_it_without_signing_in(client, building):
    answer = client.get(PAGE)

    assert answer.status_code == 302
    assert answer.url.startswith("/sign-in")


def test_a_pipeline_that_does_not_exist_is_not_found(signed_in, db):
    assert signed_in.get(PAGE).status_code == 404


def test_it_has_the_title_the_tabs_and_the_buttons(signed_in, building):
    text = signed_in.get(PAGE).content.decode()

    assert "Executions | website" in text
    assert f'href="{STOP}?next=' in text
    assert 'href="/codesuite/codepipeline/pipelines/website/release?next=' in text
    assert 'href="/codesuite/codepipeline/pipelines/website/view"' in text


def test_the_newest_comes_first_and_only_those_of_the_pipeline(signed_in, building, engine_room):
    definitions.create(definition("other", stages=stages()), by=ALICE)
    second = engine_room.start()

    assert ids(shown(signed_in)) == [second.pk, building.pk]


def test_without_executions_it_says_so(signed_in, building):
    building.delete()

    assert "No executions yet" in signed_in.get(PAGE).content.decode()


# What a row tells.


def test_an_execution_in_a_stage(signed_in, building):
    row = shown(signed_in)[0]

    assert (row.words.label, row.note) == ("In progress", "Stage: Build")
    assert (row.trigger, row.trigger_detail) == ("CreatePipeline", "alice")
    assert (row.ended_at, row.duration) == (None, None)
    assert (row.may_stop, row.may_abandon, row.retry_stage) == (True, False, "")


def test_an_execution_in_front_of_a_stage(signed_in, building, engine_room):
    engine_room.start()
    engine_room.succeed("Fetch", artifacts=CODE)

    assert shown(signed_in)[0].note == "Inbound to Build"


@pytest.mark.parametrize(("stage_name", "side"), [("Build", "Inbound"), ("Source", "Outbound")])
def test_an_execution_in_front_of_a_disabled_transition(
    stage_name, side, signed_in, building, engine_room
):
    transitions.disable("website", stage_name, reason="Freeze", by=ALICE, transition=side)
    engine_room.start()
    engine_room.succeed("Fetch", artifacts=CODE)

    assert shown(signed_in)[0].note == "Inbound to Build (transition disabled)"


@pytest.mark.parametrize(
    ("mode", "reason", "told"),
    [
        (StopMode.WAIT, "Wrong commit", "“Wrong commit” – alice"),
        (StopMode.WAIT, None, "Stop asked for by alice"),
        (StopMode.ABANDON, "Bug fix first", "Abandoned: “Bug fix first” – alice"),
        (StopMode.ABANDON, None, "Abandoned by alice"),
    ],
)
def test_the_stop_comments_are_beside_the_status(
    mode, reason, told, signed_in, building, engine_room
):
    engine_room.stop(building, mode, reason=reason)

    text = signed_in.get(PAGE).content.decode()

    plain = text.replace('<bdi class="cs-verbatim">', "").replace("<bdi>", "").replace("</bdi>", "")
    assert f"<small>{told}</small>" in plain
    assert "Stopping" in text


def test_comments_are_verbatim_and_harmless(signed_in, building, engine_room):
    engine_room.stop(building, reason="<script>x</script>\n\n🎉 “&”")

    text = signed_in.get(PAGE).content.decode()

    assert '<bdi class="cs-verbatim">&lt;script&gt;x&lt;/script&gt;\n\n🎉 “&amp;”</bdi>' in text


def test_while_it_waits_it_may_be_abandoned_and_after_that_nothing(
    signed_in, building, engine_room
):
    engine_room.stop(building)
    waiting = shown(signed_in)[0]
    engine_room.stop(building, StopMode.ABANDON)
    abandoning = shown(signed_in)[0]

    assert (waiting.may_stop, waiting.may_abandon) == (False, True)
    assert (abandoning.may_stop, abandoning.may_abandon) == (False, False)


def test_a_stopped_one_keeps_its_comments_and_may_be_retried(signed_in, building, engine_room):
    engine_room.stop(building, StopMode.ABANDON, reason="Wrong commit")
    engine_room.settle()

    row = shown(signed_in)[0]

    assert (row.words.label, row.note, row.retry_stage) == ("Stopped", "", "Build")
    assert (row.stop.mode, row.stop.comments, row.stop.by) == ("abandon", "Wrong commit", "alice")


def test_a_failed_one_tells_what_failed(signed_in, building, engine_room):
    engine_room.fail("Compile")

    row = shown(signed_in)[0]

    assert (row.words.label, row.note) == ("Failed", "Compile in Build failed")
    assert row.retry_stage == "Build"


def test_one_that_was_overtaken_cannot_be_retried(signed_in, building, engine_room):
    engine_room.fail("Compile")
    engine_room.start()
    engine_room.succeed("Fetch", artifacts=CODE)

    assert shown(signed_in)[1].retry_stage == ""


def test_a_superseded_one_tells_by_whom(signed_in, building, engine_room):
    engine_room.start()
    engine_room.succeed("Fetch", artifacts=CODE)
    newest = engine_room.start()
    engine_room.succeed("Fetch", artifacts=CODE)

    row = shown(signed_in)[1]

    assert (row.words.label, row.superseded_by) == ("Superseded", newest.pk)
    assert f"Superseded by execution {str(newest.pk)[:8]}" in signed_in.get(PAGE).content.decode()


def test_one_that_was_not_resumed_says_why(signed_in, building):
    many(building.pipeline, 1, status="Cancelled", status_summary=HELD_TOO_LONG)

    assert shown(signed_in)[0].note == HELD_TOO_LONG


def test_a_rollback_has_its_badge_and_a_finished_one_its_times(signed_in, building):
    many(building.pipeline, 1, execution_type="ROLLBACK")

    row = shown(signed_in)[0]

    assert row.is_rollback
    assert row.duration == timedelta(seconds=38)
    assert "Rollback" in signed_in.get(PAGE).content.decode()


def test_source_revisions_are_links_that_cannot_be_scripts(signed_in, building):
    building.source_revisions = [
        {
            "actionName": "Fetch",
            "revisionId": "434ee9d6aa",
            "revisionSummary": "Retry <webhooks>",
            "revisionUrl": url,
        }
        for url in ("https://example.com/434ee9d6aa", "javascript:alert(1)")
    ]
    building.save(update_fields=["source_revisions"])

    text = signed_in.get(PAGE).content.decode()

    assert '<a href="https://example.com/434ee9d6aa" title="434ee9d6aa">434ee9d6</a>' in text
    assert "Retry &lt;webhooks&gt;" in text
    assert "javascript:" not in text


def test_the_buttons_lead_to_the_execution_and_back_to_the_same_view(signed_in, building):
    text = signed_in.get(PAGE, {"q": "a b", "rev": "x"}).content.decode()
    assert "No matches" in text

    text = signed_in.get(PAGE, {"status": "InProgress"}).content.decode()

    back = "%2Fcodesuite%2Fcodepipeline%2Fpipelines%2Fwebsite%2Fexecutions%3Fstatus%3DInProgress"
    assert f'href="{STOP}?execution={building.pk}&amp;next={back}"' in text


# Finding.


def test_a_search_looks_in_ids_revisions_triggers_and_comments(signed_in, building, engine_room):
    engine_room.stop(building, reason="Wrong COMMIT 100%")
    many(building.pipeline, 3)

    for words in (
        str(building.pk)[:8].upper(),
        "wrong commit",
        "createpipeline",
        "100%",
        " commit ",
    ):
        assert ids(shown(signed_in, q=words)) == [building.pk], words
    assert shown(signed_in, q="1_0") == ()


def test_a_status_is_filtered_by(signed_in, building):
    done = many(building.pipeline, 2)

    assert ids(shown(signed_in, status="InProgress")) == [building.pk]
    assert ids(shown(signed_in, status="Succeeded")) == [done[1].pk, done[0].pk]
    assert len(shown(signed_in, status="nonsense")) == 3


def test_what_was_searched_for_is_in_the_form_again(signed_in, building):
    text = signed_in.get(PAGE, {"q": '"><b>', "status": "Failed"}).content.decode()

    assert 'value="&quot;&gt;&lt;b&gt;"' in text
    assert '<option value="Failed" selected>Failed</option>' in text


# Paging.


def test_pages_go_on_where_the_last_one_ended(signed_in, building):
    executions = [building, *many(building.pipeline, 44)][::-1]

    pages, place = [], {}  # type: ignore[var-annotated]
    for _ in range(3):
        page = signed_in.get(PAGE, place).context["page"]
        pages.append(page)
        place = {"before": page.older}

    assert [ids(page.rows) for page in pages] == [
        [one.pk for one in executions[:20]],
        [one.pk for one in executions[20:40]],
        [one.pk for one in executions[40:]],
    ]
    assert [bool(page.older) for page in pages] == [True, True, False]
    assert [bool(page.newer) for page in pages] == [False, True, True]

    back = signed_in.get(PAGE, {"after": pages[2].newer}).context["page"]
    assert ids(back.rows) == ids(pages[1].rows)
    first = signed_in.get(PAGE, {"after": pages[1].newer}).context["page"]
    assert ids(first.rows) == ids(pages[0].rows)
    assert (first.is_first, first.newer) == (True, None)


def test_paging_keeps_what_was_searched_for(signed_in, building):
    many(building.pipeline, 21)

    text = signed_in.get(PAGE, {"status": "Succeeded", "q": "start"}).content.decode()
    assert "No matches" in text

    text = signed_in.get(PAGE, {"status": "Succeeded"}).content.decode()
    assert 'href="?status=Succeeded&amp;before=' in text


@pytest.mark.parametrize("place", ["-1", "x", "9" * 40, "9" * 19, "²", ""])
def test_a_place_that_makes_no_sense_is_no_error(place, signed_in, building):
    assert signed_in.get(PAGE, {"before": place}).status_code == 200
    assert signed_in.get(PAGE, {"after": place}).status_code == 200


def test_older_pages_stand_still(signed_in, building):
    many(building.pipeline, 30)
    older = signed_in.get(PAGE).context["page"].older

    text = signed_in.get(PAGE, {"before": older}).content.decode()

    assert "data-live" not in text
    assert "as of" in text


# Kept true.


def poll(client, **asked):
    return client.get(PAGE, asked, headers={"HX-Request": "true"})


def test_a_poll_of_what_has_not_changed_gets_nothing_for_one_query(
    signed_in, building, django_assert_max_num_queries
):
    revision = Pipeline.objects.get().revision

    with django_assert_max_num_queries(3):  # two of them are about who asks
        answer = poll(signed_in, rev=revision)

    assert answer.status_code == 204


def test_a_poll_after_a_change_gets_the_table_and_says_what_changed(
    signed_in, building, engine_room
):
    page = signed_in.get(PAGE)
    engine_room.stop(building, StopMode.ABANDON)
    second = engine_room.start()

    answer = poll(signed_in, rev="0", shown=page.context["shown"])

    text = answer.content.decode()
    assert "<form" not in text
    assert answer.context["news"] == (
        f"Execution {str(second.pk)[:8]}: In progress. Execution {str(building.pk)[:8]}: Stopped."
    )
    assert 'id="announcer" role="status" hx-swap-oob="morph"' in text
    assert answer["Cache-Control"] == "no-store"


def test_nothing_is_announced_of_what_was_shown_already(signed_in, building):
    page = signed_in.get(PAGE)

    assert poll(signed_in, rev="0", shown=page.context["shown"]).context["news"] == ""


def test_it_asks_often_only_while_something_is_going_on(signed_in, building, engine_room):
    assert signed_in.get(PAGE).context["every"] == "every 2s"

    engine_room.fail("Compile")

    assert signed_in.get(PAGE).context["every"] == "every 30s"


# What it costs.


@pytest.mark.parametrize("number", [0, 300])
def test_a_page_costs_the_same_whatever_the_history(
    number, signed_in, building, engine_room, django_assert_max_num_queries
):
    engine_room.fail("Compile")
    many(building.pipeline, number)

    for asked in ({}, {"before": 250}, {"status": "Succeeded"}, {"q": "start"}):
        with django_assert_max_num_queries(9):
            signed_in.get(PAGE, asked)


def test_what_is_not_shown_is_not_read(signed_in, building, django_assert_max_num_queries):
    with django_assert_max_num_queries(9) as queries:
        signed_in.get(PAGE)

    read = " ".join(query["sql"] for query in queries.captured_queries)
    assert '"artifacts"' not in read
    assert '"variables"' not in read
