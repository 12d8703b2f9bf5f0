"""Actions that do nothing, and pipelines made of them."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError

from pipelines import definitions
from pipelines.core.action_types import ActionType, ActionTypeId, Category
from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import ExecutionMode
from pipelines.providers import Dispatch, register
from pipelines.providers.contract import Outcome, Succeeded, Work

ACTIONS = 20
STEPS = ACTIONS + 1  # and the source
DEFINER = Caller(arn="arn:aws:iam::123456789012:user/bench", roles=frozenset(Role))
APPROVAL = ActionTypeId(Category.APPROVAL, "AWS", "Manual", "1")


def perform(_work: Work) -> Outcome:
    """Do nothing, successfully."""
    return Succeeded()


def source(dispatch: Dispatch) -> ActionTypeId:
    return ActionTypeId(Category.SOURCE, "AWS", f"Noop-{dispatch}", "1")


def invoke(dispatch: Dispatch) -> ActionTypeId:
    return ActionTypeId(Category.INVOKE, "AWS", f"Noop-{dispatch}", "1")


def register_all() -> None:
    """Teach this process the actions that do nothing."""
    for dispatch in (Dispatch.INLINE, Dispatch.WORKER):
        for type_id in (source(dispatch), invoke(dispatch)):
            register(
                ActionType(
                    id=type_id,
                    label="Nothing",
                    input_artifacts=range(2),
                    output_artifacts=range(2),
                ),
                perform,
                dispatch,
            )


def create(
    name: str,
    dispatch: Dispatch,
    *,
    asks: bool = False,
    mode: ExecutionMode = ExecutionMode.SUPERSEDED,
) -> str:
    """A pipeline of a source and 20 actions, one after the other; `asks`: it waits for a person."""
    work = (
        [action("Ask", APPROVAL)]
        if asks
        else [action(f"Step{n}", invoke(dispatch), runOrder=n) for n in range(1, ACTIONS + 1)]
    )
    fetch = action("Fetch", source(dispatch), outputArtifacts=[{"name": "Code"}])
    definition = {
        "name": name,
        "roleArn": "arn:aws:iam::123456789012:role/penstock",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "pipelineType": "V2",
        "executionMode": str(mode),
        "stages": [
            {"name": "Source", "actions": [fetch]},
            {"name": "Work", "actions": work},
        ],
    }
    return created(definition)


def created(definition: dict[str, Any]) -> str:
    """Made, however long the workers keep an SQLite from us: preparing is not what is measured."""
    while True:
        try:
            return definitions.create(definition, by=DEFINER).name
        except OperationalError as problem:
            if "locked" not in str(problem):
                raise


def action(name: str, type_id: ActionTypeId, **members: Any) -> dict[str, Any]:
    spelled = {key: str(value) for key, value in type_id._asdict().items()}
    return {"name": name, "actionTypeId": spelled, **members}
