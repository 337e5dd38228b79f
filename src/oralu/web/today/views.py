"""Today: what asks for something now, today and this week, each with the act that settles it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.selectors import officers_of
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.apps.routing.worklist_selectors import (
    Group,
    Item,
    Place,
    Worklist,
    items_of,
    needs_listed,
    worklist_read,
)
from oralu.web.components import Empty, Filter, Pager, Stat, Term, Text, Tone, WorkRow
from oralu.web.context import address
from oralu.web.countdown import ALMATY, moment
from oralu.web.presenting import service_label
from oralu.web.screens import CASE_WORK, StaffRequest, screen
from oralu.web.today.rows import case_address, row_of

PAGE = 25
LABELS: dict[Group, Text] = {
    Group.NOW: gettext_lazy("Now"),
    Group.TODAY: gettext_lazy("By midnight"),
    Group.WEEK: gettext_lazy("This week"),
}
NOTES: dict[Group, Text] = {
    Group.NOW: gettext_lazy("Highest risk, missed deadlines, answers to settle"),
    Group.TODAY: gettext_lazy("The deadline is today"),
    Group.WEEK: gettext_lazy("Due within seven days"),
}
NOTHING: dict[Group, Text] = {
    Group.NOW: gettext_lazy("Nothing is late and nobody is at the highest risk."),
    Group.TODAY: gettext_lazy("Nothing more is due today."),
    Group.WEEK: gettext_lazy("Nothing is due in the next seven days."),
}


@dataclass(frozen=True)
class Section:
    """A group on the page. `key` names its place, so that the numbers on top lead to it."""

    key: str
    label: Text
    note: Text
    rows: tuple[WorkRow, ...]
    pager: Pager
    empty: Empty | None


@require_safe
@screen(CASE_WORK)
def today(request: StaffRequest) -> HttpResponse:
    officer_id, filters = _officer(request)
    work = worklist_read(request.user, officer_id=officer_id, at=request.at)
    only, after = _asked(request)
    pages = {group: work.page(group, size=PAGE, after=after) for group in Group if only in (None, group)}
    shown = [pk for ids, _place in pages.values() for pk in ids]
    needs = needs_listed(request.user, shown if work.later is None else [*shown, work.later])
    items = {item.need.pk: item for item in items_of([needs[pk] for pk in shown])}
    sections = []
    for group, (ids, place) in pages.items():
        coming = [needs[pk] for following in _after(group) if following in pages for pk in pages[following][0]]
        later = [needs[work.later]] if work.later is not None else []
        empty = None if ids else _empty(group, [*coming, *later], is_continued=after is not None)
        rows = _rows([items[pk] for pk in ids], request.at, with_officer=officer_id is None)
        sections.append(_section(request, group, rows, place, empty, is_continued=after is not None))
    context = {
        "title": _title(request.at),
        "stats": _stats(request, work),
        "sections": sections,
        "filters": filters,
        "reset": reverse("today") if officer_id is not None and filters else "",
    }
    return render(request, "today/today.html", context)


def _after(group: Group) -> list[Group]:
    return list(Group)[list(Group).index(group) + 1 :]


def _rows(items: list[Item], at: datetime, *, with_officer: bool) -> tuple[WorkRow, ...]:
    """The rows of a group; those of a case stand together, so that its strip is shown once."""
    cases = [None, *(item.need.case_id for item in items)]
    return tuple(
        row_of(item, at, with_officer=with_officer, is_first=item.need.case_id != before)
        for item, before in zip(items, cases, strict=False)
    )


def _officer(request: StaffRequest) -> tuple[int | None, tuple[Filter, ...]]:
    """Whose work is shown: a case manager's own; for a head the unit's, or that of the officer chosen."""
    user = request.user
    if user.role != Role.UNIT_HEAD or user.agency_id is None:
        return user.pk, ()
    officers = {str(officer.pk): officer.full_name for officer in officers_of(user.agency_id)}
    chosen = request.GET.get("officer", "")
    chosen = chosen if chosen in officers else ""
    options = (("", _("the whole unit")), *officers.items())
    return int(chosen) if chosen else None, (Filter("officer", _("Case manager"), chosen, options),)


def _asked(request: StaffRequest) -> tuple[Group | None, Place | None]:
    """The group whose next page is asked for, None for the whole page; an address that makes no sense is not found."""
    group, after = request.GET.get("group"), request.GET.get("after")
    try:
        return Group(group) if group else None, Place.parse(after) if after else None
    except ValueError as error:
        raise Http404 from error


def _section(
    request: StaffRequest,
    group: Group,
    rows: tuple[WorkRow, ...],
    place: Place | None,
    empty: Empty | None,
    *,
    is_continued: bool,
) -> Section:
    pager = Pager()
    if rows and (place is not None or is_continued):
        pager = Pager(
            next_href=_address(request, group=group, after=str(place)) if place is not None else "",
            first_href=_address(request) if is_continued and not request.htmx else "",
            shown=len(rows),
        )
    return Section(str(group), LABELS[group], NOTES[group], rows, pager, empty)


def _address(request: StaffRequest, **more: str) -> str:
    """This page with its choice of officer."""
    officer = request.GET.get("officer", "")
    query = {**({"officer": officer} if officer else {}), **more}
    return f"{reverse('today')}?{urlencode(query)}" if query else reverse("today")


def _stats(request: StaffRequest, work: Worklist) -> tuple[Stat, ...]:
    tones = {Group.NOW: Tone.OVER}
    page = "" if not request.GET.get("group") else _address(request)
    return tuple(
        Stat(len(places), LABELS[group], f"{page}#{group}", tones.get(group, Tone.CALM) if places else Tone.DONE)
        for group, places in work.places.items()
    )


def _empty(group: Group, coming: list[Need], *, is_continued: bool) -> Empty:
    """What an empty group means, and which deadline comes next of those after it."""
    if is_continued:
        return Empty(_("That is all in this group."))
    dated = [need for need in coming if need.clock.limit_at is not None]
    if not dated:
        return Empty(NOTHING[group])
    upcoming = min(dated, key=lambda need: need.clock.limit_at)
    text = _("Next: %(when)s, %(service)s, %(person)s.") % {
        "when": moment(upcoming.clock.limit_at),
        "service": service_label(upcoming),
        "person": upcoming.case.person.full_name,
    }
    return Empty(NOTHING[group], text)


def _title(at: datetime) -> str:
    return _("Today, %(date)s") % {"date": date_format(at.astimezone(ALMATY), "DATE_FORMAT")}


@require_safe
@screen(CASE_WORK)
def contact(request: StaffRequest, referral_id: int) -> HttpResponse:
    """Whom to call about a referral, and how far it is: for an agency that answers in Oralu itself."""
    referral = get_object_or_404(referrals_visible_to(request.user), pk=referral_id)
    agency = referral.agency
    context = {
        "referral": referral,
        "title": _("Call the agency: %(service)s") % {"service": service_label(referral.need)},
        "terms": (
            Term(_("Agency"), str(agency)),
            Term(_("Responsible person"), agency.named_person),
            Term(_("Phone"), agency.phone, href=f"tel:{agency.phone.replace(' ', '')}" if agency.phone else ""),
            Term(_("Duty contact outside working hours"), agency.duty_contact),
            Term(_("Person"), referral.case.person.full_name, href=case_address(referral.need)),
        ),
        "log": _log(referral),
        "back": address("today"),
    }
    template = "today/contact_panel.html" if request.htmx else "today/contact.html"
    return render(request, template, context)


def _log(referral: Referral) -> tuple[Term, ...]:
    """The states that the referral has been through, oldest first."""
    state = Referral.State
    passed = (
        (_("written"), referral.created_at),
        (state.SENT.label, referral.sent_at),
        (state.ACKNOWLEDGED.label, referral.acknowledged_at),
        (state.ACCEPTED.label, referral.accepted_at),
        (referral.get_state_display(), referral.answered_at),
        (_("answer expected by"), referral.due_at if referral.answered_at is None else None),
    )
    return tuple(Term(capfirst(label), moment(when)) for label, when in passed if when is not None)
