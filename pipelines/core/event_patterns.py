"""Which events a target is told of: EventBridge's event patterns, those parts that fit here.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pipelines.core.refusals import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LIMIT = 2048  # characters of a pattern, as EventBridge has it
DEPTH = 8
OR = "$or"
ABSENT = object()


def check(pattern: Any) -> None:
    """Raise InvalidRequest unless it is a pattern that `matches` understands."""
    if not isinstance(pattern, dict):
        raise _invalid("it must be an object, such as {} for every event")
    _check_fields(pattern, "", depth=DEPTH)


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether every field of the pattern finds one of its values in the event.

    The pattern has been checked.  An empty one matches every event.
    """
    if not isinstance(event, dict):
        return False
    return all(
        any(matches(each, event) for each in wanted)
        if name == OR
        else _field_matches(wanted, event.get(name, ABSENT))
        for name, wanted in pattern.items()
    )


def _field_matches(wanted: Any, found: Any) -> bool:
    """A list in the event matches when anything in it does."""
    values = found if isinstance(found, list) else [found]
    if isinstance(wanted, dict):
        return any(matches(wanted, value) for value in values)
    if not values:
        values = [ABSENT]
    return any(_value_matches(each, value) for each in wanted for value in values)


def _value_matches(wanted: Any, found: Any) -> bool:
    if not isinstance(wanted, dict):
        return _is(wanted, found)
    [(name, said)] = wanted.items()
    return _FILTERS[name](said, found)


def _is(wanted: Any, found: Any) -> bool:
    """JSON's equality: true is not 1."""
    is_flag = isinstance(wanted, bool) or isinstance(found, bool)
    return type(wanted) is type(found) and wanted == found if is_flag else bool(wanted == found)


def _anything_but(said: Any, found: Any) -> bool:
    if found is ABSENT or isinstance(found, dict):
        return False
    if isinstance(said, dict):
        return not _value_matches(said, found)
    return not any(_is(each, found) for each in (said if isinstance(said, list) else [said]))


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda said, found: isinstance(found, str) and compare(found, said)


def _numeric(said: Sequence[Any], found: Any) -> bool:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    pairs = zip(said[::2], said[1::2], strict=True)
    return is_number and all(_COMPARISONS[sign](found, bound) for sign, bound in pairs)


def _wildcard(found: str, said: str) -> bool:
    """Only the star is special; fnmatch takes it for what it is in linear time."""
    return fnmatchcase(found, said.replace("[", "[[]").replace("?", "[?]"))


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda found, bound: found == bound,
    "<": lambda found, bound: found < bound,
    "<=": lambda found, bound: found <= bound,
    ">": lambda found, bound: found > bound,
    ">=": lambda found, bound: found >= bound,
}
_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
    "equals-ignore-case": _text(lambda found, said: found.casefold() == said.casefold()),
    "wildcard": _text(_wildcard),
    "exists": lambda said, found: (found is not ABSENT) is said,
    "anything-but": _anything_but,
    "numeric": _numeric,
}


def _check_fields(pattern: Mapping[str, Any], where: str, *, depth: int) -> None:
    if not depth:
        raise _invalid(f"it is nested more than {DEPTH} deep")
    for name, wanted in pattern.items():
        path = f"{where}.{name}" if where else name
        if name == OR:
            _check_or(wanted, path, depth=depth - 1)
        elif isinstance(wanted, dict):
            _check_fields(wanted, path, depth=depth - 1)
        elif isinstance(wanted, list) and wanted:
            for each in wanted:
                _check_value(each, path)
        else:
            raise _invalid(f"{path} must be a list of values or an object of fields")


def _check_or(wanted: Any, path: str, *, depth: int) -> None:
    if not isinstance(wanted, list) or len(wanted) < 2:
        raise _invalid(f"{path} must be a list of two patterns or more")
    for each in wanted:
        if not isinstance(each, dict):
            raise _invalid(f"{path} must be a list of patterns")
        _check_fields(each, path, depth=depth)


def _check_value(wanted: Any, path: str) -> None:
    if isinstance(wanted, list):
        raise _invalid(f"{path} must be a list of values, and has a list in it")
    if not isinstance(wanted, dict):
        return
    if len(wanted) != 1 or (name := next(iter(wanted))) not in _FILTERS:
        raise _invalid(f"{path} may be compared by one of {', '.join(_FILTERS)}")
    if not _is_usable(name, wanted[name]):
        raise _invalid(f"{path} has a value that {name} cannot use")


def _is_usable(name: str, said: Any) -> bool:
    match name:
        case "exists":
            return isinstance(said, bool)
        case "anything-but":
            return _is_usable_but(said)
        case "numeric":
            return (
                isinstance(said, list)
                and len(said) in {2, 4}
                and all(isinstance(sign, str) and sign in _COMPARISONS for sign in said[::2])
                and all(type(bound) in {int, float} for bound in said[1::2])
            )
        case _:
            return isinstance(said, str)


def _is_usable_but(said: Any) -> bool:
    if isinstance(said, dict):
        return (
            len(said) == 1
            and (name := next(iter(said))) in {"prefix", "suffix", "equals-ignore-case", "wildcard"}
            and _is_usable(name, said[name])
        )
    values = said if isinstance(said, list) else [said]
    return bool(values) and all(isinstance(each, str | int | float) for each in values)


def _invalid(why: str) -> InvalidRequest:
    return InvalidRequest(f"Event pattern is not valid. Reason: {why}.")
