"""Functions that Lambda actions invoke: list, create, update and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import functions
from pipelines.management.registered import RegisteredCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from pipelines.models import Function


class Command(RegisteredCommand):
    """`manage.py functions create tide --url http://127.0.0.1:9000/tide`."""

    help = __doc__
    use_case = functions
    noun = "function"

    def add_settings(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="what gets its events")

    def said(self, given: dict[str, Any]) -> functions.Settings:
        return functions.Settings(url=given["url"])

    def line(self, row: Function) -> str:
        return f"{row.name}  {row.url}"
