"""Pipelines whose source is a connection to a git provider."""

from typing import Any

from pipelines.core.action_types import ActionTypeId, Category
from tests.definitions import Definition, action, approval, definition, stage

CONNECTION = ActionTypeId(Category.SOURCE, "AWS", "CodeStarSourceConnection", "1")


def connected(*triggers: Definition, **members: Any) -> Definition:
    """A pipeline with two such source actions and these triggers."""
    sources = stage("Source", connection(), connection("Other", output="OtherCode"))
    return definition(
        stages=[sources, stage("Ask", approval())], triggers=list(triggers), **members
    )


def connection(name: str = "Connected", *, output: str = "Code") -> Definition:
    configuration = {
        "ConnectionArn": "arn:aws:codeconnections:eu-central-1:123456789012:connection/1a2b",
        "FullRepositoryId": "examples/website",
        "BranchName": "main",
    }
    return action(name, CONNECTION, outputs=[output], configuration=configuration)


def push(name: str = "Connected", **criteria: object) -> Definition:
    """A trigger with one push filter."""
    return trigger(name, push=[criteria])


def trigger(name: str = "Connected", **members: object) -> Definition:
    return {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {"sourceActionName": name, **members},
    }
