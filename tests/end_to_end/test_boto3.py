"""The real boto3 against a running Penstock, in both protocols that AWS has for this service."""

import hashlib
import hmac
import json
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest
import time_machine
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from pipelines.api.operations import OPERATIONS
from pipelines.api.operations.absent import OPERATIONS as ABSENT
from pipelines.core.action_types import ActionTypeId
from tests.end_to_end.aws_tools import INTEGRATION, boto3_client
from tests.end_to_end.installation import ACCESS_KEY_ID
from tests.end_to_end.workplace import Workplace
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

PATIENCE = 60
ENDED = {"Stopped", "Succeeded", "Failed"}
_numbers = count(1)


@pytest.fixture(params=["json", "cbor"])
def protocol(request):
    return request.param


@pytest.fixture
def model(protocol, cbor_model):
    return cbor_model if protocol == "cbor" else None


@pytest.fixture
def client(penstock, model):
    client = boto3_client(penstock.url, model=model)
    yield client
    client.close()


@pytest.fixture
def workplace(penstock, tmp_path, client):
    """Its pipeline is deleted and its gate opened at the end, so that nothing goes on."""
    workplace = Workplace(penstock.home, tmp_path, f"boto-{next(_numbers)}")
    yield workplace
    workplace.open()
    client.delete_pipeline(name=workplace.name)


@pytest.fixture
def building(client, workplace):
    """The id of an execution whose Build waits for the gate."""
    client.create_pipeline(pipeline=workplace.definition())
    wait_until(lambda: action_status(client, workplace, "Build") == "InProgress", PATIENCE)
    return newest(client, workplace)["pipelineExecutionId"]


def newest(client, workplace):
    listed = client.list_pipeline_executions(pipelineName=workplace.name, maxResults=1)
    return listed["pipelineExecutionSummaries"][0]


def execution(client, workplace, execution_id):
    found = client.get_pipeline_execution(
        pipelineName=workplace.name, pipelineExecutionId=execution_id
    )
    return found["pipelineExecution"]


def becomes(client, workplace, execution_id, status):
    seen = []

    def is_so():
        seen.append(execution(client, workplace, execution_id)["status"])
        return seen[-1] == status

    try:
        wait_until(is_so, PATIENCE)
    except AssertionError:
        state = client.get_pipeline_state(name=workplace.name)["stageStates"]
        raise AssertionError(f"{seen[-1]} instead of {status}: {state}") from None


def action(client, workplace, name):
    """The latest execution of an action, as GetPipelineState has it."""
    state = client.get_pipeline_state(name=workplace.name)
    [found] = [
        a for s in state["stageStates"] for a in s["actionStates"] if a["actionName"] == name
    ]
    return found.get("latestExecution", {})


def action_status(client, workplace, name):
    return action(client, workplace, name).get("status")


def stopping(workplace, execution_id, **how):
    return {"pipelineName": workplace.name, "pipelineExecutionId": execution_id, **how}


def retrying(workplace, execution_id, stage="Build"):
    return {
        "pipelineName": workplace.name,
        "stageName": stage,
        "pipelineExecutionId": execution_id,
        "retryMode": "FAILED_ACTIONS",
    }


