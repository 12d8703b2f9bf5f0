"""Action types that AWS does and this Penstock cannot: accepted, and failed in plain words.

Definitions made for AWS can be stored as they are; nothing is pretended when such an action runs.
"""

from pipelines.core.action_types import THIRD_PARTY, ActionTypeId
from pipelines.core.catalogue import ACTION_TYPES
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Work

__all__ = ["ACTION_TYPES", "perform", "refusal_of"]

# (category, provider) -> what is not here, and what to do instead.
INSTEAD = {
    ("Test", "DeviceFarm"): (
        "it has no devices to test on. Run the tests on an emulator in an action of the provider"
        " Commands instead."
    ),
    ("Deploy", "CodeDeployToECS"): (
        "it has no ECS services. Deploy the containers with docker compose in an action of the"
        " provider Commands instead."
    ),
    ("Deploy", "ECS"): (
        "it has no ECS services. Deploy the containers with docker compose in an action of the"
        " provider Commands instead."
    ),
    ("Deploy", "EKS"): (
        "it has no Kubernetes clusters. Run kubectl or helm in an action of the provider Commands"
        " instead."
    ),
    ("Deploy", "Lambda"): (
        "it has no functions. Deploy the function with the tool of your platform in an action of"
        " the provider Commands instead."
    ),
    ("Deploy", "CloudFormation"): (
        "it makes no stacks. Run the tool that makes your infrastructure, such as terraform, in an"
        " action of the provider Commands instead."
    ),
    ("Deploy", "CloudFormationStackSet"): (
        "it makes no stack sets. Run the tool that makes your infrastructure, such as terraform,"
        " in an action of the provider Commands instead."
    ),
    ("Deploy", "CloudFormationStackInstances"): (
        "it makes no stack sets. Run the tool that makes your infrastructure, such as terraform,"
        " in an action of the provider Commands instead."
    ),
    ("Deploy", "ElasticBeanstalk"): (
        "it has no environments of Elastic Beanstalk. Copy the files to the server in an action of"
        " the provider Commands instead, or use the deploy provider S3."
    ),
    ("Deploy", "AppConfig"): (
        "it has no configuration profiles. Put the configuration file into a bucket with the"
        " deploy provider S3 instead."
    ),
    ("Deploy", "ServiceCatalog"): (
        "it has no product catalogue. Put the template into a bucket with the deploy provider S3"
        " instead."
    ),
    ("Deploy", "OpsWorks"): (
        "it has no OpsWorks stacks, and AWS has ended that service. Run the recipes in an action"
        " of the provider Commands instead."
    ),
    ("Deploy", "AlexaSkillsKit"): (
        "it does not deploy skills. Run the ASK command line in an action of the provider Commands"
        " instead."
    ),
    ("Invoke", "InspectorScan"): (
        "it has no vulnerability scanner. Run one, such as trivy or grype, in an action of the"
        " provider Commands instead."
    ),
    ("Invoke", "Snyk"): (
        "it does not call Snyk. Run the snyk command line in an action of the provider Commands"
        " instead."
    ),
    ("Build", "CloudBees"): (
        "it does not call CloudBees. Build in an action of the provider Commands instead."
    ),
    ("Build", "TeamCity"): (
        "it does not call TeamCity. Build in an action of the provider Commands instead."
    ),
    ("Test", "BlazeMeter"): (
        "it does not call BlazeMeter. Run the load test, such as JMeter's, in an action of the"
        " provider Commands instead."
    ),
    ("Test", "GhostInspector"): (
        "it does not call Ghost Inspector. Run the browser tests in an action of the provider"
        " Commands instead."
    ),
    ("Test", "StormRunnerLoad"): (
        "it does not call StormRunner Load. Run the load test in an action of the provider"
        " Commands instead."
    ),
    ("Test", "Nouvola"): (
        "it does not call Nouvola. Run the load test in an action of the provider Commands instead."
    ),
    ("Test", "Runscope"): (
        "it does not call Runscope. Test the API with curl in an action of the provider Commands"
        " instead."
    ),
}


def perform(work: Work) -> Outcome:
    """Do nothing, and say so."""
    return Failed(code=FailureCode.CONFIGURATION_ERROR, message=refusal_of(work.type_id))


def refusal_of(type_id: ActionTypeId) -> str:
    """Why actions of this type fail here, and what to do instead."""
    refusal = (
        f"Penstock cannot run actions of the {type_id.category} provider {type_id.provider}:"
        f" {INSTEAD[type_id.category, type_id.provider]}"
    )
    if type_id.owner != THIRD_PARTY:
        return refusal
    return (
        f"{refusal} Or register a job worker of your own, which does the partner's work: manage.py"
        f" partners register {type_id.category} {type_id.provider}"
    )
