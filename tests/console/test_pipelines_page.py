"""The list of pipelines."""

from pipelines import executions
from pipelines.core.statuses import StopMode
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

URL = "/codesuite/codepipeline/pipelines"
STAGES = [stage("Source", source()), stage("Build", commands("Compile"))]


def test_nobody_sees_it_without_signing_in(client):
    answer = client.get(URL)

    assert answer.status_code == 302
    assert answer.url == f"/sign-in?next={URL}"


def test_the_root_leads_to_it(signed_in):
    assert signed_in.get("/").url == URL


def test_without_pipelines_it_says_how_to_get_one(signed_in, db):
    text = signed_in.get(URL).content.decode()

    assert "There are no pipelines to display" in text
    assert "PENSTOCK_DEMO" in text


def test_a_row_tells_of_the_latest_execution_and_the_five_most_recent(signed_in, engine_room):
    first = engine_room.create(stages=STAGES)
    for _ in range(6):
        latest = engine_room.start()
    engine_room.stop(latest, StopMode.ABANDON)
    engine_room.settle()

    row = signed_in.get(URL).context["rows"][0]

    assert row.name == "website"
    assert row.words.label == "Stopped"
    assert row.recent[0].id == latest.id
    assert len(row.recent) == 5
    assert first.id not in {execution.id for execution in row.recent}


def test_source_revisions_are_links_with_the_first_line_of_the_message(signed_in, engine_room):
    execution = engine_room.create(stages=STAGES)
    execution.source_revisions = [
        {
            "actionName": "Fetch",
            "revisionId": "434ee9d6aa",
            "revisionSummary": "Retry <webhooks>\n\nAnd more",
            "revisionUrl": "http://127.0.0.1:8000/codesuite/commit/434ee9d6aa?region=x",
        }
    ]
    execution.save(update_fields=["source_revisions"])

    text = signed_in.get(URL).content.decode()

    assert '<a href="/codesuite/commit/434ee9d6aa?region=x"' in text
    assert "Retry &lt;webhooks&gt;" in text
    assert "And more" not in text


def test_a_search_finds_parts_of_names(signed_in, engine_room):
    engine_room.create(stages=STAGES, name="website")
    engine_room.create(stages=STAGES, name="orders.v2@eu_x-1")

    found = signed_in.get(URL, {"q": "V2@"})
    missed = signed_in.get(URL, {"q": "<nothing>"})

    assert [row.name for row in found.context["rows"]] == ["orders.v2@eu_x-1"]
    assert "&lt;nothing&gt;" in missed.content.decode()


def test_a_hundred_rows_are_a_page(signed_in, engine_room):
    for number in range(101):
        engine_room.create(stages=STAGES, name=f"p{number:03}")

    first = signed_in.get(URL)
    second = signed_in.get(f"{URL}{first.context['next_url']}")

    assert len(first.context["rows"]) == 100
    assert [row.name for row in second.context["rows"]] == ["p100"]
    assert second.context["previous_url"] == "?q=&page=1"


def test_queries_do_not_grow_with_pipelines_or_history(
    signed_in, engine_room, django_assert_max_num_queries
):
    for number in range(20):
        engine_room.create(stages=STAGES, name=f"p{number}")
        for _ in range(10):
            executions.start(f"p{number}", trigger_type="StartPipelineExecution")

    with django_assert_max_num_queries(6):  # session, user, revision, count, page, recent
        signed_in.get(URL)


def test_an_unchanged_poll_is_one_aggregate_and_a_204(
    signed_in, engine_room, django_assert_max_num_queries
):
    engine_room.create(stages=STAGES)
    revision = signed_in.get(URL).context["revision"]

    with django_assert_max_num_queries(3):
        answer = signed_in.get(URL, {"rev": revision}, headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_changed_poll_is_the_table_alone(signed_in, engine_room):
    engine_room.create(stages=STAGES)
    revision = signed_in.get(URL).context["revision"]
    executions.start("website", trigger_type="StartPipelineExecution", trigger_detail=ALICE.arn)

    answer = signed_in.get(URL, {"rev": revision, "q": "web"}, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert answer.content.decode().startswith('<div id="live" data-live')
    assert f'hx-get="{URL}?q=web"' in answer.content.decode()
    assert "HX-Request" in answer.headers["Vary"]


def test_the_poll_of_somebody_signed_out_meanwhile_sends_the_tab_to_sign_in(client):
    answer = client.get(
        URL, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{URL}?q=a"}
    )

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == (
        "/sign-in?next=%2Fcodesuite%2Fcodepipeline%2Fpipelines%3Fq%3Da"
    )
