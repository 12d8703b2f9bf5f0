"""Reading and checking a pipeline definition: the `pipeline` structure of the AWS API."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.plan import (
    ActionPlan,
    ArtifactPlan,
    ConditionPlan,
    PipelinePlan,
    StagePlan,
)
from pipelines.core.rule_types import rule_type_id
from pipelines.core.shapes import clean, violations
from pipelines.core.statuses import ConditionKind, ExecutionMode, RetryMode, StageResult
from pipelines.core.structure_action_rules import action_failures
from pipelines.core.structure_condition_rules import condition_failures
from pipelines.core.structure_namespace_rules import namespace_failures
from pipelines.core.structure_refusals import (
    InvalidActionDeclaration,
    InvalidBlockerDeclaration,
    InvalidDefinition,
    InvalidStageDeclaration,
    InvalidStructure,
    InvalidValue,
)
from pipelines.core.structure_rule_references import rule_reference_failures
from pipelines.core.structure_rules import (
    Declared,
    blocker_failures,
    pipeline_failures,
    stage_failures,
)
from pipelines.core.structure_shapes import PIPELINE
from pipelines.core.structure_trigger_rules import trigger_failures
from pipelines.core.structure_type_rules import (
    type_failures,
    uses_v2,
)
from pipelines.core.variables import NO_DEFAULT

__all__ = [
    "InvalidActionDeclaration",
    "InvalidBlockerDeclaration",
    "InvalidDefinition",
    "InvalidStageDeclaration",
    "InvalidStructure",
    "InvalidValue",
    "check",
    "read",
]

# In the order in which they are reported; AWS reports the first only.
RULES = (
    (pipeline_failures, InvalidStructure),
    (trigger_failures, InvalidStructure),
    (type_failures, InvalidStructure),
    (blocker_failures, InvalidBlockerDeclaration),
    (stage_failures, InvalidStageDeclaration),
    (condition_failures, InvalidStageDeclaration),
    (action_failures, InvalidActionDeclaration),
    (namespace_failures, InvalidActionDeclaration),
    (rule_reference_failures, InvalidStageDeclaration),
)


def check(
    definition: Mapping[str, Any],
    *,
    action_types: Mapping[ActionTypeId, ActionType],
    region: str,
) -> dict[str, Any]:
    """Return the definition as it is to be stored, or raise an InvalidDefinition.

    What is returned shares nothing with what was given, has the defaults filled in, and has no
    members that AWS does not know, nor `version`, which is not the caller's to choose.
    """
    if problems := tuple(violations(definition, PIPELINE, "pipeline")):
        raise InvalidValue(problems)
    normalised = normalise(clean(definition, PIPELINE), action_types)
    declared = Declared(
        definition=normalised, plan=read(normalised), action_types=action_types, region=region
    )
    for failures, refusal in RULES:
        for message in failures(declared):
            raise refusal(message)
    return normalised


def normalise(
    definition: Mapping[str, Any], action_types: Mapping[ActionTypeId, ActionType]
) -> dict[str, Any]:
    """Fill in what may be left out; keep the order of what is there."""
    filled = {name: member for name, member in definition.items() if name != "version"}
    filled["stages"] = [
        {**stage, "actions": [with_defaults(action) for action in stage["actions"]]}
        for stage in definition["stages"]
    ]
    filled.setdefault("executionMode", str(ExecutionMode.SUPERSEDED))
    filled.setdefault("pipelineType", "V2" if uses_v2(filled, action_types) else "V1")
    return filled


def with_defaults(action: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {"runOrder": 1, "configuration": {}, "inputArtifacts": [], "outputArtifacts": []}
    missing = {name: default for name, default in defaults.items() if name not in action}
    return {**action, **missing}


def read(definition: Mapping[str, Any]) -> PipelinePlan:
    """Read a definition that `check` has returned."""
    return PipelinePlan(
        stages=tuple(read_stage(stage) for stage in definition["stages"]),
        variables={
            variable["name"]: variable.get("defaultValue", NO_DEFAULT)
            for variable in definition.get("variables", [])
        },
        artifact_buckets={
            region: store["location"] for region, store in artifact_stores(definition).items()
        },
        encryption_keys={
            region: store["encryptionKey"]
            for region, store in artifact_stores(definition).items()
            if "encryptionKey" in store
        },
    )


def artifact_stores(definition: Mapping[str, Any]) -> dict[str, Any]:
    """By region; the one of a pipeline that declares no regions is for any."""
    if "artifactStore" in definition:
        return {"": definition["artifactStore"]}
    return dict(definition.get("artifactStores", {}))


def read_stage(stage: Mapping[str, Any]) -> StagePlan:
    on_failure = stage.get("onFailure", {})
    result, retry = on_failure.get("result"), on_failure.get("retryConfiguration", {})
    return StagePlan(
        name=stage["name"],
        actions=tuple(read_action(action) for action in stage["actions"]),
        on_failure=StageResult(result) if result else None,
        retry_mode=RetryMode(retry["retryMode"]) if "retryMode" in retry else None,
        conditions={
            kind: read_condition(stage[kind])
            for kind in ConditionKind
            if "conditions" in stage.get(kind, {})
        },
    )


def read_condition(declared: Mapping[str, Any]) -> ConditionPlan:
    """Of its one condition; a failure may say the result beside it."""
    (condition,) = declared["conditions"]
    result = condition.get("result", declared.get("result"))
    return ConditionPlan(
        rules=tuple(read_rule(rule) for rule in condition.get("rules", [])),
        result=StageResult(result) if result else None,
    )


def read_rule(rule: Mapping[str, Any]) -> ActionPlan:
    provider = rule["ruleTypeId"]["provider"]
    return ActionPlan(
        name=rule["name"],
        type_id=ActionTypeId(*rule_type_id(provider)),
        configuration=dict(rule.get("configuration", {})),
        input_artifacts=tuple(each["name"] for each in rule.get("inputArtifacts", [])),
        commands=tuple(rule.get("commands", [])),
        timeout_minutes=rule.get("timeoutInMinutes"),
        region=rule.get("region", ""),
        role_arn=rule.get("roleArn", ""),
    )


def read_action(action: Mapping[str, Any]) -> ActionPlan:
    environment = action.get("environmentVariables", [])
    return ActionPlan(
        name=action["name"],
        type_id=ActionTypeId(**action["actionTypeId"]),
        run_order=action["runOrder"],
        configuration=dict(action["configuration"]),
        input_artifacts=tuple(artifact["name"] for artifact in action["inputArtifacts"]),
        output_artifacts=tuple(
            ArtifactPlan(artifact["name"], tuple(artifact.get("files", [])))
            for artifact in action["outputArtifacts"]
        ),
        namespace=action.get("namespace", ""),
        commands=tuple(action.get("commands", [])),
        environment={variable["name"]: variable["value"] for variable in environment},
        output_variables=tuple(action.get("outputVariables", [])),
        timeout_minutes=action.get("timeoutInMinutes"),
        region=action.get("region", ""),
        role_arn=action.get("roleArn", ""),
    )
