"""EventBridge's patterns: one row a way to match, and what is not a pattern."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.event_patterns import check, matches
from pipelines.core.refusals import InvalidRequest

EVENT = {
    "detail-type": "CodePipeline Action Execution State Change",
    "detail": {
        "pipeline": "website",
        "state": "FAILED",
        "version": 3.0,
        "type": {"category": "Deploy", "owner": "AWS"},
        "input-artifacts": [{"name": "Code"}, {"name": "Docs"}],
        "empty": [],
        "flag": True,
        "nothing": None,
    },
}


@pytest.mark.parametrize(
    ("detail", "is_match"),
    [
        ({}, True),
        ({"state": ["FAILED"]}, True),
        ({"state": ["SUCCEEDED", "FAILED"]}, True),
        ({"state": ["failed"]}, False),
        ({"state": ["FAILED"], "pipeline": ["other"]}, False),
        ({"type": {"category": ["Deploy", "Build"]}}, True),
        ({"type": {"category": ["Build"]}}, False),
        ({"type": ["Deploy"]}, False),
        ({"state": {"category": ["Deploy"]}}, False),
        ({"stage": ["Deploy"]}, False),
        ({"version": [3]}, True),
        ({"version": ["3"]}, False),
        ({"flag": [True]}, True),
        ({"flag": [1]}, False),
        ({"nothing": [None]}, True),
        ({"state": [None]}, False),
        ({"input-artifacts": {"name": ["Docs"]}}, True),
        ({"input-artifacts": {"name": ["Else"]}}, False),
        ({"empty": ["x"]}, False),
        ({"pipeline": [{"prefix": "web"}]}, True),
        ({"pipeline": [{"prefix": "Web"}]}, False),
        ({"pipeline": [{"suffix": "site"}]}, True),
        ({"pipeline": [{"equals-ignore-case": "WEBsite"}]}, True),
        ({"pipeline": [{"wildcard": "w*s*e"}]}, True),
        ({"pipeline": [{"wildcard": "w?bsite"}]}, False),
        ({"pipeline": [{"wildcard": "[w]ebsite"}]}, False),
        ({"version": [{"prefix": "3"}]}, False),
        ({"pipeline": [{"anything-but": "other"}]}, True),
        ({"pipeline": [{"anything-but": ["other", "website"]}]}, False),
        ({"pipeline": [{"anything-but": {"prefix": "web"}}]}, False),
        ({"stage": [{"anything-but": "x"}]}, False),
        ({"type": [{"anything-but": "x"}]}, False),
        ({"stage": [{"exists": False}]}, True),
        ({"stage": [{"exists": True}]}, False),
        ({"state": [{"exists": True}]}, True),
        ({"empty": [{"exists": False}]}, True),
        ({"version": [{"numeric": [">", 2, "<=", 3]}]}, True),
        ({"version": [{"numeric": ["=", 4]}]}, False),
        ({"flag": [{"numeric": ["=", 1]}]}, False),
        ({"state": [{"numeric": [">", 0]}]}, False),
        ({"$or": [{"state": ["X"]}, {"pipeline": ["website"]}]}, True),
        ({"$or": [{"state": ["X"]}, {"pipeline": ["y"]}]}, False),
    ],
)
def test_a_pattern_selects_events(detail, is_match):
    pattern = {"detail": detail}
    check(pattern)
    assert matches(pattern, EVENT) is is_match


def test_an_empty_pattern_selects_everything():
    check({})
    assert matches({}, EVENT)


def deep(levels: int) -> dict[str, Any]:
    pattern: dict[str, Any] = {"a": ["x"]}
    for _ in range(levels):
        pattern = {"a": pattern}
    return pattern


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ([], "it must be an object, such as {} for every event"),
        ("x", "it must be an object, such as {} for every event"),
        ({"a": "x"}, "a must be a list of values or an object of fields"),
        ({"a": []}, "a must be a list of values or an object of fields"),
        ({"a": {"b": 1}}, "a.b must be a list of values or an object of fields"),
        ({"a": [["x"]]}, "a must be a list of values, and has a list in it"),
        ({"a": [{}]}, "a may be compared by one of prefix, suffix"),
        ({"a": [{"regex": "x"}]}, "a may be compared by one of prefix, suffix"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, "a may be compared by one of prefix, suffix"),
        ({"a": [{"prefix": 1}]}, "a has a value that prefix cannot use"),
        ({"a": [{"exists": "yes"}]}, "a has a value that exists cannot use"),
        ({"a": [{"numeric": [">"]}]}, "a has a value that numeric cannot use"),
        ({"a": [{"numeric": [">", True]}]}, "a has a value that numeric cannot use"),
        ({"a": [{"numeric": [["x"], 1]}]}, "a has a value that numeric cannot use"),
        ({"a": [{"numeric": "> 1"}]}, "a has a value that numeric cannot use"),
        ({"a": [{"anything-but": []}]}, "a has a value that anything-but cannot use"),
        ({"a": [{"anything-but": {"exists": True}}]}, "a has a value that anything-but cannot use"),
        ({"a": [{"anything-but": [["x"]]}]}, "a has a value that anything-but cannot use"),
        ({"$or": [{"a": ["x"]}]}, "$or must be a list of two patterns or more"),
        ({"$or": {"a": ["x"]}}, "$or must be a list of two patterns or more"),
        ({"$or": ["x", "y"]}, "$or must be a list of patterns"),
        (deep(9), "it is nested more than 8 deep"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern, reason):
    with pytest.raises(InvalidRequest, match=r"^Event pattern is not valid\. Reason: ") as refused:
        check(pattern)
    assert reason in refused.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["detail", "state", "type", "$or", "prefix", "numeric", "exists"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_what_is_accepted_can_be_matched(pattern):
    try:
        check(pattern)
    except InvalidRequest:
        return
    assert matches(pattern, EVENT) in {True, False}
