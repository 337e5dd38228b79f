"""The people of the demo, drawn from the published figures: the survey of women (002 §2.3: ages, children, barriers,
needs, work before) and, where it is silent, shares chosen here and named as assumptions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from oralu.apps.cases.models import Ground, ProbationKind
from oralu.apps.cases.services import EvidenceData
from oralu.apps.people.services import ChildData, PersonData
from oralu.apps.routing.facts import FactData
from oralu.core.identifiers import GENERATED_FROM, iin_generate
from oralu.demo.names import address, full_name, phone

AGES = (((21, 30), 0.28), ((31, 40), 0.44), ((41, 50), 0.20), ((51, 62), 0.08))
"""002 §2.3; "other, 8 %" is taken as over 50."""
MINOR_CHILDREN, WORK, HOUSING, LEGAL, PSYCHOLOGICAL, MEDICAL = 0.72, 0.68, 0.42, 0.35, 0.65, 0.42
WORK_BEFORE = (("informal", 0.52), ("none", 0.33), ("lawful", 0.15))
WOMEN = 0.6
"""Assumption: the pilot is about women, on the register at large men prevail; the demo shows both."""
NOT_TOLD = 0.12
"""Assumption: the share of questions that are not answered on the first day."""
BAD_HOUSING = (("homeless", 0.2), ("with_aggressor", 0.12), ("unsafe", 0.26), ("temporary", 0.34), ("shelter", 0.08))
GROUNDS = (
    (Ground.CONDITIONAL_SENTENCE, ProbationKind.SENTENCE, 0.36),
    (Ground.RESTRICTION_OF_LIBERTY, ProbationKind.SENTENCE, 0.34),
    (Ground.RELEASED_FULL_TERM, ProbationKind.POST_PENITENTIARY, 0.16),
    (Ground.SUBSTITUTED, ProbationKind.POST_PENITENTIARY, 0.08),
    (Ground.CONDITIONAL_RELEASE, ProbationKind.POST_PENITENTIARY, 0.06),
)
PROOFS = {
    "identity_document": "Удостоверение личности",
    "residence_registration": "Адресная справка",
    "housing": "Договор найма жилья",
    "income": "Справка о доходах",
    "employment_track": "Приказ о приёме на работу",
    "clinic_attachment": "Талон прикрепления",
    "screening": "Карта скрининга",
    "medical_help": "Справка лечащего врача",
    "psychological_help": "Карта консультаций",
    "family_contact": "Акт обследования семьи",
}
PROVED = {
    "identity_document": ("held",),
    "residence_registration": ("temporary", "permanent"),
    "housing": ("stable",),
    "income": ("lawful",),
    "employment_track": ("training", "social_contract", "employed"),
    "clinic_attachment": ("attached",),
    "screening": ("done",),
    "medical_help": ("receiving", "completed"),
    "psychological_help": ("receiving", "completed"),
}


@dataclass
class Someone:
    """A person before enrolment. `truth`: how things stand; `told`: what is said on the first day, the rest comes out
    at later visits."""

    data: PersonData
    ground: str
    probation_kind: str
    released_days_before: int | None
    truth: dict[str, str]
    told: list[str]
    proofs_shown: bool = True
    consents_after_days: float | None = 0.0
    traits: set[str] = field(default_factory=set)

    def facts(self, rng: Random, names: list[str]) -> list[FactData]:
        """Statements of the named facts, with the proof that the officer has seen where there is one to see."""
        return [fact(rng, name, self.truth[name], proof=self.proofs_shown) for name in names]


def fact(rng: Random, name: str, value: str, *, until: date | None = None, proof: bool = True) -> FactData:
    shown = proof and value in PROVED.get(name, ())
    return FactData(name, value, None, until, document(rng, name) if shown else None)


def document(rng: Random, name: str) -> EvidenceData:
    """A paper that proves a fact, by its invented number."""
    return EvidenceData(title=PROOFS[name], reference=f"Д-{rng.randrange(10_000, 99_999)}")


class People:
    """Draws people one after another; no two share an IIN."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._orders: Counter[tuple[date, str]] = Counter()

    def someone(self, *, on: date, city: str, sex: str | None = None, **truth: str) -> Someone:
        """A person as of a day; `truth` overrides what is drawn."""
        rng = self._rng
        sex = sex or ("female" if rng.random() < WOMEN else "male")
        ground, kind, _ = rng.choices(GROUNDS, [share for *_, share in GROUNDS])[0]
        stands = self._truth(sex) | truth
        told = [name for name in stands if name in truth or rng.random() >= NOT_TOLD]
        return Someone(
            data=self._person(sex, on, city, stands),
            ground=ground,
            probation_kind=kind,
            released_days_before=rng.randrange(1, 9) if kind == ProbationKind.POST_PENITENTIARY else None,
            truth=stands,
            told=told,
            proofs_shown=rng.random() < 0.9,
            consents_after_days=rng.choices((0.0, rng.uniform(1, 12), None), (0.88, 0.08, 0.04))[0],
        )

    def _person(self, sex: str, on: date, city: str, truth: dict[str, str]) -> PersonData:
        rng = self._rng
        youngest, oldest = rng.choices([ages for ages, _ in AGES], [share for _, share in AGES])[0]
        born = on - timedelta(days=round(rng.uniform(youngest, oldest + 0.99) * 365.25))
        surname, given, patronymic = full_name(rng, sex)
        has_papers = truth["identity_document"] == "held"
        languages = ("kk", "ru") if rng.random() < 0.7 else ("ru",)
        return PersonData(
            surname=surname,
            given_name=given,
            patronymic=patronymic,
            birth_date=born,
            sex=sex,
            iin=self.iin(born, sex) if has_papers or rng.random() < 0.6 else "",
            languages=languages,
            phone=phone(rng) if rng.random() < 0.93 else "",
            address=address(rng, city) if truth["housing"] != "homeless" else "",
            is_generated=True,
            children=self._children(surname, on),
        )

    def iin(self, born: date, sex: str) -> str:
        order = GENERATED_FROM + self._orders[born, sex]
        self._orders[born, sex] += 1
        return iin_generate(born, "female" if sex == "female" else "male", order)

    def _children(self, surname: str, on: date) -> list[ChildData]:
        rng = self._rng
        if rng.random() >= MINOR_CHILDREN:
            return []
        lives = rng.choices(("person", "relatives", "guardian", "institution"), (0.6, 0.26, 0.08, 0.06))[0]
        count = rng.choices((1, 2, 3), (0.5, 0.35, 0.15))[0]
        return [
            ChildData(
                name=full_name(rng, rng.choice(("female", "male")))[1],
                birth_date=on - timedelta(days=rng.randrange(200, 17 * 365)),
                lives_with=lives,
            )
            for _ in range(count)
        ]

    def _truth(self, sex: str) -> dict[str, str]:
        rng = self._rng
        facts: dict[str, str] = {}
        has_papers, is_registered = True, True
        if rng.random() < LEGAL:
            has_papers, is_registered = rng.random() < 0.6, False
        facts["identity_document"] = "held" if has_papers else "none"
        facts["residence_registration"] = rng.choice(("permanent", "temporary")) if is_registered else "none"
        facts["housing"] = "stable"
        if rng.random() < HOUSING:
            facts["housing"] = rng.choices([v for v, _ in BAD_HOUSING], [share for _, share in BAD_HOUSING])[0]
            if sex == "male" and facts["housing"] == "with_aggressor":
                facts["housing"] = "homeless"
        at_risk = facts["housing"] == "with_aggressor" or rng.random() < (0.05 if sex == "female" else 0.01)
        facts["violence_threat"] = "yes" if at_risk else "no"
        facts["exploitation_risk"] = "yes" if rng.random() < 0.02 else "no"
        facts |= self._work()
        facts["clinic_attachment"] = "attached" if rng.random() < 0.55 else "none"
        facts["screening"] = "done" if facts["clinic_attachment"] == "attached" and rng.random() < 0.4 else "none"
        facts["medical_need"] = "high" if rng.random() < MEDICAL else "low"
        facts["psychological_need"] = "high" if rng.random() < PSYCHOLOGICAL else "low"
        for need, help_ in (("medical_need", "medical_help"), ("psychological_need", "psychological_help")):
            if facts[need] == "high":
                facts[help_] = "receiving" if rng.random() < 0.2 else "none"
        if rng.random() < 0.18:
            facts["family_contact"] = "wanted"
        return facts

    def _work(self) -> dict[str, str]:
        """A barrier to work: neither lawful income nor a track. Without one: lawful work, or registered as looking for
        it."""
        rng = self._rng
        if rng.random() < WORK:
            before = rng.choices([v for v, _ in WORK_BEFORE[:2]], [share for _, share in WORK_BEFORE[:2]])[0]
            return {"income": before, "employment_track": "none"}
        if rng.random() < 0.7:
            return {"income": "lawful", "employment_track": "employed"}
        return {"income": "informal", "employment_track": rng.choice(("registered", "training"))}
