"""The real S3 client of boto3 and the artifacts of a job, at a running Penstock."""

import boto3
import pytest

from pipelines.core.action_types import ActionTypeId
from tests.end_to_end.aws_tools import REGION, boto3_client
from tests.end_to_end.workplace import Workplace
from tests.waiting import wait_until

NAME = "carried"
PATIENCE = 60
LARGE = bytes(range(256)) * 80_000  # above the 8 MB from which boto3 sends parts


@pytest.fixture
def codepipeline(penstock):
    client = boto3_client(penstock.url)
    yield client
    client.delete_pipeline(name=NAME)
    client.close()


@pytest.fixture
def job(penstock, tmp_path, codepipeline):
    """A job that was acknowledged, of an action with an input and an output."""
    called = {"category": "Build", "provider": NAME, "version": "1"}
    counts = {"minimumCount": 0, "maximumCount": 1}
    codepipeline.create_custom_action_type(
        **called, inputArtifactDetails=counts, outputArtifactDetails=counts
    )
    type_id = ActionTypeId("Build", "Custom", NAME, "1")
    workplace = Workplace(penstock.home, tmp_path, NAME)
    codepipeline.create_pipeline(pipeline=workplace.definition_with_jobs(type_id, outputs=["Site"]))
    asked = {"actionTypeId": type_id._asdict()}
    [job] = wait_until(lambda: codepipeline.poll_for_jobs(**asked)["jobs"], PATIENCE)
    codepipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    return job


@pytest.fixture
def s3(penstock, job):
    given = job["data"]["artifactCredentials"]
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=penstock.url,
        region_name=REGION,
        aws_access_key_id=given["accessKeyId"],
        aws_secret_access_key=given["secretAccessKey"],
        aws_session_token=given["sessionToken"],
    )
    yield client
    client.close()


def place(artifact):
    location = artifact["location"]["s3Location"]
    return {"Bucket": location["bucketName"], "Key": location["objectKey"]}


def test_it_is_read_and_written_in_one_piece_and_in_parts(codepipeline, tmp_path, s3, job):
    [code], [site] = job["data"]["inputArtifacts"], job["data"]["outputArtifacts"]
    file, back = tmp_path / "site.zip", tmp_path / "back.zip"

    s3.download_file(*place(code).values(), str(back))
    assert back.read_bytes().startswith(b"PK")
    s3.put_object(**place(site), Body=b"small")
    assert s3.get_object(**place(site))["Body"].read() == b"small"
    file.write_bytes(LARGE)
    s3.upload_file(str(file), *place(site).values())
    s3.download_file(*place(site).values(), str(back))
    assert back.read_bytes() == LARGE

    codepipeline.put_job_success_result(jobId=job["id"])
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.put_object(**place(site), Body=b"late")
