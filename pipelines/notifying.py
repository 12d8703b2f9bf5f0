"""Telling those who may approve: from the row that the engine writes to the topic it names.

An approval never fails because nobody could be told; what went wrong is on its page.  Sending is
repeated with growing pauses; both functions may be called at any time and any number of times.
"""

from __future__ import annotations

import json
import logging
import smtplib
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from pipelines import posting
from pipelines.models import ApprovalNotification, Topic
from pipelines.models.notifications import NotificationStatus

if TYPE_CHECKING:
    from uuid import UUID

    from pipelines.models import ActionExecution

logger = logging.getLogger(__name__)

LIMIT = 100
CLAIM = timedelta(minutes=2)  # how long one process has for an attempt
# Pauses after the first failure, the second, and so on; after the last there is no other attempt.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600))


class _Undeliverable(Exception):
    """Trying again would not help; the message says what to change."""


class _NotYet(Exception):
    """It may work later."""


def due() -> list[UUID]:
    """Notifications that ought to be sent now."""
    pending = ApprovalNotification.objects.filter(
        status=NotificationStatus.PENDING, next_attempt_at__lte=timezone.now()
    )
    return list(pending.order_by("next_attempt_at").values_list("pk", flat=True)[:LIMIT])


def deliver(notification_id: UUID) -> None:
    """Make one attempt, unless somebody else does or did."""
    now = timezone.now()
    claimed = ApprovalNotification.objects.filter(
        pk=notification_id, status=NotificationStatus.PENDING, next_attempt_at__lte=now
    ).update(next_attempt_at=now + CLAIM, attempts=F("attempts") + 1)
    if not claimed:
        return
    rows = ApprovalNotification.objects.select_related("action__execution__pipeline")
    notification = rows.filter(pk=notification_id).first()
    if notification is None:
        return  # its pipeline has been deleted
    try:
        _attempt(notification)
    except _Undeliverable as problem:
        _end(notification, NotificationStatus.FAILED, str(problem))
    except _NotYet as problem:
        _postpone(notification, str(problem))
    else:
        _end(notification, NotificationStatus.DELIVERED, "")


def message_of(action: ActionExecution) -> dict[str, Any]:
    """AWS page "JSON data format for manual approval notifications in CodePipeline"."""
    pipeline, configuration = action.execution.pipeline.name, action.resolved_configuration
    page = f"{settings.PENSTOCK_URL}/codesuite/codepipeline/pipelines/{quote(pipeline)}"
    stage, name = quote(action.stage_name), quote(action.action_name)
    approval = {
        "pipelineName": pipeline,
        "stageName": action.stage_name,
        "actionName": action.action_name,
        "token": action.token,
        "expires": action.deadline.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "externalEntityLink": configuration.get("ExternalEntityLink"),
        "approvalReviewLink": f"{page}/stages/{stage}/actions/{name}/review",
        "customData": configuration.get("CustomData"),
    }
    return {
        "region": settings.PENSTOCK_REGION,
        "consoleLink": f"{page}/view",
        "approval": {key: value for key, value in approval.items() if value},
    }


def _attempt(notification: ApprovalNotification) -> None:
    """Raises _Undeliverable or _NotYet."""
    action = notification.action
    if not action.is_waited_for:
        raise _Undeliverable("The approval was over before anybody could be told of it.")
    topic = _topic(notification.topic_arn)
    if topic.url and not notification.is_posted:
        _post(topic.url, notification)
        notification.is_posted = True
        notification.save(update_fields=["is_posted"])
    if topic.email and not notification.is_mailed:
        _mail(topic.email, action)
        notification.is_mailed = True
        notification.save(update_fields=["is_mailed"])


def _topic(arn: str) -> Topic:
    name = arn.rpartition(":")[2]
    topic = Topic.objects.filter(name=name).first() if "\0" not in name else None
    if topic is None:
        raise _Undeliverable(
            f"There is no topic {name}. Create it at {settings.PENSTOCK_URL}/codesuite/sns/topics."
        )
    return topic


def _post(url: str, notification: ApprovalNotification) -> None:
    """As SNS does with raw message delivery."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Penstock",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": str(notification.pk),
        "x-amz-sns-topic-arn": notification.topic_arn,
        "x-amz-sns-rawdelivery": "true",
    }
    body = json.dumps(message_of(notification.action)).encode()
    try:
        answer = posting.send("POST", url, body=body, headers=headers)
    except posting.NotSent as problem:
        raise _NotYet(f"The address of the topic did not take it: {problem}") from problem
    if answer.is_success:
        return
    told = f"The address of the topic answered with status {answer.status}."
    if 400 <= answer.status < 500 and answer.status != 429:
        raise _Undeliverable(told)
    raise _NotYet(told)


def _mail(address: str, action: ActionExecution) -> None:
    if not settings.PENSTOCK_MAIL:
        raise _Undeliverable(
            "No e-mail was sent: this Penstock has no mail server. Set EMAIL_URL, such as"
            " smtp://mail.example:587, and start Penstock again."
        )
    told = message_of(action)
    approval = told["approval"]
    where = f"{action.action_name} of the pipeline {approval['pipelineName']}"
    lines = [
        f"The action {where} waits for an approval.",
        f"Review it: {approval['approvalReviewLink']}",
        f"Pipeline: {told['consoleLink']}",
        f"It expires at {approval['expires']}.",
        *(f"{label}: {approval[key]}" for label, key in _ALSO if key in approval),
        "",
        json.dumps(told, indent=2),
    ]
    subject = (
        f"APPROVAL NEEDED: AWS CodePipeline {approval['pipelineName']} for action"
        f" {action.action_name}"
    )
    try:
        EmailMessage(subject, "\n".join(lines), to=[address]).send()
    except (OSError, smtplib.SMTPException) as problem:
        raise _NotYet(f"The mail server did not take it: {problem}") from problem


_ALSO = (("To be reviewed", "externalEntityLink"), ("Comments", "customData"))


def _end(notification: ApprovalNotification, status: NotificationStatus, error: str) -> None:
    notification.status, notification.ended_at = status, timezone.now()
    _save(notification, error)


def _postpone(notification: ApprovalNotification, error: str) -> None:
    """Until the next attempt, if there is another."""
    if notification.attempts > len(PAUSES):
        _end(notification, NotificationStatus.FAILED, error)
        return
    notification.next_attempt_at = timezone.now() + PAUSES[notification.attempts - 1]
    _save(notification, error)


def _save(notification: ApprovalNotification, error: str) -> None:
    """The page of the action tells it, so it has to be drawn again."""
    notification.last_error = error[:500]
    notification.save(update_fields=["status", "ended_at", "next_attempt_at", "last_error"])
    if error:
        logger.warning("Notification of action execution %s: %s", notification.action_id, error)
    notification.action.execution.pipeline.bump()
