"""The rules of triggers: one row a way to break one, and what is stored of those that are right."""

import pytest

from pipelines.core.structure import InvalidStructure, InvalidValue
from tests.core.connected import connected, push, trigger
from tests.definitions import approval, checked, with_actions

SAID = "Trigger with sourceActionName Connected"
TAGS = {"includes": ["v*"], "excludes": ["v0.*"]}
BRANCHES = {"includes": ["main", "release/**"]}
PATHS = {"excludes": ["docs/**"]}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            [push("Nothing", tags=TAGS)],
            (
                "Trigger with sourceActionName Nothing does not name a source action of the "
                "provider CodeStarSourceConnection"
            ),
        ),
        (
            [push("Ask", tags=TAGS)],
            (
                "Trigger with sourceActionName Ask does not name a source action of the "
                "provider CodeStarSourceConnection"
            ),
        ),
        (
            [push(tags=TAGS), push(branches=BRANCHES)],
            (
                "There can be one trigger for a source action. "
                "Connected has been used as sourceActionName more than once."
            ),
        ),
        ([trigger()], f"{SAID} must declare push or pullRequest"),
        ([push()], f"{SAID} must declare tags or branches in every filter of push"),
        ([push(branches={})], f"{SAID} must declare tags or branches in every filter of push"),
        (
            [push(filePaths=PATHS)],
            f"{SAID} must declare branches in a filter of push that declares filePaths",
        ),
        (
            [push(tags=TAGS, filePaths=PATHS)],
            f"{SAID} cannot declare tags and filePaths in the same filter of push",
        ),
        (
            [push(tags=TAGS, branches=BRANCHES, filePaths=PATHS)],
            f"{SAID} cannot declare tags and filePaths in the same filter of push",
        ),
        (
            [trigger(push=[{"branches": BRANCHES}, {}])],
            f"{SAID} must declare tags or branches in every filter of push",
        ),
        (
            [trigger(pullRequest=[{"events": ["OPEN"]}])],
            f"{SAID} must declare branches in every filter of pullRequest",
        ),
    ],
)
def test_a_trigger_that_breaks_a_rule(wrong, text):
    with pytest.raises(InvalidStructure) as refused:
        checked(connected(*wrong))

    assert refused.value.message == text


def test_a_source_action_of_another_provider_has_no_triggers():
    with pytest.raises(InvalidStructure) as refused:
        checked(with_actions(approval(), triggers=[push("Fetch", tags=TAGS)]))

    assert "Fetch does not name a source action of the provider" in refused.value.message


@pytest.mark.parametrize(
    "right",
    [
        [push(tags=TAGS)],
        [push(branches=BRANCHES)],
        [push(branches=BRANCHES, filePaths=PATHS)],
        [push(branches=BRANCHES, tags=TAGS)],
        [trigger(pullRequest=[{"branches": BRANCHES}])],
        [
            trigger(
                push=[{"tags": TAGS}, {"branches": BRANCHES}],
                pullRequest=[
                    {"events": ["OPEN", "UPDATED"], "branches": BRANCHES, "filePaths": PATHS}
                ],
            ),
            push("Other", branches=BRANCHES),
        ],
        [],
    ],
)
def test_triggers_that_are_right_are_stored_as_they_are(right):
    assert checked(connected(*right))["triggers"] == right


@pytest.mark.parametrize(
    ("wrong", "place", "must"),
    [
        ({"providerType": "GitHub"}, "providerType", "satisfy enum value set"),
        ({"gitConfiguration": None}, "gitConfiguration", "not be null"),
        ({"gitConfiguration": {}}, "gitConfiguration.sourceActionName", "not be null"),
        (trigger(push=[]), "gitConfiguration.push", "have length greater than or equal to 1"),
        (trigger(push=[{}] * 4), "gitConfiguration.push", "have length less than or equal to 3"),
        (
            trigger(pullRequest=[{}] * 4),
            "gitConfiguration.pullRequest",
            "have length less than or equal to 3",
        ),
        (
            push(tags={"includes": []}),
            "gitConfiguration.push.1.member.tags.includes",
            "have length greater than or equal to 1",
        ),
        (
            push(branches={"excludes": ["x"] * 9}),
            "gitConfiguration.push.1.member.branches.excludes",
            "have length less than or equal to 8",
        ),
        (
            push(branches={"includes": ["x" * 256]}),
            "gitConfiguration.push.1.member.branches.includes.1.member",
            "have length less than or equal to 255",
        ),
        (
            trigger(pullRequest=[{"events": ["MERGED"]}]),
            "gitConfiguration.pullRequest.1.member.events.1.member",
            "satisfy enum value set: [OPEN, UPDATED, CLOSED]",
        ),
    ],
)
def test_a_trigger_that_has_not_the_shape_of_one(wrong, place, must):
    with pytest.raises(InvalidValue) as refused:
        checked(with_actions(approval(), triggers=[{**push(tags=TAGS), **wrong}]))

    (problem,) = refused.value.problems
    assert f"at 'pipeline.triggers.1.member.{place}'" in problem
    assert f"Member must {must}" in problem


def test_there_are_fifty_triggers_at_most():
    with pytest.raises(InvalidValue) as refused:
        checked(with_actions(approval(), triggers=[push(tags=TAGS)] * 51))

    (problem,) = refused.value.problems
    assert problem == (
        "Value at 'pipeline.triggers' failed to satisfy constraint: "
        "Member must have length less than or equal to 50"
    )
