"""Deploy to Amazon S3: put an artifact, or the files in it, into a bucket.

A bucket is a folder on this machine; one that is none is looked for at the S3 endpoint, where this
Penstock has one (https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3Deploy.html).
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipelines import artifacts, buckets, endpoints
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import flag, resource, text
from pipelines.core.statuses import FailureCode
from pipelines.providers import deploy_s3_endpoint as endpoint
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
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
CANNED_ACLS = (
    *("private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read"),
    *("bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"),
)
Objects = list[tuple[str, Path]]  # keys and files, in the order in which they are put


def perform(work: Work) -> Outcome:
    """Put every object whole or not at all, in the order of their keys; versions are kept."""
    name, zip_file = next(iter(work.input_artifacts.items()))
    object_key = _expanded(work.configuration.get("ObjectKey", ""))
    if refusal := _refusal(work, object_key):
        return _misconfigured(refusal)
    try:
        is_folder = _is_folder(work)
        if work.configuration["Extract"] == "true":
            objects = _extracted(work, zip_file, object_key)
        else:
            objects = [(object_key, zip_file)]
        count = _put(work, objects) if is_folder else endpoint.put(work, objects)
    except artifacts.ArtifactError as error:
        return _misconfigured(f"The input artifact {name} cannot be extracted. {error}")
    except buckets.BucketError as error:
        return _misconfigured(str(error))
    except endpoint.NotPut as problem:
        return Failed(code=problem.code, message=str(problem))
    return Succeeded(
        external_execution_id=work.action_execution_id,
        summary=f"Deployment Succeeded: {count} object{'' if count == 1 else 's'} put",
    )


def _refusal(work: Work, object_key: str) -> str:
    """What is wrong with the configuration, if anything is."""
    if work.configuration["Extract"] != "true" and not object_key:
        return "ObjectKey is required when Extract is false."
    canned_acl = work.configuration.get("CannedACL")
    if canned_acl and canned_acl not in CANNED_ACLS:
        return f"CannedACL {canned_acl!r} is none of {', '.join(CANNED_ACLS)}."
    return ""


def _expanded(object_key: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S")
    return object_key.replace("{datetime}", now).replace("{uuid}", str(uuid.uuid4()))


def _is_folder(work: Work) -> bool:
    """Whether the bucket is a folder here; false: it is to be looked for at the endpoint.

    Raises BucketError when there is neither the folder nor an endpoint.
    """
    bucket = work.configuration["BucketName"]
    try:
        buckets.check(work.site.buckets, bucket)
    except buckets.NoSuchBucket as missing:
        if work.site.endpoints.has("s3"):
            return False
        variable = endpoints.variable_of("s3")
        raise buckets.NoSuchBucket(
            f"{missing} Or set {variable}, where the bucket is one of another S3."
        ) from missing
    return True


def _extracted(work: Work, zip_file: Path, prefix: str) -> Objects:
    folder = work.workspace / "extracted"
    folder.mkdir()
    artifacts.unpack(zip_file, folder)
    start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    return [(f"{start}{path.relative_to(folder).as_posix()}", path) for path in _files(folder)]


def _files(folder: Path) -> Iterator[Path]:
    """Files, and links to files; links to folders are not followed, as S3 has no such thing."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _put(work: Work, objects: Objects) -> int:
    bucket = work.configuration["BucketName"]
    say_no_effect(
        work,
        ("CannedACL", "CacheControl", "KMSEncryptionKeyARN"),
        "a bucket is a folder on this machine",
    )
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
