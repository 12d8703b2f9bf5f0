"""Pipelines: create, read, change, list and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import definitions, finding, watching
from pipelines.api import paging
from pipelines.api.unchanged import answers
from pipelines.core.tags import tag_list

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline

LARGEST = 1000  # pipelines on a page, and how many there are when nobody says
Structure = dict[str, Any]


def create_pipeline(
    *, by: Caller, pipeline: Structure, tags: list[dict[str, str]] | None = None
) -> Structure:
    """API_CreatePipeline, spec/structure.md."""
    created = definitions.create(pipeline, tags=tags or [], by=by)
    return {"pipeline": definitions.current(created), "tags": tag_list(created.tags)}


def update_pipeline(*, by: Caller, pipeline: Structure) -> Structure:
    """API_UpdatePipeline, spec/structure.md."""
    return {"pipeline": definitions.current(definitions.update(pipeline, by=by))}


def delete_pipeline(*, by: Caller, name: str) -> None:
    """API_DeletePipeline."""
    definitions.delete(name, by=by)


def get_pipeline(*, by: Caller, name: str, version: int | None = None) -> Structure:
    """API_GetPipeline."""
    found = finding.pipeline(name)
    asked_for = version or found.version
    return {
        "pipeline": answers.to(
            ("GetPipeline", asked_for),
            about=found,
            find=lambda: definitions.version_of(found, asked_for),
        ),
        "metadata": {
            "pipelineArn": finding.arn_of(found.name),
            "created": found.created_at,
            "updated": found.updated_at,
            **_disabled(watching.disabled_at(found)),
        },
    }


def _disabled(at: datetime | None) -> Structure:
    return {"pollingDisabledAt": at} if at else {}


def list_pipelines(
    *, by: Caller, next_token: str | None = None, max_results: int = LARGEST
) -> Structure:
    """API_ListPipelines."""
    of = {"operation": "ListPipelines"}
    position = paging.read_token(next_token, of=of)
    rows = definitions.by_name(after=str(position[0]) if position else "", limit=max_results + 1)
    page, more = paging.cut(rows, max_results, of=of, position=lambda row: [row.name])
    return {"pipelines": [_summary(row) for row in page], **more}


def _summary(row: Pipeline) -> Structure:
    """API type PipelineSummary."""
    return {
        "name": row.name,
        "version": row.version,
        "pipelineType": row.pipeline_type,
        "executionMode": row.execution_mode,
        "created": row.created_at,
        "updated": row.updated_at,
    }
