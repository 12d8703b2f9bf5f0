"""A minimal pipeline around an action of any type, for tests that go through all of them."""

from typing import Any

from pipelines.core.action_types import ActionType, Category, ConfigurationKey, Names
from pipelines.providers import ACTION_TYPES
from tests.definitions import Definition, action, approval, definition, source, stage

EVERY_TYPE = tuple(ACTION_TYPES.values())
ACTION = "Try"  # the action of the type that the pipeline is made for


def name_of(action_type: ActionType) -> str:
    """How a test of this type is called."""
    return "-".join(action_type.id[:3])


def fetched(number: int) -> tuple[str, str]:
    """The name of a source action before the action, and of the artifact that it makes."""
    return f"Fetch{number}", f"In{number}"


def pipeline_around(
    action_type: ActionType,
    *,
    inputs: int | None = None,
    outputs: int | None = None,
    configuration: dict[str, str] | None = None,
    **members: Any,
) -> Definition:
    """A valid pipeline with the least that the type asks for, except for what is said."""
    inputs = action_type.input_artifacts.start if inputs is None else inputs
    outputs = action_type.output_artifacts.start if outputs is None else outputs
    sources = [
        source(name, output=output) for name, output in (fetched(n) for n in range(max(inputs, 1)))
    ]
    tried = action(
        ACTION,
        action_type.id,
        inputs=[fetched(number)[1] for number in range(inputs)],
        outputs=[f"Out{number}" for number in range(outputs)],
        configuration=minimal_configuration(action_type)
        if configuration is None
        else configuration,
        run_order=2,
        **({"commands": ["make"]} if action_type.takes_commands else {}),
    )
    if action_type.id.category == Category.SOURCE:
        stages = [stage("Source", *sources, tried), stage("Ask", approval())]
    else:
        stages = [stage("Source", *sources), stage("Work", tried)]
    return definition(stages=stages, **members)


def minimal_configuration(action_type: ActionType) -> dict[str, str]:
    """A value for each key that is required."""
    return {
        name: acceptable(key) for name, key in action_type.configuration.items() if key.required
    }


def acceptable(key: ConfigurationKey) -> str:
    """A value that the key takes."""
    if key.choices:
        return key.choices[0]
    match key.names:
        case Names.ARTIFACT:
            return fetched(0)[1]
        case Names.FILE:
            return f"{fetched(0)[1]}::template.yaml"
        case _:
            return "something"
