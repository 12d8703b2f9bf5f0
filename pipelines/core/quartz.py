"""Quartz cron expressions: reading one, and finding the next moment that it names.

http://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html is the
notation; AWS describes it under "DeploymentWindow" in the CodePipeline rule reference.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class NotACronExpression(ValueError):
    """`str()` of it says what is wrong, as the end of a sentence."""


class Field(NamedTuple):
    """One of the fields: its range, and the names that stand for its first numbers."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


SECONDS, MINUTES = Field("seconds", 0, 59), Field("minutes", 0, 59)
HOURS, DAYS = Field("hours", 0, 23), Field("day of month", 1, 31)
MONTH, WEEKDAY = Field("month", 1, 12, MONTHS), Field("day of week", 1, 7, WEEKDAYS)
YEAR = Field("year", 1970, 2199)


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression that was read: which moments it names."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    is_day: tuple[Callable[[date], bool], ...]  # one of them has to say yes

    def next_moment(self, moment: datetime, *, zone: tzinfo, within: timedelta) -> datetime | None:
        """The first moment it names at or after this one, in its zone; None if there is none soon.

        A moment is a whole second.  Both are aware; the answer is in the zone of `moment`.
        """
        start = moment.astimezone(zone)
        if start.microsecond:
            start = start.replace(microsecond=0) + timedelta(seconds=1)
        for day in _days(start.date(), (moment + within).astimezone(zone).date()):
            if not self._names(day):
                continue
            for at in self._times():
                found = datetime.combine(day, at, tzinfo=zone).astimezone(moment.tzinfo)
                if found >= moment:
                    return found if found <= moment + within else None
        return None

    def _names(self, day: date) -> bool:
        is_there = day.year in self.years and day.month in self.months
        return is_there and any(matches(day) for matches in self.is_day)

    def _times(self) -> Iterator[time]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                for second in sorted(self.seconds):
                    yield time(hour, minute, second)


def read(text: str) -> Cron:
    """Raises NotACronExpression."""
    fields = text.split()
    if len(fields) not in {6, 7}:
        raise NotACronExpression(
            f"has {len(fields)} fields instead of 6 or 7: seconds, minutes, hours, day of month,"
            " month, day of week and, if you like, year"
        )
    seconds, minutes, hours, days, month, weekday, *year = (each.upper() for each in fields)
    if (days == "?") is (weekday == "?"):
        raise NotACronExpression("needs ? as its day of month or its day of week, but not as both")
    return Cron(
        seconds=_numbers(seconds, SECONDS),
        minutes=_numbers(minutes, MINUTES),
        hours=_numbers(hours, HOURS),
        months=_numbers(month, MONTH),
        years=_numbers(year[0] if year else "*", YEAR),
        is_day=_weekdays(weekday) if days == "?" else _days_of_month(days),
    )


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _numbers(text: str, field: Field) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _part(part, field))


def _part(text: str, field: Field) -> range | list[int]:
    """`*`, `3`, `3-7`, each perhaps with `/2`; a range may go around, as FRI-MON does."""
    match = re.fullmatch(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d{1,4}))?", text)
    if match is None:
        raise NotACronExpression(f"has {text!r} as its {field.name}, which is no value of it")
    everything, first, last, step = match.groups()
    low = field.low if everything else _number(first, field)
    alone = field.high if everything or step else low
    high = _number(last, field) if last else alone
    if step is not None and not int(step):
        raise NotACronExpression(f"has a step of 0 in its {field.name}")
    every = int(step or 1)
    if low <= high:
        return range(low, high + 1, every)
    around = [*range(low, field.high + 1), *range(field.low, high + 1)]
    return around[::every]


def _number(text: str, field: Field) -> int:
    if text in field.names:
        return field.names.index(text) + 1
    if text.isascii() and text.isdigit() and field.low <= int(text) <= field.high:
        return int(text)
    raise NotACronExpression(
        f"has {text!r} as its {field.name}, which goes from {field.low} to {field.high}"
    )


def _days_of_month(text: str) -> tuple[Callable[[date], bool], ...]:
    return tuple(_day_of_month(part) for part in text.split(","))


def _day_of_month(text: str) -> Callable[[date], bool]:
    """`L`, `L-3`, `LW`, `15W`, or numbers."""
    if text == "LW":
        return lambda day: day == _nearest_weekday(day, _last(day))
    if match := re.fullmatch(r"L(?:-(\d{1,2}))?", text):
        before = int(match[1] or 0)
        return lambda day: day.day == _last(day) - before
    if match := re.fullmatch(r"(\d{1,2})W", text):
        wanted = _number(match[1], DAYS)
        return lambda day: day == _nearest_weekday(day, min(wanted, _last(day)))
    numbers = frozenset(_part(text, DAYS))
    return lambda day: day.day in numbers


def _weekdays(text: str) -> tuple[Callable[[date], bool], ...]:
    return tuple(_weekday(part) for part in text.split(","))


def _weekday(text: str) -> Callable[[date], bool]:
    """`L`, `6L`, `6#3`, or days; 1 is Sunday."""
    if text == "L":
        return lambda day: _number_of(day) == WEEKDAY.high
    if match := re.fullmatch(r"(\w+)L", text):
        wanted = _number(match[1], WEEKDAY)
        return lambda day: _number_of(day) == wanted and day.day > _last(day) - 7
    if match := re.fullmatch(r"(\w+)#([1-5])", text):
        wanted, which = _number(match[1], WEEKDAY), int(match[2])
        return lambda day: _number_of(day) == wanted and (day.day - 1) // 7 + 1 == which
    numbers = frozenset(_part(text, WEEKDAY))
    return lambda day: _number_of(day) in numbers


def _number_of(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> date:
    """The weekday nearest to that day, without leaving the month."""
    target, last = day.replace(day=wanted), _last(day)
    if target.isoweekday() == 6:
        return target - timedelta(days=1) if wanted > 1 else target + timedelta(days=2)
    if target.isoweekday() == 7:
        return target + timedelta(days=1) if wanted < last else target - timedelta(days=2)
    return target
