"""The root: people are led to their pipelines, tools to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt

from pipelines.api import views as api

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@csrf_exempt
@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """A GET is a person's; all else is a request of the CodePipeline API, or an attempt at one."""
    if request.method in {"GET", "HEAD"}:
        return redirect("pipelines")
    return api.endpoint(request)
