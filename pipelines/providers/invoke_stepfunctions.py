"""Invoke AWS Step Functions: start a state machine at the endpoint, and wait for its end.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-StepFunctions.html
"""

import json
import re
import time
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipelines import artifacts, endpoints
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import resource, text
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work
from pipelines.providers.log import say

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Invoke", "AWS", "StepFunctions", "1"),
        label="AWS Step Functions",
        input_artifacts=range(2),
        output_artifacts=range(2),
        configuration={
            "StateMachineArn": resource("The ARN of the state machine."),
            "ExecutionNamePrefix": text("How the names of its executions begin."),
            "InputType": text("What Input is; Literal if left out.", "Literal", "FilePath"),
            "Input": text("JSON, or the path of a file with JSON in the input artifact."),
        },
        output_variables=("ExecutionArn", "StateMachineArn"),
        timeout_minutes=7 * 24 * 60,
    ),
)
INPUT_BYTES = 262_144  # AWS's limit of an input
NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
EVERY = (0.2, 0.5, 1.0, 2.0)  # seconds between two looks: soon at first, then seldom
PATIENCE = 120.0  # seconds that the endpoint may be away while it is asked how things are
OUTPUT_FILE = "output.json"
EXPRESS = "StateMachineTypeNotSupported"  # nothing is told of executions of express workflows
SHOWN = 1000  # characters of what a state machine says of its failure


class _Misconfigured(Exception):
    """The action cannot be done as it is configured; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """An execution that was started."""

    work: Work
    client: Any
    arn: str


def perform(work: Work) -> Outcome:
    """Start one execution, named for the action execution, and take its output as the artifact."""
    try:
        name, given = _name(work), _input(work)
        client = endpoints.client(work.site.endpoints, "stepfunctions")
    except (_Misconfigured, endpoints.NoEndpoint, artifacts.ArtifactError) as problem:
        return _failed(work, str(problem), FailureCode.CONFIGURATION_ERROR)
    machine = work.configuration["StateMachineArn"]
    try:
        started = client.start_execution(stateMachineArn=machine, name=name, input=given)
        run = _Run(work=work, client=client, arn=started["executionArn"])
    except (BotoCoreError, ClientError, KeyError) as error:
        return _not_started(work, error)
    say(work, f"Started {run.arn}")
    return _followed(run)


def _name(work: Work) -> str:
    prefix = work.configuration.get("ExecutionNamePrefix", "")
    name = f"{prefix}-{work.action_execution_id}" if prefix else work.action_execution_id
    if not NAME.fullmatch(name):
        raise _Misconfigured(
            f"ExecutionNamePrefix {prefix!r} cannot begin the name of an execution: with it the"
            ' name may have 80 characters, none of them a space, a bracket or <>?*"#%\\^|~`$&,;:/.'
        )
    return name


def _input(work: Work) -> str:
    """The JSON that the state machine starts with."""
    given = work.configuration.get("Input", "")
    is_path = work.configuration.get("InputType") == "FilePath"
    written = _file(work, given) if is_path else given.strip() or "{}"
    if len(written.encode()) > INPUT_BYTES:
        raise _Misconfigured(f"The input is longer than {INPUT_BYTES} bytes.")
    try:
        json.loads(written)
    except (ValueError, RecursionError) as error:
        where = f"The file {given}" if is_path else "Input"
        raise _Misconfigured(f"{where} is not JSON: {error}.") from error
    return written


def _file(work: Work, path: str) -> str:
    if not work.input_artifacts:
        raise _Misconfigured("InputType is FilePath, so the action needs an input artifact.")
    name, zip_file = next(iter(work.input_artifacts.items()))
    inside = str(PurePosixPath(path))
    try:
        with zipfile.ZipFile(zip_file) as archive, archive.open(inside) as file:
            return file.read(INPUT_BYTES + 1).decode()
    except KeyError:
        raise _Misconfigured(f"The input artifact {name} has no file {path!r}.") from None
    except artifacts.UNREADABLE as error:  # a UnicodeDecodeError is one of them
        raise _Misconfigured(
            f"The file {path!r} of the input artifact {name} cannot be read: {error}."
        ) from error


def _followed(run: _Run) -> Outcome:
    """Ask how it is until it has ended, the time is up, or nobody waits any more."""
    work, looks = run.work, 0
    give_up_at = time.monotonic() + work.timeout.total_seconds()
    answered_at = time.monotonic()
    while not work.is_lost() and time.monotonic() < give_up_at:
        try:
            told = run.client.describe_execution(executionArn=run.arn)
            answered_at = time.monotonic()
        except ClientError as error:
            if error.response["Error"]["Code"].endswith(EXPRESS):
                return _succeeded(run, "Started; express workflows do not tell how they end")
            return _ended_badly(run, f"{run.arn} cannot be described: {error}")
        except BotoCoreError as error:
            if time.monotonic() > answered_at + PATIENCE:
                message = f"{run.arn} was not heard of for {PATIENCE:g} seconds: {error}"
                return _ended_badly(run, message, FailureCode.SYSTEM_UNAVAILABLE)
            told = {"status": "RUNNING"}
        if told.get("status") != "RUNNING":
            return _outcome(run, told)
        time.sleep(EVERY[min(looks, len(EVERY) - 1)])
        looks += 1
    minutes = work.timeout.total_seconds() / 60
    return _ended_badly(run, f"{run.arn} did not end within {minutes:g} minutes and goes on")


def _outcome(run: _Run, told: dict[str, Any]) -> Outcome:
    status = told.get("status")
    if status == "SUCCEEDED":
        return _succeeded(run, f"{run.arn} SUCCEEDED", told.get("output"))
    why = ": ".join(filter(None, [told.get("error"), told.get("cause")]))[:SHOWN]
    return _ended_badly(run, f"{run.arn} ended as {status}" + (f": {why}" if why else ""))


def _succeeded(run: _Run, summary: str, output: str | None = None) -> Outcome:
    work = run.work
    made = {}
    for artifact in work.output_artifacts:
        if output is None:
            return _ended_badly(
                run,
                f"The output artifact {artifact.name} cannot be made: the state machine told no"
                " output, as express workflows do not",
                FailureCode.CONFIGURATION_ERROR,
            )
        made[artifact.name] = work.workspace / f"{artifact.name}.zip"
        with zipfile.ZipFile(made[artifact.name], "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(OUTPUT_FILE, output)
    say(work, summary)
    return Succeeded(
        artifacts=made,
        output_variables={
            "StateMachineArn": work.configuration["StateMachineArn"],
            "ExecutionArn": run.arn,
        },
        external_execution_id=run.arn,
        summary=summary,
    )


def _not_started(work: Work, error: Exception) -> Failed:
    """What the endpoint refuses is to be mended in the configuration; silence is not."""
    machine, url = work.configuration["StateMachineArn"], work.site.endpoints.urls["stepfunctions"]
    is_refusal = isinstance(error, ClientError) and _status(error) < 500
    code = FailureCode.CONFIGURATION_ERROR if is_refusal else FailureCode.SYSTEM_UNAVAILABLE
    said = "it told no executionArn" if isinstance(error, KeyError) else str(error)
    return _failed(work, f"{machine} could not be started at {url}: {said}", code)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))


def _ended_badly(run: _Run, message: str, code: FailureCode = FailureCode.JOB_FAILED) -> Failed:
    say(run.work, message)
    return Failed(code=code, message=f"{message}.", external_execution_id=run.arn)


def _failed(work: Work, message: str, code: FailureCode) -> Failed:
    say(work, message)
    return Failed(code=code, message=message)
