"""Have pushes to local CodeCommit repositories start their pipelines within seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from pipelines import places
from pipelines.core.refusals import InvalidRequest
from pipelines.watching import telling

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Write the post-receive hook of the repositories that are named, or of all."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("repository", nargs="*", help="all of them when none is named")

    def handle(self, *_args: Any, **options: Any) -> None:
        known = sorted(
            path.name.removesuffix(".git") for path in places.repositories().glob("*.git")
        )
        for name in options["repository"] or known:
            try:
                self.stdout.write(f"Wrote {telling.install_hook(name)}")
            except InvalidRequest as problem:
                raise CommandError(problem.message) from problem
