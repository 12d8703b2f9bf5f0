"""Time zones as a deployment window names them: Region/City, UTC+hh:mm, or an abbreviation."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# The abbreviations that the tz database does not have by themselves, as Java reads them.
ABBREVIATIONS = {
    "ACT": "Australia/Darwin",
    "AET": "Australia/Sydney",
    "ART": "Africa/Cairo",
    "AST": "America/Anchorage",
    "BET": "America/Sao_Paulo",
    "CST": "America/Chicago",
    "CTT": "Asia/Shanghai",
    "ECT": "Europe/Paris",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "NST": "Pacific/Auckland",
    "PST": "America/Los_Angeles",
}


class UnknownTimeZone(ValueError):
    """`str()` of it is a sentence."""


def zone_of(name: str) -> tzinfo:
    """Raises UnknownTimeZone."""
    if not name:
        return UTC
    if match := re.fullmatch(r"(?:UTC|GMT)([+-])(\d{1,2})(?::?([0-5]\d))?", name):
        sign, hours, minutes = match.groups()
        if int(hours) <= 18:
            offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
            return timezone(offset if sign == "+" else -offset)
    try:
        return ZoneInfo(ABBREVIATIONS.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimeZone(
            f"There is no time zone {name}. Use Region/City, UTC+hh:mm or UTC-hh:mm."
        ) from None
