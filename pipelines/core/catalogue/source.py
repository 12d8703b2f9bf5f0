"""Sources of AWS."""

from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import resource, text

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Source", "AWS", "ECR", "1"),
        label="Amazon ECR",
        input_artifacts=range(1),
        output_artifacts=range(1, 2),
        configuration={
            "RepositoryName": resource("The repository that the image was pushed to."),
            "ImageTag": text("The tag of the image; latest if left out."),
        },
        output_variables=("ImageDigest", "ImageTag", "ImageURI", "RegistryId", "RepositoryName"),
    ),
)
