"""A small world: three executions of a pipeline with three stages of two actions each.

Everything in it is a plain immutable value, so that states can be compared.  Times are abstracted:
nothing has a deadline, but whoever does the work of an action may be lost at any moment.  What a
retry has set aside, and what ran in stages that are passed, is forgotten: nothing depends on it.

There are two such pipelines: a plain one, and one whose stages are guarded by conditions, may be
skipped, and are retried by themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from pipelines.core.action_types import ActionTypeId, Category
from pipelines.core.changes import (
    AbandonAction,
    AbandonRule,
    Change,
    EnterStage,
    FailAction,
    FailRule,
    FinishCondition,
    FinishExecution,
    LeaveStage,
    RetryStage,
    StartAction,
    StartCondition,
    StartRule,
    WaitFor,
)
from pipelines.core.facts import ActionFacts, ConditionFacts, ExecutionFacts, PipelineFacts
from pipelines.core.plan import ActionPlan, ConditionPlan, PipelinePlan, StagePlan
from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionMode,
    ExecutionStatus,
    ExecutionType,
    RetryMode,
    StageResult,
    StageStatus,
    StopMode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

EXECUTIONS = 3
TRANSITION = "Build"  # the stage behind the one transition that is disabled and enabled
NOTHING = ActionTypeId(Category.COMPUTE, "AWS", "Commands", "1")
RULE = ActionTypeId("Rule", "AWS", "Commands", "1")


def _stage(name: str, **run_orders: int) -> StagePlan:
    actions = (
        ActionPlan(name=action, type_id=NOTHING, run_order=order)
        for action, order in run_orders.items()
    )
    return StagePlan(name=name, actions=tuple(actions))


def _condition(rule: str, result: StageResult) -> ConditionPlan:
    return ConditionPlan(rules=(ActionPlan(name=rule, type_id=RULE),), result=result)


PLAN = PipelinePlan(
    stages=(
        _stage("Source", Fetch=1, Pull=1),
        _stage("Build", Compile=1, Test=2),
        _stage("Deploy", Ship=1, Tell=1),
    )
)
_SOURCE, _BUILD, _DEPLOY = PLAN.stages
GUARDED = PipelinePlan(
    stages=(
        replace(_SOURCE, on_failure=StageResult.RETRY, retry_mode=RetryMode.FAILED_ACTIONS),
        replace(
            _BUILD,
            conditions={
                ConditionKind.BEFORE_ENTRY: _condition("Ready", StageResult.FAIL),
                ConditionKind.ON_FAILURE: _condition("Harmless", StageResult.SKIP),
            },
        ),
        replace(
            _DEPLOY,
            conditions={ConditionKind.ON_SUCCESS: _condition("Healthy", StageResult.FAIL)},
            on_failure=StageResult.RETRY,
            retry_mode=RetryMode.ALL_ACTIONS,
        ),
    )
)
PLANS = {"plain": PLAN, "guarded": GUARDED}
ORDER = tuple(stage.name for stage in PLAN.stages)


class Run(NamedTuple):
    """The latest run of an action, or of a rule."""

    name: str
    attempt: int
    status: ActionStatus = ActionStatus.IN_PROGRESS
    is_lost: bool = False
    is_error: bool = False  # of a rule

    @property
    def id(self) -> tuple[str, int]:
        return self.name, self.attempt


class Check(NamedTuple):
    """The latest check of a condition."""

    kind: ConditionKind
    status: ConditionStatus = ConditionStatus.IN_PROGRESS
    rules: tuple[Run, ...] = ()
    is_overridden: bool = False


class Stay(NamedTuple):
    """An execution in a stage."""

    stage: str
    status: StageStatus = StageStatus.IN_PROGRESS
    latest: tuple[Run, ...] = ()
    auto_retries: int = 0
    checks: tuple[Check, ...] = ()

    @property
    def rules(self) -> tuple[Run, ...]:
        return tuple(rule for check in self.checks for rule in check.rules)

    @property
    def running_check(self) -> Check | None:
        running = (check for check in self.checks if check.status is ConditionStatus.IN_PROGRESS)
        return next(running, None)


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
        """A run of the last stay, changed."""
        return self.with_stay(latest=_changed(self.stay.latest, name, changed))

    def with_check(self, kind: ConditionKind, **changed: Any) -> Execution:
        """A check in the last stay, changed."""
        checks = [
            check._replace(**changed) if check.kind is kind else check for check in self.stay.checks
        ]
        return self.with_stay(checks=tuple(checks))

    def with_rule(self, kind: ConditionKind, name: str, **changed: Any) -> Execution:
        """A rule in the last stay, changed."""
        (check,) = (check for check in self.stay.checks if check.kind is kind)
        return self.with_check(kind, rules=_changed(check.rules, name, changed))


def _changed(runs: tuple[Run, ...], name: str, values: dict[str, Any]) -> tuple[Run, ...]:
    """Who worked on what has ended does not matter."""
    changed = [run._replace(**values) if run.name == name else run for run in runs]
    return tuple(map(_without_what_is_past, changed))


def _without_what_is_past(run: Run) -> Run:
    return run if run.status is ActionStatus.IN_PROGRESS else run._replace(is_lost=False)


def facts_of(execution: Execution, plan: PipelinePlan = PLAN) -> ExecutionFacts:
    stay = execution.stay if execution.occupies else Stay("")
    return ExecutionFacts(
        id=execution.id,
        sequence=execution.sequence,
        plan=plan,
        mode=execution.mode,
        status=execution.status,
        stop=execution.stop,
        occupies=execution.occupies,
        waits_for=execution.waits_for,
        auto_retries=stay.auto_retries,
        actions=tuple(map(_run_facts, stay.latest)),
        conditions=tuple(
            ConditionFacts(
                kind=check.kind,
                status=check.status,
                rules=tuple(map(_run_facts, check.rules)),
                is_overridden=check.is_overridden,
            )
            for check in stay.checks
        ),
    )


def _run_facts(run: Run) -> ActionFacts:
    return ActionFacts(name=run.name, status=run.status, is_lost=run.is_lost, is_error=run.is_error)


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
        case LeaveStage(_, _, StageStatus.SUCCEEDED | StageStatus.SKIPPED as status):
            passed = execution.with_stay(status=status, latest=(), checks=())
            return passed._replace(occupies=None)
        case LeaveStage(_, _, status):
            return execution.with_stay(status=status)._replace(occupies=None)
        case WaitFor(_, stage):
            return execution._replace(waits_for=stage)
        case FinishExecution(_, status):
            return execution._replace(status=status, waits_for=None)
        case RetryStage(_, _, actions):
            kept = tuple(run for run in execution.stay.latest if run.name not in actions)
            retries = execution.stay.auto_retries + 1
            retried = execution.with_stay(latest=kept, auto_retries=retries)
            return retried._replace(attempt=execution.attempt + 1)
        case StartCondition(_, kind):
            return execution.with_stay(checks=(*execution.stay.checks, Check(kind)))
        case FinishCondition(_, kind, status):
            return execution.with_check(kind, status=status)
        case StartRule(_, kind, rule):
            return execution.with_check(kind, rules=(Run(rule, execution.attempt),))
        case FailRule(_, kind, rule):
            return execution.with_rule(kind, rule, status=ActionStatus.FAILED)
        case AbandonRule(_, kind, rule):
            return execution.with_rule(kind, rule, status=ActionStatus.ABANDONED)
        case _:
            raise AssertionError(f"Nothing in this world asks for {change}.")
