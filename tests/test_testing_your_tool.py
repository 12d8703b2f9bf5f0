"""What docs/testing-your-tool.md shows is what its example has."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = DOCS / "examples" / "testing-your-tool"
BLOCK = re.compile(r"^`([^`\n]+)`\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_every_file_of_the_example_is_shown_as_it_is():
    shown = dict(BLOCK.findall((DOCS / "testing-your-tool.md").read_text()))

    assert shown == {path.name: path.read_text() for path in EXAMPLE.iterdir() if path.is_file()}
