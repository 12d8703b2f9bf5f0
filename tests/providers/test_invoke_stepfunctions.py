"""Step Functions: a state machine at an endpoint, which may hang, lie or refuse."""

import json
import socket
import zipfile
from datetime import timedelta

import pytest

from pipelines.core.statuses import FailureCode
from pipelines.providers import invoke_stepfunctions
from pipelines.providers.contract import Failed, Succeeded
from tests.providers.endpoints import refusal, serving
from tests.providers.work import OUTPUT, log_of, make_artifact, make_site, make_work

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:tide"
RUN = "arn:aws:states:us-east-1:123456789012:execution:tide:one"


def machine(*statuses, **ending):
    """An endpoint whose execution has these statuses, one look after the other."""
    left = list(statuses)

    def answer(operation, _):
        if operation == "StartExecution":
            return {"executionArn": RUN, "startDate": 1.0}
        status = left.pop(0) if len(left) > 1 else left[0]
        return {"executionArn": RUN, "status": status, **ending}

    return answer


def work_at(folder, service, configuration=None, **changes):
    return make_work(
        folder,
        site=make_site(folder, endpoints=service.at("stepfunctions")),
        configuration={"StateMachineArn": MACHINE, **(configuration or {})},
        **changes,
    )


def failed(outcome):
    assert isinstance(outcome, Failed), outcome
    return outcome


def test_it_is_waited_for_and_its_output_is_the_artifact(tmp_path):
    answers = machine("RUNNING", "RUNNING", "SUCCEEDED", output='{"level": 3}')
    with serving(answers) as states:
        work = work_at(
            tmp_path,
            states,
            {"Input": '{"a": 1}', "ExecutionNamePrefix": "tide"},
            output_artifacts=OUTPUT,
        )
        outcome = invoke_stepfunctions.perform(work)

    assert isinstance(outcome, Succeeded), outcome
    assert outcome.output_variables == {"StateMachineArn": MACHINE, "ExecutionArn": RUN}
    assert outcome.external_execution_id == RUN
    with zipfile.ZipFile(outcome.artifacts["Output"]) as archive:
        assert json.loads(archive.read("output.json")) == {"level": 3}
    assert states.asked[0] == (
        "StartExecution",
        {
            "stateMachineArn": MACHINE,
            "name": f"tide-{work.action_execution_id}",
            "input": '{"a": 1}',
        },
    )
    assert [operation for operation, _ in states.asked[1:]] == ["DescribeExecution"] * 3
    assert f"Started {RUN}" in log_of(work)


def test_without_input_and_prefix_aws_defaults_are_sent(tmp_path):
    with serving(machine("SUCCEEDED", output="{}")) as states:
        work = work_at(tmp_path, states)
        assert isinstance(invoke_stepfunctions.perform(work), Succeeded)

    assert states.asked[0][1]["input"] == "{}"
    assert states.asked[0][1]["name"] == work.action_execution_id


def test_the_input_can_be_a_file_of_the_artifact(tmp_path):
    artifact = make_artifact(tmp_path, {"in/start.json": '{"from": "file"}'})
    with serving(machine("SUCCEEDED", output="{}")) as states:
        work = work_at(
            tmp_path,
            states,
            {"InputType": "FilePath", "Input": "in/start.json"},
            input_artifacts={"Code": artifact},
        )
        assert isinstance(invoke_stepfunctions.perform(work), Succeeded)

    assert states.asked[0][1]["input"] == '{"from": "file"}'


@pytest.mark.parametrize(
    ("status", "told"),
    [("FAILED", "FAILED: Tide.High: too high"), ("TIMED_OUT", "TIMED_OUT"), ("ABORTED", "ABORTED")],
)
def test_a_state_machine_that_ends_badly_fails_the_action(tmp_path, status, told):
    why = {"error": "Tide.High", "cause": "too high"} if status == "FAILED" else {}
    with serving(machine("RUNNING", status, **why)) as states:
        outcome = failed(invoke_stepfunctions.perform(work_at(tmp_path, states)))

    assert outcome.code is FailureCode.JOB_FAILED
    assert outcome.message == f"{RUN} ended as {told}."
    assert outcome.external_execution_id == RUN


