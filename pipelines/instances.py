"""What one can do with instances, which deployments go to: register, change, deregister, list.

AWS's words are those of the on-premises instances of CodeDeploy.  An instance lets deployments
write to a folder of this machine, so only admins register one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from pipelines import places
from pipelines.core.refusals import InvalidRequest
from pipelines.core.rights import INSTANCES
from pipelines.models import Instance
from pipelines.registering import Register, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

HOST = re.compile(r"([A-Za-z0-9._-]+@)?[A-Za-z0-9\[:][A-Za-z0-9.:\]_-]*", re.ASCII)
MOST_TAGS = 10  # AWS's limit
REGISTER = Register(
    model=Instance,
    noun="instance",
    names=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII),
    rule="Up to 100 letters, digits, dots, - and _ are allowed, the first a letter or a digit.",
    rights=INSTANCES,
    arn="arn:aws:codedeploy:{region}:{account}:instance/{name}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be said of an instance beside its name."""

    tags: tuple[tuple[str, str], ...] = ()
    folder: str = ""  # empty: one of its own in PENSTOCK_HOME, or the root of the host
    ssh_host: str = ""


def find(name: str) -> Instance:
    """Raises ResourceNotFound."""
    return REGISTER.find(name)


def listed(*, by: Caller) -> QuerySet[Instance]:
    """All of them, by name.  Raises AccessDenied."""
    return REGISTER.listed(by=by)


def create(name: str, said: Settings, *, by: Caller) -> Instance:
    """Raises AccessDenied, InvalidRequest and NameInUse."""
    return REGISTER.create(name, lambda: _checked(name, said), by=by)


def update(name: str, said: Settings, *, by: Caller) -> Instance:
    """Raises AccessDenied, ResourceNotFound and InvalidRequest."""
    return REGISTER.update(name, lambda: _checked(name, said), by=by)


def delete(name: str, *, by: Caller) -> None:
    """Its folder stays as it is.  Raises AccessDenied and ResourceNotFound."""
    REGISTER.delete(name, by=by)


def _checked(name: str, said: Settings) -> Mapping[str, object]:
    """The columns; raises InvalidRequest with the first thing that is wrong."""
    if said.ssh_host and not HOST.fullmatch(said.ssh_host):
        raise InvalidRequest(
            f"Invalid host: {said.ssh_host[:255]!r} is not of the form host or user@host."
        )
    return {
        "folder": _folder_over_there(said) if said.ssh_host else _folder(name, said),
        "ssh_host": said.ssh_host,
        "tags": _tags(said.tags),
    }


def _folder_over_there(said: Settings) -> str:
    check_text("folder", said.folder, 1024)
    folder = said.folder or "/"
    if not folder.startswith("/") or ".." in Path(folder).parts or "\n" in folder:
        raise InvalidRequest(f"Invalid folder: {folder!r} has to be an absolute path on the host.")
    return folder


def _folder(name: str, said: Settings) -> str:
    """A folder that is there, and none in which Penstock keeps its own things."""
    check_text("folder", said.folder, 1024)
    if not said.folder:
        own = places.instances() / name
        own.mkdir(parents=True, exist_ok=True)
        return str(own)
    folder, home = Path(said.folder), Path(settings.PENSTOCK_HOME).resolve()
    if not folder.is_absolute() or not folder.is_dir():
        raise InvalidRequest(
            f"Invalid folder: {said.folder!r} has to be the absolute path of a directory that"
            " exists on this machine."
        )
    real = folder.resolve()
    is_ours = real.is_relative_to(home) and not real.is_relative_to(places.instances().resolve())
    if is_ours or home.is_relative_to(real):
        raise InvalidRequest(
            f"Invalid folder: {said.folder!r} holds what Penstock itself needs, or is inside it"
            f" ({home}); deployments may not write there."
        )
    return str(real)


def _tags(tags: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    if len(tags) > MOST_TAGS:
        raise InvalidRequest(f"Invalid tags: at most {MOST_TAGS} are allowed.")
    for key, value in tags:
        check_text("tag key", key, 128)
        check_text("tag value", value, 256)
        if not key:
            raise InvalidRequest("Invalid tags: a tag has no key.")
    if len(dict(tags)) < len(tags):
        raise InvalidRequest("Invalid tags: a key is there twice.")
    return [{"key": key, "value": value} for key, value in sorted(tags)]
