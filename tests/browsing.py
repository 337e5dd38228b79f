"""What the journeys in a browser share: windows, accessibility, width."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 812}

PATIENCE_MS = 60_000
"""How long a journey waits for what must come. A busy machine is slow; what never comes fails all the same."""

SignIn = Window = Callable[..., Page]


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """What is done inside leads to another page, or to the same one anew: wait until that one stands, complete.

    A click does not wait for the page that it leads to, and the address may be the same before and after: so the page
    that is left carries a mark, which the next one lacks.
    """
    page.evaluate("document.documentElement.dataset.left = ''")
    yield
    page.locator("html:not([data-left])").wait_for(state="attached")
    settle(page)


def follow(target: Locator) -> None:
    """Click a link or a button that leads to another page, and wait for that page."""
    with leaving(target.page):
        target.click()


def settle(page: Page) -> None:
    """Wait until the page is complete, its fonts included, and nothing is being exchanged in it."""
    page.wait_for_load_state("load")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => true)")


def until(page: Page, condition: Callable[[], bool], what: str) -> None:
    """Wait for what no assertion of the browser's own can be made of; fail with its name."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < end, f"still not: {what}"
        page.wait_for_timeout(50)


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong with the page, a line each: rule, help, the first place."""
    settle(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags}).then(r => r.violations)", tags)
    return [f"{v['id']}: {v['help']} — {v['nodes'][0]['html'][:160]}" for v in found]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    settle(page)
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
