"""What the composed pages share: facts in words with the act that records them."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.cases.models import Case
from oralu.apps.routing.case_file import edition_for
from oralu.apps.routing.composed_selectors import facts_shown
from oralu.apps.routing.facts import facts_record
from oralu.apps.routing.frames import local_day
from oralu.web.acting import Deed, perform, sent
from oralu.web.case.forms import FactForm
from oralu.web.components import Act, Crumb, Text
from oralu.web.screens import StaffRequest, lang
from oralu.web.sections import Cell, Section


def fact_section(request: StaffRequest, case: Case, names: Iterable[str], title: Text, route: str) -> Section:
    """The named facts of the case as they stand today; `route` records one, empty where nothing may be recorded."""
    edition = edition_for(case=case, at=request.at)
    known = facts_shown(case, names, local_day(request.at))
    rows = []
    for name in (name for name in names if name in edition.fact_by_name):
        value = edition.value_label(name, known[name], lang()) if name in known else _("not known")
        row = [Cell(edition.label("fact", name, lang())), Cell(value)]
        if route:
            row.append(Cell("", act=Act(_("Record"), reverse(route, args=[case.pk, name]), tone="quiet")))
        rows.append(tuple(row))
    return Section("facts", title, head=(_("Fact"), _("Today"), *([""] if route else [])), rows=rows)


def record_fact(request: StaffRequest, case: Case, name: str, *, names: Iterable[str], back: str) -> HttpResponse:
    """Record one of the named facts; for any other the address does not exist."""
    edition = edition_for(case=case, at=request.at)
    if name not in names or name not in edition.fact_by_name:
        raise Http404
    form = FactForm(*sent(request), edition=edition, fact=name, today=local_day(request.at), lang=lang())
    label = edition.label("fact", name, lang())
    deed = Deed(
        title=label,
        submit=_("Record"),
        done=_("Recorded: %(fact)s. The case has been evaluated anew.") % {"fact": label},
        form=form,
        run=lambda data: facts_record(case=case, facts=[form.data_of_fact()], actor=request.user, at=request.at),
        back=back,
        crumbs=(Crumb(f"{case.person.full_name}, № {case.pk}", back), Crumb(label)),
        records=(_("the statement, its proof, your name and the time"),),
    )
    return perform(request, deed)
