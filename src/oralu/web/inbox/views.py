"""The inbox of an agency: referrals by deadline, one referral with what it needs, the answers given."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.composed import CLINIC
from oralu.apps.access.permissions import Audit, Permission, may
from oralu.apps.referrals.disclosure import disclosed
from oralu.apps.referrals.inbox_selectors import (
    ANSWERED,
    TO_ANSWER,
    Answered,
    answered_page,
    counts_places,
    inbox_counts,
    inbox_page,
    inbox_referral,
    logs_of,
)
from oralu.apps.referrals.models import DeclineReason, Referral
from oralu.apps.routing.frames import local_day
from oralu.policyfiles import load_edition
from oralu.web.components import Act, Crumb, Empty, Pager, Stat, Tab, Term, Tone, WorkRow
from oralu.web.inbox.showing import acts_of, clock_of, edition_of, number, result_of, row_of, terms_of, who
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, lang, screen
from oralu.web.templatetags.oralu import localdate, localmoment

PAGE = 30
State = Referral.State


def after_of(request: StaffRequest) -> int | None:
    """The key of the last row of the page before."""
    return key_of(request, "after")


def key_of(request: StaffRequest, name: str) -> int | None:
    """The key of a row in the address; anything else than a number begins anew."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def tabs(request: StaffRequest, current: str, waiting: int | None = None) -> tuple[Tab, ...]:
    """The parts of the inbox; places only where they are counted."""
    found = [
        Tab(_("To answer"), reverse("inbox"), current == "inbox", waiting),
        Tab(_("Answered"), reverse("inbox-answered"), current == "answered"),
    ]
    if counts_places(request.user):
        found.append(Tab(_("Places"), reverse("places"), current == "places"))
    return tuple(found)


