"""Answers about a pipeline, kept in memory for as long as nothing in the pipeline changes.

Tools ask for the same state every few seconds.  Every change of a pipeline raises its revision, in
the transaction that makes the change; so what was answered at a revision is still true at it, and
one query says whether it is.

Only parallel executions raise it a moment later, and not at all when their process dies before.
So nothing is kept while there are any.  Once there are none, only what raises it at once can change
anything: to start an execution, to retry one, or to change the pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from pipelines.models import Pipeline

Structure = dict[str, Any]


class Answers:
    """The last answer to each question."""

    LARGEST = 1024  # answers; beyond that it begins anew

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[int, Structure]] = {}

    def to(
        self, question: Hashable, *, about: Pipeline, find: Callable[[], Structure]
    ) -> Structure:
        """What `find` said at this revision; it reads rows that are as new as `about`, or newer.

        Nobody may change what is returned.
        """
        # An id can be given again, to a pipeline whose creation was not stored the first time.
        key = about.pk, about.created_at, question
        known = self._known.get(key)
        if known and known[0] == about.revision:
            return known[1]
        is_steady = not about.executions.unfinished().parallel().exists()
        answer = find()
        if not is_steady:
            return answer
        if len(self._known) >= self.LARGEST:
            self._known.clear()
        self._known[key] = about.revision, answer
        return answer

    def cache_clear(self) -> None:
        self._known.clear()


answers = Answers()
