"""The places of an agency that counts them: free, held until when, taken, and released when the person has left."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.models import Occupancy
from oralu.apps.agencies.services import place_release
from oralu.apps.journal.selectors import entry_last
from oralu.apps.referrals.inbox_selectors import (
    PlaceRow,
    counts_places,
    occupancies_visible_to,
    occupancy_left,
    places_of,
)
from oralu.web.acting import asked, deed_under, perform
from oralu.web.components import Act, Crumb, Empty, Stat, Tone, WorkRow
from oralu.web.inbox.showing import number
from oralu.web.inbox.views import tabs
from oralu.web.over import over, said, told
from oralu.web.screens import StaffRequest, screen
from oralu.web.templatetags.oralu import localdate, localmoment

State = Occupancy.State


@require_safe
@screen(Permission.REFERRAL_ANSWER, audit=Audit.CHANGE)
def places(request: StaffRequest) -> HttpResponse:
    if not counts_places(request.user):
        raise Http404
    rows = places_of(request.user)
    standing = [row.occupancy for row in rows if row.occupancy]
    held = sum(o.state == State.HELD for o in standing)
    context = {
        "title": _("Inbox"),
        "lead": str(request.user.agency),
        "tabs": tabs(request, "places"),
        "stats": (
            Stat(len(rows) - len(standing), _("free"), tone=Tone.DONE if len(rows) > len(standing) else Tone.LATE),
            Stat(held, _("held for referrals")),
            Stat(len(standing) - held, _("taken")),
        ),
        "rows": [_row(row) for row in rows],
        "empty": Empty(_("No places are in use"), _("An administrator sets how many places this agency has."), "home"),
    }
    return render(request, "inbox/places.html", context)


def _row(row: PlaceRow) -> WorkRow:
    occupancy = row.occupancy
    title, key = _("Place %(label)s") % {"label": row.place.label}, f"p{row.place.pk}"
    if occupancy is None:
        return WorkRow(key, title, f"#row-{key}", _("free"))
    since = _("since %(when)s") % {"when": localdate(occupancy.since)}
    href = reverse("inbox-referral", args=[occupancy.referral_id]) if row.is_referral_seen else f"#row-{key}"
    meta = (number(occupancy.referral_id),)
    if occupancy.state == State.HELD:
        held = _("held until %(when)s; free again if nobody accepts the referral by then")
        return WorkRow(key, title, href, held % {"when": localmoment(occupancy.held_until)}, meta)
    act = Act(_("The person has left"), reverse("place-release", args=[occupancy.pk]), tone="secondary")
    who = row.who or _("taken")
    return WorkRow(key, title, href, f"{who}, {since}", meta, act=act)


@screen(Permission.REFERRAL_ANSWER, audit=Audit.CHANGE)
def release(request: StaffRequest, occupancy_id: int) -> HttpResponse:
    pages = Crumb(_("Inbox"), reverse("inbox")), Crumb(_("Places"), reverse("places"))
    left = occupancy_left(request.user, occupancy_id)
    if left is not None:
        entry = entry_last(case_id=left.referral.case_id, kinds=("place.released",), place=left.place_id)
        what = told(entry) or said(_("The place is free again."), left.released_at)
        return over(request, *pages, title=_("Place %(label)s") % {"label": left.place.label}, done=what)
    occupancy = get_object_or_404(occupancies_visible_to(request.user), pk=occupancy_id, state=State.TAKEN)
    label = _("Place %(label)s") % {"label": occupancy.place.label}
    return perform(
        request,
        deed_under(
            *pages,
            title=_("%(place)s: the person has left") % {"place": label},
            submit=_("Free the place"),
            form=asked(request),
            run=lambda data: place_release(occupancy=occupancy, actor=request.user, at=request.at),
            done=lambda result: _("The place is free again."),
            records=(_("that the place is free, by whom and when"),),
            lead=_("From now on the place is offered to the next person. The case manager is told."),
        ),
    )