def test_the_whole_story(client, workplace, tmp_path):
    """Create from JSON, start, stop and wait, stop again, abandon, retry, delete."""
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps({"pipeline": workplace.definition()}))

    client.create_pipeline(**json.loads(file.read_text()))
    wait_until(lambda: action_status(client, workplace, "Build") == "InProgress", PATIENCE)
    first = newest(client, workplace)["pipelineExecutionId"]
    second = client.start_pipeline_execution(name=workplace.name)["pipelineExecutionId"]
    assert str(UUID(second)) == second

    answer = client.stop_pipeline_execution(**stopping(workplace, first, reason="After the build"))
    assert answer["pipelineExecutionId"] == first
    assert execution(client, workplace, first)["status"] == "Stopping"
    with pytest.raises(client.exceptions.DuplicatedStopRequestException):
        client.stop_pipeline_execution(**stopping(workplace, first))

    client.disable_stage_transition(
        pipelineName=workplace.name,
        stageName="Build",
        transitionType="Inbound",
        reason="Nobody else",
    )
    client.stop_pipeline_execution(**stopping(workplace, first, abandon=True))
    becomes(client, workplace, first, "Stopped")
    assert action_status(client, workplace, "Build") == "Abandoned"
    with pytest.raises(client.exceptions.PipelineExecutionNotStoppableException):
        client.stop_pipeline_execution(**stopping(workplace, first, abandon=True))

    assert (
        client.retry_stage_execution(**retrying(workplace, first))["pipelineExecutionId"] == first
    )
    workplace.open()
    becomes(client, workplace, first, "Succeeded")
    client.delete_pipeline(name=workplace.name)
    with pytest.raises(client.exceptions.PipelineNotFoundException):
        client.get_pipeline(name=workplace.name)


def test_every_operation_that_is_served_answers(penstock, client, workplace):
    """One tour through all of them, in an order in which each has something to do."""
    asked = set()
    client.meta.events.register(
        "before-call.codepipeline.*", lambda model, **_: asked.add(model.name)
    )

    make(client, workplace)
    look_around(client, workplace)
    approve(client, workplace)
    hold_and_stop(client, workplace)
    call_by_webhook(client, workplace)
    client.delete_pipeline(name=workplace.name)
    override_and_roll_back(client, workplace)
    work(client, workplace)
    work_as_partner(penstock, client, workplace)

    assert asked == set(OPERATIONS) - set(ABSENT)


def override_and_roll_back(client, workplace):
    """Let an execution through that a condition had failed, and bring it back later."""
    client.create_pipeline(pipeline=workplace.guarded_definition())
    refused = newest(client, workplace)["pipelineExecutionId"]
    becomes(client, workplace, refused, "Failed")
    [told] = client.list_rule_executions(
        pipelineName=workplace.name, filter={"pipelineExecutionId": refused}
    )["ruleExecutionDetails"]
    assert (told["ruleName"], told["status"]) == ("Level", "Failed")
    client.override_stage_condition(
        **stopping(workplace, refused), stageName="Build", conditionType="BEFORE_ENTRY"
    )
    becomes(client, workplace, refused, "Succeeded")
    built = action(client, workplace, "Build")["actionExecutionId"]
    told = client.list_deploy_action_execution_targets(actionExecutionId=built)
    assert told["targets"] == []
    rollback = client.rollback_stage(
        pipelineName=workplace.name, stageName="Build", targetPipelineExecutionId=refused
    )["pipelineExecutionId"]
    becomes(client, workplace, rollback, "Succeeded")
    assert newest(client, workplace)["executionType"] == "ROLLBACK"
    client.delete_pipeline(name=workplace.name)


def call_by_webhook(client, workplace):
    """Have a webhook start the pipeline by a request that is signed as GitHub signs."""
    source = client.get_pipeline(name=workplace.name)["pipeline"]["stages"][0]["actions"][0]
    made = client.put_webhook(
        webhook={
            "name": workplace.name,
            "targetPipeline": workplace.name,
            "targetAction": source["name"],
            "filters": [{"jsonPath": "$.ref", "matchEquals": "{S3ObjectKey}"}],
            "authentication": "GITHUB_HMAC",
            "authenticationConfiguration": {"SecretToken": "s3cret"},
        },
        tags=[{"key": "team", "value": "web"}],
    )["webhook"]
    body = json.dumps({"ref": source["configuration"]["S3ObjectKey"]}).encode()
    digest = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}
    request = urllib.request.Request(made["url"], body, headers)  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        assert json.load(answer) == {"message": "It started an execution."}
    assert newest(client, workplace)["trigger"] == {
        "triggerType": "Webhook",
        "triggerDetail": made["arn"],
    }
    [listed] = client.list_webhooks(MaxResults=100)["webhooks"]
    assert listed["definition"]["authenticationConfiguration"] == {"SecretToken": "****"}
    assert abs(listed["lastTriggered"] - datetime.now(UTC)) < timedelta(minutes=5)
    for ask in (
        client.register_webhook_with_third_party,
        client.deregister_webhook_with_third_party,
    ):
        with pytest.raises(ClientError, match=r"Give .* to the git host by hand"):
            ask(webhookName=workplace.name)
    client.delete_webhook(name=workplace.name)
    with pytest.raises(client.exceptions.WebhookNotFoundException):
        client.register_webhook_with_third_party(webhookName=workplace.name)


