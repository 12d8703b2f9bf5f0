"""S3 source: what is in the bucket folder becomes the artifact, as it is."""

import hashlib
from pathlib import Path

import pytest

from pipelines import buckets
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers import source_s3
from pipelines.providers.contract import Failed, Revision, Succeeded, Work
from tests.providers.work import OUTPUT, log_of, make_site, make_work

CONFIGURATION = {"S3Bucket": "my-bucket", "S3ObjectKey": "app/source.zip"}


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    return buckets.create(make_site(tmp_path).buckets, "my-bucket")


def test_the_object_is_the_artifact_and_its_version_the_revision(tmp_path: Path, bucket: Path):
    (bucket / "app").mkdir()
    (bucket / "app/source.zip").write_bytes(b"not even a zip file")
    work = make_work(tmp_path, configuration=CONFIGURATION, output_artifacts=OUTPUT)
    outcome = source_s3.perform(work)
    found = buckets.head(work.site.buckets, "my-bucket", "app/source.zip")
    assert isinstance(outcome, Succeeded)
    assert outcome.artifacts["Output"].read_bytes() == b"not even a zip file"
    assert outcome.output_variables == {
        "BucketName": "my-bucket",
        "ETag": hashlib.md5(b"not even a zip file", usedforsecurity=False).hexdigest(),
        "ObjectKey": "app/source.zip",
        "VersionId": found.version_id,
    }
    assert outcome.revision == Revision(
        id=found.version_id,
        summary=f"Amazon S3 version id: {found.version_id}",
        change_id=found.etag,
        created_at=found.last_modified,
    )
    assert found.version_id in log_of(work)


def test_the_summary_beside_the_object_is_the_revisions(tmp_path: Path, bucket: Path):
    (bucket / "a").write_text("x")
    (bucket / "a.metadata.json").write_text('{"codepipeline-artifact-revision-summary": "Hi"}')
    configuration = {"S3Bucket": "my-bucket", "S3ObjectKey": "a"}
    outcome = source_s3.perform(make_work(tmp_path, configuration=configuration))
    assert isinstance(outcome, Succeeded)
    assert outcome.revision is not None
    assert outcome.revision.summary == "Hi"


def test_a_missing_bucket_says_what_to_make(tmp_path: Path):
    outcome = source_s3.perform(make_work(tmp_path, configuration=CONFIGURATION))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert f"make the folder {tmp_path / 'buckets' / 'my-bucket'}" in outcome.message


def test_a_missing_object_says_what_to_put_where(tmp_path: Path, bucket: Path):
    outcome = source_s3.perform(make_work(tmp_path, configuration=CONFIGURATION))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.REVISION_UNAVAILABLE
    assert f"Put a file app/source.zip into {bucket}" in outcome.message


def test_a_key_that_leads_outside_is_refused(tmp_path: Path, bucket: Path):
    configuration = {"S3Bucket": "my-bucket", "S3ObjectKey": "../../secret"}
    outcome = source_s3.perform(make_work(tmp_path, configuration=configuration))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR


def asking_for(tmp_path: Path, revisions: dict[RevisionType, str]) -> Work:
    return make_work(
        tmp_path, configuration=CONFIGURATION, output_artifacts=OUTPUT, overrides=revisions
    )


@pytest.fixture
def older(tmp_path: Path, bucket: Path) -> str:
    """The version of an object that has been replaced since."""
    (bucket / "app").mkdir()
    (bucket / "app/source.zip").write_bytes(b"older")
    found = buckets.head(tmp_path / "buckets", "my-bucket", "app/source.zip")
    (bucket / "app/source.zip").write_bytes(b"the newest one")
    return found.version_id


def test_a_version_that_is_asked_for_is_taken_in_place_of_the_newest(tmp_path: Path, older: str):
    work = asking_for(tmp_path, {RevisionType.S3_OBJECT_VERSION_ID: older})
    outcome = source_s3.perform(work)
    assert isinstance(outcome, Succeeded)
    assert outcome.artifacts["Output"].read_bytes() == b"older"
    assert outcome.revision is not None
    assert (outcome.revision.id, outcome.output_variables["VersionId"]) == (older, older)
    assert f"Source revision override: s3://my-bucket/app/source.zip, version {older}" in log_of(
        work
    )


def test_a_key_that_is_asked_for_is_taken_in_place_of_the_usual(
    tmp_path: Path, bucket: Path, older: str
):
    (bucket / "other.zip").write_bytes(b"another object")
    outcome = source_s3.perform(asking_for(tmp_path, {RevisionType.S3_OBJECT_KEY: "other.zip"}))
    assert isinstance(outcome, Succeeded)
    assert outcome.artifacts["Output"].read_bytes() == b"another object"
    assert outcome.output_variables["ObjectKey"] == "other.zip"


def test_a_key_and_a_version_of_it_may_be_asked_for(tmp_path: Path, bucket: Path):
    (bucket / "other.zip").write_bytes(b"first")
    first = buckets.head(tmp_path / "buckets", "my-bucket", "other.zip").version_id
    (bucket / "other.zip").write_bytes(b"second, and longer")
    revisions = {RevisionType.S3_OBJECT_KEY: "other.zip", RevisionType.S3_OBJECT_VERSION_ID: first}
    outcome = source_s3.perform(asking_for(tmp_path, revisions))
    assert isinstance(outcome, Succeeded)
    assert outcome.artifacts["Output"].read_bytes() == b"first"


@pytest.mark.parametrize("asked_for", ["a" * 32, "null", "../order", "é" * 32, "a" * 1500])
def test_a_version_that_is_not_there_is_unavailable(tmp_path: Path, older: str, asked_for: str):
    revisions = {RevisionType.S3_OBJECT_VERSION_ID: asked_for}
    outcome = source_s3.perform(asking_for(tmp_path, revisions))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.REVISION_UNAVAILABLE
    assert f"has no version {asked_for}. Start the pipeline with the id of" in outcome.message


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("nowhere.zip", FailureCode.REVISION_UNAVAILABLE),
        ("../../secret", FailureCode.CONFIGURATION_ERROR),
        ("a" * 1500, FailureCode.CONFIGURATION_ERROR),
    ],
)
def test_a_key_that_is_not_there_fails(tmp_path: Path, older: str, key: str, code: FailureCode):
    outcome = source_s3.perform(asking_for(tmp_path, {RevisionType.S3_OBJECT_KEY: key}))
    assert isinstance(outcome, Failed)
    assert outcome.code is code
