"""What a system is told when its request is not carried out (RFC 9457). A problem never tells anything about a person,
and never what lies behind a wall: what may not be seen is answered like what does not exist."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEDIA_TYPE = "application/problem+json"
TITLES = {
    "bad-request": (400, gettext_lazy("The request cannot be read")),
    "no-idempotency-key": (400, gettext_lazy("The Idempotency-Key is missing or has a form that is not accepted")),
    "unauthorised": (401, gettext_lazy("The token is missing, unknown or no longer in force")),
    "not-found": (404, gettext_lazy("There is nothing here for you")),
    "method-not-allowed": (405, gettext_lazy("This address does not take this method")),
    "conflict": (409, gettext_lazy("This can no longer be done")),
    "in-progress": (409, gettext_lazy("The same is being done at this moment")),
    "changed-meanwhile": (412, gettext_lazy("It was changed since you read it")),
    "too-large": (413, gettext_lazy("The request is too large")),
    "media-type": (415, gettext_lazy("The body has to be application/json")),
    "invalid": (422, gettext_lazy("The request holds something that is not accepted")),
    "key-reused": (422, gettext_lazy("The Idempotency-Key stands for another request")),
    "if-match-required": (428, gettext_lazy("Say in If-Match which state you have read")),
    "too-many-requests": (429, gettext_lazy("Too many requests")),
    "defect": (500, gettext_lazy("Oralu has made a mistake")),
    "unavailable": (503, gettext_lazy("The database does not answer")),
    "disk-full": (507, gettext_lazy("The disk of the server is full")),
}
"""By code: the status and the words. The code is the last part of `type`, and stays as it is."""


def problem(code: str, *, detail: str = "", errors: Sequence[Mapping[str, str]] = (), **headers: str) -> HttpResponse:
    """The answer. `errors`: what is wrong with which part, by JSON pointer into the body (`pointer`) or by the name of
    a parameter (`parameter`). `headers`: with underscores for hyphens."""
    status, title = TITLES[code]
    told: dict[str, Any] = {"type": f"/problems/{code}", "title": str(title), "status": status}
    if detail:
        told["detail"] = detail
    if errors:
        told["errors"] = list(errors)
    response = HttpResponse(json.dumps(told, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


class RefusedError(Exception):
    """Nothing of the request is done; `response` says why."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.response = problem(code, **more)


class NotHereError(RefusedError):
    """What does not exist and what may not be seen, told alike."""

    def __init__(self) -> None:
        super().__init__("not-found")


def parts_refused(found: Iterable[Mapping[str, Any]]) -> HttpResponse:
    """What does not fit the description of the interface. What was sent is not repeated."""
    return problem("invalid", errors=[_part(error) for error in found])


WORDS = {
    "missing": gettext_lazy("This is required."),
    "extra_forbidden": gettext_lazy("This is not known here."),
    "string_too_long": gettext_lazy("This is too long."),
    "string_too_short": gettext_lazy("This is too short."),
    "too_long": gettext_lazy("There are too many."),
    "too_short": gettext_lazy("There are too few."),
    "literal_error": gettext_lazy("This is not one of the values that are accepted."),
    "enum": gettext_lazy("This is not one of the values that are accepted."),
}


def _part(error: Mapping[str, Any]) -> dict[str, str]:
    kind, location = str(error["type"]), [str(part) for part in error["loc"]]
    told = {"detail": str(WORDS.get(kind, _("This value is not accepted."))), "code": kind}
    if location and location[0] == "body":
        return {"pointer": pointer(location[2:])} | told
    return {"parameter": location[-1] if location else ""} | told


def pointer(parts: Iterable[object]) -> str:
    """A JSON pointer (RFC 6901) as a fragment."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def service_refused(error: ValidationError, places: Mapping[str, str]) -> HttpResponse:
    """What a service refused: a part of what was sent (422, by `places`: the pointer of each of its fields), or the
    act as things stand now (409)."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: [error]}
    errors = [
        {"pointer": places.get(name, pointer([name])), "detail": text, "code": "refused"}
        for name, found in by_field.items()
        if name != NON_FIELD_ERRORS
        for text in ValidationError(found).messages
    ]
    if errors:
        return problem("invalid", errors=errors)
    return problem("conflict", detail=" ".join(error.messages))


def phrase(status: int) -> str:
    """The English words for a status, for the description of the interface."""
    return HTTPStatus(status).phrase
