"""Who asks, and what they may do: the one rule of permission, for the API and the console."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pipelines.core.refusals import AccessDenied

ABANDON = "AbandonPipelineExecution"  # not an operation of AWS: StopPipelineExecution with abandon
END_WORK = "EndAbandonedWork"  # nor is this: to end what abandoned actions have left running

# Operations of CodeBuild, not of CodePipeline: what its actions run is kept here, too.
LIST_PROJECTS = "codebuild:ListProjects"
CREATE_PROJECT = "codebuild:CreateProject"
UPDATE_PROJECT = "codebuild:UpdateProject"
DELETE_PROJECT = "codebuild:DeleteProject"
# Operations of CodeConnections: the git hosts that sources are fetched from.
LIST_CONNECTIONS = "codestar-connections:ListConnections"
CREATE_CONNECTION = "codestar-connections:CreateConnection"
UPDATE_CONNECTION = "codestar-connections:UpdateConnection"
USE_CONNECTION = "codestar-connections:UseConnection"
DELETE_CONNECTION = "codestar-connections:DeleteConnection"

# Operations of EventBridge: who is told of events.
LIST_EVENT_TARGETS = "events:ListTargetsByRule"
PUT_EVENT_TARGETS = "events:PutTargets"
REMOVE_EVENT_TARGETS = "events:RemoveTargets"


class ResourceRights(NamedTuple):
    """What can be done with one kind of what actions name, as operations of AWS's services."""

    list: str
    create: str
    update: str
    delete: str


INSTANCES = ResourceRights(
    "codedeploy:ListOnPremisesInstances",
    "codedeploy:RegisterOnPremisesInstance",
    "codedeploy:AddTagsToOnPremisesInstances",
    "codedeploy:DeregisterOnPremisesInstance",
)
DEPLOYMENT_GROUPS = ResourceRights(
    "codedeploy:ListDeploymentGroups",
    "codedeploy:CreateDeploymentGroup",
    "codedeploy:UpdateDeploymentGroup",
    "codedeploy:DeleteDeploymentGroup",
)

FUNCTIONS = ResourceRights(
    "lambda:ListFunctions",
    "lambda:CreateFunction",
    "lambda:UpdateFunctionConfiguration",
    "lambda:DeleteFunction",
)
TOPICS = ResourceRights(
    "sns:ListTopics", "sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic"
)


class Role(StrEnum):
    """What people and programs are allowed; each holds what is named in GRANTS and no more."""

    READ = "read"
    OPERATE = "operate"  # start, stop and wait, retry, transitions, approvals
    ABANDON = "abandon"  # stop and abandon, end what is left: a right of its own, as it can do harm
    WORK = "work"  # take jobs and report on them
    EDIT = "edit"  # pipelines, action types, webhooks, tags, build projects, connections
    ADMIN = "admin"  # all of it, and other people's access keys and roles


_READING = frozenset(
    {
        "GetActionType",
        "GetPipeline",
        "GetPipelineExecution",
        "GetPipelineState",
        "ListActionExecutions",
        "ListActionTypes",
        "ListDeployActionExecutionTargets",
        "ListPipelineExecutions",
        "ListPipelines",
        "ListRuleExecutions",
        "ListRuleTypes",
        "ListTagsForResource",
        "ListWebhooks",
        LIST_PROJECTS,
        LIST_CONNECTIONS,
        INSTANCES.list,
        DEPLOYMENT_GROUPS.list,
        FUNCTIONS.list,
        TOPICS.list,
        LIST_EVENT_TARGETS,
    }
)
_OPERATING = frozenset(
    {
        "DisableStageTransition",
        "EnableStageTransition",
        "OverrideStageCondition",
        "PutActionRevision",
        "PutApprovalResult",
        "RetryStageExecution",
        "RollbackStage",
        "StartPipelineExecution",
        "StopPipelineExecution",
    }
)
_WORKING = frozenset(
    {
        "AcknowledgeJob",
        "AcknowledgeThirdPartyJob",
        "GetJobDetails",
        "GetThirdPartyJobDetails",
        "PollForJobs",
        "PollForThirdPartyJobs",
        "PutJobFailureResult",
        "PutJobSuccessResult",
        "PutThirdPartyJobFailureResult",
        "PutThirdPartyJobSuccessResult",
    }
)
_EDITING = frozenset(
    {
        "CreateCustomActionType",
        "CreatePipeline",
        "DeleteCustomActionType",
        "DeletePipeline",
        "DeleteWebhook",
        "DeregisterWebhookWithThirdParty",
        "PutWebhook",
        "RegisterWebhookWithThirdParty",
        "TagResource",
        "UntagResource",
        "UpdateActionType",
        "UpdatePipeline",
        CREATE_PROJECT,
        UPDATE_PROJECT,
        DELETE_PROJECT,
        CREATE_CONNECTION,
        UPDATE_CONNECTION,
        USE_CONNECTION,
        DELETE_CONNECTION,
        *DEPLOYMENT_GROUPS[1:],
        *FUNCTIONS[1:],
        *TOPICS[1:],
        PUT_EVENT_TARGETS,
        REMOVE_EVENT_TARGETS,
    }
)
# Deployments write to the folder of an instance, whatever commands are kept in.
_ADMINISTERING = frozenset(INSTANCES[1:])
GRANTS: dict[Role, frozenset[str]] = {
    Role.READ: _READING,
    Role.OPERATE: _READING | _OPERATING,
    Role.ABANDON: frozenset({ABANDON, END_WORK}),
    Role.WORK: _WORKING,
    Role.EDIT: _READING | _EDITING,
    Role.ADMIN: _READING | _OPERATING | _WORKING | _EDITING | _ADMINISTERING | {ABANDON, END_WORK},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who has been recognised, by a session or by a signature."""

    arn: str
    roles: frozenset[Role]

    def may(self, operation: str) -> bool:
        """Whether any of the roles grants the operation, named as AWS names it."""
        return any(operation in GRANTS[role] for role in self.roles)

    def check(self, operation: str, *, on: str = "*") -> None:
        """Let the operation through, or raise AccessDenied in the words of IAM.

        `on` is the ARN of what it is to be done to.
        """
        if not self.may(operation):
            action = operation if ":" in operation else f"codepipeline:{operation}"
            raise _denied(self.arn, action, on=on)

    @property
    def is_admin(self) -> bool:
        """Whether other people, their roles and their access keys are its business."""
        return Role.ADMIN in self.roles

    def check_admin(self, action: str, *, on: str) -> None:
        """Let an action of IAM through, such as CreateUser, or raise AccessDenied."""
        if not self.is_admin:
            raise _denied(self.arn, f"iam:{action}", on=on)

    def check_own(self, action: str, *, owner: str) -> None:
        """Let an action of IAM on something of `owner` through: its own, or an admin's."""
        if owner != self.arn:
            self.check_admin(action, on=owner)


def least_role(operation: str) -> Role:
    """The role to ask for by who wants to do the operation, and no more than that."""
    return next(role for role in Role if operation in GRANTS[role])


def _denied(arn: str, action: str, *, on: str) -> AccessDenied:
    return AccessDenied(
        f"User: {arn} is not authorized to perform: {action} on resource: {on}"
        f" because no identity-based policy allows the {action} action"
    )
