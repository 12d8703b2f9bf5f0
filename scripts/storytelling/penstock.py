"""The same story through boto3: every action is a job, and every rule the call of a function,
which end when the story says so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from exploring.moves import Lost, Override, Result
from exploring.small import ORDER, TRANSITION

from pipelines.core.action_types import ActionTypeId, Category
from pipelines.core.statuses import ActionStatus, ConditionKind, RetryMode, StageResult, StopMode
from pipelines.patience import BUSY
from storytelling import functions
from storytelling.prediction import Place, Standing
from tests.definitions import action, definition, rule, stage, when

if TYPE_CHECKING:
    from exploring.moves import Move

    from pipelines.core.plan import ActionPlan, PipelinePlan, StagePlan
    from pipelines.core.statuses import ExecutionMode
    from storytelling.functions import Functions
    from tests.definitions import Definition

WITHIN = 90.0  # seconds until Penstock has to be where the rules are
PROVIDER, KEY = "Story", "Script"
CATEGORIES = {name: Category.SOURCE if name == ORDER[0] else Category.BUILD for name in ORDER}
CONDITION_TYPES = {
    ConditionKind.BEFORE_ENTRY: "BEFORE_ENTRY",
    ConditionKind.ON_SUCCESS: "ON_SUCCESS",
}


def declare_types(client: Any) -> None:
    """The two custom action types that all stories share, unless they are there."""
    for category, outputs in (("Source", 1), ("Build", 0)):
        properties = [
            {"name": KEY, "required": True, "key": True, "secret": False, "queryable": True}
        ]
        pages = client.get_paginator("list_action_types").paginate(actionOwnerFilter="Custom")
        known = [each["id"] for page in pages for each in page["actionTypes"]]
        if any((each["category"], each["provider"]) == (category, PROVIDER) for each in known):
            continue
        client.create_custom_action_type(
            category=category,
            provider=PROVIDER,
            version="1",
            configurationProperties=properties,
            inputArtifactDetails={"minimumCount": 0, "maximumCount": 0},
            outputArtifactDetails={"minimumCount": outputs, "maximumCount": outputs},
        )


def patient(client: Any) -> Any:
    """The client, which tries again when the pipeline is busy, as the answer asks for."""
    client.meta.events.register("needs-retry.codepipeline", _pause_if_busy)
    return client


def _pause_if_busy(response: Any, **_: object) -> float | None:
    """Seconds until it is tried again; botocore's way to ask for that."""
    answer = response[1] if response else {}
    return 0.2 if answer.get("Error", {}).get("Message") == BUSY else None


def forget_types(client: Any) -> None:
    for category in ("Source", "Build"):
        client.delete_custom_action_type(category=category, provider=PROVIDER, version="1")


