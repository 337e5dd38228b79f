"""Recording at a need itself what it is about: she has applied, he has moved in. One act for all facts that the policy
names for the service of the need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.referrals.models import Need
from oralu.apps.routing.case_file import edition_for
from oralu.apps.routing.case_selectors import facts_standing, needs_changed_at, needs_to_act_on
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.frames import local_day
from oralu.core.edition import Edition
from oralu.web.acting import case_deed, perform, sent
from oralu.web.case.need_views import need_over
from oralu.web.fields import ProofForm, day_field
from oralu.web.presenting import rule_of, service_label
from oralu.web.screens import StaffRequest, lang, screen


def records_of(edition: Edition, service: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The facts that serving a service may record, with their values; none where the edition knows no such service."""
    return edition.service_facts(service) if service in edition.service_records else ()


class ReachedForm(ProofForm):
    """What is so now, of the facts that a need is about. A proof is welcome and not required: without one the fact
    counts, and the points wait for the proof."""

    def __init__(
        self,
        *args: Any,
        edition: Edition,
        facts: tuple[tuple[str, tuple[str, ...]], ...],
        standing: Mapping[str, str],
        today: date,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.names = [name for name, _codes in facts]
        fields: dict[str, Any] = {}
        for name, codes in facts:
            choices = [(code, edition.value_label(name, code, lang())) for code in codes]
            nothing = [("", pgettext_lazy("fact", "nothing new"))] if len(facts) > 1 else []
            fields[f"fact_{name}"] = forms.ChoiceField(
                label=edition.label("fact", name, lang()),
                choices=[*choices, *nothing],
                required=not nothing,
                widget=forms.RadioSelect,
                initial=codes[0] if not nothing and len(codes) == 1 else "",
                help_text=_("Recorded so far: %(value)s.")
                % {"value": edition.value_label(name, standing.get(name, "unknown"), lang())},
            )
        fields["effective_on"] = day_field(_("On which day"), initial=today)
        fields["until"] = day_field(
            _("Until which day"), required=False, help_text=_("If it is given for a time: the day on which it ends.")
        )
        self.fields = {**fields, **self.fields}

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if len(self.names) > 1 and not any(self.cleaned_data.get(f"fact_{name}") for name in self.names):
            self.add_error(f"fact_{self.names[0]}", _("Choose what is so now: nothing new is nothing to record."))
        return data

    def facts(self) -> list[FactData]:
        data, proof = self.cleaned_data, self.proof()
        chosen = [(name, data[f"fact_{name}"]) for name in self.names if data[f"fact_{name}"]]
        return [FactData(name, value, data["effective_on"], data["until"], proof) for name, value in chosen]


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def need_facts(request: StaffRequest, need_id: int) -> HttpResponse:
    need = get_object_or_404(needs_to_act_on(request.user), pk=need_id)
    if need.state != Need.State.OPEN:
        return need_over(request, need, title=_("What has been done: %(service)s") % {"service": service_label(need)})
    case = need.case
    edition = edition_for(case=case, at=request.at)
    facts = records_of(edition, need.service)
    if not facts:
        raise Http404
    names = [name for name, _codes in facts]
    form = ReachedForm(
        *sent(request),
        edition=edition,
        facts=facts,
        standing=facts_standing(case=case, names=names, at=request.at),
        today=local_day(request.at),
        title=edition.label("fact", names[0], lang()),
    )
    deed = case_deed(
        case,
        title=_("What has been done: %(service)s") % {"service": service_label(need)},
        submit=_("Record"),
        done=lambda _result: told_after(case.pk, request, edition),
        form=form,
        run=lambda data: facts_record(case=case, facts=form.facts(), actor=request.user, at=request.at),
        lead=rule_of(need).why(lang()),
        records=(
            _("the facts with their day and proof, your name and the time"),
            _("a new evaluation: if the need is no longer required it closes, and its referral is taken back"),
        ),
        anchor=f"need-{need.pk}",
    )
    return perform(request, deed)


def told_after(case_id: int, request: StaffRequest, edition: Edition, said: str = "") -> str:
    """What recording has set off by itself, in a line: what closed and what opened. `said`: the words before it."""
    closed, opened = needs_changed_at(case_id=case_id, at=request.at)
    words = [said or _("Recorded.")]
    if closed:
        words.append(_("No longer required: %(services)s.") % {"services": _services(edition, closed)})
    if opened:
        words.append(_("Now required: %(services)s.") % {"services": _services(edition, opened)})
    return " ".join(words)


def _services(edition: Edition, codes: list[str]) -> str:
    return "; ".join(edition.label("service", code, lang()) for code in codes if code in edition.services)
