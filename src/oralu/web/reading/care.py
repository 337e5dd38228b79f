"""The work of the psychologist of the unit, and medical notes: levels of health and the family, never the offence."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.composed import CARE_FACTS
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.protected_selectors import health_notes_visible_to
from oralu.apps.cases.protected_services import health_note_add
from oralu.apps.journal.models import AccessKind
from oralu.apps.referrals.models import Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.apps.routing.composed_selectors import cared_cases, cared_needs
from oralu.web.acting import Deed, asked, perform
from oralu.web.components import Act, Crumb, Term
from oralu.web.countdown import moment
from oralu.web.fields import text_field
from oralu.web.presenting import service_label
from oralu.web.reading.showing import fact_section, record_fact
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localdate, localmoment

SHOWN = 500
CLINIC = "clinic"


@require_safe
@screen(Permission.CARE_READ, audit=Audit.READ)
def index(request: StaffRequest) -> HttpResponse:
    cases = cared_cases(request.user).order_by("person__surname", "pk")[:SHOWN]
    rows = [(Cell(c.person.full_name, reverse("care-case", args=[c.pk])), Cell(f"№ {c.pk}")) for c in cases]
    head = (_("Person"), _("Case"))
    section = Section("cases", _("Cases of your unit"), head=head, rows=rows, empty=_("There are no cases."))
    return composed(request, title=_("Cases in my care"), sections=(section,))


@require_safe
@screen(Permission.CARE_READ, audit=Audit.READ)
def case(request: StaffRequest, case_id: int) -> HttpResponse:
    """Name, levels of health and the family, the needs of a psychologist or a clinic, the medical notes."""
    found = get_object_or_404(cared_cases(request.user), pk=case_id)
    is_own = found.unit_id == request.user.agency_id
    if not is_own:
        request.access_kind = AccessKind.EMERGENCY
    needs = [
        (capfirst(service_label(n)), moment(n.clock.limit_at) if n.clock.limit_at else "") for n in cared_needs(found)
    ]
    notes = health_notes_visible_to(request.user).filter(case=found)
    person = found.person
    sections = (
        Section(
            "person",
            _("Person"),
            terms=(Term(_("Born"), localdate(person.birth_date)), Term(_("Phone"), person.phone)),
        ),
        fact_section(request, found, CARE_FACTS, _("Health and family"), "care-fact" if is_own else ""),
        Section(
            "needs",
            _("Needs"),
            head=(_("What is needed"), _("Limit")),
            rows=[(Cell(what), Cell(limit)) for what, limit in needs],
            empty=_("Nothing is asked of a psychologist or a clinic now."),
        ),
        Section(
            "notes",
            _("Medical notes"),
            lead=_("Only the psychologist of the unit and who wrote a note read it."),
            acts=(Act(_("Add a note"), reverse("care-note", args=[found.pk]), tone="secondary"),) if is_own else (),
            rows=[(Cell(localmoment(n.at)), Cell(f"{n.author.full_name}, {n.agency}"), Cell(n.text)) for n in notes],
            empty=_("There are no medical notes."),
        ),
    )
    crumbs = (Crumb(_("Cases in my care"), reverse("care")), Crumb(f"№ {found.pk}"))
    return composed(request, title=person.full_name, sections=sections, crumbs=crumbs)


@screen(Permission.CARE_WORK, audit=Audit.CHANGE)
def fact(request: StaffRequest, case_id: int, name: str) -> HttpResponse:
    found = get_object_or_404(cared_cases(request.user, Permission.CARE_WORK), pk=case_id)
    return record_fact(request, found, name, names=CARE_FACTS, back=reverse("care-case", args=[found.pk]))


@screen(Permission.CARE_WORK, audit=Audit.CHANGE)
def note(request: StaffRequest, case_id: int) -> HttpResponse:
    found = get_object_or_404(cared_cases(request.user, Permission.CARE_WORK), pk=case_id)
    return _note(request, found.pk, None, reverse("care-case", args=[found.pk]))


@screen(Permission.HEALTH_NOTE, audit=Audit.CHANGE)
def clinic_note(request: StaffRequest, referral_id: int) -> HttpResponse:
    """A clinic writes what the psychologist of the unit has to know of the help that it has given."""
    referral = get_object_or_404(referrals_visible_to(request.user), pk=referral_id, state=Referral.State.SERVED)
    if referral.agency.kind != CLINIC:
        raise Http404
    return _note(request, referral.case_id, referral.pk, reverse("inbox-referral", args=[referral.pk]))


def _note(request: StaffRequest, case_id: int, referral_id: int | None, back: str) -> HttpResponse:
    form = asked(request, text=text_field(_("Medical note"), required=True, length=4000, rows=6))
    deed = Deed(
        title=_("Medical note"),
        submit=_("Add a note"),
        done=_("The note is kept apart from the case."),
        form=form,
        run=lambda data: health_note_add(
            case_id=case_id, referral_id=referral_id, text=data["text"], actor=request.user, at=request.at
        ),
        back=back,
        lead=_("Only the psychologist of the unit and who wrote a note read it."),
        records=(_("that there is a note; the journal does not keep its words"),),
    )
    return perform(request, deed)
