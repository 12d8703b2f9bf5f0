"""Deploy to Amazon S3: put an artifact, or the files in it, into a bucket folder."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipelines import artifacts, buckets
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import flag, resource, text
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work
from pipelines.providers.log import say, say_no_effect

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "S3", "1"),
        label="Amazon S3",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "BucketName": resource("The bucket to put the files into."),
            "Extract": flag(
                "Whether to put the files of the artifact, not the zip file.", required=True
            ),
            "ObjectKey": text("The key of the zip file, or what the keys of the files begin with."),
            "KMSEncryptionKeyARN": text("The key to encrypt the objects with."),
            "CannedACL": text("Who may read the objects."),
            "CacheControl": text("How long browsers may keep the objects."),
        },
        timeout_minutes=90,
    ),
)


def perform(work: Work) -> Outcome:
    """Put every object whole or not at all, in the order of their keys; versions are kept."""
    bucket = work.configuration["BucketName"]
    name, zip_file = next(iter(work.input_artifacts.items()))
    object_key = _expanded(work.configuration.get("ObjectKey", ""))
    if work.configuration["Extract"] != "true" and not object_key:
        return _misconfigured("ObjectKey is required when Extract is false.")
    say_no_effect(
        work,
        ("CannedACL", "CacheControl", "KMSEncryptionKeyARN"),
        "a bucket is a folder on this machine",
    )
    try:
        buckets.check(work.site.buckets, bucket)
        if work.configuration["Extract"] == "true":
            objects = _extracted(work, zip_file, object_key)
        else:
            objects = [(object_key, zip_file)]
        count = _put(work, bucket, objects)
    except artifacts.ArtifactError as error:
        return _misconfigured(f"The input artifact {name} cannot be extracted. {error}")
    except buckets.BucketError as error:
        return _misconfigured(str(error))
    return Succeeded(
        external_execution_id=work.action_execution_id,
        summary=f"Deployment Succeeded: {count} object{'' if count == 1 else 's'} put",
    )


def _expanded(object_key: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S")
    return object_key.replace("{datetime}", now).replace("{uuid}", str(uuid.uuid4()))


def _extracted(work: Work, zip_file: Path, prefix: str) -> list[tuple[str, Path]]:
    folder = work.workspace / "extracted"
    folder.mkdir()
    artifacts.unpack(zip_file, folder)
    start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    return [(f"{start}{path.relative_to(folder).as_posix()}", path) for path in _files(folder)]


def _files(folder: Path) -> Iterator[Path]:
    """Files, and links to files; links to folders are not followed, as S3 has no such thing."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _put(work: Work, bucket: str, objects: list[tuple[str, Path]]) -> int:
    for key, _ in objects:
        buckets.check(work.site.buckets, bucket, key)  # all, before the first is put
    for count, (key, path) in enumerate(objects):
        if work.is_lost():
            return count
        put = buckets.put(work.site.buckets, bucket, key, path)
        say(work, f"Put s3://{bucket}/{key}, {put.size} bytes, version {put.version_id}")
    return len(objects)


def _misconfigured(message: str) -> Failed:
    return Failed(code=FailureCode.CONFIGURATION_ERROR, message=message)
