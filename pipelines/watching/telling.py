"""Hearing of a push before the next look: the sources that it concerns are looked at soon.

A hook in a local repository leaves a file with the repository's name, which needs neither a
database nor a broker and cannot fail a push; whoever looks next finds it.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.utils import timezone

from pipelines import places
from pipelines.core.refusals import InvalidRequest
from pipelines.core.source_overrides import source_actions
from pipelines.models import PipelineVersion, WatchedSource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MARK = "# Made by Penstock"
HOOK = f"""#!/bin/sh
{MARK}: have the pipelines that watch this repository started.
# It neither holds up a push nor fails it.
: 2>/dev/null > {{told}} || :
"""


def look_soon(sources: Iterable[tuple[str, str]]) -> None:
    """Have these source actions looked at next, each by the names of pipeline and action."""
    wanted = Q()
    for pipeline, action in sources:
        wanted |= Q(pipeline__name=pipeline, action_name=action)
    if wanted:
        WatchedSource.objects.filter(wanted).update(due_at=timezone.now())


def hear_of_pushes() -> None:
    """Have the sources looked at whose local repositories were pushed to."""
    folder = places.pushes()
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    for name in names:
        (folder / name).unlink(missing_ok=True)  # a push from now on leaves another
        look_soon(_watching(name))


def install_hook(repository: str) -> Path:
    """Have pushes to the local repository told of.  Raises InvalidRequest."""
    bare = places.repositories() / f"{repository}.git"
    if not (bare / "HEAD").is_file() or bare.parent != places.repositories():
        raise InvalidRequest(f"There is no repository {bare}.")
    hook = bare / "hooks" / "post-receive"
    if hook.exists() and MARK not in hook.read_text(errors="replace"):
        raise InvalidRequest(f"{hook} is somebody else's. Add this line to it: {_line(repository)}")
    places.pushes().mkdir(mode=0o700, parents=True, exist_ok=True)
    hook.parent.mkdir(exist_ok=True)
    draft = hook.with_name(f".post-receive-{os.getpid()}")
    draft.write_text(HOOK.format(told=_told(repository)))
    draft.chmod(0o755)
    draft.replace(hook)
    return hook


def _line(repository: str) -> str:
    return f": 2>/dev/null > {_told(repository)} || :"


def _told(repository: str) -> str:
    return shlex.quote(str(places.pushes() / repository))


def _watching(repository: str) -> list[tuple[str, str]]:
    """The source actions of current definitions that take the local repository."""
    rows = PipelineVersion.objects.filter(
        version=F("pipeline__version"), definition__contains=repository
    ).select_related("pipeline")
    return [
        (row.pipeline.name, action.name)
        for row in rows
        for action in source_actions(row.pipeline.plan)
        if action.type_id.provider == "CodeCommit"
        and action.configuration.get("RepositoryName") == repository
    ]
