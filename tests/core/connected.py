"""Pipelines whose source is a connection to a git provider, of a type that is here for a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipelines import providers
from pipelines.core.action_types import ActionType, ActionTypeId, Category, ConfigurationKey
from pipelines.providers.contract import Waiting
from tests.definitions import Definition, action, approval, definition, stage

CONNECTION = ActionType(
    id=ActionTypeId(Category.SOURCE, "AWS", "CodeStarSourceConnection", "1"),
    label="Connection",
    input_artifacts=range(1),
    output_artifacts=range(1, 2),
    configuration={
        "ConnectionArn": ConfigurationKey(required=True),
        "FullRepositoryId": ConfigurationKey(required=True),
        "BranchName": ConfigurationKey(required=True),
        "OutputArtifactFormat": ConfigurationKey(),
        "DetectChanges": ConfigurationKey(),
    },
)


@contextmanager
def connected() -> Iterator[Callable[..., Definition]]:
    """A builder of pipelines with these triggers, while the type of their source is known."""
    with providers.registered(CONNECTION, lambda _: Waiting()):
        yield _pipeline


def push(name: str = "Connected", **criteria: object) -> Definition:
    """A trigger with one push filter."""
    return trigger(name, push=[criteria])


def trigger(name: str = "Connected", **members: object) -> Definition:
    return {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {"sourceActionName": name, **members},
    }


def connection(name: str = "Connected", *, output: str = "Code") -> Definition:
    configuration = {
        "ConnectionArn": "arn:aws:codeconnections:eu-central-1:123456789012:connection/1a2b",
        "FullRepositoryId": "examples/website",
        "BranchName": "main",
    }
    return action(name, CONNECTION.id, outputs=[output], configuration=configuration)


def _pipeline(*triggers: Definition, **members: Any) -> Definition:
    sources = stage("Source", connection(), connection("Other", output="OtherCode"))
    return definition(
        stages=[sources, stage("Ask", approval())], triggers=list(triggers), **members
    )
