"""The choice of language: kept in a cookie for the machine and in the account of who is signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Set the language and go back to the page it was asked on. An unknown language changes nothing."""
    code = request.POST.get("language", "")
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and code in dict(settings.LANGUAGES) and hasattr(user, "language"):
        # Not `save`: nothing else of the account may be written by a change of language.
        get_user_model()._default_manager.filter(pk=user.pk).update(language=code)
    return set_language(request)
