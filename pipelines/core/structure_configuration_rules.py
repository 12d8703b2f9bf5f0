"""The rules that the configuration of an action keeps, key by key, as its type says."""

import re
from collections.abc import Iterator

from pipelines.core.action_types import ActionType, ConfigurationKey, Names
from pipelines.core.plan import ActionPlan
from pipelines.core.variables import references

# API type ActionConfigurationProperty, member queryable
QUERYABLE = re.compile(r"[A-Za-z0-9_-]{1,20}")


def configuration(action: ActionPlan, action_type: ActionType) -> Iterator[str]:
    """What is missing, then what is wrong with each key that is there."""
    said = f"Action configuration for action '{action.name}'"
    keys = action_type.configuration
    for name, key in keys.items():
        if is_required(key, action) and name not in action.configuration:
            yield f"{said} is missing required configuration '{name}'"
    for name in action.configuration:
        if name in keys:
            yield from (f"{said} {wrong}" for wrong in failures_of_key(name, action, keys[name]))
        elif not action_type.takes_any_configuration:
            yield f"{said} contains unknown configuration '{name}'"


def is_required(key: ConfigurationKey, action: ActionPlan) -> bool:
    return key.required or (key.required_with_several_inputs and len(action.input_artifacts) > 1)


def failures_of_key(name: str, action: ActionPlan, key: ConfigurationKey) -> Iterator[str]:
    """What refers to variables is only known when the action starts."""
    value = action.configuration[name]
    if references(value):
        return
    if key.choices and value not in key.choices:
        yield f"must have one of [{', '.join(key.choices)}] as '{name}'"
    if key.queryable and not QUERYABLE.fullmatch(value):
        yield f"must have 1 to 20 letters, digits, hyphens or underscores as '{name}'"
    if key.names is Names.ARTIFACT:
        yield from artifact_failures(name, value, action)
    if key.names is Names.FILE:
        artifact, _, file = value.partition("::")
        if not file:
            yield f"must have a file of an input artifact, as Artifact::file, as '{name}'"
        else:
            yield from artifact_failures(name, artifact, action)


def artifact_failures(name: str, artifact: str, action: ActionPlan) -> Iterator[str]:
    if artifact not in action.input_artifacts:
        yield f"names the artifact '{artifact}' as '{name}', which is none of its input artifacts"
