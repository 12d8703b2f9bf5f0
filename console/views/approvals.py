"""Review: approve or reject what a manual approval asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from console import dialogs
from console.actor import caller_of, offers_to
from console.forms.approvals import ReviewForm
from console.present.review import review_of
from pipelines import approvals, finding

if TYPE_CHECKING:
    from django.http import HttpResponse

    from console.live import HtmxHttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HtmxHttpRequest, name: str, stage: str, action: str) -> HttpResponse:
    pipeline = finding.pipeline(name)
    finding.stage(pipeline, stage)
    asked = review_of(pipeline, stage, action)
    data = request.POST if request.method == "POST" else None
    form = ReviewForm(data, initial={"token": asked.token})

    def act() -> str:
        approvals.answer(
            name,
            (stage, action),
            token=form.cleaned_data["token"],
            status=form.cleaned_data["status"],
            summary=form.cleaned_data["summary"],
            by=caller_of(request),
        )
        return f"{action} is {form.cleaned_data['status'].lower()}."

    context = {
        "pipeline": pipeline,
        "action_name": action,
        "review": asked,
        "fresh_url": request.get_full_path(),
        "title": "Review",
        "back": dialogs.way_back(request, reverse("pipeline", args=[name])),
    }
    may = offers_to(request).review
    return dialogs.handle(request, "approvals/_review.html", context, form, act, allowed=may)
