"""A small world: three executions of a pipeline with three stages of two actions each.

Everything in it is a plain immutable value, so that states can be compared.  Times are abstracted:
nothing has a deadline, but whoever does the work of an action may be lost at any moment.  What a
retry has set aside, and what ran in stages that are passed, is forgotten: nothing depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from pipelines.core.action_types import ActionTypeId, Category
from pipelines.core.changes import (
    AbandonAction,
    Change,
    EnterStage,
    FailAction,
    FinishExecution,
    LeaveStage,
    StartAction,
    WaitFor,
)
from pipelines.core.facts import ActionFacts, ExecutionFacts, PipelineFacts
from pipelines.core.plan import ActionPlan, PipelinePlan, StagePlan
from pipelines.core.statuses import (
    ActionStatus,
    ExecutionMode,
    ExecutionStatus,
    ExecutionType,
    StageStatus,
    StopMode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

EXECUTIONS = 3
TRANSITION = "Build"  # the stage behind the one transition that is disabled and enabled
NOTHING = ActionTypeId(Category.COMPUTE, "AWS", "Commands", "1")


def _stage(name: str, **run_orders: int) -> StagePlan:
    actions = (
        ActionPlan(name=action, type_id=NOTHING, run_order=order)
        for action, order in run_orders.items()
    )
    return StagePlan(name=name, actions=tuple(actions))


PLAN = PipelinePlan(
    stages=(
        _stage("Source", Fetch=1, Pull=1),
        _stage("Build", Compile=1, Test=2),
        _stage("Deploy", Ship=1, Tell=1),
    )
)
ORDER = tuple(stage.name for stage in PLAN.stages)


class Run(NamedTuple):
    """The latest run of an action."""

    name: str
    attempt: int
    status: ActionStatus = ActionStatus.IN_PROGRESS
    is_lost: bool = False

    @property
    def id(self) -> tuple[str, int]:
        return self.name, self.attempt


class Stay(NamedTuple):
    """An execution in a stage."""

    stage: str
    status: StageStatus = StageStatus.IN_PROGRESS
    latest: tuple[Run, ...] = ()


class Execution(NamedTuple):
    """A pipeline execution, with all that anything depends on."""

    sequence: int
    mode: ExecutionMode
    status: ExecutionStatus = ExecutionStatus.IN_PROGRESS
    stop: StopMode | None = None
    waits_for: str | None = ORDER[0]
    occupies: str | None = None
    attempt: int = 1
    passage: tuple[Stay, ...] = ()

    @property
    def type(self) -> ExecutionType:
        return ExecutionType.STANDARD

    @property
    def is_cancelled(self) -> bool:
        return False  # the pipeline is never updated here

    @property
    def id(self) -> UUID:
        return UUID(int=self.sequence)

    @property
    def stay(self) -> Stay:
        return self.passage[-1]

    def with_stay(self, **changed: Any) -> Execution:
        """The last stay, changed; what else is changed follows by `_replace`."""
        return self._replace(passage=(*self.passage[:-1], self.stay._replace(**changed)))

    def with_run(self, name: str, **changed: Any) -> Execution:
        """A run of the last stay, changed.  Who worked on what has ended does not matter."""
        runs = [run._replace(**changed) if run.name == name else run for run in self.stay.latest]
        return self.with_stay(latest=tuple(map(_without_what_is_past, runs)))


def _without_what_is_past(run: Run) -> Run:
    return run if run.status is ActionStatus.IN_PROGRESS else run._replace(is_lost=False)


def facts_of(execution: Execution) -> ExecutionFacts:
    runs = execution.stay.latest if execution.occupies else ()
    return ExecutionFacts(
        id=execution.id,
        sequence=execution.sequence,
        plan=PLAN,
        mode=execution.mode,
        status=execution.status,
        stop=execution.stop,
        occupies=execution.occupies,
        waits_for=execution.waits_for,
        actions=tuple(
            ActionFacts(name=run.name, status=run.status, is_lost=run.is_lost) for run in runs
        ),
    )


def pipeline_of(executions: Iterable[ExecutionFacts], *, is_closed: bool) -> PipelineFacts:
    return PipelineFacts(
        executions=tuple(executions),
        closed=frozenset([TRANSITION] if is_closed else []),
        last_sequence=EXECUTIONS,
    )


def made(  # noqa: C901, PLR0911, PLR0912 - one for each kind of change
    execution: Execution, change: Change
) -> Execution:
    """The execution once the change is made, written down apart from `changes.after`."""
    match change:
        case StartAction(_, action):
            run = Run(action, execution.attempt)
            return execution.with_stay(latest=(*execution.stay.latest, run))
        case FailAction(_, action):
            return execution.with_run(action, status=ActionStatus.FAILED)
        case AbandonAction(_, action):
            return execution.with_run(action, status=ActionStatus.ABANDONED)
        case EnterStage(_, stage):
            passage = (*execution.passage, Stay(stage))
            return execution._replace(occupies=stage, waits_for=None, passage=passage)
        case LeaveStage(_, _, StageStatus.SUCCEEDED):
            passed = execution.with_stay(status=StageStatus.SUCCEEDED, latest=())
            return passed._replace(occupies=None)
        case LeaveStage(_, _, status):
            return execution.with_stay(status=status)._replace(occupies=None)
        case WaitFor(_, stage):
            return execution._replace(waits_for=stage)
        case FinishExecution(_, status):
            return execution._replace(status=status, waits_for=None)
        case _:
            raise AssertionError(f"Nothing in this world asks for {change}.")
