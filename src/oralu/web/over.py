"""An act that comes too late, because it has been done already: what was done, by whom and when, and the way back. It
is told to who may see that, and to who did it; to everybody else the act does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from oralu.apps.journal.models import Entry
from oralu.web.acting import CONFLICT
from oralu.web.case.journal_words import SENTENCES
from oralu.web.components import Crumb, Term, Text
from oralu.web.countdown import moment
from oralu.web.screens import StaffRequest


def over(request: StaffRequest, *pages: Crumb, title: Text, done: Sequence[Term], heading: Text = "") -> HttpResponse:
    """The answer: 409 to who tried it, 200 to who only asked for the form. `pages` lead to the act, the last of them is
    the way back."""
    status = CONFLICT if request.method == "POST" else 200
    context = {
        "title": title,
        "heading": heading or title,
        "crumbs": (*pages, Crumb(title)),
        "back": pages[-1],
        "done": done,
        "tried": request.method == "POST",
    }
    if request.htmx:
        context |= {"target": request.htmx.target or "", "holder": status != 200}
        return render(request, "acting/_over.html", context, status=status)
    return render(request, "acting/over.html", context, status=status)


def told(entry: Entry | None) -> tuple[Term, ...]:
    """What an entry of the journal says: what, when, who."""
    if entry is None:
        return ()
    who = entry.actor.full_name if entry.actor else _("the system")
    return said(SENTENCES.get(entry.kind, _("another record")), entry.at, who)


def said(what: Text, at: datetime | None, who: Text = "") -> tuple[Term, ...]:
    terms = [Term(_("What happened"), str(capfirst(str(what))))]
    if at is not None:
        terms.append(Term(_("When"), moment(at)))
    if who:
        terms.append(Term(_("Who"), str(who)))
    return tuple(terms)
