"""The table of action types: what AWS knows, what this Penstock can do of it, and who does it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from pipelines.core.action_types import CUSTOM, ActionType, ActionTypeId
from pipelines.core.rule_types import rule_type_id
from pipelines.providers import (
    approval,
    build_ecr,
    codebuild,
    commands,
    deploy_codedeploy,
    deploy_ec2,
    deploy_s3,
    elsewhere,
    invoke_codepipeline,
    invoke_lambda,
    invoke_stepfunctions,
    rule_cloudwatch,
    rule_lambda,
    rule_variable,
    source_codecommit,
    source_connection,
    source_ecr,
    source_github,
    source_s3,
)
from pipelines.providers.contract import Look, Outcome, Sighting, Work


class Dispatch(StrEnum):
    """Where the work of an action is done."""

    WORKER = "worker"  # by a task of its own
    INLINE = "inline"  # at once, in the process that starts it: only for work that takes no time
    JOB = "job"  # by a worker elsewhere, who polls for jobs
    NOWHERE = "nowhere"  # nothing to do: the action waits for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One row of the table."""

    action_type: ActionType
    perform: Callable[[Work], Outcome]
    dispatch: Dispatch = Dispatch.WORKER
    latest_revision: Callable[[Look], Sighting] | None = None  # of sources

    @property
    def inline(self) -> bool:
        return self.dispatch is Dispatch.INLINE


def _rows(
    types: tuple[ActionType, ...],
    perform: Callable[[Work], Outcome],
    dispatch: Dispatch = Dispatch.WORKER,
) -> dict[ActionTypeId, Provider]:
    return {
        each.id: Provider(action_type=each, perform=perform, dispatch=dispatch) for each in types
    }


def _source(
    types: tuple[ActionType, ...],
    perform: Callable[[Work], Outcome],
    latest_revision: Callable[[Look], Sighting],
) -> dict[ActionTypeId, Provider]:
    return {
        each.id: Provider(action_type=each, perform=perform, latest_revision=latest_revision)
        for each in types
    }


PROVIDERS: dict[ActionTypeId, Provider] = {
    **_source(source_s3.ACTION_TYPES, source_s3.perform, source_s3.latest_revision),
    **_source(
        source_codecommit.ACTION_TYPES, source_codecommit.perform, source_codecommit.latest_revision
    ),
    **_source(
        source_connection.ACTION_TYPES, source_connection.perform, source_connection.latest_revision
    ),
    **_source(source_ecr.ACTION_TYPES, source_ecr.perform, source_ecr.latest_revision),
    **_source(source_github.ACTION_TYPES, source_github.perform, source_github.latest_revision),
    **_rows(codebuild.ACTION_TYPES, codebuild.perform),
    **_rows(commands.ACTION_TYPES, commands.perform),
    **_rows(deploy_s3.ACTION_TYPES, deploy_s3.perform),
    **_rows(build_ecr.ACTION_TYPES, build_ecr.perform),
    **_rows(deploy_codedeploy.ACTION_TYPES, deploy_codedeploy.perform),
    **_rows(deploy_ec2.ACTION_TYPES, deploy_ec2.perform),
    **_rows(invoke_codepipeline.ACTION_TYPES, invoke_codepipeline.perform),
    **_rows(invoke_lambda.ACTION_TYPES, invoke_lambda.perform),
    **_rows(invoke_stepfunctions.ACTION_TYPES, invoke_stepfunctions.perform),
    **_rows(approval.ACTION_TYPES, approval.perform, Dispatch.NOWHERE),
    **_rows(elsewhere.ACTION_TYPES, elsewhere.perform, Dispatch.INLINE),
}
ACTION_TYPES: dict[ActionTypeId, ActionType] = {
    type_id: provider.action_type for type_id, provider in PROVIDERS.items()
}


# Rules of conditions are done in workers as actions are; those that are not here take no work.
RULES: dict[ActionTypeId, Callable[[Work], Outcome]] = {
    ActionTypeId(*rule_type_id(name)): perform
    for name, perform in (
        ("CloudWatchAlarm", rule_cloudwatch.perform),
        ("CodeBuild", codebuild.perform),
        ("Commands", commands.perform),
        ("LambdaInvoke", rule_lambda.perform),
        ("VariableCheck", rule_variable.perform),
    )
}


def performer_of(type_id: ActionTypeId) -> Callable[[Work], Outcome] | None:
    """Who does the work of actions, or of rules, of this type."""
    if provider := PROVIDERS.get(type_id):
        return provider.perform
    return RULES.get(type_id)


def dispatch_of(type_id: ActionTypeId) -> Dispatch:
    """Where actions of this type are done; one of an unknown type fails in a worker."""
    if provider := PROVIDERS.get(type_id):
        return provider.dispatch
    return Dispatch.JOB if type_id.owner == CUSTOM else Dispatch.WORKER


def secrets_in(type_id: ActionTypeId, configuration: Iterable[str]) -> frozenset[str]:
    """The keys among these whose values are shown to nobody."""
    known = ACTION_TYPES.get(type_id)
    return frozenset(key for key in configuration if known and known.is_secret(key))


def is_done_here(type_id: ActionTypeId) -> bool:
    """Whether this Penstock can do actions of this type; others fail when they run."""
    provider = PROVIDERS.get(type_id)
    return provider is not None and provider.perform is not elsewhere.perform


def is_inline(type_id: ActionTypeId) -> bool:
    """Whether actions of this type are done at once, in the process that starts them."""
    return dispatch_of(type_id) is Dispatch.INLINE


def register(
    action_type: ActionType,
    perform: Callable[[Work], Outcome],
    dispatch: Dispatch = Dispatch.INLINE,
) -> None:
    """Add a provider to this process: for the bench and for tests only."""
    PROVIDERS[action_type.id] = Provider(
        action_type=action_type, perform=perform, dispatch=dispatch
    )
    ACTION_TYPES[action_type.id] = action_type


@contextmanager
def registered(
    action_type: ActionType,
    perform: Callable[[Work], Outcome],
    dispatch: Dispatch = Dispatch.INLINE,
) -> Iterator[None]:
    """`register` for as long as the block lasts."""
    before = PROVIDERS.get(action_type.id)
    register(action_type, perform, dispatch)
    try:
        yield
    finally:
        del PROVIDERS[action_type.id], ACTION_TYPES[action_type.id]
        if before:
            register(before.action_type, before.perform, before.dispatch)
