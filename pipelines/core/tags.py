"""The rules for tags, whatever they are on.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_TagResource.html
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.core.refusals import InvalidTags, TooManyTags
from pipelines.core.shapes import violations
from pipelines.core.structure_refusals import InvalidValue
from pipelines.core.structure_rules import repeated
from pipelines.core.structure_shapes import TAG_KEYS, TAGS

MAX_TAGS = 50
OF_AWS = "aws:"

Tags = dict[str, str]


def read_tags(given: Sequence[Mapping[str, Any]]) -> Tags:
    """The tags of a request (API type TagList).  Raises InvalidValue or InvalidTags."""
    _check(violations(given, TAGS, "tags"))
    keys = [tag["key"] for tag in given]
    check_keys(keys)
    if twice := repeated(keys):
        raise InvalidTags(f"Tag keys must be unique. {twice[0]} has been used more than once.")
    return {tag["key"]: tag["value"] for tag in given}


def read_keys(given: Sequence[str]) -> list[str]:
    """The keys of a request (API type TagKeyList).  Raises InvalidValue or InvalidTags."""
    _check(violations(given, TAG_KEYS, "tagKeys"))
    check_keys(given)
    return list(given)


def check_keys(keys: Iterable[str]) -> None:
    if any(key.lower().startswith(OF_AWS) for key in keys):
        raise InvalidTags(
            "Not allowed to modify system tags. System tags start with 'aws:'. "
            "msg=[Caller is an end user and not allowed to mutate system tags]"
        )


def check_number(tags: Tags, *, arn: str) -> None:
    """Raises TooManyTags."""
    if len(tags) > MAX_TAGS:
        raise TooManyTags(f"Tag limit exceeded for resource [{arn}].")


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """API type TagList."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def _check(problems: Iterable[str]) -> None:
    if found := tuple(problems):
        raise InvalidValue(found)
