"""Manual approval: a person answers; there is no work to do."""

from pipelines.core.action_types import ActionType, ActionTypeId, ConfigurationKey
from pipelines.providers.contract import Outcome, Waiting, Work

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Approval", "AWS", "Manual", "1"),
        label="Manual approval",
        input_artifacts=range(1),
        output_artifacts=range(1),
        configuration={
            "NotificationArn": ConfigurationKey(),
            "ExternalEntityLink": ConfigurationKey(),
            "CustomData": ConfigurationKey(),
        },
        timeout_minutes=7 * 24 * 60,
        takes_timeout=True,
    ),
)


def perform(work: Work) -> Outcome:
    """Leave the answer to whoever approves."""
    return Waiting()
