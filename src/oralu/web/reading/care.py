"""The work of the psychologist of the unit, and medical notes: levels of health and the family, never the offence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.composed import CARE_FACTS, CLINIC
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.emergency_selectors import emergency_in
from oralu.apps.cases.models import Case, HealthNote
from oralu.apps.cases.protected_selectors import health_notes_visible_to
from oralu.apps.cases.protected_services import health_note_add
from oralu.apps.journal.models import AccessKind
from oralu.apps.referrals.models import ClockInterval, Need, Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.apps.routing.composed_selectors import (
    cared_cases,
    cared_needs,
    cared_needs_page,
    cared_others_page,
    clock_logs,
)
from oralu.web.acting import Deed, asked, perform
from oralu.web.components import Act, Crumb, Empty, Filter, Pager, Term, Tone
from oralu.web.fields import text_field
from oralu.web.inbox.showing import number
from oralu.web.inbox.views import key_of
from oralu.web.presenting import need_countdown, service_label
from oralu.web.reading.showing import fact_section, record_fact
from oralu.web.screens import StaffRequest, screen, searched_text
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localdate, localmoment

PAGE = 50


@require_safe
@screen(Permission.CARE_READ, audit=Audit.READ)
def index(request: StaffRequest) -> HttpResponse:
    """What is asked of a psychologist or a clinic, the nearest limit first; then everybody else of the unit."""
    q = searched_text(request.GET)
    emergency = Act(_("Emergency: open a case that is not yours"), reverse("emergency"), tone="quiet")
    return composed(
        request,
        title=_("Cases in my care"),
        sections=(_asked(request, q), _others(request, q)),
        acts=(emergency,),
        filters=(Filter("q", _("Name, IIN or case number"), q),),
        action=reverse("care"),
        reset=reverse("care") if q else "",
    )


def _asked(request: StaffRequest, q: str) -> Section:
    after = key_of(request, "after_need")
    needs, has_more = cared_needs_page(request.user, q=q, after=after, size=PAGE)
    logs = clock_logs(needs)
    nothing = Empty(
        _("Nothing is asked of a psychologist or a clinic now"),
        _("When a fact of health or the family opens a need in a case of your unit, it comes here by itself."),
    )
    return Section(
        "asked",
        _("Waits for help"),
        lead=_("What the policy asks of a psychologist or a clinic now, the nearest limit first."),
        head=(_("Person"), _("What is needed"), _("Limit")),
        rows=[(_person(need.case), Cell(_upper(need)), _limit(need, logs, request.at)) for need in needs],
        empty=_("Nobody has been found") if q else nothing,
        pager=_pager(
            "asked",
            q,
            name="after_need",
            last=needs[-1].pk if has_more else None,
            after=after,
            label=_("Waits for help"),
        ),
    )


def _others(request: StaffRequest, q: str) -> Section:
    after = key_of(request, "after")
    cases, has_more = cared_others_page(request.user, q=q, after=after, size=PAGE)
    label = _("Other cases of your unit")
    return Section(
        "cases",
        label,
        head=(_("Person"), _("Case manager")),
        rows=[(_person(one), Cell(_officer(one))) for one in cases],
        empty=_("Nobody has been found") if q else _("There are no others."),
        pager=_pager("cases", q, name="after", last=cases[-1].pk if has_more else None, after=after, label=label),
    )


def _pager(key: str, q: str, *, name: str, last: int | None, after: int | None, label: str) -> Pager | None:
    kept = {"q": q} if q else {}
    onward = f"?{urlencode({**kept, name: last})}#{key}" if last is not None else ""
    first = f"?{urlencode(kept)}#{key}" if after is not None else ""
    return Pager(onward, first, label=label) if onward or first else None


def _person(case: Case) -> Cell:
    return Cell(case.person.full_name, reverse("care-case", args=[case.pk]), note=f"№\u00a0{case.pk}")


def _officer(case: Case) -> str:
    return case.officer.full_name if case.officer else _("nobody yet")


def _upper(need: Need) -> str:
    return capfirst(service_label(need))


def _limit(need: Need, logs: Mapping[int, Iterable[ClockInterval]], at: datetime) -> Cell:
    counted = need_countdown(need, need.clock, logs.get(need.clock.pk, ()), at)
    return Cell(counted.text, note=counted.exact or counted.note, is_over=counted.tone == Tone.OVER)


@require_safe
@screen(Permission.CARE_READ, audit=Audit.READ)
def case(request: StaffRequest, case_id: int) -> HttpResponse:
    """Name, levels of health and the family, the needs of a psychologist or a clinic, the medical notes."""
    found = get_object_or_404(cared_cases(request.user), pk=case_id)
    emergency = None if found.unit_id == request.user.agency_id else emergency_in(found, request.user)
    if emergency is not None:
        request.access_kind = AccessKind.EMERGENCY
    is_own = emergency is None
    needs = cared_needs(found)
    logs = clock_logs(needs)
    sections = (
        Section(
            "needs",
            _("Needs"),
            head=(_("What is needed"), _("Limit")),
            rows=[(Cell(_upper(need)), _limit(need, logs, request.at)) for need in needs],
            empty=_("Nothing is asked of a psychologist or a clinic now."),
        ),
        fact_section(request, found, CARE_FACTS, _("Health and family"), "care-fact" if is_own else ""),
        _notes(request, found, is_own),
        Section("person", _("Person"), terms=_terms(found)),
    )
    until = localmoment(emergency.until) if emergency is not None else ""
    return composed(
        request,
        title=found.person.full_name,
        sections=sections,
        crumbs=(Crumb(_("Cases in my care"), reverse("care")), Crumb(f"№ {found.pk}")),
        warning=_("Emergency: you read a case that is not yours, until %(until)s") % {"until": until} if until else "",
    )


def _terms(case: Case) -> tuple[Term, ...]:
    phone = case.person.phone
    return (
        Term(_("Born"), localdate(case.person.birth_date)),
        Term(_("Phone"), phone, href=f"tel:{phone}" if phone else ""),
        Term(_("Case manager"), _officer(case), note=case.officer.phone if case.officer else ""),
        Term(_("Probation unit"), str(case.unit)),
    )


def _notes(request: StaffRequest, case: Case, is_own: bool) -> Section:
    notes = health_notes_visible_to(request.user).filter(case=case)
    return Section(
        "notes",
        _("Medical notes"),
        lead=_("Only the psychologist of the unit and who wrote a note read it."),
        acts=(Act(_("Add a note"), reverse("care-note", args=[case.pk]), tone="secondary"),) if is_own else (),
        head=(_("When"), _("Who"), _("Medical note")),
        rows=[(Cell(localmoment(n.at)), Cell(n.author.full_name, note=str(n.agency)), Cell(n.text)) for n in notes],
        empty=_("There are no medical notes."),
    )


@screen(Permission.CARE_WORK, audit=Audit.CHANGE)
def fact(request: StaffRequest, case_id: int, name: str) -> HttpResponse:
    found = get_object_or_404(cared_cases(request.user, Permission.CARE_WORK), pk=case_id)
    return record_fact(request, found, name, names=CARE_FACTS, back=reverse("care-case", args=[found.pk]))


@screen(Permission.CARE_WORK, audit=Audit.CHANGE)
def note(request: StaffRequest, case_id: int) -> HttpResponse:
    found = get_object_or_404(cared_cases(request.user, Permission.CARE_WORK), pk=case_id)
    back = reverse("care-case", args=[found.pk])
    crumbs = (
        Crumb(_("Cases in my care"), reverse("care")),
        Crumb(f"{found.person.full_name}, №\u00a0{found.pk}", back),
        Crumb(_("Add a medical note")),
    )
    return _note(request, found.pk, None, back, crumbs=crumbs, heading=found.person.full_name)


@screen(Permission.HEALTH_NOTE, audit=Audit.CHANGE)
def clinic_note(request: StaffRequest, referral_id: int) -> HttpResponse:
    """A clinic writes what the psychologist of the unit has to know of the help that it has given, and reads again what
    it has written."""
    referral = get_object_or_404(referrals_visible_to(request.user), pk=referral_id, state=Referral.State.SERVED)
    if referral.agency.kind != CLINIC:
        raise Http404
    back = reverse("inbox-referral", args=[referral.pk])
    written = health_notes_visible_to(request.user).filter(case_id=referral.case_id, referral_id=referral.pk)
    label = number(referral.pk)
    return _note(
        request,
        referral.case_id,
        referral.pk,
        back,
        crumbs=(Crumb(_("Inbox"), reverse("inbox-answered")), Crumb(label, back), Crumb(_("Medical notes"))),
        heading=_("%(referral)s: medical notes") % {"referral": label},
        onward=request.path,
        written=list(written),
    )


def _note(
    request: StaffRequest,
    case_id: int,
    referral_id: int | None,
    back: str,
    *,
    written: list[HealthNote] | None = None,
    **more: Any,
) -> HttpResponse:
    """`written`: the notes that the writer has written before, None where they stand on the page that one came from."""
    form = asked(request, text=text_field(_("Medical note"), required=True, length=4000, rows=6))
    deed = Deed(
        title=_("Add a medical note"),
        submit=_("Add a note"),
        done=_("The note is kept apart from the case."),
        form=form,
        run=lambda data: health_note_add(
            case_id=case_id, referral_id=referral_id, text=data["text"], actor=request.user, at=request.at
        ),
        back=back,
        lead=_("Only the psychologist of the unit and who wrote a note read it."),
        records=(_("that there is a note; the journal does not keep its words"),),
        after_title=_("Written before"),
        after=[(f"{localmoment(n.at)}, {n.author.full_name}", n.text) for n in written or ()],
        **more,
    )
    return perform(request, deed)
