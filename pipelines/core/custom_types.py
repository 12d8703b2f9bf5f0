"""Custom action types: the rules that one keeps, and how it reads as any other action type.

A custom type is kept as it was given: the members of CreateCustomActionType but its tags.
https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_CreateCustomActionType.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipelines.core.action_types import (
    CUSTOM,
    ActionType,
    ActionTypeId,
    Category,
    ConfigurationKey,
    Links,
    ValueType,
)
from pipelines.core.refusals import InvalidRequest
from pipelines.core.storable import check_storable
from pipelines.core.structure_rules import repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_TYPES = 50
MAX_PROPERTIES = 10
TIMEOUT_MINUTES = 24 * 60

PLACEHOLDER = re.compile(r"\{Config:([^{}]*)\}")
LINKS = {
    "thirdPartyConfigurationUrl": "third_party_configuration",
    "entityUrlTemplate": "entity",
    "executionUrlTemplate": "execution",
    "revisionUrlTemplate": "revision",
}

Definition = dict[str, Any]


def id_of(category: str, provider: str, version: str) -> ActionTypeId:
    """The whole name of a custom type."""
    return ActionTypeId(category, CUSTOM, provider, version)


def check(definition: Mapping[str, Any]) -> None:
    """Raise InvalidRequest for the first rule that the definition breaks."""
    for problem in failures(definition):
        raise InvalidRequest(problem)


def failures(definition: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a definition of the right shape."""
    if definition["category"] == Category.APPROVAL:
        yield "A custom action type cannot be of the category Approval: people answer approvals."
    for member in ("inputArtifactDetails", "outputArtifactDetails"):
        counts = definition[member]
        if counts["minimumCount"] > counts["maximumCount"]:
            yield f"The minimumCount of {member} is greater than its maximumCount."
    yield from failures_of_properties(properties_of(definition))
    yield from failures_of_links(definition)


def failures_of_properties(properties: list[Mapping[str, Any]]) -> Iterator[str]:
    if len(properties) > MAX_PROPERTIES:
        yield (
            f"The action type has {len(properties)} configuration properties; it may have"
            f" {MAX_PROPERTIES} at most."
        )
    for name in repeated(each["name"] for each in properties):
        yield f"The configuration property '{name}' is declared more than once."
    for each in properties:
        for text in (each["name"], each.get("description", "")):
            check_storable(text, "configurationProperties")
    queryable = [each for each in properties if each.get("queryable")]
    if len(queryable) > 1:
        yield "An action type may have one queryable configuration property at most."
    for each in queryable:
        if not each["required"] or each["secret"]:
            yield (
                f"The configuration property '{each['name']}' is queryable, so it must be required"
                " and must not be secret."
            )


def failures_of_links(definition: Mapping[str, Any]) -> Iterator[str]:
    """Anybody who may see the pipeline sees its links, so that a secret has no place in them."""
    shown = {each["name"]: not each["secret"] for each in properties_of(definition)}
    for member, template in definition.get("settings", {}).items():
        check_storable(template, f"settings.{member}")
        for name in PLACEHOLDER.findall(template):
            if name not in shown:
                yield f"The {member} names '{name}', which is not a configuration property."
            elif not shown[name]:
                yield f"The {member} names '{name}', which is a secret."


def properties_of(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(definition.get("configurationProperties", []))


def read(definition: Mapping[str, Any]) -> ActionType:
    """The action type that a checked definition describes."""
    settings = definition.get("settings", {})
    return ActionType(
        id=id_of(definition["category"], definition["provider"], definition["version"]),
        label=definition["provider"],
        input_artifacts=_counts(definition["inputArtifactDetails"]),
        output_artifacts=_counts(definition["outputArtifactDetails"]),
        configuration={each["name"]: _key(each) for each in properties_of(definition)},
        links=Links(**{ours: settings[name] for name, ours in LINKS.items() if name in settings}),
        timeout_minutes=TIMEOUT_MINUTES,
    )


def queryable_key(action_type: ActionType) -> str | None:
    """The key by whose value workers ask for jobs, if the type has one."""
    return next((name for name, key in action_type.configuration.items() if key.queryable), None)


def filled(template: str, configuration: Mapping[str, str], *, external_execution_id: str) -> str:
    """The address that a template stands for; empty while it needs an id that there is not yet."""
    if "{ExternalExecutionId}" in template and not external_execution_id:
        return ""
    address = template.replace("{ExternalExecutionId}", external_execution_id)
    return PLACEHOLDER.sub(lambda found: configuration.get(found[1], ""), address)


def _counts(details: Mapping[str, int]) -> range:
    return range(details["minimumCount"], details["maximumCount"] + 1)


def _key(given: Mapping[str, Any]) -> ConfigurationKey:
    return ConfigurationKey(
        description=given.get("description", ""),
        type=ValueType(given.get("type", ValueType.STRING)),
        required=given["required"],
        secret=given["secret"],
        key=given["key"],
        queryable=given.get("queryable", False),
    )
