"""Two at the same moment: the same form sent twice, two forms opened on one state, one key of a system sent again. Each
race is made of requests that are ready to leave, and of what the database must hold afterwards."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.models import Role, User
from oralu.apps.cases.models import Case, Note, Plan, Statement
from oralu.apps.cases.services import EvidenceData
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Person
from oralu.apps.referrals.models import CorrectiveMeasure, Escalation, Referral
from oralu.apps.routing.facts import FactData
from oralu.apps.routing.referring import referral_accept, referral_serve
from oralu.apps.routing.worker import turn
from systems import CALM, System, system_of
from world import build

SEEN = re.compile(r'name="seen" value="(\d+)"')
NO_PAPERS = {"identity_document": "none", **CALM}
Ask = Callable[[], HttpResponse]


@dataclass
class Race:
    """`effect`: how often it has been done. `wins`: the status of who did it; `loses`: of the others. `replays`: who
    sends the same again may be given the answer of the first."""

    name: str
    asks: Sequence[Ask]
    effect: Callable[[], int]
    wins: int = 303
    loses: frozenset[int] = frozenset({409})
    replays: bool = False

    def run(self) -> str:
        """Start all together. What was wrong; empty: one effect, and the others refused."""
        before = self.effect()
        answers = at_once(self.asks)
        done = self.effect() - before
        statuses = sorted(answer.status_code for answer in answers)
        lost = [status for status in statuses if status != self.wins]
        same = {(a.get("Location", ""), a.content) for a in answers if a.status_code == self.wins}
        one = len(statuses) - len(lost) == 1 or (self.replays and len(same) == 1 and len(lost) < len(statuses))
        return "" if done == 1 and one and set(lost) <= self.loses else f"{self.name}: {done} effects, {statuses}"


def at_once(asks: Sequence[Ask]) -> list[HttpResponse]:
    gate = threading.Barrier(len(asks))

    def one(ask: Ask) -> HttpResponse:
        gate.wait()
        try:
            return ask()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


class Course:
    """The ground of the races: the small world, three days old, with people who may do the same thing."""

    def __init__(self, races: int) -> None:
        self.world = world = build(timezone.now() - timedelta(days=3))
        self.marat, self.dina = (
            User.objects.create_user(name, "long-password-of-a-test", role=role, agency=agency, full_name=name.title())
            for name, role, agency in (
                ("marat", Role.CASE_MANAGER, world.unit),
                ("dina", Role.PROVIDER, world.agencies["one_stop_shop"]),
            )
        )
        self.system: System = system_of(world, world.unit, "case_manager", world.bolat)
        self.clients = {user.pk: _signed_in(user) for user in (world.aigul, self.marat, world.dana, self.dina)}
        self.clients[world.kairat.pk] = _signed_in(world.kairat)
        self.kinds: list[Callable[[int], Race]] = [
            self.fact, self.facts_of_two, self.retraction, self.note, self.acceptance, self.report, self.refusal,
            self.third_signature, self.plan, self.closure, self.escalation, self.key, self.etag, self.enrolment,
        ]  # fmt: skip
        for _n in range(races // len(self.kinds) + 1):
            world.enrol(facts={"violence_threat": "yes", "housing": "homeless"})
        world.at = timezone.now()
        turn(world.at)
        self.late = list(
            Escalation.objects.filter(agency=world.agencies["leb_leadership"], answered_at=None).values_list("pk")
        )
        assert len(self.late) > races // len(self.kinds)

    def race(self, n: int) -> Race:
        return self.kinds[n % len(self.kinds)](n)

    def case(self) -> Case:
        return self.world.enrol(facts=NO_PAPERS)

    def _form(self, users: Sequence[User], address: str, data: dict[str, Any], *, opened: bool = True) -> list[Ask]:
        """Everybody opens the form; then everybody sends it, the first of them twice."""
        asks: list[Ask] = []
        for user in (users[0], *users):
            client, more = self.clients[user.pk], {}
            if opened:
                found = SEEN.search(client.get(address).content.decode())
                assert found is not None, address
                more = {"seen": found[1]}
            own = _same_session(client)
            asks.append(lambda own=own, more=more: own.post(address, data | more))
        return asks

    def fact(self, n: int) -> Race:
        case = self.case()
        data = {"value": "held", "effective_on": _today(), "evidence_title": "Card", "evidence_reference": str(n)}
        asks = self._form([self.world.aigul], f"/cases/{case.pk}/facts/identity_document", data)
        return Race("fact", asks, lambda: Statement.objects.filter(case=case, name="identity_document").count())

    def facts_of_two(self, n: int) -> Race:
        case = self.case()
        data = {"value": "lawful", "effective_on": _today(), "evidence_title": "Pay", "evidence_reference": str(n)}
        asks = self._form([self.world.aigul, self.marat], f"/cases/{case.pk}/facts/income", data)
        return Race("fact of two", asks, lambda: Statement.objects.filter(case=case, name="income").count())

    def retraction(self, n: int) -> Race:
        case = self.case()
        wrong = Statement.objects.get(case=case, name="identity_document")
        asks = self._form([self.world.aigul, self.marat], f"/facts/{wrong.pk}/retract", {"reason": "Wrong person"})
        return Race("retraction", asks, lambda: Statement.objects.filter(retracts=wrong).count())

    def note(self, n: int) -> Race:
        case = self.case()
        asks = self._form([self.world.aigul], f"/cases/{case.pk}/notes", {"note": f"Note {n}"})
        return Race("note", asks, lambda: Note.objects.filter(case=case).count())

    def _referral(self) -> Referral:
        return Referral.objects.get(case=self.case(), need__service="identity_document_application")

    def acceptance(self, n: int) -> Race:
        referral = self._referral()
        asks = self._form([self.world.dana, self.dina], f"/inbox/{referral.pk}/accept", {}, opened=False)
        return Race("acceptance", asks, lambda: _entries("referral.accept", referral))

    def report(self, n: int) -> Race:
        referral = self._referral()
        referral_accept(referral=referral, actor=self.world.dana, at=self.world.at)
        data = {"fact_identity_document": "applied", "effective_on": _today(), "evidence_reference": f"T-{n}"}
        data["evidence_title"] = "Card"
        asks = self._form([self.world.dana], f"/inbox/{referral.pk}/served", data, opened=False)
        return Race("report", asks, lambda: _entries("referral.report_served", referral))

    def refusal(self, n: int) -> Race:
        """An agency that cannot help sees the referral no more: who comes later finds nothing."""
        referral = self._referral()
        asks = self._form([self.world.dana], f"/inbox/{referral.pk}/cannot", {"reason": "other"}, opened=False)
        return Race("refusal", asks, lambda: _entries("referral.decline", referral), loses=frozenset({404, 409}))

    def third_signature(self, n: int) -> Race:
        referral = referral_accept(referral=self._referral(), actor=self.world.dana, at=self.world.at)
        facts = [FactData("identity_document", "applied")]
        referral_serve(
            referral=referral,
            facts=facts,
            evidence=EvidenceData("Card", str(n)),
            note="",
            actor=self.world.dana,
            at=self.world.at,
        )
        asks = self._form([self.world.aigul, self.marat], f"/referrals/{referral.pk}/accept", {"sure": "1"})
        return Race("third signature", asks, lambda: _entries("referral.accepted_by_case", referral))

    def plan(self, n: int) -> Race:
        case = self.case()
        step = {"domain": "legal", "goal": "Papers", "action": "Apply", "actor": "person", "due_on": _today()}
        data = {"rows": "1"} | {f"s0-{name}": value for name, value in step.items()}
        asks = self._form([self.world.aigul, self.marat], f"/cases/{case.pk}/plan", data)
        written = Entry.objects.filter(case=case, kind="plan.written")
        return Race("plan", asks, lambda: max(Plan.objects.filter(case=case).count(), written.count()))

    def closure(self, n: int) -> Race:
        case = self.case()
        data = {"ground": "term_ended", "closed_on": _today(), "note": ""}
        asks = self._form([self.world.aigul, self.marat], f"/cases/{case.pk}/close", data)
        return Race("closure", asks, lambda: Entry.objects.filter(case=case, kind="case.closed").count())

    def escalation(self, n: int) -> Race:
        (pk,) = self.late.pop()
        due = (timezone.localdate() + timedelta(days=5)).isoformat()
        data = {"cause": "staff_overloaded", "cause_note": "", "measure": "More", "responsible": "He", "due_on": due}
        asks = self._form([self.world.kairat], f"/board/escalations/{pk}", data, opened=False)
        return Race("escalation", asks, lambda: CorrectiveMeasure.objects.filter(escalation=pk).count())

    def key(self, n: int) -> Race:
        case, key = self.case(), uuid.uuid4().hex
        body = {"facts": [{"name": "income", "value": "lawful"}], "evidence": {"title": "Pay", "reference": str(n)}}
        ask = lambda: self.system.act(f"/cases/{case.pk}/facts", body, key=key)  # noqa: E731
        count = Statement.objects.filter(case=case, name="income").count
        return Race("one key", [ask] * 3, count, wins=201, replays=True)

    def etag(self, n: int) -> Race:
        case = self.case()
        state = self.system.read(f"/cases/{case.pk}")["ETag"]
        body = {"facts": [{"name": "income", "value": "lawful"}], "evidence": {"title": "Pay", "reference": str(n)}}
        ask = lambda: self.system.act(f"/cases/{case.pk}/facts", body, etag=state)  # noqa: E731
        count = Statement.objects.filter(case=case, name="income").count
        return Race("one state", [ask] * 3, count, wins=201, loses=frozenset({412, 409}))

    def enrolment(self, n: int) -> Race:
        client = self.clients[self.world.aigul.pk]
        draft = client.post(reverse("enrol"))["Location"].split("/")[2]
        person = self.world.person(born=date(1970, 1, 1) + timedelta(days=n))
        surname = f"Гонка{n}"
        for step, data in self._steps(person, surname):
            answer = client.post(reverse("enrol-step", args=[draft, step]), data)
            assert answer.status_code == 303, (step, answer.content.decode()[-3000:])
        own = [_same_session(client) for _n in range(3)]
        address = reverse("enrol-step", args=[draft, "review"])
        asks = [lambda one=one: one.post(address) for one in own]
        return Race("enrolment", asks, lambda: Person.objects.filter(surname=surname).count(), replays=True)

    def _steps(self, person: Any, surname: str) -> list[tuple[str, dict[str, Any]]]:
        identity = {
            "surname": surname,
            "given_name": "Жанар",
            "sex": person.sex,
            "birth_date": person.birth_date.isoformat(),
            "iin": person.iin,
            "languages": ["kk"],
            "phone": "",
            "address": "",
            "locality": "Караганда",
        }
        case = {"ground": "sentence.conditional_sentence", "enrolled_on": _today(), "officer": self.world.aigul.pk}
        facts = [(f"facts-{domain}", {"x": ""}) for domain in ("legal", "housing", "economic", "medical")]
        consent = {"answer": "given", "given_on": _today()}
        return [
            ("identity", identity),
            ("case", case),
            ("children", {"has_children": "no"}),
            *facts,
            ("consent", consent),
        ]


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _same_session(client: Client) -> Client:
    """Another tab of the same browser."""
    own = Client()
    own.cookies["sessionid"] = client.cookies["sessionid"].value
    return own


def _today() -> str:
    return timezone.localdate().isoformat()


def _entries(kind: str, referral: Referral) -> int:
    return Entry.objects.filter(kind=kind, data__referral=referral.pk).count()
