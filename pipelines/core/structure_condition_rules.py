"""The rules for conditions of stages: what may follow from them, and which rules they have.

https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.core.rule_types import RULE_TYPES
from pipelines.core.rules import failures_of
from pipelines.core.statuses import ExecutionMode
from pipelines.core.structure_rules import Declared, repeated
from pipelines.core.structure_type_rules import CONDITIONS

RESULTS = {
    "beforeEntry": ("FAIL", "SKIP"),
    "onSuccess": ("FAIL", "ROLLBACK"),
    "onFailure": ("ROLLBACK", "FAIL", "RETRY", "SKIP"),
}
# https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html
TYPES = {each.id.provider: each for each in RULE_TYPES.values()}
THAT_SKIP = ", ".join(provider for provider, each in TYPES.items() if each.can_skip)


def condition_failures(declared: Declared) -> Iterator[str]:
    """What is wrong with the conditions, stage by stage."""
    mode = declared.definition["executionMode"]
    for position, stage in enumerate(declared.definition["stages"]):
        may_roll_back = position > 0 and mode != ExecutionMode.PARALLEL
        for member in CONDITIONS:
            if member in stage:
                said = f"Stage {stage['name']} declares {member}"
                yield from results(stage[member], member, said, may_roll_back=may_roll_back)
                yield from rules_of(stage[member], said)
        yield from retry(stage)


def results(
    declared: Mapping[str, Any], member: str, said: str, *, may_roll_back: bool
) -> Iterator[str]:
    allowed = RESULTS[member]
    for result in results_of(declared):
        if result not in allowed:
            yield f"{said} with the result {result}. It must be one of [{', '.join(allowed)}]"
        if result == "ROLLBACK" and not may_roll_back:
            yield (
                f"{said} with the result ROLLBACK, which is possible neither in the source stage "
                "nor in a pipeline with the execution mode PARALLEL"
            )


def results_of(declared: Mapping[str, Any]) -> Iterator[str]:
    """Its own result, and those of its conditions."""
    for each in (declared, *declared.get("conditions", [])):
        if "result" in each:
            yield each["result"]


def retry(stage: Mapping[str, Any]) -> Iterator[str]:
    """A stage is retried as it is, or by conditions, but not both."""
    declared, said = stage.get("onFailure", {}), f"Stage {stage['name']} declares onFailure"
    if "RETRY" not in results_of(declared):
        return
    if "conditions" in declared:
        yield f"{said} with the result RETRY, which cannot be combined with conditions"
    if "retryMode" not in declared.get("retryConfiguration", {}):
        yield f"{said} with the result RETRY and must declare retryMode in retryConfiguration"


def rules_of(declared: Mapping[str, Any], said: str) -> Iterator[str]:
    for condition in declared.get("conditions", []):
        rules = condition.get("rules", [])
        for name in repeated(rule["name"] for rule in rules):
            yield f"{said}. Rule names must be unique. {name} has been used more than once."
        for rule in rules:
            yield from rule_failures(rule, said)
            rule_type = TYPES.get(provider_of(rule))
            if condition.get("result") == "SKIP" and not (rule_type and rule_type.can_skip):
                yield (
                    f"{said} with the result SKIP, which is only possible with rules of the "
                    f"providers [{THAT_SKIP}], and not with {rule['name']}"
                )


def rule_failures(rule: Mapping[str, Any], said: str) -> Iterator[str]:
    rule_type = TYPES.get(provider_of(rule))
    if rule_type is None:
        yield f"{said} with the rule {rule['name']} of an unknown provider {provider_of(rule)}"
        return
    for name, key in rule_type.configuration.items():
        if key.required and name not in rule.get("configuration", {}):
            yield f"{said} with the rule {rule['name']}, which must have the configuration '{name}'"
    for problem in failures_of(provider_of(rule), rule.get("configuration", {})):
        yield f"{said} with the rule {rule['name']}. {problem}"
    if rule_type.takes_commands != ("commands" in rule):
        yield (
            f"{said} with the rule {rule['name']}. Rules of the provider Commands must declare "
            "commands, and others cannot"
        )


def provider_of(rule: Mapping[str, Any]) -> str:
    return str(rule["ruleTypeId"]["provider"])
