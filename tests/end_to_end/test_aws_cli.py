"""The real `aws` command against a running Penstock: the examples of AWS's guide, word for word."""

import json
import shlex
from itertools import count
from uuid import uuid4

import pytest

from tests.end_to_end.aws_tools import INTEGRATION, Aws, boto3_client
from tests.end_to_end.workplace import Workplace
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

NAME = "MyFirstPipeline"
PATIENCE = 60
FAILED = 255  # what version 1 of the command exits with; version 2 says 254 of a service's error
_numbers = count(1)

# "Stop a pipeline execution (CLI)" in the CodePipeline User Guide.
STOP_AND_WAIT = (
    "aws codepipeline stop-pipeline-execution --pipeline-name MyFirstPipeline"
    " --pipeline-execution-id d-EXAMPLE --no-abandon"
)
STOP_BY_DEFAULT = (
    "aws codepipeline stop-pipeline-execution --pipeline-name MyFirstPipeline"
    " --pipeline-execution-id d-EXAMPLE"
    ' --reason "Stopping execution after the build action is done"'
)
STOP_AND_ABANDON = (
    "aws codepipeline stop-pipeline-execution --pipeline-name MyFirstPipeline"
    " --pipeline-execution-id d-EXAMPLE --abandon"
    ' --reason "Stopping execution for a bug fix"'
)
EXAMPLES = [STOP_AND_WAIT, STOP_BY_DEFAULT, STOP_AND_ABANDON]


@pytest.fixture
def aws(penstock, tmp_path):
    """The command as it comes: it speaks JSON."""
    return Aws(penstock.url, tmp_path)


@pytest.fixture(params=["json", "cbor"])
def either_aws(request, penstock, cbor_model, tmp_path):
    """The command in both protocols."""
    return Aws(penstock.url, tmp_path, model=cbor_model if request.param == "cbor" else None)


@pytest.fixture(scope="module")
def watch(penstock):
    """A client that looks on: it is asked often, and a command takes its time to start."""
    client = boto3_client(penstock.url)
    yield client
    client.close()


@pytest.fixture
def workplace(penstock, tmp_path):
    workplace = Workplace(penstock.home, tmp_path, f"cli-{next(_numbers)}")
    yield workplace
    workplace.open()


@pytest.fixture
def building(aws, watch, workplace, tmp_path):
    """The id of an execution of MyFirstPipeline whose Build waits for the gate."""
    definition = {**workplace.definition(), "name": NAME}
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps({"pipeline": definition}))
    aws.said("create-pipeline", "--cli-input-json", f"file://{file}")
    wait_until(lambda: build_of(watch) == "InProgress", PATIENCE)
    yield execution(watch)["pipelineExecutionId"]
    workplace.open()
    watch.delete_pipeline(name=NAME)


def execution(watch):
    """The newest of MyFirstPipeline, as ListPipelineExecutions has it."""
    listed = watch.list_pipeline_executions(pipelineName=NAME, maxResults=1)
    return listed["pipelineExecutionSummaries"][0]


def build_of(watch):
    state = watch.get_pipeline_state(name=NAME)
    [build] = [s for s in state["stageStates"] if s["stageName"] == "Build"]
    return build["actionStates"][0].get("latestExecution", {}).get("status")


def run(aws, example, execution_id):
    return aws.execute(shlex.split(example.replace("d-EXAMPLE", execution_id)))


def becomes(watch, status):
    wait_until(lambda: execution(watch)["status"] == status, PATIENCE)


def test_stop_and_wait_as_the_guide_shows_it(either_aws, watch, workplace, building):
    done = run(either_aws, STOP_AND_WAIT, building)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"pipelineExecutionId": building}
    assert execution(watch)["status"] == "Stopping"
    assert build_of(watch) == "InProgress"
    workplace.open()
    becomes(watch, "Stopped")
    assert build_of(watch) == "Succeeded"


def test_the_default_is_to_wait_and_comments_are_kept(either_aws, watch, workplace, building):
    done = run(either_aws, STOP_BY_DEFAULT, building)

    assert (done.returncode, done.stderr) == (0, "")
    told = execution(watch)
    assert told["status"] == "Stopping"
    assert told["stopTrigger"] == {"reason": "Stopping execution after the build action is done"}
    workplace.open()
    becomes(watch, "Stopped")
    assert build_of(watch) == "Succeeded"


def test_stop_and_abandon_as_the_guide_shows_it(either_aws, watch, building):
    done = run(either_aws, STOP_AND_ABANDON, building)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"pipelineExecutionId": building}
    becomes(watch, "Stopped")
    assert build_of(watch) == "Abandoned"
    assert execution(watch)["stopTrigger"] == {"reason": "Stopping execution for a bug fix"}


