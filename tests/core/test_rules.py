"""The rules that need nobody's work: comparing a variable, and a deployment window."""

from datetime import timedelta

import pytest

from pipelines.core.rules import NotARule, compare, matched, opens_at
from tests.core.situations import NOW


def checking(value, operator, wanted):
    return {"Variable": value, "Operator": operator, "Value": wanted}


@pytest.mark.parametrize(
    ("value", "operator", "wanted", "succeeds"),
    [
        ("main", "EQ", "main", True),
        ("main", "EQ", "Main", False),
        ("main", "NE", "main", False),
        ("main", "NE", "next", True),
        ("release/1.2", "CONTAINS", "release", True),
        ("release/1.2", "CONTAINS", "hotfix", False),
        ("", "EQ", "", True),
    ],
)
def test_values_are_compared(value, operator, wanted, succeeds):
    verdict = compare(checking(value, operator, wanted))

    assert verdict is not None
    assert verdict.succeeds is succeeds


def test_the_sentence_names_both_sides_and_stays_short():
    equal = compare(checking("a" * 5000, "EQ", "b"))

    assert equal is not None
    assert "does not equal 'b'" in equal.sentence
    assert len(equal.sentence) < 300
    assert matched("a1", "a.", succeeds=True).sentence == "The value 'a1' does match 'a.'."


def test_a_regular_expression_is_left_to_somebody_who_can_end_it():
    assert compare(checking("a", "MATCHES", "a+")) is None


def test_an_operator_that_is_none():
    with pytest.raises(NotARule, match="has no operator LT"):
        compare(checking("1", "LT", "2"))


def test_a_window_opens_now_later_or_never():
    assert opens_at({"Cron": "* * * ? * *"}, now=NOW) == NOW
    assert opens_at({"Cron": "* * 16 ? * *"}, now=NOW) == NOW + timedelta(minutes=51)
    assert opens_at({"Cron": "* * * ? * * 2025"}, now=NOW) is None


def test_a_window_is_open_until_its_last_second_is_over():
    at_night = {"Cron": "* * 22-23 ? * *"}
    last = NOW.replace(hour=23, minute=59, second=59)
    within = last + timedelta(seconds=0.5)

    assert opens_at(at_night, now=within) == last
    assert opens_at(at_night, now=last + timedelta(seconds=1)) == last + timedelta(
        hours=22, seconds=1
    )


@pytest.mark.parametrize(
    ("configuration", "why"),
    [
        ({"Cron": "tonight"}, "The Cron expression has 1 fields"),
        ({"Cron": "* * * ? * *", "TimeZone": "Here"}, "There is no time zone Here"),
        ({}, "The Cron expression has 0 fields"),
    ],
)
def test_a_window_that_is_none(configuration, why):
    with pytest.raises(NotARule, match=why):
        opens_at(configuration, now=NOW)
