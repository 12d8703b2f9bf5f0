"""S3 source from the bucket of another S3: a real one in this process, and some that misbehave."""

import socket
from datetime import timedelta

import pytest
from moto.server import ThreadedMotoServer

from pipelines import buckets, endpoints
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.endpoints import Endpoints
from pipelines.providers import source_s3, source_s3_endpoint
from pipelines.providers.contract import Absent, Failed, Found, Look, Succeeded, Unseen
from tests.git_host import git_host
from tests.providers.work import OUTPUT, log_of, make_site, make_work

KEY = "builds/site.zip"
DENIED = b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>"
SUMMARY = "codepipeline-artifact-revision-summary"


@pytest.fixture(scope="module")
def s3_url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


def at(url):
    return Endpoints(urls={"s3": url}, access_key_id="AKIAEXAMPLE", secret_access_key="hush")


@pytest.fixture
def s3(s3_url):
    """A client, with a bucket `uploads` that keeps versions and is emptied afterwards."""
    client = endpoints.client(at(s3_url), "s3")
    client.create_bucket(Bucket="uploads")
    client.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    yield client
    listed = client.list_object_versions(Bucket="uploads")
    for each in (*listed.get("Versions", []), *listed.get("DeleteMarkers", [])):
        client.delete_object(Bucket="uploads", Key=each["Key"], VersionId=each["VersionId"])
    client.delete_bucket(Bucket="uploads")


def work_for(tmp_path, url, **changes):
    configuration = {"S3Bucket": "uploads", "S3ObjectKey": KEY, **changes.pop("configuration", {})}
    return make_work(
        tmp_path,
        site=make_site(tmp_path, endpoints=at(url)),
        configuration=configuration,
        output_artifacts=OUTPUT,
        **changes,
    )


def look_at(tmp_path, url, **configuration):
    told = {"S3Bucket": "uploads", "S3ObjectKey": KEY, **configuration}
    site = make_site(tmp_path, endpoints=at(url))
    return source_s3.latest_revision(Look(site=site, configuration=told, seconds=2))


