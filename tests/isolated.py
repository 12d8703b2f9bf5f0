"""Whether this machine can keep commands in bubblewrap."""

import tempfile
from pathlib import Path

import pytest

from pipelines import isolation


def _why_not() -> str:
    with tempfile.TemporaryDirectory() as folder:
        try:
            isolation.wrapped(("true",), isolation.Level.BWRAP, folder=Path(folder))
        except isolation.NotIsolated as problem:
            return str(problem)
    return ""


WHY_NOT = _why_not()
needs_bwrap = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "bwrap works")
