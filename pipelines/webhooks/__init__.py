"""What one can do with webhooks: put, list and delete them; and what comes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Max
from django.utils import timezone

from pipelines import finding, patience, secrets
from pipelines.core.action_types import MASK
from pipelines.core.arns import webhook_arn
from pipelines.core.refusals import (
    ConcurrentModification,
    InvalidRequest,
    InvalidWebhookAuthentication,
    LimitExceeded,
    WebhookNotFound,
)
from pipelines.core.source_overrides import source_actions
from pipelines.core.tags import check_number, read_tags
from pipelines.core.webhook_rules import (
    MAX_WEBHOOKS,
    RANGE,
    SECRET,
    Authentication,
    Filter,
    check_authentication,
    check_filters,
)
from pipelines.models import HookDelivery, Webhook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from pipelines.core.plan import ActionPlan
    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline


def arn_of(name: str) -> str:
    return webhook_arn(
        region=settings.PENSTOCK_REGION, account_id=settings.PENSTOCK_ACCOUNT_ID, name=name
    )


def url_of(webhook: Webhook) -> str:
    """Where requests are sent to."""
    return f"{settings.PENSTOCK_URL}/webhooks/{webhook.token}"


def put(
    definition: Mapping[str, Any], *, by: Caller, tags: Sequence[Mapping[str, Any]] = ()
) -> Webhook:
    """Create a webhook, or replace what there is of that name, which keeps its address.

    `definition` is API type WebhookDefinition, and of the right shape.  The mask in place of a
    secret keeps the secret.  Tags are added to those that there are.

    Raises AccessDenied, PipelineNotFound, InvalidRequest, InvalidWebhookFilter,
    InvalidWebhookAuthentication, InvalidTags, TooManyTags, LimitExceeded, or
    ConcurrentModification when the database is busy; nothing is changed then.
    """
    name = definition["name"]
    by.check("PutWebhook", on=arn_of(name))
    given_tags = read_tags(tags)
    action_of(finding.pipeline(definition["targetPipeline"]), definition["targetAction"])
    check_filters(filters_in(definition["filters"]))
    kind = Authentication(definition["authentication"])
    check_authentication(kind, definition["authenticationConfiguration"])
    try:
        return _put(definition, given_tags, by=by)
    except IntegrityError as taken:  # somebody else was faster
        raise ConcurrentModification(patience.BUSY) from taken


@patience.limited(ConcurrentModification)
def _put(definition: Mapping[str, Any], tags: dict[str, str], *, by: Caller) -> Webhook:
    name, now = definition["name"], timezone.now()
    row = Webhook.objects.select_for_update().filter(name=name).first()
    if row is None:
        if Webhook.objects.count() >= MAX_WEBHOOKS:
            raise LimitExceeded(
                f"Account '{settings.PENSTOCK_ACCOUNT_ID}' has {MAX_WEBHOOKS} webhooks, and there"
                " can be no more"
            )
        row = Webhook(name=name, created_at=now)
    row.tags = {**row.tags, **tags}
    check_number(row.tags, arn=arn_of(name))
    row.target_pipeline = definition["targetPipeline"]
    row.target_action = definition["targetAction"]
    row.filters = [dict(each) for each in definition["filters"]]
    _authenticate(row, definition)
    row.updated_at, row.updated_by = now, by.arn
    row.error_code = row.error_message = ""
    row.save()
    return row


def _authenticate(row: Webhook, definition: Mapping[str, Any]) -> None:
    given = definition["authenticationConfiguration"]
    row.authentication = definition["authentication"]
    row.allowed_ip_range = given.get(RANGE, "")
    secret = given.get(SECRET, "")
    if secret == MASK:
        if not row.sealed_secret:
            raise InvalidWebhookAuthentication(
                f"Authentication configuration is not valid. {SECRET} is the mask {MASK}, and no"
                " secret is stored that it could stand for. Give the secret."
            )
        return
    row.sealed_secret = secrets.seal(secret, of=str(row)) if secret else ""


def by_name(*, after: str, limit: int) -> list[Webhook]:
    """The webhooks behind that name, in the order of their names."""
    return list(Webhook.objects.filter(name__gt=after).order_by("name")[:limit])


@patience.limited(ConcurrentModification)
def delete(name: str, *, by: Caller) -> None:
    """Delete a webhook; a name that is unknown is fine, too.

    Raises AccessDenied, or ConcurrentModification when the database is busy.
    """
    by.check("DeleteWebhook", on=arn_of(name))
    row = Webhook.objects.filter(name=name).first()
    if row is None:
        return
    HookDelivery.objects.filter(hook=str(row)).delete()
    row.delete()


def find(name: str | None) -> Webhook:
    """Raises WebhookNotFound."""
    row = Webhook.objects.filter(name=name).first() if name else None
    if row is None:
        raise WebhookNotFound(
            f"Account '{settings.PENSTOCK_ACCOUNT_ID}' does not have a webhook with name"
            f" '{name or ''}'"
        )
    return row


def listed(pipeline: str = "") -> QuerySet[Webhook]:
    """Those of a pipeline, or all, in the order of their names."""
    rows = Webhook.objects.filter(target_pipeline=pipeline) if pipeline else Webhook.objects.all()
    return rows.order_by("name")


def deliveries(hooks: Sequence[str]) -> QuerySet[HookDelivery]:
    """What came to these hooks, newest first."""
    return HookDelivery.objects.filter(hook__in=hooks).order_by("-pk")


def last_deliveries(hooks: Sequence[str]) -> dict[str, HookDelivery]:
    """The last that came to each of them, in one query."""
    last = HookDelivery.objects.filter(hook__in=hooks).values("hook").annotate(last=Max("pk"))
    rows = HookDelivery.objects.filter(pk__in=last.values("last"))
    return {row.hook: row for row in rows}


def filters_in(given: Sequence[Mapping[str, Any]]) -> list[Filter]:
    return [Filter(each["jsonPath"], each.get("matchEquals")) for each in given]


def action_of(pipeline: Pipeline, name: str) -> ActionPlan:
    """The source action that a webhook targets.  Raises InvalidRequest."""
    for action in source_actions(pipeline.plan):
        if action.name == name:
            return action
    raise InvalidRequest(
        f"The target action '{name}' is not a source action of pipeline '{pipeline.name}'."
    )
