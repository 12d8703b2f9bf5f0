"""Deployment groups of CodeDeploy: list, create, update and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import deployment_groups
from pipelines.management.registered import RegisteredCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from pipelines.models import DeploymentGroup


class Command(RegisteredCommand):
    """`manage.py deployment_groups create shop/web --tag-key Name --tag-value web`."""

    help = __doc__
    use_case = deployment_groups
    noun = "deployment group"

    def add_settings(self, parser: CommandParser) -> None:
        parser.add_argument("--tag-key", required=True, help="of the instances")
        parser.add_argument("--tag-value", default="", help="any if left out")
        parser.add_argument("--config", default=deployment_groups.ONE_AT_A_TIME)

    def said(self, given: dict[str, Any]) -> deployment_groups.Settings:
        return deployment_groups.Settings(
            tag_key=given["tag_key"], tag_value=given["tag_value"], config=given["config"]
        )

    def line(self, row: DeploymentGroup) -> str:
        return f"{row.name}  {row.tag_key}={row.tag_value or '*'}  {row.config}"
