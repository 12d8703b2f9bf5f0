"""The index of AWS's 44 operations: the name of each, and the function that does it.

A function is called with the operation's input as keyword arguments, in snake_case as botocore
spells them (`pipelineExecutionId` is `pipeline_execution_id`; what is nested in them keeps AWS's
spelling), after the input has been checked against its shape, with members that are unknown or
null left out.  `by` is the caller.  It returns the operation's output in AWS's spelling, times as
aware datetimes, or None where AWS answers with nothing; what it cannot do it raises as a Refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.api.answers import WithHeaders
from pipelines.api.operations import (
    absent,
    approvals,
    deployments,
    executions,
    jobs,
    pipelines,
    reading,
    stages,
    tags,
    third_party_jobs,
    types,
    webhooks,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Output = dict[str, Any] | WithHeaders | None

OPERATIONS: dict[str, Callable[..., Output]] = {
    # Pipelines
    "CreatePipeline": pipelines.create_pipeline,
    "DeletePipeline": pipelines.delete_pipeline,
    "GetPipeline": pipelines.get_pipeline,
    "ListPipelines": pipelines.list_pipelines,
    "UpdatePipeline": pipelines.update_pipeline,
    # Executions, and what is read of them
    "GetPipelineExecution": reading.get_pipeline_execution,
    "GetPipelineState": reading.get_pipeline_state,
    "ListDeployActionExecutionTargets": deployments.list_deploy_action_execution_targets,
    "ListActionExecutions": reading.list_action_executions,
    "ListPipelineExecutions": reading.list_pipeline_executions,
    "ListRuleExecutions": reading.list_rule_executions,
    "PutActionRevision": executions.put_action_revision,
    "StartPipelineExecution": executions.start_pipeline_execution,
    "StopPipelineExecution": executions.stop_pipeline_execution,
    # Stages
    "DisableStageTransition": stages.disable_stage_transition,
    "EnableStageTransition": stages.enable_stage_transition,
    "PutApprovalResult": approvals.put_approval_result,
    "OverrideStageCondition": stages.override_stage_condition,
    "RetryStageExecution": stages.retry_stage_execution,
    "RollbackStage": stages.rollback_stage,
    # Action types and rule types
    "CreateCustomActionType": types.create_custom_action_type,
    "DeleteCustomActionType": types.delete_custom_action_type,
    "GetActionType": types.get_action_type,
    "ListActionTypes": types.list_action_types,
    "ListRuleTypes": types.list_rule_types,
    # Jobs
    "AcknowledgeJob": jobs.acknowledge_job,
    "GetJobDetails": jobs.get_job_details,
    "PollForJobs": jobs.poll_for_jobs,
    "PutJobFailureResult": jobs.put_job_failure_result,
    "PutJobSuccessResult": jobs.put_job_success_result,
    "AcknowledgeThirdPartyJob": third_party_jobs.acknowledge_third_party_job,
    "GetThirdPartyJobDetails": third_party_jobs.get_third_party_job_details,
    "PollForThirdPartyJobs": third_party_jobs.poll_for_third_party_jobs,
    "PutThirdPartyJobFailureResult": third_party_jobs.put_third_party_job_failure_result,
    "PutThirdPartyJobSuccessResult": third_party_jobs.put_third_party_job_success_result,
    # Tags
    "ListTagsForResource": tags.list_tags_for_resource,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    # Webhooks
    "DeleteWebhook": webhooks.delete_webhook,
    "DeregisterWebhookWithThirdParty": webhooks.deregister_webhook_with_third_party,
    "ListWebhooks": webhooks.list_webhooks,
    "PutWebhook": webhooks.put_webhook,
    "RegisterWebhookWithThirdParty": webhooks.register_webhook_with_third_party,
    # What later versions bring
    **absent.OPERATIONS,
}
