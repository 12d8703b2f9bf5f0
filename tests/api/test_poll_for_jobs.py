"""PollForJobs: each job to one worker, with all that it needs."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pipelines import jobs, sweeping
from pipelines.core.results import SourceRevision
from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import StopMode
from pipelines.models import Job
from tests.api.calling import call, refused
from tests.api.workers import (
    ID,
    MASON,
    QUERYABLE,
    SECRET,
    acknowledge,
    begin,
    build,
    definition_of_type,
    mason,
    poll,
    take,
)
from tests.definitions import action, approval, source, stage
from tests.engine_room import ALICE


def later(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta), tick=False)


def test_a_job_says_what_to_do_where_and_for_whom(engine_room):
    configuration = {"Site": "#{codepipeline.PipelineExecutionId}", "Password": SECRET}
    lay = mason(inputs=["Code"], outputs=["Site"], configuration=configuration)
    execution = build(engine_room, lay)

    job = take()

    data, run = job["data"], engine_room.live("Lay")
    assert job["accountId"] == "123456789012"
    assert data["actionTypeId"] == ID
    assert data["actionConfiguration"] == {
        "configuration": {"Site": str(execution.pk), "Password": SECRET}
    }
    assert data["pipelineContext"] == {
        "pipelineName": "website",
        "stage": {"name": "Build"},
        "action": {"name": "Lay", "actionExecutionId": str(run.pk)},
        "pipelineArn": "arn:aws:codepipeline:us-east-1:123456789012:website",
        "pipelineExecutionId": str(execution.pk),
    }
    assert data["inputArtifacts"] == [
        {
            "name": "Code",
            "location": {
                "type": "S3",
                "s3Location": {"bucketName": "artifacts", "objectKey": "website/Code/abcdefg"},
            },
        }
    ]
    [output] = data["outputArtifacts"]
    assert output["name"] == "Site"
    assert output["location"]["s3Location"]["bucketName"] == "artifacts"
    assert output["location"]["s3Location"]["objectKey"].startswith("website/Site/")
    assert data["artifactCredentials"]["accessKeyId"].startswith("ASIA")
    assert "continuationToken" not in data
    assert "encryptionKey" not in data


def test_the_row_of_the_action_does_not_have_the_secret(engine_room):
    build(engine_room)

    assert SECRET not in str(engine_room.digest())


def test_an_input_of_a_source_says_its_revision(engine_room):
    call("CreateCustomActionType", **definition_of_type())
    engine_room.create(stages=[stage("Source", source()), stage("Build", mason(inputs=["Code"]))])
    revision = SourceRevision(revision_id="434ee9d6")
    engine_room.succeed("Fetch", artifacts={"Code": "website/Code/x"}, revision=revision)

    [artifact] = take()["data"]["inputArtifacts"]

    assert artifact["revision"] == "434ee9d6"


def test_a_job_is_given_once(engine_room):
    build(engine_room)

    job = take()

    assert poll() == []
    assert Job.objects.get(pk=job["id"]).status == "Dispatched"


def test_nothing_is_given_before_the_action_starts(engine_room):
    call("CreateCustomActionType", **definition_of_type())
    engine_room.create(stages=[stage("Source", source()), stage("Build", mason())])

    assert poll(maxBatchSize=10) == []
    engine_room.fetch()
    assert len(poll(maxBatchSize=10)) == 1


def test_one_job_at_a_time_unless_more_are_asked_for_the_oldest_first(engine_room):
    build(engine_room, *(mason(f"Lay{number}") for number in range(4)))
    in_order = list(Job.objects.order_by("available_at", "id").values_list("pk", flat=True))

    taken = [*poll(), *poll(maxBatchSize=2), *poll(maxBatchSize=2**31 - 1)]

    assert [job["id"] for job in taken] == [str(each) for each in in_order]


def test_there_is_an_end_to_what_is_given_at_once(engine_room, monkeypatch):
    build(engine_room, *(mason(f"Lay{number}") for number in range(9)))
    monkeypatch.setattr(jobs, "MOST", 7)

    assert len(poll(maxBatchSize=1000)) == 7


def test_as_many_queries_for_many_as_for_few(engine_room, django_assert_num_queries):
    build(engine_room, *(mason(f"Lay{n}", configuration={"Site": "x"}) for n in range(9)))
    with django_assert_num_queries(5):
        poll(maxBatchSize=1)
    with django_assert_num_queries(5 + 4):  # each is taken by itself
        poll(maxBatchSize=5)


def test_other_types_and_versions_are_not_given(engine_room):
    call("CreateCustomActionType", **definition_of_type(version="2"))
    build(engine_room)

    assert call("PollForJobs", actionTypeId={**ID, "version": "2"}) == {"jobs": []}
    assert poll()


def test_a_worker_of_one_value_gets_jobs_of_that_value_only(engine_room):
    north, south = (
        mason(site.title(), configuration={"Site": site}) for site in ("north", "south")
    )
    build(engine_room, north, south, **QUERYABLE)

    assert poll(queryParam={"Site": "east"}) == []
    [job] = poll(queryParam={"Site": "south"}, maxBatchSize=9)
    assert job["data"]["pipelineContext"]["action"]["name"] == "South"
    assert poll(queryParam={"Site": "south"}) == []


@pytest.mark.parametrize("having", [{}, {"Roof": "flat"}])
def test_the_value_is_asked_for_where_the_type_has_a_queryable_property(engine_room, having):
    build(engine_room, mason(configuration={"Site": "north"}), **QUERYABLE)

    code, message = refused("PollForJobs", actionTypeId=ID, queryParam=having)

    assert code == "ValidationException"
    assert "'Site'" in message
    assert Job.objects.get().status == "Queued"


def test_and_is_not_where_it_has_none(engine_room):
    build(engine_room)

    error = refused("PollForJobs", actionTypeId=ID, queryParam={"Site": "north"})

    assert error[0] == "ValidationException"


@pytest.mark.parametrize("owner", ["AWS", "ThirdParty"])
def test_only_custom_types_have_such_jobs(engine_room, owner):
    error = refused("PollForJobs", actionTypeId={**ID, "owner": owner})

    assert error[0] == "ValidationException"


@pytest.mark.parametrize("is_settled", [False, True])
def test_a_job_of_an_action_that_is_abandoned_is_not_given(engine_room, is_settled):
    execution = build(engine_room)
    engine_room.stop(execution, StopMode.ABANDON)
    if is_settled:
        engine_room.settle()

    assert poll() == []


def test_who_does_not_acknowledge_within_a_minute_loses_the_job(engine_room):
    build(engine_room)
    job = take()

    with later(seconds=59):
        sweeping.requeue_unacknowledged_jobs()
        assert poll() == []
    with later(seconds=61):
        sweeping.requeue_unacknowledged_jobs()
        assert refused("AcknowledgeJob", jobId=job["id"], nonce=job["nonce"])[0] == (
            "InvalidNonceException"
        )
        again = take()

    assert again["id"] == job["id"]
    assert again["nonce"] != job["nonce"]
    assert refused("AcknowledgeJob", jobId=job["id"], nonce=job["nonce"])[0] == (
        "InvalidNonceException"
    )
    assert acknowledge(again) == "InProgress"


def test_who_has_acknowledged_keeps_it(engine_room):
    build(engine_room)
    begin()

    with later(hours=3):
        sweeping.requeue_unacknowledged_jobs()
        assert poll() == []


def test_the_sweep_leaves_actions_that_have_jobs_to_the_workers(engine_room):
    build(engine_room)

    with later(hours=3):
        assert sweeping.actions_to_dispatch() == []


def test_the_jobs_go_with_the_pipeline(engine_room):
    build(engine_room)
    job = take()

    call("DeletePipeline", name="website")

    assert poll() == []
    assert refused("GetJobDetails", jobId=job["id"])[0] == "JobNotFoundException"


@pytest.mark.parametrize("role", [Role.READ, Role.OPERATE, Role.EDIT])
def test_only_workers_may(engine_room, role):
    by = Caller(arn=ALICE.arn, roles=frozenset({role}))

    assert refused("PollForJobs", actionTypeId=ID, by=by)[0] == "AccessDeniedException"


def test_a_worker_needs_no_other_role(engine_room):
    build(engine_room)
    by = Caller(arn=ALICE.arn, roles=frozenset({Role.WORK}))

    [job] = call("PollForJobs", actionTypeId=ID, by=by)["jobs"]
    call("AcknowledgeJob", jobId=job["id"], nonce=job["nonce"], by=by)
    call("GetJobDetails", jobId=job["id"], by=by)
    call("PutJobSuccessResult", jobId=job["id"], by=by)


def test_a_custom_source_is_done_by_a_worker_too(engine_room):
    call("CreateCustomActionType", **definition_of_type(category="Source"))
    type_id = {**ID, "category": "Source"}
    mine = MASON._replace(category="Source")
    fetch = action("Fetch", mine, outputs=["Code"], configuration={"Site": "north"})
    execution = engine_room.create(stages=[stage("Source", fetch), stage("Ask", approval())])
    [job] = call("PollForJobs", actionTypeId=type_id)["jobs"]
    acknowledge(job)
    revision = {"revision": "r7", "changeIdentifier": "c7", "revisionSummary": "Seven"}
    call("PutJobSuccessResult", jobId=job["id"], currentRevision=revision)
    engine_room.settle()

    [found] = engine_room.again(execution).source_revisions
    assert (found["revisionId"], found["revisionSummary"]) == ("r7", "Seven")
    assert found["revisionChangeIdentifier"] == "c7"
