"""Which revision of a source may be asked for in place of the newest, and in which words.

The AWS page is "Start a pipeline with a source revision override".
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from pipelines.core.action_types import Category
from pipelines.core.refusals import InvalidRequest
from pipelines.core.storable import check_storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.core.plan import ActionPlan, PipelinePlan

ALLOWS_KEY = "AllowOverrideForS3ObjectKey"
REVISION_LIMIT = 1500  # characters of a value, as the API has it


class RevisionType(StrEnum):
    """API type SourceRevisionType."""

    COMMIT_ID = "COMMIT_ID"
    IMAGE_DIGEST = "IMAGE_DIGEST"
    S3_OBJECT_VERSION_ID = "S3_OBJECT_VERSION_ID"
    S3_OBJECT_KEY = "S3_OBJECT_KEY"


_TYPES = {
    "CodeCommit": (RevisionType.COMMIT_ID,),
    "CodeStarSourceConnection": (RevisionType.COMMIT_ID,),
    "GitHub": (RevisionType.COMMIT_ID,),
    "ECR": (RevisionType.IMAGE_DIGEST,),
    "S3": (RevisionType.S3_OBJECT_VERSION_ID, RevisionType.S3_OBJECT_KEY),
}


class SourceOverride(NamedTuple):
    """API type SourceRevisionOverride."""

    action_name: str
    revision_type: RevisionType
    value: str


def revision_types(action: ActionPlan) -> tuple[RevisionType, ...]:
    """What may be asked of a source action; nothing of one that has another way to its source."""
    known = _TYPES.get(action.type_id.provider, ()) if action.type_id.owner != "Custom" else ()
    if action.configuration.get(ALLOWS_KEY) == "true":
        return known
    return tuple(each for each in known if each is not RevisionType.S3_OBJECT_KEY)


def source_actions(plan: PipelinePlan) -> tuple[ActionPlan, ...]:
    """They are in the first stage: no other may have any."""
    return tuple(a for a in plan.first.actions if a.type_id.category == Category.SOURCE)


def check_overrides(
    overrides: Sequence[SourceOverride], *, plan: PipelinePlan, pipeline_type: str
) -> None:
    """Raise InvalidRequest unless each of them can be honoured by its action."""
    if overrides and pipeline_type != "V2":
        raise InvalidRequest(
            "Source revision overrides are supported only for pipelines of type V2; the type of"
            f" this pipeline is {pipeline_type}."
        )
    sources = {action.name: action for action in source_actions(plan)}
    for override in overrides:
        if override.action_name not in sources:
            raise InvalidRequest(
                f"Source revision override for action '{override.action_name}': the pipeline has no"
                " source action with this name."
            )
        _check(override, sources[override.action_name])
    if len({(each.action_name, each.revision_type) for each in overrides}) < len(overrides):
        raise InvalidRequest("A source revision can be overridden only once for each action.")


def _check(override: SourceOverride, action: ActionPlan) -> None:
    check_storable(override.value, "sourceRevisions")
    allowed = revision_types(action)
    if override.revision_type in allowed:
        return
    provider = action.type_id.provider
    if override.revision_type in _TYPES.get(provider, ()):
        why = f"{ALLOWS_KEY} of the action is not true"
    else:
        why = f"its provider {provider} takes {' or '.join(allowed) or 'none'}"
    raise InvalidRequest(
        f"Source revision override for action '{action.name}': revision type"
        f" {override.revision_type} cannot be used, because {why}."
    )
