"""The small world of the tests: one pilot region with every addressee of the policy, and the people who work there.

Aigul leads the cases of the unit in Karaganda, Bolat heads it. Dana works at the one-stop shop, Gulnar at the crisis
centre, Kairat leads the local executive body. Erlan works in another unit and must see nothing. The clinic, the police
and the others have a named person and no account: they get their referrals on paper. Those from Zarina on exist only in
`walls.scene`. All of them are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.agencies.services import agency_save
from oralu.apps.cases.models import Case
from oralu.apps.people.models import Person
from oralu.apps.people.services import PersonData
from oralu.apps.routing.enrolment import EnrolmentData, cases_enrol
from oralu.apps.routing.facts import FactData
from oralu.apps.routing.policies import edition_adopt
from oralu.calendarfiles import load_calendar
from oralu.core.identifiers import iin_generate
from oralu.policyfiles import load_edition

EDITION = "kz-pilot-2026"
MONDAY = datetime(2026, 6, 1, 10, 0, tzinfo=load_calendar().zone)
"""A working day in working hours, with no holiday until 6 July."""


@dataclass
class World:
    """The agencies by kind, the people by their first names."""

    region: Region
    at: datetime
    agencies: dict[str, Agency] = field(default_factory=dict)
    aigul: User = field(init=False)
    bolat: User = field(init=False)
    dana: User = field(init=False)
    gulnar: User = field(init=False)
    kairat: User = field(init=False)
    erlan: User = field(init=False)
    admin: User = field(init=False)
    zarina: User = field(init=False)
    saule: User = field(init=False)
    timur: User = field(init=False)
    nurse: User = field(init=False)
    askar: User = field(init=False)
    madina: User = field(init=False)
    _order: int = 9000

    @property
    def unit(self) -> Agency:
        return self.agencies["probation_unit"]

    def person(self, *, sex: str = "female", born: date = date(1990, 5, 17), **more: object) -> PersonData:
        self._order += 1
        names = ("Серикова", "Айгерим") if sex == "female" else ("Жумабеков", "Тимур")
        values: dict[str, object] = {
            "surname": names[0],
            "given_name": names[1],
            "birth_date": born,
            "sex": sex,
            "iin": iin_generate(born, sex, self._order),
            "is_generated": True,
        }
        return PersonData(**(values | more))  # type: ignore[arg-type]

    def enrol(
        self,
        *,
        facts: dict[str, str] | None = None,
        consent: bool = True,
        enrolled_on: date | None = None,
        person: PersonData | Person | None = None,
        at: datetime | None = None,
        **more: object,
    ) -> Case:
        at = at or self.at
        values: dict[str, object] = {
            "person": person or self.person(),
            "unit": self.unit,
            "officer": self.aigul,
            "ground": "conditional_sentence",
            "probation_kind": "sentence",
            "enrolled_on": enrolled_on or at.date(),
            "facts": [FactData(name, value) for name, value in (facts or {}).items()],
            "consent_given_on": at.date() if consent else None,
        }
        return cases_enrol(enrolments=[EnrolmentData(**(values | more))], actor=self.aigul, at=at)[0]  # type: ignore[arg-type]


ON_PAPER = (
    "social_adaptation_centre",
    "local_executive_body",
    "police",
    "career_centre",
    "clinic",
    "psychologist",
    "guardianship",
)


def build(at: datetime = MONDAY) -> World:
    """Build the world in an empty database, with the edition adopted from two years before."""
    world = World(Region.objects.get(code="35"), at)
    for kind in ("probation_unit", "one_stop_shop", "crisis_centre", "leb_leadership", *ON_PAPER):
        _agency(world, kind)
    world.agencies["crisis_centre"].is_refuge = world.agencies["crisis_centre"].counts_places = True
    world.agencies["crisis_centre"].accepts_sex = "female"
    agency_save(agency=world.agencies["crisis_centre"], places=2, refuge_address="ул. Тайная, 7", actor=None, at=at)
    for kind in ("police_chief", "health_authority"):
        agency = _agency(world, kind)
        _user(kind.replace("_", "-"), Role.LEADERSHIP, agency, f"{agency.name_ru}, руководитель")
    world.aigul = _user("aigul", Role.CASE_MANAGER, world.unit, "Айгуль Сапарова")
    world.bolat = _user("bolat", Role.UNIT_HEAD, world.unit, "Болат Ержанов")
    world.dana = _user("dana", Role.PROVIDER, world.agencies["one_stop_shop"], "Дана Касымова")
    world.gulnar = _user("gulnar", Role.PROVIDER, world.agencies["crisis_centre"], "Гульнар Ахметова")
    world.kairat = _user("kairat", Role.LEADERSHIP, world.agencies["leb_leadership"], "Кайрат Нурланов")
    world.admin = _user("admin", Role.ADMINISTRATOR, None, "Администратор")
    other = Agency(kind="probation_unit", region=world.region, name_ru="Другая служба", name_kk="Басқа қызмет")
    agency_save(agency=other, places=None, refuge_address="", actor=None, at=at)
    world.erlan = _user("erlan", Role.CASE_MANAGER, other, "Ерлан Тулегенов")
    edition_adopt(
        edition_name=EDITION,
        region=world.region,
        from_date=at.date() - timedelta(days=730),
        actor=world.admin,
        at=at,
    )
    return world


def _agency(world: World, kind: str) -> Agency:
    agency = Agency(
        kind=kind,
        region=world.region,
        name_ru=load_edition(EDITION).label("agency", kind, "ru").capitalize(),
        name_kk=load_edition(EDITION).label("agency", kind, "kk").capitalize(),
        responsible_name="Ответственное лицо",
        duty_contact="+7 700 000 00 00",
    )
    world.agencies[kind] = agency_save(agency=agency, places=None, refuge_address="", actor=None, at=world.at)
    return agency


def _user(username: str, role: str, agency: Agency | None, name: str) -> User:
    return User.objects.create_user(username, "long-password-of-a-test", role=role, agency=agency, full_name=name)
