"""What is registered for actions to name, on the command line: the same for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines import access
from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from types import ModuleType


class RegisteredCommand(BaseCommand):
    """`list`, `create`, `update` and `delete`; who may use the command line may do all of it."""

    use_case: ModuleType
    noun: str

    def add_arguments(self, parser: CommandParser) -> None:
        """`update` says everything anew: what is not given is what it would be for a new one."""
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("list", help="all of them")
        for what, told in (("create", "a new one"), ("update", "say everything anew")):
            saying = commands.add_parser(what, help=told)
            saying.add_argument("name")
            self.add_settings(saying)
        commands.add_parser("delete", help="remove it").add_argument("name")

    def add_settings(self, parser: CommandParser) -> None:
        """The options that say what one is."""
        raise NotImplementedError

    def said(self, given: dict[str, Any]) -> Any:
        """What the use case takes beside the name."""
        raise NotImplementedError

    def line(self, row: Any) -> str:
        """One of them, in the list."""
        raise NotImplementedError

    def handle(self, *_args: Any, what: str, **given: Any) -> None:
        """Do it, or say why not."""
        try:
            self.act(what, given)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal

    def act(self, what: str, given: dict[str, Any]) -> None:
        """Hand the arguments to the use case."""
        by, name = access.root(), given.get("name", "")
        match what:
            case "list":
                for row in self.use_case.listed(by=by):
                    self.stdout.write(self.line(row))
            case "create":
                self.use_case.create(name, self.said(given), by=by)
                self.stdout.write(f"The {self.noun} {name} is registered.")
            case "update":
                self.use_case.update(name, self.said(given), by=by)
                self.stdout.write(f"The {self.noun} {name} is updated.")
            case _:
                self.use_case.delete(name, by=by)
                self.stdout.write(f"The {self.noun} {name} is deleted.")
