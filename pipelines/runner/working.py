"""An action as its provider sees it, and the provider's outcome as the engine stores it."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, assert_never

from django.conf import settings
from django.utils import timezone

from pipelines import artifact_store, artifacts, places, providers, room, secrets
from pipelines.core.action_types import MASK
from pipelines.core.results import ActionResult, SourceRevision
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import ActionStatus, FailureCode
from pipelines.core.variables import UnresolvedVariable, resolve_values
from pipelines.isolation import Level
from pipelines.models import BuildProject, Function
from pipelines.providers.contract import (
    Build,
    Failed,
    Outcome,
    OutputArtifact,
    Site,
    Succeeded,
    Waiting,
    Work,
)
from pipelines.providers.git_source import REFERENCE
from pipelines.runner import targets
from pipelines.runner.hosts import connected
from pipelines.runner.inputs import Inputs
from pipelines.runner.wired import use_cases
from pipelines.stores import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.models import ActionExecution

logger = logging.getLogger(__name__)


def attempt(
    action: ActionExecution,
    *,
    is_lost: Callable[[], bool],
    afterwards: Callable[[Path], None] = lambda _: None,
) -> ActionResult | None:
    """One call of the provider, in a folder of its own; whatever goes wrong is a failed action.

    `afterwards` gets the folder before it is removed.  The artifacts that were made are in the
    store when this returns.  None: the action waits for somebody else's answer.
    """
    workspace = places.workspaces() / str(action.pk)
    try:
        workspace.mkdir(parents=True)
        perform = providers.performer_of(action.type_id)
        if perform is None:
            return _unknown(action)
        return _result(action, perform(_work(action, workspace, is_lost)))
    except Exception as problem:  # noqa: BLE001 - whatever it is, it ends the action and not us
        return _failure(action, problem)
    finally:
        afterwards(workspace)
        shutil.rmtree(workspace, ignore_errors=True)


def _unknown(action: ActionExecution) -> ActionResult:
    type_id = action.type_id
    return _misconfigured(
        f"ActionType (Category: '{type_id.category}', Provider: '{type_id.provider}',"
        f" Owner: '{type_id.owner}', Version: '{type_id.version}') is not available here."
    )


def _failure(action: ActionExecution, problem: Exception) -> ActionResult:
    """What a provider did not say itself: what it could not know of, and its defects."""
    match problem:
        case UnresolvedVariable():
            return _misconfigured(str(problem))
        case StoreError():
            return _unavailable(str(problem))
        case OSError() if room.is_missing(problem):
            logger.error("Action execution %s: %s", action.pk, problem)
            return _unavailable(room.sentence(problem))
        case _:
            logger.error("Action execution %s met a defect", action.pk, exc_info=problem)
            return _unavailable(
                f"Penstock could not do this work: {type(problem).__name__}: {problem}"
            )


def _unavailable(message: str) -> ActionResult:
    return ActionResult(
        status=ActionStatus.FAILED,
        error_code=FailureCode.SYSTEM_UNAVAILABLE,
        error_message=message,
    )


def _misconfigured(message: str) -> ActionResult:
    return ActionResult(
        status=ActionStatus.FAILED,
        error_code=FailureCode.CONFIGURATION_ERROR,
        error_message=message,
    )


def _result(action: ActionExecution, outcome: Outcome) -> ActionResult | None:
    match outcome:
        case Succeeded():
            return ActionResult(
                status=ActionStatus.SUCCEEDED,
                artifacts=_stored(action, outcome),
                output_variables=outcome.output_variables,
                revision=_revision(outcome),
                external_execution_id=outcome.external_execution_id,
                external_execution_url=outcome.external_execution_url,
                summary=outcome.summary,
            )
        case Failed():
            return ActionResult(
                status=ActionStatus.FAILED,
                external_execution_id=outcome.external_execution_id,
                external_execution_url=outcome.external_execution_url,
                error_code=outcome.code,
                error_message=outcome.message,
            )
        case Waiting():
            return None
        case _:
            assert_never(outcome)


def _stored(action: ActionExecution, outcome: Succeeded) -> dict[str, str]:
    """Every action execution stores under keys of its own: late work overwrites nothing."""
    store, keys = artifact_store.configured(), {}
    for name, zip_file in outcome.artifacts.items():
        key = artifacts.new_key(action.execution.pipeline.name, name)
        store.keep(key, zip_file)
        keys[name] = key
    return keys


def _revision(outcome: Succeeded) -> SourceRevision | None:
    found = outcome.revision
    if found is None:
        return None
    return SourceRevision(
        revision_id=found.id,
        summary=found.summary,
        url=found.url,
        change_id=found.change_id,
        created_at=found.created_at,
    )


def note(action: ActionExecution, sentence: str) -> None:
    """Append a line of ours to the action's log, if there is room for it."""
    log = places.log_of(action.pk)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as lines:
            lines.write(f"[Penstock] {timezone.now():%Y/%m/%d %H:%M:%S} {sentence}\n".encode())
    except OSError as problem:
        logger.warning("Not in the log of %s: %s (%s)", action.pk, sentence, problem)


