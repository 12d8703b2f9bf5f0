"""Topics that manual approvals notify: list, create, update and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import topics
from pipelines.management.registered import RegisteredCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from pipelines.models import Topic


class Command(RegisteredCommand):
    """`manage.py topics create approvals --url https://chat.example/hook`."""

    help = __doc__
    use_case = topics
    noun = "topic"

    def add_settings(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="", help="an address to post to")
        parser.add_argument("--email", default="", help="an e-mail address")

    def said(self, given: dict[str, Any]) -> topics.Settings:
        return topics.Settings(url=given["url"], email=given["email"])

    def line(self, row: Topic) -> str:
        return f"{topics.arn_of(row.name)}  {row.url or '-'}  {row.email or '-'}"
