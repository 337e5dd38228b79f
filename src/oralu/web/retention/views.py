"""Terms of storage and erasure: the dry run that one person asks for, and the decision of another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission, may
from oralu.apps.cases.models import Case
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.selectors import entry_last
from oralu.apps.routing.erasure_selectors import erasure_cases, erasures_visible_to, holds_lifted, holds_visible_to
from oralu.apps.routing.erasure_services import erasure_ask, erasure_decide, erasure_withdraw, hold_lift, hold_place
from oralu.apps.routing.models import Erasure
from oralu.retentionfiles import load_retention
from oralu.web.acting import asked, case_address, deed_under, perform, sent
from oralu.web.components import Crumb, Term, Text
from oralu.web.countdown import moment
from oralu.web.fields import text_field
from oralu.web.over import over, told
from oralu.web.screens import StaffRequest, screen

SHOWN, CASES = 30, 500
CLASS_WORDS: dict[str, Text] = {
    "contacts": gettext_lazy("telephone, address and locality"),
    "messages": gettext_lazy("messages to the staff"),
    "notes": gettext_lazy("notes and reasons in words"),
    "plans": gettext_lazy("goals and steps of plans"),
    "evidence": gettext_lazy("evidence: files, names and numbers of documents"),
    "identity": gettext_lazy("names, IIN, date of birth, children"),
}
"""The classes of data in words, in the order of the pages."""


class OneForm(forms.Form):
    """The erasure of one person."""

    case = forms.IntegerField(label=gettext_lazy("Number of the closed case"), min_value=1)
    ground = forms.ChoiceField(
        label=gettext_lazy("Ground"),
        choices=[(g.value, g.label) for g in (Erasure.Ground.COURT, Erasure.Ground.REQUEST)],
        widget=forms.RadioSelect,
    )
    decision = forms.CharField(label=gettext_lazy("Number and date of the act"), max_length=100)


class HoldForm(forms.Form):
    case = forms.IntegerField(label=gettext_lazy("Number of the case"), min_value=1)
    reason = forms.CharField(label=gettext_lazy("What needs the data"), max_length=300)


@require_safe
@screen(Permission.ERASURE_READ, audit=Audit.READ)
def index(request: StaffRequest) -> HttpResponse:
    retention = load_retention()
    asks = may(request.user.role, [Permission.ERASURE_ASK])
    holds = holds_visible_to(request.user) if asks else []
    context = {
        "title": _("Terms of storage and erasure"),
        "terms": [
            (words, retention.terms[name].years, retention.terms[name].basis == "law", retention.terms[name].words)
            for name, words in CLASS_WORDS.items()
        ],
        "to_be_set": any(term.basis != "law" for term in retention.terms.values()),
        "erasures": erasures_visible_to(request.user)[:SHOWN],
        "holds": [(one, case_address(one.case)) for one in holds],
        "asks": asks,
    }
    return render(request, "retention/index.html", context)


@require_safe
@screen(Permission.ERASURE_READ, audit=Audit.READ)
def erasure(request: StaffRequest, erasure_id: int) -> HttpResponse:
    found = _found(request, erasure_id)
    state, mine = Erasure.State(found.state), found.asked_by_id == request.user.pk
    cases = erasure_cases(found, CASES)
    context = {
        "title": _title(found),
        "crumbs": (_crumb(), Crumb(_title(found))),
        "erasure": found,
        "facts": _facts(found),
        "counts": [(words, found.counts[name]) for name, words in CLASS_WORDS.items() if name in found.counts],
        "cases": cases,
        "more": max(0, int(found.counts.get("cases", 0)) - len(cases)),
        "may_withdraw": mine and state in (Erasure.State.ASKED, Erasure.State.PROPOSED),
        "may_decide": not mine
        and state == Erasure.State.PROPOSED
        and may(request.user.role, [Permission.ERASURE_APPROVE]),
        "waits": state in (Erasure.State.ASKED, Erasure.State.APPROVED),
        "to_be_set": any(term.basis != "law" for term in load_retention().terms.values()),
    }
    return render(request, "retention/erasure.html", context)


@screen(Permission.ERASURE_ASK, audit=Audit.CHANGE)
def ask(request: StaffRequest) -> HttpResponse:
    return perform(
        request,
        deed_under(
            _crumb(),
            title=_("Work out what is due"),
            submit=_("Work out"),
            done=_("Asked. In a moment the list says what would go."),
            form=asked(request),
            run=lambda data: erasure_ask(ground=Erasure.Ground.TERM, actor=request.user, at=request.at),
            lead=_("A dry run: nothing is erased. It looks at the closed cases of your unit whose terms have ended."),
            records=(_("that you asked for it, and what is due on this day"),),
        ),
    )


@screen(Permission.ERASURE_ASK, audit=Audit.CHANGE)
def ask_of_one(request: StaffRequest) -> HttpResponse:
    form = OneForm(*sent(request))
    return perform(
        request,
        deed_under(
            _crumb(),
            title=_("Erase the data of one person"),
            submit=_("Propose"),
            done=_("Proposed. A second person decides on it."),
            form=form,
            run=lambda data: erasure_ask(
                ground=data["ground"],
                case=_case(request, data["case"]),
                decision=data["decision"],
                actor=request.user,
                at=request.at,
            ),
            lead=_("Everything of this person goes, whatever the terms say. The codes and the journal stay as proof."),
            records=(_("the number of the act, and that you proposed it"),),
            tone="danger",
        ),
    )


@screen(Permission.ERASURE_ASK, audit=Audit.CHANGE)
def withdraw(request: StaffRequest, erasure_id: int) -> HttpResponse:
    found = _found(request, erasure_id)
    if found.asked_by_id != request.user.pk:
        raise Http404
    return _decided(
        request,
        found,
        title=_("Withdraw the erasure"),
        submit=_("Withdraw"),
        done=_("Withdrawn. Nothing has been erased."),
        form=asked(request),
        run=lambda data: erasure_withdraw(erasure=found, actor=request.user, at=request.at),
    )


@screen(Permission.ERASURE_APPROVE, audit=Audit.CHANGE)
def approve(request: StaffRequest, erasure_id: int) -> HttpResponse:
    found = _found(request, erasure_id)
    return _decided(
        request,
        found,
        title=_("Approve the erasure"),
        submit=_("Approve: erase for good"),
        done=_("Approved. The worker carries it out now."),
        form=asked(request),
        run=lambda data: erasure_decide(erasure=found, is_approved=True, actor=request.user, at=request.at),
        lead=_("What is erased cannot be brought back, except from a backup while one lives."),
        records=(_("your name as the second person, the time, and how much goes"),),
        tone="danger",
    )


@screen(Permission.ERASURE_APPROVE, audit=Audit.CHANGE)
def refuse(request: StaffRequest, erasure_id: int) -> HttpResponse:
    found = _found(request, erasure_id)
    form = asked(request, refusal=text_field(_("Why not"), required=True))
    return _decided(
        request,
        found,
        title=_("Refuse the erasure"),
        submit=_("Refuse"),
        done=_("Refused. Nothing has been erased."),
        form=form,
        run=lambda data: erasure_decide(
            erasure=found, is_approved=False, refusal=data["refusal"], actor=request.user, at=request.at
        ),
    )


@screen(Permission.ERASURE_ASK, audit=Audit.CHANGE)
def hold(request: StaffRequest) -> HttpResponse:
    form = HoldForm(*sent(request))
    return perform(
        request,
        deed_under(
            _crumb(),
            title=_("Hold a case back"),
            submit=_("Hold"),
            done=_("Held: nothing of this person is erased until you lift it."),
            form=form,
            run=lambda data: hold_place(
                case=_case(request, data["case"]), reason=data["reason"], actor=request.user, at=request.at
            ),
            lead=_("A court, a complaint or an inspection may need what the terms would take."),
        ),
    )


@screen(Permission.ERASURE_ASK, audit=Audit.CHANGE)
def lift(request: StaffRequest, hold_id: int) -> HttpResponse:
    lifted = holds_lifted(request.user).filter(pk=hold_id).first()
    if lifted is not None:
        entry = entry_last(case_id=lifted.case_id, kinds=("hold.lifted",), hold=lifted.pk)
        heading = lifted.case.person.full_name
        return over(request, _crumb(), title=_("Lift the hold"), heading=heading, done=told(entry))
    found = get_object_or_404(holds_visible_to(request.user), pk=hold_id)
    return perform(
        request,
        deed_under(
            _crumb(),
            title=_("Lift the hold"),
            submit=_("Lift"),
            done=_("Lifted: the terms count again."),
            form=asked(request),
            run=lambda data: hold_lift(hold=found, actor=request.user, at=request.at),
            heading=found.case.person.full_name,
            lead=found.reason,
        ),
    )


def _case(request: StaffRequest, number: int) -> Case:
    found = cases_visible_to(request.user).filter(pk=number).first()
    if found is None:
        raise ValidationError({"case": _("Your unit has no case of this number.")})
    return found


def _found(request: StaffRequest, erasure_id: int) -> Erasure:
    return get_object_or_404(erasures_visible_to(request.user), pk=erasure_id)


def _crumb() -> Crumb:
    return Crumb(_("Terms of storage and erasure"), reverse("retention"))


def _title(found: Erasure) -> str:
    return _("Erasure No. %(number)s") % {"number": found.pk}


def _facts(found: Erasure) -> tuple[Term, ...]:
    counts = found.counts
    terms = [
        Term(_("State"), found.get_state_display()),
        Term(_("Unit"), str(found.unit)),
        Term(_("Ground"), found.get_ground_display(), note=found.decision),
        Term(_("Asked by"), found.asked_by.full_name, note=moment(found.asked_at)),
    ]
    if found.decided_by is not None and found.decided_at is not None:
        terms.append(Term(_("Decided by"), found.decided_by.full_name, note=moment(found.decided_at)))
    if found.refusal:
        terms.append(Term(_("Why not"), found.refusal))
    if found.planned_at is not None:
        terms.append(Term(_("Persons"), str(counts.get("persons", 0))))
        terms.append(Term(_("Cases"), str(counts.get("cases", 0))))
    if found.done_at is not None:
        terms.append(Term(_("Erased"), str(counts.get("done", 0)), note=moment(found.done_at)))
        terms.append(Term(_("Left out: held, or on the register again"), str(counts.get("skipped", 0))))
    return tuple(terms)


def _decided(request: StaffRequest, found: Erasure, **more: Any) -> HttpResponse:
    page = Crumb(_title(found), reverse("erasure", args=[found.pk]))
    return perform(request, deed_under(_crumb(), page, heading=page.label, terms=_facts(found), **more))
