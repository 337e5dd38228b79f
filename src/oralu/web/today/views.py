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
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.access.selectors import officers_of
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.apps.routing.worklist_rows import items_of, needs_listed
from oralu.apps.routing.worklist_selectors import Group, Place, Worklist, worklist_read
from oralu.web.components import Crumb, Empty, Filter, Fold, Pager, Stat, Term, Text, Tone, WorkRow
from oralu.web.context import address
from oralu.web.countdown import ALMATY, moment
from oralu.web.enrol.entry import entry_of
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, screen
from oralu.web.today.rows import case_address, row_of
from oralu.web.today.transfers import transfers_of

PAGE = 20
LABELS: dict[Group, Text] = {
    Group.NOW: gettext_lazy("Now"),
    Group.TODAY: gettext_lazy("By midnight"),
    Group.WEEK: gettext_lazy("This week"),
    Group.ANSWERS: gettext_lazy("Answers to confirm"),
}
NOTES: dict[Group, Text] = {
    Group.NOW: gettext_lazy("Highest risk, missed deadlines, disputes"),
    Group.TODAY: gettext_lazy("The deadline is today"),
    Group.WEEK: gettext_lazy("Due within seven days"),
    Group.ANSWERS: gettext_lazy("Help is reported; nothing presses"),
}
NOTHING: dict[Group, Text] = {
    Group.NOW: gettext_lazy("Nothing is late and nobody is at the highest risk."),
    Group.TODAY: gettext_lazy("Nothing more is due today."),
    Group.WEEK: gettext_lazy("Nothing is due in the next seven days."),
    Group.ANSWERS: gettext_lazy("No answer waits to be confirmed."),
}
SHOWN = (Group.NOW, Group.TODAY, Group.WEEK)


@dataclass(frozen=True)
class Section:
    """A group on the page. `key` names its place, so that the numbers on top lead to it; `fold` is what lies folded at
    its end."""

    key: str
    label: Text
    note: Text
    rows: tuple[WorkRow, ...]
    pager: Pager
    empty: Empty | None
    fold: Fold | None = None


@require_safe
@screen(Permission.CASE_LIST, audit=Audit.READ)
def today(request: StaffRequest) -> HttpResponse:
    """The whole page; with `group` one group further on; with `case` the needs of one case in a group."""
    officer_id, filters = _officer(request)
    work = worklist_read(request.user, officer_id=officer_id, at=request.at)
    only, after, case_id = _asked(request)
    if only is not None and case_id is not None:
        return _rest(request, work, only, case_id)
    pages = {group: work.page(group, size=PAGE, after=after) for group in SHOWN if only in (None, group)}
    if only == Group.ANSWERS:
        pages = {only: work.page(only, size=PAGE, after=after)}
    shown = [place.need_id for places, _next in pages.values() for place in places]
    needs = needs_listed(request.user, shown if work.later is None else [*shown, work.later])
    items = {item.need.pk: item for item in items_of([needs[pk] for pk in shown])}
    sections = []
    for group, (places, following) in pages.items():
        coming = [needs[place.need_id] for later in _after(group) if later in pages for place in pages[later][0]]
        later = [needs[work.later]] if work.later is not None else []
        empty = None if places else _empty(group, [*coming, *later], is_continued=after is not None)
        rows = tuple(
            row_of(
                items[place.need_id],
                request.at,
                with_officer=officer_id is None,
                rest=_rest_of(request, group, place.case_id, len(work.needs[group, place.case_id]) - 1),
            )
            for place in places
        )
        pager = _pager(request, group, len(rows), following, is_continued=after is not None)
        fold = _answers(request, work) if group == Group.WEEK and after is None else None
        sections.append(Section(str(group), LABELS[group], NOTES[group], rows, pager, empty, fold))
    context = {
        "title": _title(request.at),
        "stats": _stats(request, work),
        "sections": sections,
        "filters": filters,
        "transfers": transfers_of(request) if only is None else None,
        "entry": entry_of(request) if only is None else None,
        "reset": reverse("today") if officer_id is not None and filters else "",
    }
    if only is not None and _in_place(request):
        return render(request, "today/_rows.html", {"section": sections[0]})
    return render(request, "today/today.html", context)


