"""CreateCustomActionType: checked, counted, listed, used in definitions, restored."""

import pytest

from pipelines import action_types
from pipelines.core.action_types import ValueType
from pipelines.core.rights import Caller, Role
from pipelines.models import CustomActionType
from tests.api.calling import call, refused
from tests.api.workers import ID, MASON, NO_ARTIFACTS, definition_of_type, mason, prop
from tests.definitions import definition, source, stage
from tests.engine_room import ALICE

pytestmark = pytest.mark.django_db


def create(**members):
    return call("CreateCustomActionType", **definition_of_type(**members))


def delete(**members):
    given = {"category": "Build", "provider": "Mason", "version": "1", **members}
    return call("DeleteCustomActionType", **given)


def listed():
    return call("ListActionTypes", actionOwnerFilter="Custom")["actionTypes"]


def pipeline(*actions):
    return definition(stages=[stage("Source", source()), stage("Build", *actions)])


def test_it_comes_back_as_it_was_given_and_is_listed():
    created = create()["actionType"]

    given = definition_of_type()
    assert created["id"] == ID
    assert created["settings"] == given["settings"]
    assert created["inputArtifactDetails"] == given["inputArtifactDetails"]
    assert [each["name"] for each in created["actionConfigurationProperties"]] == [
        "Site",
        "Password",
    ]
    assert listed() == [created]


def test_the_least_that_can_be_given_is_enough():
    least = definition_of_type(
        inputArtifactDetails=NO_ARTIFACTS, outputArtifactDetails=NO_ARTIFACTS
    )
    del least["settings"], least["configurationProperties"]

    created = call("CreateCustomActionType", **least)

    assert created == {"actionType": listed()[0]}
    assert "settings" not in created["actionType"]


def test_it_has_tags_under_both_spellings_of_its_arn():
    created = create(tags=[{"key": "team", "value": "bricks"}])
    assert created["tags"] == [{"key": "team", "value": "bricks"}]

    arn = action_types.arn_of(MASON)
    other = arn.replace(":actiontype:", ":actionType:")
    call("TagResource", resourceArn=other, tags=[{"key": "tier", "value": "1"}])
    call("UntagResource", resourceArn=arn, tagKeys=["team"])

    for spelling in (arn, other):
        found = call("ListTagsForResource", resourceArn=spelling)["tags"]
        assert found == [{"key": "tier", "value": "1"}]


def test_one_that_exists_is_not_created_again():
    create()

    code, message = refused("CreateCustomActionType", **definition_of_type(settings={}))

    assert code == "ValidationException"
    assert "already exists" in message


def test_other_versions_and_categories_are_other_types():
    create()
    create(version="2")
    create(category="Test")

    assert len(listed()) == 3


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"category": "Approval"}, "people answer"),
        ({"inputArtifactDetails": {"minimumCount": 2, "maximumCount": 1}}, "inputArtifactDetails"),
        ({"outputArtifactDetails": {"minimumCount": 1, "maximumCount": 0}}, "outputArtifact"),
        ({"configurationProperties": [prop(f"Key{n}") for n in range(11)]}, "10 at most"),
        ({"configurationProperties": [prop("Site"), prop("Site")]}, "more than once"),
        (
            {
                "configurationProperties": [
                    prop("Site", required=True, queryable=True),
                    prop("Wall", required=True, queryable=True),
                ],
                "settings": {},
            },
            "one queryable",
        ),
        ({"configurationProperties": [prop("Site", queryable=True)]}, "must be required"),
        (
            {"configurationProperties": [prop("Site", required=True, secret=True, queryable=True)]},
            "must not be secret",
        ),
        ({"settings": {"entityUrlTemplate": "https://x/{Config:Nothing}"}}, "'Nothing'"),
        ({"settings": {"entityUrlTemplate": "https://x/{Config:Password}"}}, "a secret"),
        ({"settings": {"entityUrlTemplate": "https://x/\0"}}, "null character"),
        ({"configurationProperties": [prop("S\0te")]}, "null character"),
    ],
)
def test_what_breaks_a_rule_is_refused(members, said):
    code, message = refused("CreateCustomActionType", **definition_of_type(**members))

    assert code == "ValidationException"
    assert said in message
    assert not CustomActionType.objects.exists()


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([{"key": "aws:x", "value": ""}], "InvalidTagsException"),
        ([{"key": str(n), "value": ""} for n in range(51)], "TooManyTagsException"),
    ],
)
def test_tags_keep_their_rules(tags, code):
    assert refused("CreateCustomActionType", **definition_of_type(tags=tags))[0] == code
    assert not CustomActionType.objects.exists()


