"""A small world in which every walled table has rows of two units, so that each wall has something on both sides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from oralu.apps.access.composed import PRISON
from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.services import agency_save
from oralu.apps.cases.models import Case, Emergency, Exclusion, HealthNote, Milestone, Offence
from oralu.apps.cases.services import EvidenceData, StepData, note_add
from oralu.apps.people.models import Merge
from oralu.apps.people.services import ChildData, persons_record
from oralu.apps.referrals.escalation_services import escalation_answer
from oralu.apps.referrals.models import EarlierMeeting, Escalation, Need
from oralu.apps.routing.models import BoardFigure, Erasure, ErasureItem, LegalHold
from oralu.apps.routing.planwork import plan_draft
from oralu.apps.routing.transfers import transfers_request
from oralu.apps.routing.worker import turn
from world import MONDAY, World, build

FACTS = {
    "identity_document": "none",
    "violence_threat": "yes",
    "housing": "homeless",
    "medical_need": "high",
    "family_contact": "wanted",
}
NOTHING_MOVED: dict[str, list[int]] = {"cases": [], "children": [], "consents": []}
PROOF = EvidenceData("Справка", "17")


@transaction.atomic
def scene(at: datetime = MONDAY) -> tuple[World, dict[str, Case]]:
    """The world, and the case of Aigul's unit (`ours`) and that of Erlan's (`theirs`)."""
    world = build(at)
    _people(world)
    User.objects.filter(pk__in=[world.dana.pk, world.kairat.pk]).update(email="staff@example.org")
    cases = {
        "ours": life(world, world.unit, world.aigul),
        "theirs": life(world, world.erlan.agency, world.erlan),
    }
    later = world.at + timedelta(hours=30)
    turn(later)
    for case in cases.values():
        escalation = Escalation.objects.filter(case=case).first()
        assert escalation is not None
        escalation_answer(
            escalation=escalation,
            cause="no_resources",
            cause_note="",
            measure="Найти место",
            responsible="Ответственное лицо",
            due_on=later.date() + timedelta(days=2),
            actor=world.kairat,
            at=later,
        )
        _rare(world, case)
        _kept_apart(world, case)
        _erasure(world, case)
    for region in (world.region.pk, "75"):
        BoardFigure.objects.update_or_create(scope="region", key=region, defaults={"at": later})
    for asking, other in ((world.aigul, "theirs"), (world.erlan, "ours")):
        transfers_request(person_ids=[cases[other].person_id], asked_as="Кто-то", actor=asking, at=later)
    return world, cases


def _people(world: World) -> None:
    """Who works beside the officers: Zarina, the psychologist of the unit; Timur in the prison; Nurse of the clinic,
    which otherwise answers on paper; Askar counts, Madina looks after access; Saule is shut out of a case."""
    prison = Agency(kind=PRISON, region=world.region, name_ru="Учреждение", name_kk="Мекеме")
    agency_save(agency=prison, places=None, refuge_address="", actor=None, at=world.at)
    world.agencies[PRISON] = prison
    of = {
        "zarina": (Role.PSYCHOLOGIST, world.unit),
        "saule": (Role.CASE_MANAGER, world.unit),
        "timur": (Role.PRISON, prison),
        "nurse": (Role.PROVIDER, world.agencies["clinic"]),
        "askar": (Role.ANALYST, None),
        "madina": (Role.AUDITOR, None),
    }
    for name, (role, agency) in of.items():
        user = User.objects.create_user(
            name, "long-password-of-a-test", role=role, agency=agency, full_name=name.capitalize()
        )
        setattr(world, name, user)


def _kept_apart(world: World, case: Case) -> None:
    """What stands in tables of its own."""
    assert case.officer is not None
    Offence.objects.create(case=case, article="188", court="Суд", recorded_at=world.at, recorded_by=case.officer)
    HealthNote.objects.create(
        case=case, agency=world.agencies["clinic"], at=world.at, author=world.nurse, text="Подробности"
    )
    Exclusion.objects.create(case=case, user=world.saule, reason="relative", since=world.at, by=world.bolat)
    Case.objects.filter(pk=case.pk).update(excluded=[world.saule.pk], prison=world.agencies[PRISON])
    Emergency.objects.create(
        case=case,
        unit=case.unit,
        user=world.erlan if case.unit_id == world.unit.pk else world.aigul,
        opened_at=world.at,
        until=world.at,
        reason="life",
        words="Кто-то",
    )


def _erasure(world: World, case: Case) -> None:
    """What is asked to go, and what is held back from it."""
    erasure = Erasure.objects.create(
        unit=case.unit, ground="court", case=case, decision="2-17", on=world.at.date(), terms="", state="proposed",
        asked_by=world.bolat, asked_at=world.at,
    )  # fmt: skip
    ErasureItem.objects.create(erasure=erasure, person=case.person, cases=[case.pk], classes=["notes"])
    LegalHold.objects.create(case=case, reason="Суд", placed_by=world.bolat, placed_at=world.at)


def life(world: World, unit: Agency | None, officer: User) -> Case:
    person = world.person(children=[ChildData("Ребёнок", date(2020, 3, 3))])
    case = world.enrol(facts=FACTS, person=person, unit=unit, officer=officer)
    note_add(case=case, text="Заметка", actor=officer, at=world.at)
    step = StepData("documents", "Паспорт", "Подать заявление", "person", world.at.date() + timedelta(days=5))
    plan_draft(case=case, steps=[step], actor=officer, at=world.at)
    return case


def _rare(world: World, case: Case) -> None:
    """What takes months of a life to come about, written as it would stand then."""
    need = Need.objects.filter(case=case).first()
    proof = case.evidence.create(title="Справка", reference="17", recorded_at=world.at, recorded_by=case.officer)
    EarlierMeeting.objects.create(need=need, met_at=world.at, evidence=proof, asked_by=case.officer, asked_at=world.at)
    absorbed = persons_record(people=[world.person()], actor=case.officer, at=world.at)[0]
    absorbed.merged_into = case.person
    absorbed.save()
    Merge.objects.create(kept=case.person, absorbed=absorbed, moved=NOTHING_MOVED, at=world.at, by=case.officer)
    Milestone.objects.create(
        case=case,
        day=30,
        on=world.at.date(),
        evaluation={},
        index=1,
        risk=1,
        failures=[],
        failed_ever=False,
        frozen_at=world.at,
    )
