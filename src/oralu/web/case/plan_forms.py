"""The editor of the plan: rows of steps. Rows are added and left out without script; an empty row is no step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.cases.models import Plan, Step
from oralu.apps.cases.services import StepData
from oralu.apps.referrals.models import Need
from oralu.apps.routing.planning import OWN_UNIT
from oralu.core.edition import Edition
from oralu.web.countdown import ALMATY
from oralu.web.fields import ProofForm, day_field

MOST_ROWS = 60


class StepForm(forms.Form):
    domain = forms.ChoiceField(label=gettext_lazy("Domain"))
    goal = forms.CharField(label=gettext_lazy("Goal"), max_length=300)
    action = forms.CharField(label=gettext_lazy("Step"), max_length=300)
    actor = forms.ChoiceField(label=gettext_lazy("Who does it"), choices=Step.Actor.choices)
    actor_name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    due_on = day_field(gettext_lazy("By"))
    drop = forms.BooleanField(label=gettext_lazy("Leave this step out"), required=False)

    def __init__(self, *args: Any, domains: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["domain"].choices = domains

    @property
    def is_left_out(self) -> bool:
        """A row marked so, or one in which nothing of a step was written."""
        return bool(self.data.get(self.add_prefix("drop"))) or not any(
            str(self.data.get(self.add_prefix(name), "")).strip() for name in ("goal", "action", "due_on")
        )

    def step(self) -> StepData:
        data = self.cleaned_data
        return StepData(data["domain"], data["goal"], data["action"], data["actor"], data["due_on"], data["actor_name"])


class PlanRows:
    """All rows of the editor. `posted` is what came with the request; without it the rows hold `initial`."""

    def __init__(
        self, posted: Mapping[str, Any] | None, *, initial: Sequence[Mapping[str, Any]], edition: Edition, lang: str
    ) -> None:
        domains = [(code, _capital(edition.label("domain", code, lang))) for code in edition.domains]
        count = len(initial) or 1
        if posted is not None:
            count = min(_count(posted.get("rows", "")), MOST_ROWS)
            count += "add" in posted and count < MOST_ROWS
        self.forms = [
            StepForm(posted, prefix=f"s{n}", domains=domains, initial=initial[n] if n < len(initial) else None)
            if posted is not None and "add" not in posted
            else StepForm(
                prefix=f"s{n}",
                domains=domains,
                initial=_typed(posted, n) if posted is not None else (initial[n] if n < len(initial) else None),
            )
            for n in range(count)
        ]
        self.problem = ""

    def is_valid(self) -> bool:
        kept = [form for form in self.forms if not form.is_left_out]
        sound = [form.is_valid() for form in kept]
        for form in self.forms:
            if form not in kept:
                form.is_bound = False
        if not kept:
            self.problem = _("A plan needs at least one step with a person and a date.")
        return bool(kept) and all(sound)

    def steps(self) -> list[StepData]:
        return [form.step() for form in self.forms if form.is_bound]

    @property
    def errors(self) -> bool:
        return bool(self.problem) or any(form.is_bound and form.errors for form in self.forms)


def _count(text: str) -> int:
    return max(int(text), 1) if text.isdecimal() else 1


def _typed(posted: Mapping[str, Any], n: int) -> dict[str, Any]:
    return {name: posted.get(f"s{n}-{name}", "") for name in StepForm.base_fields if f"s{n}-{name}" in posted}


def rows_of(plan: Plan, *, undone: bool) -> list[dict[str, Any]]:
    """The steps of a plan as rows; of an agreed one only those that are not done yet."""
    names = ("domain", "goal", "action", "actor", "actor_name", "due_on")
    return [{name: getattr(s, name) for name in names} for s in plan.steps.all() if not (undone and s.done_on)]


def rows_suggested(needs: Iterable[Need], edition: Edition, lang: str, today: date) -> list[dict[str, Any]]:
    """A first draft from the open needs: what is required, who answers for it, by its limit. The case manager and the
    person change it as they agree."""
    rows = []
    for need in needs:
        if need.addressee == OWN_UNIT:
            continue
        limit = need.clock.limit_at
        rows.append(
            {
                "domain": need.domain,
                "goal": edition.policies[need.domain].points[0].texts[lang],
                "action": _capital(edition.label("service", need.service, lang)),
                "actor": Step.Actor.AGENCY,
                "actor_name": edition.label("agency", need.addressee, lang),
                "due_on": max(limit.astimezone(ALMATY).date(), today) if limit else None,
            }
        )
    return rows


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class AgreeForm(ProofForm):
    """The agreement of the person: when, and the signed plan."""

    proof_required = True
    agreed_on = day_field(gettext_lazy("When it was agreed and signed"))
    field_order = ["agreed_on", "evidence_title", "evidence_reference", "evidence"]
