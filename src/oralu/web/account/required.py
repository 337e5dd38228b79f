"""What an account has to do before it may work, in order. A new duty is one more line of `STEPS`.

The middleware stands in front of every view, so that a page added later cannot be reached around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from oralu.web.account.entering import factor_is_due


@dataclass(frozen=True)
class RequiredStep:
    """`page`: the name of the address where the step is done, `parts` those of further pages that belong to it.
    `is_due` asks the account and the session, which are loaded already, and nothing else."""

    page: str
    is_due: Callable[[HttpRequest], bool]
    parts: frozenset[str] = frozenset()


STEPS: tuple[RequiredStep, ...] = (
    RequiredStep("password", lambda request: request.user.must_change_password),
    RequiredStep(
        "security",
        factor_is_due,
        frozenset({"factor-codes", "factor-passkey", "confirm"}),
    ),
)
ALWAYS_OPEN = frozenset({"login", "logout", "language", "health"})
"""Addresses by name that stay open whatever is due: signing out, the language, the sign of life."""


def step_due(request: HttpRequest) -> RequiredStep | None:
    """The first step that an account has not done; None for who is not signed in."""
    if not getattr(getattr(request, "user", None), "is_authenticated", False):
        return None
    return next((step for step in STEPS if step.is_due(request)), None)


class RequiredStepsMiddleware:
    """Stands after AuthenticationMiddleware. Leads to the page of the first step that is due."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        step = step_due(request)
        here = request.resolver_match.url_name if request.resolver_match else ""
        if step is None or here == step.page or here in step.parts | ALWAYS_OPEN:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponseClientRedirect(reverse(step.page))
        return redirect(step.page)
