"""What the auditor sees: emergencies, refusals and exports, and how the journal is sealed. No content of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.admin_selectors import entries_page
from oralu.apps.cases.emergency_selectors import emergencies_visible_to
from oralu.apps.journal.control_selectors import accesses_to_control, seals_told
from oralu.apps.journal.models import Access, Entry
from oralu.apps.journal.verified import Verification, verification_last
from oralu.web.administration.journal_lines import lines_of
from oralu.web.administration.views import after_of
from oralu.web.case.access_views import PAGES
from oralu.web.components import Act, Crumb, Empty, Pager, Term, Text
from oralu.web.emergency.views import section_of
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localmoment, number

SHOWN, LATEST, PAGE = 100, 15, 50
FOUND: Mapping[str, Text] = {
    "edited": gettext_lazy("rows were edited after they had been written"),
    "replaced": gettext_lazy("rows were replaced by others"),
    "deleted": gettext_lazy("rows under a seal are gone"),
    "unsealed": gettext_lazy("rows were put in by hand, or taken from the queue"),
    "waiting": gettext_lazy("rows have waited for a seal for over an hour"),
    "seal_missing": gettext_lazy("seals are gone"),
    "seal_edited": gettext_lazy("seals were edited"),
    "chain_broken": gettext_lazy("seals were replaced"),
    "signature": gettext_lazy("seals are signed by another key"),
    "tail_deleted": gettext_lazy("the newest seals are gone"),
    "old_backup": gettext_lazy("an older state was put back and nobody has acknowledged it"),
    "rewritten": gettext_lazy("the journal was written anew"),
    "heads_unreadable": gettext_lazy("the file of seals outside the database cannot be read"),
    "heads_behind": gettext_lazy("the file of seals outside the database lags behind"),
}
"""What `oralu journal verify` finds, by its codes (docs/guides/journal.md)."""


@require_safe
@screen(Permission.CONTROL, audit=Audit.NONE)
def control(request: StaffRequest) -> HttpResponse:
    sections = (
        _seals(),
        section_of(emergencies_visible_to(request.user)[:SHOWN]),
        Section(
            "accesses",
            _("Refused, taken out, read in an emergency"),
            lead=_("The latest hundred."),
            head=(_("When"), _("Who"), _("What"), _("Page"), _("Cases")),
            rows=[_row(access, name) for access, name in accesses_to_control(limit=SHOWN)],
            empty=Empty(
                _("Nothing of this kind yet"),
                _("Every refusal, every list taken out as a file and every reading in an emergency appears here."),
            ),
        ),
        _administration(entries_page(after=None, size=LATEST)[0]),
    )
    return composed(request, title=_("Control"), sections=sections)


@require_safe
@screen(Permission.CONTROL, audit=Audit.NONE)
def administration(request: StaffRequest) -> HttpResponse:
    """The whole journal of administration, to read: whoever controls opens no account and no agency from it."""
    entries, has_more = entries_page(after=after_of(request), size=PAGE)
    older = f"?after={entries[-1].pk}" if has_more else ""
    section = replace(_administration(entries), acts=(), pager=Pager(older, "?" if after_of(request) else ""))
    title = _("Journal of administration")
    return composed(
        request, title=title, sections=(section,), crumbs=(Crumb(_("Control"), reverse("control")), Crumb(title))
    )


def _administration(entries: Sequence[Entry]) -> Section:
    whole = Act(
        _("The whole journal of administration"), reverse("control-administration"), tone="secondary", in_place=False
    )
    return Section(
        "administration",
        _("Accounts, roles, agencies, editions, keys, erasures"),
        lead=_("What administrators and heads have changed in Oralu itself, the latest first."),
        acts=(whole,),
        head=(_("When"), _("Who"), _("What")),
        rows=[
            (Cell(localmoment(line.at)), Cell(line.who), Cell(line.what)) for line in lines_of(entries, is_linked=False)
        ],
        empty=_("Nothing has been done yet"),
    )


def _seals() -> Section:
    seals, last = seals_told(), verification_last()
    return Section(
        "seals",
        _("Whether the journal is whole"),
        lead=_(
            "Each row is bound by a seal, and the seals are named in a file outside the database. The operator verifies"
            " all of it by the command “oralu journal verify”; its result appears here. Who trusts nothing on this"
            " machine gives the command a public key and a file of seals of their own."
        ),
        terms=(
            *(_verification(last) if last is not None else _never()),
            Term(_("Seals"), number(seals.count)),
            Term(_("Last seal"), localmoment(seals.last_at) if seals.last_at else pgettext("seal", "none")),
            Term(_("Rows that wait for a seal"), number(seals.pending)),
        ),
    )


def _never() -> tuple[Term, ...]:
    return (Term(_("Last verification"), _("never: ask the operator to run “oralu journal verify”")),)


def _verification(last: Verification) -> tuple[Term, ...]:
    rows = ngettext("%(n)s row", "%(n)s rows", last.rows) % {"n": number(last.rows)}
    seals = ngettext("%(n)s seal", "%(n)s seals", last.seals) % {"n": number(last.seals)}
    by = (
        _("with a key and a file of seals kept elsewhere")
        if last.is_apart
        else _("with the key and the file of seals of this machine")
    )
    found = [str(FOUND.get(code, _("something else"))) for code in last.codes]
    terms = (
        Term(_("Last verification"), localmoment(last.at), note=by),
        Term(_("Who ran it"), last.who or _("the operator, without a name"), note=operator_words(last.operator)),
        Term(_("Outcome"), _("the journal is whole") if last.is_whole else _("the journal is NOT whole")),
        Term(_("Looked at"), _("%(rows)s under %(seals)s") % {"rows": rows, "seals": seals}),
    )
    return terms if last.is_whole else (*terms, Term(_("What was found"), capfirst("; ".join(found))))


def operator_words(account: str) -> str:
    return _("account of the operating system: %(name)s") % {"name": account} if account else ""


def _row(access: Access, name: str) -> tuple[Cell, ...]:
    cases = ", ".join(f"№\u00a0{pk}" for pk in access.subjects[:5]) + (" …" if len(access.subjects) > 5 else "")
    role = str(Role(access.role).label) if access.role in Role.values else ""
    return (
        Cell(localmoment(access.at)),
        Cell(name or _("somebody without an account"), note=role),
        Cell(capfirst(access.get_kind_display())),
        Cell(capfirst(str(PAGES.get(access.route, _("the form of an act"))))),
        Cell(cases or "—"),
    )
