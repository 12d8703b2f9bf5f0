"""A job as its worker sees it: what to do, with what, and where to put what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from pipelines import credentials, finding
from pipelines.models.pipelines import plan_of
from pipelines.runner.working import configuration_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.statuses import ActionStatus
    from pipelines.credentials import Credentials
    from pipelines.models import ActionExecution, Job


class Artifact(NamedTuple):
    """An artifact and where it is, or is to be stored."""

    name: str
    key: str
    revision: str = ""  # of the source that it was made from, where that made it


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """API types Job, JobDetails and JobData."""

    job_id: str
    nonce: str
    account_id: str
    type_id: ActionTypeId
    configuration: Mapping[str, str]  # resolved, secrets in the clear
    pipeline_name: str
    pipeline_arn: str
    pipeline_execution_id: str
    stage_name: str
    action_name: str
    action_execution_id: str
    bucket: str
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    continuation_token: str
    encryption_key: Mapping[str, str] | None
    action_status: ActionStatus  # Abandoned as soon as that was asked for
    artifact_credentials: Credentials | None  # None: nobody waits for the job any more


def offers_of(jobs: Iterable[Job]) -> list[Offer]:
    """From jobs that were loaded with their actions, executions and pipelines."""
    return [_offer(job) for job in jobs]


def _offer(job: Job) -> Offer:
    action, execution = job.action, job.action.execution
    plan, pipeline = action.plan, execution.pipeline
    whole = plan_of(execution.pipeline_id, execution.version)
    return Offer(
        job_id=str(job.pk),
        nonce=job.nonce,
        account_id=settings.PENSTOCK_ACCOUNT_ID,
        type_id=job.type_id,
        configuration=configuration_of(action),
        pipeline_name=pipeline.name,
        pipeline_arn=finding.arn_of(pipeline.name),
        pipeline_execution_id=str(execution.pk),
        stage_name=action.stage_name,
        action_name=action.action_name,
        action_execution_id=str(action.pk),
        bucket=whole.artifact_bucket(settings.PENSTOCK_REGION),
        inputs=_inputs(action),
        outputs=tuple(
            Artifact(each.name, job.output_keys[each.name]) for each in plan.output_artifacts
        ),
        continuation_token=job.continuation_token,
        encryption_key=whole.encryption_key(settings.PENSTOCK_REGION),
        action_status=action.status_for_workers,
        artifact_credentials=credentials.issue(job.pk) if action.is_waited_for else None,
    )


def _inputs(action: ActionExecution) -> tuple[Artifact, ...]:
    """In the order of the definition, which a stored object has not."""
    revisions = {
        each["actionName"]: each["revisionId"] for each in action.execution.source_revisions
    }
    of_artifact = {
        artifact.name: revisions[source.name]
        for stage in action.execution.plan.stages
        for source in stage.actions
        if source.name in revisions
        for artifact in source.output_artifacts
    }
    return tuple(
        Artifact(name, action.input_artifacts[name], of_artifact.get(name, ""))
        for name in action.plan.input_artifacts
    )
