"""Messages of the reader: what has happened, in words, and the way to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from oralu.apps.access.permissions import Audit, Permission, may
from oralu.apps.messages.models import Message
from oralu.apps.messages.selectors import message_of, unread
from oralu.apps.messages.services import message_read
from oralu.apps.messages.texts import message_text
from oralu.web.components import Empty
from oralu.web.context import address
from oralu.web.screens import StaffRequest, screen

LIMIT = 50
ON_THE_BOARD = frozenset({"escalation", "no_agency", "measure_late", "inherited_digest"})
"""Templates of messages whose matter stands on the board of who has no cases of their own."""

TRANSFERS = frozenset({"transfer_requested", "transfer_declined"})


@dataclass(frozen=True)
class Line:
    """A message as it is shown."""

    id: int
    subject: str
    body: str
    created_at: datetime


@require_safe
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def messages(request: StaffRequest) -> HttpResponse:
    found = list(unread(request.user.pk, limit=LIMIT + 1))
    lines = []
    for message in found[:LIMIT]:
        text = message_text(message.template, message.data)
        lines.append(Line(message.pk, text.subject, text.body, message.created_at))
    empty = Empty(
        _("No new messages"),
        _("Missed deadlines, answers of agencies and new referrals are told here."),
    )
    context = {"lines": lines, "has_more": len(found) > LIMIT, "empty": empty}
    return render(request, "account/messages.html", context)


@require_POST
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def message(request: StaffRequest, message_id: int) -> HttpResponse:
    """Mark a message as read and go to what it tells of; a message of somebody else does not exist."""
    found = message_of(request.user.pk, message_id)
    if found is None:
        raise Http404
    message_read(message=found, at=request.at)
    response = HttpResponseRedirect(_place(request, found))
    response.status_code = 303
    return response


def _place(request: StaffRequest, found: Message) -> str:
    """The page that the message is about; the list again where the reader has none for it."""
    case_id = found.case_id or found.data.get("case")
    referral_id = found.data.get("referral")
    if found.template in TRANSFERS:
        return address("today") + "#transfers"
    if case_id and may(request.user.role, [Permission.CASE_READ]):
        place = address("case", case_id)
    elif referral_id:
        place = address("referral", referral_id)
    else:
        place = address("board") if found.template in ON_THE_BOARD else ""
    return place or address("messages")
