"""Requests for a transfer on "Today": the ones to decide, with their act, and how the own ones stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import TransferRequest
from oralu.apps.journal.selectors import entry_own
from oralu.apps.routing.transfer_answers import transfer_decline
from oralu.apps.routing.transfer_selectors import requests_asked, requests_to_decide
from oralu.apps.routing.transfers import transfer_grant
from oralu.web.acting import case_address, case_deed, perform, sent
from oralu.web.components import Act, Crumb, WorkRow
from oralu.web.context import address
from oralu.web.countdown import moment
from oralu.web.fields import text_field
from oralu.web.over import over, told
from oralu.web.presenting import strip_of
from oralu.web.screens import StaffRequest, screen

GRANT, DECLINE = "grant", "decline"


@dataclass(frozen=True)
class Transfers:
    """The section of the page; nothing is shown when both are empty."""

    to_decide: tuple[WorkRow, ...]
    asked: tuple[WorkRow, ...]


def transfers_of(request: StaffRequest) -> Transfers:
    """Both lists for the reader. Of a case elsewhere it says only what the reader typed."""
    return Transfers(
        tuple(_to_decide(one) for one in requests_to_decide(request.user)),
        tuple(_asked(one) for one in requests_asked(request.user, at=request.at)),
    )


def _to_decide(one: TransferRequest) -> WorkRow:
    words = {"unit": one.unit, "who": one.asked_by.full_name}
    return WorkRow(
        key=f"transfer-{one.pk}",
        title=one.case.person.full_name,
        href=case_address(one.case),
        what=_("%(unit)s asks for the case (%(who)s)") % words,
        meta=(_("No. %(case)s") % {"case": one.case_id}, moment(one.asked_at)),
        strip=strip_of(one.case),
        act=Act(_("Decide"), reverse("transfer-decide", args=[one.pk])),
    )


def _asked(one: TransferRequest) -> WorkRow:
    state = str(one.get_state_display())
    if one.reason:
        state = _("%(state)s: %(reason)s") % {"state": state, "reason": one.get_reason_display()}
    granted = one.state == TransferRequest.State.GRANTED
    meta = [_("request No. %(n)s") % {"n": one.pk}, moment(one.decided_at or one.asked_at)]
    return WorkRow(
        key=f"asked-{one.pk}",
        title=one.asked_as,
        href=(address("case", one.case_id) if granted else "") or "#transfers",
        what=state,
        meta=tuple(meta),
    )


class DecideForm(forms.Form):
    """To give the case, or to keep it for a coded reason."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[(GRANT, gettext_lazy("transfer the case")), (DECLINE, gettext_lazy("keep the case"))],
        widget=forms.RadioSelect,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("If it is kept: why"),
        choices=[("", "—"), *TransferRequest.Reason.choices],
        required=False,
        help_text=gettext_lazy("The unit that asks learns this reason and nothing else."),
    )
    locality = forms.CharField(
        label=gettext_lazy("If it is transferred: where the person will live"), max_length=100, required=False
    )
    note = text_field(gettext_lazy("Note for the case, if it is transferred"))

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("decision") == DECLINE and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("Choose why the case is kept."))
        return data


@screen(Permission.CASE_LIST, audit=Audit.READ)
def decide(request: StaffRequest, request_id: int) -> HttpResponse:
    """Transfer the case to the unit that asks, or keep it."""
    one = requests_to_decide(request.user).filter(pk=request_id).first()
    if one is None:
        return _decided(request, request_id)

    def run(data: dict[str, Any]) -> bool:
        if data["decision"] == DECLINE:
            transfer_decline(request=one, reason=data["reason"], actor=request.user, at=request.at)
            return False
        transfer_grant(request=one, locality=data["locality"], note=data["note"], actor=request.user, at=request.at)
        return True

    deed = case_deed(
        one.case,
        title=_("Another unit asks for the case"),
        submit=_("Decide"),
        done=lambda given: _("The case has been transferred.") if given else _("The case stays; the unit is told why."),
        form=DecideForm(*sent(request)),
        run=run,
        lead=_("%(unit)s has met this person, told as: %(asked_as)s. Compare before you decide.")
        % {"unit": one.unit, "asked_as": one.asked_as},
        records=(_("the decision; a transferred case is no longer seen by your unit, day 0 and the history stay"),),
    )
    # Answered from "Today", it leads back there, also where the case is closed by now.
    return perform(request, replace(deed, back=f"{reverse('today')}#transfers", onward=reverse("today"), refusal=""))


def _decided(request: StaffRequest, request_id: int) -> HttpResponse:
    """Told to who has decided: the case may be another unit's by now."""
    entry = entry_own(actor=request.user, kinds=("transfer.granted", "transfer.declined"), request=request_id)
    if entry is None:
        raise Http404
    back = Crumb(_("Today"), f"{reverse('today')}#transfers")
    return over(request, back, title=_("Another unit asks for the case"), done=told(entry))
