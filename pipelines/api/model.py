"""AWS's own description of the service, read from the installed botocore."""

from functools import cache

import botocore.session
from botocore.model import OperationModel, ServiceModel

SERVICE = "codepipeline"


@cache
def service() -> ServiceModel:
    """The service model of CodePipeline (botocore data codepipeline/2015-07-09)."""
    return botocore.session.get_session().get_service_model(SERVICE)


def operation(name: str) -> OperationModel | None:
    """An operation by AWS's name, such as StopPipelineExecution; None when AWS has none."""
    return service().operation_model(name) if name in service().operation_names else None
