"""What comes to a webhook: who may send it, what it matches, which execution it starts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from django.utils import timezone

from pipelines import finding, patience, sealing, secrets, starting, webhooks
from pipelines.core.refusals import InvalidRequest, PipelineNotFound, Throttled
from pipelines.core.webhook_rules import Authentication, filter_problem, is_in_range, is_signed
from pipelines.models import HookDelivery, UsedChange, Webhook
from pipelines.models.webhooks import HookOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.models import PipelineExecution

TRIGGER = "Webhook"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request to a hook."""

    body: bytes
    headers: Mapping[str, str]  # names in lower case
    address: str = ""  # whom it came from

    @property
    def event(self) -> str:
        """What the git host says that has happened."""
        names = ("x-github-event", "x-gitlab-event", "x-event-key", "x-gitea-event")
        return next((self.headers[name] for name in names if name in self.headers), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a request led to, and what its sender is told."""

    status: HTTPStatus
    outcome: HookOutcome
    said: str
    executions: tuple[PipelineExecution, ...] = ()


class NotReadable(Exception):
    """The body is not what it has to be; the message says how."""


def received(token: str, request: Received) -> Receipt | None:
    """Start the webhook's pipeline if the request may, and if every filter matches.

    None when there is no such webhook.  A request that GitHub signed starts something once: the
    same body again does not, whoever sends it.
    """
    webhook = Webhook.objects.filter(token=token).first()
    if webhook is None:
        return None
    receipt = _receipt(webhook, request)
    started = [[webhook.target_pipeline, str(each.pk)] for each in receipt.executions]
    HookDelivery.objects.note(
        str(webhook), receipt.outcome, receipt.said, event=request.event, executions=started
    )
    _remember(webhook, receipt)
    return receipt


def payload_of(request: Received) -> Any:
    """The JSON of the body; GitHub may also send it in a form.  Raises NotReadable."""
    body = request.body
    try:
        if request.headers.get("content-type", "").startswith(FORM):
            fields = parse_qs(body.decode(), max_num_fields=20)
            body = fields.get("payload", [""])[0].encode()
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable("The body is not JSON.") from None


def refused(said: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Receipt:
    return Receipt(status=status, outcome=HookOutcome.REFUSED, said=said)


def ignored(said: str) -> Receipt:
    return Receipt(status=HTTPStatus.OK, outcome=HookOutcome.IGNORED, said=said)


def _receipt(webhook: Webhook, request: Received) -> Receipt:
    try:
        if problem := _stranger(webhook, request):
            return refused(problem, HTTPStatus.FORBIDDEN)
        if request.event == "ping":
            return ignored("GitHub says hello: the webhook works.")
        return _start(webhook, request, payload_of(request))
    except NotReadable as problem:
        return refused(str(problem))
    except (PipelineNotFound, InvalidRequest) as gone:
        return _failed(gone.message, HTTPStatus.CONFLICT)
    except (Throttled, sealing.Unreadable) as problem:
        return _failed(str(problem), HTTPStatus.SERVICE_UNAVAILABLE)


def _stranger(webhook: Webhook, request: Received) -> str:
    """Why the request is not from whom it has to be; empty when it is.  Raises Unreadable."""
    match Authentication(webhook.authentication):
        case Authentication.GITHUB_HMAC:
            secret = str(secrets.unseal(webhook.sealed_secret, of=str(webhook)))
            is_right = is_signed(request.body, request.headers, secret)
            return "" if is_right else "The signature of the request is missing or wrong."
        case Authentication.IP:
            is_right = is_in_range(request.address, webhook.allowed_ip_range)
            return "" if is_right else f"The address {request.address[:60]} is not allowed."
        case Authentication.UNAUTHENTICATED:
            return ""


@patience.limited(Throttled)
def _start(webhook: Webhook, request: Received, payload: Any) -> Receipt:
    pipeline = finding.locked_pipeline(webhook.target_pipeline)
    action = webhooks.action_of(pipeline, webhook.target_action)
    filters = webhooks.filters_in(webhook.filters)
    if problem := filter_problem(filters, payload, action.configuration):
        return ignored(f"It does not match the filters: {problem}.")
    is_signed_body = webhook.authentication == Authentication.GITHUB_HMAC
    change = f"{webhook} {hashlib.sha256(request.body).hexdigest()}"
    if is_signed_body and UsedChange.objects.user_of(pipeline, action.name, change):
        return ignored("The same request has started an execution before.")
    execution = starting.begin(pipeline, starting.Trigger(TRIGGER, webhooks.arn_of(webhook.name)))
    if is_signed_body:
        UsedChange.objects.note(execution, action.name, change)
    return Receipt(
        status=HTTPStatus.OK,
        outcome=HookOutcome.STARTED,
        said="It started an execution.",
        executions=(execution,),
    )


def _failed(said: str, status: HTTPStatus) -> Receipt:
    return Receipt(status=status, outcome=HookOutcome.FAILED, said=said)


def _remember(webhook: Webhook, receipt: Receipt) -> None:
    """What ListWebhooks tells: the last time it started something, and what went wrong last."""
    if receipt.outcome is HookOutcome.STARTED:
        webhook.last_triggered_at = timezone.now()
        webhook.error_code = webhook.error_message = ""
    elif receipt.outcome is HookOutcome.FAILED:
        webhook.error_code = str(receipt.status.value)
        webhook.error_message = receipt.said[:500]
    else:
        return
    webhook.save(update_fields=["last_triggered_at", "error_code", "error_message"])
