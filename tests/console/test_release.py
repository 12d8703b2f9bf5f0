"""Release change: a dialog that starts an execution."""

from uuid import uuid4

import pytest

from pipelines import definitions
from pipelines.models import PipelineExecution
from tests.definitions import commands, definition, source, stage
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