def _rest_of(request: StaffRequest, group: Group, case_id: int, more: int) -> Fold | None:
    """The further needs of a case in a group, fetched when they are opened."""
    if more < 1:
        return None
    label = ngettext("%(n)d more need of this case", "%(n)d more needs of this case", more) % {"n": more}
    return Fold(label, _address(request, group=group, case=str(case_id)))


def _answers(request: StaffRequest, work: Worklist) -> Fold | None:
    count = work.count(Group.ANSWERS)
    if not count:
        return None
    return Fold(_("Answers to confirm: %(n)d") % {"n": count}, _address(request, group=Group.ANSWERS))


def _rest(request: StaffRequest, work: Worklist, group: Group, case_id: int) -> HttpResponse:
    """The needs of a case in a group: all of them on a page, and without the first, which is there, in its place."""
    places = work.needs.get((group, case_id), ())[1 if _in_place(request) else 0 :]
    if not places:
        raise Http404
    needs = needs_listed(request.user, [place.need_id for place in places])
    items = items_of([needs[place.need_id] for place in places])
    rows = tuple(
        row_of(item, request.at, with_officer=False, is_first=not _in_place(request) and n == 0)
        for n, item in enumerate(items)
    )
    section = Section(str(group), LABELS[group], NOTES[group], rows, Pager(), None)
    if _in_place(request):
        return render(request, "today/_rows.html", {"section": section})
    title = items[0].need.case.person.full_name
    crumbs = (Crumb(_("Today"), _address(request)), Crumb(title))
    return render(request, "today/rest.html", {"section": section, "title": title, "crumbs": crumbs})


def _in_place(request: StaffRequest) -> bool:
    """Whether rows alone are asked for, to be put where they were folded."""
    return bool(request.htmx) and "rows" in request.GET


def _after(group: Group) -> list[Group]:
    return list(Group)[list(Group).index(group) + 1 :]


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


def _asked(request: StaffRequest) -> tuple[Group | None, Place | None, int | None]:
    """The group whose next page is asked for, None for the whole page, and the case whose needs; an address that makes
    no sense is not found."""
    group, after, case = (request.GET.get(name) for name in ("group", "after", "case"))
    try:
        return Group(group) if group else None, Place.parse(after) if after else None, int(case) if case else None
    except ValueError as error:
        raise Http404 from error


def _pager(request: StaffRequest, group: Group, shown: int, following: Place | None, *, is_continued: bool) -> Pager:
    if not shown or (following is None and not is_continued):
        return Pager()
    return Pager(
        next_href=_address(request, group=group, after=str(following)) if following is not None else "",
        first_href=_address(request) if is_continued and not request.htmx else "",
        shown=shown,
        label=LABELS[group],
    )


def _address(request: StaffRequest, **more: str) -> str:
    """This page with its choice of officer."""
    officer = request.GET.get("officer", "")
    query = {**({"officer": officer} if officer else {}), **more}
    return f"{reverse('today')}?{urlencode(query)}" if query else reverse("today")


def _stats(request: StaffRequest, work: Worklist) -> tuple[Stat, ...]:
    """The numbers on top: the cases of each group, as many as it has rows, and how many needs they have there."""
    page = "" if not request.GET.get("group") else _address(request)
    stats = []
    for group in SHOWN:
        cases, needs = len(work.places[group]), work.count(group)
        tone = Tone.OVER if group == Group.NOW and cases else Tone.CALM if cases else Tone.DONE
        note = ngettext("%(n)d need", "%(n)d needs", needs) % {"n": needs} if needs > cases else ""
        stats.append(Stat(cases, LABELS[group], f"{page}#{group}", tone, note))
    return tuple(stats)


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
@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
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
