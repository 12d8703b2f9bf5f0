"""The rows of one pipeline that the rules are about: loaded in a fixed number of queries.

Executions that take the locks of stages are decided about together, under the lock of their
pipeline; a parallel execution has to do with no other, and is a world of its own.

The number of queries depends neither on how many executions have finished nor on how many are
live.  Rows are changed in memory and written once, at the end; only the stays in stages are
written at once, because their order is what the lock of a stage is made of.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from django.utils import timezone

from pipelines.core.facts import ActionFacts, ConditionFacts, ExecutionFacts, PipelineFacts
from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionMode,
    ExecutionStatus,
    ExecutionType,
    FailureCode,
    JobStatus,
)
from pipelines.engine import reading
from pipelines.models import (
    ActionExecution,
    ApprovalNotification,
    ConditionExecution,
    Event,
    Job,
    Pipeline,
    PipelineExecution,
    Stage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db import models

    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.plan import PipelinePlan
    from pipelines.models.pipelines import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An action that was started and now needs somebody to do its work."""

    pipeline_id: int
    action_id: UUID
    type_id: ActionTypeId


@dataclass
class World:
    """One pipeline, its stages, its unfinished executions and what happens in their stages.

    Of the executions, either all that take locks, or one that does not.
    """

    pipeline: Pipeline
    stages: dict[str, Stage]
    executions: dict[UUID, PipelineExecution]
    actions: dict[tuple[UUID, str], ActionExecution]  # (execution, action name) -> the latest
    rules: dict[tuple[UUID, ConditionKind, str], ActionExecution]  # of the conditions below
    conditions: dict[tuple[UUID, ConditionKind], ConditionExecution]  # the latest checks
    last_successes: dict[str, UUID]  # of the stages that may be rolled back by themselves
    is_alone: bool = False  # it is about a parallel execution
    now: datetime = field(default_factory=timezone.now)
    started: list[Started] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notifications: list[ApprovalNotification] = field(default_factory=list)
    new_jobs: list[Job] = field(default_factory=list)
    closed_jobs: dict[JobStatus, list[UUID]] = field(default_factory=dict)  # by their actions
    _new_actions: list[ActionExecution] = field(default_factory=list)
    _ended_actions: list[ActionExecution] = field(default_factory=list)
    _changed: dict[models.Model, set[str]] = field(default_factory=dict)

    @classmethod
    def load_locked(cls, pipeline_id: int, alone: UUID | None = None) -> Self | None:
        """The world under its lock; None when it is gone.

        `alone` is the id of a parallel execution; without, it is about all that take locks.
        """
        try:
            if alone is None:
                return cls.load(Pipeline.objects.locked(pk=pipeline_id))
            return cls.of_one(PipelineExecution.objects.held(alone))
        except (Pipeline.DoesNotExist, PipelineExecution.DoesNotExist):
            return None

    @classmethod
    def around(cls, execution: PipelineExecution) -> Self:
        """The world in which it is decided about the execution, as it is; without a lock."""
        if execution.takes_locks:
            return cls.load(execution.pipeline)
        rows = PipelineExecution.objects.select_related("pipeline", "occupied")
        return cls.of_one(rows.get(pk=execution.pk))

    @classmethod
    def load(cls, pipeline: Pipeline) -> Self:
        """Of all that take locks; take the pipeline's first when anything is to change."""
        unfinished = pipeline.executions.unfinished().sharing_locks().select_related("occupied")
        return cls._load(pipeline, list(unfinished))

    @classmethod
    def of_one(cls, execution: PipelineExecution) -> Self:
        """Of a parallel execution; take its lock first when anything is to change."""
        unfinished = [] if execution.is_finished else [execution]
        return cls._load(execution.pipeline, unfinished, is_alone=True)

    @classmethod
    def _load(
        cls, pipeline: Pipeline, executions: list[PipelineExecution], *, is_alone: bool = False
    ) -> Self:
        for execution in executions:
            execution.pipeline = pipeline
        conditions = reading.latest_conditions(executions)
        actions, rules = reading.latest_actions(executions, conditions)
        stages = {stage.name: stage for stage in reading.stages_of(pipeline)}
        return cls(
            pipeline=pipeline,
            stages=stages,
            executions={execution.id: execution for execution in executions},
            actions=actions,
            rules=rules,
            conditions=conditions,
            last_successes=reading.last_successes(stages.values()),
            is_alone=is_alone,
        )

    def facts(self) -> PipelineFacts:
        plan = self._plan
        actions: dict[UUID, list[ActionFacts]] = defaultdict(list)
        for (execution_id, _), action in self.actions.items():
            actions[execution_id].append(_action_facts(action))
        conditions = self._condition_facts()
        return PipelineFacts(
            last_sequence=self.pipeline.last_sequence,
            last_successes=dict(self.last_successes),
            closed=frozenset(
                stage.name
                for stage in plan.stages
                if not all(way.is_enabled for way in self._ways_into(stage.name))
            ),
            executions=tuple(
                self._execution_facts(e, actions[e.id], conditions[e.id])
                for e in self.executions.values()
            ),
        )

    @property
    def _plan(self) -> PipelinePlan:
        """What the transitions are between: a parallel execution goes on as it began."""
        of_one = next(iter(self.executions.values()), None) if self.is_alone else None
        return of_one.plan if of_one else self.pipeline.plan

    def _ways_into(self, name: str) -> list[Way]:
        """Both sides of the transition in front of a stage of the plan."""
        before = self._plan.before(name)
        out_of = [self.stages[before.name].way_out] if before else []
        return [self.stages[name].way_in, *out_of]

    def _held_for(self, execution: PipelineExecution) -> timedelta:
        """Nothing happens to an execution from when it came to wait until it goes on."""
        if not execution.waits_for or not self._plan.has_stage(execution.waits_for):
            return timedelta()
        ways = self._ways_into(execution.waits_for)
        return max(way.held(execution.updated_at, now=self.now) for way in ways)

    def _execution_facts(
        self,
        execution: PipelineExecution,
        actions: list[ActionFacts],
        conditions: list[ConditionFacts],
    ) -> ExecutionFacts:
        return ExecutionFacts(
            id=execution.id,
            sequence=execution.sequence,
            plan=execution.plan,
            mode=ExecutionMode(execution.mode),
            status=ExecutionStatus(execution.status),
            stop=execution.stop_requested,
            occupies=execution.occupied.stage_name if execution.occupied else None,
            waits_for=execution.waits_for or None,
            held_for=self._held_for(execution),
            is_outdated=execution.version != self.pipeline.version,
            type=ExecutionType(execution.execution_type),
            auto_retries=execution.occupied.auto_retry_attempt if execution.occupied else 0,
            actions=tuple(actions),
            conditions=tuple(conditions),
        )

    def _condition_facts(self) -> dict[UUID, list[ConditionFacts]]:
        """By execution, in the order in which they were checked."""
        rules: dict[tuple[UUID, ConditionKind], list[ActionFacts]] = defaultdict(list)
        for (execution_id, kind, _), rule in self.rules.items():
            rules[execution_id, kind].append(_action_facts(rule))
        conditions: dict[UUID, list[ConditionFacts]] = defaultdict(list)
        for (execution_id, kind), condition in self.conditions.items():
            conditions[execution_id].append(
                ConditionFacts(
                    kind=kind,
                    status=ConditionStatus(condition.status),
                    is_overridden=condition.overridden_at is not None,
                    rules=tuple(rules[execution_id, kind]),
                )
            )
        return conditions

    def note_success(self, execution: PipelineExecution, stage_name: str) -> None:
        """From now on it is what the stage may be rolled back to."""
        if self._execution_facts(execution, [], []).is_rollback_target_of(stage_name):
            self.last_successes[stage_name] = execution.id

    def live_action(self, action_id: UUID) -> ActionExecution | None:
        """The action or rule of that id if it is InProgress and nobody has asked to abandon it."""
        all_of_them = chain(self.actions.values(), self.rules.values())
        return next((a for a in all_of_them if a.id == action_id and a.is_waited_for), None)

    def add(self, action: ActionExecution) -> None:
        if action.condition_kind:
            kind = ConditionKind(action.condition_kind)
            self.rules[action.execution_id, kind, action.action_name] = action
        else:
            self.actions[action.execution_id, action.action_name] = action
        self._new_actions.append(action)

    def forget_stay(self, execution_id: UUID) -> None:
        """The execution has left its stage: what happened there is history."""
        self.actions = {key: row for key, row in self.actions.items() if key[0] != execution_id}
        self.rules = {key: row for key, row in self.rules.items() if key[0] != execution_id}
        self.conditions = {
            key: row for key, row in self.conditions.items() if key[0] != execution_id
        }

    def end(self, action: ActionExecution, status: ActionStatus) -> None:
        """InProgress to a final status; the caller has set what else there is to say."""
        action.status, action.updated_at, action.ended_at = status, self.now, self.now
        self._ended_actions.append(action)

    def set_aside(self, execution_id: UUID, names: Iterable[str]) -> None:
        """These actions of the occupied stage run again: what they did is history.

        Written at once, because the new executions take the place of the latest.
        """
        earlier = [self.actions.pop((execution_id, name)) for name in names]
        for action in earlier:
            action.is_latest = False
        ids = [action.pk for action in earlier]
        ActionExecution.objects.filter(pk__in=ids).update(is_latest=False)

    def touch(self, row: models.Model, **values: Any) -> None:
        """Set columns of a row, to be written at the end."""
        for name, value in values.items():
            setattr(row, name, value)
        self._changed.setdefault(row, set()).update(values)

    def save(self) -> None:
        """Write everything that was changed, and tell the pages.

        Raises RuntimeError when an action that is ended here was ended by somebody else, which
        the lock makes impossible.
        """
        if not (self.events or self._changed):
            return
        for action in self._ended_actions:
            self._write_end(action)
        ActionExecution.objects.bulk_create(a for a in self._new_actions if _is_unsaved(a))
        self._save_jobs()
        ApprovalNotification.objects.bulk_create(self.notifications)
        _update(self._changed)
        Event.objects.bulk_create(self.events)
        if self.is_alone:
            self.pipeline.bump_apart()
        else:
            self.pipeline.bump()
        self._new_actions, self._ended_actions, self.events = [], [], []
        self._changed, self.notifications = {}, []

    def _save_jobs(self) -> None:
        """An action that starts and ends at once leaves a job that is closed."""
        Job.objects.bulk_create(self.new_jobs)
        for status, actions in self.closed_jobs.items():
            Job.objects.all().close(actions, status, at=self.now)
        self.new_jobs, self.closed_jobs = [], {}

    def _write_end(self, action: ActionExecution) -> None:
        if action in self._new_actions:
            return  # it is created with its end
        ended = {name: getattr(action, name) for name in _WRITTEN_AT_THE_END}
        live = ActionExecution.objects.filter(pk=action.pk, status=ActionStatus.IN_PROGRESS)
        if live.update(**ended) != 1:
            raise RuntimeError(f"Action execution {action.pk} was ended outside the lock.")