def test_an_express_workflow_has_succeeded_when_it_is_started(tmp_path):
    def answer(operation, _):
        if operation == "StartExecution":
            return {"executionArn": RUN, "startDate": 1.0}
        return refusal("StateMachineTypeNotSupported", "not for EXPRESS")

    with serving(answer) as states:
        outcome = invoke_stepfunctions.perform(work_at(tmp_path, states))

    assert isinstance(outcome, Succeeded), outcome


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"Input": "{"}, "Input is not JSON"),
        ({"Input": '"' + "x" * 262_144 + '"'}, "longer than 262144 bytes"),
        ({"InputType": "FilePath", "Input": "a.json"}, "has no file 'a.json'"),
        ({"InputType": "FilePath", "Input": "no.json"}, "The file no.json is not JSON"),
        ({"InputType": "FilePath", "Input": "raw"}, "'raw' of the input artifact Code cannot be"),
        ({"ExecutionNamePrefix": "a b"}, "cannot begin the name of an execution"),
        ({"ExecutionNamePrefix": "x" * 44}, "may have 80 characters"),
    ],
)
def test_what_is_configured_badly_is_said_and_nothing_is_started(tmp_path, configuration, expected):
    artifact = make_artifact(tmp_path, {"no.json": "no", "raw": b"\xff\xfe"})
    with serving(machine("SUCCEEDED")) as states:
        work = work_at(tmp_path, states, configuration, input_artifacts={"Code": artifact})
        outcome = failed(invoke_stepfunctions.perform(work))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert expected in outcome.message
    assert states.asked == []


def test_a_file_path_needs_an_artifact(tmp_path):
    with serving(machine("SUCCEEDED")) as states:
        work = work_at(tmp_path, states, {"InputType": "FilePath", "Input": "a"})
        assert "needs an input artifact" in failed(invoke_stepfunctions.perform(work)).message


def test_without_an_endpoint_the_variable_to_set_is_named(tmp_path):
    work = make_work(tmp_path, configuration={"StateMachineArn": MACHINE})

    outcome = failed(invoke_stepfunctions.perform(work))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert "Set PENSTOCK_ENDPOINT_STATES" in outcome.message


@pytest.mark.parametrize(
    ("answer", "code", "expected"),
    [
        (
            refusal("StateMachineDoesNotExist", "No such machine"),
            FailureCode.CONFIGURATION_ERROR,
            "No such machine",
        ),
        (refusal("Oops", "broken", 500), FailureCode.SYSTEM_UNAVAILABLE, "could not be started"),
        ((200, b"<html>"), FailureCode.SYSTEM_UNAVAILABLE, "could not be started"),
        ((200, b"{}"), FailureCode.SYSTEM_UNAVAILABLE, "it told no executionArn"),
    ],
)
def test_an_endpoint_that_refuses_or_lies_is_said(tmp_path, answer, code, expected):
    with serving(lambda *_: answer) as states:
        outcome = failed(invoke_stepfunctions.perform(work_at(tmp_path, states)))

    assert outcome.code is code
    assert expected in outcome.message
    assert states.url in outcome.message


def test_an_endpoint_that_is_not_there_is_said(tmp_path):
    with serving(machine("SUCCEEDED")) as states, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        states.url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        outcome = failed(invoke_stepfunctions.perform(work_at(tmp_path, states)))

    assert outcome.code is FailureCode.SYSTEM_UNAVAILABLE
    assert "Could not connect" in outcome.message


def test_when_the_time_is_up_it_says_that_the_execution_goes_on(tmp_path):
    with serving(machine("RUNNING")) as states:
        work = work_at(tmp_path, states, timeout=timedelta(seconds=0.5))
        outcome = failed(invoke_stepfunctions.perform(work))

    assert outcome.code is FailureCode.JOB_FAILED
    assert f"{RUN} did not end within" in outcome.message


def test_work_that_is_lost_looks_no_more(tmp_path):
    with serving(machine("RUNNING")) as states:
        work = work_at(tmp_path, states, is_lost=lambda: len(states.asked) > 2)
        invoke_stepfunctions.perform(work)

    assert len(states.asked) == 3


def test_an_output_artifact_needs_an_output(tmp_path):
    with serving(machine("SUCCEEDED")) as states:
        work = work_at(tmp_path, states, output_artifacts=OUTPUT)
        outcome = failed(invoke_stepfunctions.perform(work))

    assert "The output artifact Output cannot be made" in outcome.message
