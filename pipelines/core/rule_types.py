"""What a rule of a stage's condition is: its name, and what it may be configured with.

https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.core.action_types import ConfigurationKey
from pipelines.core.catalogue.build import CODEBUILD_CONFIGURATION
from pipelines.core.catalogue.keys import needed, number, resource, text


class RuleTypeId(NamedTuple):
    """API type RuleTypeId."""

    category: str
    owner: str
    provider: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleType:
    """What a condition may say of rules of this type (spec/engine.md §11)."""

    id: RuleTypeId
    label: str
    input_artifacts: range = range(1)
    configuration: Mapping[str, ConfigurationKey] = field(default_factory=dict)
    takes_commands: bool = False
    can_skip: bool = False  # the condition may have the result SKIP


RULE = "Rule"  # the category of all rule types


def rule_type_id(provider: str) -> RuleTypeId:
    """All of them are AWS's, and of version 1."""
    return RuleTypeId(RULE, "AWS", provider, "1")


RULE_TYPES: dict[RuleTypeId, RuleType] = {
    each.id: each
    for each in (
        RuleType(
            id=rule_type_id("CloudWatchAlarm"),
            label="Amazon CloudWatch alarm",
            configuration={
                "AlarmName": resource("The alarm in CloudWatch."),
                "AlarmStates": text("The states to watch for: ALARM, OK, INSUFFICIENT_DATA."),
                "WaitTime": number("Minutes in which the alarm may change its state."),
            },
        ),
        RuleType(
            id=rule_type_id("CodeBuild"),
            label="AWS CodeBuild",
            input_artifacts=range(1, 6),
            configuration=CODEBUILD_CONFIGURATION,
        ),
        RuleType(
            id=rule_type_id("Commands"),
            label="AWS Commands",
            input_artifacts=range(1, 11),
            takes_commands=True,
        ),
        RuleType(
            id=rule_type_id("DeploymentWindow"),
            label="Deployment window",
            configuration={
                "Cron": needed("When the stage may be entered, as a Quartz cron expression."),
                "TimeZone": text("As Region/City or UTC+hh:mm; UTC if left out."),
            },
        ),
        RuleType(
            id=rule_type_id("LambdaInvoke"),
            label="AWS Lambda",
            input_artifacts=range(6),
            configuration={
                "FunctionName": resource("The name of the function."),
                "UserParameters": text("A text that the function gets with its event."),
            },
            can_skip=True,
        ),
        RuleType(
            id=rule_type_id("VariableCheck"),
            label="Variable check",
            configuration={
                "Variable": needed("The variable, as #{namespace.key}."),
                "Value": needed("What it is compared with; a regular expression for MATCHES."),
                "Operator": needed("How they are compared.", "EQ", "NE", "CONTAINS", "MATCHES"),
            },
            can_skip=True,
        ),
    )
}
