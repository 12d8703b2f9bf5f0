"""What a person is asked who reviews a manual approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.present.cards import waits_for_review, words_of
from console.present.revisions import SourceRevision, safe_link, source_revisions
from console.present.statuses import NOT_STARTED, StatusWords
from pipelines.core.arns import user_of
from pipelines.core.refusals import ActionNotFound
from pipelines.models import ActionExecution

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The approval as it is now; what is asked comes from the action's configuration."""

    words: StatusWords
    waits: bool = False
    token: str = ""
    action_id: UUID | None = None
    execution_id: UUID | None = None
    started_at: datetime | None = None
    deadline: datetime | None = None
    message: str = ""
    link: str = ""
    link_text: str = ""  # what the definition says, also where it is no address one may follow
    revisions: tuple[SourceRevision, ...] = ()
    answered_by: str = ""
    summary: str = ""


def review_of(pipeline: Pipeline, stage_name: str, action_name: str) -> Review:
    """The latest execution of the approval in the stage's latest stay.

    Raises ActionNotFound when the stage has no such action.
    """
    if action_name not in {plan.name for plan in pipeline.plan.stage(stage_name).actions}:
        raise ActionNotFound(f"Stage '{stage_name}' does not have an action '{action_name}'")
    action = (
        ActionExecution.objects.of_actions()
        .filter(
            stage_execution__in=pipeline.stages.filter(name=stage_name).values("latest"),
            action_name=action_name,
            is_latest=True,
        )
        .select_related("execution")
        .first()
    )
    if action is None:
        return Review(words=NOT_STARTED)
    configuration = action.resolved_configuration
    return Review(
        words=words_of(action),
        waits=waits_for_review(action),
        token=action.token,
        action_id=action.pk,
        execution_id=action.execution_id,
        started_at=action.started_at,
        deadline=action.deadline,
        message=configuration.get("CustomData", ""),
        link=safe_link(configuration.get("ExternalEntityLink", "")),
        link_text=configuration.get("ExternalEntityLink", ""),
        revisions=source_revisions(action.execution.source_revisions),
        answered_by=user_of(action.updated_by),
        summary=action.summary,
    )
