"""Builds, tests and scans that other companies do; AWS does not publish how they are configured."""

from pipelines.core.action_types import THIRD_PARTY, ActionType, ActionTypeId


def partner(
    category: str,
    provider: str,
    label: str,
    *,
    inputs: range = range(6),
    outputs: range = range(6),
) -> ActionType:
    """An action type whose keys only its company knows: any is taken, and none is shown."""
    return ActionType(
        id=ActionTypeId(category, THIRD_PARTY, provider, "1"),
        label=label,
        input_artifacts=inputs,
        output_artifacts=outputs,
        takes_any_configuration=True,
    )


# The names of the providers are those by which they are called; AWS lists them only as words.
ACTION_TYPES = (
    partner("Build", "CloudBees", "CloudBees"),
    partner("Build", "TeamCity", "TeamCity"),
    partner("Test", "BlazeMeter", "BlazeMeter"),
    partner("Test", "GhostInspector", "Ghost Inspector"),
    partner("Test", "StormRunnerLoad", "Micro Focus StormRunner Load"),
    partner("Test", "Nouvola", "Nouvola"),
    partner("Test", "Runscope", "Runscope"),
    partner("Invoke", "Snyk", "Snyk", inputs=range(1, 2), outputs=range(1, 2)),
)
