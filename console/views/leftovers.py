"""Ending work that was left behind, and saying what is done about it in the future."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from console import dialogs
from console.actor import caller_of, offers_to
from console.forms.leftovers import EndForm, PolicyForm
from console.present.leftovers import leftovers_of
from pipelines import finding, leftovers, treatments
from pipelines.core.refusals import ActionNotFound

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from console.live import HtmxHttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HtmxHttpRequest, name: str, execution_id: UUID, action_id: UUID) -> HttpResponse:
    pipeline = finding.pipeline(name)
    execution = finding.execution(pipeline, execution_id)
    action = execution.action_executions.filter(pk=action_id).first()
    if action is None:
        raise ActionNotFound(f"Execution '{execution_id}' has no action execution '{action_id}'.")
    form = EndForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        leftovers.end(name, action_id, by=caller_of(request))
        return f"The work of {action.action_name} is being ended."

    running = [each for each in leftovers_of(pipeline) if each.action_id == action_id]
    context = {
        "pipeline": pipeline,
        "action": action,
        "left": running[0] if running else None,
        "title": f"End the work of {action.action_name}",
        "back": dialogs.way_back(request, reverse("action", args=[name, execution_id, action_id])),
    }
    may = offers_to(request).end_work
    return dialogs.handle(request, "leftovers/_end.html", context, form, act, allowed=may)


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HtmxHttpRequest, name: str, stage: str, action: str) -> HttpResponse:
    pipeline = finding.pipeline(name)
    finding.action(pipeline, (stage, action))
    own = treatments.own(pipeline.pk).get((stage, action))
    data = request.POST if request.method == "POST" else None
    form = PolicyForm(data, own=own, site=treatments.of_site())

    def act() -> str:
        leftovers.treat(name, (stage, action), form.treatment, by=caller_of(request))
        return f"What happens to abandoned work of {action} is saved."

    context = {
        "pipeline": pipeline,
        "title": f"Abandoned work of {action}",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).edit
    return dialogs.handle(request, "leftovers/_policy.html", context, form, act, allowed=may)
