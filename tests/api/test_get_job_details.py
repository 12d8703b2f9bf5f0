"""GetJobDetails: at any time, with credentials as long as they would open something."""

from uuid import uuid4

import pytest

from pipelines.core.statuses import StopMode
from pipelines.models import Job
from tests.api.calling import call, refused
from tests.api.workers import SECRET, begin, build, mason, succeed, take


def details(job):
    return call("GetJobDetails", jobId=job["id"])["jobDetails"]


def test_they_are_what_the_poll_said(engine_room):
    build(engine_room, mason(inputs=["Code"], outputs=["Site"]))
    job = take()

    found = details(job)

    found["data"].pop("artifactCredentials")
    job["data"].pop("artifactCredentials")
    assert found == {"id": job["id"], "data": job["data"], "accountId": job["accountId"]}
    assert found["data"]["actionConfiguration"]["configuration"]["Password"] == SECRET


def test_a_token_is_there_and_the_places_of_outputs_stay(engine_room):
    build(engine_room, mason(outputs=["Site"]))
    job = begin()
    succeed(job, continuationToken="half-way")

    second = details({"id": str(Job.objects.latest("created_at").pk)})
    assert second["data"]["continuationToken"] == "half-way"
    assert second["data"]["outputArtifacts"] == job["data"]["outputArtifacts"]


def abandon(room, execution, job):
    room.stop(execution, StopMode.ABANDON)
    room.settle()


def finish(room, execution, job):
    succeed(job)


@pytest.mark.parametrize("end", [abandon, finish])
def test_a_job_that_is_over_has_details_and_no_credentials(engine_room, end):
    execution = build(engine_room)
    job = begin()
    assert "artifactCredentials" in details(job)["data"]

    end(engine_room, execution, job)

    assert "artifactCredentials" not in details(job)["data"]


def test_a_job_that_is_unknown(engine_room):
    assert refused("GetJobDetails", jobId=str(uuid4()))[0] == "JobNotFoundException"
