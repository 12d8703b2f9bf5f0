"""What is stored.  Rows change only in the use cases, the engine and the methods defined here."""

from pipelines.models.abandoned_work import AbandonedWorkPolicy
from pipelines.models.access import AccessKey
from pipelines.models.action_types import CustomActionType
from pipelines.models.actions import ActionExecution, Lease
from pipelines.models.conditions import ConditionExecution
from pipelines.models.connection_hooks import ConnectionHook
from pipelines.models.connections import Connection
from pipelines.models.event_targets import EventDelivery, EventTarget
from pipelines.models.events import Event
from pipelines.models.executions import PipelineExecution, StageExecution, StopRequest
from pipelines.models.jobs import Job
from pipelines.models.notifications import ApprovalNotification
from pipelines.models.partners import PartnerWorker
from pipelines.models.pipelines import Pipeline, PipelineVersion, Stage
from pipelines.models.projects import BuildProject
from pipelines.models.registered import DeploymentGroup, Function, Instance, Topic
from pipelines.models.revisions import UsedRevision
from pipelines.models.targets import DeployTarget
from pipelines.models.triggering import UsedChange
from pipelines.models.watching import WatchedSource
from pipelines.models.webhooks import HookDelivery, Webhook

__all__ = [
    "AbandonedWorkPolicy",
    "AccessKey",
    "ActionExecution",
    "ApprovalNotification",
    "BuildProject",
    "ConditionExecution",
    "Connection",
    "ConnectionHook",
    "CustomActionType",
    "DeployTarget",
    "DeploymentGroup",
    "Event",
    "EventDelivery",
    "EventTarget",
    "Function",
    "HookDelivery",
    "Instance",
    "Job",
    "Lease",
    "PartnerWorker",
    "Pipeline",
    "PipelineExecution",
    "PipelineVersion",
    "Stage",
    "StageExecution",
    "StopRequest",
    "Topic",
    "UsedChange",
    "UsedRevision",
    "WatchedSource",
    "Webhook",
]
