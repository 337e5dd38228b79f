"""What a head does about a missed deadline: records the cause, orders a measure, reports it carried out (002 §3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.journal.selectors import entry_last
from oralu.apps.referrals.escalation_services import escalation_answer, measure_done
from oralu.apps.referrals.models import DelayCause, Escalation
from oralu.apps.referrals.selectors import escalations_visible_to
from oralu.apps.routing.board_selectors import measure_carried_out as measure_carried_out_by_now
from oralu.apps.routing.board_selectors import measure_of
from oralu.apps.routing.frames import local_day
from oralu.web.acting import Deed, deed_under, perform, sent
from oralu.web.board.showing import answer_terms, answers_for, case_words, escalation_terms
from oralu.web.components import Crumb
from oralu.web.fields import day_field, text_field
from oralu.web.over import over, told
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, screen

ONE_WEEK = timedelta(days=7)


class AnswerForm(forms.Form):
    """Why the deadline was missed and what is ordered."""

    cause = forms.ChoiceField(
        label=gettext_lazy("Cause of the delay"), choices=DelayCause.choices, widget=forms.RadioSelect
    )
    cause_note = text_field(gettext_lazy("More about the cause"))
    measure = text_field(
        gettext_lazy("Corrective measure"),
        required=True,
        help_text=gettext_lazy("What is to be done, in one sentence."),
    )
    responsible = forms.CharField(
        label=gettext_lazy("Who carries it out"), max_length=200, help_text=gettext_lazy("Name and post.")
    )
    due_on = day_field(
        gettext_lazy("By"),
        help_text=gettext_lazy("If it is not carried out by the end of this day, it comes back here."),
    )

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if data and data.get("cause") == DelayCause.OTHER and not data.get("cause_note", "").strip():
            self.add_error("cause_note", _("Say which other cause it was."))
        return data


def _escalation(request: StaffRequest, escalation_id: int) -> Escalation:
    found = escalations_visible_to(request.user).select_related("answered_by", "measure__clock")
    escalation = found.filter(pk=escalation_id).first()
    if escalation is None:
        raise Http404
    return escalation


@screen(Permission.ESCALATION_ANSWER, audit=Audit.CHANGE)
def escalation(request: StaffRequest, escalation_id: int) -> HttpResponse:
    """An escalation: to answer, or, once answered or in front of somebody else, to read."""
    found = _escalation(request, escalation_id)
    crumbs = (Crumb(_("Board"), reverse("board")), Crumb(case_words(found.case_id)))
    terms = escalation_terms(request.user, found, request.at)
    if not answers_for(request.user, found) or (found.answered_at and request.method != "POST"):
        if request.method == "POST":
            raise Http404
        return _shown(request, found, crumbs)
    if found.answered_at:
        done = told(entry_last(case_id=found.case_id, kinds=("escalation.answered",), escalation=found.pk))
        back = Crumb(_("Matter"), reverse("escalation", args=[found.pk]))
        return over(request, *crumbs[:1], back, title=_("Cause and measure"), done=done)
    form = AnswerForm(*sent(request), initial={"due_on": local_day(request.at) + ONE_WEEK})
    return perform(
        request,
        Deed(
            title=_("Cause and measure"),
            heading=service_label(found.need).capitalize(),
            submit=_("Record"),
            form=form,
            run=lambda data: escalation_answer(escalation=found, **data, actor=request.user, at=request.at),
            done=lambda measure: _("Recorded. The measure now has a deadline of its own."),
            back=reverse("board"),
            crumbs=crumbs,
            terms=terms,
            records=(_("the cause of the delay"), _("the measure, who carries it out, and its deadline")),
        ),
    )


def _shown(request: StaffRequest, found: Escalation, crumbs: tuple[Crumb, ...]) -> HttpResponse:
    measure = getattr(found, "measure", None)
    context = {
        "title": service_label(found.need).capitalize(),
        "crumbs": crumbs,
        "terms": escalation_terms(request.user, found, request.at),
        "answer": answer_terms(found, measure) if found.answered_at else (),
        "addressee": found.agency,
        "measure_href": reverse("measure-done", args=[measure.pk])
        if measure and not measure.done_at and answers_for(request.user, found)
        else "",
    }
    return render(request, "board/escalation.html", context)


class DoneForm(forms.Form):
    note = text_field(gettext_lazy("What was done"), required=True)


@screen(Permission.ESCALATION_ANSWER, audit=Audit.CHANGE)
def measure_carried_out(request: StaffRequest, measure_id: int) -> HttpResponse:
    measure = measure_of(request.user, measure_id)
    if measure is None:
        return _carried_out(request, measure_id)
    return perform(
        request,
        deed_under(
            Crumb(_("Board"), reverse("board")),
            title=_("Measure carried out"),
            submit=_("Carried out"),
            form=DoneForm(*sent(request)),
            run=lambda data: measure_done(measure=measure, note=data["note"], actor=request.user, at=request.at),
            done=lambda result: _("Recorded: the measure has been carried out."),
            lead=measure.text,
            records=(_("that the measure was carried out, by whom and when; its deadline stops"),),
        ),
    )


def _carried_out(request: StaffRequest, measure_id: int) -> HttpResponse:
    measure = measure_carried_out_by_now(request.user, measure_id)
    if measure is None:
        raise Http404
    back = Crumb(_("Matter"), reverse("escalation", args=[measure.escalation_id]))
    entry = entry_last(case_id=measure.escalation.case_id, kinds=("measure.done",), measure=measure.pk)
    return over(request, Crumb(_("Board"), reverse("board")), back, title=_("Measure carried out"), done=told(entry))
