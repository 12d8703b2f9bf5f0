"""The real tools of AWS, boto3 and the `aws` command, pointed at a Penstock of the tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config

from tests.end_to_end.installation import ACCESS_KEY_ID, SECRET_ACCESS_KEY

REGION = "us-east-1"
BIN = Path(sys.executable).parent

# What UpdateActionType takes: the one operation that is not served.
INTEGRATION = {
    "id": {"category": "Test", "owner": "ThirdParty", "provider": "Inspect", "version": "1"},
    "executor": {
        "type": "JobWorker",
        "configuration": {"jobWorkerExecutorConfiguration": {"pollingAccounts": ["123456789012"]}},
    },
    "inputArtifactDetails": {"minimumCount": 0, "maximumCount": 1},
    "outputArtifactDetails": {"minimumCount": 0, "maximumCount": 0},
}


def make_cbor_model(folder):
    """A copy of the service model with one protocol; the folder is what AWS_DATA_PATH names.

    The tools prefer JSON wherever a service offers it.
    """
    loader = botocore.session.get_session().get_component("data_loader")
    model = loader.load_service_model("codepipeline", "service-2")
    only = {"protocol": "smithy-rpc-v2-cbor", "protocols": ["smithy-rpc-v2-cbor"]}
    path = folder / "codepipeline" / model["metadata"]["apiVersion"] / "service-2.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**model, "metadata": {**model["metadata"], **only}}))
    return folder


def boto3_client(url, *, model=None, key=(ACCESS_KEY_ID, SECRET_ACCESS_KEY), **configuration):
    """A client that tries once; `key` is its id and secret."""
    core = botocore.session.Session()
    if model:
        core.set_config_variable("data_path", str(model))
    return boto3.session.Session(botocore_session=core).client(
        "codepipeline",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=Config(retries={"total_max_attempts": 1}, **configuration),
    )


class Aws:
    """The `aws` command with nothing but what the environment says."""

    def __init__(self, url, home, *, model=None, **more):
        self.environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "AWS_ENDPOINT_URL_CODEPIPELINE": url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            **({"AWS_DATA_PATH": str(model)} if model else {}),
            **more,
        }

    def run(self, *arguments):
        """`aws codepipeline` with these arguments, whatever comes of it."""
        return self.execute(["aws", "codepipeline", *arguments])

    def execute(self, command):
        """A whole command line, already split into words."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def said(self, *arguments):
        """The JSON that a command prints."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return json.loads(done.stdout) if done.stdout else None
