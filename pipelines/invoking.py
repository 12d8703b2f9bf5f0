"""One pipeline starting another: everybody's start, by the role of the pipeline that asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from pipelines import finding, patience, starting
from pipelines.core.arns import assumed_role_arn
from pipelines.core.refusals import Conflict, InvalidRequest
from pipelines.models import ActionExecution
from pipelines.starting import ASKED_FOR, Trigger

if TYPE_CHECKING:
    from pipelines.models import PipelineExecution
    from pipelines.providers.contract import PipelineStart

DEEPEST = 10  # pipelines in a row that start one another
_SESSION = re.compile(r"arn:aws:sts::\d+:assumed-role/[^/]+/([0-9a-f-]{36})")


def start(asked: PipelineStart) -> str:
    """Start it for an action execution, once, and return the id of the execution.

    Raises PipelineNotFound, InvalidRequest (also for a pipeline that would start itself again,
    directly or by others), or Conflict when the pipeline is busy.
    """
    action = ActionExecution.objects.select_related("execution__pipeline").get(
        pk=asked.action_execution_id
    )
    _check_line(action, asked.pipeline_name)
    with patience.limited(Conflict):
        execution = starting.begin(
            finding.locked_pipeline(asked.pipeline_name),
            Trigger(ASKED_FOR, _caller(action)),
            client_request_token=asked.action_execution_id,
            variables=asked.variables,
            source_overrides=asked.source_overrides,
        )
    return str(execution.pk)


def _check_line(action: ActionExecution, wanted: str) -> None:
    """AWS lets pipelines start one another for ever; here that ends where it would begin."""
    line = _line(action.execution)
    if wanted in line:
        told = " → ".join([*reversed(line), wanted])
        raise InvalidRequest(
            f"The pipeline {wanted} is not started: it would start itself again and again ({told})."
        )
    if len(line) >= DEEPEST:
        raise InvalidRequest(
            f"The pipeline {wanted} is not started: {DEEPEST} pipelines in a row have started one"
            " another, which is as many as may."
        )


def _line(execution: PipelineExecution) -> list[str]:
    """The names of the pipelines that led here, the nearest first."""
    line: list[str] = []
    at: PipelineExecution | None = execution
    while at is not None and len(line) < DEEPEST:
        line.append(at.pipeline.name)
        at = _started_by(at)
    return line


def _started_by(execution: PipelineExecution) -> PipelineExecution | None:
    """The execution whose action has started this one, if one has."""
    session = _SESSION.fullmatch(execution.trigger_detail)
    if session is None:
        return None
    actions = ActionExecution.objects.select_related("execution__pipeline")
    action = actions.filter(pk=UUID(session[1])).first()
    return action.execution if action else None


def _caller(action: ActionExecution) -> str:
    """The role of the action or of its pipeline, in a session named for the action execution."""
    execution = action.execution
    version = execution.pipeline.versions.get(version=execution.version)
    role = action.plan.role_arn or version.definition["roleArn"]
    return assumed_role_arn(role_arn=role, session=str(action.pk))
