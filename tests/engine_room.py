"""Driving the engine by hand: no Celery, no provider, every step one call."""

from typing import Any
from uuid import UUID

from pipelines import approvals, definitions, engine, executions, stages, transitions
from pipelines.api.unchanged import answers
from pipelines.approvals import ApprovalStatus
from pipelines.core.results import ActionResult
from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import ActionStatus, RetryMode, StopMode
from pipelines.models import (
    ActionExecution,
    ConditionExecution,
    CustomActionType,
    Event,
    Job,
    Lease,
    Pipeline,
    PipelineExecution,
    PipelineVersion,
    Stage,
    StageExecution,
    StopRequest,
    UsedRevision,
)
from pipelines.models.pipelines import plan_of
from tests.definitions import definition

ALICE = Caller(arn="arn:aws:iam::123456789012:user/alice", roles=frozenset(Role))


class EngineRoom:
    """One pipeline and the levers that move it; `settle` is what the workers would do."""

    def __init__(self):
        self.woken: list[tuple[int, UUID | None]] = []
        self.pipeline: Any = None
        plan_of.cache_clear()  # the pipelines of other tests had the same ids
        answers.cache_clear()

    def wake(self, pipeline_id, alone=None):
        self.woken.append((pipeline_id, alone))

    def create(self, *, stages, name="website", **members):
        self.pipeline = definitions.create(definition(name, stages=stages, **members), by=ALICE)
        self.settle()
        return self.pipeline.executions.get()

    def start(self):
        execution = executions.start(
            self.pipeline.name, trigger_type="StartPipelineExecution", trigger_detail=ALICE.arn
        )
        self.settle()
        return self.again(execution)

    def settle(self):
        """Let the engine work until every woken pipeline is quiet."""
        while self.woken:
            engine.run(*self.woken.pop())

    def fetch(self):
        """Have the source action that the builders make succeed."""
        self.succeed("Fetch", artifacts={"Code": "website/Code/abcdefg"})

    def succeed(self, action_name, **left_behind):
        return self._end(action_name, ActionResult(status=ActionStatus.SUCCEEDED, **left_behind))

    def fail(self, action_name):
        return self._end(
            action_name,
            ActionResult(status=ActionStatus.FAILED, error_code="JobFailed", error_message="No."),
        )

    def _end(self, action_name, result):
        return engine.finish(self.live(action_name), result).counted

    def stop(self, execution, mode=StopMode.WAIT, **how):
        """Ask for a stop, and leave it to `settle` to have it carried out."""
        executions.stop(self.pipeline.name, execution.id, mode=mode, by=ALICE, **how)

    def retry(self, execution, stage_name, mode=RetryMode.FAILED_ACTIONS):
        """Ask for a retry, and leave it to `settle` to have it carried out."""
        stages.retry(self.pipeline.name, stage_name, execution.id, mode=mode, by=ALICE)

    def answer(self, approval, status=ApprovalStatus.APPROVED, *, token=None, summary=""):
        """Answer an approval action execution, and leave the rest to `settle`."""
        return approvals.answer(
            self.pipeline.name,
            (approval.stage_name, approval.action_name),
            token=approval.token if token is None else token,
            status=status,
            summary=summary,
            by=ALICE,
        )

    def update(self, *, stages, **members):
        """Store another version, and leave its consequences to `settle`."""
        return definitions.update(
            definition(self.pipeline.name, stages=stages, **members), by=ALICE
        )

    def disable(self, stage_name, **how):
        transitions.disable(
            self.pipeline.name, stage_name, **{"reason": "Wait", "by": ALICE, **how}
        )

    def enable(self, stage_name, **how):
        """Enable a transition, and leave it to `settle` to let somebody through."""
        transitions.enable(self.pipeline.name, stage_name, by=ALICE, **how)

    def live(self, action_name):
        return ActionExecution.objects.get(action_name=action_name, status=ActionStatus.IN_PROGRESS)

    def latest(self, action_name):
        """The newest action execution of that name, whatever became of it."""
        return ActionExecution.objects.filter(action_name=action_name).latest("started_at")

    def stage(self, stage_name):
        return Stage.objects.get(pipeline=self.pipeline, name=stage_name)

    def status(self, execution):
        return PipelineExecution.objects.get(pk=execution.pk).status

    def stage_status(self, execution, stage_name):
        return StageExecution.objects.get(execution=execution, stage_name=stage_name).status

    def action_statuses(self, execution):
        """Action name -> status of its latest execution; no key for what never started."""
        latest = execution.action_executions.filter(is_latest=True)
        return dict(latest.values_list("action_name", "status"))

    def events(self, execution):
        """What was told of the execution, in order: ("stage Build", "STOPPING")."""
        rows = Event.objects.filter(execution=execution).order_by("id")
        return [
            (" ".join(filter(None, [e.level, e.action_name or e.stage_name])), e.state)
            for e in rows
        ]

    def digest(self):
        """Every row there is, in one value that can be compared."""
        return [
            sorted(model.objects.values_list(), key=repr)
            for model in (
                *(Pipeline, PipelineVersion, Stage, PipelineExecution, StageExecution),
                *(
                    ConditionExecution,
                    ActionExecution,
                    Lease,
                    StopRequest,
                    Event,
                    UsedRevision,
                    Job,
                    CustomActionType,
                ),
            )
        ]

    def again(self, execution):
        return PipelineExecution.objects.select_related("occupied").get(pk=execution.pk)


def uuid_of_nothing():
    return UUID("00000000-0000-4000-8000-000000000000")
