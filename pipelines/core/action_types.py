"""What an action type is: its name, how many artifacts it takes, what it may be configured with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

MASK = "****"  # what is shown instead of a secret


class Category(StrEnum):
    SOURCE = "Source"
    BUILD = "Build"
    DEPLOY = "Deploy"
    TEST = "Test"
    INVOKE = "Invoke"
    APPROVAL = "Approval"
    COMPUTE = "Compute"


class ActionTypeId(NamedTuple):
    """API type ActionTypeId."""

    category: str
    owner: str
    provider: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationKey:
    """One key of an action's `configuration` (API type ActionConfigurationProperty)."""

    required: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()  # empty: any value


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionType:
    """What a pipeline definition may say of actions of this type (spec/providers.md)."""

    id: ActionTypeId
    label: str  # what the console calls the provider, such as "AWS CodeCommit"
    input_artifacts: range  # how many it takes: range(0, 1) means none
    output_artifacts: range
    configuration: Mapping[str, ConfigurationKey] = field(default_factory=dict)
    timeout_minutes: int = 60
    takes_timeout: bool = False  # timeoutInMinutes may be given in the definition
    takes_commands: bool = False  # commands, outputVariables and files may be given
    needs_v2: bool = False

    @property
    def secrets(self) -> frozenset[str]:
        """The keys of the configuration whose values are shown to nobody."""
        return frozenset(name for name, key in self.configuration.items() if key.secret)
