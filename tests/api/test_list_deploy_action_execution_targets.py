"""ListDeployActionExecutionTargets: what deployments say of each target, while they go on."""

from datetime import UTC, datetime

import pytest

from pipelines.core.action_types import ActionTypeId
from pipelines.models import DeployTarget
from pipelines.providers.contract import Target, TargetEvent, TargetStatus
from pipelines.runner import targets
from tests.api.asking import ask, every_page, refused
from tests.definitions import action, source, stage

EC2 = ActionTypeId("Deploy", "AWS", "EC2", "1")
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
OPERATION = "ListDeployActionExecutionTargets"


def deploying(room):
    configuration = {
        "InstanceTagKey": "Name",
        "InstanceType": "EC2",
        "TargetDirectory": "/srv",
        "PostScript": "a.sh",
    }
    deploy = action("Publish", EC2, inputs=["Code"], configuration=configuration)
    room.create(stages=[stage("Source", source()), stage("Deploy", deploy)], pipeline_type="V2")
    room.fetch()
    room.settle()
    return room.live("Publish")


def target(name, status=TargetStatus.SUCCEEDED, **values):
    return Target(id=name, type="EC2", status=status, **values)


def test_targets_tell_of_themselves_and_their_events(engine_room):
    live = deploying(engine_room)
    events = (
        TargetEvent(
            name="BEFORE_DEPLOY", status=TargetStatus.SUCCEEDED, started_at=AT, ended_at=AT
        ),
        TargetEvent(
            name="DEPLOY", status=TargetStatus.FAILED, started_at=AT, ended_at=AT, message="No."
        ),
        TargetEvent(name="AFTER_DEPLOY"),
    )
    one = target("web-1", TargetStatus.FAILED, started_at=AT, ended_at=AT, events=events)
    targets.report(live, (one, target("web-2", TargetStatus.PENDING)))

    output = ask(OPERATION, pipelineName="website", actionExecutionId=str(live.pk))

    assert output == {
        "targets": [
            {
                "targetId": "web-1",
                "targetType": "EC2",
                "status": "Failed",
                "startTime": AT,
                "endTime": AT,
                "events": [
                    {
                        "name": "BEFORE_DEPLOY",
                        "status": "Succeeded",
                        "startTime": AT,
                        "endTime": AT,
                    },
                    {
                        "name": "DEPLOY",
                        "status": "Failed",
                        "startTime": AT,
                        "endTime": AT,
                        "context": {"message": "No."},
                    },
                    {"name": "AFTER_DEPLOY", "status": "Pending"},
                ],
            },
            {"targetId": "web-2", "targetType": "EC2", "status": "Pending", "events": []},
        ]
    }


def test_a_later_report_replaces_what_was_said(engine_room):
    live = deploying(engine_room)
    before = live.execution.pipeline.revision
    targets.report(live, (target("a", TargetStatus.PENDING), target("b")))
    targets.report(live, (target("a"), target("b")))

    output = ask(OPERATION, actionExecutionId=str(live.pk))

    assert [(t["targetId"], t["status"]) for t in output["targets"]] == [
        ("a", "Succeeded"),
        ("b", "Succeeded"),
    ]
    live.execution.pipeline.refresh_from_db()
    assert live.execution.pipeline.revision > before  # the pages draw it again


def test_targets_can_be_filtered_and_come_on_pages(engine_room):
    live = deploying(engine_room)
    targets.report(
        live,
        tuple(
            target(str(number), TargetStatus.FAILED if number % 2 else TargetStatus.SUCCEEDED)
            for number in range(7)
        ),
    )
    filters = [{"name": "TARGET_STATUS", "values": ["Succeeded", "Pending"]}]
    given = {"actionExecutionId": str(live.pk), "filters": filters, "maxResults": 3}

    pages = every_page(OPERATION, "targets", **given)

    assert [[t["targetId"] for t in page] for page in pages] == [["0", "2", "4"], ["6"]]
    token = ask(OPERATION, **given)["nextToken"]
    other = {**given, "filters": []}
    assert refused(OPERATION, **other, nextToken=token).code == "InvalidNextTokenException"


def test_an_action_without_targets_has_none(engine_room):
    live = deploying(engine_room)

    assert ask(OPERATION, actionExecutionId=str(live.pk)) == {"targets": []}


@pytest.mark.parametrize("given", ["nonsense", "1f6e8aa7-53f5-4742-ae98-3f82e0f97021"])
def test_an_action_execution_that_is_unknown(engine_room, given):
    deploying(engine_room)

    error = refused(OPERATION, actionExecutionId=given)
    assert error.code == "ActionExecutionNotFoundException"


def test_the_pipeline_has_to_be_that_of_the_action(engine_room):
    live = deploying(engine_room)
    error = refused(OPERATION, pipelineName="other", actionExecutionId=str(live.pk))
    assert error.code == "PipelineNotFoundException"


def test_nothing_is_kept_of_a_pipeline_that_was_deleted(engine_room):
    live = deploying(engine_room)
    engine_room.pipeline.delete()

    targets.report(live, (target("a"),))

    assert not DeployTarget.objects.exists()


def test_a_retry_knows_what_became_of_the_same_artifact(engine_room):
    live = deploying(engine_room)
    targets.report(
        live,
        (
            target("a"),
            target("b", TargetStatus.FAILED),
            target("c", TargetStatus.SKIPPED),
        ),
    )
    execution = live.execution
    engine_room.fail("Publish")
    engine_room.settle()
    engine_room.retry(execution, "Deploy")
    engine_room.settle()

    again = engine_room.live("Publish")

    assert targets.earlier(again) == {"a": TargetStatus.SUCCEEDED, "b": TargetStatus.FAILED}
    again.input_artifacts = {"Code": "website/Code/another"}
    assert targets.earlier(again) == {}
