"""Explore the small worlds in each execution mode, as many processes at once as there are cores."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from functools import partial
from itertools import product

from exploring.search import Explorer, Report, Violation
from exploring.small import EXECUTIONS, PLANS
from pipelines.core.statuses import ExecutionMode

BOUND = 500_000


def main() -> None:
    options = arguments()
    began = time.monotonic()
    modes, kinds = options.mode or list(ExecutionMode), options.pipeline or list(PLANS)
    of_one = partial(explore, bound=options.bound, most=options.executions)
    searches = list(product(kinds, modes))
    processes = min(len(searches), os.cpu_count() or 1)
    with multiprocessing.Pool(processes, maxtasksperchild=1) as pool:
        explored = pool.imap_unordered(of_one, searches, chunksize=1)
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
        "--bound", type=int, default=BOUND, help=f"states of each search (usually {BOUND:,})"
    )
    parser.add_argument(
        "--mode", type=ExecutionMode, choices=ExecutionMode, action="append", help="only this one"
    )
    parser.add_argument("--pipeline", choices=PLANS, action="append", help="only this one")
    parser.add_argument(
        "--executions",
        type=int,
        choices=range(1, EXECUTIONS + 1),
        help="how many there are (usually 3; 2 with conditions, so that more happens to each)",
    )
    return parser.parse_args()


def explore(search: tuple[str, ExecutionMode], *, bound: int, most: int | None) -> Report:
    kind, mode = search
    most = most or (EXECUTIONS if kind == "plain" else 2)
    report = Explorer(mode, PLANS[kind], most=most).explore(bound, partial(tell, kind))
    end = "all that there are" if report.is_exhausted else f"all within {report.depth} steps"
    print(f"{line(kind, report)}; {end}; {report.decisions:,} decisions", flush=True)
    return report


def tell(kind: str, report: Report) -> None:
    print(line(kind, report), flush=True)


def line(kind: str, report: Report) -> str:
    return (
        f"{kind:<8} {report.mode:<10} {report.states:>10,} states  {report.steps:>11,} steps"
        f"  depth {report.depth:>3}  {report.seconds:>5.0f} s"
    )


if __name__ == "__main__":
    main()