def _work(action: ActionExecution, workspace: Path, is_lost: Callable[[], bool]) -> Work:
    plan, log = action.plan, places.log_of(action.pk)
    log.parent.mkdir(parents=True, exist_ok=True)
    return Work(
        action_execution_id=str(action.pk),
        pipeline_name=action.execution.pipeline.name,
        pipeline_execution_id=str(action.execution_id),
        stage_name=action.stage_name,
        action_name=action.action_name,
        type_id=plan.type_id,
        site=site(),
        configuration=configuration_of(action),
        commands=tuple(action.resolved_commands),
        environment=action.resolved_environment,
        workspace=workspace,
        log_file=log,
        log_limit=settings.PENSTOCK_LOG_LIMIT_BYTES,
        timeout=action.deadline - timezone.now(),
        input_artifacts=_inputs(action, workspace),
        revisions=_revisions(action),
        clone_references=_clone_references(action),
        output_artifacts=tuple(
            OutputArtifact(name=artifact.name, files=artifact.files)
            for artifact in plan.output_artifacts
        ),
        output_variables=plan.output_variables,
        overrides=_overrides(action),
        report=partial(targets.report, action),
        earlier_targets=partial(targets.earlier, action),
        begin_job=partial(use_cases.begin_job, str(action.pk)),
        is_lost=is_lost,
    )


def _inputs(action: ActionExecution, workspace: Path) -> Inputs:
    """In their order, which a stored object has not."""
    keys = {name: action.input_artifacts[name] for name in action.plan.input_artifacts}
    return Inputs(keys, workspace / ".artifacts")


def _overrides(action: ActionExecution) -> dict[RevisionType, str]:
    return {
        RevisionType(override["revisionType"]): override["revisionValue"]
        for override in action.execution.source_overrides
        if override["actionName"] == action.action_name
    }


def configuration_of(action: ActionExecution) -> dict[str, str]:
    """Of an action, as the engine resolved it, with the secrets that no row shows.

    Raises UnresolvedVariable for a secret that refers to what no action made.
    """
    resolved = {**action.resolved_configuration}
    if MASK not in action.plan.configuration.values():
        return resolved
    execution = action.execution
    version = execution.pipeline.versions.get(version=execution.version)
    of_stage = secrets.secrets_of(version).get(action.stage_name, {})
    hidden = of_stage.get(action.action_name, {})
    return resolved | resolve_values(hidden, execution.namespaces)


def site() -> Site:
    """This Penstock, as providers see it."""
    return Site(
        buckets=places.buckets(),
        repositories=places.repositories(),
        account_id=settings.PENSTOCK_ACCOUNT_ID,
        region=settings.PENSTOCK_REGION,
        url=settings.PENSTOCK_URL,
        isolation=Level(settings.PENSTOCK_ISOLATION),
        command_memory=settings.PENSTOCK_COMMAND_MEMORY_BYTES,
        endpoints=settings.PENSTOCK_ENDPOINTS,
        github_url=settings.PENSTOCK_GITHUB_URL,
        source_limit=settings.PENSTOCK_SOURCE_LIMIT_BYTES,
        connection=connected,
        instances=targets.tagged,
        function_url=_function_url,
        deployment_group=targets.deployment_group,
        registry=settings.PENSTOCK_REGISTRY,
        registry_username=settings.PENSTOCK_REGISTRY_USERNAME,
        registry_password=settings.PENSTOCK_REGISTRY_PASSWORD,
        start_build=_start_build,
        start_pipeline=use_cases.start_pipeline,
    )


def _function_url(name: str) -> str:
    """By its name or its ARN; empty for a function that is not registered here."""
    parts = name.split(":")
    plain = parts[6] if len(parts) > 6 and parts[2] == "lambda" else name
    found = Function.objects.filter(name=plain).values_list("url", flat=True).first()
    return found or ""


def _start_build(project_name: str) -> Build | None:
    project = BuildProject.objects.start_build(project_name)
    if project is None:
        return None
    return Build(
        project_name=project.name,
        number=project.builds,
        buildspec=project.buildspec,
        environment=project.environment,
        timeout=timedelta(minutes=project.timeout_minutes),
        image=project.image,
    )


def _revisions(action: ActionExecution) -> dict[str, str]:
    """Which revision is in the artifacts that source actions made."""
    execution = action.execution
    found = {each["actionName"]: each["revisionId"] for each in execution.source_revisions}
    return {
        artifact.name: found[source.name]
        for source in execution.plan.first.actions
        for artifact in source.output_artifacts
        if source.name in found
    }


def _clone_references(action: ActionExecution) -> frozenset[str]:
    """The inputs that a source action made as references: told by the definition, not by them."""
    made = {
        artifact.name
        for source in action.execution.plan.first.actions
        if source.configuration.get("OutputArtifactFormat") == REFERENCE
        for artifact in source.output_artifacts
    }
    return frozenset(made.intersection(action.plan.input_artifacts))
