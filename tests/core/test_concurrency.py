"""How many executions may be under way at once."""

import pytest

from pipelines.core.concurrency import check_concurrency
from pipelines.core.refusals import TooManyExecutions
from tests.core.situations import PARALLEL, QUEUED, SUPERSEDED


@pytest.mark.parametrize("mode", [QUEUED, PARALLEL])
def test_one_less_than_the_limit_leaves_room_for_one(mode):
    check_concurrency(mode, unfinished=49, limit=50)


@pytest.mark.parametrize("mode", [QUEUED, PARALLEL])
@pytest.mark.parametrize("unfinished", [50, 51])
def test_beyond_the_limit_nothing_starts(mode, unfinished):
    with pytest.raises(TooManyExecutions, match=f"50 are in progress, and in {mode} mode"):
        check_concurrency(mode, unfinished=unfinished, limit=50)


def test_superseded_executions_make_room_for_themselves():
    check_concurrency(SUPERSEDED, unfinished=10_000, limit=50)
