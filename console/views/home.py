"""The root: people are led to their pipelines, the AWS tools are told what is missing."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """A POST is a request of the CodePipeline API; it changes nothing and needs no cookie."""
    if request.method != "POST":
        return redirect("pipelines")
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2] or "This operation"
    return JsonResponse(
        {
            "__type": "UnknownOperationException",
            "message": f"{operation} is not available in this version of Penstock: it does not"
            f" serve the CodePipeline API yet. Use the console at {settings.PENSTOCK_URL}",
        },
        status=HTTPStatus.NOT_IMPLEMENTED,
        content_type="application/x-amz-json-1.1",
    )
