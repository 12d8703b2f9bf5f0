"""What one action execution did, and the log of its work while it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from console import live
from console.present.action import action_view, has_work_left_behind, is_over, told
from console.present.banner import stop_banner
from console.present.detection import detection_of
from console.present.leftovers import Late, fate_of, late_of, leftovers_of
from console.present.log import LogPart, last_part, part_from
from console.present.statuses import execution_words
from pipelines import finding, places
from pipelines.core.refusals import ActionNotFound
from pipelines.models import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any
    from uuid import UUID

    from django.http.response import HttpResponseBase

    from console.live import HtmxHttpRequest
    from console.present.action import Work
    from pipelines.models import ActionExecution

CHUNK = 64 * 1024
PLAIN = "text/plain; charset=utf-8"


@require_safe
def details(
    request: HtmxHttpRequest, name: str, execution_id: UUID, action_id: UUID
) -> HttpResponse:
    """The page, or what of it is kept true; the log in it follows by itself (`log`)."""
    revision = Pipeline.objects.named(name).values_list("revision", flat=True).first()
    if live.is_current(request, revision):
        return live.nothing_new()
    pipeline = finding.pipeline(name)
    action = _found(pipeline, execution_id, action_id)
    view = action_view(action)
    context = {
        "pipeline": pipeline,
        "execution": action.execution,
        "execution_words": execution_words(action.execution.status),
        "action": view,
        **_left_behind(pipeline, action, view.work),
        "stop_banner": stop_banner(request, pipeline),
        "revision": "" if has_work_left_behind([action]) else pipeline.revision,
        "shown": view.words.label,
        "news": told(view, before=request.GET.get("shown", "")),
        "own_url": live.own_url(request),
        "every": live.IDLE if view.is_over else live.BUSY,
        "as_of": timezone.now(),
        **_log(action, last_part(places.log_of(action_id))),
    }
    if not request.htmx:
        context["detection"] = detection_of(action)
    return live.answer(request, "actions/details.html", "actions/_live.html", context)


@require_safe
def log(
    request: HtmxHttpRequest, name: str, execution_id: UUID, action_id: UUID
) -> HttpResponseBase:
    """What was written since byte `from`; all of it with `raw`; or else the page that shows it."""
    action = _found(finding.pipeline(name), execution_id, action_id)
    if request.GET.get("raw"):
        return _raw(places.log_of(action_id))
    if not request.htmx:
        page = reverse("action", args=(name, execution_id, action_id))
        return redirect(f"{page}#log")
    context = _log(action, part_from(places.log_of(action_id), _number(request, "from")))
    if context["goes_on"] and context["part"].size == _number(request, "seen"):
        return live.nothing_new()
    return live.answer(request, "actions/_log.html", "actions/_log.html", context)


def _found(pipeline: Pipeline, execution_id: UUID, action_id: UUID) -> ActionExecution:
    """Raises ExecutionNotFound or ActionNotFound."""
    execution = finding.execution(pipeline, execution_id)
    action = execution.action_executions.select_related("lease").filter(pk=action_id).first()
    if action is None:
        raise ActionNotFound(f"Execution '{execution_id}' has no action execution '{action_id}'.")
    action.execution = execution
    return action


def _left_behind(
    pipeline: Pipeline, action: ActionExecution, work: Work | None
) -> dict[str, object]:
    """What is told of work that went on after its action had ended."""
    is_left = work is not None and work.is_left_behind
    found = leftovers_of(pipeline) if is_left else ()
    left = [each for each in found if each.action_id == action.pk]
    late = late_of(action)
    if work and work.is_late and work.ended_at:
        late = Late(work.ended_at, work.outcome.removesuffix("."))
    return {
        "left": left[0] if left else None,
        "late": late,
        "treatment": fate_of(pipeline, action),
    }


def _log(action: ActionExecution, part: LogPart) -> dict[str, Any]:
    """Whoever reads the action before the log misses nothing that was written before its end."""
    return {
        "part": part,
        "goes_on": not is_over(action) or not part.reaches_end,
        "log_url": reverse(
            "action-log", args=(action.execution.pipeline.name, action.execution_id, action.pk)
        ),
    }


def _number(request: HtmxHttpRequest, parameter: str) -> int:
    text = request.GET.get(parameter, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _raw(path: Path) -> HttpResponseBase:
    """As much as there is now, piece by piece."""
    if not path.is_file():
        return HttpResponse("There is no log yet.\n", content_type=PLAIN, status=404)
    size = path.stat().st_size
    headers = {"Content-Length": str(size), "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(_pieces(path, size), content_type=PLAIN, headers=headers)


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(CHUNK, size))):
            size -= len(piece)
            yield piece
