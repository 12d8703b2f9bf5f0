"""JSONPath as filters of webhooks use it: one row a step, and what is not here."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.json_paths import NotAPath, parse, select, text_of

PUSH = {
    "ref": "refs/heads/main",
    "forced": False,
    "size": 2,
    "commits": [{"id": "a", "author": {"name": "Ann"}}, {"id": "b", "author": {"name": "Bob"}}],
    "odd.key": {"it's": 1},
    "$x": 3,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [PUSH]),
        ("$.ref", ["refs/heads/main"]),
        ("ref", ["refs/heads/main"]),
        (" $.ref ", ["refs/heads/main"]),
        ("$['ref']", ["refs/heads/main"]),
        ('$["ref"]', ["refs/heads/main"]),
        ("$['odd.key']['it\\'s']", [1]),
        ("$.$x", [3]),
        ("$.commits[0].id", ["a"]),
        ("$.commits[-1]['id']", ["b"]),
        ("$.commits[*].id", ["a", "b"]),
        ("$.commits.*.id", ["a", "b"]),
        ("$.commits[ 1 ].id", ["b"]),
        ("$..name", ["Ann", "Bob"]),
        ("$.commits[0]..name", ["Ann"]),
        ("$.commits[2].id", []),
        ("$.commits[-3].id", []),
        ("$.ref.x", []),
        ("$.ref[0]", []),
        ("$.nothing", []),
        ("$.size.*", []),
        ("$.*", list(PUSH.values())),
    ],
)
def test_a_path_leads_to_these_values(path, found):
    assert select(parse(path), PUSH) == found


@pytest.mark.parametrize(
    "path",
    [
        *("", "$.", "$..", "$..*", "$[", "$[]", "$['ref", "$[1:2]", "$[0,1]", "$['a','b']"),
        *("$[?(@.a)]", "$.a.length()", "$.a b", "$..a..b", "$[99999999999]", "$.1", "a$ b"),
    ],
)
def test_what_is_not_here_is_refused(path):
    with pytest.raises(NotAPath):
        parse(path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.5, "1.5"),
        (None, None),
        ([], None),
    ],
)
def test_values_are_compared_as_texts(value, text):
    assert text_of(value) == text


def test_a_deep_document_is_searched_without_recursion():
    document: dict[str, Any] = {"name": "bottom"}
    for _ in range(50_000):
        document = {"a": document}
    assert select(parse("$..name"), document) == ["bottom"]


@given(st.text(alphabet="$.[]*'\"ab0-, ?@()", max_size=12))
def test_any_text_is_a_path_or_is_refused(text):
    try:
        steps = parse(text)
    except NotAPath:
        return
    select(steps, {"a": [{"b": 1}, 2]})


NAMES = st.text(alphabet="ab", min_size=1, max_size=2)


@given(NAMES, st.dictionaries(NAMES, st.integers(), max_size=4))
def test_a_name_leads_to_its_member(name, document):
    found = [document[name]] if name in document else []
    assert select(parse(f"$.{name}"), document) == found
    assert select(parse(f"$['{name}']"), document) == found
