"""Coming in, going out, and how the console looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required, login_required
from django.contrib.auth.views import LoginView
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from console.middleware import role_not_required

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

THEMES = frozenset({"light", "dark", "system"})
A_YEAR = 365 * 24 * 60 * 60
_ask_for_password = LoginView.as_view(template_name="registration/sign_in.html")


@login_not_required
@never_cache
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Ask who it is; who is in already goes on to where he was going."""
    if request.user.is_authenticated:
        return redirect(_next_page(request, request.GET.get("next", "")))
    return _ask_for_password(request)


@role_not_required
@login_required(redirect_field_name=None)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@role_not_required
@login_required(redirect_field_name=None)
@require_POST
def theme(request: HttpRequest) -> HttpResponseBase:
    """Keep the chosen theme in a cookie, which `base.html` reads, and go back."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        raise BadRequest("There is no such theme.")
    response = redirect(_next_page(request, request.POST.get("next", "")))
    response.set_cookie(
        "theme",
        chosen,
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _next_page(request: HttpRequest, wanted: str) -> str:
    """The page that was asked for, if it is one of ours that can be shown; else the pipelines."""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    leads_back = wanted.partition("?")[0] == reverse("sign-in")
    return wanted if is_ours and not leads_back else resolve_url(settings.LOGIN_REDIRECT_URL)
