"""Release change: a dialog that starts an execution."""

import re
from uuid import uuid4

import pytest

from pipelines import definitions
from pipelines.core.results import SourceRevision
from pipelines.models import PipelineExecution
from tests.definitions import approval, commands, definition, s3_source, source, stage
from tests.engine_room import ALICE

URL = "/codesuite/codepipeline/pipelines/website/release"
VIEW = URL.replace("release", "view")
STAGES = [stage("Source", source()), stage("Build", commands())]


@pytest.fixture
def execution(engine_room):
    return engine_room.create(stages=STAGES)


@pytest.fixture
def with_variables(engine_room, execution):
    variables = [{"name": "Level", "defaultValue": "info"}, {"name": "Target-1"}]
    newer = definition("website", stages=STAGES, pipelineType="V2", variables=variables)
    definitions.update(newer, by=ALICE)
    engine_room.settle()


def asked(**more):
    return {"token": str(uuid4()), **more}


def latest():
    return PipelineExecution.objects.order_by("sequence").last()


def test_it_asks_before_it_starts(signed_in, execution):
    text = signed_in.get(URL, headers={"HX-Request": "true"}).content.decode()

    assert '<h2 id="dialog-title">Release change</h2>' in text
    assert ">Release</button>" in text
    assert "Pipeline variables" not in text
    assert latest() == execution


def test_releasing_starts_an_execution_and_links_to_it(signed_in, execution):
    answer = signed_in.post(URL, asked())

    assert (answer.status_code, answer.url) == (303, VIEW)
    assert latest().trigger_type == "StartPipelineExecution"
    assert latest().trigger_detail == ALICE.arn
    assert f"executions/{latest().id}/timeline" in signed_in.get(VIEW).content.decode()


def test_a_second_click_starts_nothing_more(signed_in, execution):
    once = asked()

    signed_in.post(URL, once)
    signed_in.post(URL, once)

    assert PipelineExecution.objects.count() == 2


def test_pipeline_variables_are_asked_for(signed_in, with_variables):
    page = signed_in.get(URL).content.decode()
    signed_in.post(URL, asked(**{"variable-Level": "", "variable-Target-1": " eu "}))

    assert "Left empty, it is: info" in page
    assert latest().variables["variables"] == {"Level": "info", "Target-1": " eu "}


def test_what_the_definition_says_of_a_variable_stands_at_its_field(signed_in, engine_room):
    variables = [
        {"name": "Level", "defaultValue": "info", "description": "How <much> is said"},
        {"name": "Target", "description": "Where to"},
    ]
    engine_room.create(stages=STAGES, pipelineType="V2", variables=variables)

    page = signed_in.get(URL).content.decode()

    assert "How &lt;much&gt; is said - Left empty, it is: info" in page
    assert ">Where to<" in page


def test_a_variable_without_a_default_needs_a_value(signed_in, with_variables):
    before = latest()

    answer = signed_in.post(URL, asked(**{"variable-Level": "<kept>"}))

    assert answer.status_code == 400
    assert "&lt;kept&gt;" in answer.content.decode()
    assert latest() == before


def test_getting_the_page_starts_nothing(signed_in, execution):
    signed_in.get(URL)

    assert PipelineExecution.objects.count() == 1


def test_who_is_signed_out_starts_nothing(client, execution):
    client.post(URL, asked())

    assert PipelineExecution.objects.count() == 1


@pytest.fixture
def with_sources(engine_room, execution):
    uploads = {"S3Bucket": "uploads", "S3ObjectKey": "site.zip"}
    may_change = {**uploads, "AllowOverrideForS3ObjectKey": "true"}
    sources = [
        source(),
        s3_source("Upload", output="Data", configuration=uploads),
        s3_source("Free", output="Other", configuration=may_change),
    ]
    newer = [stage("Source", *sources), stage("Build", commands())]
    definitions.update(definition("website", stages=newer, pipelineType="V2"), by=ALICE)
    engine_room.fetch()  # of the execution of the version before, which ends it


def test_there_is_a_field_for_what_can_be_asked_of_each_source(signed_in, with_sources):
    page = signed_in.get(URL).content.decode()

    assert "Source revision override" in page
    assert re.findall(r'name="source-([^"]+)"', page) == [
        "Fetch-COMMIT_ID",
        "Upload-S3_OBJECT_VERSION_ID",
        "Free-S3_OBJECT_VERSION_ID",
        "Free-S3_OBJECT_KEY",
    ]
    assert "Fetch (commit ID)" in page


def test_a_pipeline_of_type_v1_offers_no_override(signed_in, engine_room):
    engine_room.create(name="old", stages=[stage("Source", source()), stage("Ask", approval())])

    assert "override" not in signed_in.get(URL.replace("website", "old")).content.decode()


def test_a_source_revision_that_is_given_goes_to_the_execution(signed_in, with_sources):
    commit = "4f2a9c1d" * 5
    fields = {"source-Fetch-COMMIT_ID": f" {commit}\n", "source-Free-S3_OBJECT_KEY": "old.zip"}

    signed_in.post(URL, asked(**fields))

    assert latest().source_overrides == [
        {"actionName": "Fetch", "revisionType": "COMMIT_ID", "revisionValue": commit},
        {"actionName": "Free", "revisionType": "S3_OBJECT_KEY", "revisionValue": "old.zip"},
    ]
    assert "with the source revisions you gave" in signed_in.get(VIEW).content.decode()


def test_what_was_typed_into_the_folded_part_stays_in_sight_when_refused(signed_in, with_sources):
    answer = signed_in.post(URL, asked(**{"source-Fetch-COMMIT_ID": "x" * 1501}))

    assert answer.status_code == 400
    assert '<details class="cs-expander" open>' in answer.content.decode()


def test_the_execution_shows_what_was_asked_for(signed_in, engine_room, with_sources):
    commit = "4f2a9c1d" * 5
    signed_in.post(URL, asked(**{"source-Fetch-COMMIT_ID": commit}))
    for_all = {"artifacts": {"Code": "k"}, "revision": SourceRevision(revision_id=commit)}
    engine_room.settle()
    engine_room.succeed("Fetch", **for_all)
    page = VIEW.replace("/view", f"/executions/{latest().id}")

    assert (
        f'<bdi class="cs-mono">{commit}</bdi>' in signed_in.get(f"{page}/timeline").content.decode()
    )
    revisions = signed_in.get(f"{page}/revisions").content.decode()
    assert f"asked for: <bdi>COMMIT_ID {commit}</bdi>" in revisions
