"""The instances that deployments go to, and keeping what deployments say of each of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction

from pipelines import models
from pipelines.models import ActionExecution, DeployTarget
from pipelines.providers.contract import DeploymentGroup, Instance, TargetStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.providers.contract import Target, TargetEvent


def tagged(key: str, value: str) -> tuple[Instance, ...]:
    """Those with the tag, by name; an empty value means any."""
    rows = models.Instance.objects.order_by("name")
    return tuple(_instance(row) for row in rows if row.has_tag(key, value))


def deployment_group(application: str, name: str) -> DeploymentGroup | None:
    """With the instances that it has now; None when there is no such group."""
    if "/" in application or "/" in name:
        return None
    row = models.DeploymentGroup.objects.filter(name=f"{application}/{name}").first()
    if row is None:
        return None
    return DeploymentGroup(
        application=application,
        name=name,
        config=row.config,
        instances=tagged(row.tag_key, row.tag_value),
    )


@transaction.atomic
def report(action: ActionExecution, targets: tuple[Target, ...]) -> None:
    """Keep how far each target is, in two statements, and have the pages draw it.

    Nothing is kept of an action whose pipeline has been deleted.
    """
    if not ActionExecution.objects.filter(pk=action.pk).exists():
        return
    rows = [
        DeployTarget(
            action=action,
            position=position,
            target_id=target.id,
            target_type=target.type,
            status=target.status,
            started_at=target.started_at,
            ended_at=target.ended_at,
            events=[_event(event) for event in target.events],
        )
        for position, target in enumerate(targets)
    ]
    DeployTarget.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["action", "target_id"],
        update_fields=["status", "started_at", "ended_at", "events"],
    )
    action.execution.pipeline.bump()


def earlier(action: ActionExecution) -> Mapping[str, TargetStatus]:
    """What became of each target when this action last tried to deploy the same artifacts to it.

    The latest attempt in the same execution counts, for each target for itself.
    """
    tries = ActionExecution.objects.filter(
        stage_execution=action.stage_execution_id, action_name=action.action_name
    ).exclude(pk=action.pk)
    same = [each.pk for each in tries if each.input_artifacts == action.input_artifacts]
    rows = DeployTarget.objects.filter(action__in=same).order_by("action__started_at")
    final = {TargetStatus.SUCCEEDED, TargetStatus.FAILED}
    return {row.target_id: TargetStatus(row.status) for row in rows if row.status in final}


def _instance(row: models.Instance) -> Instance:
    return Instance(name=row.name, folder=Path(row.folder), ssh_host=row.ssh_host)


def _event(event: TargetEvent) -> dict[str, str]:
    found = {
        "name": event.name,
        "status": str(event.status),
        "startTime": event.started_at.isoformat() if event.started_at else "",
        "endTime": event.ended_at.isoformat() if event.ended_at else "",
        "message": event.message,
    }
    return {key: value for key, value in found.items() if value}
