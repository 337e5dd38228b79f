"""A need that was met earlier than it was recorded: the claim with its proof, and the decision of a second person."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.journal.selectors import entry_last
from oralu.apps.referrals.models import EarlierMeeting, Need
from oralu.apps.routing.case_selectors import needs_to_act_on
from oralu.apps.routing.earlier import met_earlier_ask, met_earlier_decide
from oralu.apps.routing.earlier_selectors import claims_decided, claims_to_decide
from oralu.web.acting import Deed, case_address, case_crumb, case_deed, perform, sent
from oralu.web.case.cards import file_state
from oralu.web.case.forms import EarlierDecisionForm, EarlierForm
from oralu.web.components import Crumb, Term
from oralu.web.countdown import moment
from oralu.web.over import over, told
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, screen

DECIDED = ("need.earlier_approved", "need.earlier_rejected")


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def ask(request: StaffRequest, need_id: int) -> HttpResponse:
    """Only a need that is met can have been met earlier; a second claim is refused by the service."""
    need = get_object_or_404(needs_to_act_on(request.user), pk=need_id, state=Need.State.MET)
    form = EarlierForm(*sent(request), title=_("Document with its date"))

    def run(data: dict[str, Any]) -> None:
        try:
            met_earlier_ask(need=need, met_at=form.met_at(), evidence=form.proof(), actor=request.user, at=request.at)
        except ValidationError as error:
            if hasattr(error, "error_dict") and "met_at" in error.error_dict:
                raise ValidationError({"met_on": error.error_dict["met_at"]}) from error
            raise

    return perform(
        request,
        case_deed(
            need.case,
            title=_("It was met earlier"),
            submit=_("Ask for approval"),
            done=_("Asked. A second person of the unit decides on it."),
            form=form,
            run=run,
            lead=_("Need: %(service)s. Opened %(opened)s, recorded as met %(met)s.")
            % {
                "service": service_label(need),
                "opened": moment(need.opened_at),
                "met": moment(need.closed_at) if need.closed_at else "",
            },
            records=(
                _("the earlier time with its proof; it counts once a second person has approved it"),
                _("what has gone up by the missed limit stays recorded"),
            ),
            anchor=f"need-{need.pk}",
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def decide(request: StaffRequest, claim_id: int) -> HttpResponse:
    title = _("Met earlier: approve or reject")
    claim = claims_to_decide(request.user).filter(pk=claim_id).first()
    if claim is None:
        return _decided(request, get_object_or_404(claims_decided(request.user), pk=claim_id), title)
    need = claim.need
    is_head = request.user.role == Role.UNIT_HEAD
    back = reverse("board") if is_head else case_address(need.case, f"need-{need.pk}")
    form = EarlierDecisionForm(*sent(request))
    return perform(
        request,
        Deed(
            title=title,
            heading=need.case.person.full_name,
            submit=_("Decide"),
            done=_("The decision is recorded."),
            form=form,
            run=lambda data: met_earlier_decide(
                claim=claim, is_approved=data["decision"] == "approve", actor=request.user, at=request.at
            ),
            back=back,
            crumbs=(Crumb(_("Board"), back) if is_head else Crumb(need.case.person.full_name, back), Crumb(title)),
            terms=claim_terms(claim),
            lead=_("You are the second person: look at the document and its date before you decide."),
            records=(_("your decision; if approved, the service level counts the earlier time"),),
        ),
    )


def _decided(request: StaffRequest, claim: EarlierMeeting, title: str) -> HttpResponse:
    need = claim.need
    back = case_crumb(need.case, f"need-{need.pk}")
    entry = entry_last(case_id=need.case_id, kinds=DECIDED, need=need.pk)
    return over(request, back, title=title, heading=need.case.person.full_name, done=told(entry))


def claim_terms(claim: EarlierMeeting) -> tuple[Term, ...]:
    need, proof = claim.need, claim.evidence
    number = _("No. %(number)s") % {"number": proof.reference} if proof.reference else ""
    return (
        Term(_("Person"), need.case.person.full_name, href=case_address(need.case, f"need-{need.pk}")),
        Term(_("Service"), service_label(need)),
        Term(_("Limit"), moment(need.clock.limit_at) if need.clock.limit_at else ""),
        Term(_("Recorded as met"), moment(need.closed_at) if need.closed_at else ""),
        Term(_("Met, as the claim says"), moment(claim.met_at)),
        Term(
            _("Proof"),
            proof.title,
            href=reverse("evidence", args=[proof.pk]) if proof.may_be_opened else "",
            note=", ".join(filter(None, [number, str(file_state(proof))])),
        ),
        Term(_("Asked by"), claim.asked_by.full_name, note=moment(claim.asked_at)),
    )