def test_there_are_fifty_at_most_and_deleted_ones_do_not_count():
    for number in range(50):
        create(version=str(number))
    one_more = definition_of_type(version="more")
    assert refused("CreateCustomActionType", **one_more)[0] == "LimitExceededException"

    delete(version="7")

    call("CreateCustomActionType", **one_more)
    again = definition_of_type(version="7")
    assert refused("CreateCustomActionType", **again)[0] == "LimitExceededException"


def test_a_deleted_version_comes_back_only_as_it_was():
    create()
    delete()

    changed = definition_of_type(settings={})
    code, message = refused("CreateCustomActionType", **changed)
    assert code == "ValidationException"
    assert "was deleted" in message
    assert not listed()

    create(tags=[{"key": "again", "value": "yes"}])
    assert [each["id"] for each in listed()] == [ID]
    found = call("ListTagsForResource", resourceArn=action_types.arn_of(MASON))["tags"]
    assert found == [{"key": "again", "value": "yes"}]


def test_what_reads_it_reads_what_was_given():
    create(configurationProperties=[prop("Site", type="Number", required=True)], settings={})

    found = action_types.usable(MASON)

    assert found.configuration["Site"].type is ValueType.NUMBER
    assert found.configuration["Site"].required
    assert found.label == "Mason"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"inputs": ["Code"] * 3}, "more than the maximum count (2)"),
        ({"configuration": {}}, "missing required configuration 'Site'"),
        ({"configuration": {"Site": "x", "Roof": "y"}}, "unknown configuration 'Roof'"),
        ({"timeout_in_minutes": 5}, "cannot have"),
    ],
)
def test_definitions_are_checked_by_it(engine_room, members, said):
    create()

    code, message = refused("CreatePipeline", pipeline=pipeline(mason(**members)))

    assert code == "InvalidActionDeclarationException"
    assert said in message


def test_a_definition_that_uses_it_is_stored_with_its_secret_masked(engine_room):
    create()

    created = call("CreatePipeline", pipeline=pipeline(mason()))["pipeline"]

    configuration = created["stages"][1]["actions"][0]["configuration"]
    assert configuration == {"Site": "north", "Password": "****"}
    again = call("UpdatePipeline", pipeline=created)["pipeline"]
    assert again["stages"] == created["stages"]


def test_values_of_a_queryable_key_are_short_and_plain(engine_room):
    create(
        settings={},
        configurationProperties=[prop("Site", required=True, queryable=True)],
    )
    wrong = pipeline(mason(configuration={"Site": "the north wall"}))

    code, message = refused("CreatePipeline", pipeline=wrong)

    assert code == "InvalidActionDeclarationException"
    assert "'Site'" in message


def test_a_type_that_is_not_there_cannot_be_used(engine_room):
    code, message = refused("CreatePipeline", pipeline=pipeline(mason()))

    assert code == "InvalidActionDeclarationException"
    assert "Provider: 'Mason'" in message


def test_knowing_them_all_is_one_query(django_assert_num_queries):
    for number in range(3):
        create(version=str(number))

    with django_assert_num_queries(1):
        found = action_types.known()

    assert sum(type_id.owner == "Custom" for type_id in found) == 3


@pytest.mark.parametrize("role", [Role.READ, Role.OPERATE, Role.WORK])
def test_only_who_edits_may(role):
    by = Caller(arn=ALICE.arn, roles=frozenset({role}))

    error = refused("CreateCustomActionType", **definition_of_type(), by=by)

    assert error[0] == "AccessDeniedException"
