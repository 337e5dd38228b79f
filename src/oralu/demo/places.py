"""The three pilot regions of the demo: their probation units, agencies and the people who work there. All are
invented; agencies differ in speed and reliability, since that is what the deadlines are to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from django.contrib.auth.hashers import make_password

from oralu.apps.access.composed import PRISON
from oralu.apps.access.demo import DEMO_PASSWORD
from oralu.apps.access.models import Role, User
from oralu.apps.access.services import user_save
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.agencies.services import agency_save
from oralu.apps.routing.policies import edition_adopt
from oralu.calendarfiles import load_calendar
from oralu.demo.names import phone, staff_name
from oralu.policyfiles import DEFAULT_EDITION


@dataclass(frozen=True)
class Manner:
    """How an agency works. `pace` multiplies the usual time; the others are shares of referrals: never answered,
    declined, accepted and not served."""

    pace: float = 1.0
    silent: float = 0.04
    declines: float = 0.06
    fails: float = 0.07


FAST = Manner(0.6, 0.01, 0.03, 0.04)
USUAL = Manner()
SLOW = Manner(1.7, 0.08, 0.08, 0.10)
OVERLOADED = Manner(2.4, 0.16, 0.20, 0.12)


@dataclass(frozen=True)
class Kind:
    """A kind of agency: what it is called, the login of its clerk, whether it answers at night."""

    ru: str
    kk: str
    login: str
    at_night: bool = False
    role: str = Role.PROVIDER


KINDS = {
    "crisis_centre": Kind("Кризисный центр «Пана»", "«Пана» дағдарыс орталығы", "crisis", at_night=True),
    "social_adaptation_centre": Kind(
        "Центр социальной адаптации", "Әлеуметтік бейімдеу орталығы", "adaptation", at_night=True
    ),
    "one_stop_shop": Kind("Центр обслуживания населения", "Халыққа қызмет көрсету орталығы", "tson"),
    "career_centre": Kind("Карьерный центр", "Мансап орталығы", "career"),
    "clinic": Kind("Поликлиника", "Емхана", "clinic"),
    "police": Kind("Отдел полиции", "Полиция бөлімі", "police", at_night=True),
    "psychologist": Kind("Кабинет психолога", "Психолог кабинеті", "psychologist"),
    "guardianship": Kind("Орган опеки и попечительства", "Қорғаншылық және қамқоршылық органы", "guardianship"),
    "local_executive_body": Kind(
        "Управление координации занятости и социальных программ",
        "Жұмыспен қамтуды үйлестіру және әлеуметтік бағдарламалар басқармасы",
        "social",
    ),
    "leb_leadership": Kind("Аппарат акима", "Әкім аппараты", "leader", role=Role.LEADERSHIP),
    "police_chief": Kind("Департамент полиции", "Полиция департаменті", "chief", role=Role.LEADERSHIP),
    "health_authority": Kind(
        "Управление здравоохранения", "Денсаулық сақтау басқармасы", "health", role=Role.LEADERSHIP
    ),
}


@dataclass(frozen=True)
class Unit:
    """A probation unit: its town in Russian and Kazakh, and how many case managers it has."""

    town: tuple[str, str]
    officers: int
    login: str


@dataclass(frozen=True)
class Area:
    """A region of the demo. `city`: where the agencies for all of it sit. `weight`: its share of the cohort, by
    population (an assumption: no table by region is published). `second`: kinds that have another agency in the second
    town."""

    code: str
    login: str
    city: tuple[str, str]
    weight: float
    units: tuple[Unit, Unit]
    places: dict[str, int]
    manners: dict[str, Manner] = field(default_factory=dict)
    on_paper: tuple[str, ...] = ()
    second: tuple[str, ...] = ()


AREAS = (
    Area(
        "35",
        "karaganda",
        ("Караганда", "Қарағанды"),
        0.33,
        (Unit(("Караганда", "Қарағанды"), 3, "karaganda"), Unit(("Темиртау", "Теміртау"), 2, "temirtau")),
        {"crisis_centre": 4, "social_adaptation_centre": 6},
        {"one_stop_shop": FAST, "clinic": FAST, "career_centre": OVERLOADED, "local_executive_body": SLOW},
        on_paper=("guardianship",),
        second=("one_stop_shop", "clinic", "career_centre"),
    ),
    Area(
        "39",
        "kostanay",
        ("Костанай", "Қостанай"),
        0.24,
        (Unit(("Костанай", "Қостанай"), 3, "kostanay"), Unit(("Рудный", "Рудный"), 2, "rudny")),
        {"crisis_centre": 3, "social_adaptation_centre": 4},
        {"police": SLOW, "psychologist": SLOW, "crisis_centre": FAST, "one_stop_shop": USUAL},
        on_paper=("career_centre", "clinic", "local_executive_body"),
    ),
    Area(
        "71",
        "astana",
        ("Астана", "Астана"),
        0.43,
        (Unit(("район Алматы", "Алматы ауданы"), 3, "astana"), Unit(("район Есиль", "Есіл ауданы"), 3, "esil")),
        {"crisis_centre": 5, "social_adaptation_centre": 8},
        {"local_executive_body": OVERLOADED, "career_centre": FAST, "clinic": SLOW, "police": FAST},
        second=("clinic", "psychologist"),
    ),
)


@dataclass
class Desk:
    """An agency of the demo with the account that answers for it; `user` is None where it answers on paper."""

    agency: Agency
    manner: Manner
    user: User | None
    at_night: bool


@dataclass
class Office:
    """A probation unit with its people."""

    agency: Agency
    area: Area
    town: str
    head: User
    officers: list[User]


@dataclass
class World:
    """Everything that stands before the first person comes."""

    admin: User
    offices: dict[str, list[Office]] = field(default_factory=dict)
    desks: dict[int, Desk] = field(default_factory=dict)
    leaders: dict[int, User] = field(default_factory=dict)

    def office_of(self, unit_id: int) -> Office:
        return next(o for offices in self.offices.values() for o in offices if o.agency.pk == unit_id)


def build(*, at: datetime, size: int, rng: Random) -> World:
    """Write the regions' agencies, their staff and the adoption of the policy as of `at`. Places grow with the size of
    the cohort, so that their shortage stays what it is."""
    builder = _Builder(at, rng, growth=max(1.0, size / 150))
    for area in AREAS:
        builder.area(area)
    builder.beside(AREAS[0])
    User.objects.update(password=make_password(DEMO_PASSWORD))
    return builder.world


class _Builder:
    def __init__(self, at: datetime, rng: Random, growth: float) -> None:
        self._at, self._rng, self._growth = at, rng, growth
        admin = User(username="admin", full_name="Администратор пилота", role=Role.ADMINISTRATOR, is_demo=True)
        self.world = World(admin=user_save(user=admin, password=None, actor=None, at=at))

    def area(self, area: Area) -> None:
        region = Region.objects.get(code=area.code)
        for number, unit in enumerate(area.units):
            for kind in KINDS if number == 0 else area.second:
                self._agency(area, region, kind, unit)
            self.world.offices.setdefault(area.code, []).append(self._office(area, region, unit))
        start = load_calendar().local_day(self._at)
        edition_adopt(edition_name=DEFAULT_EDITION, region=region, from_date=start, actor=self.world.admin, at=self._at)

    def beside(self, area: Area) -> None:
        """Who works beside the route, once for all regions: figures, control, the release, the help of the unit."""
        for login, role in (("analyst", Role.ANALYST), ("auditor", Role.AUDITOR)):
            self._user(login, role, None)
        town_ru, town_kk = area.city
        prison = Agency(
            kind=PRISON,
            region=Region.objects.get(code=area.code),
            name_ru=f"Учреждение, {town_ru}",
            name_kk=f"Мекеме, {town_kk}",
            phone=phone(self._rng),
        )
        self._save(prison)
        self._user(f"prison.{area.units[0].login}", Role.PRISON, prison)
        unit = self.world.offices[area.code][0].agency
        self._user(f"care.{area.units[0].login}", Role.PSYCHOLOGIST, unit)

    def _save(self, agency: Agency, places: int | None = None, hidden: str = "") -> Agency:
        return agency_save(agency=agency, places=places, refuge_address=hidden, actor=self.world.admin, at=self._at)

    def _user(self, login: str, role: str, agency: Agency | None) -> User:
        user = User(username=login, full_name=staff_name(self._rng), role=role, agency=agency, is_demo=True)
        return user_save(user=user, password=None, actor=self.world.admin, at=self._at)

    def _office(self, area: Area, region: Region, unit: Unit) -> Office:
        town_ru, town_kk = unit.town
        number = self._rng.randrange(1, 40)
        agency = Agency(
            kind="probation_unit",
            region=region,
            name_ru=f"Служба пробации, {town_ru}",
            name_kk=f"Пробация қызметі, {town_kk}",
            address=f"{town_ru}, ул. Учебная, {number}",
            address_kk=f"{town_kk}, Оқу көшесі, {number}",
            phone=phone(self._rng),
        )
        self._save(agency)
        head = self._user(f"head.{unit.login}", Role.UNIT_HEAD, agency)
        logins = [f"officer{n if n > 1 else ''}.{unit.login}" for n in range(1, unit.officers + 1)]
        officers = [self._user(login, Role.CASE_MANAGER, agency) for login in logins]
        agency.responsible, agency.deputy = head, officers[0]
        self._save(agency)
        return Office(agency, area, town_ru, head, officers)

    def _agency(self, area: Area, region: Region, kind: str, unit: Unit) -> None:
        terms, rng = KINDS[kind], self._rng
        town_ru, town_kk = area.city if unit is area.units[0] else unit.town
        agency = Agency(
            kind=kind,
            region=region,
            name_ru=f"{terms.ru}, {town_ru}",
            name_kk=f"{terms.kk}, {town_kk}",
            phone=phone(rng),
            deputy_name=staff_name(rng),
            duty_contact=phone(rng) if terms.at_night or kind == "one_stop_shop" else "",
            accepts_sex={"crisis_centre": "female", "social_adaptation_centre": "male"}.get(kind, ""),
            counts_places=kind in area.places,
            is_refuge=kind == "crisis_centre",
            localities=[] if unit is area.units[0] else [unit.town[0]],
        )
        number = rng.randrange(1, 60)
        address = f"{town_ru}, ул. Примерная, {number}"
        if not agency.is_refuge:
            agency.address, agency.address_kk = address, f"{town_kk}, Үлгі көшесі, {number}"
        if kind in area.on_paper:
            agency.responsible_name = f"{staff_name(rng)}, специалист"
        places = round(area.places[kind] * self._growth) if agency.counts_places else None
        self._save(agency, places, address if agency.is_refuge else "")
        user = None
        if kind not in area.on_paper:
            user = self._user(f"{terms.login}.{unit.login}", terms.role, agency)
            agency.responsible = user
            self._save(agency)
        if user is not None and terms.role == Role.LEADERSHIP:
            self.world.leaders[agency.pk] = user
        else:
            self.world.desks[agency.pk] = Desk(agency, area.manners.get(kind, USUAL), user, terms.at_night)
