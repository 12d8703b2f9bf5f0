"""Job workers that do the work of partners here: list, register, remove."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines import access, partners
from pipelines.core.action_types import THIRD_PARTY, ActionTypeId
from pipelines.core.refusals import Refusal


class Command(BaseCommand):
    """Each thing that can be done is a command of its own."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`list`, and `register` and `remove` with the action type."""
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("list", help="the action types of partners, and who does their work")
        for what, does in (
            ("register", "have a job worker do actions of this type; its token is shown once"),
            ("remove", "let them fail again"),
        ):
            naming = commands.add_parser(what, help=does)
            naming.add_argument("category", help="such as Build")
            naming.add_argument("provider", help="such as TeamCity")
            naming.add_argument("--version", dest="type_version", default="1")

    def handle(self, *_args: Any, what: str, **given: Any) -> None:
        """Do it, or say why not."""
        try:
            if what == "list":
                self.list()
                return
            type_id = ActionTypeId(
                given["category"], THIRD_PARTY, given["provider"], given["type_version"]
            )
            self.register(type_id) if what == "register" else self.remove(type_id)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal

    def list(self) -> None:
        workers = {worker.type_id: worker for worker in partners.registered(by=access.root())}
        for type_id in sorted({*partners.possible(), *workers}):
            worker = workers.get(type_id)
            who = f"client {worker.client_id}" if worker else "nobody: such actions fail"
            self.stdout.write(f"{type_id.category} {type_id.provider} {type_id.version}: {who}")

    def register(self, type_id: ActionTypeId) -> None:
        client = partners.register(type_id, by=access.root())
        self.stdout.write(f"clientId={client.id}\nclientToken={client.token}")
        self.stderr.write("The token is shown this once only.")

    def remove(self, type_id: ActionTypeId) -> None:
        partners.remove(type_id, by=access.root())
        self.stdout.write(f"Nobody does {type_id.category} {type_id.provider} any more.")
