"""Access keys, on the command line: list, create, disable, enable, delete; and seal them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines import access, access_keys, keyring
from pipelines.core.refusals import Refusal
from pipelines.sealing import Unreadable

if TYPE_CHECKING:
    from pipelines.models import AccessKey


class Command(BaseCommand):
    """Each thing that can be done is a command of its own."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`list`, `create`, `disable`, `enable`, `delete` and `rotate`, with what each needs."""
        commands = parser.add_subparsers(dest="what", required=True)
        listing = commands.add_parser("list", help="the keys of everybody, or of one user")
        listing.add_argument("--user", default="", help="only those of this user")
        creating = commands.add_parser("create", help="a new key; its secret is shown once")
        creating.add_argument("user")
        creating.add_argument("--description", default="", help="what it is for")
        for what, does in (
            ("disable", "refuse requests that are signed with it"),
            ("enable", "accept them again"),
            ("delete", "forget it for good"),
        ):
            commands.add_parser(what, help=does).add_argument("access_key_id")
        commands.add_parser("rotate", help="seal the secrets with a new key of this Penstock")

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
                self.list(given["user"])
            case "create":
                self.create(given["user"], given["description"])
            case "disable":
                self.disable(given["access_key_id"])
            case "enable":
                self.enable(given["access_key_id"])
            case "delete":
                self.delete(given["access_key_id"])
            case _:
                self.rotate()

    def list(self, user: str) -> None:
        keys = access_keys.listed(by=access.root(), username=user)
        for key in keys:
            self.stdout.write(_line(key))
        if not keys:
            self.stdout.write("There are no access keys.")

    def create(self, user: str, description: str) -> None:
        key_id, secret = access_keys.create(user, by=access.root(), description=description)
        self.stdout.write(access_keys.shell_lines(key_id, secret))
        self.stderr.write("The secret is shown this once only.")

    def disable(self, access_key_id: str) -> None:
        access_keys.disable(access_key_id, by=access.root())
        self.stdout.write(f"{access_key_id} is disabled.")

    def enable(self, access_key_id: str) -> None:
        access_keys.enable(access_key_id, by=access.root())
        self.stdout.write(f"{access_key_id} is enabled.")

    def delete(self, access_key_id: str) -> None:
        access_keys.delete(access_key_id, by=access.root())
        self.stdout.write(f"{access_key_id} is deleted.")

    def rotate(self) -> None:
        self.stdout.write(f"{keyring.rotate()} secrets are sealed with a new key.")


def _line(key: AccessKey) -> str:
    state = "enabled " if key.is_enabled else "disabled"
    used = f"used {key.last_used_at:%Y-%m-%d %H:%M}Z" if key.last_used_at else "never used"
    return f"{key.pk}  {state}  {key.user.get_username()}  {used}  {key.description}".rstrip()
