"""Secrets in a definition: taken out before it is stored, and known again by the mask.

A key is secret when its action type says so.  AWS shows `****` in its place, and takes `****` in
an update for "as it is".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.core.action_types import MASK, ActionType, ActionTypeId
from pipelines.core.structure_refusals import InvalidActionDeclaration

ActionTypes = Mapping[ActionTypeId, ActionType]
Definition = dict[str, Any]
Secrets = dict[str, dict[str, dict[str, str]]]  # stage -> action -> key -> value


def masked(definition: Mapping[str, Any], action_types: ActionTypes) -> tuple[Definition, Secrets]:
    """A checked definition as it may be stored and shown, and the secrets that were in it."""
    secrets: Secrets = {}
    for stage, action, key in secret_keys(definition, action_types):
        of_stage = secrets.setdefault(stage["name"], {})
        of_stage.setdefault(action["name"], {})[key] = action["configuration"][key]
    return with_values(definition, _masks(secrets)), secrets


def unmasked(
    definition: Mapping[str, Any],
    action_types: ActionTypes,
    *,
    before: Mapping[str, Any],
    secrets: Secrets,
) -> Definition:
    """A checked definition with what its masks stand for.

    `before` is the stored definition and `secrets` what was taken out of it.  An action is the
    same when its stage, its name and its type are.  Raises InvalidActionDeclaration for a mask
    that stands for nothing, as in a copy of another pipeline: stored as it is, it would make the
    action fail much later and nobody would see why.
    """
    types = {
        (stage["name"], action["name"]): action["actionTypeId"]
        for stage in before.get("stages", [])
        for action in stage["actions"]
    }
    kept: Secrets = {}
    for stage, action, key in secret_keys(definition, action_types):
        if action["configuration"][key] != MASK:
            continue
        of_stage, of_action = stage["name"], action["name"]
        stored = secrets.get(of_stage, {}).get(of_action, {})
        if key not in stored or types.get((of_stage, of_action)) != action["actionTypeId"]:
            raise InvalidActionDeclaration(
                f"Action configuration for action '{of_action}' has the mask {MASK} as '{key}', "
                "and no value is stored that it could stand for. Give the value."
            )
        kept.setdefault(of_stage, {}).setdefault(of_action, {})[key] = stored[key]
    return with_values(definition, kept)


def has_masks(definition: Mapping[str, Any], action_types: ActionTypes) -> bool:
    """Whether a mask stands in the place of a secret."""
    return any(
        action["configuration"][key] == MASK
        for _, action, key in secret_keys(definition, action_types)
    )


def with_values(definition: Mapping[str, Any], values: Secrets) -> Definition:
    """A copy with these values in the configurations of its actions, at their keys' places."""
    stages = [
        {
            **stage,
            "actions": [
                _with_values(action, values.get(stage["name"], {}).get(action["name"], {}))
                for action in stage["actions"]
            ],
        }
        for stage in definition["stages"]
    ]
    return {**definition, "stages": stages}


def secret_keys(
    definition: Mapping[str, Any], action_types: ActionTypes
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], str]]:
    """(stage, action, key) of every secret that is given a value."""
    for stage in definition["stages"]:
        for action in stage["actions"]:
            action_type = action_types[ActionTypeId(**action["actionTypeId"])]
            for key in action["configuration"]:
                if action_type.is_secret(key):
                    yield stage, action, key


def _with_values(action: Mapping[str, Any], values: Mapping[str, str]) -> Definition:
    return {**action, "configuration": {**action["configuration"], **values}}


def _masks(secrets: Secrets) -> Secrets:
    return {
        stage: {action: dict.fromkeys(values, MASK) for action, values in actions.items()}
        for stage, actions in secrets.items()
    }
