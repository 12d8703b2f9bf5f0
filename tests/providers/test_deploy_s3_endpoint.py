"""S3 deploy to the bucket of another S3: a real one in this process, and some that misbehave."""

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from pipelines import buckets, endpoints
from pipelines.core.statuses import FailureCode
from pipelines.endpoints import Endpoints
from pipelines.providers import deploy_s3
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work
from tests.providers.work import log_of, make_artifact, make_site, make_work

SITE = {"index.html": "<p>hi", "assets/app.js": "1"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def s3_url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


def at(url: str) -> Endpoints:
    return Endpoints(urls={"s3": url}, access_key_id="AKIAEXAMPLE", secret_access_key="hush")


@pytest.fixture
def s3(s3_url: str) -> Any:
    client = endpoints.client(at(s3_url), "s3")
    client.create_bucket(Bucket="far-away")
    yield client
    for each in client.list_objects_v2(Bucket="far-away").get("Contents", []):
        client.delete_object(Bucket="far-away", Key=each["Key"])
    client.delete_bucket(Bucket="far-away")


def deploy(
    folder: Path, url: str, changes: dict[str, Any], **configuration: str
) -> tuple[Work, Outcome]:
    values = {"BucketName": "far-away", "Extract": "true", **configuration}
    work = make_work(
        folder,
        site=make_site(folder, endpoints=at(url)),
        configuration=values,
        input_artifacts={"Build": make_artifact(folder, {**SITE})},
        **changes,
    )
    return work, deploy_s3.perform(work)


def put(folder: Path, url: str, **configuration: str) -> tuple[Work, Outcome]:
    return deploy(folder, url, {}, **configuration)


def failed(outcome: Outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def keys(s3: Any) -> list[str]:
    found = s3.list_objects_v2(Bucket="far-away").get("Contents", [])
    return [each["Key"] for each in found]


def test_the_files_arrive_with_the_headers_that_are_asked_for(tmp_path, s3, s3_url):
    work, outcome = put(
        tmp_path,
        s3_url,
        ObjectKey="www",
        CannedACL="public-read",
        CacheControl="max-age=60",
        KMSEncryptionKeyARN=KEY,
    )

    assert isinstance(outcome, Succeeded), outcome
    assert outcome.summary == "Deployment Succeeded: 2 objects put"
    assert keys(s3) == ["www/assets/app.js", "www/index.html"]
    page = s3.get_object(Bucket="far-away", Key="www/index.html")
    assert page["Body"].read() == b"<p>hi"
    assert (page["ContentType"], page["CacheControl"]) == ("text/html", "max-age=60")
    assert (page["ServerSideEncryption"], page["SSEKMSKeyId"]) == ("aws:kms", KEY)
    grants = s3.get_object_acl(Bucket="far-away", Key="www/index.html")["Grants"]
    assert "READ" in [grant["Permission"] for grant in grants]
    assert "Put s3://far-away/www/index.html, 5 bytes" in log_of(work)
    assert "No effect here" not in log_of(work)


def test_a_large_artifact_is_put_in_pieces(tmp_path, s3, s3_url):
    zip_file = tmp_path / "large"
    with zip_file.open("wb") as file:
        file.truncate(20 * 1024**2)
    work = make_work(
        tmp_path,
        site=make_site(tmp_path, endpoints=at(s3_url)),
        configuration={"BucketName": "far-away", "Extract": "false", "ObjectKey": "a.zip"},
        input_artifacts={"Build": zip_file},
    )

    assert isinstance(deploy_s3.perform(work), Succeeded)
    found = s3.head_object(Bucket="far-away", Key="a.zip")
    assert found["ContentLength"] == 20 * 1024**2
    assert found["ETag"].endswith('-3"')  # three parts


def test_a_bucket_folder_of_the_name_comes_first(tmp_path, s3, s3_url):
    folder = buckets.create(make_site(tmp_path).buckets, "far-away")

    _, outcome = put(tmp_path, s3_url)

    assert isinstance(outcome, Succeeded)
    assert (folder / "index.html").read_text() == "<p>hi"
    assert keys(s3) == []


def test_without_folder_and_endpoint_both_are_named(tmp_path):
    work = make_work(
        tmp_path,
        configuration={"BucketName": "far-away", "Extract": "true"},
        input_artifacts={"Build": make_artifact(tmp_path, {**SITE})},
    )

    outcome = failed(deploy_s3.perform(work))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert f"make the folder {work.site.buckets / 'far-away'}." in outcome.message
    assert "Or set PENSTOCK_ENDPOINT_S3" in outcome.message


def test_a_bucket_that_is_nowhere_is_named_with_the_endpoint(tmp_path, s3_url):
    _, outcome = put(tmp_path, s3_url, BucketName="never-made")

    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert f"could not be put at {s3_url}" in failed(outcome).message
    assert "NoSuchBucket" in failed(outcome).message


def test_a_canned_acl_that_is_none_is_refused_before_anything_is_put(tmp_path, s3, s3_url):
    _, outcome = put(tmp_path, s3_url, CannedACL="everybody")

    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert "CannedACL 'everybody' is none of private, public-read," in failed(outcome).message
    assert keys(s3) == []


def test_an_endpoint_that_is_not_there_is_said(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        _, outcome = put(tmp_path, url)

    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert url in failed(outcome).message


def test_when_the_time_is_up_it_says_how_far_it_came(tmp_path, s3, s3_url):
    _, outcome = deploy(tmp_path, s3_url, {"timeout": timedelta(0)})

    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert "did not end within 0 minutes: 0 of 2 objects were put" in failed(outcome).message


def test_work_that_is_lost_puts_nothing_more(tmp_path, s3, s3_url):
    deploy(tmp_path, s3_url, {"is_lost": lambda: len(keys(s3)) == 1})

    assert keys(s3) == ["assets/app.js"]
