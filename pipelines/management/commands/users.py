"""Users and their roles, on the command line: list and create them, set roles, let in and out."""

from __future__ import annotations

import secrets
import sys
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines import access, people
from pipelines.core.refusals import Refusal
from pipelines.core.rights import Role

if TYPE_CHECKING:
    from collections.abc import Collection

NAMES = ", ".join(role.value for role in Role)


class Command(BaseCommand):
    """Each thing that can be done is a command of its own."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`list`, `create`, `roles`, `deactivate` and `activate`, with what each needs."""
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("list", help="everybody, with their roles")
        creating = commands.add_parser("create", help="a new user")
        creating.add_argument("user")
        creating.add_argument("--roles", nargs="*", type=_role, default=[], help=NAMES)
        how = creating.add_mutually_exclusive_group()
        how.add_argument("--password-stdin", action="store_true", help="read it, one line")
        how.add_argument("--no-password", action="store_true", help="for access keys only")
        giving = commands.add_parser("roles", help="these roles and no others")
        giving.add_argument("user")
        giving.add_argument("roles", nargs="*", type=_role, help=NAMES)
        commands.add_parser("deactivate", help="refuse sign-in and access keys").add_argument(
            "user"
        )
        commands.add_parser("activate", help="let in again").add_argument("user")

    def handle(self, *_args: Any, what: str, **given: Any) -> None:
        """Do it, or say why not."""
        try:
            self.act(what, given)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal

    def act(self, what: str, given: dict[str, Any]) -> None:
        """Hand the arguments to the command."""
        match what:
            case "list":
                self.list()
            case "create" if given["no_password"]:
                self.create(given["user"], given["roles"], password="")
            case "create" if given["password_stdin"]:
                self.create(given["user"], given["roles"], password=_read_password())
            case "create":
                self.create_with_random_password(given["user"], given["roles"])
            case "roles":
                self.roles(given["user"], given["roles"])
            case "deactivate":
                self.deactivate(given["user"])
            case _:
                self.activate(given["user"])

    def list(self) -> None:
        for user in people.everybody(by=access.root()):
            state = "active  " if user.is_active else "inactive"
            self.stdout.write(f"{user.username}  {state}  {_words(people.roles_of(user))}")

    def create(self, user: str, roles: Collection[Role], *, password: str) -> None:
        people.create(user, password=password, roles=roles, by=access.root())
        self.stdout.write(f"{user} is created, with {_words(roles)}.")

    def create_with_random_password(self, user: str, roles: Collection[Role]) -> None:
        password = secrets.token_urlsafe(12)
        self.create(user, roles, password=password)
        self.stdout.write(f"Password  {password}\n(This is shown once.)")

    def roles(self, user: str, roles: Collection[Role]) -> None:
        people.set_roles(user, roles, by=access.root())
        self.stdout.write(f"{user} has {_words(roles)}.")

    def deactivate(self, user: str) -> None:
        people.deactivate(user, by=access.root())
        self.stdout.write(f"{user} is deactivated.")

    def activate(self, user: str) -> None:
        people.activate(user, by=access.root())
        self.stdout.write(f"{user} is active.")


def _words(roles: Collection[Role]) -> str:
    return ", ".join(role.value for role in Role if role in roles) or "no roles"


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise ArgumentTypeError(f"there is no role {name}; the roles are {NAMES}") from None


def _read_password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("There is no password on the standard input.")
    return password
