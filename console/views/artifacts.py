"""The artifacts of an action, to take away as they are in the store."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from pipelines import artifact_store, finding
from pipelines.core.refusals import ActionNotFound
from pipelines.stores import StoreError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http.response import HttpResponseBase

    from console.live import HtmxHttpRequest
    from pipelines.models import Pipeline

PLAIN = "text/plain; charset=utf-8"


@require_safe
def download(
    request: HtmxHttpRequest, name: str, execution_id: UUID, action_id: UUID, artifact: str
) -> HttpResponseBase:
    """An input or output artifact of this action, piece by piece; never opened in the browser."""
    del request
    key = _key(finding.pipeline(name), execution_id, action_id, artifact)
    store = artifact_store.configured()
    try:
        kept = store.look(key)
        if kept is None:
            raise ActionNotFound(
                f"The artifact '{artifact}' is not in the artifact store any more."
            )
        pieces = store.read(key)
    except StoreError as problem:
        unavailable = HTTPStatus.SERVICE_UNAVAILABLE
        return HttpResponse(f"{problem}\n", content_type=PLAIN, status=unavailable)
    saved_as = f"{name}-{artifact}-{str(execution_id)[:8]}.zip"
    headers = {
        "Content-Length": str(kept.size),
        "Content-Disposition": content_disposition_header(True, saved_as) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Vary": "HX-Request",
    }
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


def _key(pipeline: Pipeline, execution_id: UUID, action_id: UUID, artifact: str) -> str:
    """Raises ExecutionNotFound, or ActionNotFound when the action has no such artifact."""
    execution = finding.execution(pipeline, execution_id)
    action = execution.action_executions.filter(pk=action_id).first()
    keys = {**action.input_artifacts, **action.output_artifacts} if action else {}
    if artifact not in keys:
        raise ActionNotFound(
            f"Action execution '{action_id}' of execution '{execution_id}' has no artifact"
            f" '{artifact}'."
        )
    return str(keys[artifact])
