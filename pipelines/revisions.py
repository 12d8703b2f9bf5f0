"""What one can do with source revisions: tell a pipeline of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipelines import finding, patience, starting
from pipelines.core.action_types import Category
from pipelines.core.refusals import InvalidRequest, Throttled
from pipelines.core.storable import check_storable
from pipelines.models import PipelineExecution, UsedRevision

if TYPE_CHECKING:
    from pipelines.core.rights import Caller

TOLD = "PutActionRevision"


class Answer(NamedTuple):
    """Whether the revision is news to the pipeline, and the execution that uses it."""

    is_new: bool
    execution: PipelineExecution


@patience.limited(Throttled)
def put(pipeline_name: str, where: tuple[str, str], *, revision_id: str, by: Caller) -> Answer:
    """Start an execution if no execution has used this revision yet (PutActionRevision).

    `where` is the names of stage and source action.  As AWS has it, the execution fetches what is
    newest when it comes to its source; the revision says only that there is something new.

    Raises AccessDenied, PipelineNotFound, StageNotFound, ActionNotFound, InvalidRequest (for an
    action that is no source as well), or Throttled when the pipeline is busy.
    """
    by.check(TOLD, on=finding.arn_of(pipeline_name))
    check_storable(revision_id, "actionRevision.revisionId")
    pipeline = finding.locked_pipeline(pipeline_name)
    action = finding.action(pipeline, where)
    if action.type_id.category != Category.SOURCE:
        raise InvalidRequest(
            f"Action '{where[1]}' in stage '{where[0]}' of pipeline '{pipeline.name}' is not a"
            " source action, so it has no source revisions."
        )
    if user := UsedRevision.objects.user_of(pipeline, action.name, revision_id):
        return Answer(is_new=False, execution=user)
    execution = starting.begin(pipeline, starting.Trigger(TOLD, by.arn))
    UsedRevision.objects.note(execution, action.name, revision_id)
    return Answer(is_new=True, execution=execution)