def failed(outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def succeeded(outcome) -> Succeeded:
    assert isinstance(outcome, Succeeded), outcome
    return outcome


def test_the_newest_version_is_the_artifact_and_the_revision(tmp_path, s3, s3_url):
    s3.put_object(Bucket="uploads", Key=KEY, Body=b"one")
    version = s3.put_object(Bucket="uploads", Key=KEY, Body=b"two", Metadata={SUMMARY: "Second"})
    work = work_for(tmp_path, s3_url)

    outcome = succeeded(source_s3.perform(work))

    assert outcome.artifacts["Output"].read_bytes() == b"two"
    assert outcome.output_variables == {
        "BucketName": "uploads",
        "ETag": version["ETag"].strip('"'),
        "ObjectKey": KEY,
        "VersionId": version["VersionId"],
    }
    assert outcome.revision is not None
    assert (outcome.revision.id, outcome.revision.summary) == (version["VersionId"], "Second")
    assert outcome.revision.created_at is not None
    assert "3 bytes" in log_of(work)


def test_a_version_that_is_asked_for_is_taken_in_place_of_the_newest(tmp_path, s3, s3_url):
    first = s3.put_object(Bucket="uploads", Key=KEY, Body=b"one")["VersionId"]
    s3.put_object(Bucket="uploads", Key=KEY, Body=b"two")
    overrides = {RevisionType.S3_OBJECT_VERSION_ID: first}

    outcome = succeeded(source_s3.perform(work_for(tmp_path, s3_url, overrides=overrides)))

    assert outcome.artifacts["Output"].read_bytes() == b"one"
    assert outcome.summary == f"Amazon S3 version id: {first}"


def test_another_key_may_be_asked_for(tmp_path, s3, s3_url):
    s3.put_object(Bucket="uploads", Key="other.zip", Body=b"other")
    overrides = {RevisionType.S3_OBJECT_KEY: "other.zip"}

    outcome = succeeded(source_s3.perform(work_for(tmp_path, s3_url, overrides=overrides)))

    assert outcome.output_variables["ObjectKey"] == "other.zip"


def test_where_there_are_no_versions_the_etag_is_the_revision(tmp_path, s3, s3_url):
    s3.create_bucket(Bucket="plain")
    etag = s3.put_object(Bucket="plain", Key=KEY, Body=b"one")["ETag"].strip('"')
    work = work_for(tmp_path, s3_url, configuration={"S3Bucket": "plain"})

    outcome = succeeded(source_s3.perform(work))

    assert outcome.output_variables["VersionId"] == etag
    assert look_at(tmp_path, s3_url, S3Bucket="plain") == Found(revision=etag)


def test_a_bucket_that_is_a_folder_here_wins(tmp_path, s3, s3_url):
    s3.put_object(Bucket="uploads", Key=KEY, Body=b"there")
    work = work_for(tmp_path, s3_url)
    folder = buckets.create(work.site.buckets, "uploads")
    (folder / "builds").mkdir()
    (folder / KEY).write_bytes(b"here")

    outcome = succeeded(source_s3.perform(work))

    assert outcome.artifacts["Output"].read_bytes() == b"here"


@pytest.mark.parametrize(
    ("changes", "code", "expected"),
    [
        ({"configuration": {"S3ObjectKey": "absent"}}, "RevisionUnavailable", "is not there"),
        ({"configuration": {"S3Bucket": "absent"}}, "ConfigurationError", "There is no bucket"),
        (
            {"overrides": {RevisionType.S3_OBJECT_VERSION_ID: "0" * 32}},
            "RevisionUnavailable",
            f"version {'0' * 32}, is not there",
        ),
    ],
)
def test_what_cannot_be_found_says_what_to_change(tmp_path, s3, s3_url, changes, code, expected):
    s3.put_object(Bucket="uploads", Key=KEY, Body=b"one")

    outcome = failed(source_s3.perform(work_for(tmp_path, s3_url, **changes)))

    assert outcome.code == code
    assert expected in outcome.message


def test_an_object_over_the_limit_is_given_up(tmp_path, s3, s3_url, monkeypatch):
    monkeypatch.setattr(source_s3_endpoint, "SIZE_LIMIT", 2)
    s3.put_object(Bucket="uploads", Key=KEY, Body=b"three")

    outcome = failed(source_s3.perform(work_for(tmp_path, s3_url)))

    assert "is larger than 2 bytes" in outcome.message


def test_an_object_that_does_not_come_in_time_is_given_up(tmp_path, s3, s3_url):
    s3.put_object(Bucket="uploads", Key=KEY, Body=b"three")
    work = work_for(tmp_path, s3_url, timeout=timedelta(0))

    outcome = failed(source_s3.perform(work))

    assert "did not come within the time" in outcome.message


def test_an_endpoint_that_denies_says_which_setting_to_change(tmp_path):
    (tmp_path / "root").mkdir()
    with git_host(tmp_path / "root") as other:
        other.answers = DENIED
        other.status = 403

        outcome = failed(source_s3.perform(work_for(tmp_path, other.url)))

    assert outcome.code is FailureCode.PERMISSION_ERROR
    assert "PENSTOCK_ENDPOINT_ACCESS_KEY_ID" in outcome.message


def test_work_that_is_lost_is_given_up(tmp_path, s3, s3_url):
    s3.put_object(Bucket="uploads", Key=KEY, Body=b"three")
    work = work_for(tmp_path, s3_url, is_lost=lambda: True)

    assert failed(source_s3.perform(work)).message == "The work was given up."


def test_an_endpoint_that_is_not_there_or_says_something_else(tmp_path, s3_url):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    gone = failed(source_s3.perform(work_for(tmp_path, f"http://127.0.0.1:{port}")))
    assert gone.code is FailureCode.SYSTEM_UNAVAILABLE
    assert "could not be read" in gone.message

    (tmp_path / "root").mkdir()
    with git_host(tmp_path / "root") as other:
        other.user = ("ada", "x")
        assert isinstance(look_at(tmp_path, other.url), Unseen)


def test_an_endpoint_that_hangs_is_given_up(tmp_path):
    (tmp_path / "root").mkdir()
    with git_host(tmp_path / "root") as other:
        other.hangs = True

        assert isinstance(look_at(tmp_path, other.url), Unseen)


def test_a_look_finds_the_newest_version(tmp_path, s3, s3_url):
    assert isinstance(look_at(tmp_path, s3_url), Absent)

    version = s3.put_object(Bucket="uploads", Key=KEY, Body=b"one")["VersionId"]

    assert look_at(tmp_path, s3_url) == Found(revision=version)
