"""The jobs of custom actions: opened in the transaction that starts the action, closed with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import artifacts
from pipelines.core.action_types import CUSTOM
from pipelines.models import CustomActionType, Job

if TYPE_CHECKING:
    from pipelines.core.statuses import JobStatus
    from pipelines.engine.world import World
    from pipelines.models import ActionExecution


def open_job(world: World, action: ActionExecution) -> str:
    """Queue the action's first job; the answer is what is wrong, or nothing.

    Nobody may poll for jobs of a type that has been deleted, so its action would wait in vain.
    """
    plan = action.plan
    category, _, provider, version = plan.type_id
    if not CustomActionType.objects.named(plan.type_id).usable().exists():
        return (
            f"ActionType (Category: '{category}', Provider: '{provider}', Owner: '{CUSTOM}',"
            f" Version: '{version}') is not available: it has been deleted."
        )
    job = Job(
        action=action,
        category=category,
        provider=provider,
        version=version,
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
    if action.type_id.owner == CUSTOM or action.type_id.provider == "Lambda":
        world.closed_jobs.setdefault(status, []).append(action.pk)
