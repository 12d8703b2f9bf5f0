"""GetPipeline: any version of a definition, and when it was made."""

from datetime import timedelta

import pytest
from django.conf import settings as site
from django.utils import timezone

from pipelines.models import Pipeline, PipelineExecution
from tests.api.calling import call, refused
from tests.definitions import approval, definition, with_actions

pytestmark = pytest.mark.usefixtures("engine_room")


@pytest.fixture
def changed():
    """A pipeline of two versions."""
    call("CreatePipeline", pipeline=definition())
    call("UpdatePipeline", pipeline=with_actions(approval()))


def stages_of(output):
    return [stage["name"] for stage in output["pipeline"]["stages"]]


def test_without_a_version_it_is_the_current_one(changed):
    output = call("GetPipeline", name="website")

    assert output["pipeline"]["version"] == 2
    assert stages_of(output) == ["Source", "Work"]


def test_every_version_is_kept(changed):
    output = call("GetPipeline", name="website", version=1)

    assert output["pipeline"]["version"] == 1
    assert stages_of(output) == ["Source", "Build", "Approve", "Deploy"]


def test_the_metadata_is_outside_of_the_definition(changed):
    output = call("GetPipeline", name="website", version=1)

    row = Pipeline.objects.get()
    arn = f"arn:aws:codepipeline:{site.PENSTOCK_REGION}:{site.PENSTOCK_ACCOUNT_ID}:website"
    assert output["metadata"] == {
        "pipelineArn": arn,
        "created": row.created_at,
        "updated": row.updated_at,
    }
    assert row.created_at < row.updated_at


def test_an_unknown_pipeline_is_not_found():
    assert refused("GetPipeline", name="nothing") == (
        "PipelineNotFoundException",
        f"Account '{site.PENSTOCK_ACCOUNT_ID}' does not have a pipeline with name 'nothing'",
    )


@pytest.mark.parametrize("version", [3, 2**31, 2**70])
def test_an_unknown_version_is_not_found(changed, version):
    code, message = refused("GetPipeline", name="website", version=version)

    assert code == "PipelineVersionNotFoundException"
    assert message == (
        f"Account '{site.PENSTOCK_ACCOUNT_ID}' does not have version {version} of pipeline"
        " 'website'"
    )


def test_what_is_got_can_be_given_back(changed):
    got = call("GetPipeline", name="website")["pipeline"]

    again = call("UpdatePipeline", pipeline=got)["pipeline"]

    assert again == {**got, "version": 3}


def test_polling_that_ended_is_told_and_what_goes_on_is_not(changed):
    assert "pollingDisabledAt" not in call("GetPipeline", name="website")["metadata"]
    ago = timezone.now() - timedelta(days=31)
    Pipeline.objects.update(updated_at=ago)
    PipelineExecution.objects.update(started_at=ago)

    metadata = call("GetPipeline", name="website")["metadata"]

    assert metadata["pollingDisabledAt"] == ago + timedelta(days=30)
