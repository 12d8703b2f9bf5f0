"""Tell random stories to a Penstock with real workers, in every execution mode."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from exploring.small import PLANS

from pipelines.core.statuses import ExecutionMode
from storytelling.functions import functions
from storytelling.penstock import declare_types, patient
from storytelling.telling import Differs, tell

if TYPE_CHECKING:
    from storytelling.functions import Functions

STORIES, AT_ONCE = 10, 4
RULES_AT_ONCE = 6  # of one story, those that nobody waits for any more among them


def main() -> None:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    import django  # noqa: PLC0415 - only a whole Penstock needs it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from tests.end_to_end.installation import Installation  # noqa: PLC0415 - so does this

    with tempfile.TemporaryDirectory(prefix="penstock-story-") as home, functions() as ours:
        installation = Installation(
            Path(home),
            PENSTOCK_DEMO="0",
            PENSTOCK_SWEEP_SECONDS="1",
            PENSTOCK_ENDPOINT_LAMBDA=ours.url,
            PENSTOCK_ACTION_CONCURRENCY=str(RULES_AT_ONCE * options.at_once),
        )
        installation.start()
        try:
            tell_all(installation.url, ours, options)
        finally:
            installation.stop()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/story", description=__doc__)
    parser.add_argument(
        "--stories", type=int, default=STORIES, help=f"in each mode (usually {STORIES})"
    )
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"usually {AT_ONCE}")
    parser.add_argument("--seed", type=int, default=0, help="of the first story")
    parser.add_argument(
        "--mode", type=ExecutionMode, choices=ExecutionMode, action="append", help="only this one"
    )
    parser.add_argument("--pipeline", choices=PLANS, action="append", help="only this one")
    return parser.parse_args()


def tell_all(url: str, ours: Functions, options: argparse.Namespace) -> None:
    from tests.end_to_end.aws_tools import boto3_client  # noqa: PLC0415 - behind django.setup

    own = threading.local()

    def tell_one(kind: str, mode: ExecutionMode, seed: int) -> int:
        if not hasattr(own, "client"):
            own.client = patient(boto3_client(url))
        return tell(own.client, ours, kind, mode, seed)

    declare_types(boto3_client(url))
    for kind, mode in product(options.pipeline or PLANS, options.mode or ExecutionMode):
        began, done, steps = time.monotonic(), 0, 0
        with ThreadPoolExecutor(options.at_once) as threads:
            seeds = range(options.seed, options.seed + options.stories)
            stories = [threads.submit(tell_one, kind, mode, seed) for seed in seeds]
            try:
                for story in as_completed(stories):
                    steps, done = steps + story.result(), done + 1
                    if done % 10 == 0:
                        print(f"{kind:<8} {mode:<10} {done:>5} of {options.stories}", flush=True)
            except BaseException as problem:
                threads.shutdown(cancel_futures=True)
                if isinstance(problem, Differs):
                    sys.exit(f"Penstock is not where the rules are. {problem}")
                raise
        seconds = time.monotonic() - began
        print(
            f"{kind:<8} {mode:<10} {done:>5} stories, {steps:,} steps in {seconds:.0f} s:"
            " every state was what the rules say",
            flush=True,
        )


if __name__ == "__main__":
    main()
