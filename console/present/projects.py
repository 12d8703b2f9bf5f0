"""Build projects as the list shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.providers.codebuild_buildspec import DEFAULT, is_inline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipelines.models import BuildProject


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """One project of the list."""

    name: str
    description: str
    buildspec: str  # where it is
    timeout_minutes: int
    builds: int
    updated_at: datetime


def rows_of(projects: Iterable[BuildProject]) -> tuple[ProjectRow, ...]:
    return tuple(_row(project) for project in projects)


def _row(project: BuildProject) -> ProjectRow:
    is_own = is_inline(project.buildspec)
    return ProjectRow(
        name=project.name,
        description=project.description,
        buildspec="In the project" if is_own else project.buildspec or DEFAULT,
        timeout_minutes=project.timeout_minutes,
        builds=project.builds,
        updated_at=project.updated_at,
    )