def work(client, workplace):
    """Be the worker of a custom action: fail it once, and after a retry do it."""
    type_id = ActionTypeId("Build", "Custom", workplace.name, "1")
    called = {"category": "Build", "provider": workplace.name, "version": "1"}
    client.create_custom_action_type(
        **called,
        inputArtifactDetails={"minimumCount": 0, "maximumCount": 1},
        outputArtifactDetails={"minimumCount": 0, "maximumCount": 0},
    )
    client.create_pipeline(pipeline=workplace.definition_with_jobs(type_id))
    started = newest(client, workplace)["pipelineExecutionId"]
    failure = {"type": "JobFailed", "message": "Out of paper"}
    client.put_job_failure_result(jobId=taken(client, type_id), failureDetails=failure)
    becomes(client, workplace, started, "Failed")
    client.retry_stage_execution(
        pipelineName=workplace.name,
        stageName="Build",
        pipelineExecutionId=started,
        retryMode="FAILED_ACTIONS",
    )
    job = taken(client, type_id)
    details = client.get_job_details(jobId=job)["jobDetails"]
    assert details["data"]["pipelineContext"]["pipelineExecutionId"] == started
    client.put_job_success_result(jobId=job)
    becomes(client, workplace, started, "Succeeded")
    client.delete_pipeline(name=workplace.name)
    client.delete_custom_action_type(**called)


def work_as_partner(penstock, client, workplace):
    """Be the worker of a partner's action, registered on the command line; do as `work` does."""
    type_id = ActionTypeId("Test", "ThirdParty", "Nouvola", "1")
    said = penstock.manage("partners", "register", "Test", "Nouvola").split()
    known = dict(each.split("=") for each in said)
    client.create_pipeline(pipeline=workplace.definition_with_jobs(type_id))
    started = newest(client, workplace)["pipelineExecutionId"]
    failure = {"type": "JobFailed", "message": "Too slow"}
    job = taken_as_partner(client, type_id, known)
    client.put_third_party_job_failure_result(**job, failureDetails=failure)
    becomes(client, workplace, started, "Failed")
    client.retry_stage_execution(**retrying(workplace, started))
    client.put_third_party_job_success_result(**taken_as_partner(client, type_id, known))
    becomes(client, workplace, started, "Succeeded")
    client.delete_pipeline(name=workplace.name)


def taken_as_partner(client, type_id, known):
    """What the operations of partners want to know of a job, once it is acknowledged."""
    asked = {"actionTypeId": type_id._asdict()}
    [found] = wait_until(lambda: client.poll_for_third_party_jobs(**asked)["jobs"], PATIENCE)
    assert found["clientId"] == known["clientId"]
    job = {"jobId": found["jobId"], "clientToken": known["clientToken"]}
    details = client.get_third_party_job_details(**job)["jobDetails"]
    client.acknowledge_third_party_job(**job, nonce=details["nonce"])
    return job


def taken(client, type_id):
    """The id of a job, once there is one for us and it is acknowledged."""
    asked = {"actionTypeId": type_id._asdict()}
    [job] = wait_until(lambda: client.poll_for_jobs(**asked)["jobs"], PATIENCE)
    assert client.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] == "InProgress"
    return job["id"]


