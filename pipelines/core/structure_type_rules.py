"""What only pipelines of type V2 may declare, and what this version of Penstock cannot do yet."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.statuses import ExecutionMode
from pipelines.core.structure_rules import Declared

CONDITIONS = ("beforeEntry", "onSuccess", "onFailure")


def features_of_v2(definition: Mapping[str, Any]) -> Iterator[str]:
    """What a normalised definition has that pipelines of type V1 have not, each as a sentence."""
    if (mode := definition["executionMode"]) != ExecutionMode.SUPERSEDED:
        yield f"Execution mode {mode} can only be used"
    if definition.get("variables"):
        yield "Pipeline variables can only be declared"
    if definition.get("triggers"):
        yield "Triggers can only be declared"
    for stage, member in declared_conditions(definition):
        yield f"Stage {stage} declares {member}, which can only be declared"


def uses_v2(definition: Mapping[str, Any], action_types: Mapping[ActionTypeId, ActionType]) -> bool:
    """Whether anything in a normalised definition is offered by pipelines of type V2 only."""
    ids = (
        ActionTypeId(**action["actionTypeId"])
        for stage in definition["stages"]
        for action in stage["actions"]
    )
    return any(features_of_v2(definition)) or any(
        id_ in action_types and action_types[id_].needs_v2 for id_ in ids
    )


def type_failures(declared: Declared) -> Iterator[str]:
    """What is there that the pipeline's type does not have."""
    if declared.definition["pipelineType"] != "V2":
        for feature in features_of_v2(declared.definition):
            yield f"{feature} in a pipeline of pipelineType V2"


def declared_conditions(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(stage, member) of every condition."""
    for stage in definition["stages"]:
        for member in CONDITIONS:
            if member in stage:
                yield stage["name"], member
