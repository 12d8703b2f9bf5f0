"""A soak test that ends when the test says so: the demo's repository with another soak.sh."""

from uuid import uuid4

from django.utils import timezone

from pipelines import git

SCRIPT = """\
#!/bin/sh
# Verifies every file of site/ again and again until its gate is opened.
set -eu
gate=$(cat "{now}")
until test -e "$gate.open"; do
  (cd site && cksum ./*.html) | cmp - site/checksums
  echo "every file is as it was built"
  sleep 0.2
done
"""


class Gate:
    """Closed: SoakTest of website-release goes on. Open: it ends and succeeds.

    Whoever closes it gets a gate of his own: what an earlier test left soaking sees its own opened,
    however soon the next one is closed.
    """

    def __init__(self, home):
        self.folder = home / "gates"
        self.folder.mkdir(exist_ok=True)
        self.close()
        git.commit_files(
            home / "repositories" / "website.git",
            "main",
            {"scripts/soak.sh": git.File(content=SCRIPT.format(now=self.now), executable=True)},
            message="Soak until the gate is opened",
            author=("Alice", "alice@example.com"),
            at=timezone.now(),
        )

    @property
    def now(self):
        """The file that says which gate is the one."""
        return self.folder / "now"

    def close(self):
        self.path = self.folder / uuid4().hex
        self.now.write_text(str(self.path))

    def open(self):
        self.path.with_suffix(".open").touch()
