"""The choice of language: kept in a cookie for the machine and in the account of who is signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from oralu.apps.access.services import profile_change


@login_not_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Set the language and go back to the page it was asked on. An unknown language changes nothing."""
    code = request.POST.get("language", "")
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and code in dict(settings.LANGUAGES) and code != user.language:
        profile_change(user=user, language=code, phone=user.phone, email=user.email, at=timezone.now())
    return set_language(request)
