"""AWS's globs: a table of what they match, and random ones beside a plain reading of the rules."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.globs import NotAGlob, matches


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("main", ["main"], ["Main", "main2", "a/main", ""]),
        ("*", ["main", "", ".hidden"], ["feature/x"]),
        ("feature/*", ["feature/x", "feature/"], ["feature", "feature/x/y"]),
        ("feature/**", ["feature/x", "feature/x/y"], ["feature", "features/x"]),
        ("**", ["", "a", "a/b/c"], []),
        ("**/README.md", ["docs/README.md", "a/b/README.md"], ["README.md"]),
        ("**.md", ["README.md", "docs/README.md"], ["README.txt"]),
        ("common/**/*.js", ["common/a/b.js", "common//b.js"], ["common/b.js", "common/a/b.ts"]),
        ("v?.?", ["v1.2"], ["v1./", "v10.2", "v1"]),
        ("v[0-9]*", ["v1", "v1.2"], ["vx", "v", "v1/2"]),
        ("[!a-c]x", ["dx", "-x"], ["ax", "/x"]),
        ("[-a]x", ["-x", "ax"], ["bx"]),
        ("[!-]x", ["ax"], ["-x"]),
        ("[*?\\]", ["*", "?", "\\"], ["a"]),
        ("[^a]", ["^", "a"], ["b"]),
        ("*.{java,class}", ["A.java", "A.class"], ["A.jar", "A."]),
        ("{main,release/*}", ["main", "release/1"], ["release/1/2"]),
        ("a{,b}c", ["ac", "abc"], ["abbc"]),
        ("{a*,b[,}]}x", ["axx", "b,x", "b}x"], ["cx"]),
        ("\\*\\{", ["*{"], ["a{"]),
        ("a,b", ["a,b"], ["a"]),
        ("ré*", ["réel"], ["reel"]),
    ],
)
def test_a_pattern_matches_these_and_no_others(pattern, matching, others):
    assert [text for text in (*matching, *others) if matches(pattern, text)] == matching


@pytest.mark.parametrize(
    "pattern", ["[abc", "[]", "[!]", "[a/b]", "{a,b", "{a,{b}}", "a}", "a\\", "[c-a]", "[a--b]"]
)
def test_what_is_malformed_is_said(pattern):
    with pytest.raises(NotAGlob, match=re.escape(repr(pattern))):
        matches(pattern, "a")


def test_a_pattern_full_of_stars_costs_no_more_than_its_length():
    assert not matches("*a" * 60 + "b", "a" * 2000)
    assert not matches("{a,a*,**a}" * 25 + "b", "a" * 500)


WORDS = {"*": "[^/]*", "**": ".*", "?": "[^/]", "[!a]": "[^a/]", "[ab]": "[ab]"}
PARTS = st.sampled_from([*WORDS, "a", "b", "/", "\\*", "\\a"])


def plainly(parts):
    """What Python's expressions make of the same."""
    words = [WORDS.get(part, re.escape(part.removeprefix("\\"))) for part in parts]
    return re.compile("".join(words), re.DOTALL)


@given(parts=st.lists(PARTS, max_size=6), text=st.text(alphabet="ab/*", max_size=8))
def test_a_pattern_means_what_its_parts_mean(parts, text):
    apart = [part for pair in zip(parts, ["b"] * len(parts), strict=True) for part in pair]
    assert matches("".join(apart), text) == bool(plainly(apart).fullmatch(text))


@given(
    options=st.lists(st.text(alphabet="ab/", max_size=3), min_size=2, max_size=4),
    before=st.text(alphabet="ab/", max_size=2),
    after=st.text(alphabet="ab/", max_size=2),
    text=st.text(alphabet="ab/", max_size=7),
)
def test_a_group_is_any_of_its_parts(options, before, after, text):
    pattern = f"{before}{{{','.join(options)}}}{after}"
    assert matches(pattern, text) == (text in {before + option + after for option in options})


@given(st.text(alphabet="*?[]{},!-\\/ab", max_size=20), st.text(alphabet="ab/[", max_size=10))
def test_any_pattern_matches_or_is_malformed(pattern, text):
    with contextlib.suppress(NotAGlob):
        assert matches(pattern, text) in {True, False}


@given(st.text(max_size=20))
def test_a_text_matches_itself_once_it_is_escaped(text):
    assert matches(re.sub(r"([*?\[\]{}\\])", r"\\\1", text), text)