def test_one_may_change_ones_mind_and_abandon_but_not_the_other_way_round(aws, watch, building):
    run(aws, STOP_BY_DEFAULT, building)

    again = run(aws, STOP_AND_WAIT, building)
    assert again.returncode == FAILED
    assert again.stdout == ""
    assert (
        "An error occurred (DuplicatedStopRequestException) when calling the StopPipelineExecution"
        " operation: "
    ) in again.stderr

    assert run(aws, STOP_AND_ABANDON, building).returncode == 0
    becomes(watch, "Stopped")
    too_late = run(aws, STOP_AND_ABANDON, building)
    assert too_late.returncode == FAILED
    assert "(PipelineExecutionNotStoppableException)" in too_late.stderr


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_placeholder_of_the_guide_is_no_id(aws, watch, building, example):
    done = aws.execute(shlex.split(example))

    assert done.returncode == FAILED
    assert "An error occurred (ValidationException)" in done.stderr
    assert "Value 'd-EXAMPLE' at 'pipelineExecutionId'" in done.stderr
    assert execution(watch)["status"] == "InProgress"


def test_what_was_stopped_is_retried(aws, watch, workplace, building):
    run(aws, STOP_AND_ABANDON, building)
    becomes(watch, "Stopped")

    answer = aws.said(
        "retry-stage-execution",
        *("--pipeline-name", "MyFirstPipeline", "--stage-name", "Build"),
        *("--pipeline-execution-id", building, "--retry-mode", "FAILED_ACTIONS"),
    )

    assert answer == {"pipelineExecutionId": building}
    workplace.open()
    becomes(watch, "Succeeded")


def test_a_pipeline_is_created_from_a_file_and_read_back(aws, building):
    got = aws.said("get-pipeline", "--name", "MyFirstPipeline")

    assert got["pipeline"]["name"] == "MyFirstPipeline"
    assert got["pipeline"]["version"] == 1
    assert [stage["name"] for stage in got["pipeline"]["stages"]] == ["Source", "Build"]


def test_one_may_start_with_variables_and_a_chosen_revision(aws, watch, workplace, tmp_path):
    older = workplace.upload("older")
    workplace.upload("newer, and longer")
    made = tmp_path / "long.json"
    made.write_text(json.dumps({"pipeline": workplace.long_definition()}))
    aws.said("create-pipeline", "--cli-input-json", f"file://{made}")

    started = aws.said(
        "start-pipeline-execution",
        *("--name", workplace.name, "--variables", "name=Level,value=debug"),
        "--source-revisions",
        f"actionName=Fetch,revisionType=S3_OBJECT_VERSION_ID,revisionValue={older}",
    )

    which = {
        "pipelineName": workplace.name,
        "pipelineExecutionId": started["pipelineExecutionId"],
    }

    def revisions():
        found = watch.get_pipeline_execution(**which)["pipelineExecution"]
        return [revision["revisionId"] for revision in found.get("artifactRevisions", [])]

    wait_until(revisions, PATIENCE)
    assert revisions() == [older]
    aws.said("delete-pipeline", "--name", workplace.name)


def test_what_answers_with_nothing_prints_nothing(aws, building):
    where = ("--pipeline-name", "MyFirstPipeline", "--stage-name", "Build")
    side = ("--transition-type", "Inbound")

    assert aws.said("disable-stage-transition", *where, *side, "--reason", "Hold it") is None
    assert aws.said("enable-stage-transition", *where, *side) is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ["get-pipeline", "--name", "nowhere"],
            "PipelineNotFoundException",
            "Account '123456789012' does not have a pipeline with name 'nowhere'",
        ),
        (
            ["get-pipeline", "--name", "no spaces"],
            "ValidationException",
            "Member must satisfy regular expression pattern",
        ),
        (
            ["update-action-type", "--action-type", json.dumps(INTEGRATION)],
            "UnknownOperationException",
            "is not available in this version of Penstock",
        ),
    ],
)
def test_errors_are_told_on_stderr(either_aws, arguments, code, words):
    done = either_aws.run(*arguments)

    assert (done.returncode, done.stdout) == (FAILED, "")
    assert f"An error occurred ({code}) when calling the" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "not the secret"}, "InvalidSignatureException"),
        ({"AWS_ACCESS_KEY_ID": "AKIANOBODYHASTHISKEY"}, "UnrecognizedClientException"),
    ],
)
def test_who_is_not_known_by_his_key_is_refused(aws, credentials, code):
    aws.environment.update(credentials)

    done = aws.run("list-pipelines")

    assert done.returncode == FAILED
    assert f"An error occurred ({code}) when calling the ListPipelines operation" in done.stderr


def test_who_does_not_sign_is_refused(aws):
    done = aws.run("list-pipelines", "--no-sign-request")

    assert done.returncode == FAILED
    assert "(MissingAuthenticationTokenException)" in done.stderr


def test_without_credentials_the_command_says_so_by_itself(aws):
    del aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"]

    done = aws.run("list-pipelines")

    assert done.returncode == FAILED
    assert "Unable to locate credentials" in done.stderr


def test_an_unknown_execution_is_not_found(aws, building):
    where = ("--pipeline-name", "MyFirstPipeline")

    done = aws.run("get-pipeline-execution", *where, "--pipeline-execution-id", str(uuid4()))

    assert "(PipelineExecutionNotFoundException)" in done.stderr
