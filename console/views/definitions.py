"""The pages that create, edit and delete a pipeline, whose definition is written as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from console import dialogs
from console.actor import caller_of, offers_to
from console.forms.definitions import DefinitionForm, DeleteForm, EditForm
from console.present import pipeline_templates
from pipelines import definitions, finding

if TYPE_CHECKING:
    from django.http import HttpResponse

    from console.live import HtmxHttpRequest

PAGE = "pipelines/dialog_page.html"


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    """Create pipeline; `template` in the address chooses what the text begins with."""
    chosen = request.GET.get("template", "")
    form = DefinitionForm(
        request.POST if request.method == "POST" else None,
        initial={"definition": pipeline_templates.text_of(chosen)},
    )
    context: dict[str, Any] = {
        "page": PAGE,
        "title": "Create pipeline",
        "templates": pipeline_templates.TEMPLATES,
        "chosen": chosen,
        "back": reverse("pipelines"),
    }

    def act() -> str:
        said = form.cleaned_data["definition"]
        made = definitions.create(
            said["pipeline"], tags=said.get("tags", []), by=caller_of(request)
        )
        context["done"] = reverse("pipeline", args=[made.name])
        return f"Congratulations! The pipeline {made.name} has been created."

    may = offers_to(request).create
    return dialogs.handle(request, "pipelines/_create.html", context, form, act, allowed=may)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """Editing: the whole definition."""
    pipeline = finding.pipeline(name)
    form = EditForm(request.POST if request.method == "POST" else None, pipeline=pipeline)

    def act() -> str:
        said = form.cleaned_data
        definitions.update(
            said["definition"]["pipeline"], replacing=said["version"], by=caller_of(request)
        )
        return f"Pipeline {name} was saved successfully."

    context = {
        "page": PAGE,
        "pipeline": pipeline,
        "title": f"Editing: {name}",
        "unfinished": pipeline.executions.unfinished().sharing_locks().count(),
        "back": reverse("pipeline", args=[name]),
    }
    may = offers_to(request).edit
    return dialogs.handle(request, "pipelines/_edit.html", context, form, act, allowed=may)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, name: str) -> HttpResponse:
    pipeline = finding.pipeline(name)
    form = DeleteForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        definitions.delete(name, by=caller_of(request))
        return f"The pipeline {name} has been deleted."

    context = {
        "pipeline": pipeline,
        "title": "Delete pipeline",
        "unfinished": pipeline.executions.unfinished().count(),
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
        "done": reverse("pipelines"),
    }
    may = offers_to(request).delete
    return dialogs.handle(request, "pipelines/_delete.html", context, form, act, allowed=may)
