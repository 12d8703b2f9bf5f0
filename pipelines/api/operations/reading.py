"""What is read of a pipeline's state and of its executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from pipelines import finding
from pipelines.api import history, paging
from pipelines.api.history import Among
from pipelines.api.rendering import actions, executions, rules, states
from pipelines.api.state import state_of
from pipelines.api.unchanged import answers
from pipelines.core.refusals import InvalidRequest
from pipelines.models.pipelines import plan_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipelines.core.plan import PipelinePlan
    from pipelines.core.rights import Caller
    from pipelines.models import ActionExecution, Pipeline

Filter = dict[str, Any]


def get_pipeline_state(*, by: Caller, name: str) -> dict[str, Any]:
    """API_GetPipelineState, spec/stop.md §4."""
    pipeline = finding.pipeline(name)
    return answers.to(
        "GetPipelineState",
        about=pipeline,
        find=lambda: states.pipeline_state(state_of(name)),
    )


def get_pipeline_execution(
    *, by: Caller, pipeline_name: str, pipeline_execution_id: str
) -> dict[str, Any]:
    """API_GetPipelineExecution."""
    pipeline = finding.pipeline(pipeline_name)
    execution = finding.execution(pipeline, UUID(pipeline_execution_id))
    return {"pipelineExecution": executions.pipeline_execution(execution)}


def list_pipeline_executions(
    *,
    by: Caller,
    pipeline_name: str,
    max_results: int = paging.LARGEST,
    filter: Filter | None = None,  # noqa: A002 - AWS's name
    next_token: str | None = None,
) -> dict[str, Any]:
    """API_ListPipelineExecutions: newest first."""
    pipeline = finding.pipeline(pipeline_name)
    of = _list("ListPipelineExecutions", pipeline, filter)
    after, succeeded_in = paging.read_token(next_token, of=of), _succeeded_in(filter or {})

    def find() -> dict[str, Any]:
        found = history.executions(
            pipeline, after=after, succeeded_in=succeeded_in, most=max_results + 1
        )
        page, more = paging.cut(found, max_results, of=of, position=history.position_of_execution)
        return {"pipelineExecutionSummaries": [executions.summary(each) for each in page], **more}

    # What is listed ends with the months that are listed, whether anything changes or not.
    today = timezone.now().date()
    question = "ListPipelineExecutions", today, str(after), succeeded_in, max_results
    return answers.to(question, about=pipeline, find=find)


def list_action_executions(
    *,
    by: Caller,
    pipeline_name: str,
    max_results: int = paging.LARGEST,
    filter: Filter | None = None,  # noqa: A002 - AWS's name
    next_token: str | None = None,
) -> dict[str, Any]:
    """API_ListActionExecutions: newest first."""
    pipeline = finding.pipeline(pipeline_name)
    asked = Asked("ListActionExecutions", pipeline, filter or {}, max_results, next_token)
    details, more = _page(asked, history.action_executions, actions.detail)
    return {"actionExecutionDetails": details, **more}


def list_rule_executions(
    *,
    by: Caller,
    pipeline_name: str,
    max_results: int = paging.LARGEST,
    filter: Filter | None = None,  # noqa: A002 - AWS's name
    next_token: str | None = None,
) -> dict[str, Any]:
    """API_ListRuleExecutions: newest first."""
    pipeline = finding.pipeline(pipeline_name)
    asked = Asked("ListRuleExecutions", pipeline, filter or {}, max_results, next_token)
    details, more = _page(asked, history.rule_executions, rules.detail)
    return {"ruleExecutionDetails": details, **more}


class Asked(NamedTuple):
    """A page of what has run in a pipeline."""

    operation: str
    pipeline: Pipeline
    filter: Filter
    max_results: int
    next_token: str | None


def _page(
    asked: Asked,
    runs: Callable[..., list[ActionExecution]],
    detail: Callable[[ActionExecution, PipelinePlan], Filter],
) -> tuple[list[Filter], dict[str, str]]:
    pipeline, most = asked.pipeline, asked.max_results
    of = _list(asked.operation, pipeline, asked.filter)
    among = _among(pipeline, asked.filter)
    after = paging.read_token(asked.next_token, of=of)
    found = runs(pipeline, among, after=after, most=most + 1)
    page, more = paging.cut(found, most, of=of, position=history.position_of_action)
    plans = plan_of.of_all(pipeline.pk, {run.execution.version for run in page})
    return [detail(run, plans[run.execution.version]) for run in page], more


def _list(operation: str, pipeline: Pipeline, chosen: Filter | None) -> Mapping[str, object]:
    """What a token is of; by its id, so that a pipeline of the same name later is another."""
    return {"operation": operation, "pipeline": pipeline.pk, "filter": chosen or {}}


def _succeeded_in(chosen: Filter) -> str | None:
    """The stage of filter.succeededInStage; without its name there is nothing to filter by."""
    if "succeededInStage" not in chosen:
        return None
    if "stageName" not in chosen["succeededInStage"]:
        raise InvalidRequest(
            "1 validation error detected: Value at 'filter.succeededInStage.stageName' failed to"
            " satisfy constraint: Member must not be null"
        )
    return str(chosen["succeededInStage"]["stageName"])


def _among(pipeline: Pipeline, chosen: Filter) -> Among:
    """Raises ExecutionNotFound."""
    latest, id_ = chosen.get("latestInPipelineExecution"), chosen.get("pipelineExecutionId")
    if latest and id_:
        raise InvalidRequest(
            "The filter can have either pipelineExecutionId or latestInPipelineExecution, not both."
        )
    if latest:
        execution = finding.execution(pipeline, UUID(latest["pipelineExecutionId"]))
        return Among(execution, latest_attempt_only=latest["startTimeRange"] == "Latest")
    return Among(finding.execution(pipeline, UUID(id_))) if id_ else Among()
