"""DeleteCustomActionType: nobody polls for it any more; what is going on is finished."""

import pytest

from pipelines import action_types
from pipelines.core.rights import Caller, Role
from tests.api.calling import call, refused
from tests.api.workers import (
    ID,
    MASON,
    begin,
    build,
    definition_of_type,
    mason,
    poll,
    succeed,
    take,
)
from tests.definitions import source, stage
from tests.engine_room import ALICE

NAME = {"category": "Build", "provider": "Mason", "version": "1"}


def delete(**members):
    return call("DeleteCustomActionType", **{**NAME, **members})


def test_one_that_is_unknown_is_fine(engine_room):
    before = engine_room.digest()

    assert delete() is None
    assert delete(version="2") is None
    assert engine_room.digest() == before


def test_it_is_gone_from_lists_and_has_no_tags(engine_room):
    call("CreateCustomActionType", **definition_of_type())

    delete()

    assert call("ListActionTypes", actionOwnerFilter="Custom")["actionTypes"] == []
    error = refused("ListTagsForResource", resourceArn=action_types.arn_of(MASON))
    assert error[0] == "ResourceNotFoundException"


def test_polls_fail_and_a_job_that_waits_is_there_again_once_it_is_restored(engine_room):
    build(engine_room)
    delete()

    assert refused("PollForJobs", actionTypeId=ID)[0] == "ActionTypeNotFoundException"

    call("CreateCustomActionType", **definition_of_type())
    assert take()


def test_a_job_that_a_worker_has_is_finished(engine_room):
    execution = build(engine_room)
    job = begin()
    delete()

    assert call("GetJobDetails", jobId=job["id"])["jobDetails"]["id"] == job["id"]
    succeed(job, executionDetails={"externalExecutionId": "17"})
    engine_room.settle()

    assert engine_room.latest("Lay").external_execution_url == "https://mason.example/north/17"
    assert engine_room.action_statuses(execution)["Lay"] == "Succeeded"


def test_an_action_that_starts_afterwards_fails_at_once(engine_room):
    call("CreateCustomActionType", **definition_of_type())
    execution = engine_room.create(stages=[stage("Source", source()), stage("Build", mason())])
    delete()
    engine_room.fetch()

    failed = engine_room.latest("Lay")
    assert (failed.status, failed.error_code) == ("Failed", "ConfigurationError")
    assert "Provider: 'Mason'" in failed.error_message
    assert engine_room.status(execution) == "Failed"
    assert not failed.jobs.exists()


def test_polling_a_type_that_never_was(engine_room):
    assert refused("PollForJobs", actionTypeId=ID)[0] == "ActionTypeNotFoundException"
    build(engine_room)
    assert poll()


@pytest.mark.parametrize("role", [Role.READ, Role.OPERATE, Role.WORK])
def test_only_who_edits_may(engine_room, role):
    by = Caller(arn=ALICE.arn, roles=frozenset({role}))

    assert refused("DeleteCustomActionType", **NAME, by=by)[0] == "AccessDeniedException"
