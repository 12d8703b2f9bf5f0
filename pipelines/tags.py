"""What one can do with tags: put them on a pipeline, an action type or a webhook, take them off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import action_types, finding, patience, webhooks
from pipelines.core.arns import action_type_of, read_arn
from pipelines.core.refusals import ConcurrentModification, ResourceNotFound
from pipelines.core.tags import Tags, check_number, read_keys, read_tags
from pipelines.models import CustomActionType, Pipeline, Webhook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

    Tagged = Pipeline | CustomActionType | Webhook


@patience.limited(ConcurrentModification)
def put(arn: str, tags: Sequence[Mapping[str, Any]], *, by: Caller) -> None:
    """Add tags to what the ARN names; a key that is there already gets the new value.

    Raises AccessDenied, InvalidValue, InvalidTags, InvalidArn, ResourceNotFound, TooManyTags, or
    ConcurrentModification when it is busy; nothing is changed then.
    """
    by.check("TagResource", on=arn)
    given = read_tags(tags)
    row = _locked(arn)
    together = {**row.tags, **given}
    check_number(together, arn=arn)
    _store(row, together)


@patience.limited(ConcurrentModification)
def remove(arn: str, keys: Sequence[str], *, by: Caller) -> None:
    """Take the tags with these keys off; one that is not there is no error.

    Raises AccessDenied, InvalidValue, InvalidTags, InvalidArn, ResourceNotFound, or
    ConcurrentModification when it is busy.
    """
    by.check("UntagResource", on=arn)
    given = {*read_keys(keys)}
    row = _locked(arn)
    _store(row, {key: value for key, value in row.tags.items() if key not in given})


def of(arn: str, *, by: Caller) -> Tags:
    """The tags of what the ARN names.  Raises AccessDenied, InvalidArn or ResourceNotFound."""
    by.check("ListTagsForResource", on=arn)
    row = _named(arn).only("tags").first()
    if row is None:
        raise _not_found(arn)
    found: Tags = row.tags
    return found


def _locked(arn: str) -> Tagged:
    row = _named(arn).select_for_update().first()
    if row is None:
        raise _not_found(arn)
    return row


def _named(arn: str) -> QuerySet[Pipeline] | QuerySet[CustomActionType] | QuerySet[Webhook]:
    """One or none."""
    kind, resource = read_arn(arn)
    if kind == "pipeline" and arn == finding.arn_of(resource):
        return Pipeline.objects.named(resource)
    if kind == "action type":
        type_id = action_type_of(resource)
        if arn.replace(":actionType:", ":actiontype:") == action_types.arn_of(type_id):
            return CustomActionType.objects.named(type_id).usable()
    name = resource.removeprefix("webhook:")
    if kind == "webhook" and arn == webhooks.arn_of(name):
        return Webhook.objects.filter(name=name)
    raise _not_found(arn)


def _not_found(arn: str) -> ResourceNotFound:
    return ResourceNotFound(f"The resource with the ARN '{arn}' does not exist")


def _store(row: Tagged, tags: Tags) -> None:
    row.tags = tags
    row.save(update_fields=["tags"])
