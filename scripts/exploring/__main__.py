"""Explore the small world in every execution mode, as many processes at once as there are cores."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from functools import partial

from exploring.search import Explorer, Report, Violation
from exploring.small import EXECUTIONS
from pipelines.core.statuses import ExecutionMode

BOUND = 500_000


def main() -> None:
    options = arguments()
    began = time.monotonic()
    modes = options.mode or list(ExecutionMode)
    of_one = partial(explore, bound=options.bound, most=options.executions)
    processes = min(len(modes), os.cpu_count() or 1)
    with multiprocessing.Pool(processes, maxtasksperchild=1) as pool:
        explored = pool.imap_unordered(of_one, modes, chunksize=1)
        try:
            reports = list(explored)
        except Violation as violation:
            sys.exit(f"A law does not hold. {violation}")
    states = sum(report.states for report in reports)
    seconds = time.monotonic() - began
    print(f"{states:,} distinct states in {seconds:.0f} s, and every law holds in all of them.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/explore", description=__doc__)
    parser.add_argument(
        "--bound", type=int, default=BOUND, help=f"states of each mode (usually {BOUND:,})"
    )
    parser.add_argument(
        "--mode", type=ExecutionMode, choices=ExecutionMode, action="append", help="only this one"
    )
    parser.add_argument(
        "--executions",
        type=int,
        choices=range(1, EXECUTIONS + 1),
        default=EXECUTIONS,
        help="how many there are (with fewer of them the search comes to an end)",
    )
    return parser.parse_args()


def explore(mode: ExecutionMode, *, bound: int, most: int) -> Report:
    report = Explorer(mode, most=most).explore(bound, tell)
    end = "all that there are" if report.is_exhausted else f"all within {report.depth} steps"
    print(f"{line(report)}; {end}; {report.decisions:,} decisions", flush=True)
    return report


def tell(report: Report) -> None:
    print(line(report), flush=True)


def line(report: Report) -> str:
    return (
        f"{report.mode:<10} {report.states:>10,} states  {report.steps:>11,} steps"
        f"  depth {report.depth:>3}  {report.seconds:>5.0f} s"
    )


if __name__ == "__main__":
    main()
