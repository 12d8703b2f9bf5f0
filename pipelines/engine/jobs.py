"""Jobs of custom and of partners' actions: opened and closed with the action, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import artifacts
from pipelines.core.action_types import CUSTOM, THIRD_PARTY
from pipelines.models import CustomActionType, Job, PartnerWorker

if TYPE_CHECKING:
    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.statuses import JobStatus
    from pipelines.engine.world import World
    from pipelines.models import ActionExecution


def is_offered(type_id: ActionTypeId) -> bool:
    """Whether job workers do such actions; those of a partner, if there is a worker of his."""
    if type_id.owner == THIRD_PARTY:
        return PartnerWorker.objects.of(type_id).exists()
    return type_id.owner == CUSTOM


def open_job(world: World, action: ActionExecution) -> str:
    """Queue the action's first job; the answer is what is wrong, or nothing.

    Nobody may poll for jobs of a type that has been deleted, so its action would wait in vain.
    """
    plan = action.plan
    if _is_deleted(plan.type_id):
        category, owner, provider, version = plan.type_id
        return (
            f"ActionType (Category: '{category}', Provider: '{provider}', Owner: '{owner}',"
            f" Version: '{version}') is not available: it has been deleted."
        )
    job = Job(
        action=action,
        **plan.type_id._asdict(),
        output_keys={
            each.name: artifacts.new_key(world.pipeline.name, each.name)
            for each in plan.output_artifacts
        },
        created_at=world.now,
        available_at=world.now,
    )
    world.new_jobs.append(job)
    return ""


def close_job(world: World, action: ActionExecution, status: JobStatus) -> None:
    """The action ends: what its workers say from now on comes too late."""
    type_id = action.type_id
    if type_id.owner in {CUSTOM, THIRD_PARTY} or type_id.provider == "Lambda":
        world.closed_jobs.setdefault(status, []).append(action.pk)


def _is_deleted(type_id: ActionTypeId) -> bool:
    is_custom = type_id.owner == CUSTOM
    return is_custom and not CustomActionType.objects.named(type_id).usable().exists()
