"""Manual approval: a person answers; there is no work to do."""

from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import text
from pipelines.providers.contract import Outcome, Waiting, Work

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Approval", "AWS", "Manual", "1"),
        label="Manual approval",
        input_artifacts=range(1),
        output_artifacts=range(1),
        configuration={
            "NotificationArn": text("The ARN of the topic that tells who may approve."),
            "ExternalEntityLink": text("The address of what is to be reviewed."),
            "CustomData": text("What whoever approves should know."),
        },
        timeout_minutes=7 * 24 * 60,
        takes_timeout=True,
    ),
)


def perform(work: Work) -> Outcome:
    """Leave the answer to whoever approves."""
    return Waiting()
