"""The interface, put together: its operations, how they are read, and how their failures are told."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as PartsError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from oralu.api import cases, directory, facts, referrals  # noqa: F401  (they declare their operations)
from oralu.api.doing import router
from oralu.api.problems import RefusedError, parts_refused, problem, service_refused

DESCRIPTION = """Cases, facts, referrals and agencies for the systems of the agencies that lead a person's way back.

A system shows its token (`Authorization: Bearer …`), made by an administrator. What it may do follows from the role of
its account, the relation of that account to the case, and its own scopes. What may not be seen is answered like what
does not exist (404).

An act (`POST`) carries an `Idempotency-Key`: sent again within 24 hours it gives the same answer and nothing happens
twice. It also carries `If-Match` with the `ETag` of what was read, so that nobody undoes what somebody else has done
meanwhile (412). What goes wrong is told by RFC 9457 (`application/problem+json`)."""


class ReadAlready(Parser):
    """The door has read the body, more strictly than here."""

    def parse_body(self, request: HttpRequest) -> Any:
        return request.sent  # type: ignore[attr-defined]


class Readable(JSONRenderer):
    """Kazakh and Russian as they are written: half the bytes, and to be read by whoever looks for a fault."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    title="Oralu",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    parser=ReadAlready(),
    renderer=Readable(),
)
api.add_router("", router)


@api.exception_handler(RefusedError)
def refused(request: HttpRequest, error: RefusedError) -> HttpResponse:
    return error.response


@api.exception_handler(PartsError)
def parts(request: HttpRequest, error: PartsError) -> HttpResponse:
    return parts_refused(error.errors)


@api.exception_handler(ValidationError)
def service(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return service_refused(error, {})


@api.exception_handler(HttpError)
def http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem("bad-request")


@api.exception_handler(Exception)
def defect(request: HttpRequest, error: Exception) -> HttpResponse:
    """For the door, which knows how to tell it and takes back what was written."""
    raise error


def nothing(request: HttpRequest, **named: Any) -> HttpResponse:
    """Every other address: to be told only to who is known."""
    raise RefusedError("not-found")
