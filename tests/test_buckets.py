"""Buckets: real folders, into which people drop files."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines import buckets
from pipelines.buckets import BucketError, NoSuchBucket, NoSuchKey, NoSuchVersion


@pytest.fixture
def root(tmp_path: Path) -> Path:
    buckets.create(tmp_path / "buckets", "my-bucket")
    return tmp_path / "buckets"


def drop(root: Path, key: str, content: str) -> Path:
    path = root / "my-bucket" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def source(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "source"
    path.write_text(content)
    return path


def test_a_dropped_file_is_an_object_with_a_version(root: Path):
    dropped = drop(root, "app/source.zip", "one")
    os.utime(dropped, (1_700_000_000, 1_700_000_000))
    found = buckets.head(root, "my-bucket", "app/source.zip")
    assert found.etag == hashlib.md5(b"one", usedforsecurity=False).hexdigest()
    assert found.size == 3
    assert found.last_modified.isoformat() == "2023-11-14T22:13:20+00:00"
    assert len(found.version_id) == 32
    assert found.summary == ""
    assert buckets.head(root, "my-bucket", "app/source.zip") == found


def test_another_content_is_another_version_and_the_old_one_is_kept(root: Path, tmp_path: Path):
    drop(root, "a", "one")
    first = buckets.head(root, "my-bucket", "a")
    drop(root, "a", "two")
    second = buckets.head(root, "my-bucket", "a")
    assert first.version_id != second.version_id
    assert buckets.get(root, "my-bucket", "a", tmp_path / "got", first.version_id) == first
    assert (tmp_path / "got").read_text() == "one"
    assert buckets.get(root, "my-bucket", "a", tmp_path / "got") == second
    assert (tmp_path / "got").read_text() == "two"
    assert buckets.versions(root, "my-bucket", "a") == [first, second]


def test_a_change_back_is_a_new_version(root: Path):
    ids = []
    for content in ("one", "two", "one"):
        drop(root, "a", content)
        ids.append(buckets.head(root, "my-bucket", "a").version_id)
    assert len(set(ids)) == 3


def test_a_touched_file_is_the_same_version(root: Path):
    dropped = drop(root, "a", "one")
    first = buckets.head(root, "my-bucket", "a")
    os.utime(dropped, (1, 1))
    assert buckets.head(root, "my-bucket", "a") == first
    assert buckets.versions(root, "my-bucket", "a") == [first]


def test_putting_keeps_what_a_person_had_dropped_there(root: Path, tmp_path: Path):
    drop(root, "a/b", "dropped")
    put = buckets.put(root, "my-bucket", "a/b", source(tmp_path, "put"))
    assert (root / "my-bucket/a/b").read_text() == "put"
    assert buckets.head(root, "my-bucket", "a/b") == put
    dropped, latest = buckets.versions(root, "my-bucket", "a/b")
    assert latest == put
    buckets.get(root, "my-bucket", "a/b", tmp_path / "got", dropped.version_id)
    assert (tmp_path / "got").read_text() == "dropped"


def test_putting_the_same_again_is_a_new_version_as_in_s3(root: Path, tmp_path: Path):
    for _ in range(2):
        buckets.put(root, "my-bucket", "a", source(tmp_path, "same"))
    assert len(buckets.versions(root, "my-bucket", "a")) == 2


def test_nothing_but_the_object_is_left_in_the_bucket(root: Path, tmp_path: Path):
    buckets.put(root, "my-bucket", "a/b/c", source(tmp_path, "x"))
    files = [path for path in (root / "my-bucket").rglob("*") if path.is_file()]
    assert files == [root / "my-bucket/a/b/c"]
    assert files[0].stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_summary_beside_the_object_belongs_to_the_version(root: Path):
    drop(root, "a", "one")
    plain = buckets.head(root, "my-bucket", "a")
    drop(root, "a.metadata.json", '{"codepipeline-artifact-revision-summary": "First"}')
    told = buckets.head(root, "my-bucket", "a")
    assert told.summary == "First"
    assert told.version_id != plain.version_id
    assert buckets.head(root, "my-bucket", "a") == told


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_a_summary_that_cannot_be_read_is_named(root: Path, content: str):
    drop(root, "a", "one")
    (root / "my-bucket/a.metadata.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(BucketError, match=r"a\.metadata\.json"):
        buckets.head(root, "my-bucket", "a")


def test_a_missing_bucket_says_how_to_make_it(root: Path, tmp_path: Path):
    with pytest.raises(NoSuchBucket, match=f"make the folder {root}/other"):
        buckets.head(root, "other", "a")
    with pytest.raises(NoSuchBucket):
        buckets.put(root, "other", "a", source(tmp_path, "x"))
    assert not (root / "other").exists()


def test_a_missing_object_is_named(root: Path):
    (root / "my-bucket/folder").mkdir()
    for key in ("a", "folder"):
        with pytest.raises(NoSuchKey, match=f"no object {key}"):
            buckets.head(root, "my-bucket", key)


@pytest.mark.parametrize("version", ["nothing", "../order", "", "order"])
def test_a_missing_version_is_named(root: Path, tmp_path: Path, version: str):
    drop(root, "a", "one")
    with pytest.raises(NoSuchVersion):
        buckets.get(root, "my-bucket", "b", tmp_path / "got", version)


@pytest.mark.parametrize(
    "name",
    ["", "ab", "a" * 64, "Big", "a_b", ".versions", "..", "a..b", "-ab", "ab-", "10.0.0.1", "a/b"],
)
def test_a_name_that_s3_would_refuse_is_refused(root: Path, name: str):
    with pytest.raises(BucketError, match="cannot be the name of a bucket"):
        buckets.create(root, name)
    with pytest.raises(BucketError, match="cannot be the name of a bucket"):
        buckets.head(root, name, "a")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../other",
        "a/../../other",
        "a//b",
        "a/",
        ".",
        "a\0b",
        "a\nb",
        "\ud800",
        "ä" * 513,
        "n" * 256,
        "../.versions/my-bucket/x",
    ],
)
def test_a_key_that_a_folder_cannot_hold_is_refused(root: Path, tmp_path: Path, key: str):
    with pytest.raises(BucketError, match="cannot be the key"):
        buckets.check(root, "my-bucket", key)
    with pytest.raises(BucketError, match="cannot be the key"):
        buckets.put(root, "my-bucket", key, source(tmp_path, "x"))


def test_a_link_does_not_lead_out_of_the_bucket(root: Path, tmp_path: Path):
    (root / "my-bucket/out").symlink_to(tmp_path)
    (root / "my-bucket/file").symlink_to("/etc/passwd")
    (root / "my-bucket/round").symlink_to("round")
    for key in ("out/a", "file"):
        with pytest.raises(BucketError, match="through a link"):
            buckets.head(root, "my-bucket", key)
        with pytest.raises(BucketError, match="through a link"):
            buckets.put(root, "my-bucket", key, source(tmp_path, "x"))
    with pytest.raises(NoSuchKey):
        buckets.head(root, "my-bucket", "round")


def test_a_name_cannot_be_both_a_file_and_a_folder(root: Path, tmp_path: Path):
    drop(root, "a/b", "x")
    drop(root, "c", "x")
    for key in ("a", "c/d", "c/d/e"):
        with pytest.raises(BucketError, match="both a file and a folder"):
            buckets.put(root, "my-bucket", key, source(tmp_path, "x"))
    assert buckets.head(root, "my-bucket", "a/b").size == 1


def test_putting_side_by_side_keeps_every_version(root: Path, tmp_path: Path):
    sources = [tmp_path / f"source-{number}" for number in range(12)]
    for number, path in enumerate(sources):
        path.write_text(str(number))
    with ThreadPoolExecutor(6) as pool:
        put = list(pool.map(lambda path: buckets.put(root, "my-bucket", "a", path), sources))
    known = buckets.versions(root, "my-bucket", "a")
    assert {each.version_id for each in known} == {each.version_id for each in put}
    assert buckets.head(root, "my-bucket", "a") == known[-1]
