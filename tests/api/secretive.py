"""An action type with a secret, and pipelines that use it."""

from pipelines.core.action_types import ActionType, ActionTypeId, Category, ConfigurationKey
from tests.definitions import action, approval, definition, stage

SECRET = "correct horse battery staple"  # what nothing but the provider may ever see
LETTERBOX = ActionType(
    id=ActionTypeId(Category.SOURCE, "ThirdParty", "Letterbox", "1"),
    label="Letterbox",
    input_artifacts=range(1),
    output_artifacts=range(1, 2),
    configuration={
        "Owner": ConfigurationKey(required=True),
        "Token": ConfigurationKey(required=True, secret=True),
        "Spare": ConfigurationKey(secret=True),
    },
)
PIGEON = ActionType(
    id=ActionTypeId(Category.SOURCE, "ThirdParty", "Pigeon", "1"),
    label="Pigeon",
    input_artifacts=range(1),
    output_artifacts=range(1, 2),
    configuration=LETTERBOX.configuration,
)
COURIER = ActionType(
    id=ActionTypeId(Category.DEPLOY, "ThirdParty", "Courier", "1"),
    label="Courier",
    input_artifacts=range(2),
    output_artifacts=range(1),
    configuration=LETTERBOX.configuration,
)


def letterbox(*, name="Fetch", of=LETTERBOX, **configuration):
    """A source action; ``letterbox(Token="****")``."""
    return action(name, of.id, outputs=["Code"], configuration=configured(configuration))


def courier(name, **configuration):
    """The same in another stage."""
    return action(name, COURIER.id, configuration=configured(configuration))


def configured(configuration):
    return {"Owner": "alice", "Token": SECRET, **configuration}


def pipeline(*, stage_name="Source", **members):
    return definition(
        stages=[stage(stage_name, letterbox(**members)), stage("Ask", approval())],
    )
