"""What every screen of the staff web has in common: who may open it, and the moment at which it was asked for.

A view without `@screen` does not start: the default is to deny."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import get_language

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.access.permissions import PURPOSES, Audit, Permission, may
from oralu.apps.journal.models import AccessKind
from oralu.apps.journal.reading import access_record, collecting, denied_record

View = Callable[..., HttpResponse]
V = TypeVar("V", bound=View)


MOST_TEXT = 100
"""Characters of a search."""
WITH_A_PAGE = frozenset({200, 409, 422})
"""Answers that show something: an act that succeeded leads to another page."""


class StaffRequest(HttpRequest):
    """A request of a signed-in member of staff; `at` is the moment that everything it does is dated with."""

    user: User
    at: datetime
    access_kind: str
    """How the journal names the reading, where it is no ordinary one; a view sets it."""


def screen(permission: Permission, *, audit: Audit = Audit.READ) -> Callable[[View], View]:
    """Declare what a view does and what the journal keeps of its answers; who may open it follows from the table of
    permissions. To everybody else the page does not exist: denial looks like absence.

    The view runs inside the walls of its user. If it handed out personal data, one row of the journal says whose, in
    the same transaction: without the row there is no answer. A denial is kept too."""
    purpose = PURPOSES[permission]
    kind = AccessKind.EXPORT if audit is Audit.EXPORT else AccessKind.READ

    def declare(view: View) -> View:
        @wraps(view)
        def checked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.at = timezone.now()
            route = request.resolver_match.view_name if request.resolver_match is not None else view.__name__
            try:
                if not may(request.user.role, [permission]):
                    raise Http404
                with walls.inside(request.user), collecting() as reading:
                    response = view(request, *args, **kwargs)
                    if response.status_code in WITH_A_PAGE:
                        access_record(
                            subjects=reading.subjects,
                            actor=request.user,
                            at=request.at,
                            route=route,
                            purpose=purpose,
                            kind=getattr(request, "access_kind", kind),
                        )
                    return response
            except Http404:
                asked_for = " ".join(f"{name} {value}" for name, value in kwargs.items())
                denied_record(
                    actor=request.user,
                    at=request.at,
                    route=route,
                    purpose=purpose,
                    object=asked_for,
                    subjects=[kwargs["case_id"]] if "case_id" in kwargs else (),
                )
                raise

        guarded = login_required(checked)
        guarded.permission, guarded.purpose, guarded.audit = permission, purpose, audit  # type: ignore[attr-defined]
        return guarded

    return declare


def lang() -> str:
    """The language of the page, for the words of the policy."""
    return (get_language() or "ru")[:2]


def searched_text(query: QueryDict, name: str = "q") -> str:
    """What a reader searches for: nothing that the database cannot hold, and no more than anybody types."""
    return query.get(name, "").replace("\x00", "").strip()[:MOST_TEXT]


def add_errors(form: BaseForm, error: ValidationError) -> None:
    """Show what a service refused where it belongs: next to its field if the form has it, else above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, messages in error.error_dict.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
