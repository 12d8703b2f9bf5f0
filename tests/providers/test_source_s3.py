"""S3 source: what is in the bucket folder becomes the artifact, as it is."""

import hashlib
from pathlib import Path

import pytest

from pipelines import buckets
from pipelines.core.statuses import FailureCode
from pipelines.providers import source_s3
from pipelines.providers.contract import Failed, Revision, Succeeded
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
