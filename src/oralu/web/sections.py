"""A page that is composed of parts for its reader: headings with terms, rows and acts, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from oralu.web.components import Act, Crumb, Empty, Pager, Term, Text
from oralu.web.screens import StaffRequest


@dataclass(frozen=True)
class Cell:
    """A cell of a table: words, and where they lead; `note` says more of them. With an act the words stand beside
    it. `is_over`: what must not be overlooked, a limit that has passed."""

    text: Text
    href: str = ""
    act: Act | None = None
    note: Text = ""
    is_over: bool = False


@dataclass(frozen=True)
class Section:
    """A part of a page. `key` is unique on it; `head` names the columns of `rows`; `empty` stands where there are
    none. On a phone each row becomes a block with the names of its columns; a table of figures (`is_matrix`) is moved
    sideways instead, its first column standing."""

    key: str
    title: Text
    lead: Text = ""
    terms: tuple[Term, ...] = ()
    acts: tuple[Act, ...] = ()
    head: tuple[Text, ...] = ()
    rows: Sequence[Sequence[Cell]] = ()
    empty: Text | Empty = ""
    pager: Pager | None = None
    is_matrix: bool = False

    @property
    def nothing(self) -> Empty | None:
        """What stands in the place of rows, where it says more than a line."""
        return self.empty if isinstance(self.empty, Empty) else None

    @property
    def named_rows(self) -> list[list[tuple[Text, Cell]]]:
        """The rows, each cell with the name of its column."""
        return [list(zip_longest(self.head, row, fillvalue="")) for row in self.rows]  # type: ignore[arg-type]


def composed(
    request: StaffRequest,
    *,
    title: Text,
    sections: Sequence[Section],
    lead: Text = "",
    crumbs: tuple[Crumb, ...] = (),
    warning: Text = "",
    acts: Sequence[Act] = (),
    **more: Any,
) -> HttpResponse:
    """The page of these sections; `acts` stand beside its title and are pages of their own."""
    context = {
        "title": title,
        "lead": lead,
        "crumbs": crumbs,
        "sections": sections,
        "warning": warning,
        "acts": acts,
        **more,
    }
    return render(request, "web/sections.html", context)
