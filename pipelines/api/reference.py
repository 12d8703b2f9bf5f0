"""What each operation does here, and where that differs from AWS: the text of docs/api.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipelines.api import model
from pipelines.api.operations import OPERATIONS, absent
from pipelines.core.rights import least_role

if TYPE_CHECKING:
    from collections.abc import Iterator


class Here(NamedTuple):
    """One operation: what it does, and what somebody who knows AWS would not expect."""

    does: str
    differs: str = ""


HERE: dict[str, Here] = {
    "CreatePipeline": Here(
        "Checks the whole definition, stores it as version 1 with its tags, and starts the first"
        " execution.",
        "The role is not assumed, and need not exist.",
    ),
    "DeletePipeline": Here(
        "Deletes the pipeline with its executions and tags; a pipeline that does not exist is"
        " deleted already. What commands of it still run is ended.",
    ),
    "GetPipeline": Here(
        "Any version of the definition, with the defaults filled in; secrets are `****`.",
    ),
    "ListPipelines": Here("All pipelines by name, on pages."),
    "UpdatePipeline": Here(
        "Stores the next version. Executions of the version before end as Cancelled once their"
        " running actions have ended, but for those of a PARALLEL pipeline, which go on; `****`"
        " keeps the secret that is stored.",
        "A name that does not exist is answered with `ResourceNotFoundException`, which AWS sends"
        " although its model does not list it.",
    ),
    "GetPipelineExecution": Here("One execution, without times and without its stop, as at AWS."),
    "GetPipelineState": Here(
        "The stages of the current version with who is in them, who waits, and every action.",
        "In PARALLEL mode without executions, which are looked at each by itself. `entityUrl` and"
        " `logStreamARN` are left out: nothing is behind them.",
    ),
    "ListActionExecutions": Here(
        "Action executions, newest first, of the last 12 months; secrets are `****`.",
        "The externalExecutionId of a manual approval is its token.",
    ),
    "ListDeployActionExecutionTargets": Here(
        "The instances that an action of Deploy/EC2 or Deploy/CodeDeploy goes to, each with its"
        " events, while it does and afterwards; none for other actions.",
        "Without `pipelineName` the pipeline is the action execution's own. There is no"
        " `ssmCommandId`.",
    ),
    "ListPipelineExecutions": Here(
        "Executions, newest first, of the last 12 months, with `stopTrigger` as soon as a stop is"
        " accepted and until a retry resumes the execution.",
        "A stop without a reason has the empty `stopTrigger`.",
    ),
    "PutWebhook": Here(
        "Creates a webhook with an address of its own below `PENSTOCK_URL`, or replaces it and"
        " keeps the address. A request to it that is from whom it has to be and matches every"
        " filter starts the pipeline; [docs/webhooks.md](webhooks.md) shows how.",
        "JsonPath has names, indexes, wildcards and one `..`; expressions, functions and slices"
        " are `InvalidWebhookFilterPatternException`. `****` keeps the secret that is stored. A"
        " body that GitHub signed starts something once.",
    ),
    "ListWebhooks": Here(
        "Webhooks by name, on pages, with the last time each started something and what went wrong"
        " last; secrets are `****`.",
    ),
    "DeleteWebhook": Here(
        "Deletes a webhook and closes its address; one that does not exist is deleted already.",
    ),
    "RegisterWebhookWithThirdParty": Here(
        "Asks the API of GitHub, with the OAuthToken of the target action, to send pushes to the"
        " webhook.",
        "Only for actions of the provider GitHub (version 1), at `PENSTOCK_GITHUB_URL`; what GitHub"
        " refuses is `ValidationException` with its words.",
    ),
    "DeregisterWebhookWithThirdParty": Here(
        "Asks GitHub to forget the webhook; one that was never registered is fine.",
    ),
    "PutActionRevision": Here(
        "Starts an execution, unless the pipeline has used that revision before.",
        "`revisionChangeId` and `created` are not looked at.",
    ),
    "StartPipelineExecution": Here(
        "Starts an execution, with variables and source revisions. The same clientRequestToken"
        " within a day gives the execution that it started. In QUEUED and PARALLEL mode there are"
        " at most 50 at once (`PENSTOCK_CONCURRENT_EXECUTIONS`).",
    ),
    "StopPipelineExecution": Here(
        "Accepts the stop and answers; the engine carries it out. `Stopping` can be seen in both"
        " modes; an abandoned action's work goes on to its end, and its result changes nothing.",
        "`abandon` needs a role of its own. An execution that the pipeline does not have is"
        " answered with `PipelineExecutionNotStoppableException`: the model lists no other that"
        " fits.",
    ),
    "DisableStageTransition": Here("Holds executions in front of a stage, or behind it."),
    "EnableStageTransition": Here(
        "Lets them go on; who waits enters at once. What is enabled stays as it is.",
        "What was held up for more than 30 days, and is not resumed, ends as Cancelled.",
    ),
    "PutApprovalResult": Here("Answers a manual approval, also while its execution is stopping."),
    "RetryStageExecution": Here(
        "Resumes the same execution: failed and abandoned actions run again, or all of the stage;"
        " the failed ones also while others of the stage still run.",
    ),
    "RollbackStage": Here(
        "Starts an execution of type `ROLLBACK` that runs the stage once more with the target's"
        " source revisions, variables and artifacts, and then ends.",
        "It enters at once, also when the transition into the stage is disabled, and supersedes"
        " nobody.",
    ),
    "GetActionType": Here(
        "Refuses: the operation is for the owners of types that were made with an integration"
        " model, and nobody can make one here.",
        "No action type is ever found. ListActionTypes describes those that there are.",
    ),
    "ListActionTypes": Here(
        "Every action type of AWS and of its partners, with its configuration.",
        "`regionFilter` leaves nothing out. Where AWS itself takes more artifacts or keys than its"
        " service model allows, the true number is told.",
    ),
    "ListRuleTypes": Here("The six rule types of AWS."),
    "ListRuleExecutions": Here(
        "Every run of every rule of the conditions of stages, newest first, of the last 12 months.",
    ),
    "OverrideStageCondition": Here(
        "Has a stage go on as if its condition were met: one that is being checked, or one that has"
        " failed the execution, which then goes on where it ended.",
    ),
    "ListTagsForResource": Here("The tags of a pipeline or an action type, all on one page."),
    "TagResource": Here("Adds tags to a pipeline or a custom action type, or changes them."),
    "UntagResource": Here("Takes tags away; those that are not there are no matter."),
    "CreateCustomActionType": Here("Registers an action type whose work job workers do."),
    "DeleteCustomActionType": Here(
        "No definition can use the type any more; one that does not exist is deleted already."
    ),
    "PollForJobs": Here(
        "Hands out jobs that wait, each to one worker; who does not acknowledge within a minute"
        " loses the job to another.",
        "The artifactCredentials open the job's artifacts at Penstock's own address, as S3 would:"
        " see [job workers](job-workers.md).",
    ),
    "AcknowledgeJob": Here(
        "Takes a job.",
        "A job whose action was abandoned is answered with the status Failed, so that a worker"
        " leaves it.",
    ),
    "GetJobDetails": Here(
        "A job with its data, whatever became of it.",
        "The header `x-penstock-action-status` of the answer says whether the action is still"
        " InProgress, or Abandoned, or how it ended; there are artifactCredentials only while it is"
        " InProgress.",
    ),
    "PutJobSuccessResult": Here(
        "Ends the action, or with a continuation token keeps it going with another job, also while"
        " its execution is stopping. After an abandoning stop it is `InvalidJobStateException`."
    ),
    "PutJobFailureResult": Here("Fails the action."),
    "PollForThirdPartyJobs": Here(
        "Hands out the jobs of a partner's action type, each to one worker.",
        "For types that a worker was registered for with `manage.py partners register`, see"
        " [job workers](job-workers.md#the-work-of-partners); actions of other types fail.",
    ),
    "AcknowledgeThirdPartyJob": Here("Takes such a job, as AcknowledgeJob does."),
    "GetThirdPartyJobDetails": Here(
        "Such a job with its data and its nonce.", "It has the header of GetJobDetails."
    ),
    "PutThirdPartyJobSuccessResult": Here("As PutJobSuccessResult, without output variables."),
    "PutThirdPartyJobFailureResult": Here("As PutJobFailureResult."),
}

INTRODUCTION = """\
# The AWS API

