"""Instances that deployments go to: list, create, update and delete them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from pipelines import instances
from pipelines.management.registered import RegisteredCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from pipelines.models import Instance


class Command(RegisteredCommand):
    """`manage.py instances create web-1 --tag Name=web --folder /srv/web-1`."""

    help = __doc__
    use_case = instances
    noun = "instance"

    def add_settings(self, parser: CommandParser) -> None:
        parser.add_argument("--tag", action="append", type=_tag, default=[], metavar="KEY=VALUE")
        parser.add_argument("--folder", default="", help="its root; else one of its own")
        parser.add_argument("--ssh-host", default="", help="host or user@host; else this machine")

    def said(self, given: dict[str, Any]) -> instances.Settings:
        return instances.Settings(
            tags=tuple(given["tag"]), folder=given["folder"], ssh_host=given["ssh_host"]
        )

    def line(self, row: Instance) -> str:
        tags = " ".join(f"{key}={value}" for key, value in row.tag_values.items())
        return f"{row.name}  {row.ssh_host or 'this machine'}:{row.folder}  {tags}"


def _tag(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ArgumentTypeError(f"{text!r} is not of the form KEY=VALUE")
    return key, value
