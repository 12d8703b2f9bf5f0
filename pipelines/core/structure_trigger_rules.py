"""The rules for triggers in a definition: whose pushes and pull requests start the pipeline."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.core.structure_rules import Declared, repeated

# The only provider that has triggers.
CONNECTION = "CodeStarSourceConnection"


def trigger_failures(declared: Declared) -> Iterator[str]:
    """What is wrong with the triggers, one after the other (spec/engine.md §16)."""
    triggers = [each["gitConfiguration"] for each in declared.definition.get("triggers", [])]
    for name in repeated(trigger["sourceActionName"] for trigger in triggers):
        yield (
            "There can be one trigger for a source action. "
            f"{name} has been used as sourceActionName more than once."
        )
    for trigger in triggers:
        yield from source_action(trigger, declared)
        yield from filters(trigger)


def source_action(trigger: Mapping[str, Any], declared: Declared) -> Iterator[str]:
    name = trigger["sourceActionName"]
    connected = (
        action.name
        for action in declared.plan.first.actions
        if action.type_id.provider == CONNECTION
    )
    if name not in connected:
        yield (
            f"Trigger with sourceActionName {name} does not name a source action of the provider "
            f"{CONNECTION}"
        )


def filters(trigger: Mapping[str, Any]) -> Iterator[str]:
    said = f"Trigger with sourceActionName {trigger['sourceActionName']}"
    if "push" not in trigger and "pullRequest" not in trigger:
        yield f"{said} must declare push or pullRequest"
    for each in trigger.get("push", []):
        yield from push_filter(each, said)
    for each in trigger.get("pullRequest", []):
        if not each.get("branches"):
            yield f"{said} must declare branches in every filter of pullRequest"


def push_filter(declared: Mapping[str, Any], said: str) -> Iterator[str]:
    """An empty structure is the same as none."""
    has_tags, has_branches, has_paths = (
        bool(declared.get(member)) for member in ("tags", "branches", "filePaths")
    )
    if has_tags and has_paths:
        yield f"{said} cannot declare tags and filePaths in the same filter of push"
    elif has_paths and not has_branches:
        yield f"{said} must declare branches in a filter of push that declares filePaths"
    elif not has_tags and not has_branches:
        yield f"{said} must declare tags or branches in every filter of push"
