"""Invoke AWS Lambda: hand a job to a function, which reports on it by itself.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
A function is an address that is registered here, or one of a service of Lambda's kind.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)

from pipelines import endpoints, posting
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import resource, text
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Waiting, Work
from pipelines.providers.log import say

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Invoke", "AWS", "Lambda", "1"),
        label="AWS Lambda",
        input_artifacts=range(6),
        output_artifacts=range(6),
        configuration={
            "FunctionName": resource("The name of the function."),
            "UserParameters": text("A text that the function gets with its event."),
        },
        timeout_minutes=24 * 60,
    ),
)
LONGEST = 900.0  # seconds that a function of Lambda may take; it may report all the same
LOOK_EVERY = 0.2
SHOWN = 500  # characters of what a function says of its failure
DENIED = frozenset({"AccessDeniedException", "UnrecognizedClientException"})
UNKNOWN = frozenset({"ResourceNotFoundException", "InvalidParameterValueException"})


class _Refused(Exception):
    """The function did not take the job; the message says why."""

    def __init__(self, message: str, code: FailureCode = FailureCode.JOB_FAILED) -> None:
        super().__init__(message)
        self.code = code


def perform(work: Work) -> Outcome:
    """Invoke the function once; what it reports with PutJob…Result ends the action, not this."""
    name = work.configuration["FunctionName"]
    call = _call(work, name)
    if call is None:
        return Failed(
            code=FailureCode.CONFIGURATION_ERROR,
            message=f"There is no function {name}. Register its address at {work.site.url}"
            f"/codesuite/lambda/functions, or set {endpoints.variable_of('lambda')} where it is one"
            " of another Lambda.",
        )
    event = work.begin_job()
    say(work, f"Invoking {name} with job {event['CodePipeline.job']['id']}")
    try:
        _wait_for(work, lambda: call(event))
    except _Refused as refusal:
        message = f"The function {name} could not be invoked: {refusal}"
        say(work, message)
        return Failed(code=refusal.code, message=message)
    say(work, "Invoked; the function reports the result of the job by itself")
    return Waiting()


def _call(work: Work, name: str) -> Callable[[Mapping[str, Any]], None] | None:
    """What invokes the function; an address that is registered here comes first."""
    if url := work.site.function_url(name):
        return lambda event: _post(url, event)
    if work.site.endpoints.has("lambda"):
        return lambda event: _invoke(work, name, event)
    return None


def _wait_for(work: Work, call: Callable[[], None]) -> None:
    """Until the function has answered, has had its time, or nobody waits.  Raises _Refused."""
    problems: list[Exception] = []

    def run() -> None:
        try:
            call()
        except Exception as problem:  # noqa: BLE001 - raised below, in the thread that waits
            problems.append(problem)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    give_up_at = time.monotonic() + LONGEST
    while thread.is_alive() and not work.is_lost() and time.monotonic() < give_up_at:
        thread.join(LOOK_EVERY)
    if problems:
        raise problems[0]


def _post(url: str, event: Mapping[str, Any]) -> None:
    body, began_at = json.dumps(event).encode(), time.monotonic()
    headers = {"Content-Type": "application/json", "User-Agent": "Penstock"}
    try:
        answer = posting.send("POST", url, body=body, headers=headers, seconds=LONGEST)
    except posting.NotSent as problem:
        if time.monotonic() - began_at >= LONGEST:
            return
        raise _Refused(str(problem), FailureCode.SYSTEM_UNAVAILABLE) from problem
    if not answer.is_success:
        said = answer.body.decode(errors="replace").strip()[:SHOWN]
        raise _Refused(f"it answered with status {answer.status}" + (f": {said}" if said else "."))


def _invoke(work: Work, name: str, event: Mapping[str, Any]) -> None:
    client = endpoints.client(
        work.site.endpoints, "lambda", read_timeout=round(LONGEST), attempts=1
    )
    try:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        failed, said = answer.get("FunctionError"), answer["Payload"].read(posting.READ)
    except ReadTimeoutError:
        return
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        raise _Refused(str(error), _code(code)) from error
    except (BotoCoreError, ConnectionClosedError, KeyError, OSError) as error:
        raise _Refused(str(error), FailureCode.SYSTEM_UNAVAILABLE) from error
    if failed:
        told = said.decode(errors="replace")[:SHOWN]
        raise _Refused(f"it ended with the error {failed}: {told}")


def _code(said: str) -> FailureCode:
    if said in DENIED:
        return FailureCode.PERMISSION_ERROR
    return FailureCode.CONFIGURATION_ERROR if said in UNKNOWN else FailureCode.JOB_FAILED
