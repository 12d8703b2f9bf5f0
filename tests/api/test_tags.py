"""TagResource, UntagResource and ListTagsForResource."""

from typing import Any

import pytest
from django.conf import settings as site

from pipelines.core.rights import Caller, Role
from tests.api.calling import call, refused
from tests.definitions import definition
from tests.engine_room import ALICE

HERE = f"arn:aws:codepipeline:{site.PENSTOCK_REGION}:{site.PENSTOCK_ACCOUNT_ID}"
WEBSITE = f"{HERE}:website"
OPERATIONS: dict[str, dict[str, Any]] = {
    "TagResource": {"tags": [{"key": "team", "value": "web"}]},
    "UntagResource": {"tagKeys": ["team"]},
    "ListTagsForResource": {},
}


@pytest.fixture(autouse=True)
def website(engine_room):
    call("CreatePipeline", pipeline=definition(), tags=[{"key": "team", "value": "web"}])
    return engine_room


def tag(**tags):
    given = [{"key": key, "value": value} for key, value in tags.items()]
    return call("TagResource", resourceArn=WEBSITE, tags=given)


def tags():
    listed = call("ListTagsForResource", resourceArn=WEBSITE)["tags"]
    return {each["key"]: each["value"] for each in listed}


def test_tags_of_the_creation_are_listed():
    assert tags() == {"team": "web"}


def test_a_tag_is_added_or_gets_another_value():
    assert tag(team="mobile", stage="beta") == {}

    assert tags() == {"team": "mobile", "stage": "beta"}


def test_tagging_starts_nothing_and_makes_no_version(website):
    woken = list(website.woken)

    tag(stage="beta")

    assert website.woken == woken
    assert call("GetPipeline", name="website")["pipeline"]["version"] == 1


def test_tags_are_taken_off_and_those_that_are_not_there_are_no_error():
    tag(stage="beta")

    assert call("UntagResource", resourceArn=WEBSITE, tagKeys=["team", "owner"]) == {}

    assert tags() == {"stage": "beta"}


def test_there_are_fifty_tags_at_most_in_the_end():
    tag(**{f"key{number}": "" for number in range(49)})
    assert len(tags()) == 50
    tag(team="mobile")

    given = [{"key": "one-more", "value": ""}]
    assert refused("TagResource", resourceArn=WEBSITE, tags=given) == (
        "TooManyTagsException",
        f"Tag limit exceeded for resource [{WEBSITE}].",
    )
    assert "one-more" not in tags()


@pytest.mark.parametrize(
    ("operation", "wrong", "code"),
    [
        ("TagResource", {"tags": [{"key": "aws:x", "value": ""}]}, "InvalidTagsException"),
        ("TagResource", {"tags": [{"key": "x", "value": "1"}] * 2}, "InvalidTagsException"),
        ("TagResource", {"tags": [{"key": "x" * 129, "value": ""}]}, "ValidationException"),
        ("TagResource", {"tags": [{"key": "x", "value": "\ud800"}]}, "ValidationException"),
        ("UntagResource", {"tagKeys": ["aws:x"]}, "InvalidTagsException"),
        ("UntagResource", {"tagKeys": [""]}, "ValidationException"),
    ],
)
def test_tags_that_are_not_right_are_refused(operation, wrong, code):
    assert refused(operation, resourceArn=WEBSITE, **wrong)[0] == code
    assert tags() == {"team": "web"}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"{HERE}:nothing", "ResourceNotFoundException"),
        (f"{HERE}:website/Source", "ResourceNotFoundException"),
        (f"{HERE}:website/Source/Fetch", "ResourceNotFoundException"),
        (f"{HERE}:webhook:website", "ResourceNotFoundException"),
        (f"{HERE}:actiontype:Custom/Build/Jenkins/1", "ResourceNotFoundException"),
        (f"{HERE}:actionType:Custom/Build/Jenkins/1", "ResourceNotFoundException"),
        (
            f"arn:aws:codepipeline:mars-north-1:{site.PENSTOCK_ACCOUNT_ID}:website",
            "ResourceNotFoundException",
        ),
        (
            f"arn:aws:codepipeline:{site.PENSTOCK_REGION}:999999999999:website",
            "ResourceNotFoundException",
        ),
        (
            f"arn:aws-cn:codepipeline:{site.PENSTOCK_REGION}:{site.PENSTOCK_ACCOUNT_ID}:website",
            "ResourceNotFoundException",
        ),
        ("website", "InvalidArnException"),
        ("", "InvalidArnException"),
        (f"{HERE}:", "InvalidArnException"),
        (f"{HERE}:website/", "InvalidArnException"),
        (f"{HERE}:a/b/c/d", "InvalidArnException"),
        (f"{HERE}:my website", "InvalidArnException"),
        (f"{HERE}:webhook:", "InvalidArnException"),
        (f"{HERE}:actiontype:Custom/Build", "InvalidArnException"),
        (f"{HERE}:{'x' * 101}", "InvalidArnException"),
        (
            f"arn:aws:s3:{site.PENSTOCK_REGION}:{site.PENSTOCK_ACCOUNT_ID}:website",
            "InvalidArnException",
        ),
        (f"arn:aws:codepipeline:{site.PENSTOCK_REGION}:12345:website", "InvalidArnException"),
    ],
)
def test_what_has_no_tags_here_is_refused_by_its_kind(operation, arn, code):
    found, message = refused(operation, resourceArn=arn, **OPERATIONS[operation])

    assert found == code
    assert arn in message


def test_tags_are_on_one_page_so_no_token_is_right():
    given = {"resourceArn": WEBSITE, "maxResults": 1}
    assert "nextToken" not in call("ListTagsForResource", **given)

    assert refused("ListTagsForResource", **given, nextToken="2")[0] == "InvalidNextTokenException"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.EDIT, {"TagResource", "UntagResource", "ListTagsForResource"}),
        (Role.READ, {"ListTagsForResource"}),
        (Role.WORK, set()),
    ],
)
def test_who_may_do_what(role, allowed):
    by = Caller(arn=ALICE.arn, roles=frozenset({role}))

    for operation, given in OPERATIONS.items():
        if operation in allowed:
            call(operation, resourceArn=WEBSITE, **given, by=by)
        else:
            error = refused(operation, resourceArn=WEBSITE, **given, by=by)
            assert error[0] == "AccessDeniedException"