def make(client, workplace):
    """Create, read, update and tag."""
    tags = [{"key": "team", "value": "web"}]
    made = client.create_pipeline(pipeline=workplace.long_definition(), tags=tags)
    assert made["pipeline"]["version"] == 1
    assert made["tags"] == tags
    end_first(client, workplace)
    got = client.get_pipeline(name=workplace.name)
    assert got["pipeline"] == made["pipeline"]
    assert isinstance(got["metadata"]["created"], datetime)
    updated = client.update_pipeline(pipeline=got["pipeline"])
    assert updated["pipeline"]["version"] == 2
    arn = got["metadata"]["pipelineArn"]
    client.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}])
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    left = client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert left == [{"key": "stage", "value": "test"}]


def end_first(client, workplace):
    """What creating the pipeline has started would wait for an approval, in front of all others."""
    first = newest(client, workplace)["pipelineExecutionId"]
    with suppress(client.exceptions.PipelineExecutionNotStoppableException):
        client.stop_pipeline_execution(**stopping(workplace, first, abandon=True))
    wait_until(lambda: execution(client, workplace, first)["status"] in ENDED, PATIENCE)


def look_around(client, workplace):
    """What there is, of pipelines and of action types; those that are built in are only listed."""
    names = [p["name"] for p in client.list_pipelines()["pipelines"]]
    assert workplace.name in names
    pages = client.get_paginator("list_action_types").paginate()
    providers = {t["id"]["provider"] for page in pages for t in page["actionTypes"]}
    assert {"S3", "CodeCommit", "Commands", "Manual"} <= providers
    with pytest.raises(client.exceptions.ActionTypeNotFoundException):
        client.get_action_type(category="Source", owner="AWS", provider="S3", version="1")
    rules = {t["id"]["provider"] for t in client.list_rule_types()["ruleTypes"]}
    assert "VariableCheck" in rules


def approve(client, workplace):
    """Start on a chosen revision with a variable, and see it through its approval."""
    older = workplace.upload("older")
    workplace.upload("newer, and longer")
    chosen = {
        "actionName": "Fetch",
        "revisionType": "S3_OBJECT_VERSION_ID",
        "revisionValue": older,
    }
    started = client.start_pipeline_execution(
        name=workplace.name,
        variables=[{"name": "Level", "value": "debug"}],
        sourceRevisions=[chosen],
    )["pipelineExecutionId"]
    token = wait_until(lambda: action(client, workplace, "Ask").get("token"), PATIENCE)
    answer = client.put_approval_result(
        pipelineName=workplace.name,
        stageName="Approve",
        actionName="Ask",
        result={"status": "Approved", "summary": "Fine"},
        token=token,
    )
    assert abs(answer["approvedAt"] - datetime.now(UTC)) < timedelta(minutes=5)
    becomes(client, workplace, started, "Succeeded")
    listed = newest(client, workplace)
    assert (listed["pipelineExecutionId"], listed["status"]) == (started, "Succeeded")
    found = execution(client, workplace, started)
    assert [r["revisionId"] for r in found["artifactRevisions"]] == [older]
    assert found["variables"] == [{"name": "Level", "resolvedValue": "debug"}]
    public = workplace.buckets / f"{workplace.name}-public" / "index.txt"
    assert public.read_text() == "older"
    details = client.list_action_executions(
        pipelineName=workplace.name, filter={"pipelineExecutionId": started}
    )["actionExecutionDetails"]
    assert {d["actionName"]: d["status"] for d in details} == {
        "Fetch": "Succeeded",
        "Build": "Succeeded",
        "Ask": "Succeeded",
        "Publish": "Succeeded",
    }


def hold_and_stop(client, workplace):
    """Tell of a revision, hold its execution in front of a stage, stop one, retry another."""
    there = {"pipelineName": workplace.name, "stageName": "Build", "transitionType": "Inbound"}
    client.disable_stage_transition(**there, reason="Not now")
    told = client.put_action_revision(
        pipelineName=workplace.name,
        stageName="Source",
        actionName="Fetch",
        actionRevision={
            "revisionId": "told",
            "revisionChangeId": "1",
            "created": datetime.now(UTC),
        },
    )
    assert told["newRevision"] is True
    held = told["pipelineExecutionId"]
    wait_until(lambda: inbound(client, workplace, "Build") == held, PATIENCE)
    client.enable_stage_transition(**there)
    wait_until(lambda: action(client, workplace, "Ask").get("token"), PATIENCE)
    client.stop_pipeline_execution(**stopping(workplace, held, abandon=True))
    becomes(client, workplace, held, "Stopped")
    client.retry_stage_execution(**retrying(workplace, held, stage="Approve"))
    becomes(client, workplace, held, "InProgress")


