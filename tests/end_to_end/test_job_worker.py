"""The job worker of docs/job-workers.md, a process of its own, at a running Penstock."""

import shlex
import subprocess
import sys
from itertools import count

import pytest

from pipelines.core.action_types import ActionTypeId
from tests.definitions import action, deploy, stage
from tests.end_to_end.aws_tools import REGION, boto3_client
from tests.end_to_end.installation import ACCESS_KEY_ID, ROOT, SECRET_ACCESS_KEY
from tests.end_to_end.workplace import Workplace
from tests.waiting import is_gone, wait_for_pid, wait_until

pytestmark = pytest.mark.timeout(300)

WORKER = ROOT / "docs" / "examples" / "job-worker" / "worker.py"
WORKBENCH = ActionTypeId("Build", "Custom", "Workbench", "1")
_numbers = count(1)


@pytest.fixture(scope="module")
def worker(penstock, tmp_path_factory):
    """It is given nothing but what every tool of AWS takes from the environment."""
    folder = tmp_path_factory.mktemp("worker")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "AWS_ENDPOINT_URL": penstock.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "LOOK_EVERY": "0.3",
    }
    command = [sys.executable, str(WORKER)]
    subprocess.run([*command, "create-type"], env=environment, check=True, timeout=60)
    with subprocess.Popen(command, env=environment) as process:
        yield folder
        assert process.poll() is None, "The worker has ended, and has said why."
        process.terminate()
        process.wait(60)


@pytest.fixture
def client(penstock):
    client = boto3_client(penstock.url)
    yield client
    client.close()


@pytest.fixture
def workplace(penstock, tmp_path, client):
    workplace = Workplace(penstock.home, tmp_path, f"workbench-{next(_numbers)}")
    yield workplace
    client.delete_pipeline(name=workplace.name)


def run(client, workplace, command):
    """Have the worker do this command; the id of the execution."""
    use = action(
        "Use", WORKBENCH, inputs=["Code"], outputs=["Made"], configuration={"Command": command}
    )
    publish = deploy("Publish", inputs=["Made"], configuration=workplace.target)
    stages = [stage("Build", use), stage("Deploy", publish)]
    client.create_pipeline(pipeline=workplace.definition_with(*stages))
    listed = client.list_pipeline_executions(pipelineName=workplace.name)
    return listed["pipelineExecutionSummaries"][0]["pipelineExecutionId"]


def becomes(client, workplace, status):
    def is_so():
        listed = client.list_pipeline_executions(pipelineName=workplace.name)
        return listed["pipelineExecutionSummaries"][0]["status"] == status

    wait_until(is_so)


def used(client, workplace):
    """The latest execution of the action that the worker does."""
    state = client.get_pipeline_state(name=workplace.name)
    return state["stageStates"][1]["actionStates"][0]["latestExecution"]


def published(penstock, workplace, name):
    return (penstock.home / "buckets" / f"{workplace.name}-public" / name).read_text()


def test_it_does_a_job_and_what_it_made_goes_on(penstock, worker, client, workplace):
    run(client, workplace, "mkdir output && tr a-z A-Z <index.txt >output/loud.txt && echo Shouted")

    becomes(client, workplace, "Succeeded")

    assert published(penstock, workplace, "loud.txt") == "FIRST"
    assert used(client, workplace)["summary"] == "Shouted"


def test_what_is_not_done_yet_goes_on_with_another_job(penstock, worker, client, workplace):
    again = 'mkdir output; echo "$CONTINUATION_TOKEN" >output/token.txt'
    run(client, workplace, f'test -n "$CONTINUATION_TOKEN" || exit 75; {again}')

    becomes(client, workplace, "Succeeded")

    assert published(penstock, workplace, "token.txt") == "again\n"


def test_a_command_that_fails_fails_the_action(worker, client, workplace):
    run(client, workplace, "echo Out of paper; exit 3")

    becomes(client, workplace, "Failed")

    message = used(client, workplace)["errorDetails"]["message"]
    assert message == "The command ended with 3: Out of paper"


def test_without_an_output_it_says_so(worker, client, workplace):
    run(client, workplace, "true")

    becomes(client, workplace, "Failed")

    assert "output" in used(client, workplace)["errorDetails"]["message"]


def test_what_is_abandoned_ends_there_too(worker, client, workplace, tmp_path):
    pid, cleared = tmp_path / "pid", tmp_path / "cleared-up"
    on_end = shlex.quote(f"touch {shlex.quote(str(cleared))}; exit 1")
    command = f"trap {on_end} TERM; echo $$ >{shlex.quote(str(pid))}; sleep 600 & wait"
    execution_id = run(client, workplace, command)
    process = wait_for_pid(pid)

    client.stop_pipeline_execution(
        pipelineName=workplace.name, pipelineExecutionId=execution_id, abandon=True
    )

    becomes(client, workplace, "Stopped")
    wait_until(lambda: is_gone(process))
    assert cleared.exists()
    assert used(client, workplace)["status"] == "Abandoned"


def test_it_takes_the_next_job_after_that(worker, client, workplace):
    """Whatever was abandoned or has failed before, it goes on."""
    run(client, workplace, "mkdir output && cp index.txt output")

    becomes(client, workplace, "Succeeded")
