"""A soak test that ends when the test says so: the demo's repository with another soak.sh."""

from django.utils import timezone

from pipelines import git

SCRIPT = """\
#!/bin/sh
# Verifies every file of site/ again and again until the gate is opened.
set -eu
until test -e "{gate}"; do
  (cd site && cksum ./*.html) | cmp - site/checksums
  echo "every file is as it was built"
  sleep 0.2
done
"""


class Gate:
    """Closed: SoakTest of website-release goes on. Open: it ends and succeeds."""

    def __init__(self, home):
        self.path = home / "gate-is-open"
        git.commit_files(
            home / "repositories" / "website.git",
            "main",
            {"scripts/soak.sh": git.File(content=SCRIPT.format(gate=self.path), executable=True)},
            message="Soak until the gate is opened",
            author=("Alice", "alice@example.com"),
            at=timezone.now(),
        )

    def open(self):
        self.path.touch()

    def close(self):
        self.path.unlink(missing_ok=True)
