"""Connections to git hosts, on the command line: list, create, change, try and delete them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines import access, connections
from pipelines.connections import Settings
from pipelines.core.connections import ProviderType
from pipelines.core.refusals import Refusal
from pipelines.sealing import Unreadable

if TYPE_CHECKING:
    from pipelines.models import Connection


class Command(BaseCommand):
    """Each thing that can be done is a command of its own; a credential is read from the input."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`list`, `create`, `update`, `test` and `delete`, with what each needs."""
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("list", help="all of them")
        creating = commands.add_parser("create", help="a new one; its ARN is shown")
        creating.add_argument("name")
        creating.add_argument("base_url", help="such as https://github.com or /srv/git")
        creating.add_argument("--arn", default="", help="the ARN that a definition names already")
        changing = commands.add_parser("update", help="change what is given")
        changing.add_argument("connection", help="its name or ARN")
        changing.add_argument("--name")
        changing.add_argument("--base-url")
        for parsed in (creating, changing):
            parsed.add_argument("--provider-type", choices=[str(each) for each in ProviderType])
            parsed.add_argument("--username")
            parsed.add_argument(
                "--credential-stdin",
                action="store_true",
                help="read the token or private key from the input; an empty one is none",
            )
        trying = commands.add_parser("test", help="ask the host for a repository's branches")
        trying.add_argument("connection", help="its name or ARN")
        trying.add_argument("repository", help="such as owner/name")
        commands.add_parser("delete", help="forget it").add_argument("connection")

    def handle(self, *_args: Any, what: str, **given: Any) -> None:
        """Do it, or say why not."""
        try:
            self.act(what, given)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        except Unreadable as problem:
            raise CommandError(str(problem)) from problem

    def act(self, what: str, given: dict[str, Any]) -> None:
        """Hand the arguments to the command."""
        match what:
            case "list":
                self.list()
            case "create":
                self.create(given)
            case "update":
                self.update(given)
            case "test":
                self.test(given["connection"], given["repository"])
            case _:
                self.delete(given["connection"])

    def list(self) -> None:
        rows = connections.listed(by=access.root())
        for row in rows:
            self.stdout.write(_line(row))
        if not rows:
            self.stdout.write("There are no connections.")

    def create(self, given: dict[str, Any]) -> None:
        said = Settings(
            name=given["name"],
            base_url=given["base_url"],
            provider_type=ProviderType(given["provider_type"] or ProviderType.GIT),
            username=given["username"] or "",
            credential=_credential(given),
        )
        made = connections.create(said, by=access.root(), arn=given["arn"])
        self.stdout.write(connections.arn_of(made.pk))

    def update(self, given: dict[str, Any]) -> None:
        row = connections.named(given["connection"])
        said = Settings(
            name=given["name"] or row.name,
            base_url=given["base_url"] or row.base_url,
            provider_type=ProviderType(given["provider_type"] or row.provider_type),
            username=row.username if given["username"] is None else given["username"],
            credential=_credential(given),
        )
        connections.update(row.pk, said, by=access.root())
        self.stdout.write(f"Connection {said.name} is updated.")

    def test(self, connection: str, repository: str) -> None:
        row = connections.named(connection)
        found = connections.try_out(row.pk, repository, by=access.root())
        self.stdout.write("\n".join(found) or "The repository has no branches yet.")

    def delete(self, connection: str) -> None:
        row = connections.named(connection)
        connections.delete(row.pk, by=access.root())
        self.stdout.write(f"Connection {row.name} is deleted.")


def _credential(given: dict[str, Any]) -> str | None:
    return sys.stdin.read().strip() if given["credential_stdin"] else None


def _line(row: Connection) -> str:
    who = "with a credential" if row.sealed_credential else "without a credential"
    return f"{connections.arn_of(row.pk)}  {row.name}  {row.provider_type}  {row.base_url}  {who}"
