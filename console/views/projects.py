"""Build projects: the list, and the pages that create, edit and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from console import dialogs
from console.actor import caller_of
from console.forms.projects import ProjectForm
from console.present.projects import rows_of
from pipelines import projects
from pipelines.core.refusals import AccessDenied

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from console.live import HtmxHttpRequest

LISTED = 100  # projects on a page of the list


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    try:
        found = projects.listed(by=caller_of(request))
    except AccessDenied as refusal:
        raise PermissionDenied(refusal.message) from refusal
    page = Paginator(found, LISTED).get_page(request.GET.get("page"))
    previous = page.previous_page_number() if page.has_previous() else 0
    following = page.next_page_number() if page.has_next() else 0
    context = {
        "page": page,
        "rows": rows_of(page),
        "previous_url": f"?page={previous}" if previous else "",
        "next_url": f"?page={following}" if following else "",
    }
    return render(request, "projects/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest) -> HttpResponse:
    form = ProjectForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        name = form.cleaned_data["name"]
        projects.create(name, form.said, by=caller_of(request))
        return f"Build project {name} is created."

    context = _context(request, title="Create build project", submit="Create build project")
    return dialogs.handle(request, "projects/_form.html", context, form, act)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, project: str) -> HttpResponse:
    found = projects.find(project)
    form = ProjectForm(request.POST if request.method == "POST" else None, project=found)

    def act() -> str:
        projects.update(project, form.said, by=caller_of(request))
        return f"Build project {project} is updated."

    context = _context(request, title=f"Edit {project}", submit="Update build project")
    return dialogs.handle(request, "projects/_form.html", context, form, act)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, project: str) -> HttpResponse:
    found = projects.find(project)
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act() -> str:
        projects.delete(project, by=caller_of(request))
        return f"Build project {project} is deleted."

    context = {**_context(request, title="Delete build project"), "project": found}
    return dialogs.handle(request, "projects/_delete.html", context, form, act)


def _context(request: HttpRequest, **values: str) -> dict[str, Any]:
    back = dialogs.way_back(request, reverse("projects"))
    return {"page": "projects/dialog_page.html", "back": back, **values}
