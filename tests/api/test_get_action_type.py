"""GetActionType: for types with an integration model, which nobody can have made here."""

import pytest

from pipelines.api import dispatch, errors
from pipelines.core.refusals import AccessDenied, ActionTypeNotFound
from pipelines.core.rights import Caller, Role
from tests.action_types import EVERY_TYPE, name_of
from tests.engine_room import ALICE


def refusal_of(**given):
    with pytest.raises(ActionTypeNotFound) as refused:
        dispatch.perform("GetActionType", given, by=ALICE)
    return errors.error_of(refused.value)


@pytest.mark.parametrize("owner", ["AWS", "ThirdParty"])
def test_a_type_that_does_not_exist(owner):
    error = refusal_of(category="Test", owner=owner, provider="Nothing", version="1")

    assert (error.code, error.status) == ("ActionTypeNotFoundException", 400)
    assert error.message == (
        f"ActionType (Category: 'Test', Owner: '{owner}', Provider: 'Nothing', Version: '1')"
        " is not available"
    )


@pytest.mark.parametrize("each", EVERY_TYPE, ids=name_of)
def test_a_type_that_is_built_in_says_where_it_is_described(each):
    error = refusal_of(**each.id._asdict())

    assert error.code == "ActionTypeNotFoundException"
    assert f"Provider: '{each.id.provider}', Version: '1') is not available to" in error.message
    assert error.message.endswith("ListActionTypes describes it.")


def test_another_version_does_not_exist():
    error = refusal_of(category="Source", owner="AWS", provider="S3", version="2")

    assert error.message.endswith("is not available")


def test_it_has_to_be_granted():
    nobody = Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.WORK}))
    given = {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}

    with pytest.raises(AccessDenied):
        dispatch.perform("GetActionType", given, by=nobody)