class Told:
    """One pipeline of a running Penstock."""

    def __init__(
        self,
        client: Any,
        name: str,
        mode: ExecutionMode,
        plan: PipelinePlan,
        functions: Functions,
    ) -> None:
        self.client, self.name, self.mode, self.plan = client, name, mode, plan
        self.functions = functions
        self.ids: list[str] = []  # of the executions, in the order of starting
        self.jobs: dict[str, str] = {}  # action execution -> the job that was taken for it
        self.live: dict[tuple[str, str], str] = {}  # (execution, action) -> action execution

    def create(self) -> None:
        """Which starts the first execution."""
        self.client.create_pipeline(pipeline=self._definition())
        self._wait_for_first()

    def delete(self) -> None:
        self.client.delete_pipeline(name=self.name)
        self.functions.forget(self.ids)

    def start(self) -> None:
        answer = self.client.start_pipeline_execution(name=self.name)
        self.ids.append(answer["pipelineExecutionId"])

    def turn_transition(self, *, is_closed: bool) -> None:
        where = {
            "pipelineName": self.name,
            "stageName": TRANSITION,
            "transitionType": "Inbound",
        }
        if is_closed:
            self.client.enable_stage_transition(**where)
        else:
            self.client.disable_stage_transition(**where, reason="The story says so.")

    def make(self, move: Move) -> None:
        execution = self.ids[move.behind.sequence - 1]
        match move.what:
            case StopMode() as mode:
                self.client.stop_pipeline_execution(
                    pipelineName=self.name,
                    pipelineExecutionId=execution,
                    abandon=mode is StopMode.ABANDON,
                )
            case RetryMode() as retry_mode:
                self.client.retry_stage_execution(
                    pipelineName=self.name,
                    stageName=move.behind.stay.stage,
                    pipelineExecutionId=execution,
                    retryMode=str(retry_mode),
                )
            case Result(name) as result if (execution, name) in self.live:
                self._end(self._job(execution, name), result.status)
            case Result() as result:
                self._decide(execution, result)
            case Override(kind):
                self.client.override_stage_condition(
                    pipelineName=self.name,
                    stageName=move.behind.stay.stage,
                    pipelineExecutionId=execution,
                    conditionType=CONDITION_TYPES[kind],
                )
            case Lost():
                raise NotImplementedError("Job workers are only late.")

    @property
    def over(self) -> list[str]:
        """The jobs that were taken, and whose actions have ended since."""
        live = set(self.live.values())
        return [job for action, job in self.jobs.items() if action not in live]

    def is_late(self, job: str) -> bool:
        """Whether a result for it is refused, as one that comes too late has to be."""
        try:
            self._end(job, ActionStatus.SUCCEEDED)
        except self.client.exceptions.InvalidJobStateException:
            return True
        return False

    def state(self) -> list[Standing]:
        """As `Prediction.state`."""
        listed = self.client.list_pipeline_executions(pipelineName=self.name)
        statuses = {
            each["pipelineExecutionId"]: each["status"]
            for each in listed["pipelineExecutionSummaries"]
        }
        actions, rules = self._actions(), self._rules()
        return [Standing(statuses[id_], actions[id_], rules[id_]) for id_ in self.ids]

    def stages(self) -> dict[str, Place]:
        """As `Prediction.stages`."""
        state = self.client.get_pipeline_state(name=self.name)
        return {
            each["stageName"]: self._place(each)
            for each in state["stageStates"]
            if each.get("latestExecution")
        }

    def _place(self, stage: dict[str, Any]) -> Place:
        latest = stage["latestExecution"]
        conditions = {
            str(kind): stage[f"{kind}ConditionState"]["latestExecution"]["status"]
            for kind in ConditionKind
            if "latestExecution" in stage.get(f"{kind}ConditionState", {})
        }
        sequence = self.ids.index(latest["pipelineExecutionId"]) + 1
        return Place(sequence, latest["status"], conditions)

    def _actions(self) -> dict[str, dict[str, str]]:
        """The newest status of each action of each execution."""
        newest: dict[str, dict[str, str]] = {id_: {} for id_ in self.ids}
        self.live = {}
        pages = self.client.get_paginator("list_action_executions").paginate(pipelineName=self.name)
        for page in pages:
            for run in page["actionExecutionDetails"]:
                where = run["pipelineExecutionId"], run["actionName"]
                newest[where[0]].setdefault(where[1], run["status"])
                if run["status"] == ActionStatus.IN_PROGRESS:
                    self.live[where] = run["actionExecutionId"]
        return newest

    def _rules(self) -> dict[str, dict[str, str]]:
        """That of each rule; who has called for one that is over is let go.

        A rule is there before it calls: who waited before the list was read, and whose rule is not
        live in it, has been given up.
        """
        newest: dict[str, dict[str, str]] = {id_: {} for id_ in self.ids}
        if not any(stage.conditions for stage in self.plan.stages):
            return newest
        waiting = self.functions.waiting(self.ids)
        pages = self.client.get_paginator("list_rule_executions").paginate(pipelineName=self.name)
        for page in pages:
            for run in page["ruleExecutionDetails"]:
                newest[run["pipelineExecutionId"]].setdefault(run["ruleName"], run["status"])
        given_up = [
            call
            for call in waiting
            if newest[call.execution].get(call.rule) != ActionStatus.IN_PROGRESS
        ]
        self.functions.answer(given_up, functions.PASSED)
        return newest

    def _decide(self, execution: str, result: Result) -> None:
        """Answer the rule that is live, once it has called."""
        answer = functions.NOT_THERE if result.is_error else functions.ANSWERS[result.status]
        give_up = time.monotonic() + WITHIN
        while self._rules()[execution].get(result.action) == ActionStatus.IN_PROGRESS:
            calls = self.functions.waiting([execution])
            self.functions.answer([c for c in calls if c.rule == result.action], answer)
            if time.monotonic() > give_up:
                raise TimeoutError(f"{result.action} of {execution} has not called.")

    def _job(self, execution: str, action: str) -> str:
        """The job of the action that is live, taken now if it was not before."""
        run, give_up = self.live[execution, action], time.monotonic() + WITHIN
        while run not in self.jobs:
            self._take_jobs()
            if time.monotonic() > give_up:
                raise TimeoutError(f"No job for {action} of {execution}.")
        return self.jobs[run]

    def _take_jobs(self) -> None:
        for category in ("Source", "Build"):
            type_id = {
                "category": category,
                "owner": "Custom",
                "provider": PROVIDER,
                "version": "1",
            }
            polled = self.client.poll_for_jobs(
                actionTypeId=type_id, maxBatchSize=10, queryParam={KEY: self.name}
            )
            for job in polled["jobs"]:
                self.client.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
                run = job["data"]["pipelineContext"]["action"]["actionExecutionId"]
                self.jobs[run] = job["id"]

    def _end(self, job: str, status: ActionStatus) -> None:
        if status is ActionStatus.SUCCEEDED:
            self.client.put_job_success_result(jobId=job)
        else:
            details = {"type": "JobFailed", "message": "The story says so."}
            self.client.put_job_failure_result(jobId=job, failureDetails=details)

    def _wait_for_first(self) -> None:
        listed = self.client.list_pipeline_executions(pipelineName=self.name)
        (first,) = listed["pipelineExecutionSummaries"]
        self.ids.append(first["pipelineExecutionId"])

    def _definition(self) -> Definition:
        stages = [self._stage(stage) for stage in self.plan.stages]
        mode = str(self.mode)
        return definition(self.name, stages=stages, pipeline_type="V2", execution_mode=mode)

    def _stage(self, plan: StagePlan) -> Definition:
        actions = [self._action(plan.name, action) for action in plan.actions]
        guards = {
            str(kind): when(str(condition.result), *map(_rule, condition.rules))
            for kind, condition in plan.conditions.items()
        }
        if plan.on_failure is StageResult.RETRY:
            guards[str(ConditionKind.ON_FAILURE)] = {
                "result": str(plan.on_failure),
                "retryConfiguration": {"retryMode": str(plan.retry_mode)},
            }
        return stage(plan.name, *actions, **guards)

    def _action(self, stage_name: str, plan: ActionPlan) -> Definition:
        category = CATEGORIES[stage_name]
        return action(
            plan.name,
            ActionTypeId(category, "Custom", PROVIDER, "1"),
            outputs=[f"{plan.name}ed"] if category is Category.SOURCE else [],
            run_order=plan.run_order,
            configuration={KEY: self.name},
        )


def _rule(plan: ActionPlan) -> Definition:
    told = functions.CALLED_WITH.format(rule=plan.name)
    configuration = {"FunctionName": functions.NAME, "UserParameters": told}
    return rule("LambdaInvoke", plan.name, configuration=configuration)
