"""The `nextToken` of the listing operations: where the next page begins, and of which list.

A position is made of the values of the last row that the list is ordered by, never of how many
rows came before: so nothing is left out or comes twice, whatever is added meanwhile.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from django.core import signing

from pipelines.core.refusals import InvalidNextToken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Position = list[str | int]
    Query = Mapping[str, object]

Row = TypeVar("Row")
LARGEST = 100  # rows on a page, and how many there are when nobody says


def read_token(token: str | None, *, of: Query) -> Position | None:
    """Where the page begins that the token was given for; None: at the beginning of the list.

    `of` says which list it is: the operation, the thing that is listed, every filter.  Raises
    InvalidNextToken for a token that was not made here, or for another list.
    """
    if token is None:
        return None
    try:
        position: Position = _signer(of).unsign_object(token)
    except (signing.BadSignature, ValueError):
        raise InvalidNextToken(
            "The next token was specified in an invalid format. Make sure that the next token you"
            " provide is the token returned by a previous call."
        ) from None
    return position


def make_token(position: Position, *, of: Query) -> str:
    """A token that `read_token` understands when it is asked of the same list."""
    return _signer(of).sign_object(position)


def cut(
    rows: Sequence[Row], size: int, *, of: Query, position: Callable[[Row], Position]
) -> tuple[Sequence[Row], dict[str, str]]:
    """The page, and its member `nextToken` if there is another page after it.

    Give it one row more than the size of the page, if there are as many.
    """
    if len(rows) <= size:
        return rows, {}
    page = rows[:size]
    return page, {"nextToken": make_token(position(page[-1]), of=of)}


def _signer(of: Query) -> signing.Signer:
    # The list is part of the salt: the token of another one has another signature.
    salt = json.dumps(of, sort_keys=True)
    return signing.Signer(sep=".", salt=f"pipelines.api.paging {salt}")
