"""Keeps pipelines busy: whoever has finished is started again, until this process is ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import django
from django.db import OperationalError

if TYPE_CHECKING:
    from pipelines.models import Pipeline


def main() -> None:
    prefix = sys.argv[1]
    django.setup()
    while True:
        try:
            for pipeline in idle(prefix):
                start(pipeline)
        except OperationalError as problem:
            print(problem, file=sys.stderr)  # the database is too busy: that is what it is for
        time.sleep(0.02)


def idle(prefix: str) -> list[Pipeline]:
    """Imported here: models can be imported only after Django was set up."""
    from pipelines.core.statuses import UNFINISHED  # noqa: PLC0415
    from pipelines.models import Pipeline  # noqa: PLC0415

    pipelines = Pipeline.objects.filter(name__startswith=prefix)
    return list(pipelines.exclude(executions__status__in=sorted(UNFINISHED)))


def start(pipeline: Pipeline) -> None:
    from pipelines import executions  # noqa: PLC0415

    executions.start(pipeline.name, trigger_type="StartPipelineExecution")


if __name__ == "__main__":
    main()
