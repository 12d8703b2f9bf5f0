"""Action executions, and the leases of those who do their work."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from pipelines.core.statuses import ActionStatus, ConditionKind, StopMode
from pipelines.models.choices import enum_field, only
from pipelines.models.conditions import ConditionExecution
from pipelines.models.executions import PipelineExecution, StageExecution
from pipelines.models.pipelines import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta
    from uuid import UUID

    from django.db.models.expressions import Combinable

    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.plan import ActionPlan, PipelinePlan


class ActionExecutionQuerySet(models.QuerySet["ActionExecution"]):
    def latest_in(self, stays: Iterable[StageExecution]) -> Self:
        """The run of each action that counts in these stays; a retry sets earlier ones aside.

        An action that did not run there has none.
        """
        return self.of_actions().filter(stage_execution__in=list(stays), is_latest=True)

    def of_actions(self) -> Self:
        """Without those of rules."""
        return self.filter(condition=None)

    def of_rules(self) -> Self:
        return self.filter(condition__isnull=False)


class ActionExecution(models.Model):
    """One run of one action, or of one rule of a condition.

    A retry makes a new row; of those, one is the latest.  A rule's is one because its work is done
    in the same way, under a lease, with a log and a time-out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    execution = models.ForeignKey(
        PipelineExecution, models.CASCADE, related_name="action_executions"
    )
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")  # for an index
    stage_execution = models.ForeignKey(
        StageExecution, models.CASCADE, related_name="action_executions"
    )
    stage_name = models.CharField(max_length=100)
    action_name = models.CharField(max_length=100)  # or the rule's
    condition = models.ForeignKey(
        ConditionExecution, models.CASCADE, null=True, related_name="rules"
    )  # that a rule is of
    condition_kind = enum_field(ConditionKind, blank=True)  # the condition's own
    is_latest = models.BooleanField(default=True)
    status = enum_field(ActionStatus, default=ActionStatus.IN_PROGRESS)
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # of a rule that waits: when it succeeds by itself
    dispatched_at = models.DateTimeField(null=True)  # last told to the workers
    token = models.CharField(max_length=64, blank=True)  # of a manual approval
    updated_by = models.CharField(max_length=2048, blank=True)

    resolved_configuration = models.JSONField(default=dict)
    resolved_commands = models.JSONField(default=list)
    resolved_environment = models.JSONField(default=dict)
    input_artifacts = models.JSONField(default=dict)  # name -> key
    output_artifacts = models.JSONField(default=dict)  # name -> key
    output_variables = models.JSONField(default=dict)
    external_execution_id = models.CharField(max_length=1500, blank=True)
    external_execution_url = models.CharField(max_length=2048, blank=True)
    summary = models.TextField(blank=True)
    percent_complete = models.PositiveSmallIntegerField(null=True)  # as a job worker says
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)

    objects = ActionExecutionQuerySet.as_manager()

    class Meta:
        constraints = [
            only("status", ActionStatus),
            models.UniqueConstraint(
                fields=["stage_execution", "action_name"],
                condition=Q(is_latest=True, condition__isnull=True),
                name="one_latest_execution_of_an_action",
            ),
            models.UniqueConstraint(
                fields=["condition", "action_name"], name="one_execution_of_a_rule"
            ),
            only("condition_kind", ConditionKind, or_blank=True),
            models.CheckConstraint(
                name="an_action_in_progress_has_no_end",
                condition=Q(status=ActionStatus.IN_PROGRESS, ended_at__isnull=True)
                | (~Q(status=ActionStatus.IN_PROGRESS) & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "deadline"], name="action_by_deadline"),
            models.Index(fields=["execution", "started_at"], name="action_timeline"),
            models.Index(
                fields=["pipeline", "started_at", "id"],
                condition=Q(condition__isnull=True),
                name="action_history",
            ),
            models.Index(
                fields=["pipeline", "started_at", "id"],
                condition=Q(condition__isnull=False),
                name="rule_history",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_name}/{self.action_name} {self.id}"

    @property
    def plan(self) -> ActionPlan:
        """What the definition says of this action."""
        return self.declared_in(self.execution.plan)

    def declared_in(self, plan: PipelinePlan) -> ActionPlan:
        """What that version of the definition says of it; raises LookupError for another."""
        stage = plan.stage(self.stage_name)
        if self.condition_kind:
            return stage.rule(ConditionKind(self.condition_kind), self.action_name)
        return stage.action(self.action_name)

    @property
    def is_rule(self) -> bool:
        return bool(self.condition_kind)

    @property
    def is_waited_for(self) -> bool:
        """Whether its result or answer would count: it is live and nobody asked to abandon it."""
        is_live = self.status == ActionStatus.IN_PROGRESS
        return is_live and self.execution.stop_requested is not StopMode.ABANDON

    @property
    def status_for_workers(self) -> ActionStatus:
        """Its status; Abandoned as soon as somebody has asked for that."""
        if self.status == ActionStatus.IN_PROGRESS and not self.is_waited_for:
            return ActionStatus.ABANDONED
        return ActionStatus(self.status)

    @property
    def type_id(self) -> ActionTypeId:
        return self.plan.type_id


class LeaseQuerySet(models.QuerySet["Lease"]):
    """All times are the database's, so that clocks of different machines do not matter."""

    def take(self, action: ActionExecution, *, holder: str, lasting: timedelta) -> bool:
        """Become the one who does this action's work.  False when somebody else ever did.

        There is one lease for the whole life of an action execution, so its work is never
        started twice.
        """
        lease = Lease(action=action, holder=holder, taken_at=Now(), expires_at=_in(lasting))
        self.bulk_create([lease], ignore_conflicts=True)
        return self.filter(action=action, holder=holder).exists()

    def renew(self, action: ActionExecution, *, holder: str, lasting: timedelta) -> bool:
        """Go on holding it.  False when it has run out: the work has been given up meanwhile."""
        held = self.filter(action=action, holder=holder).unexpired()
        return held.update(expires_at=_in(lasting)) == 1

    def release(self, action: ActionExecution, *, holder: str, outcome: str) -> None:
        """The work has ended, however late."""
        self.filter(action=action, holder=holder, released_at=None).update(
            released_at=Now(), outcome=outcome
        )

    def take_over(self, action_id: UUID, *, holder: str, lasting: timedelta) -> bool:
        """Become the one who clears up after work that was lost; false when somebody else does.

        Only once the action has ended: what is live is the engine's to give up.
        """
        if ActionExecution.objects.filter(pk=action_id, status=ActionStatus.IN_PROGRESS).exists():
            return False
        lost = self.filter(action=action_id).expired()
        return lost.update(holder=holder, expires_at=_in(lasting)) == 1

    def want_end(self, action_id: UUID, *, by: str) -> bool:
        """Ask whoever does this work to end it.  False when it has ended, or was asked before."""
        unasked = self.filter(action=action_id, released_at=None, end_wanted_at=None)
        return unasked.update(end_wanted_at=Now(), end_wanted_by=by) == 1

    def left_behind(self) -> LeaseQuerySet:
        """Of work that goes on although nobody waits for it any more."""
        return self.unexpired().exclude(action__status=ActionStatus.IN_PROGRESS)

    def unexpired(self) -> LeaseQuerySet:
        return self.filter(released_at=None, expires_at__gt=Now())

    def expired(self) -> LeaseQuerySet:
        return self.filter(released_at=None, expires_at__lte=Now())


class Lease(models.Model):
    """Who does the work of an action execution; renewed while the work goes on.

    It says what is really going on, whatever the action's status: the lease of an abandoned
    action that is still renewed is work left behind.
    """

    action = models.OneToOneField(
        ActionExecution, models.CASCADE, primary_key=True, related_name="lease"
    )
    holder = models.CharField(max_length=200)  # host, process and a random part
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)  # how the work really ended
    # Once the action is over: the wish that its work be ended, too, and whose it is.
    end_wanted_at = models.DateTimeField(null=True)
    end_wanted_by = models.CharField(max_length=2048, blank=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["released_at", "expires_at"], name="lease_by_expiry")]

    def __str__(self) -> str:
        return f"{self.action_id} held by {self.holder}"


def _in(lasting: timedelta) -> Combinable:
    return ExpressionWrapper(Now() + Value(lasting), output_field=DateTimeField())
