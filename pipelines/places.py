"""Where on disk everything is: below PENSTOCK_HOME, one folder for each kind of thing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from uuid import UUID


def artifacts() -> Path:
    """The artifact store: zip files by key."""
    return _home() / "artifacts"


def uploads() -> Path:
    """Parts of artifacts that job workers are sending, one folder an upload."""
    return _home() / "uploads"


def arriving() -> Path:
    """Files that are on their way to the artifact store; each goes as soon as it is there."""
    return _home() / "arriving"


def buckets() -> Path:
    """S3 buckets, one folder each."""
    return _home() / "buckets"


def repositories() -> Path:
    """CodeCommit repositories, bare: <name>.git."""
    return _home() / "repositories"


def instances() -> Path:
    """Instances that have no folder elsewhere, one folder each."""
    return _home() / "instances"


def pushes() -> Path:
    """A file for each local repository that was pushed to and has not been looked at since."""
    return _home() / "pushes"


def workspaces() -> Path:
    """Folders in which actions work; each is removed when its work is done."""
    return _home() / "work"


def sealing_keys() -> Path:
    """The keys with which secrets are sealed: a file that only its owner may read."""
    return _home() / "secrets" / "access_keys"


def known_hosts() -> Path:
    """The keys of SSH hosts that were met before."""
    return _home() / "secrets" / "known_hosts"


def logs_of_actions() -> Path:
    """The logs of all action executions, in one folder for each beginning of an id."""
    return _home() / "logs" / "actions"


def log_of(action_id: UUID) -> Path:
    """The log of one action execution."""
    return logs_of_actions() / action_id.hex[:2] / f"{action_id}.log"


def _home() -> Path:
    return Path(settings.PENSTOCK_HOME)
