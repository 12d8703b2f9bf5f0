"""Invoke a pipeline: what the configuration may say, and real pipelines that start one another."""

import pytest

from pipelines import definitions, executions, finding, invoking, places, tasks
from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import Conflict, PipelineNotFound
from pipelines.core.source_overrides import RevisionType, SourceOverride
from pipelines.core.statuses import FailureCode
from pipelines.models import ActionExecution, PipelineExecution
from pipelines.providers import invoke_codepipeline
from pipelines.providers.contract import Failed, PipelineStart, Succeeded
from tests.definitions import action, approval, definition, s3_source, stage
from tests.engine_room import ALICE
from tests.providers.work import log_of, make_site, make_work
from tests.workers import Workers

INVOKE = ActionTypeId("Invoke", "AWS", "CodePipeline", "1")


def work_of(folder, start, **configuration):
    site = make_site(folder, start_pipeline=start)
    return make_work(folder, site=site, configuration={"PipelineName": "child", **configuration})


def test_what_is_configured_is_what_is_asked_for(tmp_path):
    asked = []

    def start(what):
        asked.append(what)
        return "one"

    work = work_of(
        tmp_path,
        start,
        Variables='[{"name": "LEVEL", "value": "3"}]',
        SourceRevisions='[{"actionName": "Fetch", "revisionType": "COMMIT_ID",'
        ' "revisionValue": "abc"}]',
    )
    outcome = invoke_codepipeline.perform(work)

    assert asked == [
        PipelineStart(
            action_execution_id=work.action_execution_id,
            pipeline_name="child",
            variables={"LEVEL": "3"},
            source_overrides=(SourceOverride("Fetch", RevisionType.COMMIT_ID, "abc"),),
        )
    ]
    assert isinstance(outcome, Succeeded)
    assert outcome.external_execution_id == "one"
    assert outcome.external_execution_url.endswith("/pipelines/child/executions/one/timeline")
    assert "Started execution one of the pipeline child" in log_of(work)


@pytest.mark.parametrize(
    ("key", "written", "expected"),
    [
        ("Variables", "[", "Variables is not JSON"),
        ("Variables", "[" * 100_000, "Variables is not JSON"),
        ("Variables", "{}", 'a JSON array such as [{"name": "…", "value": "…"}]'),
        ("Variables", '[{"name": "A"}]', "Variables has to be a JSON array"),
        ("Variables", '[{"name": "A", "value": 1}]', "Variables has to be a JSON array"),
        (
            "Variables",
            '[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]',
            "The variable A is given more than once.",
        ),
        ("SourceRevisions", '["a"]', "SourceRevisions has to be a JSON array"),
        (
            "SourceRevisions",
            '[{"actionName": "F", "revisionType": "X", "revisionValue": "1"}]',
            "the revisionType 'X' is none of COMMIT_ID",
        ),
    ],
)
def test_bad_json_is_said_and_nothing_is_started(tmp_path, key, written, expected):
    outcome = invoke_codepipeline.perform(work_of(tmp_path, pytest.fail, **{key: written}))

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert expected in outcome.message


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (PipelineNotFound("No such pipeline"), FailureCode.CONFIGURATION_ERROR),
        (Conflict("Busy"), FailureCode.SYSTEM_UNAVAILABLE),
    ],
)
def test_a_refusal_fails_the_action(tmp_path, refusal, code):
    def start(_):
        raise refusal

    outcome = invoke_codepipeline.perform(work_of(tmp_path, start))

    assert isinstance(outcome, Failed)
    assert outcome.code is code
    assert refusal.message in outcome.message


# Real pipelines


