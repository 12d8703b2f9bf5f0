"""The table of providers."""

from pathlib import Path

import pytest

from pipelines import providers
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.providers import Dispatch
from pipelines.providers.contract import Succeeded, Waiting
from tests.providers.work import make_work

MANUAL = ActionTypeId("Approval", "AWS", "Manual", "1")
NOTHING = ActionType(
    id=ActionTypeId("Test", "ThirdParty", "Nothing", "1"),
    label="Nothing",
    input_artifacts=range(1),
    output_artifacts=range(1),
)


def test_the_table_says_what_penstock_can_do():
    done_here = [each for each in providers.PROVIDERS if providers.is_done_here(each)]

    assert {":".join(type_id) for type_id in done_here} == {
        "Source:AWS:S3:1",
        "Source:AWS:CodeCommit:1",
        "Source:AWS:CodeStarSourceConnection:1",
        "Source:AWS:ECR:1",
        "Source:ThirdParty:GitHub:1",
        "Build:AWS:CodeBuild:1",
        "Build:AWS:ECRBuildAndPublish:1",
        "Deploy:AWS:CodeDeploy:1",
        "Deploy:AWS:EC2:1",
        "Invoke:AWS:CodePipeline:1",
        "Invoke:AWS:Lambda:1",
        "Invoke:AWS:StepFunctions:1",
        "Test:AWS:CodeBuild:1",
        "Compute:AWS:Commands:1",
        "Deploy:AWS:S3:1",
        "Approval:AWS:Manual:1",
    }
    assert set(providers.ACTION_TYPES) == set(providers.PROVIDERS)
    assert not providers.is_done_here(NOTHING.id)


def test_an_approval_is_not_dispatched_and_waits(tmp_path: Path):
    assert providers.dispatch_of(MANUAL) is Dispatch.NOWHERE
    assert providers.PROVIDERS[MANUAL].perform(make_work(tmp_path)) == Waiting()


def test_real_work_is_done_by_workers():
    for type_id, provider in providers.PROVIDERS.items():
        assert providers.is_inline(type_id) is not providers.is_done_here(type_id)
        assert provider.inline is not providers.is_done_here(type_id)
    assert providers.dispatch_of(NOTHING.id) is Dispatch.WORKER


def test_an_inline_provider_can_be_added_for_a_while():
    with providers.registered(NOTHING, lambda _: Succeeded()):
        assert providers.is_inline(NOTHING.id)
        assert providers.ACTION_TYPES[NOTHING.id] is NOTHING
        with providers.registered(NOTHING, lambda _: Waiting(), Dispatch.WORKER):
            assert not providers.is_inline(NOTHING.id)
        assert providers.is_inline(NOTHING.id)
    assert NOTHING.id not in providers.PROVIDERS
    assert NOTHING.id not in providers.ACTION_TYPES


def test_a_provider_is_taken_out_again_when_the_block_fails():
    with pytest.raises(KeyError), providers.registered(NOTHING, lambda _: Succeeded()):
        raise KeyError
    assert NOTHING.id not in providers.PROVIDERS
