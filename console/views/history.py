"""The execution history of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.views.decorators.http import require_safe

from console import live
from console.present.banner import stop_banner
from console.present.history import history_page, news, query_of, shown
from console.present.statuses import EXECUTION
from pipelines import finding
from pipelines.core.arns import pipeline_arn
from pipelines.models import Pipeline

if TYPE_CHECKING:
    from django.http import HttpResponse

    from console.live import HtmxHttpRequest


@require_safe
def index(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """The newest executions, kept true; or a page of older ones, which stands still."""
    revision = Pipeline.objects.named(name).values_list("revision", flat=True).first()
    if live.is_current(request, revision):
        return live.nothing_new()
    pipeline = finding.pipeline(name)
    query = query_of(request.GET)
    page = history_page(pipeline, query)
    context = {
        "pipeline": pipeline,
        "arn": pipeline_arn(
            region=settings.PENSTOCK_REGION,
            account_id=settings.PENSTOCK_ACCOUNT_ID,
            name=pipeline.name,
        ),
        "query": query,
        "page": page,
        "shown": shown(page),
        "news": news(request.GET.get("shown", ""), page),
        "statuses": EXECUTION,
        "stop_banner": stop_banner(request, pipeline),
        "own_url": live.own_url(request),
        "every": live.BUSY if pipeline.executions.unfinished().exists() else live.IDLE,
        "as_of": timezone.now(),
    }
    return live.answer(request, "history/index.html", "history/_live.html", context)
