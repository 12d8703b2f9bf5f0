"""S3 buckets as folders: a file in the folder is the current object, versions are kept beside.

<bucket>/<key>                              what is there now; people may put it there
<bucket>/<key>.metadata.json                optional metadata, see SUMMARY_KEY
.versions/<bucket>/<hash of key>/<version>  every content that was ever noticed
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CHUNK = 1 << 20
VERSIONS = ".versions"  # no bucket: a name begins with a letter or digit
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ADDRESS = re.compile(r"(\d{1,3}\.){3}\d{1,3}")
KEY_BYTES = 1024
METADATA_SUFFIX = ".metadata.json"
METADATA_BYTES = 65536
SUMMARY_KEY = "codepipeline-artifact-revision-summary"  # what AWS calls it
VERSION_ID = re.compile(r"[A-Za-z0-9]{32}")
ALPHANUMERIC = string.ascii_letters + string.digits


class BucketError(Exception):
    """A bucket or key cannot be used; the message is a sentence for people."""


class NoSuchBucket(BucketError):
    """There is no folder for this bucket."""


class NoSuchKey(BucketError):
    """There is no file for this key."""


class NoSuchVersion(BucketError):
    """The object never had this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One version of one object."""

    bucket: str
    key: str
    version_id: str
    etag: str  # MD5, as hexadecimal digits
    size: int
    last_modified: datetime
    summary: str = ""  # metadata: what a pipeline shows about this revision


def create(buckets: Path, bucket: str) -> Path:
    """Make the bucket unless it is there, and return its folder."""
    folder = buckets / _checked_name(bucket)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check(buckets: Path, bucket: str, key: str = "any") -> None:
    """Raise BucketError unless the bucket is there and could hold an object of this key."""
    _Place(buckets, bucket, key)


def head(buckets: Path, bucket: str, key: str) -> Object:
    """What is there now, recorded as a version if it is new."""
    place = _Place(buckets, bucket, key)
    with place.locked():
        return _notice(place)


def get(
    buckets: Path, bucket: str, key: str, target: Path, version_id: str | None = None
) -> Object:
    """Copy the current object, or one of its versions, to the file `target`.

    What is copied is exactly what the returned version says, even if the object changes meanwhile.
    """
    place = _Place(buckets, bucket, key)
    with place.locked():
        found = _notice(place) if version_id is None else _version(place, version_id)
    shutil.copyfile(place.versions / found.version_id, target)
    return found


def put(buckets: Path, bucket: str, key: str, source: Path) -> Object:
    """Make the file the current object, whole or not at all; what was there stays as a version."""
    place = _Place(buckets, bucket, key)
    with place.locked():
        if place.current.is_file():
            _notice(place)
        _make_folders(place)
        made = _record(place, source, datetime.now(UTC), _summary(place))
        temporary = place.versions / f"tmp-{secrets.token_hex(8)}"
        try:
            shutil.copyfile(place.versions / made.version_id, temporary)
            _replace(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)
        _remember(place, made)
        return made


def versions(buckets: Path, bucket: str, key: str) -> list[Object]:
    """All versions that were noticed, oldest first."""
    place = _Place(buckets, bucket, key)
    with place.locked():
        order = _read_json(place.versions / "order.json").get("versions", [])
        return [_version(place, each) for each in order]


class _Place:
    """Where one object and its versions are; making one checks names and that the bucket is."""

    def __init__(self, buckets: Path, bucket: str, key: str) -> None:
        self.bucket = _checked_name(bucket)
        self.key = _checked_key(key)
        self.folder = buckets / bucket
        self.current = self.folder / key
        hashed = hashlib.sha256(key.encode()).hexdigest()
        self.versions = buckets / VERSIONS / bucket / hashed
        if not self.folder.is_dir():
            raise NoSuchBucket(
                f"There is no bucket {bucket}. To make it, make the folder {self.folder}."
            )
        if not Path(os.path.realpath(self.current)).is_relative_to(self.folder.resolve()):
            raise BucketError(f"{key} leads out of the bucket {bucket} through a link.")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other threads and processes from this object meanwhile."""
        self.versions.mkdir(parents=True, exist_ok=True)
        with (self.versions / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _checked_name(bucket: str) -> str:
    if not NAME.fullmatch(bucket) or ".." in bucket or ADDRESS.fullmatch(bucket):
        raise BucketError(
            f"{bucket!r} cannot be the name of a bucket: 3 to 63 small letters, digits, dots and"
            " hyphens, beginning and ending with a letter or digit."
        )
    return bucket


def _checked_key(key: str) -> str:
    parts = key.split("/")
    if (
        len(key.encode(errors="replace")) > KEY_BYTES
        or any(
            part in ("", ".", "..") or len(part.encode(errors="replace")) > 255 for part in parts
        )
        or any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in key)
    ):
        raise BucketError(
            f"{key!r} cannot be the key of an object here: at most {KEY_BYTES} bytes, and each"
            " part between slashes a name that a file can have."
        )
    return key


