"""Deployments by AWS CloudFormation: stacks, stack sets and their instances."""

from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import file, needed, number, resource, text

CONCURRENCY = {
    "FailureTolerancePercentage": number("How many accounts of a region may fail, in percent."),
    "MaxConcurrentPercentage": number("How many accounts are worked on at once, in percent."),
}
TARGETS = "Account IDs or organizational units with commas between, or Artifact::file."

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "CloudFormation", "1"),
        label="AWS CloudFormation",
        input_artifacts=range(11),
        output_artifacts=range(2),
        configuration={
            "ActionMode": needed(
                "What is done to the stack or the change set.",
                "CREATE_UPDATE",
                "REPLACE_ON_FAILURE",
                "DELETE_ONLY",
                "CHANGE_SET_REPLACE",
                "CHANGE_SET_EXECUTE",
            ),
            "StackName": resource("The stack that is there or is to be made."),
            "ChangeSetName": resource(
                "The change set; needed by the two modes for change sets.", required=False
            ),
            "RoleArn": text("The role of CloudFormation; needed except to execute a change set."),
            "TemplatePath": file(
                "The template, as Artifact::file; needed to create, update or replace."
            ),
            "TemplateConfiguration": file("Parameters and a stack policy, as Artifact::file."),
            "ParameterOverrides": text("A JSON object that overrides parameters, up to 1 KB."),
            "Capabilities": text("What the template may do, with commas between."),
            "OutputFileName": text("The file for the outputs in the output artifact."),
        },
        timeout_minutes=3 * 24 * 60,
    ),
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "CloudFormationStackSet", "1"),
        label="AWS CloudFormation Stack Set",
        input_artifacts=range(1, 4),
        output_artifacts=range(1),
        configuration={
            "StackSetName": resource("The stack set that is there or is to be made."),
            "Description": text("What the stack set is for."),
            "TemplatePath": file("The template, as Artifact::file.", required=True),
            "Parameters": text("Parameters in CloudFormation's shorthand, or Artifact::file."),
            "Capabilities": text("What the template may do, with commas between."),
            "PermissionModel": text(
                "How roles are managed; SELF_MANAGED if left out.",
                "SELF_MANAGED",
                "SERVICE_MANAGED",
            ),
            "AdministrationRoleArn": text("The role in the administrator account."),
            "ExecutionRoleName": text("The role in the target accounts."),
            "OrganizationsAutoDeployment": text(
                "Whether accounts that join are deployed to; Disabled if left out.",
                "Enabled",
                "Disabled",
                "EnabledWithStackRetention",
            ),
            "DeploymentTargets": text(TARGETS),
            "Regions": text("Regions in their order, with commas between."),
            **CONCURRENCY,
        },
        output_variables=("OperationId", "StackSetId"),
    ),
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "CloudFormationStackInstances", "1"),
        label="AWS CloudFormation Stack Instances",
        input_artifacts=range(4),
        output_artifacts=range(1),
        configuration={
            "StackSetName": resource("The stack set that the instances are of."),
            "DeploymentTargets": text(TARGETS),
            "Regions": needed("Regions in their order, with commas between."),
            "ParameterOverrides": text("Parameters that differ here, or Artifact::file."),
            **CONCURRENCY,
        },
        output_variables=("OperationId", "StackSetId"),
    ),
)
