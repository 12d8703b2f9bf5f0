"""A project of a usual shape, from git push to deployed files: Python, tests, two artifacts."""

import hashlib
import hmac
import json
import subprocess
import sys
import urllib.request
import zipfile
from http import HTTPStatus
from itertools import count

import pytest
from playwright.sync_api import expect

from pipelines import buckets
from pipelines.core.action_types import ActionTypeId
from tests.definitions import action, definition, deploy, stage
from tests.end_to_end.aws_tools import boto3_client
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PATIENCE = 120
REPOSITORY = "acme/greeting"
_numbers = count(1)
CONNECTED = ActionTypeId("Source", "AWS", "CodeStarSourceConnection", "1")
CODEBUILD = ActionTypeId("Build", "AWS", "CodeBuild", "1")
FILES = {
    "greeting/__init__.py": '__version__ = "{version}"\n',
    "greeting/__main__.py": 'import greeting\n\nprint("hello from", greeting.__version__)\n',
    "tests/__init__.py": "",
    "tests/test_version.py": (
        "import unittest\nimport greeting\n\n\nclass TestVersion(unittest.TestCase):\n"
        "    def test_it_has_three_parts(self):\n"
        '        self.assertEqual(greeting.__version__.count("."), 2)\n'
    ),
    "site/index.html": "<h1>Greeting</h1>\n",
    "buildspec.yml": """
version: 0.2
env:
  variables:
    PYTHON: python3
  exported-variables: [VERSION]
phases:
  pre_build:
    commands:
      - $PYTHON -m unittest discover --start-directory tests --top-level-directory .
  build:
    commands:
      - export VERSION=$($PYTHON -c "import greeting; print(greeting.__version__)")
      - mkdir dist && $PYTHON -m zipfile -c dist/greeting.pyz greeting
      - sed -i "s/Greeting/Greeting $VERSION/" site/index.html
artifacts:
  secondary-artifacts:
    Package:
      base-directory: dist
      files: ["*.pyz"]
    Site:
      base-directory: site
      files: ["**/*"]
""",
}


class Upstream:
    """A bare repository of a git host, and the working copy of somebody who pushes to it."""

    def __init__(self, folder):
        self.base = folder / "srv"
        self.copy = folder / "copy"
        bare = self.base / f"{REPOSITORY}.git"
        bare.mkdir(parents=True)
        self.git("init", "--bare", "--quiet", "--initial-branch=main", ".", where=bare)
        self.git("clone", "--quiet", str(bare), str(self.copy), where=folder)
        self.git("checkout", "--quiet", "-B", "main")

    def push(self, version):
        """Another version of the project; its commit."""
        for name, text in FILES.items():
            file = self.copy / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("{version}", version))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Release {version}")
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments, where=None):
        person = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        command = ["git", *person, *arguments]
        done = subprocess.run(
            command, cwd=where or self.copy, capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture
def upstream(tmp_path):
    return Upstream(tmp_path)


@pytest.fixture
def name():
    """Of the pipeline, its build project and its connection."""
    return f"greeting-{next(_numbers)}"


@pytest.fixture
def client(penstock, name):
    client = boto3_client(penstock.url)
    yield client
    client.delete_pipeline(name=name)
    client.close()


def test_a_push_brings_a_project_from_git_to_deployed_files(
    penstock, signed_in, upstream, client, name
):
    public = penstock.home / "buckets" / name
    buckets.create(public.parent, name)
    upstream.push("1.0.0")
    create_project(penstock, signed_in, name)
    arn, address, secret = connect(penstock, signed_in, name, upstream)
    client.create_pipeline(pipeline=whole_pipeline(name, arn))
    wait_until(lambda: statuses(client, name) == ["Succeeded"], PATIENCE)

    commit = upstream.push("1.1.0")
    assert tell(address, secret, commit) == HTTPStatus.OK
    wait_until(lambda: statuses(client, name) == ["Succeeded", "Succeeded"], PATIENCE)

    assert (public / "1.0.0" / "index.html").read_text() == "<h1>Greeting 1.0.0</h1>\n"
    assert (public / "1.1.0" / "index.html").read_text() == "<h1>Greeting 1.1.0</h1>\n"
    assert what_it_prints(public / "greeting-1.1.0.zip", upstream.base) == "hello from 1.1.0\n"
    newest = client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]
    assert newest["trigger"]["triggerType"] == "WebhookV2"
    assert newest["sourceRevisions"][0]["revisionId"] == commit

    assert tell(address, secret, commit) == HTTPStatus.OK  # hosts do when they missed the answer
    assert len(statuses(client, name)) == 2


