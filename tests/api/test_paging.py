"""Tokens of pages: opaque, of one list only, and gone at its end."""

import re

import pytest

from pipelines.api import errors, paging
from pipelines.core.refusals import InvalidNextToken

OF = {"operation": "ListPipelines", "pipeline": 7, "filter": {"stageName": "Build"}}


def listed(numbers, size, *, token=None):
    """A page of numbers, the largest first."""
    position = paging.read_token(token, of=OF)
    left = sorted((n for n in numbers if not position or n < position[0]), reverse=True)
    return paging.cut(left[: size + 1], size, of=OF, position=lambda number: [number])


def everything(numbers, size):
    pages, token = [], None
    while True:
        rows, more = listed(numbers, size, token=token)
        pages.append(rows)
        if not more:
            return pages
        token = more["nextToken"]


def test_a_token_leads_to_where_it_was_made():
    token = paging.make_token([5, "2026-03-14"], of=OF)

    assert paging.read_token(token, of=OF) == [5, "2026-03-14"]


def test_no_token_leads_to_the_beginning():
    assert paging.read_token(None, of=OF) is None


def test_pages_follow_one_another_to_the_end():
    assert everything(range(7), 3) == [[6, 5, 4], [3, 2, 1], [0]]


def test_after_a_page_that_is_exactly_full_there_is_no_empty_one():
    assert everything(range(6), 3) == [[5, 4, 3], [2, 1, 0]]


def test_an_empty_list_has_one_empty_page():
    assert everything([], 3) == [[]]


def test_what_is_added_meanwhile_moves_nothing():
    numbers = [1, 2, 3, 4]
    _, more = listed(numbers, 2)
    numbers += [5, 6, 7]

    rows, _ = listed(numbers, 2, token=more["nextToken"])

    assert rows == [2, 1]


@pytest.mark.parametrize(
    "other",
    [
        {**OF, "operation": "ListActionExecutions"},
        {**OF, "pipeline": 8},
        {**OF, "filter": {"stageName": "Deploy"}},
        {"operation": "ListPipelines", "pipeline": 7},
    ],
)
def test_a_token_of_another_list_is_refused(other):
    token = paging.make_token([5], of=other)

    with pytest.raises(InvalidNextToken):
        paging.read_token(token, of=OF)


def test_the_order_in_which_filters_are_named_does_not_matter():
    token = paging.make_token([5], of=dict(reversed(OF.items())))

    assert paging.read_token(token, of=OF) == [5]


@pytest.mark.parametrize("position", range(0, 60, 7))
def test_a_token_that_was_changed_anywhere_is_refused(position):
    token = paging.make_token([123456789, "2026-03-14T15:09:26"], of=OF)
    changed = "A" if token[position] != "A" else "B"

    with pytest.raises(InvalidNextToken):
        paging.read_token(token[:position] + changed + token[position + 1 :], of=OF)


@pytest.mark.parametrize(
    "token", ["", " ", ".", "..", "W10.", "é.é", "\ud800.x", "\0", "x" * 2048, "null", "5"]
)
def test_a_garbled_token_is_refused_in_the_words_of_aws(token):
    with pytest.raises(InvalidNextToken) as refused:
        paging.read_token(token, of=OF)

    error = errors.error_of(refused.value)
    assert error.code == "InvalidNextTokenException"
    assert error.status == 400
    assert "invalid format" in error.message


def test_a_token_is_short_and_fits_into_an_address():
    token = paging.make_token(["2026-03-14T15:09:26.535897+00:00", "f" * 32], of=OF)

    assert len(token) <= 2048
    assert re.fullmatch(r"[A-Za-z0-9._=-]+", token)
