"""Driving the engine by hand: no Celery, no provider, every step one call."""

from uuid import UUID

from pipelines import definitions, engine, executions
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import ActionExecution, Event, PipelineExecution, StageExecution
from tests.definitions import definition

ALICE = "arn:aws:iam::123456789012:user/alice"


class EngineRoom:
    """One pipeline and the levers that move it; `settle` is what the workers would do."""

    def __init__(self):
        self.woken: list[int] = []
        self.pipeline = None

    def wake(self, pipeline_id):
        self.woken.append(pipeline_id)

    def create(self, *, stages, name="website"):
        self.pipeline = definitions.create(definition(name, stages=stages), by=ALICE)
        self.settle()
        return self.pipeline.executions.get()

    def start(self):
        execution = executions.start(
            self.pipeline.name, trigger_type="StartPipelineExecution", trigger_detail=ALICE
        )
        self.settle()
        return self.again(execution)

    def settle(self):
        """Let the engine work until every woken pipeline is quiet."""
        while self.woken:
            engine.run(self.woken.pop())

    def succeed(self, action_name, **left_behind):
        return self._end(action_name, ActionResult(status=ActionStatus.SUCCEEDED, **left_behind))

    def fail(self, action_name):
        return self._end(
            action_name,
            ActionResult(status=ActionStatus.FAILED, error_code="JobFailed", error_message="No."),
        )

    def _end(self, action_name, result):
        action = self.live(action_name)
        return engine.finish(self.pipeline.pk, action.pk, result).counted

    def stop(self, execution, mode=StopMode.WAIT, **how):
        """Ask for a stop, and leave it to `settle` to have it carried out."""
        executions.stop(self.pipeline.name, execution.id, mode=mode, by=ALICE, **how)

    def live(self, action_name):
        return ActionExecution.objects.get(action_name=action_name, status=ActionStatus.IN_PROGRESS)

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

    def again(self, execution):
        return PipelineExecution.objects.select_related("occupied").get(pk=execution.pk)


def uuid_of_nothing():
    return UUID("00000000-0000-4000-8000-000000000000")
