"""What every screen of the staff web has in common: who may open it, and the moment at which it was asked for.

A view without `@screen` does not start: the default is to deny."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from oralu.apps.access.models import Role, User

View = Callable[..., HttpResponse]
V = TypeVar("V", bound=View)

CASE_WORK = frozenset({Role.CASE_MANAGER, Role.UNIT_HEAD})
HEADS = frozenset({Role.UNIT_HEAD, Role.LEADERSHIP})
AGENCIES = frozenset({Role.PROVIDER, Role.LEADERSHIP})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
EVERYBODY = frozenset(Role)


class StaffRequest(HttpRequest):
    """A request of a signed-in member of staff; `at` is the moment that everything it does is dated with."""

    user: User
    at: datetime


def screen(*roles: Iterable[str]) -> Callable[[View], View]:
    """Declare who may open a view. To everybody else the page does not exist: denial looks like absence."""
    allowed = frozenset(role for group in roles for role in group)

    def declare(view: View) -> View:
        @wraps(view)
        def checked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.role not in allowed:
                raise Http404
            request.at = timezone.now()
            return view(request, *args, **kwargs)

        guarded = login_required(checked)
        guarded.roles = allowed  # type: ignore[attr-defined]
        return guarded

    return declare


def lang() -> str:
    """The language of the page, for the words of the policy."""
    return (get_language() or "ru")[:2]


def add_errors(form: BaseForm, error: ValidationError) -> None:
    """Show what a service refused where it belongs: next to its field if the form has it, else above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, messages in error.error_dict.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
