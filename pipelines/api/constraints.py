"""What the service model allows a text or a number to be, and how AWS says that it is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.core.shapes import UNSTORABLE, violated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import Shape

# AWS repeats a value whole; nobody reads more than this of it, and nobody shall make us send more.
SHOWN_AT_MOST = 1000

# Beside what the service model calls sensitive: a complaint about these does not repeat them.
SECRETS = frozenset(
    {"ClientToken", "EnvironmentVariableValue", "WebhookAuthConfigurationSecretToken"}
)


class Constraint(NamedTuple):
    """One thing that a member must be; `says` is AWS's words after "Member must"."""

    says: str
    holds: Callable[[Any], bool]
    is_decisive: bool = False  # what breaks it is asked nothing more


def constraints_of(shape: Shape) -> tuple[Constraint, ...]:
    """The constraints of a shape, in the order in which AWS lists them."""
    return (*_of_size(shape), *_of_content(shape))


def _of_size(shape: Shape) -> Iterator[Constraint]:
    kind, size = ("value", int) if shape.type_name == "integer" else ("length", len)
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    if most is not None:
        # Patterns are not run over texts of any length.
        says = f"have {kind} less than or equal to {most}"
        yield Constraint(says, lambda value: size(value) <= most, is_decisive=True)
    if least is not None:
        says = f"have {kind} greater than or equal to {least}"
        yield Constraint(says, lambda value: size(value) >= least)


def _of_content(shape: Shape) -> Iterator[Constraint]:
    if pattern := shape.metadata.get("pattern"):
        matches = re.compile(pattern, re.ASCII).fullmatch
        says = f"satisfy regular expression pattern: {pattern}"
        yield Constraint(says, lambda value: bool(matches(value)))
    if choices := tuple(shape.metadata.get("enum", ())):
        says = f"satisfy enum value set: [{', '.join(choices)}]"
        yield Constraint(says, frozenset(choices).__contains__)


def broken(constraints: tuple[Constraint, ...], value: Any) -> list[Constraint]:
    """The constraints that a value does not satisfy."""
    found = []
    for constraint in constraints:
        if not constraint.holds(value):
            found.append(constraint)
            if constraint.is_decisive:
                break
    return found


def is_storable(text: str) -> bool:
    """Whether a database takes the text: JSON and CBOR can spell more than PostgreSQL stores."""
    return "\0" not in text and (text.isascii() or not UNSTORABLE.search(text))


def not_storable(path: str) -> str:
    return violated("be text without null characters and lone surrogates", path)


def is_null(path: str) -> str:
    return violated("not be null", path, " null")


def is_not(constraint: Constraint, path: str, shown: str) -> str:
    return violated(constraint.says, path, shown)


def are_not(
    members: str, constraints: tuple[Constraint, ...], path: str, *, shown: str = ""
) -> str:
    """One complaint about a whole list or map: AWS says what each of its members must be."""
    rules = ", ".join(f"Member must {constraint.says}" for constraint in constraints)
    return (
        f"Value{shown} at '{path}' failed to satisfy constraint:"
        f" {members} must satisfy constraint: [{rules}]"
    )


def is_secret(shape: Shape) -> bool:
    """Whether a complaint must not repeat the value."""
    return bool(shape.metadata.get("sensitive")) or shape.name in SECRETS


def quoted(value: object) -> str:
    """A value as a complaint repeats it, between "Value" and "at"."""
    return f" '{clipped(str(value))}'"


def clipped(text: str) -> str:
    return text if len(text) <= SHOWN_AT_MOST else f"{text[:SHOWN_AT_MOST]}..."
