"""The pipelines list, one pipeline's page, and Release change."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from console import dialogs, layout, live
from console.actor import caller_of, offers_to
from console.forms.pipelines import PropertiesForm, ReleaseForm
from console.present import history, listing
from console.present.announcing import news, shown
from console.present.banner import stop_banner
from console.present.canvas import canvas_of_pipeline
from console.present.history import Query, history_page
from console.present.leftovers import leftovers_of
from pipelines import definitions, executions, finding
from pipelines.core.statuses import ExecutionMode
from pipelines.models import Pipeline

if TYPE_CHECKING:
    from django.core.paginator import Page
    from django.http import HttpResponse

    from console.live import HtmxHttpRequest

LISTED = 100  # pipelines on a page of the list


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    asked = request.GET.get("q", "").strip()
    found = Pipeline.objects.filter(name__icontains=asked)
    revision = listing.revision_of(found)
    if live.is_current(request, revision):
        return live.nothing_new()
    page = Paginator(found.order_by(Lower("name")), LISTED).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "page": page,
        **_neighbours(page, asked),
        "rows": listing.rows_of(page),
        "revision": revision,
        "own_url": live.own_url(request),
        "as_of": timezone.now(),
    }
    return live.answer(request, "pipelines/index.html", "pipelines/_table.html", context)


@require_safe
def view(request: HtmxHttpRequest, name: str) -> HttpResponse:
    revision = Pipeline.objects.named(name).values_list("revision", flat=True).first()
    if live.is_current(request, revision):
        return live.nothing_new()
    pipeline = finding.pipeline(name)
    is_parallel = pipeline.execution_mode == ExecutionMode.PARALLEL
    context = {
        "pipeline": pipeline,
        "arn": finding.arn_of(pipeline.name),
        "stop_banner": stop_banner(request, pipeline),
        "leftovers": leftovers_of(pipeline),
        "layout": layout.chosen(request),
        "own_url": live.own_url(request),
        "as_of": timezone.now(),
        **(_executions if is_parallel else _diagram)(request, pipeline),
    }
    response = live.answer(request, "pipelines/view.html", "pipelines/_live.html", context)
    return layout.remember(request, response)


def _diagram(request: HtmxHttpRequest, pipeline: Pipeline) -> dict[str, object]:
    """The stages, with the executions that are in them."""
    canvas = canvas_of_pipeline(pipeline)
    return {
        "canvas": canvas,
        "executions": None,
        "revision": canvas.revision(pipeline.revision),
        "shown": shown(canvas),
        "news": news(request.GET.get("shown", ""), canvas),
        "every": live.BUSY if canvas.is_busy else live.IDLE,
    }


def _executions(request: HtmxHttpRequest, pipeline: Pipeline) -> dict[str, object]:
    """The newest of the executions, each of which has a diagram of its own.

    What becomes of them is told to the pipeline a moment later, so while one goes on every poll
    is answered anew.
    """
    page = history_page(pipeline, Query())
    goes_on = pipeline.executions.unfinished().exists()
    return {
        "canvas": None,
        "executions": page,
        "revision": "" if goes_on else pipeline.revision,
        "shown": history.shown(page),
        "news": history.news(request.GET.get("shown", ""), page),
        "every": live.BUSY if goes_on else live.IDLE,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def properties(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """Edit: Pipeline properties."""
    pipeline = finding.pipeline(name)
    now = {"pipeline_type": pipeline.pipeline_type, "execution_mode": pipeline.execution_mode}
    form = PropertiesForm(request.POST if request.method == "POST" else None, initial=now)

    def act() -> str:
        changed = {
            "pipelineType": form.cleaned_data["pipeline_type"],
            "executionMode": form.cleaned_data["execution_mode"],
        }
        definitions.update({**definitions.current(pipeline), **changed}, by=caller_of(request))
        kind, mode = changed.values()
        return f"Pipeline {name} is of type {kind} now, in execution mode {mode}."

    context = {
        "pipeline": pipeline,
        "title": "Edit: Pipeline properties",
        "unfinished": pipeline.executions.unfinished().sharing_locks().count(),
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).edit
    return dialogs.handle(request, "pipelines/_properties.html", context, form, act, allowed=may)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HtmxHttpRequest, name: str) -> HttpResponse:
    pipeline = finding.pipeline(name)
    data = request.POST if request.method == "POST" else None
    form = ReleaseForm(data, pipeline=pipeline)

    def act() -> str:
        execution = executions.release(
            name,
            by=caller_of(request),
            client_request_token=form.cleaned_data["token"],
            variables=form.values,
            source_overrides=form.overrides,
        )
        page = reverse("execution-timeline", args=[name, execution.pk])
        what = "the source revisions you gave" if form.overrides else "the most recent change"
        return format_html(
            'Execution <a href="{}">{}</a> has started with {}.', page, execution.pk, what
        )

    context = {
        "pipeline": pipeline,
        "title": "Release change",
        "leftovers": leftovers_of(pipeline),
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).release
    return dialogs.handle(request, "pipelines/_release.html", context, form, act, allowed=may)


def _neighbours(page: Page[Pipeline], asked: str) -> dict[str, str]:
    """Where the arrows of the paging lead."""
    numbers = {
        "previous_url": page.has_previous() and page.previous_page_number(),
        "next_url": page.has_next() and page.next_page_number(),
    }
    return {
        name: f"?{urlencode({'q': asked, 'page': number})}" if number else ""
        for name, number in numbers.items()
    }
