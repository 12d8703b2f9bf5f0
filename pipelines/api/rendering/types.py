"""Action types and rule types: the structures ActionType and RuleType."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.action_types import ActionType, ConfigurationKey
    from pipelines.core.rule_types import RuleType

Structure = dict[str, Any]


def action_type(each: ActionType) -> Structure:
    """ActionType.

    Some types take more artifacts and have more keys than the service model says a client will be
    told; the real numbers are what pipelines are checked against, so they are what is told.
    """
    links = {
        "thirdPartyConfigurationUrl": each.links.third_party_configuration,
        "entityUrlTemplate": each.links.entity,
        "executionUrlTemplate": each.links.execution,
        "revisionUrlTemplate": each.links.revision,
    }
    given = {name: _address(link) for name, link in links.items() if link}
    return {
        "id": each.id._asdict(),
        **({"settings": given} if given else {}),
        "actionConfigurationProperties": properties(each.configuration),
        "inputArtifactDetails": artifact_details(each.input_artifacts),
        "outputArtifactDetails": artifact_details(each.output_artifacts),
    }


def rule_type(each: RuleType) -> Structure:
    """RuleType."""
    return {
        "id": each.id._asdict(),
        "ruleConfigurationProperties": properties(each.configuration),
        "inputArtifactDetails": artifact_details(each.input_artifacts),
    }


def properties(configuration: Mapping[str, ConfigurationKey]) -> list[Structure]:
    """ActionConfigurationPropertyList, and RuleConfigurationPropertyList, which is the same."""
    return [_property(name, key) for name, key in configuration.items()]


def artifact_details(counts: range) -> Structure:
    return {"minimumCount": counts.start, "maximumCount": counts.stop - 1}


def _property(name: str, key: ConfigurationKey) -> Structure:
    described = {"description": key.description} if key.description else {}
    return {
        "name": name,
        "required": key.required,
        "key": key.key,
        "secret": key.secret,
        "queryable": key.queryable,
        **described,
        "type": str(key.type),
    }


def _address(link: str) -> str:
    if not link.startswith("/"):
        return link
    return f"{settings.PENSTOCK_URL}{link}?region={settings.PENSTOCK_REGION}"
