"""Measure each set-up in a process of its own, then print all figures, and what they should be."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark import report, servers

if TYPE_CHECKING:
    from types import FrameType

SECTIONS = ("deploying", "engine", "stops", "pages", "api", "decisions", "modes")
LONGEST = 720  # seconds that one set-up may take, whatever happens
LONGEST_QUICK = 280


def main() -> None:
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    results: dict[str, dict[str, Any]] = {}
    with (
        contextlib.suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder,
    ):
        for name in setups(options):
            home = Path(folder) / name
            home.mkdir()
            results[name] = {"exit": "interrupted", "processors": os.cpu_count()}
            measured(name, home, options, results[name])
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))
    met = report.show(results)
    sys.exit(1 if options.strict and not met else 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, the embedded set-up")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL and Redis, or fail")
    parser.add_argument("--embedded", action="store_true", help="only SQLite and the own broker")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="may be repeated")
    parser.add_argument("--strict", action="store_true", help="fail when a target is missed")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    return parser.parse_args()


def setups(options: argparse.Namespace) -> list[str]:
    """The embedded set-up, and PostgreSQL with Redis where they are (`--quick`: when asked)."""
    if options.postgres and not servers.has_postgres():
        sys.exit("Penstock: initdb and redis-server are needed for --postgres; not both are here.")
    wanted = options.postgres or not (options.quick or options.embedded)
    return ["embedded", "postgres"] if wanted and servers.has_postgres() else ["embedded"]


def measured(name: str, home: Path, options: argparse.Namespace, found: dict[str, Any]) -> None:
    """Add what `benchmark.measuring` finds; it and all it started are gone afterwards."""
    results, sections = home / "results.json", options.only or SECTIONS
    command = [sys.executable, "-m", "benchmark.measuring", name, str(home), str(results)]
    child = subprocess.Popen(
        [*command, "quick" if options.quick else "usual", *sections],
        stdin=subprocess.PIPE,  # closed when we end, however that happens: then it ends too
        start_new_session=True,
    )
    try:
        child.wait(LONGEST_QUICK if options.quick else LONGEST)
    except subprocess.TimeoutExpired:
        print(f"The {name} set-up took too long: what is missing was cut off.", file=sys.stderr)
    finally:
        servers.end(child, grace=15)
        servers.end_group(child.pid)
        found |= json.loads(results.read_text()) if results.exists() else {}
    found["exit"] = child.returncode


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # once is enough
    print(f"Ended by {signal.Signals(number).name}.", file=sys.stderr)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
