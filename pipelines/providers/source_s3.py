"""Source from Amazon S3: the object of a bucket, here or elsewhere, or a version of it, as is."""

from pathlib import Path

from pipelines import buckets
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import flag, resource
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers import source_s3_endpoint
from pipelines.providers.contract import (
    Absent,
    Failed,
    Found,
    Look,
    Outcome,
    Revision,
    Sighting,
    Site,
    Succeeded,
    Unseen,
    Work,
)
from pipelines.providers.log import say
from pipelines.providers.source_s3_endpoint import Got, Wanted

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Source", "AWS", "S3", "1"),
        label="Amazon S3",
        input_artifacts=range(1),
        output_artifacts=range(1, 2),
        configuration={
            "S3Bucket": resource("The bucket to watch."),
            "S3ObjectKey": resource("The key of the object in the bucket."),
            "PollForSourceChanges": flag("Whether to poll for new versions; true if left out."),
            "AllowOverrideForS3ObjectKey": flag("Whether an execution may name another key."),
        },
        output_variables=("BucketName", "ETag", "ObjectKey", "VersionId"),
    ),
)


def latest_revision(look: Look) -> Sighting:
    """The version of the object that is there now."""
    site = look.site
    bucket, key = look.configuration["S3Bucket"], look.configuration["S3ObjectKey"]
    try:
        if _is_elsewhere(site, bucket):
            wanted = Wanted(bucket=bucket, key=key)
            found = source_s3_endpoint.head(site.endpoints, wanted, seconds=look.seconds)
            return Found(revision=found.version_id)
        return Found(revision=buckets.head(site.buckets, bucket, key).version_id)
    except (buckets.NoSuchKey, source_s3_endpoint.NotThere) as problem:
        return Absent(why=str(problem))
    except (buckets.BucketError, source_s3_endpoint.NotGot, OSError) as problem:
        return Unseen(why=str(problem))


def perform(work: Work) -> Outcome:
    """Copy the object, or the key and version of it asked for; the version is the revision."""
    wanted = Wanted(
        bucket=work.configuration["S3Bucket"],
        key=work.overrides.get(RevisionType.S3_OBJECT_KEY, work.configuration["S3ObjectKey"]),
        version_id=work.overrides.get(RevisionType.S3_OBJECT_VERSION_ID),
    )
    where = f"s3://{wanted.bucket}/{wanted.key}"
    if work.overrides:
        say(work, f"Source revision override: {where}, version {wanted.version_id or 'newest'}")
    artifact = work.workspace / "object"
    try:
        found = _copied(work, wanted, artifact)
    except (buckets.BucketError, source_s3_endpoint.NotGot) as problem:
        return _failure(work, wanted, problem)
    except source_s3_endpoint.GivenUp:
        return Failed(code=FailureCode.SYSTEM_UNAVAILABLE, message="The work was given up.")
    say(work, f"Got {where}, {found.size} bytes, version {found.version_id}")
    return _succeeded(work, wanted, artifact, found)


def _is_elsewhere(site: Site, bucket: str) -> bool:
    """A bucket that is a folder here wins over one of the same name at the endpoint."""
    return site.endpoints.has("s3") and not (site.buckets / bucket).is_dir()


def _copied(work: Work, wanted: Wanted, artifact: Path) -> buckets.Object | Got:
    if _is_elsewhere(work.site, wanted.bucket):
        return source_s3_endpoint.get(
            work.site.endpoints,
            wanted,
            artifact,
            seconds=work.timeout.total_seconds(),
            is_lost=work.is_lost,
        )
    folder = work.site.buckets
    return buckets.get(folder, wanted.bucket, wanted.key, artifact, wanted.version_id)


def _succeeded(
    work: Work, wanted: Wanted, artifact: Path, found: buckets.Object | Got
) -> Succeeded:
    summary = found.summary or f"Amazon S3 version id: {found.version_id}"
    return Succeeded(
        artifacts={output.name: artifact for output in work.output_artifacts},
        output_variables={
            "BucketName": wanted.bucket,
            "ETag": found.etag,
            "ObjectKey": wanted.key,
            "VersionId": found.version_id,
        },
        revision=Revision(
            id=found.version_id,
            summary=summary[:2048],
            change_id=found.etag,
            created_at=found.last_modified,
        ),
        external_execution_id=found.version_id,
        summary=summary,
    )


def _failure(
    work: Work, wanted: Wanted, problem: buckets.BucketError | source_s3_endpoint.NotGot
) -> Failed:
    match problem:
        case source_s3_endpoint.NotGot():
            return Failed(code=problem.code, message=str(problem))
        case buckets.NoSuchKey():
            where = work.site.buckets / wanted.bucket
            todo = f" Put a file {wanted.key} into {where}, or change S3ObjectKey."
            return Failed(code=FailureCode.REVISION_UNAVAILABLE, message=f"{problem}{todo}")
        case buckets.NoSuchVersion():
            todo = " Start the pipeline with the id of a version that is there."
            return Failed(code=FailureCode.REVISION_UNAVAILABLE, message=f"{problem}{todo}")
        case _:
            return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
