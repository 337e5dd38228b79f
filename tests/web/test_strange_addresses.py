"""Addresses that nobody types: a page answers, or says that there is no such page, and never breaks."""

from __future__ import annotations

import pytest
from django.test import Client

from oralu.web.board.rows import NARROWED_BY
from world import build

NAMES = (
    *NARROWED_BY,
    *("after", "after_need", "agency", "answer", "before", "breached", "days", "edition", "group", "next", "points"),
    *("q", "region", "risk", "role", "sort", "state", "version", "view", "whole", "with", "kind"),
)
BOARD = ("/board", "/board/sla", "/board/risk", "/board/breaches", "/board/load")
PAGES = {
    "admin": ("/administration/agencies", "/administration/users", "/administration/journal", "/policy"),
    "aigul": ("/today", "/cases", "/search", "/enrol", "/messages"),
    "bolat": BOARD,
    "dana": ("/inbox", "/inbox/answered"),
    "kairat": BOARD,
}


@pytest.mark.parametrize("value", ["%00", "99999999999999999999", "0~9999-12-31T23:59:59%2B00:00~1~1"])
@pytest.mark.parametrize("who", list(PAGES))
def test_no_value_in_an_address_breaks_a_page(
    db: None, monkeypatch: pytest.MonkeyPatch, client: Client, who: str, value: str
) -> None:
    monkeypatch.setattr("oralu.config.ratelimits.RateLimitMiddleware.__call__", lambda it, ask: it.get_response(ask))
    world = build()
    world.enrol(facts={"identity_document": "none"})
    client.force_login(getattr(world, who))
    found = {(page, name): client.get(f"{page}?{name}={value}").status_code for page in PAGES[who] for name in NAMES}
    assert set(found.values()) <= {200, 404}, found
    assert 200 in found.values()
