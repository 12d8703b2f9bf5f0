"""Write docs/providers.md from the tables of action types and rule types."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from pipelines.core.action_types import ActionType, Category, ConfigurationKey, Names
from pipelines.core.rule_types import RULE_TYPES, RuleType
from pipelines.core.timeouts import timeout_of
from pipelines.providers import ACTION_TYPES, elsewhere, is_done_here

INTRODUCTION = """\
# Action types and rule types

Written by `manage.py docs` from the tables that definitions are checked against; a test holds the
two together. Every action type of AWS is known: definitions that use it are accepted and checked.
**Done here** means that this Penstock does the work. The others fail when they run, with
`ConfigurationError` and the sentence that stands below the type; nothing is simulated.

Custom action types are not available yet.
"""
RULES = """\
## Rules of conditions

What `ListRuleTypes` says. Conditions of stages are not available in this version.
"""
UNPUBLISHED = "AWS does not publish the keys of its configuration: any is taken, and none is shown."
NAMES = {Names.ARTIFACT: "an input artifact", Names.FILE: "`Artifact::file`"}


class Command(BaseCommand):
    """Writes the page anew; it says the same until a table changes."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        path = path_of_page()
        path.write_text(page())
        self.stdout.write(f"Wrote {path}")


def path_of_page() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "providers.md"


def page() -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION, *actions(), RULES, *map(rule, RULE_TYPES.values())]
    return "\n".join(parts)


def actions() -> Iterator[str]:
    """Category by category, what is done here first."""
    for category in Category:
        yield f"## {category}\n"
        listed = [each for each in ACTION_TYPES.values() if each.id.category == category]
        for each in sorted(listed, key=lambda each: (not is_done_here(each.id), each.label)):
            yield action(each)


def action(each: ActionType) -> str:
    done = is_done_here(each.id)
    return section(
        each.label + (" – done here" if done else ""),
        [
            f"`{' / '.join(each.id)}`",
            artifacts("input", each.input_artifacts),
            artifacts("output", each.output_artifacts),
            f"at most {span(each)}",
            *(["`timeoutInMinutes`"] if each.takes_timeout else []),
            *(["`commands`, `outputVariables`, `files`"] if each.takes_commands else []),
            *(["`environmentVariables`"] if each.takes_environment else []),
            *(["pipelines of type V2 only"] if each.needs_v2 else []),
        ],
        "" if done else f"> {elsewhere.refusal_of(each.id)}",
        UNPUBLISHED if each.takes_any_configuration else table(each.configuration),
        variables(each.output_variables),
    )


def rule(each: RuleType) -> str:
    return section(
        each.label,
        [
            f"`{' / '.join(each.id)}`",
            artifacts("input", each.input_artifacts),
            *(["`commands`"] if each.takes_commands else []),
            *(["can have the result SKIP"] if each.can_skip else []),
        ],
        table(each.configuration),
    )


def section(title: str, facts: Iterable[str], *paragraphs: str) -> str:
    return "\n\n".join(filter(None, [f"### {title}", " · ".join(facts), *paragraphs])) + "\n"


def artifacts(kind: str, counts: range) -> str:
    least, most = min(counts), max(counts)
    noun = f"{kind} artifact" + ("" if least == most == 1 else "s")
    if most == 0:
        return f"no {noun}"
    return f"{least} {noun}" if least == most else f"{least} to {most} {noun}"


def span(each: ActionType) -> str:
    minutes = int(timeout_of(each.id).total_seconds()) // 60
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes % length == 0:
            count = minutes // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"


def table(configuration: Mapping[str, ConfigurationKey]) -> str:
    rows = [
        f"| `{name}` | {required(key)} | {values(key)} | {key.description} |"
        for name, key in configuration.items()
    ]
    head = ["| key | required | values | what it is |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) if rows else ""


def required(key: ConfigurationKey) -> str:
    if key.required_with_several_inputs:
        return "with several inputs"
    return "yes" if key.required else ""


def values(key: ConfigurationKey) -> str:
    said = ", ".join(f"`{choice}`" for choice in key.choices)
    named = NAMES[key.names] if key.names else str(key.type)
    return (said or named) + (", secret" if key.secret else "")


def variables(names: tuple[str, ...]) -> str:
    return f"Output variables: {', '.join(f'`{name}`' for name in names)}." if names else ""
