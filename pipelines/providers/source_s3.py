"""Source from Amazon S3: the current object of a bucket folder, or a version of it, as it is."""

from pipelines import buckets
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import flag, resource
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import (
    Absent,
    Failed,
    Found,
    Look,
    Outcome,
    Revision,
    Sighting,
    Succeeded,
    Unseen,
    Work,
)
from pipelines.providers.log import say

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
    bucket, key = look.configuration["S3Bucket"], look.configuration["S3ObjectKey"]
    try:
        return Found(revision=buckets.head(look.site.buckets, bucket, key).version_id)
    except buckets.NoSuchKey as problem:
        return Absent(why=str(problem))
    except (buckets.BucketError, OSError) as problem:
        return Unseen(why=str(problem))


def perform(work: Work) -> Outcome:
    """Copy the object, or the key and version of it asked for; the version is the revision."""
    bucket, key = work.configuration["S3Bucket"], work.configuration["S3ObjectKey"]
    key = work.overrides.get(RevisionType.S3_OBJECT_KEY, key)
    version_id = work.overrides.get(RevisionType.S3_OBJECT_VERSION_ID)
    if work.overrides:
        say(
            work, f"Source revision override: s3://{bucket}/{key}, version {version_id or 'newest'}"
        )
    artifact = work.workspace / "object"
    try:
        found = buckets.get(work.site.buckets, bucket, key, artifact, version_id)
    except buckets.NoSuchKey as error:
        where = work.site.buckets / bucket
        return Failed(
            code=FailureCode.REVISION_UNAVAILABLE,
            message=f"{error} Put a file {key} into {where}, or change S3ObjectKey.",
        )
    except buckets.NoSuchVersion as error:
        return Failed(
            code=FailureCode.REVISION_UNAVAILABLE,
            message=f"{error} Start the pipeline with the id of a version that is there.",
        )
    except buckets.BucketError as error:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(error))
    say(work, f"Got s3://{bucket}/{key}, {found.size} bytes, version {found.version_id}")
    summary = found.summary or f"Amazon S3 version id: {found.version_id}"
    return Succeeded(
        artifacts={output.name: artifact for output in work.output_artifacts},
        output_variables={
            "BucketName": bucket,
            "ETag": found.etag,
            "ObjectKey": key,
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
