"""The diagram of a pipeline: its stages as they are now, or as one execution left them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from console.present.cards import ActionCard, Count, Leftovers, counts_of, groups_of
from console.present.conditions import Checks, ConditionRow, checks_in, condition_rows, rules_in
from console.present.revisions import SourceRevision, source_revisions
from console.present.statuses import (
    DID_NOT_RUN,
    NO_EXECUTIONS,
    NOT_STARTED,
    StatusWords,
    stage_words,
)
from console.present.stopping import StopNotice, stop_notice
from console.present.transitions import Transition, queues_of, way_in, way_of
from pipelines import rollbacks, stages
from pipelines.core.statuses import ActionStatus, ExecutionType, StageStatus, StopMode
from pipelines.models import ActionExecution, Lease, Stage, StageExecution

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from pipelines.core.plan import StagePlan
    from pipelines.models import Pipeline, PipelineExecution

RETRYABLE = frozenset({StageStatus.FAILED, StageStatus.STOPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Whether a stage that failed or was stopped can be retried; if not, why."""

    execution_id: UUID
    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCard:
    """One stage with what is, or was last, in it."""

    key: str  # unique in the page
    name: str
    words: StatusWords
    way_in: Transition | None
    groups: tuple[tuple[ActionCard, ...], ...]
    counts: tuple[Count, ...] = ()
    execution_id: UUID | None = None
    alone: UUID | None = None  # its execution's id, if that runs in parallel to others
    retries: int = 0
    revisions: tuple[SourceRevision, ...] = ()
    is_busy: bool = False  # an execution holds its lock
    is_stoppable: bool = False  # and it can still be stopped, or abandoned
    retry: Retry | None = None
    is_rollback: bool = False  # the execution in it is one
    may_roll_back: bool = False  # nobody is in it, and somebody was
    conditions: tuple[ConditionRow, ...] = ()
    notice: StopNotice | None = None

    @property
    def entry_conditions(self) -> tuple[ConditionRow, ...]:
        return tuple(each for each in self.conditions if each.comes_first)

    @property
    def exit_conditions(self) -> tuple[ConditionRow, ...]:
        return tuple(each for each in self.conditions if not each.comes_first)

    def condition(self, kind: str) -> ConditionRow | None:
        return next((each for each in self.conditions if each.kind == kind), None)

    @property
    def all_succeeded(self) -> bool:
        return [count.words.tone for count in self.counts] == ["success"]

    @property
    def retry_label(self) -> str:
        return f"Retry {self.retries}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The whole diagram."""

    pipeline_name: str
    stages: tuple[StageCard, ...]
    has_work_left_behind: bool

    @property
    def notices(self) -> tuple[StopNotice, ...]:
        return tuple(stage.notice for stage in self.stages if stage.notice)

    @property
    def is_busy(self) -> bool:
        """Whether something may change by itself soon."""
        return self.has_work_left_behind or any(
            stage.is_busy or (stage.way_in and stage.way_in.inbound) for stage in self.stages
        )

    def revision(self, stored: int) -> str:
        """What a poll gives back.  Leases run out unnoticed: such work is looked at every time."""
        return "" if self.has_work_left_behind else str(stored)

    def stage(self, name: str) -> StageCard:
        """Raises StopIteration when there is no such stage."""
        return next(stage for stage in self.stages if stage.name == name)


class _Rows(NamedTuple):
    """Everything that is stored about the diagram."""

    pipeline: Pipeline
    stages: Mapping[str, Stage]
    stays: Mapping[str, StageExecution]  # by stage name
    actions: Mapping[int, Mapping[str, ActionExecution]]  # by stay, by name: the latest
    left_behind: tuple[ActionExecution, ...]
    checks: Checks
    is_of_execution: bool = False  # not as the stages are now


def canvas_of_pipeline(pipeline: Pipeline) -> Canvas:
    """The pipeline as it is now: each stage with the execution that entered it last."""
    found = pipeline.stages.select_related("latest__execution", "inbound")
    rows = {stage.name: stage for stage in found}
    stays = {name: stage.latest for name, stage in rows.items() if stage.latest}
    everything = _Rows(
        pipeline, rows, stays, *_actions(pipeline, stays.values()), checks_in(stays.values())
    )
    plans = [_plan_now(everything, plan) for plan in pipeline.plan.stages]
    befores = ["", *(plan.name for plan in plans)]
    queues = queues_of(pipeline)
    return Canvas(
        pipeline_name=pipeline.name,
        stages=tuple(
            _stage_card(
                everything,
                plan,
                way_in=way_in(rows.get(before), rows[plan.name], queues.get(plan.name, ())),
                unreached=NO_EXECUTIONS,
            )
            for before, plan in zip(befores, plans, strict=False)
        ),
        has_work_left_behind=bool(everything.left_behind),
    )


