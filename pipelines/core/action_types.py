"""What an action type is: its name, how many artifacts it takes, what it may be configured with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

MASK = "****"  # what is shown instead of a secret


CUSTOM = "Custom"  # the owner of types that somebody has created here; job workers do them
THIRD_PARTY = "ThirdParty"  # the owner of those that partners of AWS do


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


class ValueType(StrEnum):
    """API type ActionConfigurationPropertyType; whatever it is, a value is written as text."""

    STRING = "String"
    NUMBER = "Number"
    BOOLEAN = "Boolean"


class Names(StrEnum):
    """What a value has to name among the input artifacts of its action."""

    ARTIFACT = "artifact"
    FILE = "file"  # as Artifact::path/of/the/file


BOOLEANS = ("true", "false")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationKey:
    """One key of an action's `configuration` (API type ActionConfigurationProperty)."""

    description: str = ""  # at most 160 characters
    type: ValueType = ValueType.STRING
    required: bool = False
    required_with_several_inputs: bool = False
    secret: bool = False
    key: bool = False  # it says which resource of the provider the action works on
    queryable: bool = False  # PollForJobs may ask for jobs by its value
    choices: tuple[str, ...] = ()  # empty: any value
    names: Names | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Templates of addresses (API type ActionTypeSettings); what starts with a slash is ours.

    The placeholders are AWS's: {Config:KeyOfTheConfiguration}, {ExternalExecutionId}, {RevisionId}.
    """

    third_party_configuration: str = ""  # where the provider is set up
    entity: str = ""
    execution: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionType:
    """What a pipeline definition may say of actions of this type (spec/providers.md)."""

    id: ActionTypeId
    label: str  # what the console calls the provider, such as "AWS CodeCommit"
    input_artifacts: range  # how many it takes: range(0, 1) means none
    output_artifacts: range
    configuration: Mapping[str, ConfigurationKey] = field(default_factory=dict)
    takes_any_configuration: bool = False  # AWS does not publish the keys
    output_variables: tuple[str, ...] = ()  # those that every action of this type produces
    links: Links = field(default_factory=Links)
    timeout_minutes: int = 60
    takes_timeout: bool = False  # timeoutInMinutes may be given in the definition
    takes_commands: bool = False  # commands, outputVariables and files may be given
    takes_environment: bool = False  # environmentVariables may be given
    needs_v2: bool = False

    def is_secret(self, key: str) -> bool:
        """Whether the value is sealed and shown to nobody; who knows what unpublished keys hold."""
        known = self.configuration.get(key)
        return known.secret if known else self.takes_any_configuration
