"""The language of the account wins over the machine's; the switch keeps the choice and the page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from oralu.web.language import choose
from oralu.web.middleware import UserLanguageMiddleware


def seen_language(user: object) -> str:
    seen = []

    def view(_request: object) -> HttpResponse:
        seen.append(translation.get_language())
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = user
    with translation.override("ru"):
        UserLanguageMiddleware(view)(request)
    return seen[0]


def test_the_account_decides_the_language():
    assert seen_language(SimpleNamespace(language="kk")) == "kk"


@pytest.mark.parametrize("user", [AnonymousUser(), SimpleNamespace(language="xx"), SimpleNamespace(language="")])
def test_without_a_known_choice_the_machine_decides(user):
    assert seen_language(user) == "ru"


def test_the_middleware_and_the_shell_are_installed():
    order = settings.MIDDLEWARE
    own = order.index("oralu.web.middleware.UserLanguageMiddleware")
    assert own > order.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    assert own > order.index("django.middleware.locale.LocaleMiddleware")
    assert "oralu.web.context.shell" in settings.TEMPLATES[0]["OPTIONS"]["context_processors"]


def switched(method: str, **data: str) -> HttpResponse:
    request = getattr(RequestFactory(), method)("/language", data)
    request.user = AnonymousUser()
    return choose(request)


def test_the_switch_sets_the_cookie_and_returns_to_the_page():
    response = switched("post", language="kk", next="/cases/7?tab=plan")
    assert response.status_code == 302
    assert response["Location"] == "/cases/7?tab=plan"
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "kk"


def test_the_switch_leads_to_no_other_site_and_knows_its_languages():
    assert switched("post", language="kk", next="https://evil.example/")["Location"] == "/"
    assert settings.LANGUAGE_COOKIE_NAME not in switched("post", language="xx", next="/").cookies
    assert switched("get", language="kk").status_code == 405


def test_the_switch_writes_the_choice_to_the_account_once(monkeypatch):
    written = []
    monkeypatch.setattr("oralu.web.language.profile_change", lambda **fields: written.append(fields))
    user = SimpleNamespace(is_authenticated=True, language="ru", phone="+7 700 000 00 00", email="a@example.kz")
    for code in ("kk", "ru", "xx"):
        request = RequestFactory().post("/language", {"language": code})
        request.user = user
        choose(request)
    assert [(w["user"], w["language"], w["phone"], w["email"]) for w in written] == [
        (user, "kk", user.phone, user.email)
    ]
    assert written[0]["at"].tzinfo is not None
