"""What one can do with tags: put them on a pipeline, take them off, list them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import finding, patience
from pipelines.core.arns import read_arn
from pipelines.core.refusals import ConcurrentModification, ResourceNotFound
from pipelines.core.tags import Tags, check_number, read_keys, read_tags
from pipelines.models import Pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.core.rights import Caller


@patience.limited(ConcurrentModification)
def put(arn: str, tags: Sequence[Mapping[str, Any]], *, by: Caller) -> None:
    """Add tags to what the ARN names; a key that is there already gets the new value.

    Raises AccessDenied, InvalidValue, InvalidTags, InvalidArn, ResourceNotFound, TooManyTags, or
    ConcurrentModification when the pipeline is busy; nothing is changed then.
    """
    by.check("TagResource", on=arn)
    given = read_tags(tags)
    pipeline = _locked(arn)
    together = {**pipeline.tags, **given}
    check_number(together, arn=arn)
    _store(pipeline, together)


@patience.limited(ConcurrentModification)
def remove(arn: str, keys: Sequence[str], *, by: Caller) -> None:
    """Take the tags with these keys off; one that is not there is no error.

    Raises AccessDenied, InvalidValue, InvalidTags, InvalidArn, ResourceNotFound, or
    ConcurrentModification when the pipeline is busy.
    """
    by.check("UntagResource", on=arn)
    given = {*read_keys(keys)}
    pipeline = _locked(arn)
    _store(pipeline, {key: value for key, value in pipeline.tags.items() if key not in given})


def of(arn: str, *, by: Caller) -> Tags:
    """The tags of what the ARN names.  Raises AccessDenied, InvalidArn or ResourceNotFound."""
    by.check("ListTagsForResource", on=arn)
    name = _name_of_pipeline(arn)
    pipeline = Pipeline.objects.filter(name=name).only("tags").first()
    if pipeline is None:
        raise _not_found(arn)
    found: Tags = pipeline.tags
    return found


def _locked(arn: str) -> Pipeline:
    try:
        return Pipeline.objects.locked(name=_name_of_pipeline(arn))
    except Pipeline.DoesNotExist:
        raise _not_found(arn) from None


def _name_of_pipeline(arn: str) -> str:
    """Webhooks and custom action types could have tags, too, but there are none."""
    kind, name = read_arn(arn)
    if kind != "pipeline" or arn != finding.arn_of(name):
        raise _not_found(arn)
    return name


def _not_found(arn: str) -> ResourceNotFound:
    return ResourceNotFound(f"The resource with the ARN '{arn}' does not exist")


def _store(pipeline: Pipeline, tags: Tags) -> None:
    pipeline.tags = tags
    pipeline.save(update_fields=["tags"])
