"""Quartz cron expressions: what they name, and what is none."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.core.quartz import NotACronExpression, read
from pipelines.core.time_zones import UnknownTimeZone, zone_of

SATURDAY = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def after(text, moment=SATURDAY, zone="UTC", days=800):
    found = read(text).next_moment(moment, zone=zone_of(zone), within=timedelta(days=days))
    return found and f"{found:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("* * * ? * *", "2026-03-14 15:09:26"),
        ("0 * * ? * *", "2026-03-14 15:10:00"),
        ("* 0/30 * ? * *", "2026-03-14 15:30:00"),
        ("* * 9-17 ? * MON-FRI", "2026-03-16 09:00:00"),
        ("* * 15 ? * SAT", "2026-03-14 15:09:26"),
        ("* * 9 ? * 2", "2026-03-16 09:00:00"),
        ("* * 22-2 * * ?", "2026-03-14 22:00:00"),
        ("* * * ? * FRI-SUN", "2026-03-14 15:09:26"),
        ("* * * 1 * ?", "2026-04-01 00:00:00"),
        ("* * * 1,20 JAN,MAR ?", "2026-03-20 00:00:00"),
        ("* * * L * ?", "2026-03-31 00:00:00"),
        ("* * * L-3 * ?", "2026-03-28 00:00:00"),
        ("* * * LW FEB ?", "2027-02-26 00:00:00"),
        ("* * * 15W * ?", "2026-03-16 00:00:00"),
        ("* * * 1W AUG ?", "2026-08-03 00:00:00"),
        ("* * * 31W MAY ?", "2026-05-29 00:00:00"),
        ("* * * ? * L", "2026-03-14 15:09:26"),
        ("* * * ? * 6L", "2026-03-27 00:00:00"),
        ("* * * ? * TUE#3", "2026-03-17 00:00:00"),
        ("* * * ? * MON#5", "2026-03-30 00:00:00"),
        ("* * * ? * * 2027", "2027-01-01 00:00:00"),
        ("* 5/20 * ? * *", "2026-03-14 15:25:00"),
        ("* 10-40/15 * ? * *", "2026-03-14 15:10:00"),
        ("0 0 0 29 FEB ? 2026-2028", "2028-02-29 00:00:00"),
        ("* * * ? * * 2025", None),
        ("* * * 30 FEB ?", None),
    ],
)
def test_the_next_moment(text, opens):
    assert after(text) == opens


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("UTC", "2026-03-15 09:00:00"),
        ("Europe/Berlin", "2026-03-15 08:00:00"),
        ("America/New_York", "2026-03-15 13:00:00"),
        ("UTC+05:30", "2026-03-15 03:30:00"),
        ("UTC-11", "2026-03-14 20:00:00"),
        ("PST", "2026-03-14 16:00:00"),
    ],
)
def test_hours_are_those_of_the_zone(zone, opens):
    assert after("* * 9 ? * *", zone=zone) == opens


def test_an_hour_that_a_day_does_not_have_is_passed_when_the_clock_jumps():
    night = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)

    assert after("* 30 2 ? * *", moment=night, zone="Europe/Berlin") == "2026-03-29 01:30:00"


def test_a_part_of_a_second_is_waited_for():
    moment = SATURDAY.replace(microsecond=1)

    assert after("* * * ? * *", moment=moment) == "2026-03-14 15:09:27"


def test_what_comes_too_late_does_not_come():
    assert after("* * * ? * MON", days=1) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has 0 fields"),
        ("* * * * *", "has 5 fields"),
        ("* * * ? * * * *", "has 8 fields"),
        ("* * * * * *", "needs [?]"),
        ("* * * ? * ?", "needs [?]"),
        ("* 60 * ? * *", "'60' as its minutes, which goes from 0 to 59"),
        ("* * 24 ? * *", "'24' as its hours"),
        ("* * * 32 * ?", "'32' as its day of month"),
        ("* * * 32W * ?", "'32' as its day of month"),
        ("* * * ? 13 *", "'13' as its month"),
        ("* * * ? FOO *", "'FOO' as its month"),
        ("* * * ? * 8", "'8' as its day of week"),
        ("* * * ? * 6#6", "as its day of week"),
        ("* * * ? * * 1969", "'1969' as its year"),
        ("* */0 * ? * *", "a step of 0 in its minutes"),
        ("* 1- * ? * *", "'1-' as its minutes"),
        ("* ,1 * ? * *", "'' as its minutes"),
        ("* ? * ? * *", "[?]"),
    ],
)
def test_what_is_no_expression(text, why):
    with pytest.raises(NotACronExpression, match=why):
        read(text)


@pytest.mark.parametrize("name", ["Europe/Nowhere", "UTC+19", "../etc/passwd", "UTC+1:99", "\0"])
def test_what_is_no_time_zone(name):
    with pytest.raises(UnknownTimeZone, match="There is no time zone"):
        zone_of(name)
