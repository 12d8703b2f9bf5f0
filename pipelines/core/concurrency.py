"""How many executions of one pipeline may be under way at the same time.

https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
"""

from pipelines.core.refusals import TooManyExecutions
from pipelines.core.statuses import ExecutionMode

UNLIMITED = ExecutionMode.SUPERSEDED  # there newer executions make room for themselves


def check_concurrency(mode: ExecutionMode, *, unfinished: int, limit: int) -> None:
    """Whether one more may be under way beside the unfinished ones of its mode.

    Raises TooManyExecutions.
    """
    if mode is not UNLIMITED and unfinished >= limit:
        raise TooManyExecutions(
            f"The pipeline has reached the limit for concurrent pipeline executions: {limit} are"
            f" in progress, and in {mode} mode there can be no more. Wait for one to finish, or"
            " stop one."
        )