@require_safe
@screen(Permission.REFERRAL_READ, audit=Audit.READ)
def inbox(request: StaffRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in TO_ANSWER else ""
    counts = inbox_counts(request.user, at=request.at)
    rows, has_more = inbox_page(request.user, state=state, after=after_of(request), size=PAGE)
    logs = logs_of(rows)
    query = f"state={state}&" if state else ""
    waiting = sum(counts[s] for s in TO_ANSWER)
    request.nav_badges = {"inbox": waiting}
    context = {
        "title": _("Inbox"),
        "lead": str(request.user.agency),
        "tabs": tabs(request, "inbox", waiting),
        "stats": _stats(counts),
        "rows": [row_of(row, logs, request.at) for row in rows],
        "pager": Pager(f"?{query}after={rows[-1].pk}" if has_more else "", "?" + query if after_of(request) else ""),
        "state": State(state).label if state else "",
        "empty": _nothing(state),
    }
    return render(request, "inbox/inbox.html", context)


def _stats(counts: dict[str, int]) -> tuple[Stat, ...]:
    words = {
        State.SENT: _("new, not yet received"),
        State.ACKNOWLEDGED: _("received, not yet answered"),
        State.ACCEPTED: _("accepted, help not yet given"),
        State.DISPUTED: _("disputed by the person"),
    }
    stats = [Stat(counts["late"], _("past the limit"), reverse("inbox"), Tone.OVER if counts["late"] else Tone.CALM)]
    stats += [
        Stat(counts[state], label, f"{reverse('inbox')}?state={state}")
        for state, label in words.items()
        if state != State.DISPUTED or counts[state]
    ]
    return tuple(stats)


def _nothing(state: str) -> Empty:
    if state:
        return Empty(_("None in this state"), _("Choose another number above, or look at all of them."), "inbox")
    return Empty(
        _("Nothing waits for your answer"),
        _("New referrals come here by themselves; the responsible person gets a message at once."),
        "inbox",
    )


def _visible(request: StaffRequest, referral_id: int) -> Referral:
    found = inbox_referral(request.user, referral_id)
    if found is None:
        raise Http404
    return found


@require_safe
@screen(Permission.REFERRAL_READ, audit=Audit.READ)
def referral(request: StaffRequest, referral_id: int) -> HttpResponse:
    """One referral. After the end nothing of the person is shown any more."""
    found = _visible(request, referral_id)
    crumbs = (Crumb(_("Inbox"), reverse("inbox")), Crumb(number(found.pk)))
    if found.state in ANSWERED:
        context = {
            "title": number(found.pk),
            "crumbs": crumbs,
            "terms": _ending(found),
            "notes_act": _notes_act(request, found),
        }
        return render(request, "inbox/ended.html", context)
    edition, on = edition_of(found), local_day(request.at)
    countdown = clock_of(found, logs_of([found]), request.at)
    context = {
        "title": who(found, request.at),
        "lead": service_label(found.need).capitalize(),
        "crumbs": crumbs,
        "state": found.get_state_display(),
        "is_new": found.state == State.SENT,
        "countdown": countdown,
        "acts": acts_of(found),
        "needed": _needed(found),
        "person": terms_of(disclosed(found, on=on), edition, on),
        "sender": _sender(found),
    }
    return render(request, "inbox/referral.html", context)


def _notes_act(request: StaffRequest, found: Referral) -> Act | None:
    """A clinic that has helped may tell the psychologist of the unit more, and reads again what it has told."""
    if (
        found.state != State.SERVED
        or found.agency.kind != CLINIC
        or not may(request.user.role, [Permission.HEALTH_NOTE])
    ):
        return None
    return Act(_("Medical notes"), reverse("inbox-note", args=[found.pk]), in_place=False)


def _needed(found: Referral) -> list[Term]:
    agency, limit_at = found.agency, found.need.clock.limit_at
    return [
        Term(_("What is needed"), service_label(found.need).capitalize()),
        Term(_("Counts as given when"), result_of(edition_of(found), found.need.service)),
        Term(_("Limit"), localmoment(limit_at) or _("the deadline stands still now")),
        Term(_("Sent"), localmoment(found.sent_at)),
        Term(_("Answers for it"), agency.named_person, note=str(agency)),
    ]


def _sender(found: Referral) -> list[Term]:
    officer, unit = found.case.officer, found.case.unit
    return [
        Term(_("Case manager"), officer.full_name if officer else "", note=officer.post if officer else ""),
        Term(_("Phone of the case manager"), officer.phone if officer else ""),
        Term(_("Probation unit"), str(unit), note=unit.where),
        Term(_("Phone of the unit"), unit.phone or unit.duty_contact),
    ]


def _ending(found: Referral) -> list[Term]:
    terms = [
        Term(_("Service"), service_label(found.need).capitalize()),
        Term(_("Outcome"), str(found.get_state_display()).capitalize()),
        Term(_("Sent"), localmoment(found.sent_at)),
        Term(_("Answered"), localmoment(found.answered_at)),
    ]
    if found.reason:
        terms.append(Term(_("Reason"), str(found.get_reason_display())))
    return terms


@require_safe
@screen(Permission.REFERRAL_READ, audit=Audit.READ)
def answered(request: StaffRequest) -> HttpResponse:
    rows, has_more = answered_page(request.user, after=after_of(request), size=PAGE)
    context = {
        "title": _("Inbox"),
        "lead": str(request.user.agency),
        "tabs": tabs(request, "answered"),
        "rows": [_answered_row(row) for row in rows],
        "pager": Pager(f"?after={rows[-1].id}" if has_more else "", "?" if after_of(request) else ""),
        "empty": Empty(
            _("No answers yet"), _("Referrals that your agency has answered stay here, without names."), "inbox"
        ),
    }
    return render(request, "inbox/answered.html", context)


def _answered_row(row: Answered) -> WorkRow:
    outcome = str(State(row.state).label)
    if row.reason:
        outcome += f": {DeclineReason(row.reason).label}"
    late = row.limit_at and row.answered_at and row.answered_at >= row.limit_at
    answered_on = _("answered: %(date)s") % {"date": localdate(row.answered_at)}
    return WorkRow(
        key=f"a{row.id}",
        title=number(row.id),
        href=reverse("inbox-referral", args=[row.id]),
        what=load_edition(row.edition).label("service", row.service, lang()).capitalize(),
        meta=(outcome, answered_on, _("after the limit") if late else _("in time")),
    )