Written by `manage.py docs`; a test holds it to the code. All operations of CodePipeline are
routed, in AWS JSON 1.1 (`POST /`) and in rpc-v2-cbor
(`POST /service/CodePipeline_20150709/operation/…`), and every request is signed with Signature
Version 4. What holds for all of them:

- The input is checked against AWS's service model, with the maximum, the pattern and the values of
  every member, and all that is wrong is told in one answer.
- Text with a null character or half of a surrogate pair is refused: no database could keep it.
- A request whose signature does not fit is refused before it is read. Clocks may differ by five
  minutes.
- Who signs has roles (see the console's page People). What no role grants is
  `AccessDeniedException`.
- A pipeline that somebody else is changing for longer than a few seconds is `ConflictException`.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([INTRODUCTION, *_served(), *_absent()])


def _served() -> Iterator[str]:
    for name in sorted(OPERATIONS.keys() - absent.OPERATIONS.keys()):
        here = HERE[name]
        yield f"## {name}\n\n{here.does}\n"
        if here.differs:
            yield f"*Differs from AWS:* {here.differs}\n"
        errors = ", ".join(f"`{error}`" for error in _errors(name))
        yield f"Role: {least_role(name)} · Errors of its own: {errors}\n"


def _absent() -> Iterator[str]:
    yield "## Not here yet\n\nThese answer 501 and say what is missing; nothing is pretended.\n"
    for what, names in absent.MISSING.items():
        yield f"- {what}: {', '.join(sorted(names))}"
    yield ""


def _errors(name: str) -> list[str]:
    shapes = model.service().operation_model(name).error_shapes
    return sorted(shape.name for shape in shapes)
