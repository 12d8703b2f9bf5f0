"""The jobs of Lambda functions: in progress as soon as they are made, and handed over by us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from pipelines import artifacts
from pipelines.core.statuses import JobStatus
from pipelines.jobs.offers import offers_of
from pipelines.models import ActionExecution, Job
from pipelines.models.jobs import INVOKED

if TYPE_CHECKING:
    from pipelines.jobs.offers import Artifact, Offer


def begin(action_execution_id: str) -> dict[str, Any]:
    """The event of the action's open job; of its first one, made now, where there is none.

    A function acknowledges nothing: the job is in progress, so that it may report at once.
    """
    action_id = UUID(action_execution_id)
    jobs = Job.objects.select_related("action__execution__pipeline")
    job = jobs.filter(action=action_id).open().first() or _first(action_id)
    [offer] = offers_of([job])
    return {"CodePipeline.job": _job(offer)}


def _first(action_id: UUID) -> Job:
    actions = ActionExecution.objects.select_related("execution__pipeline")
    action = actions.get(pk=action_id)
    pipeline = action.execution.pipeline.name
    now = timezone.now()
    return Job.objects.create(
        action=action,
        category=action.type_id.category,
        provider=INVOKED,
        version=action.type_id.version,
        status=JobStatus.IN_PROGRESS,
        dispatched_at=now,
        acknowledged_at=now,
        acknowledged_by=action.resolved_configuration["FunctionName"],
        output_keys={
            each.name: artifacts.new_key(pipeline, each.name)
            for each in action.plan.output_artifacts
        },
    )


def _job(offer: Offer) -> dict[str, Any]:
    """AWS page "Invoke an AWS Lambda function in a pipeline", its example of an event."""
    data: dict[str, Any] = {
        "actionConfiguration": {"configuration": dict(offer.configuration)},
        "inputArtifacts": [_artifact(each, offer.bucket) for each in offer.inputs],
        "outputArtifacts": [_artifact(each, offer.bucket) for each in offer.outputs],
    }
    if given := offer.artifact_credentials:
        data["artifactCredentials"] = {
            "accessKeyId": given.access_key_id,
            "secretAccessKey": given.secret_access_key,
            "sessionToken": given.session_token,
        }
    if offer.continuation_token:
        data["continuationToken"] = offer.continuation_token
    return {"id": offer.job_id, "accountId": offer.account_id, "data": data}


def _artifact(artifact: Artifact, bucket: str) -> dict[str, Any]:
    """A revision that is not known is null in this event, not left out."""
    location = {"bucketName": bucket, "objectKey": artifact.key}
    return {
        "location": {"s3Location": location, "type": "S3"},
        "revision": artifact.revision or None,
        "name": artifact.name,
    }
