"""Short ways to write the keys of an action's configuration in a table."""

from pipelines.core.action_types import BOOLEANS, ConfigurationKey, Names, ValueType


def resource(description: str, *, required: bool = True) -> ConfigurationKey:
    """The name of a resource that the action works on."""
    return ConfigurationKey(description=description, required=required, key=True)


def needed(description: str, *choices: str) -> ConfigurationKey:
    """A text that has to be given."""
    return ConfigurationKey(description=description, required=True, choices=choices)


def text(description: str, *choices: str) -> ConfigurationKey:
    """A text that may be given."""
    return ConfigurationKey(description=description, choices=choices)


def number(description: str) -> ConfigurationKey:
    return ConfigurationKey(description=description, type=ValueType.NUMBER)


def flag(description: str, *, required: bool = False) -> ConfigurationKey:
    return ConfigurationKey(
        description=description, type=ValueType.BOOLEAN, choices=BOOLEANS, required=required
    )


def secret(description: str) -> ConfigurationKey:
    """A text that has to be given, and is not shown again."""
    return ConfigurationKey(description=description, required=True, secret=True)


def artifact(description: str, *, required: bool = False) -> ConfigurationKey:
    """The name of an input artifact."""
    return ConfigurationKey(description=description, required=required, names=Names.ARTIFACT)


def file(description: str, *, required: bool = False) -> ConfigurationKey:
    """A file in an input artifact, as Artifact::file."""
    return ConfigurationKey(description=description, required=required, names=Names.FILE)
