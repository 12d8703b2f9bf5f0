"""The rules that the actions of a pipeline definition keep, each by itself."""

from collections.abc import Callable, Iterator

from pipelines.core.action_types import ActionType
from pipelines.core.plan import ActionPlan
from pipelines.core.structure_configuration_rules import configuration
from pipelines.core.structure_rules import ABSENT, Declared, is_source, repeated


def action_failures(declared: Declared) -> Iterator[str]:
    """What is wrong with the actions, action by action."""
    for placed in declared.actions:
        yield from failures_of_type(declared, placed.action)
    yield from environment_variables(declared)


def failures_of_type(declared: Declared, action: ActionPlan) -> Iterator[str]:
    action_type = declared.action_types.get(action.type_id)
    if action_type is None:
        yield not_available(action, action.region or declared.region)
    else:
        yield from pipeline_type(declared, action, action_type)
        yield from region(declared, action)
        for rule in RULES_OF_TYPE:
            yield from rule(action, action_type)


def not_available(action: ActionPlan, region: str) -> str:
    id_ = action.type_id
    return (
        f"ActionType (Category: '{id_.category}', Provider: '{id_.provider}', "
        f"Owner: '{id_.owner}', Version: '{id_.version}') in action '{action.name}' "
        f"is not available in region '{region.upper().replace('-', '_')}'"
    )


def pipeline_type(declared: Declared, action: ActionPlan, action_type: ActionType) -> Iterator[str]:
    if action_type.needs_v2 and declared.definition["pipelineType"] != "V2":
        yield (
            f"Action {action.name} uses the provider {action.type_id.provider}, "
            "which can only be used in a pipeline of pipelineType V2"
        )


def region(declared: Declared, action: ActionPlan) -> Iterator[str]:
    elsewhere = action.region not in {"", declared.region}
    if elsewhere and (is_source(action) or action.type_id.owner != "AWS"):
        yield (
            f"Action {action.name} cannot be in region {action.region}: source actions, "
            "third-party actions and custom actions must be in the region of the pipeline"
        )


def number_of_artifacts(action: ActionPlan, action_type: ActionType) -> Iterator[str]:
    for kind, count, allowed in (
        ("input", len(action.input_artifacts), action_type.input_artifacts),
        ("output", len(action.output_artifacts), action_type.output_artifacts),
    ):
        said = f"Action {action.name} declares {count} {kind} artifacts which is"
        if count < allowed.start:
            yield f"{said} less than the minimum count ({allowed.start})"
        if count >= allowed.stop:
            yield f"{said} more than the maximum count ({allowed.stop - 1})"


def timeout(action: ActionPlan, action_type: ActionType) -> Iterator[str]:
    if action.timeout_minutes is not None and not action_type.takes_timeout:
        yield (
            f"Action {action.name} declares timeoutInMinutes, "
            f"which actions of the provider {action.type_id.provider} cannot have"
        )


def commands(action: ActionPlan, action_type: ActionType) -> Iterator[str]:
    if action_type.takes_commands and not action.commands:
        yield f"Action {action.name} must declare commands"
    files = [file for _, file in action.output_artifacts if file]
    for member, declared, is_taken in (
        ("commands", action.commands, action_type.takes_commands),
        ("environmentVariables", action.environment, action_type.takes_environment),
        ("outputVariables", action.output_variables, action_type.takes_commands),
        ("files in its outputArtifacts", files, action_type.takes_commands),
    ):
        if declared and not is_taken:
            yield (
                f"Action {action.name} declares {member}, "
                f"which actions of the provider {action.type_id.provider} cannot have"
            )


RuleOfType = Callable[[ActionPlan, ActionType], Iterator[str]]

RULES_OF_TYPE: tuple[RuleOfType, ...] = (number_of_artifacts, configuration, timeout, commands)


def environment_variables(declared: Declared) -> Iterator[str]:
    actions = (action for stage in declared.definition["stages"] for action in stage["actions"])
    for action in actions:
        variables = action.get("environmentVariables", [])
        for variable in variables:
            if variable.get("type") == "SECRETS_MANAGER":
                yield (
                    f"Environment variable {variable['name']} in action {action['name']} is of "
                    f"type SECRETS_MANAGER, which is {ABSENT}. Use PLAINTEXT."
                )
        for name in repeated(variable["name"] for variable in variables):
            yield (
                f"Environment variable names must be unique within an action. {name} in action "
                f"{action['name']} has been used more than once."
            )