def inbound(client, workplace, stage_name):
    state = client.get_pipeline_state(name=workplace.name)
    [found] = [s for s in state["stageStates"] if s["stageName"] == stage_name]
    return found.get("inboundExecution", {}).get("pipelineExecutionId")


def test_the_protocol_is_the_one_that_was_chosen(client, protocol):
    sent = []
    client.meta.events.register(
        "before-send.codepipeline.*", lambda request, **_: sent.append(request)
    )

    answer = client.list_pipelines()

    [request] = sent
    spoken = {"json": "application/x-amz-json-1.1", "cbor": "application/cbor"}[protocol]
    assert request.headers["Content-Type"] in {spoken, spoken.encode()}
    metadata = answer["ResponseMetadata"]
    assert metadata["HTTPHeaders"]["content-type"] == spoken
    assert UUID(metadata["RequestId"]).version == 4


def test_a_token_makes_a_second_start_the_same(client, workplace):
    client.create_pipeline(pipeline=workplace.definition())
    once = {"name": workplace.name, "clientRequestToken": str(uuid4())}

    first = client.start_pipeline_execution(**once)

    again = client.start_pipeline_execution(**once)
    assert again["pipelineExecutionId"] == first["pipelineExecutionId"]


def test_pages_follow_one_another(client, workplace, building):
    for _ in range(4):
        client.start_pipeline_execution(name=workplace.name)

    pages = client.get_paginator("list_pipeline_executions").paginate(
        pipelineName=workplace.name, PaginationConfig={"PageSize": 2}
    )
    seen = [e["pipelineExecutionId"] for p in pages for e in p["pipelineExecutionSummaries"]]
    assert len(seen) == len(set(seen)) == 5
    assert seen[-1] == building
    actions = client.get_paginator("list_action_executions").paginate(
        pipelineName=workplace.name, PaginationConfig={"PageSize": 1}
    )
    names = [d["actionName"] for page in actions for d in page["actionExecutionDetails"]]
    assert names[-2:] == ["Build", "Fetch"]
    pipelines = client.get_paginator("list_pipelines").paginate(PaginationConfig={"PageSize": 1})
    assert workplace.name in [p["name"] for page in pipelines for p in page["pipelines"]]
    types = client.get_paginator("list_action_types").paginate()
    assert [t for page in types for t in page["actionTypes"]]
    arn = client.get_pipeline(name=workplace.name)["metadata"]["pipelineArn"]
    tags = client.get_paginator("list_tags_for_resource").paginate(resourceArn=arn)
    assert [t for page in tags for t in page["tags"]] == []


def test_a_token_of_another_list_is_refused(client, workplace, building):
    client.start_pipeline_execution(name=workplace.name)
    page = client.list_pipeline_executions(pipelineName=workplace.name, maxResults=1)

    with pytest.raises(client.exceptions.InvalidNextTokenException):
        client.list_pipelines(nextToken=page["nextToken"])


def code_of(raised):
    return raised.value.response["Error"]["Code"]


BUILD = {"stageName": "Build", "transitionType": "Inbound"}
ANSWER = {
    "stageName": "Build",
    "actionName": "Build",
    "result": {"status": "Approved", "summary": ""},
    "token": str(uuid4()),
}
REVISION = {
    "revisionId": "1",
    "revisionChangeId": "1",
    "created": datetime(2026, 11, 23, tzinfo=UTC),
}
RETRY = {
    "stageName": "Build",
    "pipelineExecutionId": str(uuid4()),
    "retryMode": "FAILED_ACTIONS",
}


