"""ListActionTypes."""

from typing import Any

import pytest

from pipelines.api import dispatch, model
from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import AccessDenied, InvalidNextToken
from pipelines.core.rights import Caller, Role
from pipelines.providers import ACTION_TYPES
from tests.action_types import EVERY_TYPE, name_of
from tests.api.shapes import violations
from tests.engine_room import ALICE

pytestmark = pytest.mark.django_db


def pages(**given):
    more: dict[str, str] = {}
    while True:
        output: Any = dispatch.perform("ListActionTypes", {**given, **more}, by=ALICE)
        yield output
        if "nextToken" not in output:
            return
        more = {"nextToken": output["nextToken"]}


def listed(**given):
    return [each for page in pages(**given) for each in page["actionTypes"]]


def the(category, owner, provider):
    """The structure of one type."""
    wanted = {"category": category, "owner": owner, "provider": provider, "version": "1"}
    [found] = [each for each in listed() if each["id"] == wanted]
    return found


def test_every_type_is_listed_once_in_an_order_that_stays():
    ids = [ActionTypeId(**each["id"]) for each in listed()]

    assert ids == sorted(ACTION_TYPES)


def test_pages_are_longer_than_one():
    sizes = [len(page["actionTypes"]) for page in pages()]

    assert len(sizes) > 1
    assert all(sizes)


def test_the_output_is_as_the_service_model_says_but_for_numbers_that_are_larger():
    shape = model.service().operation_model("ListActionTypes").output_shape
    larger = {
        "CloudFormation": ["inputArtifactDetails.maximumCount: 10 is more than 5"],
        "CodeDeployToECS": ["actionConfigurationProperties: the length"],
        "CloudFormationStackSet": ["actionConfigurationProperties: the length"],
        "Commands": ["inputArtifactDetails.maximumCount: 10 is more than 5"],
        "DeviceFarm": ["actionConfigurationProperties: the length"],
    }

    for each in listed():
        found = list(violations({"actionTypes": [each]}, shape, ""))
        expected = larger.get(each["id"]["provider"], [])
        assert len(found) == len(expected), found
        for violation, start in zip(found, expected, strict=True):
            assert violation.removeprefix(".actionTypes.0.").startswith(start)


@pytest.mark.parametrize("each", EVERY_TYPE, ids=name_of)
def test_the_counts_are_those_that_pipelines_are_checked_against(each):
    details = the(*each.id[:3])

    assert details["inputArtifactDetails"] == {
        "minimumCount": min(each.input_artifacts),
        "maximumCount": max(each.input_artifacts),
    }
    assert details["outputArtifactDetails"] == {
        "minimumCount": min(each.output_artifacts),
        "maximumCount": max(each.output_artifacts),
    }


def test_what_is_said_of_the_keys():
    github = the("Source", "ThirdParty", "GitHub")["actionConfigurationProperties"]

    assert [each["name"] for each in github] == [
        "Owner",
        "Repo",
        "Branch",
        "OAuthToken",
        "PollForSourceChanges",
    ]
    assert github[3] == {
        "name": "OAuthToken",
        "required": True,
        "key": False,
        "secret": True,
        "queryable": False,
        "description": "A token that may read the repository and its webhooks.",
        "type": "String",
    }
    assert (github[0]["key"], github[0]["secret"]) == (True, False)
    assert (github[4]["type"], github[4]["required"]) == ("Boolean", False)


def test_links_are_real_or_left_out(settings):
    settings.PENSTOCK_URL = "https://penstock.example"
    settings.PENSTOCK_REGION = "eu-central-1"
    commits = (
        "https://penstock.example/codesuite/codecommit/repositories"
        "/{Config:RepositoryName}/commit/%s?region=eu-central-1"
    )

    assert the("Source", "AWS", "CodeCommit")["settings"] == {
        "executionUrlTemplate": commits % "{ExternalExecutionId}",
        "revisionUrlTemplate": commits % "{RevisionId}",
    }
    assert the("Source", "ThirdParty", "GitHub")["settings"]["revisionUrlTemplate"] == (
        "https://github.com/{Config:Owner}/{Config:Repo}/commit/{RevisionId}"
    )
    assert "settings" not in the("Deploy", "AWS", "S3")


@pytest.mark.parametrize("owner", ["AWS", "ThirdParty"])
def test_the_owner_can_be_chosen(owner):
    assert [each["id"] for each in listed(actionOwnerFilter=owner)] == [
        each._asdict() for each in sorted(ACTION_TYPES) if each.owner == owner
    ]


def test_nobody_has_made_a_custom_type():
    assert list(pages(actionOwnerFilter="Custom")) == [{"actionTypes": []}]


def test_every_region_has_every_type():
    assert listed(regionFilter="ap-southeast-2") == listed()


@pytest.mark.parametrize("other", [{"actionOwnerFilter": "AWS"}, {"regionFilter": "eu-central-1"}])
def test_a_token_is_for_the_list_that_gave_it(other):
    first = next(pages())

    with pytest.raises(InvalidNextToken):
        list(pages(nextToken=first["nextToken"], **other))


def test_it_has_to_be_granted():
    worker = Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.WORK}))

    with pytest.raises(AccessDenied):
        dispatch.perform("ListActionTypes", {}, by=worker)