@pytest.fixture
def workers(transactional_db, monkeypatch, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    bucket = places.buckets() / "uploads"
    bucket.mkdir(parents=True)
    (bucket / "website.zip").write_bytes(b"anything")
    workers = Workers()
    monkeypatch.setattr(tasks, "_send", workers.send)
    return workers


def parent(name="parent", child="child", **configuration):
    invoke = action("Invoke", INVOKE, configuration={"PipelineName": child, **configuration})
    stages = [stage("Source", s3_source()), stage("Invoke", invoke)]
    return definition(name, stages=stages, pipeline_type="V2")


def child(name="child", **members):
    stages = [stage("Source", s3_source()), stage("Ask", approval())]
    return definition(name, stages=stages, pipeline_type="V2", **members)


def invocation(of="parent"):
    made = ActionExecution.objects.filter(execution__pipeline__name=of, action_name="Invoke")
    return made.latest("started_at")


def test_the_child_starts_with_the_variables_and_revisions_of_the_parent(workers):
    definitions.create(child(variables=[{"name": "LEVEL"}]), by=ALICE)
    revisions = (
        '[{"actionName": "Fetch", "revisionType": "S3_OBJECT_VERSION_ID",'
        ' "revisionValue": "00000000000000000000000000000000"}]'
    )
    variables = '[{"name": "LEVEL", "value": "#{codepipeline.PipelineExecutionId}"}]'
    made = definitions.create(
        parent(Variables=variables, SourceRevisions=revisions), by=ALICE
    ).executions.get()
    workers.work()

    made.refresh_from_db()
    run = finding.pipeline("child").executions.latest("sequence")
    assert made.status == "Succeeded", invocation().error_message
    assert invocation().external_execution_id == str(run.pk)
    assert run.variables["variables"] == {"LEVEL": str(made.pk)}
    assert run.source_overrides[0]["revisionValue"] == "0" * 32
    assert run.trigger_type == "StartPipelineExecution"
    assert run.trigger_detail == (
        f"arn:aws:sts::123456789012:assumed-role/penstock/{invocation().pk}"
    )


def test_one_action_execution_starts_one_execution_however_often(workers):
    definitions.create(child(), by=ALICE)
    definitions.create(parent(), by=ALICE)
    workers.work()
    before = PipelineExecution.objects.count()

    again = invoking.start(
        PipelineStart(action_execution_id=str(invocation().pk), pipeline_name="child")
    )

    assert again == invocation().external_execution_id
    assert PipelineExecution.objects.count() == before


def test_a_pipeline_that_is_not_there_fails_the_action(workers):
    definitions.create(parent(), by=ALICE)
    workers.work()

    assert invocation().error_code == "ConfigurationError"
    assert "does not have a pipeline with name 'child'" in invocation().error_message


def test_a_variable_without_a_value_fails_the_action_and_starts_nothing(workers):
    definitions.create(child(variables=[{"name": "LEVEL"}]), by=ALICE)
    definitions.create(parent(), by=ALICE)
    workers.work()

    assert "The variable LEVEL has no default" in invocation().error_message
    assert finding.pipeline("child").executions.count() == 1  # that of its creation


def test_pipelines_that_start_one_another_in_a_circle_are_stopped_where_it_begins(workers):
    definitions.create(parent("one", child="two"), by=ALICE)
    definitions.create(parent("two", child="one"), by=ALICE)
    workers.work()
    PipelineExecution.objects.all().delete()

    executions.start("one", trigger_type="StartPipelineExecution")
    workers.work()

    assert finding.pipeline("one").executions.count() == 1
    assert finding.pipeline("two").executions.count() == 1
    assert invocation("two").error_code == "ConfigurationError"
    assert "(one → two → one)" in invocation("two").error_message


def test_a_pipeline_does_not_start_itself(workers):
    definitions.create(parent("one", child="one"), by=ALICE)
    workers.work()

    assert "(one → one)" in invocation("one").error_message


def test_a_line_of_pipelines_ends_somewhere(workers):
    for number in range(invoking.DEEPEST + 1, 0, -1):
        definitions.create(parent(f"p{number}", child=f"p{number + 1}"), by=ALICE)
    workers.told.clear()
    PipelineExecution.objects.all().delete()

    executions.start("p1", trigger_type="StartPipelineExecution")
    workers.work()

    assert finding.pipeline(f"p{invoking.DEEPEST}").executions.count() == 1
    assert finding.pipeline(f"p{invoking.DEEPEST + 1}").executions.count() == 0
    assert "10 pipelines in a row" in invocation(f"p{invoking.DEEPEST}").error_message