@pytest.mark.parametrize(
    ("operation", "given", "exception"),
    [
        ("get_pipeline_execution", {"pipelineExecutionId": str(uuid4())}, "ExecutionNotFound"),
        ("stop_pipeline_execution", {"pipelineExecutionId": str(uuid4())}, "ExecutionNotStoppable"),
        ("stop_pipeline_execution", {"pipelineExecutionId": "d-EXAMPLE"}, "Validation"),
        ("retry_stage_execution", RETRY, "NotLatestExecution"),
        ("retry_stage_execution", {**RETRY, "stageName": "Nowhere"}, "StageNotFound"),
        ("disable_stage_transition", {**BUILD, "reason": "a, b"}, "Validation"),
        ("enable_stage_transition", {**BUILD, "stageName": "Nowhere"}, "StageNotFound"),
        ("put_approval_result", ANSWER, "InvalidApprovalToken"),
        ("put_approval_result", {**ANSWER, "actionName": "Nobody"}, "ActionNotFound"),
        ("list_pipeline_executions", {"nextToken": "nonsense"}, "InvalidNextToken"),
        ("list_pipeline_executions", {"maxResults": 101}, "Validation"),
    ],
)
def test_errors_are_exceptions_of_their_own(
    client, workplace, building, operation, given, exception
):
    name = EXCEPTIONS.get(exception, f"{exception}Exception")

    with pytest.raises(getattr(client.exceptions, name)) as raised:
        getattr(client, operation)(pipelineName=workplace.name, **given)

    assert code_of(raised) == name
    assert raised.value.response["Error"]["Message"]


EXCEPTIONS = {
    "ExecutionNotFound": "PipelineExecutionNotFoundException",
    "ExecutionNotStoppable": "PipelineExecutionNotStoppableException",
    "NotLatestExecution": "NotLatestPipelineExecutionException",
}


def test_what_a_name_can_be_refused_with(client, workplace, building):
    errors = client.exceptions
    with pytest.raises(errors.PipelineNameInUseException):
        client.create_pipeline(pipeline=workplace.definition())
    with pytest.raises(errors.InvalidStructureException):
        client.create_pipeline(pipeline={**workplace.definition(), "name": "new", "stages": []})
    with pytest.raises(errors.PipelineVersionNotFoundException):
        client.get_pipeline(name=workplace.name, version=7)
    with pytest.raises(errors.StageNotRetryableException):
        client.retry_stage_execution(**retrying(workplace, building))
    with pytest.raises(errors.ActionNotFoundException):
        client.put_action_revision(
            pipelineName=workplace.name,
            stageName="Source",
            actionName="Nobody",
            actionRevision=REVISION,
        )
    with pytest.raises(errors.ResourceNotFoundException):
        client.list_tags_for_resource(resourceArn="arn:aws:codepipeline:us-east-1:123456789012:no")


def test_what_is_not_here_yet_says_so(client):
    with pytest.raises(ClientError, match="is not available in this version of Penstock") as raised:
        client.update_action_type(actionType=INTEGRATION)

    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ((ACCESS_KEY_ID, "not the secret"), "InvalidSignatureException"),
        (("AKIANOBODYHASTHISKEY", "any"), "UnrecognizedClientException"),
    ],
)
def test_who_is_not_known_by_his_key_is_refused(penstock, model, key, code):
    client = boto3_client(penstock.url, model=model, key=key)

    with pytest.raises(ClientError) as raised:
        client.list_pipelines()

    assert code_of(raised) == code
    client.close()


def test_who_does_not_sign_is_refused(penstock, model):
    client = boto3_client(penstock.url, model=model, signature_version=UNSIGNED)

    with pytest.raises(ClientError) as raised:
        client.list_pipelines()

    assert code_of(raised) == "MissingAuthenticationTokenException"
    client.close()


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_wrong_is_refused(client, minutes):
    with (
        time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes)),
        pytest.raises(ClientError) as raised,
    ):
        client.list_pipelines()

    assert code_of(raised) == "InvalidSignatureException"
