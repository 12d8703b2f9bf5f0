"""Variables: finding `#{namespace.key}` in texts, and putting the values in."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipelines.core.refusals import InvalidRequest, Refusal

EXECUTION_NAMESPACE = "codepipeline"
EXECUTION_KEY = "PipelineExecutionId"
PIPELINE_NAMESPACE = "variables"
NO_DEFAULT = ""  # AWS lets no variable have an empty value

# https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
RESOLVED_CONFIGURATION_BYTES = 100 * 1024
OUTPUT_VARIABLES_BYTES = 122_880

BRACES = re.compile(r"#\{([^{}]*)\}")
REFERENCE = re.compile(r"([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)")
FORMAT = (
    "Valid format for a pipeline execution variable reference is a namespace and a key "
    "separated by a period (.)."
)

Values = Mapping[str, str]
Namespaces = Mapping[str, Values]  # {namespace: {key: value}}


class Reference(NamedTuple):
    """`#{namespace.key}`"""

    namespace: str
    key: str


class UnresolvedVariable(Exception):
    """The variables of an action cannot be put into its texts; `str()` of it says why."""


class OutputVariablesSizeExceeded(Refusal):
    """An action reports too much (OutputVariablesSizeExceededException)."""


def references(text: str) -> tuple[Reference, ...]:
    """The references in a text that have the right form, in the order they stand there."""
    found = (REFERENCE.fullmatch(inside) for inside in BRACES.findall(text))
    return tuple(Reference(*match.groups()) for match in found if match)


def malformed_references(text: str) -> tuple[str, ...]:
    """What looks like a reference in a text, but has not the form of one."""
    return tuple(
        f"#{{{inside}}}" for inside in BRACES.findall(text) if not REFERENCE.fullmatch(inside)
    )


def resolve(text: str, variables: Namespaces) -> str:
    """Put the values in, once: a value that itself looks like a reference stays as it is."""
    return BRACES.sub(lambda braces: value_of(braces, variables), text)


def value_of(braces: re.Match[str], variables: Namespaces) -> str:
    reference = REFERENCE.fullmatch(braces[1])
    if reference is None:
        raise UnresolvedVariable(f"{FORMAT} This is not one: {braces[0]}")
    namespace, key = reference.groups()
    if namespace not in variables:
        raise UnresolvedVariable(
            f"The variable reference {braces[0]} cannot be resolved: "
            f"no action that ran before has the namespace {namespace}."
        )
    if key not in variables[namespace]:
        raise UnresolvedVariable(
            f"The variable reference {braces[0]} cannot be resolved: "
            f"the namespace {namespace} has no variable {key}."
        )
    return variables[namespace][key]


def resolve_values(values: Values, variables: Namespaces) -> dict[str, str]:
    """Put the values into a configuration or an environment, unless that makes it too large."""
    resolved = {key: resolve(text, variables) for key, text in values.items()}
    if size_in_bytes(resolved) > RESOLVED_CONFIGURATION_BYTES:
        raise UnresolvedVariable(
            "The configuration of the action is too large once its variables are resolved: "
            f"it may have {RESOLVED_CONFIGURATION_BYTES} bytes in all."
        )
    return resolved


def by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Values by the names of their variables.  Raises InvalidRequest for a name given twice."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise InvalidRequest(f"The variable {name} is given more than once.")
        values[name] = value
    return values


def initial_values(declared: Values, given: Values) -> dict[str, str]:
    """The values of pipeline variables that an execution starts with: given, else defaults."""
    values = {name: given.get(name, default) for name, default in declared.items()}
    if unknown := [name for name in given if name not in declared]:
        raise InvalidRequest(f"The pipeline does not declare the variable {unknown[0]}.")
    if missing := [name for name, value in values.items() if value == NO_DEFAULT]:
        raise InvalidRequest(f"The variable {missing[0]} has no default: give it a value.")
    return values


def check_output_variables(variables: Values) -> None:
    """Raise OutputVariablesSizeExceeded when these are more than an execution can carry."""
    if (size := size_in_bytes(variables)) > OUTPUT_VARIABLES_BYTES:
        raise OutputVariablesSizeExceeded(
            f"The output variables of the action have {size} bytes in all; "
            f"they may have {OUTPUT_VARIABLES_BYTES}."
        )


def size_in_bytes(values: Values) -> int:
    return sum(len(text.encode()) for pair in values.items() for text in pair)
