"""CloudWatchAlarm: wait until an alarm at the endpoint is in one of the wanted states.

https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html
"""

import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipelines import endpoints
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work
from pipelines.providers.log import say

STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
USUAL = "OK"  # where AlarmStates is left out
EVERY = (0.2, 1.0, 5.0, 15.0)  # seconds between two looks: soon at first, then seldom
GLANCE = 0.2  # seconds between two looks at whether somebody else has taken the work over


def perform(work: Work) -> Outcome:
    """Look at once, and again until the wait is over; the state at the last look decides."""
    name = work.configuration["AlarmName"]
    wanted, minutes = _wanted(work), work.configuration.get("WaitTime", "0")
    if problem := _problem(wanted, minutes):
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=problem)
    try:
        client = endpoints.client(work.site.endpoints, "cloudwatch")
    except endpoints.NoEndpoint as problem:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
    until = time.monotonic() + int(minutes) * 60
    try:
        return _watched(work, client, wanted, until)
    except ClientError as error:
        told = error.response.get("Error", {}).get("Message") or error
        return Failed(
            code=FailureCode.CONFIGURATION_ERROR,
            message=f"The alarm {name} could not be looked at: {told}",
        )
    except BotoCoreError as error:
        return Failed(
            code=FailureCode.SYSTEM_UNAVAILABLE,
            message=f"The alarm {name} could not be looked at: {error}",
        )


def _wanted(work: Work) -> tuple[str, ...]:
    given = work.configuration.get("AlarmStates", USUAL)
    return tuple(state.strip() for state in given.split(","))


def _problem(wanted: tuple[str, ...], minutes: str) -> str:
    if unknown := [state for state in wanted if state not in STATES]:
        return f"AlarmStates has {unknown[0]!r}; the states are {', '.join(STATES)}."
    if not (minutes.isascii() and minutes.isdigit()):
        return f"WaitTime is a number of minutes, not {minutes!r}."
    return ""


def _watched(work: Work, client: Any, wanted: tuple[str, ...], until: float) -> Outcome:
    """Raises ClientError and BotoCoreError."""
    name, looks, before = work.configuration["AlarmName"], 0, ""
    while True:
        state = _state(client, name)
        if state is None:
            return Failed(
                code=FailureCode.CONFIGURATION_ERROR,
                message=f"There is no alarm {name} at the endpoint. Correct AlarmName.",
            )
        if state != before:
            say(work, f"The alarm {name} is {state}")
            before = state
        if state in wanted:
            return Succeeded(summary=f"The alarm {name} is {state}.")
        pause = EVERY[min(looks, len(EVERY) - 1)]
        if time.monotonic() + pause > until or not _waited(work, pause):
            return Failed(
                code=FailureCode.JOB_FAILED,
                message=f"The alarm {name} is {state}, and not {' or '.join(wanted)}.",
            )
        looks += 1


def _state(client: Any, name: str) -> str | None:
    """None when there is no such alarm."""
    found = client.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return str(alarms[0]["StateValue"]) if alarms else None


def _waited(work: Work, seconds: float) -> bool:
    """False when the work was lost meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if work.is_lost():
            return False
        time.sleep(min(GLANCE, seconds))
    return True
