"""A pipeline definition as the engine follows it: stages, their actions, what these use."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pipelines.core.statuses import ConditionKind, StageResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.statuses import RetryMode


class ArtifactPlan(NamedTuple):
    """An output artifact that an action declares."""

    name: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActionPlan:
    """One action declaration."""

    name: str
    type_id: ActionTypeId
    run_order: int = 1
    configuration: Mapping[str, str] = field(default_factory=dict)
    input_artifacts: tuple[str, ...] = ()
    output_artifacts: tuple[ArtifactPlan, ...] = ()
    namespace: str = ""
    commands: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    output_variables: tuple[str, ...] = ()
    timeout_minutes: int | None = None  # None: what its type has
    region: str = ""
    role_arn: str = ""


@dataclass(frozen=True, kw_only=True)
class ConditionPlan:
    """One condition of a stage; its rules are declared, and done, as actions are."""

    rules: tuple[ActionPlan, ...]
    result: StageResult | None = None  # what follows; None: that the stage fails


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """One stage declaration."""

    name: str
    actions: tuple[ActionPlan, ...]
    on_failure: StageResult | None = None  # what follows by itself when it fails
    retry_mode: RetryMode | None = None  # of an automatic retry
    conditions: Mapping[ConditionKind, ConditionPlan] = field(default_factory=dict)

    @property
    def may_roll_back(self) -> bool:
        """Whether anything that happens in it may lead to a rollback by itself."""
        results = {condition.result for condition in self.conditions.values()}
        return StageResult.ROLLBACK in {self.on_failure, *results}

    def rule(self, kind: ConditionKind, name: str) -> ActionPlan:
        """Raises LookupError when the stage has no such rule."""
        found = (rule for rule in self.conditions[kind].rules if rule.name == name)
        if rule := next(found, None):
            return rule
        raise LookupError(f"Stage {self.name} has no rule {name} in {kind}.")

    def action(self, name: str) -> ActionPlan:
        """Raises KeyError when the stage has no such action."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, ActionPlan]:
        return {action.name: action for action in self.actions}


@dataclass(frozen=True, kw_only=True)
class PipelinePlan:
    """A whole definition."""

    stages: tuple[StagePlan, ...]
    variables: Mapping[str, str] = field(
        default_factory=dict
    )  # pipeline-level, with their defaults
    artifact_buckets: Mapping[str, str] = field(default_factory=dict)  # by region; "" is any
    # By region as well: API type EncryptionKey.
    encryption_keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def first(self) -> StagePlan:
        return self.stages[0]

    def stage(self, name: str) -> StagePlan:
        """Raises KeyError when there is no such stage."""
        return self.stages[self._positions[name]]

    def has_stage(self, name: str) -> bool:
        return name in self._positions

    def artifact_bucket(self, region: str) -> str:
        """Where actions of that region keep their artifacts."""
        return self.artifact_buckets.get(region) or self.artifact_buckets[""]

    def encryption_key(self, region: str) -> Mapping[str, str] | None:
        """What the definition names to encrypt artifacts of that region with."""
        place = region if region in self.artifact_buckets else ""
        return self.encryption_keys.get(place)

    def after(self, name: str) -> StagePlan | None:
        """The stage behind the named one; None behind the last."""
        position = self._positions[name] + 1
        return self.stages[position] if position < len(self.stages) else None

    def before(self, name: str) -> StagePlan | None:
        """The stage in front of the named one; None in front of the first."""
        position = self._positions[name]
        return self.stages[position - 1] if position else None

    def from_stage(self, name: str) -> tuple[StagePlan, ...]:
        """The named stage and all behind it."""
        return self.stages[self._positions[name] :]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {stage.name: position for position, stage in enumerate(self.stages)}
