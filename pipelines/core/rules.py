"""The rules that need nobody's work: comparing a variable, and waiting for a deployment window.

https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from pipelines.core import quartz
from pipelines.core.time_zones import UnknownTimeZone, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

VARIABLE_CHECK = "VariableCheck"
DEPLOYMENT_WINDOW = "DeploymentWindow"
MATCHES = "MATCHES"
FAR = timedelta(days=366)  # further ahead no rule waits


class Verdict(NamedTuple):
    """Whether a rule succeeds, and a sentence that says why."""

    succeeds: bool
    sentence: str


class NotARule(ValueError):
    """Its configuration makes no sense; `str()` of it is a sentence that says what to change."""


def compare(configuration: Mapping[str, str]) -> Verdict | None:
    """The outcome of a VariableCheck whose variables are resolved.

    None when a regular expression has to be run, which can take any time and is not done here.
    Raises NotARule.
    """
    value, wanted = configuration.get("Variable", ""), configuration.get("Value", "")
    match configuration.get("Operator", ""):
        case "EQ":
            return _verdict(succeeds=value == wanted, value=value, relation="equal", to=wanted)
        case "NE":
            return _verdict(
                succeeds=value != wanted, value=value, relation="differ from", to=wanted
            )
        case "CONTAINS":
            return _verdict(succeeds=wanted in value, value=value, relation="contain", to=wanted)
        case "MATCHES":
            return None
        case operator:
            raise NotARule(
                f"VariableCheck has no operator {operator}: it is EQ, NE, CONTAINS or MATCHES."
            )


def _verdict(*, succeeds: bool, value: str, relation: str, to: str) -> Verdict:
    does = "does" if succeeds else "does not"
    return Verdict(succeeds, f"The value {_cut(value)} {does} {relation} {_cut(to)}.")


def matched(value: str, pattern: str, *, succeeds: bool) -> Verdict:
    """The outcome of a regular expression that somebody has run."""
    return _verdict(succeeds=succeeds, value=value, relation="match", to=pattern)


def opens_at(configuration: Mapping[str, str], *, now: datetime) -> datetime | None:
    """When a DeploymentWindow is open next: now, or later; None: not in the time to come.

    The moments that a cron expression names are whole seconds, and each lasts as long as it.

    Raises NotARule.
    """
    try:
        cron = quartz.read(configuration.get("Cron", ""))
        zone = zone_of(configuration.get("TimeZone", ""))
    except quartz.NotACronExpression as problem:
        raise NotARule(f"The Cron expression {problem}.") from None
    except UnknownTimeZone as problem:
        raise NotARule(str(problem)) from None
    return cron.next_moment(now.replace(microsecond=0), zone=zone, within=FAR)


def failures_of(provider: str, configuration: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the configuration of a rule as it is declared; variables are not known."""
    known = {name: text for name, text in configuration.items() if "#{" not in text}
    try:
        if provider == VARIABLE_CHECK and "Operator" in known:
            compare({"Operator": known["Operator"]})
        if provider == DEPLOYMENT_WINDOW:
            if "Cron" in known:
                quartz.read(known["Cron"])
            zone_of(known.get("TimeZone", ""))
    except NotARule as problem:
        yield str(problem)
    except quartz.NotACronExpression as problem:
        yield f"The Cron expression {problem}."
    except UnknownTimeZone as problem:
        yield str(problem)


def _cut(text: str) -> str:
    return repr(text if len(text) <= 200 else f"{text[:200]}…")
