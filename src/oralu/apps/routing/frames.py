"""A case with everything that an evaluation reads, loaded for a batch in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, F, QuerySet, Value, When
from django.db.models import Case as Choice

from oralu.apps.access import walls
from oralu.apps.agencies.selectors import Seeker
from oralu.apps.cases.models import Case, Evidence, Milestone, Scan, Statement
from oralu.apps.people.models import Child
from oralu.apps.people.selectors import consented
from oralu.apps.referrals.models import Clock, Need, Referral
from oralu.calendarfiles import load_calendar
from oralu.core import facts as ledger
from oralu.core.edition import Edition
from oralu.core.evaluation import ReferralState, Snapshot
from oralu.core.lifecycle import UNSENT

ADULT = 18
TOLD = ("pk", "name", "value", "effective_on", "recorded_at", "evidence_id", "until", "retracts_id")
Told = Sequence[Any]
"""A statement: the columns of TOLD in their order; a batch would need tens of thousands of objects. A proof whose file
was rejected is none (`Evidence.proves`)."""


def local_day(at: datetime) -> date:
    """The calendar date in Asia/Almaty."""
    return load_calendar().local_day(at)


def anchor(case: Case, edition: Edition) -> date:
    """Day 0 of a case under an edition: enrolment, or release where the edition anchors on it and the date is known."""
    if edition.anchor == "release" and case.released_on is not None:
        return case.released_on
    return case.enrolled_on


@dataclass
class Frame:
    """One case and the rows around it. `open` and `holding` are needs by service; `holding` are closed needs whose rule
    has not ceased to hold."""

    case: Case
    children: Sequence[Child]
    told: Sequence[Told]
    is_consented: bool
    open: dict[str, Need] = field(default_factory=dict)
    holding: dict[str, Need] = field(default_factory=dict)
    cycles: dict[str, int] = field(default_factory=dict)
    clocks: dict[int, Clock] = field(default_factory=dict)
    referrals: list[Referral] = field(default_factory=list)
    milestones: set[int] = field(default_factory=set)
    _ledgers: dict[date, list[ledger.Statement]] = field(default_factory=dict)

    def day(self, edition: Edition, on: date) -> int:
        return (on - anchor(self.case, edition)).days

    def facts(self, edition: Edition, on: date, recorded_by: datetime | None = None) -> dict[str, ledger.FactState]:
        """The facts known on a day, in day numbers of the edition's anchor."""
        return ledger.as_of(self.ledger(edition), day=self.day(edition, on), recorded_by=recorded_by)

    def ledger(self, edition: Edition) -> list[ledger.Statement]:
        """The statements as they were loaded, in day numbers of the edition's anchor."""
        zero = anchor(self.case, edition)
        if zero in self._ledgers:
            return self._ledgers[zero]
        self._ledgers[zero] = [
            ledger.Statement(
                id=pk,
                name=name,
                value=value,
                day=(effective_on - zero).days,
                recorded_at=recorded_at,
                evidence=evidence is not None,
                until=(until - zero).days if until else None,
                retracts=retracts,
            )
            for pk, name, value, effective_on, recorded_at, evidence, until, retracts in self.told
        ]
        return self._ledgers[zero]

    def snapshot(
        self,
        edition: Edition,
        on: date,
        *,
        planned: Sequence[ReferralState] = (),
        closing: Iterable[str] = (),
        recorded_by: datetime | None = None,
    ) -> Snapshot:
        """What the policy sees on a day. `planned` are referrals about to be sent, `closing` services about to
        close."""
        left = set(closing)
        breached = frozenset(
            need.domain
            for service, need in self.open.items()
            if service not in left and self.clocks[need.pk].breached_at is not None
        )
        known = {fact.name for fact in edition.facts}
        facts = {name: s for name, s in self.facts(edition, on, recorded_by).items() if name in known}
        domain_of = {r.need_id: r.need.domain for r in self.referrals}
        sent = tuple(ReferralState(domain_of[r.need_id], r.state) for r in self.referrals if r.state not in UNSENT)
        return Snapshot(
            day=self.day(edition, on),
            sex=self.case.person.sex,
            facts=facts,
            referrals=sent + tuple(planned),
            breached=breached,
            minor_children=self.minor_children(on),
            failed_before=self.case.failed_ever if edition.failure_scope == "ever" else None,
        )

    def minor_children(self, on: date) -> bool:
        return any(child.birth_date is None or _adult_on(child.birth_date) > on for child in self.children)

    def next_birthday(self, after: date) -> date | None:
        """The next day on which a child comes of age: it changes what the policy sees."""
        days = [_adult_on(c.birth_date) for c in self.children if c.birth_date and _adult_on(c.birth_date) > after]
        return min(days, default=None)

    def seeker(self, on: date) -> Seeker:
        person = self.case.person
        return Seeker(
            region_id=self.case.region_id,
            locality=self.case.locality,
            sex=person.sex,
            age=person.age_on(on),
            with_children=self.minor_children(on),
        )


