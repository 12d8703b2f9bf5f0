"""Invoke a pipeline: start another one, with variables and source revisions of this one's choice.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html
"""

import json
from collections.abc import Sequence

from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import resource, text
from pipelines.core.refusals import Conflict, InvalidRequest, Refusal
from pipelines.core.source_overrides import RevisionType, SourceOverride
from pipelines.core.statuses import FailureCode
from pipelines.core.variables import by_name
from pipelines.providers.contract import Failed, Outcome, PipelineStart, Succeeded, Work
from pipelines.providers.log import say

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Invoke", "AWS", "CodePipeline", "1"),
        label="AWS CodePipeline",
        input_artifacts=range(1),
        output_artifacts=range(1),
        configuration={
            "PipelineName": resource("The pipeline to start."),
            "SourceRevisions": text("A JSON array of the revisions that it starts with."),
            "Variables": text("A JSON array of the variables that it starts with."),
        },
        needs_v2=True,
    ),
)
VARIABLE = ("name", "value")
REVISION = ("actionName", "revisionType", "revisionValue")


def perform(work: Work) -> Outcome:
    """Start the pipeline; the action has succeeded when that has, and waits for nothing."""
    name = work.configuration["PipelineName"]
    try:
        asked = PipelineStart(
            action_execution_id=work.action_execution_id,
            pipeline_name=name,
            variables=_variables(work),
            source_overrides=_overrides(work),
        )
        execution_id = work.site.start_pipeline(asked)
    except Conflict as refusal:
        told = f"The pipeline {name} could not be started: {refusal.message}"
        return Failed(code=FailureCode.SYSTEM_UNAVAILABLE, message=told)
    except Refusal as refusal:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=refusal.message)
    say(work, f"Started execution {execution_id} of the pipeline {name}")
    base = f"{work.site.url}/codesuite/codepipeline/pipelines/{name}/executions/{execution_id}"
    return Succeeded(
        external_execution_id=execution_id,
        external_execution_url=f"{base}/timeline",
        summary=f"Started execution {execution_id} of the pipeline {name}",
    )


def _variables(work: Work) -> dict[str, str]:
    given = _objects(work, "Variables", VARIABLE)
    return by_name((each["name"], each["value"]) for each in given)


def _overrides(work: Work) -> tuple[SourceOverride, ...]:
    return tuple(
        SourceOverride(each["actionName"], _type(each["revisionType"]), each["revisionValue"])
        for each in _objects(work, "SourceRevisions", REVISION)
    )


def _type(name: str) -> RevisionType:
    try:
        return RevisionType(name)
    except ValueError:
        known = ", ".join(RevisionType)
        raise InvalidRequest(
            f"SourceRevisions: the revisionType {name!r} is none of {known}."
        ) from None


def _objects(work: Work, key: str, members: Sequence[str]) -> list[dict[str, str]]:
    """A JSON array of objects of these members, each a text.  Raises InvalidRequest."""
    written = work.configuration.get(key, "")
    if not written.strip():
        return []
    example = json.dumps([dict.fromkeys(members, "…")], ensure_ascii=False)
    try:
        given = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{key} is not JSON ({error}); write it as {example}.") from error
    if not isinstance(given, list) or not all(_is_one(each, members) for each in given):
        raise InvalidRequest(f"{key} has to be a JSON array such as {example}.")
    return given


def _is_one(given: object, members: Sequence[str]) -> bool:
    return (
        isinstance(given, dict)
        and given.keys() == set(members)
        and all(isinstance(value, str) for value in given.values())
    )
