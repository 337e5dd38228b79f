"""The steps of an enrolment: which there are, which form each has, which are done. A step is done when what was typed
on it stands up to its checks now, not when somebody once pressed a button."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from oralu.apps.access.selectors import officers_of
from oralu.apps.people.models import Consent
from oralu.apps.people.selectors import children_of, consent_standing
from oralu.apps.routing.enrol_selectors import Duplicate, duplicates_for, edition_for, intake_facts
from oralu.apps.routing.frames import local_day
from oralu.web.enrol.child_forms import AnyChildrenForm, ChildrenFormSet, children_formset
from oralu.web.enrol.drafts import WANTED, Draft
from oralu.web.enrol.forms import CaseForm, ConsentForm, IdentityForm
from oralu.web.enrol.intake import IntakeForm
from oralu.web.screens import StaffRequest, lang

FACTS = "facts-"
CHILDREN_SHOWN = 1
ANOTHER = "another"


@dataclass(frozen=True)
class Step:
    """A step as the list of steps shows it. `done`: nothing of it is left to ask; `answered` and `asked` count the
    questions of an interview begun and not finished, and are 0 elsewhere."""

    key: str
    title: str
    done: bool
    current: bool = False
    answered: int = 0
    asked: int = 0


class Flow:
    """One draft with the forms of its steps, at the moment of a request."""

    def __init__(self, request: StaffRequest, draft: Draft) -> None:
        self.request, self.draft = request, draft
        self.user = request.user
        self.today = local_day(request.at)

    @cached_property
    def edition(self) -> Any:
        assert self.user.agency is not None
        return edition_for(region_id=self.user.agency.region_id, at=self.request.at)

    @cached_property
    def keys(self) -> list[str]:
        facts = [f"{FACTS}{domain}" for domain in intake_facts(self.edition)]
        return ["identity", "same", "case", "children", *facts, "consent", "review"]

    def title(self, key: str) -> str:
        if key.startswith(FACTS):
            return str(capfirst(self.edition.label("domain", key.removeprefix(FACTS), lang())))
        return {
            "identity": _("The person"),
            "same": _("Is the person known?"),
            "case": _("The case"),
            "children": _("Children"),
            "consent": _("Consent"),
            "review": _("Check and enrol"),
        }[key]

    def heading(self, key: str) -> str:
        """The title of the page of a step; the list of steps has the short one."""
        if key.startswith(FACTS):
            domain = self.edition.label("domain", key.removeprefix(FACTS), lang())
            return _("Interview: %(domain)s domain") % {"domain": domain}
        return self.title(key)

    def steps(self, current: str, *, refused: bool = False) -> list[Step]:
        keys = [key for key in self.keys if key != "same" or current == "same" or self.draft.same_person.get("found")]
        return [self._step(key, key == current, refused=refused and key == current) for key in keys]

    def _step(self, key: str, is_current: bool, *, refused: bool) -> Step:
        done = key != "review" and not refused and self.is_done(key)
        answered, asked = self._answered(key) if done else (0, 0)
        is_whole = done and answered == asked and not (key == "consent" and self._is_consent_put_off())
        part = (answered, asked) if not is_whole and answered else (0, 0)
        return Step(key, self.title(key), is_whole, is_current, *part)

    def _answered(self, key: str) -> tuple[int, int]:
        """How many questions of an interview have an answer, "unknown" and "refused" among them, and how many are
        asked of everybody; nothing for the other steps."""
        if not key.startswith(FACTS):
            return 0, 0
        form = self.facts(key.removeprefix(FACTS))
        form.is_valid()
        asked = [fact for fact in form.facts if fact.always_asked]
        return sum(bool(form.cleaned_data.get(fact.name)) for fact in asked), len(asked)

    def _is_consent_put_off(self) -> bool:
        form = self.consent()
        return self.standing_consent is None and form.is_valid() and form.cleaned_data["answer"] == "later"

    def after(self, key: str) -> str:
        return self.keys[min(self.keys.index(key) + 1, len(self.keys) - 1)]

    def before(self, key: str) -> str:
        keys = [k for k in self.keys if k != "same" or self.draft.same_person.get("found")]
        return keys[max(keys.index(key) - 1, 0)] if key in keys else "identity"

    # The forms. Without `data` a form holds what is kept in the draft.

    def _typed(self, key: str, data: QueryDict | None) -> QueryDict | None:
        return self.draft.data(key) if data is None else data

    def identity(self, data: QueryDict | None = None) -> IdentityForm:
        wanted = self.draft.data(WANTED)
        initial = wanted.dict() if wanted is not None else None
        return IdentityForm(self._typed("identity", data), today=self.today, initial=initial)

    def case(self, data: QueryDict | None = None) -> CaseForm:
        initial = {"enrolled_on": self.today, "officer": self.user.pk}
        officers = officers_of(self.user.agency_id)
        return CaseForm(self._typed("case", data), initial=initial, today=self.today, officers=officers, born=self.born)

    def children(self, data: QueryDict | None = None) -> tuple[AnyChildrenForm, ChildrenFormSet]:
        data = self._typed("children", data)
        if data is not None:
            return AnyChildrenForm(data), children_formset(data, today=self.today)
        known = children_of(self.person_id) if self.person_id else []
        rows = ChildrenFormSet.initial_of(known)
        return (
            AnyChildrenForm(initial={"has_children": "yes" if known else ""}),
            children_formset(today=self.today, initial=rows, extra=0 if known else CHILDREN_SHOWN),
        )

    def facts(self, domain: str, data: QueryDict | None = None, files: MultiValueDict | None = None) -> IntakeForm:
        facts = intake_facts(self.edition)[domain]
        return IntakeForm(
            self._typed(f"{FACTS}{domain}", data),
            files,
            edition=self.edition,
            facts=facts,
            lang=lang(),
            today=self.today,
            enrolled_on=self.enrolled_on,
            kept={fact.name: self.draft.files[fact.name] for fact in facts if fact.name in self.draft.files},
        )

    def consent(self, data: QueryDict | None = None) -> ConsentForm:
        return ConsentForm(self._typed("consent", data), initial={"given_on": self.today}, today=self.today)

    # What the other steps need of an earlier one.

    @property
    def born(self) -> date | None:
        form = self.identity()
        return form.cleaned_data.get("birth_date") if form.is_bound and not form.errors.get("birth_date") else None

    @cached_property
    def enrolled_on(self) -> date:
        form = self.case()
        valid = form.is_bound and not form.errors.get("enrolled_on")
        return form.cleaned_data["enrolled_on"] if valid else self.today

    @cached_property
    def person_id(self) -> int | None:
        """The record of this unit that is used again, if the officer said that it is the same person."""
        choice = self.draft.same_person.get("choice")
        return choice if isinstance(choice, int) and self.is_same_decided else None

    @cached_property
    def standing_consent(self) -> Consent | None:
        return consent_standing(self.person_id) if self.person_id else None

    def identity_digest(self) -> str:
        """Tells whether what decides about duplicates was changed since."""
        names = ("surname", "given_name", "birth_date", "iin")
        text = "|".join(self.draft.one("identity", name) for name in names)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_same_decided(self) -> bool:
        kept: Mapping[str, Any] = self.draft.same_person
        return kept.get("digest") == self.identity_digest() and (
            not kept.get("found") or kept.get("choice") is not None
        )

    def duplicates(self) -> list[Duplicate]:
        """The records that may be this person. The identity must be valid."""
        form = self.identity()
        form.is_valid()
        data = form.cleaned_data
        return duplicates_for(
            actor=self.user,
            surname=data["surname"],
            given_name=data["given_name"],
            birth_date=data["birth_date"],
            iin=data["iin"],
        )

    def is_done(self, key: str) -> bool:
        if key == "same":
            return self.is_same_decided
        if key == "consent" and self.standing_consent is not None:
            return True
        if key not in self.draft.typed:
            return False
        if key == "children":
            any_children, rows = self.children()
            answer = any_children.is_valid() and any_children.cleaned_data["has_children"]
            return bool(answer) and (answer != "yes" or (rows.is_valid() and bool(rows.rows)))
        if key.startswith(FACTS):
            return self.facts(key.removeprefix(FACTS)).is_valid()
        forms = {"identity": self.identity, "case": self.case, "consent": self.consent}
        return forms[key]().is_valid()

    def undone(self) -> list[Step]:
        """The steps that keep the enrolment from being made, in order."""
        return [Step(key, self.title(key), False) for key in self.keys if key != "review" and not self.is_done(key)]
