"""LambdaInvoke: a function at the endpoint decides; the rule succeeds unless the function fails.

https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-LambdaInvoke.html
"""

import json
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipelines import endpoints
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work
from pipelines.providers.log import say

LONGEST = timedelta(minutes=15)  # no function runs longer
SHOWN = 1000  # characters of what the function says


def perform(work: Work) -> Outcome:
    """Call it once and wait for its answer; `UserParameters` is what it is called with."""
    name = work.configuration["FunctionName"]
    patience = min(work.timeout, LONGEST)
    try:
        client = endpoints.client(
            work.site.endpoints, "lambda", read_timeout=max(1, int(patience.total_seconds()))
        )
    except endpoints.NoEndpoint as problem:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
    try:
        answer = client.invoke(
            FunctionName=name, InvocationType="RequestResponse", Payload=_event(work)
        )
        told = answer["Payload"].read(SHOWN + 1).decode(errors="replace") if _told(answer) else ""
    except ClientError as error:
        return _refused(name, error)
    except (BotoCoreError, OSError) as error:
        return Failed(
            code=FailureCode.SYSTEM_UNAVAILABLE,
            message=f"The function {name} was not reached, or did not answer: {error}",
        )
    say(work, f"The function {name} answered: {told[:SHOWN] or 'nothing'}")
    if kind := answer.get("FunctionError"):
        return Failed(
            code=FailureCode.JOB_FAILED,
            message=f"The function {name} failed ({kind}): {told[:SHOWN]}",
            external_execution_id=_request_id(answer),
        )
    return Succeeded(
        summary=f"The function {name} succeeded.", external_execution_id=_request_id(answer)
    )


def _event(work: Work) -> bytes:
    """UserParameters, which AWS calls key-value pairs: JSON, or a text of its own."""
    given = work.configuration.get("UserParameters", "")
    try:
        event = json.loads(given or "{}")
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        event = {"UserParameters": given}
    return json.dumps(event).encode()


def _told(answer: dict[str, Any]) -> bool:
    return answer.get("Payload") is not None


def _request_id(answer: dict[str, Any]) -> str:
    return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))


def _refused(name: str, error: ClientError) -> Failed:
    told = error.response.get("Error", {})
    return Failed(
        code=FailureCode.CONFIGURATION_ERROR,
        message=f"The function {name} was not called: {told.get('Message') or error}"
        f" ({told.get('Code', 'no code')}).",
    )
