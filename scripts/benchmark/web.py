"""Penstock's pages, and beside them views that only answer."""

from __future__ import annotations

import importlib
import os

import django
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup()
importlib.import_module("benchmark.noop").register_all()


@csrf_exempt
@login_not_required
def plain(_request: HttpRequest, size: int) -> HttpResponse:
    """So many bytes for everybody: no query, no template."""
    return HttpResponse(b"x" * size, status=200 if size else 204)


def signed_in(request: HttpRequest, size: int) -> HttpResponse:
    """The same for those who are signed in, which takes a session and a user."""
    return plain(request, size)


urlpatterns = [
    path("bench/plain/<int:size>", plain),
    path("bench/signed-in/<int:size>", signed_in),
    path("", include("console.urls")),
]
settings.ROOT_URLCONF = "benchmark.web"
application = get_wsgi_application()
