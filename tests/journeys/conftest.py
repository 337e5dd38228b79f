"""A real browser against a real server, in the small world of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browsing import DESKTOP, PATIENCE_MS, SignIn, Window, follow
from oralu.apps.access.models import User
from world import World, build

# The browser's driver keeps an event loop in this thread; the tests' own queries run beside it, never inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "long-password-of-a-test"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def world(transactional_db: None) -> World:
    """The small world, now: clocks on the screens count from the present moment."""
    return build(at=timezone.localtime())


@pytest.fixture
def window(browser: Browser, live_server: Any) -> Iterator[Window]:
    """Opens a browser of nobody. What a page complains of fails the test."""
    contexts, complaints = [], []

    def open_page(*, lang: str = "ru", viewport: dict[str, int] = DESKTOP) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=viewport,  # type: ignore[arg-type]
            locale=lang,
            reduced_motion="reduce",  # colours and places are measured: nothing may be on its way to another
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(f"{page.url}: {m.text}") if m.type == "error" else None)
        page.on(
            "response",
            lambda r: complaints.append(f"{r.status}: {r.url}") if r.status >= 400 and "/static/" in r.url else None,
        )
        page.on("pageerror", lambda e: complaints.append(f"{page.url}: {e}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A refused form answers 422 and what may not be seen 404, by design; the browser logs both as failed resources.
    assert [c for c in complaints if "status of 422" not in c and "status of 404" not in c] == []


@pytest.fixture
def sign_in(window: Window) -> SignIn:
    """Opens a browser for a user and signs in through the page."""

    def open_page(user: User, *, lang: str = "ru", viewport: dict[str, int] = DESKTOP) -> Page:
        User.objects.filter(pk=user.pk).update(language=lang)
        page = window(lang=lang, viewport=viewport)
        page.goto("/login")
        page.locator("input[name=username]").fill(user.username)
        page.locator("input[name=password]").fill(PASSWORD)
        follow(page.locator("main form button[type=submit]").first)
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return open_page
