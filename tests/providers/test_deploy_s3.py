"""S3 deploy: files arrive in the bucket folder."""

import re
import zipfile
from pathlib import Path

import pytest

from pipelines import buckets
from pipelines.core.statuses import FailureCode
from pipelines.providers import deploy_s3
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work
from tests.providers.work import log_of, make_artifact, make_site, make_work

SITE = {"index.html": "<p>hi", "assets/app.js": "1"}


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    return buckets.create(make_site(tmp_path).buckets, "my-bucket")


def deploy(folder: Path, artifact: Path, **configuration: str) -> tuple[Work, Outcome]:
    work = make_work(
        folder,
        configuration={"BucketName": "my-bucket", **configuration},
        input_artifacts={"Build": artifact},
    )
    return work, deploy_s3.perform(work)


def files(bucket: Path) -> dict[str, str]:
    return {
        path.relative_to(bucket).as_posix(): path.read_text()
        for path in bucket.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("object_key", "prefix"), [("", ""), ("/", ""), ("www", "www/"), ("www/v1/", "www/v1/")]
)
def test_the_files_of_an_artifact_are_put(
    tmp_path: Path, bucket: Path, object_key: str, prefix: str
):
    artifact = make_artifact(tmp_path, {**SITE})
    work, outcome = deploy(tmp_path, artifact, Extract="true", ObjectKey=object_key)
    assert isinstance(outcome, Succeeded)
    assert outcome.summary == "Deployment Succeeded: 2 objects put"
    assert files(bucket) == {f"{prefix}{name}": content for name, content in SITE.items()}
    assert f"Put s3://my-bucket/{prefix}assets/app.js, 1 bytes, version " in log_of(work)


def test_an_artifact_is_put_as_it_is_when_it_is_not_to_be_extracted(tmp_path: Path, bucket: Path):
    (tmp_path / "artifact").write_text("not a zip file")
    _, outcome = deploy(tmp_path, tmp_path / "artifact", Extract="false", ObjectKey="a/b.bin")
    assert isinstance(outcome, Succeeded)
    assert outcome.summary == "Deployment Succeeded: 1 object put"
    assert files(bucket) == {"a/b.bin": "not a zip file"}


def test_what_was_there_is_kept_as_a_version(tmp_path: Path, bucket: Path):
    (bucket / "index.html").write_text("old")
    deploy(tmp_path, make_artifact(tmp_path, {**SITE}), Extract="true")
    known = buckets.versions(tmp_path / "buckets", "my-bucket", "index.html")
    assert [each.size for each in known] == [3, 5]


def test_the_time_and_an_id_can_be_in_the_key(tmp_path: Path, bucket: Path):
    artifact = make_artifact(tmp_path, {**SITE})
    deploy(tmp_path, artifact, Extract="false", ObjectKey="{datetime}/{uuid}.zip")
    pattern = r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.zip"
    (key,) = [path.relative_to(bucket).as_posix() for path in bucket.rglob("*.zip")]
    assert re.fullmatch(pattern, key)


def test_what_has_no_effect_on_a_folder_is_said_in_the_log(tmp_path: Path, bucket: Path):
    artifact = make_artifact(tmp_path, {**SITE})
    work, outcome = deploy(
        tmp_path, artifact, Extract="true", CannedACL="public-read", CacheControl="max-age=1"
    )
    assert isinstance(outcome, Succeeded)
    assert "No effect here: CannedACL, CacheControl (a bucket is a folder" in log_of(work)


def test_a_missing_bucket_is_not_made_silently(tmp_path: Path):
    make_site(tmp_path)
    _, outcome = deploy(tmp_path, make_artifact(tmp_path, {**SITE}), Extract="true")
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert f"make the folder {tmp_path / 'buckets' / 'my-bucket'}" in outcome.message
    assert not (tmp_path / "buckets/my-bucket").exists()


def test_a_key_is_required_when_not_extracting(tmp_path: Path, bucket: Path):
    _, outcome = deploy(tmp_path, make_artifact(tmp_path, {**SITE}), Extract="false")
    assert isinstance(outcome, Failed)
    assert "ObjectKey is required" in outcome.message


def test_nothing_is_put_when_one_of_the_keys_cannot_be(tmp_path: Path, bucket: Path):
    artifact = make_artifact(tmp_path, {"a": "x", "b\nc": "x"})
    _, outcome = deploy(tmp_path, artifact, Extract="true")
    assert isinstance(outcome, Failed)
    assert files(bucket) == {}


def test_what_is_no_zip_file_cannot_be_extracted(tmp_path: Path, bucket: Path):
    (tmp_path / "artifact").write_text("not a zip file")
    _, outcome = deploy(tmp_path, tmp_path / "artifact", Extract="true")
    assert isinstance(outcome, Failed)
    assert "The input artifact Build cannot be extracted. It is not a zip" in outcome.message


def test_links_to_files_are_put_as_files_and_links_to_folders_are_not(tmp_path: Path, bucket: Path):
    artifact = make_artifact(tmp_path, {**SITE})
    with zipfile.ZipFile(artifact, "a") as archive:
        for name, target in (("home.html", "index.html"), ("static", "assets"), ("gone", "x")):
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = 0o120777 << 16
            archive.writestr(info, target)
    _, outcome = deploy(tmp_path, artifact, Extract="true")
    assert isinstance(outcome, Succeeded)
    assert files(bucket) == {**SITE, "home.html": "<p>hi"}


def test_work_that_is_lost_puts_nothing_more(tmp_path: Path, bucket: Path):
    work = make_work(
        tmp_path,
        configuration={"BucketName": "my-bucket", "Extract": "true"},
        input_artifacts={"Build": make_artifact(tmp_path, {**SITE})},
        is_lost=lambda: len(files(bucket)) == 1,
    )
    deploy_s3.perform(work)
    assert files(bucket) == {"assets/app.js": "1"}
