"""Measure one set-up, section after section, in a process that owns all it starts."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.core.management import call_command

from benchmark import servers

if TYPE_CHECKING:
    from types import FrameType

SETUPS = {"embedded": servers.embedded, "postgres": servers.postgres}
MODULES = {
    "decisions": "benchmark.decisions",  # before any worker: it counts what only it does
    "modes": "benchmark.modes",  # the same
    "deploying": "benchmark.deploying",
    "engine": "benchmark.engine",
    "stops": "benchmark.stops",
    "pages": "benchmark.pages",
    "api": "benchmark.api",
}


def main() -> None:
    name, home, results, pace, *sections = sys.argv[1:]
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with SETUPS[name](Path(home)) as environment:
        os.environ.update(environment | {"PENSTOCK_HOME": home, "PENSTOCK_DEMO": "no"})
        os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        importlib.import_module("benchmark.tasks")
        importlib.import_module("benchmark.minimal").make_tables()
        found: dict[str, Any] = {"pace": pace}
        for section, module in MODULES.items():
            if section in sections:
                began = time.monotonic()
                found[section] = importlib.import_module(module).measure(quick=pace == "quick")
                took = time.monotonic() - began
                print(f"{name}: {section} measured in {took:.0f} s", file=sys.stderr)
                Path(results).write_text(json.dumps(found))


def _end_with_parent() -> None:
    """Whoever started us holds our input open for as long as it lives."""
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _end(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


if __name__ == "__main__":
    main()
