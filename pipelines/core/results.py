"""How an action ended, as the engine stores it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipelines.core.statuses import ActionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRevision:
    """What a source action found (API types SourceRevision and ArtifactRevision)."""

    revision_id: str
    summary: str = ""
    url: str = ""
    change_id: str = ""  # what else tells it apart: when it was committed, an ETag
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """The outcome of one action execution, with everything it leaves behind."""

    status: ActionStatus
    artifacts: Mapping[str, str] = field(default_factory=dict)  # name -> key in the store
    output_variables: Mapping[str, str] = field(default_factory=dict)
    revision: SourceRevision | None = None
    external_execution_id: str = ""
    external_execution_url: str = ""
    summary: str = ""
    percent_complete: int | None = None  # how far a job worker says it is
    error_code: str = ""
    error_message: str = ""
    by: str = ""  # the ARN of the person who decided, for an approval
