"""Events as Amazon EventBridge sends them (spec/engine.md §12).

https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings

from pipelines.core.arns import pipeline_arn
from pipelines.core.statuses import ActionStatus
from pipelines.models import ActionExecution, Event, StageExecution
from pipelines.models.events import RESUMED, STARTED, EventLevel, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import PipelineExecution

    Stay = tuple[UUID, str]

Envelope = dict[str, Any]
BY_GIT = "WebhookV2"
SUMMARY = 2048  # characters of what an action says of itself
NAMES = {
    EventLevel.PIPELINE: "CodePipeline Pipeline Execution State Change",
    EventLevel.STAGE: "CodePipeline Stage Execution State Change",
    EventLevel.ACTION: "CodePipeline Action Execution State Change",
}
# An id follows from the row, so that who gets an event twice can tell.
_IDS = uuid.UUID("3d1f3f5e-6c0b-4c9d-9a57-6a1e5f0c2b11")


def envelopes(events: Sequence[Event]) -> list[Envelope]:
    """What EventBridge would send of each; its pipeline and execution have been fetched with it.

    A constant number of queries.
    """
    stages = [event for event in events if event.level == EventLevel.STAGE]
    actions = _actions(events)
    stays, retries = _stays(stages), _retries(stages)
    found: list[Envelope] = []
    for event in events:
        match event.level:
            case EventLevel.ACTION:
                detail = _action_detail(event, actions.get(event.action_execution_id))
            case EventLevel.STAGE:
                detail = _stage_detail(event, stays, retries)
            case _:
                detail = _pipeline_detail(event)
        found.append(_envelope(event, detail))
    return found


def id_of(event: Event) -> UUID:
    return uuid.uuid5(_IDS, f"{settings.PENSTOCK_ACCOUNT_ID} {event.execution_id} {event.pk}")


def _envelope(event: Event, detail: dict[str, Any]) -> Envelope:
    region, account = str(settings.PENSTOCK_REGION), str(settings.PENSTOCK_ACCOUNT_ID)
    arn = pipeline_arn(region=region, account_id=account, name=event.pipeline.name)
    return {
        "version": "0",
        "id": str(id_of(event)),
        "detail-type": NAMES[EventLevel(event.level)],
        "source": "aws.codepipeline",
        "account": account,
        "time": f"{event.at:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [arn],
        "detail": detail,
    }


def _common(event: Event, started_at: datetime | None) -> dict[str, Any]:
    start = {"start-time": _moment(started_at)} if started_at else {}
    return {
        "pipeline": event.pipeline.name,
        "execution-id": str(event.execution_id),
        **start,
    }


def _ending(event: Event) -> dict[str, Any]:
    """The structure's version and the attempt are numbers with a fraction, as in AWS's events."""
    return {
        "state": event.state,
        "version": float(event.execution.version),
        "pipeline-execution-attempt": float(event.attempt),
    }


def _pipeline_detail(event: Event) -> dict[str, Any]:
    trigger = _trigger(event.execution, is_start=event.state == STARTED)
    comments = event.detail.get("stop-execution-comments")
    return {
        **_common(event, event.execution.started_at),
        **({"execution-trigger": trigger} if trigger else {}),
        **_ending(event),
        **({"stop-execution-comments": comments} if comments is not None else {}),
    }


def _trigger(execution: PipelineExecution, *, is_start: bool) -> dict[str, str]:
    """Events tell of what started an execution when it starts, and always of git's changes."""
    by_git: dict[str, str] = {}
    if execution.trigger_type == BY_GIT:
        try:
            by_git = dict(json.loads(execution.trigger_detail))
        except (ValueError, TypeError):
            by_git = {}
    if not is_start:
        return by_git
    said = {"trigger-type": execution.trigger_type}
    if execution.trigger_detail and not by_git:
        said["trigger-detail"] = execution.trigger_detail
    return {**said, **by_git}


def _stage_detail(
    event: Event, stays: Mapping[Stay, datetime], retries: Mapping[Stay, list[Event]]
) -> dict[str, Any]:
    key = event.execution_id, event.stage_name
    before = [each.at for each in retries.get(key, []) if each.pk <= event.pk]
    retried = {"stage-last-retry-attempt-time": _moment(max(before))} if before else {}
    return {
        **_common(event, stays.get(key)),
        **retried,
        "stage": event.stage_name,
        **_ending(event),
    }


def _action_detail(event: Event, action: ActionExecution | None) -> dict[str, Any]:
    told = {
        **_common(event, action.started_at if action else None),
        "stage": event.stage_name,
        "action-execution-id": str(event.action_execution_id),
        "action": event.action_name,
    }
    plan = event.execution.plan
    declared = plan.stage(event.stage_name).action(event.action_name)
    region = declared.region or str(settings.PENSTOCK_REGION)
    bucket = plan.artifact_bucket(region)
    if action and event.state == STARTED:
        told |= _artifacts("input-artifacts", action.input_artifacts, bucket)
    if action and event.state == state_of(ActionStatus.SUCCEEDED):
        told |= _artifacts("output-artifacts", action.output_artifacts, bucket)
    if action and event.state not in {STARTED, state_of(ActionStatus.ABANDONED)}:
        told |= _result(action)
    return {**told, "region": region, "type": _type(declared.type_id), **_ending(event)}


def _type(type_id: Any) -> dict[str, str]:
    return {name: str(part) for name, part in type_id._asdict().items()}


def _artifacts(name: str, keys: Mapping[str, str], bucket: str) -> dict[str, Any]:
    listed = [
        {"name": artifact, "s3location": {"bucket": bucket, "key": key}}
        for artifact, key in sorted(keys.items())
    ]
    return {name: listed} if listed else {}


def _result(action: ActionExecution) -> dict[str, Any]:
    summary = action.summary or action.error_message
    said = {
        "external-execution-url": action.external_execution_url,
        "external-execution-summary": summary[:SUMMARY],
        "external-execution-id": "" if action.token else action.external_execution_id,
        "error-code": action.error_code,
    }
    result = {name: value for name, value in said.items() if value}
    return {"execution-result": result} if result else {}


def _actions(events: Iterable[Event]) -> dict[UUID | None, ActionExecution]:
    ids = {event.action_execution_id for event in events if event.action_execution_id}
    if not ids:
        return {}
    return {row.pk: row for row in ActionExecution.objects.filter(pk__in=ids)}


def _stays(events: Iterable[Event]) -> dict[Stay, datetime]:
    executions = {event.execution_id for event in events}
    if not executions:
        return {}
    rows = StageExecution.objects.filter(execution__in=executions)
    return {(row.execution_id, row.stage_name): row.started_at for row in rows}


def _retries(events: Iterable[Event]) -> dict[Stay, list[Event]]:
    executions = {event.execution_id for event in events if event.attempt > 1}
    if not executions:
        return {}
    found: dict[Stay, list[Event]] = {}
    rows = Event.objects.filter(execution__in=executions, level=EventLevel.STAGE, state=RESUMED)
    for row in rows:
        found.setdefault((row.execution_id, row.stage_name), []).append(row)
    return found


def _moment(at: datetime) -> str:
    """To the millisecond, in UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
