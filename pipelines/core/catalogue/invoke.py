"""What AWS can call in a pipeline: functions, state machines, pipelines, scans."""

from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import needed, number, resource, text

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Invoke", "AWS", "InspectorScan", "1"),
        label="Amazon Inspector",
        input_artifacts=range(2),
        output_artifacts=range(1, 2),
        configuration={
            "InspectorRunMode": needed("What is scanned.", "SourceCodeScan", "ECRImageScan"),
            "ECRRepositoryName": resource("The repository of the image.", required=False),
            "ImageTag": text("The tag of the image."),
            "CriticalThreshold": number("More findings of critical severity fail the action."),
            "HighThreshold": number("More findings of high severity fail the action."),
            "MediumThreshold": number("More findings of medium severity fail the action."),
            "LowThreshold": number("More findings of low severity fail the action."),
        },
        output_variables=("HighestScannedSeverity",),
    ),
)