def canvas_of_execution(execution: PipelineExecution) -> Canvas:
    """The same diagram for one execution only, by the version that it is pinned to."""
    pipeline = execution.pipeline
    rows = {stage.name: stage for stage in pipeline.stages.all()}
    stays = {stay.stage_name: stay for stay in execution.stage_executions.all()}
    for stay in stays.values():
        stay.execution = execution
    latest, left = _actions(pipeline, stays.values())
    own = tuple(action for action in left if action.execution_id == execution.pk)
    everything = _Rows(
        pipeline, rows, stays, latest, own, checks_in(stays.values()), is_of_execution=True
    )
    plans = execution.plan.stages
    befores = ["", *(plan.name for plan in plans)]
    return Canvas(
        pipeline_name=pipeline.name,
        stages=tuple(
            _stage_card(
                everything,
                plan,
                way_in=way_of(execution, before, plan.name),
                unreached=DID_NOT_RUN if execution.is_finished else NOT_STARTED,
            )
            for before, plan in zip(befores, plans, strict=False)
        ),
        has_work_left_behind=bool(own),
    )


def _actions(
    pipeline: Pipeline, stays: Iterable[StageExecution]
) -> tuple[dict[int, dict[str, ActionExecution]], tuple[ActionExecution, ...]]:
    """The latest execution of each action of the stays, and those whose work was left behind."""
    by_stay: dict[int, dict[str, ActionExecution]] = {}
    for action in ActionExecution.objects.latest_in(stays).select_related("lease"):
        by_stay.setdefault(action.stage_execution_id, {})[action.action_name] = action
    held = (
        Lease.objects.unexpired()
        .filter(action__execution__pipeline=pipeline)
        .exclude(action__status=ActionStatus.IN_PROGRESS)
        .select_related("action")
        .order_by("taken_at")
    )
    left = tuple(lease.action for lease in held)
    return by_stay, left


def _plan_now(rows: _Rows, plan: StagePlan) -> StagePlan:
    """Who is inside a stage goes on by the version that it started with."""
    stay = rows.stays.get(plan.name)
    if stay and StageStatus(stay.status).locks and stay.execution.plan.has_stage(plan.name):
        return stay.execution.plan.stage(plan.name)
    return plan


def _stage_card(
    rows: _Rows, plan: StagePlan, *, way_in: Transition | None, unreached: StatusWords
) -> StageCard:
    stay, key = rows.stays.get(plan.name), f"stage-{plan.name}"
    latest = rows.actions.get(stay.pk, {}) if stay else {}
    usual = rows.stages[plan.name].usual_seconds if plan.name in rows.stages else {}
    left = tuple(action for action in rows.left_behind if action.stage_name == plan.name)
    groups = groups_of(
        plan,
        Leftovers(latest, left),
        unstarted=_unstarted(rows, stay, latest, unreached),
        usual=usual,
    )
    conditions = condition_rows(rows.pipeline, rows.stages.get(plan.name), plan, stay, rows.checks)
    if stay is None:
        return StageCard(
            key=key,
            name=plan.name,
            words=unreached,
            way_in=way_in,
            groups=groups,
            conditions=conditions,
        )
    is_locked = StageStatus(stay.status).locks
    return StageCard(
        key=key,
        name=plan.name,
        words=stage_words(stay.status),
        way_in=way_in,
        groups=groups,
        counts=counts_of(groups),
        execution_id=stay.execution_id,
        alone=stay.execution.alone,
        retries=stay.retries,
        revisions=source_revisions(stay.execution.source_revisions),
        is_stoppable=is_locked and stay.execution.stop_mode != StopMode.ABANDON,
        is_busy=is_locked,
        retry=_retry(rows, stay, latest),
        is_rollback=stay.execution.execution_type == ExecutionType.ROLLBACK,
        may_roll_back=_may_roll_back(rows, plan),
        conditions=conditions,
        notice=_notice(stay, [*latest.values(), *rules_in(rows.checks, stay)], usual),
    )


def _may_roll_back(rows: _Rows, plan: StagePlan) -> bool:
    stage = rows.stages.get(plan.name)
    if stage is None or rows.is_of_execution:
        return False
    return not rollbacks.refusal(rows.pipeline, stage)


def _unstarted(
    rows: _Rows,
    stay: StageExecution | None,
    latest: Mapping[str, ActionExecution],
    unreached: StatusWords,
) -> tuple[StatusWords, str]:
    if stay is None:
        return unreached, ""
    has_failed = any(action.status == ActionStatus.FAILED for action in latest.values())
    is_outdated = stay.execution.takes_locks and stay.execution.version != rows.pipeline.version
    goes_on = stay.status == StageStatus.IN_PROGRESS and not has_failed and not is_outdated
    if goes_on:
        return NOT_STARTED, ""
    return DID_NOT_RUN, "will not start" if StageStatus(stay.status).locks else ""


def _retry(
    rows: _Rows, stay: StageExecution, latest: Mapping[str, ActionExecution]
) -> Retry | None:
    stage = rows.stages.get(stay.stage_name)
    if stage is None or StageStatus(stay.status) not in RETRYABLE:
        return None
    refusal = stages.retry_refusal(rows.pipeline, stage, stay, list(latest.values()))
    return Retry(execution_id=stay.execution_id, refusal=refusal)


def _notice(
    stay: StageExecution, runs: Iterable[ActionExecution], usual: Mapping[str, float]
) -> StopNotice | None:
    if not StageStatus(stay.status).locks:
        return None
    return stop_notice(stay.execution, stay.stage_name, runs, usual)
