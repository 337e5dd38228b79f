"""A page that is composed of parts for its reader: headings with terms, rows and acts, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from oralu.web.components import Act, Crumb, Pager, Term, Text
from oralu.web.screens import StaffRequest


@dataclass(frozen=True)
class Cell:
    """A cell of a table: words, and where they lead."""

    text: Text
    href: str = ""
    act: Act | None = None


@dataclass(frozen=True)
class Section:
    """A part of a page. `key` is unique on it; `head` names the columns of `rows`; `empty` stands where there are
    none."""

    key: str
    title: Text
    lead: Text = ""
    terms: tuple[Term, ...] = ()
    acts: tuple[Act, ...] = ()
    head: tuple[Text, ...] = ()
    rows: Sequence[Sequence[Cell]] = ()
    empty: Text = ""
    pager: Pager | None = None


def composed(
    request: StaffRequest,
    *,
    title: Text,
    sections: Sequence[Section],
    lead: Text = "",
    crumbs: tuple[Crumb, ...] = (),
    warning: Text = "",
    **more: Any,
) -> HttpResponse:
    """The page of these sections."""
    context = {"title": title, "lead": lead, "crumbs": crumbs, "sections": sections, "warning": warning, **more}
    return render(request, "web/sections.html", context)
