"""Conditions of stages and their rules: StageConditionState, RuleExecution, RuleExecutionDetail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.api.rendering.actions import artifacts, error_details, region
from pipelines.api.rendering.members import SUMMARY, filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.plan import ActionPlan, ConditionPlan, PipelinePlan
    from pipelines.models import ActionExecution, ConditionExecution

Structure = dict[str, Any]


def condition_state(
    plan: ConditionPlan,
    condition: ConditionExecution | None,
    rules: Mapping[str, ActionExecution],
) -> Structure:
    """StageConditionState, of a kind of condition; a stage has one condition of each."""
    return filled(
        {
            "latestExecution": _condition(condition, rules) if condition else None,
            "conditionStates": [
                filled(
                    {
                        "latestExecution": {
                            **_condition(condition, rules),
                            "lastStatusChange": condition.updated_at,
                        }
                        if condition
                        else None,
                        "ruleStates": [_rule_state(each, rules) for each in plan.rules],
                    }
                )
            ],
        }
    )


def summary_of(condition: ConditionExecution, rules: Mapping[str, ActionExecution]) -> str:
    """What there is to say of a check: who overrode it, or which rules did not succeed."""
    if condition.overridden_at:
        return f"Overridden by {condition.overridden_by}"
    failed = (rule for rule in rules.values() if rule.error_message)
    return " ".join(f"{rule.action_name}: {rule.error_message}" for rule in failed)


def _condition(condition: ConditionExecution, rules: Mapping[str, ActionExecution]) -> Structure:
    told = {"status": condition.status, "summary": summary_of(condition, rules)[:SUMMARY]}
    return filled(told)


def _rule_state(plan: ActionPlan, rules: Mapping[str, ActionExecution]) -> Structure:
    rule = rules.get(plan.name)
    return filled({"ruleName": plan.name, "latestExecution": _execution(rule) if rule else None})


def _execution(rule: ActionExecution) -> Structure:
    """RuleExecution."""
    return filled(
        {
            "ruleExecutionId": str(rule.pk),
            "status": rule.status,
            "summary": rule.summary[:SUMMARY],
            "lastStatusChange": rule.ended_at or rule.started_at,
            "lastUpdatedBy": rule.updated_by,
            "externalExecutionId": rule.external_execution_id,
            "externalExecutionUrl": rule.external_execution_url,
            "errorDetails": error_details(rule),
        }
    )


def detail(rule: ActionExecution, plan: PipelinePlan) -> Structure:
    """RuleExecutionDetail, of the list; `plan` is the version that the execution follows."""
    declared = rule.declared_in(plan)
    bucket = plan.artifact_bucket(region(declared))
    result = {
        "externalExecutionId": rule.external_execution_id,
        "externalExecutionSummary": rule.summary,
        "externalExecutionUrl": rule.external_execution_url,
        "errorDetails": error_details(rule),
    }
    return filled(
        {
            "pipelineExecutionId": str(rule.execution_id),
            "ruleExecutionId": str(rule.pk),
            "pipelineVersion": rule.execution.version,
            "stageName": rule.stage_name,
            "ruleName": rule.action_name,
            "startTime": rule.started_at,
            "lastUpdateTime": rule.updated_at,
            "updatedBy": rule.updated_by,
            "status": rule.status,
            "input": _input(rule, declared, bucket),
            "output": filled({"executionResult": filled(result) or None}),
        }
    )


def _input(rule: ActionExecution, declared: ActionPlan, bucket: str) -> Structure:
    return filled(
        {
            "ruleTypeId": declared.type_id._asdict(),
            "configuration": dict(declared.configuration),
            "resolvedConfiguration": rule.resolved_configuration,
            "roleArn": declared.role_arn,
            "region": region(declared),
            "inputArtifacts": artifacts(declared.input_artifacts, rule.input_artifacts, bucket),
        }
    )
