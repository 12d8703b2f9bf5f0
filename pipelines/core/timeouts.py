"""How long an action may take (AWS page "Quotas in AWS CodePipeline"), and how long one waits."""

from __future__ import annotations

from datetime import timedelta

from pipelines.core.action_types import CUSTOM, ActionTypeId, Category
from pipelines.core.rule_types import RULE

# How long a disabled transition holds an execution up before it is not resumed any more (AWS page
# "Working with stage transitions in CodePipeline").
HELD_AT_MOST = timedelta(days=30)

_BY_PROVIDER = {
    "CloudFormation": timedelta(days=3),
    "CodeDeploy": timedelta(days=5),
    "CodeDeployToECS": timedelta(days=5),
    "StepFunctions": timedelta(days=7),
    "Commands": timedelta(minutes=55),
}
_BY_CATEGORY_AND_PROVIDER = {
    (Category.BUILD, "CodeBuild"): timedelta(hours=36),
    (Category.TEST, "CodeBuild"): timedelta(hours=8),
    (Category.INVOKE, "Lambda"): timedelta(hours=24),
    (Category.DEPLOY, "S3"): timedelta(minutes=90),
    (Category.APPROVAL, "Manual"): timedelta(days=7),
}
# Of rules AWS publishes no time-outs: those of the actions they are like, and for a window a day,
# after which every daily one has been open once.  An alarm says itself for how long it is watched,
# and that may be long.
_BY_RULE = {
    "CloudWatchAlarm": timedelta(hours=24),
    "CodeBuild": timedelta(hours=8),
    "Commands": timedelta(minutes=55),
    "DeploymentWindow": timedelta(hours=24),
}
_CUSTOM = timedelta(hours=24)
_OTHER = timedelta(hours=1)


def timeout_of(type_id: ActionTypeId, *, declared_minutes: int | None = None) -> timedelta:
    """What the definition declares, else what the type has."""
    if declared_minutes is not None:
        return timedelta(minutes=declared_minutes)
    if type_id.category == RULE:
        return _BY_RULE.get(type_id.provider, _OTHER)
    if type_id.owner == CUSTOM:
        return _CUSTOM
    by_both = _BY_CATEGORY_AND_PROVIDER.get((Category(type_id.category), type_id.provider))
    return by_both or _BY_PROVIDER.get(type_id.provider, _OTHER)
