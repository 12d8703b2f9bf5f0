"""The page Stop execution."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from console import dialogs, live
from console.actor import caller_of, offers_to
from console.forms.stop import StopForm
from console.present.banner import with_banner
from console.present.leftovers import leftovers_of
from console.present.stop_page import stop_page, tokens_of
from console.refusals import status_of
from pipelines import executions, finding
from pipelines.core.refusals import Refusal
from pipelines.models import Pipeline

if TYPE_CHECKING:
    from django.http import HttpResponse

    from console.live import HtmxHttpRequest

PAGE, FRESH = "stop/stop.html", "stop/_fresh.html"


@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """The form; to htmx the preview, and what else depends on the execution that is chosen."""
    if request.method == "POST":
        return _stop(request, name)
    revision = Pipeline.objects.named(name).values_list("revision", flat=True).first()
    if any(live.is_current(request, token) for token in tokens_of(revision)):
        return live.nothing_new()
    form = StopForm(initial={"reason": request.GET.get("reason", "")})
    return live.answer(request, PAGE, FRESH, _context(request, name, form))


def _stop(request: HtmxHttpRequest, name: str) -> HttpResponse:
    form = StopForm(request.POST)
    status = _attempt(request, name, form)
    if status is HTTPStatus.SEE_OTHER:
        back = dialogs.way_back(request, reverse("pipeline", args=[name]))
        return dialogs.SeeOther(with_banner(back, form.cleaned_data["execution"]))
    return render(request, PAGE, _context(request, name, form), status=status)


def _attempt(request: HtmxHttpRequest, name: str, form: StopForm) -> HTTPStatus:
    if not form.is_valid():
        return HTTPStatus.BAD_REQUEST
    given = form.cleaned_data
    try:
        executions.stop(
            name,
            given["execution"],
            mode=given["mode"],
            reason=given["reason"],
            by=caller_of(request),
            hold=given["hold"],
            seen=given["seen"],
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return status_of(refusal)
    return HTTPStatus.SEE_OTHER


def _context(request: HtmxHttpRequest, name: str, form: StopForm) -> dict[str, object]:
    pipeline = finding.pipeline(name)
    asked = request.POST if form.is_bound else request.GET
    return {
        "pipeline": pipeline,
        "leftovers": leftovers_of(pipeline),
        "form": form,
        "page": stop_page(pipeline, asked, offers_to(request)),
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
        "as_of": timezone.now(),
    }