def _notice(place: _Place) -> Object:
    """The version of what is there now; a new one if its content is not the latest one's."""
    try:
        stamp = _stamp(place.current)
    except OSError as error:
        raise NoSuchKey(f"The bucket {place.bucket} has no object {place.key}.") from error
    order = _read_json(place.versions / "order.json")
    summary = _summary(place)
    if order.get("stamp") == stamp and order.get("summary") == summary:
        return _version(place, order["versions"][-1])
    modified = datetime.fromtimestamp(place.current.stat().st_mtime, UTC)
    found = _record(place, place.current, modified, summary)
    latest = _version(place, order["versions"][-1]) if order else None
    if latest and (latest.etag, latest.summary) == (found.etag, found.summary):
        _forget(place, found)
        found = latest
    # The stamp from before the copy: a change during the copy is then noticed the next time.
    _remember(place, found, stamp)
    return found


def _stamp(path: Path) -> list[int]:
    """Differs whenever the file has been written to or replaced."""
    if not path.is_file():
        raise FileNotFoundError(path)
    status = path.stat()
    return [status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino]


def _summary(place: _Place) -> str:
    sidecar = place.current.with_name(place.current.name + METADATA_SUFFIX)
    if not sidecar.is_file():
        return ""
    try:
        with sidecar.open("rb") as source:
            metadata = json.loads(source.read(METADATA_BYTES))
        return str(metadata.get(SUMMARY_KEY, ""))
    except (ValueError, AttributeError) as error:
        raise BucketError(
            f"{sidecar.name} beside the object is not JSON like"
            f' {{"{SUMMARY_KEY}": "…"}}; mend or remove it.'
        ) from error


def _record(place: _Place, source: Path, modified: datetime, summary: str) -> Object:
    """Keep a copy of a file as a new version."""
    version_id = "".join(secrets.choice(ALPHANUMERIC) for _ in range(32))
    digest = hashlib.md5(usedforsecurity=False)
    with source.open("rb") as content, (place.versions / version_id).open("xb") as copy:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
        size = copy.tell()
    made = Object(
        bucket=place.bucket,
        key=place.key,
        version_id=version_id,
        etag=digest.hexdigest(),
        size=size,
        last_modified=modified,
        summary=summary,
    )
    _write_json(
        place.versions / f"{version_id}.json",
        {
            "key": made.key,
            "etag": made.etag,
            "size": made.size,
            "last_modified": made.last_modified.isoformat(),
            "summary": made.summary,
        },
    )
    return made


def _forget(place: _Place, version: Object) -> None:
    (place.versions / version.version_id).unlink()
    (place.versions / f"{version.version_id}.json").unlink()


def _remember(place: _Place, latest: Object, stamp: list[int] | None = None) -> None:
    """Say that this version is what is there now, and was when the file had this stamp."""
    known = _read_json(place.versions / "order.json").get("versions", [])
    _write_json(
        place.versions / "order.json",
        {
            "key": place.key,
            "versions": known if latest.version_id in known[-1:] else [*known, latest.version_id],
            "stamp": stamp or _stamp(place.current),
            "summary": latest.summary,
        },
    )


def _version(place: _Place, version_id: str) -> Object:
    is_one = VERSION_ID.fullmatch(version_id)
    known = _read_json(place.versions / f"{version_id}.json") if is_one else {}
    if not known:
        raise NoSuchVersion(f"{place.key} in {place.bucket} has no version {version_id}.")
    return Object(
        bucket=place.bucket,
        key=place.key,
        version_id=version_id,
        etag=known["etag"],
        size=known["size"],
        last_modified=datetime.fromisoformat(known["last_modified"]),
        summary=known["summary"],
    )


def _make_folders(place: _Place) -> None:
    try:
        place.current.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise _in_the_way(place) from error


def _replace(temporary: Path, place: _Place) -> None:
    try:
        temporary.replace(place.current)
    except (IsADirectoryError, NotADirectoryError) as error:
        raise _in_the_way(place) from error


def _in_the_way(place: _Place) -> BucketError:
    return BucketError(
        f"{place.key} cannot be put into {place.bucket}: the name is both a file and a folder"
        " there, which a folder on this machine cannot hold."
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    return found


def _write_json(path: Path, values: dict[str, Any]) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as target:
        json.dump(values, target)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)