def test_a_push_that_breaks_a_test_of_the_project_deploys_nothing(
    penstock, signed_in, upstream, client, name
):
    public = penstock.home / "buckets" / name
    buckets.create(public.parent, name)
    upstream.push("1.0")  # the project's own test wants three parts
    create_project(penstock, signed_in, name)
    arn, *_ = connect(penstock, signed_in, name, upstream)
    client.create_pipeline(pipeline=whole_pipeline(name, arn))

    wait_until(lambda: statuses(client, name) == ["Failed"], PATIENCE)

    _, build, release = client.get_pipeline_state(name=name)["stageStates"]
    error = build["actionStates"][0]["latestExecution"]["errorDetails"]
    assert error["code"] == "JobFailed"
    assert "unittest" in error["message"]
    assert "latestExecution" not in release
    assert list(public.glob("[!.]*")) == []


def whole_pipeline(name, connection_arn):
    """Source, build and two deployments, started by pushes to main."""
    watched = {
        "ConnectionArn": connection_arn,
        "FullRepositoryId": REPOSITORY,
        "BranchName": "main",
    }
    build = action(
        "Build",
        CODEBUILD,
        inputs=["Code"],
        outputs=["Package", "Site"],
        configuration={"ProjectName": name},
        namespace="Built",
    )
    where = {"BucketName": name}
    site = {**where, "Extract": "true", "ObjectKey": "#{Built.VERSION}"}
    package = {**where, "Extract": "false", "ObjectKey": "greeting-#{Built.VERSION}.zip"}
    triggers = {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {
            "sourceActionName": "Fetch",
            "push": [{"branches": {"includes": ["main"]}}],
        },
    }
    return definition(
        name,
        pipelineType="V2",
        triggers=[triggers],
        stages=[
            stage("Source", action("Fetch", CONNECTED, outputs=["Code"], configuration=watched)),
            stage("Build", build),
            stage(
                "Release",
                deploy("Publish", inputs=["Site"], configuration=site),
                deploy("Keep", inputs=["Package"], configuration=package),
            ),
        ],
    )


def create_project(penstock, page, name):
    page.goto(f"{penstock.url}/codesuite/codebuild/projects")
    page.get_by_role("link", name="Create build project").first.click()
    page.get_by_label("Project name").fill(name)
    page.get_by_label("Environment variables").fill(f"PYTHON={sys.executable}")
    page.get_by_role("button", name="Create build project").click()
    expect(page.get_by_role("row", name=name)).to_be_visible()


def connect(penstock, page, name, upstream):
    """Create a connection and open its hook: its ARN, the hook's address and its secret."""
    page.goto(f"{penstock.url}/codesuite/settings/connections")
    page.get_by_role("link", name="Create connection").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Connection name").fill(name)
    dialog.get_by_label("Base URL").fill(str(upstream.base))
    dialog.get_by_role("button", name="Create").click()
    row = page.get_by_role("row", name=name)
    arn = row.get_by_text("arn:aws:").inner_text()
    row.get_by_role("link", name="Hook").click()
    page.get_by_role("button", name="Open the hook").click()
    secret = page.get_by_role("region", name="Secret", exact=True).inner_text()
    address = page.get_by_role("region", name="Address", exact=True).inner_text()
    return arn, address, secret


def tell(address, secret, commit):
    """What GitHub posts after a push; the status of the answer."""
    body = json.dumps(
        {
            "ref": "refs/heads/main",
            "before": "0d1a2b3c4d5e6f708192a3b4c5d6e7f801234567",
            "after": commit,
            "repository": {"full_name": REPOSITORY},
            "commits": [{"id": commit, "message": "Release", "modified": ["greeting"]}],
        }
    ).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    request = urllib.request.Request(address, body, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return answer.status


def statuses(client, name):
    """Of its executions, newest first."""
    found = client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return [execution["status"] for execution in found]


def what_it_prints(artifact, folder):
    """Run the package that was deployed."""
    with zipfile.ZipFile(artifact) as files:
        files.extract("greeting.pyz", folder)
    command = [sys.executable, "-m", "greeting"]
    where = {"PYTHONPATH": str(folder / "greeting.pyz")}
    return subprocess.run(command, env=where, capture_output=True, text=True, check=True).stdout