_WRITTEN_AT_THE_END = (
    "status",
    "updated_at",
    "ended_at",
    "updated_by",
    "output_artifacts",
    "output_variables",
    "external_execution_id",
    "external_execution_url",
    "summary",
    "percent_complete",
    "error_code",
    "error_message",
)


def _update(changed: Mapping[models.Model, set[str]]) -> None:
    """Write these columns of these rows, as many rows at once as have the same columns changed."""
    alike: dict[tuple[type[models.Model], tuple[str, ...]], list[models.Model]] = defaultdict(list)
    for row, columns in changed.items():
        alike[type(row), tuple(sorted(columns))].append(row)
    for (model, written), rows in alike.items():
        if len(rows) == 1:
            rows[0].save(update_fields=written)
        else:
            model._default_manager.bulk_update(rows, written)  # noqa: SLF001 - documented


def _action_facts(action: ActionExecution) -> ActionFacts:
    return ActionFacts(
        name=action.action_name,
        status=ActionStatus(action.status),
        deadline=action.deadline,
        is_lost=getattr(action, "is_lost", False),
        due_at=action.due_at,
        is_error=action.is_rule and action.error_code not in {"", FailureCode.JOB_FAILED},
    )


def _is_unsaved(action: ActionExecution) -> bool:
    return bool(action._state.adding)  # noqa: SLF001 - Django's documented way to ask
