"""Jobs: the structures Job and JobDetails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.api.rendering.members import filled

if TYPE_CHECKING:
    from pipelines.credentials import Credentials
    from pipelines.jobs import Offer
    from pipelines.jobs.offers import Artifact

Structure = dict[str, Any]


def job(offer: Offer) -> Structure:
    """Job, which a poll answers with."""
    return {**job_details(offer), "nonce": offer.nonce}


def job_details(offer: Offer) -> Structure:
    """JobDetails."""
    return {"id": offer.job_id, "data": _data(offer), "accountId": offer.account_id}


def third_party_job_details(offer: Offer) -> Structure:
    """ThirdPartyJobDetails; there is no nonce while nobody has the job."""
    return filled({"id": offer.job_id, "data": _data(offer), "nonce": offer.nonce})


def _data(offer: Offer) -> Structure:
    """JobData, and ThirdPartyJobData, which is the same."""
    return filled(
        {
            "actionTypeId": offer.type_id._asdict(),
            "actionConfiguration": {"configuration": dict(offer.configuration)},
            "pipelineContext": {
                "pipelineName": offer.pipeline_name,
                "stage": {"name": offer.stage_name},
                "action": {
                    "name": offer.action_name,
                    "actionExecutionId": offer.action_execution_id,
                },
                "pipelineArn": offer.pipeline_arn,
                "pipelineExecutionId": offer.pipeline_execution_id,
            },
            "inputArtifacts": [_artifact(each, offer.bucket) for each in offer.inputs],
            "outputArtifacts": [_artifact(each, offer.bucket) for each in offer.outputs],
            "artifactCredentials": _credentials(offer.artifact_credentials),
            "continuationToken": offer.continuation_token,
            "encryptionKey": dict(offer.encryption_key) if offer.encryption_key else None,
        }
    )


def _credentials(given: Credentials | None) -> Structure | None:
    """AWSSessionCredentials; nothing for a job that is over."""
    if given is None:
        return None
    return {
        "accessKeyId": given.access_key_id,
        "secretAccessKey": given.secret_access_key,
        "sessionToken": given.session_token,
    }


def _artifact(artifact: Artifact, bucket: str) -> Structure:
    location = {"bucketName": bucket, "objectKey": artifact.key}
    return filled(
        {
            "name": artifact.name,
            "revision": artifact.revision,
            "location": {"type": "S3", "s3Location": location},
        }
    )
