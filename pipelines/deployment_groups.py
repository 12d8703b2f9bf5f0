"""What one can do with deployment groups of CodeDeploy: create, change, delete and list them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.core.refusals import InvalidRequest
from pipelines.core.rights import DEPLOYMENT_GROUPS
from pipelines.models import DeploymentGroup
from pipelines.registering import Register, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

ONE_AT_A_TIME = "CodeDeployDefault.OneAtATime"
CONFIGS = (ONE_AT_A_TIME, "CodeDeployDefault.HalfAtATime", "CodeDeployDefault.AllAtOnce")
REGISTER = Register(
    model=DeploymentGroup,
    noun="deployment group",
    names=re.compile(r"[^/\0\s][^/\0\n]{0,99}/[^/\0\s][^/\0\n]{0,99}"),
    rule="It is the name of the application and that of the group with a slash between, each of up"
    " to 100 characters.",
    rights=DEPLOYMENT_GROUPS,
    arn="arn:aws:codedeploy:{region}:{account}:deploymentgroup:{name}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be said of a group beside its name, `application/group`."""

    tag_key: str
    tag_value: str = ""  # empty: any
    config: str = ONE_AT_A_TIME


def find(name: str) -> DeploymentGroup:
    """Raises ResourceNotFound."""
    return REGISTER.find(name)


def listed(*, by: Caller) -> QuerySet[DeploymentGroup]:
    """All of them, by name.  Raises AccessDenied."""
    return REGISTER.listed(by=by)


def create(name: str, said: Settings, *, by: Caller) -> DeploymentGroup:
    """Raises AccessDenied, InvalidRequest and NameInUse."""
    return REGISTER.create(name, lambda: _checked(said), by=by)


def update(name: str, said: Settings, *, by: Caller) -> DeploymentGroup:
    """Raises AccessDenied, ResourceNotFound and InvalidRequest."""
    return REGISTER.update(name, lambda: _checked(said), by=by)


def delete(name: str, *, by: Caller) -> None:
    """Raises AccessDenied and ResourceNotFound."""
    REGISTER.delete(name, by=by)


def _checked(said: Settings) -> Mapping[str, object]:
    check_text("tag key", said.tag_key, 128)
    check_text("tag value", said.tag_value, 256)
    if not said.tag_key:
        raise InvalidRequest("Invalid tag: the key of the tag that the instances have is needed.")
    if said.config not in CONFIGS:
        raise InvalidRequest(
            f"Invalid deployment configuration: {said.config[:100]!r} is none of"
            f" {', '.join(CONFIGS)}."
        )
    return {"tag_key": said.tag_key, "tag_value": said.tag_value, "config": said.config}
