"""How much one request may send: refused by what it announces, before anything of it is read or put on the disk."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

MEGABYTE = 1024 * 1024
ROOM_FOR_FORM = 2
"""Megabytes that a form with files may have beside them."""


class RequestSizeMiddleware:
    """Stands after the language is known and before anything reads the body. Too large: 413 with the limit in words. A
    body without an announced length is not read at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.EVIDENCE_REQUEST_MB + ROOM_FOR_FORM
        if not announced.isdigit() or int(announced) > most * MEGABYTE:
            words = {
                "title": _("Too much was sent at once"),
                "text": _("Nothing of this was saved. A form takes files of %(mb)s MB together, one file %(one)s MB.")
                % {"mb": settings.EVIDENCE_REQUEST_MB, "one": settings.EVIDENCE_FILE_MB},
                "language": get_language(),
            }
            return HttpResponse(render_to_string("web/failure.html", words), status=413)
        return self.get_response(request)
