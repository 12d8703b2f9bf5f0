"""The example of docs/testing-your-tool.md, run as a reader would run it."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.end_to_end.installation import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "testing-your-tool"


@pytest.mark.timeout(400)
def test_the_example_passes(tmp_path):
    tool = shutil.copytree(EXAMPLE, tmp_path / "tool")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=tool,
        env={**kept, "PENSTOCK": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=360,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
