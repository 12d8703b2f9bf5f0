"""Input that is not what AWS takes: one row a constraint, in AWS's words."""

from datetime import UTC, datetime
from functools import partial

import pytest

from pipelines.api.refusals import NotReadable
from pipelines.api.validation import COMPLAINTS_AT_MOST, input_of
from pipelines.core.structure_refusals import InvalidValue
from tests.api.samples import OPERATIONS, UUID, Size, input_shape, sample

NAME = "satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+"
NULL = "not be null"
RETRY_MODES = "satisfy enum value set: [FAILED_ACTIONS, ALL_ACTIONS]"
START, UNTAG, UPDATE = "StartPipelineExecution", "UntagResource", "UpdatePipeline"
ID = (
    "satisfy regular expression pattern:"
    " [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
TEXT = "be text without null characters and lone surrogates"
ARABIC = UUID.replace("0", "\u0660")  # a zero, but not of ASCII
STOP = {"pipelineName": "website", "pipelineExecutionId": UUID}
RETRY = {**STOP, "stageName": "Build", "retryMode": "ALL"}
VARIABLE = {"name": "a", "value": "b"}
ACTION_TYPE = {"category": "Compute", "owner": "AWS", "provider": "Commands", "version": "1"}
AT = "pipeline.stages.1.member.actions.1.member"


def at_most(kind, most):
    return f"have {kind} less than or equal to {most}"


def at_least(kind, least):
    return f"have {kind} greater than or equal to {least}"


shorter, longer = partial(at_most, "length"), partial(at_least, "length")
MOST = at_most("value", 1000)
KEY = f"[Member must {shorter(128)}, Member must {longer(1)}]"


def one_error(value, path, must):
    return (
        f"1 validation error detected: {value} at '{path}' failed to satisfy constraint:"
        f" Member must {must}"
    )


def message(operation, given):
    with pytest.raises(InvalidValue) as refused:
        input_of(operation, given)
    return refused.value.message


def variables(*each):
    return {"name": "website", "variables": list(each)}


def tag_keys(*each):
    return {"resourceArn": "arn:aws:codepipeline:x:123456789012:website", "tagKeys": list(each)}


def with_action(**members):
    action = {"name": "Lint", "actionTypeId": ACTION_TYPE, **members}
    return {
        "pipeline": {
            "name": "website",
            "roleArn": "arn:aws:iam::123456789012:role/penstock",
            "stages": [{"name": "Build", "actions": [action]}],
        }
    }


@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_everything_that_the_model_allows_is_let_through_as_it_is(operation, size):
    given = sample(input_shape(operation), size)

    assert input_of(operation, given) == given


def configured(**configuration):
    return with_action(configuration=configuration)


def without(members, name):
    return {key: member for key, member in members.items() if key != name}


@pytest.mark.parametrize(
    ("given", "shown", "path", "must"),
    [
        (without(STOP, "pipelineName"), " null", "pipelineName", NULL),
        ({**STOP, "pipelineName": None}, " null", "pipelineName", NULL),
        ({**STOP, "pipelineName": "my pipeline"}, " 'my pipeline'", "pipelineName", NAME),
        ({**STOP, "pipelineName": "website\n"}, " 'website\n'", "pipelineName", NAME),
        ({**STOP, "pipelineName": "wébsite"}, " 'wébsite'", "pipelineName", NAME),
        ({**STOP, "pipelineName": "x" * 101}, f" '{'x' * 101}'", "pipelineName", shorter(100)),
        ({**STOP, "pipelineName": " " * 101}, f" '{' ' * 101}'", "pipelineName", shorter(100)),
        ({**STOP, "pipelineExecutionId": UUID.upper()}, None, "pipelineExecutionId", ID),
        ({**STOP, "pipelineExecutionId": ARABIC}, None, "pipelineExecutionId", ID),
        ({**STOP, "pipelineExecutionId": f"{UUID}\n"}, None, "pipelineExecutionId", ID),
        ({**STOP, "reason": "\U0001f6b0" * 201}, None, "reason", shorter(200)),
        ({**STOP, "reason": "a\0b"}, "", "reason", TEXT),
        ({**STOP, "reason": "a\ud800b"}, "", "reason", TEXT),
    ],
)
def test_a_text_that_is_not_what_it_must_be(given, shown, path, must):
    shown = f" '{given[path]}'" if shown is None else shown

    assert message("StopPipelineExecution", given) == one_error(f"Value{shown}", path, must)


@pytest.mark.parametrize(
    ("operation", "given", "value", "path", "must"),
    [
        ("ListPipelines", {"maxResults": 0}, "Value '0'", "maxResults", at_least("value", 1)),
        (
            "ListPipelines",
            {"maxResults": 2000},
            "Value '2000'",
            "maxResults",
            at_most("value", 1000),
        ),
        ("RetryStageExecution", RETRY, "Value 'ALL'", "retryMode", RETRY_MODES),
        (START, variables(), "Value '[]'", "variables", longer(1)),
        (START, variables(*[VARIABLE] * 51), "Value", "variables", shorter(50)),
        (START, variables(None), "Value null", "variables.1.member", NULL),
        (START, variables(VARIABLE, {"name": "a"}), "Value null", "variables.2.member.value", NULL),
        (UNTAG, tag_keys("\0"), "Value", "tagKeys.1.member", TEXT),
        (UNTAG, tag_keys("fine", ""), "Value '[fine, ]'", "tagKeys", f"satisfy constraint: {KEY}"),
        (UPDATE, with_action(name="Lint it"), "Value 'Lint it'", f"{AT}.name", NAME),
        (UPDATE, with_action(commands=[]), "Value '[]'", f"{AT}.commands", longer(1)),
        (
            UPDATE,
            configured(Token=None),
            "Value null",
            f"{AT}.configuration.Token.member",
            NULL,
        ),
        (UPDATE, configured(**{"\ud800": "x"}), "Value", f"{AT}.configuration.key", TEXT),
    ],
)
def test_a_member_that_is_not_what_it_must_be(operation, given, value, path, must):
    assert message(operation, given) == one_error(value, path, must)


@pytest.mark.parametrize(
    ("configuration", "says", "most"),
    [
        ({"Token": "", "Other": "x", "Third": ""}, "Map value", 1000),
        ({"Token": "x" * 1001}, "Map value", 1000),
        ({"": "x", "x" * 51: "y"}, "Map keys", 50),
    ],
)
def test_keys_and_values_of_a_map_are_complained_about_once(configuration, says, most):
    """In AWS's words: https://github.com/aws/aws-cdk/issues/12747."""
    said = message("UpdatePipeline", configured(**configuration))

    assert said == (
        f"1 validation error detected: Value at '{AT}.configuration' failed to satisfy"
        f" constraint: {says} must satisfy constraint: [Member must {shorter(most)},"
        f" Member must {longer(1)}]"
    )


def test_everything_that_is_wrong_is_told_at_once():
    given = {"pipelineName": "", "pipelineExecutionId": "7", "reason": "x" * 201}

    said = message("StopPipelineExecution", given)

    assert said.startswith(
        "4 validation errors detected: Value '' at 'pipelineName' failed to satisfy constraint:"
        " Member must have length greater than or equal to 1; Value '' at 'pipelineName' failed"
        f" to satisfy constraint: Member must {NAME}; Value '7' at 'pipelineExecutionId'"
    )


@pytest.mark.parametrize(
    ("operation", "given", "complaint"),
    [
        ("StopPipelineExecution", None, "Expected structure or null"),
        ("StopPipelineExecution", "website", "Expected structure or null"),
        ("StopPipelineExecution", [], "Start of list found where not expected"),
        ("StopPipelineExecution", {"pipelineName": 7}, "NUMBER_VALUE can not be converted to a"),
        ("StopPipelineExecution", {"pipelineName": 7.5}, "NUMBER_VALUE can not be converted to a"),
        ("StopPipelineExecution", {"pipelineName": True}, "TRUE_VALUE can not be converted to a"),
        ("StopPipelineExecution", {"pipelineName": b"x"}, "BYTES_VALUE can not be converted to a"),
        ("StopPipelineExecution", {"pipelineName": []}, "Start of list found where not expected"),
        ("StopPipelineExecution", {"pipelineName": {}}, "Start of structure or map found where"),
        ("StopPipelineExecution", {"abandon": "true"}, "STRING_VALUE can not be converted to a B"),
        ("StopPipelineExecution", {"abandon": 1}, "NUMBER_VALUE can not be converted to a Boolean"),
        ("ListPipelines", {"maxResults": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ("ListPipelines", {"maxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
        ("ListPipelines", {"maxResults": 1.0}, "NUMBER_VALUE can not be converted to an Integer"),
        ("ListPipelines", {"maxResults": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ("ListPipelines", {"maxResults": 2**70}, "NUMBER_VALUE can not be converted to an Integer"),
        ("StartPipelineExecution", {"variables": {}}, "Start of structure or map found where not"),
        ("StartPipelineExecution", {"variables": "x"}, "Expected list or null at 'variables'"),
        ("StartPipelineExecution", {"variables": [7]}, "Expected structure or null at 'variables."),
        ("PollForJobs", {"queryParam": "x"}, "Expected map or null at 'queryParam'"),
        ("PollForJobs", {"queryParam": {b"x": "y"}}, "BYTES_VALUE can not be converted to a Strin"),
        ("PollForJobs", {"queryParam": {"x": 7}}, "NUMBER_VALUE can not be converted to a String"),
        (
            "PutActionRevision",
            {"actionRevision": {"created": "2026-11-23"}},
            "STRING_VALUE can not be converted to milliseconds since epoch at 'actionRevision.cr",
        ),
        ("PutActionRevision", {"actionRevision": {"created": 1e20}}, "NUMBER_VALUE can not be"),
        ("PutActionRevision", {"actionRevision": {"created": float("nan")}}, "NUMBER_VALUE can"),
    ],
)
def test_a_value_of_another_type_cannot_be_read(operation, given, complaint):
    with pytest.raises(NotReadable) as refused:
        input_of(operation, given)

    assert refused.value.message.startswith(complaint)


def test_what_cannot_be_read_is_told_before_what_is_not_valid():
    with pytest.raises(NotReadable, match="at 'reason'"):
        input_of("StopPipelineExecution", {"pipelineName": "", "reason": 7})


def test_members_that_are_unknown_or_null_are_absent():
    given = {**STOP, "reason": None, "unknown": {"deep": [None, 7]}}

    assert input_of("StopPipelineExecution", given) == STOP


def test_seconds_become_a_time():
    revision = {"revision": "1", "changeIdentifier": "1", "created": 1767323045.678}

    read = input_of("PutJobSuccessResult", {"jobId": UUID, "currentRevision": revision})

    moment = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert read["currentRevision"]["created"] == moment


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("UpdatePipeline", configured(Token="hunter2" * 200)),
        (
            "UpdatePipeline",
            with_action(environmentVariables=[{"name": "KEY", "value": "hunter2" * 300}]),
        ),
        ("GetThirdPartyJobDetails", {"jobId": "7", "clientToken": "hunter2" * 40}),
        (
            "PutWebhook",
            {"webhook": {"authenticationConfiguration": {"SecretToken": "hunter2" * 20}}},
        ),
        ("PollForJobs", {"queryParam": {"Key": "hunter2 hunter2"}}),
    ],
)
def test_a_complaint_never_repeats_what_may_be_secret(operation, given):
    said = message(operation, given)

    assert "Member must have length" in said
    assert "hunter2" not in said


def test_a_complaint_repeats_no_more_of_a_value_than_somebody_reads():
    said = message("StopPipelineExecution", {**STOP, "reason": "x" * 100_000})

    assert f"Value '{'x' * 1000}...' at 'reason'" in said
    assert len(said) < 1200


def test_no_more_is_complained_about_than_somebody_mends():
    said = message("StartPipelineExecution", variables(*[{}] * 100_000))

    assert said.startswith(f"{COMPLAINTS_AT_MOST + 1} validation errors detected: ")


def test_a_map_of_anything_complains_no_more_either():
    given = configured(**{f"Key{number}": None for number in range(100_000)})

    said = message("UpdatePipeline", given)

    assert said.startswith(f"{COMPLAINTS_AT_MOST} validation errors detected: ")