def _adult_on(birth: date) -> date:
    try:
        return birth.replace(year=birth.year + ADULT)
    except ValueError:
        return (birth + timedelta(days=1)).replace(year=birth.year + ADULT)


def frames_load(case_ids: Iterable[int], *, lock: bool) -> dict[int, Frame]:
    """The frames of cases, by case. With `lock` the case rows are locked first, in the order of their ids: whoever
    writes anything about a case holds this lock, so that clocks, needs and referrals are locked with it."""
    ids = sorted(set(case_ids))
    if lock:
        walls.take(cases=ids)
    cases = Case.objects.filter(pk__in=ids).select_related("person").order_by("pk")
    if lock:
        cases = cases.select_for_update(of=("self",))
    found = {case.pk: case for case in cases}
    person_ids = [case.person_id for case in found.values()]
    with_consent = consented(person_ids)
    children: dict[int, list[Child]] = {}
    for child in Child.objects.filter(person_id__in=person_ids):
        children.setdefault(child.person_id, []).append(child)
    told: dict[int, list[Told]] = {}
    for case_id, *statement in _statements(ids):
        told.setdefault(case_id, []).append(statement)
    frames = {
        pk: Frame(case, children.get(case.person_id, []), told.get(pk, []), case.person_id in with_consent)
        for pk, case in found.items()
    }
    _needs(frames, ids)
    return frames


def _statements(ids: Sequence[int]) -> QuerySet[Statement, Any]:
    rejected = Evidence.objects.filter(case_id__in=ids, scan=Scan.REJECTED).values("pk")
    proof = When(evidence_id__in=rejected, then=Value(None))
    statements = Statement.objects.filter(case_id__in=ids).order_by("id")
    statements = statements.annotate(proof_id=Choice(proof, default=F("evidence_id"), output_field=BigIntegerField()))
    return statements.values_list("case_id", *("proof_id" if name == "evidence_id" else name for name in TOLD))


def _needs(frames: dict[int, Frame], ids: list[int]) -> None:
    for need in Need.objects.filter(case_id__in=ids).order_by("id"):
        frame = frames[need.case_id]
        frame.cycles[need.service] = need.cycle
        if need.state == Need.State.OPEN:
            frame.open[need.service] = need
        elif need.still_holds:
            frame.holding[need.service] = need
    for clock in Clock.objects.filter(case_id__in=ids, need__isnull=False, stopped_at=None):
        frames[clock.case_id].clocks[clock.need_id] = clock
    for referral in Referral.objects.filter(case_id__in=ids).select_related("need").order_by("id"):
        frames[referral.case_id].referrals.append(referral)
    for case_id, day in Milestone.objects.filter(case_id__in=ids).values_list("case_id", "day"):
        frames[case_id].milestones.add(day)
