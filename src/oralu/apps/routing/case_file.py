"""Everything that the page of a case shows, read in a fixed number of queries. Nothing here writes: the judgement is
computed afresh from the ledger, so that the page can give its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Prefetch

from oralu.apps.access import walls
from oralu.apps.access.selectors import account_exists, person_exists
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.selectors import Directory
from oralu.apps.cases.models import Case, CaseState, EvaluationRecord, Evidence, Milestone, Note, Plan, Statement, Step
from oralu.apps.people.models import Consent
from oralu.apps.referrals.clocks import intervals_of
from oralu.apps.referrals.models import ClockInterval, Escalation, Need, Referral
from oralu.apps.routing.frames import Frame, anchor, frames_load, local_day
from oralu.apps.routing.planning import needs_duty
from oralu.apps.routing.policies import EditionsInForce, NoEditionError
from oralu.core.edition import Edition
from oralu.core.evaluation import Evaluation, evaluate
from oralu.core.facts import FactState, answers_as_of
from oralu.core.lifecycle import REFERRAL
from oralu.policyfiles import load_edition

EARLIER = ("earlier_meeting__asked_by", "earlier_meeting__decided_by", "earlier_meeting__evidence")


@dataclass(frozen=True)
class Helpers:
    """For a need that no agency could take: the agencies of that kind in the region, to be called, and whether one of
    them fits now."""

    agencies: Sequence[Agency]
    is_fitting: bool


@dataclass(frozen=True)
class CaseFile:
    """A case as its page needs it. `evaluation` is that of `on`: today, or the day of closure. `facts` are the facts
    known and the answers without a value, by name, their ids being those of `statements`. `referrals` are by need, the
    latest attempt last; `logs` by clock; `helpers` by need, of those that stand without an agency. `consent` is the one
    that stands, else the last that was withdrawn."""

    case: Case
    frame: Frame
    edition: Edition
    on: date
    evaluation: Evaluation
    facts: Mapping[str, FactState]
    statements: Mapping[int, Statement]
    needs: Sequence[Need]
    logs: Mapping[int, Sequence[ClockInterval]]
    referrals: Mapping[int, Sequence[Referral]]
    escalations: Mapping[int, Sequence[Escalation]]
    plans: Sequence[Plan]
    notes: Sequence[Note]
    milestones: Sequence[Milestone]
    evaluations: Sequence[EvaluationRecord]
    evidence: Sequence[Evidence]
    consent: Consent | None
    next_change: Change | None
    helpers: Mapping[int, Helpers]
    is_read_only: bool = False

    @property
    def zero(self) -> date:
        """Day 0."""
        return anchor(self.case, self.edition)

    @property
    def day(self) -> int:
        return (self.on - self.zero).days

    def day_of(self, on: date | datetime) -> int:
        return ((local_day(on) if isinstance(on, datetime) else on) - self.zero).days

    @property
    def is_consented(self) -> bool:
        return self.consent is not None and self.consent.withdrawn_at is None

    @property
    def is_closed(self) -> bool:
        """Nothing is recorded in it: it is closed, or the reader may only read."""
        return self.is_read_only or self.case.state == CaseState.CLOSED


@dataclass(frozen=True)
class Change:
    """What the coming of a day changes if nobody records anything: the judgement of that day next to today's."""

    on: date
    now: Evaluation
    then: Evaluation


def case_file(*, case: Case, at: datetime, is_read_only: bool = False) -> CaseFile:
    """Read a case that the caller may see (`cases_visible_to`): it has passed the wall and is in hand, so that the wall
    is not asked again for each of its rows."""
    with walls.holding(cases=[case.pk]):
        return _read(case, at, is_read_only)


def _read(case: Case, at: datetime, is_read_only: bool) -> CaseFile:
    frame = frames_load([case.pk], lock=False)[case.pk]
    on = case.closed_on if case.state == CaseState.CLOSED and case.closed_on else local_day(at)
    edition = _edition(case, on)
    evaluation = evaluate(edition, frame.snapshot(edition, on))
    needs = list(Need.objects.filter(case=case).select_related("clock", *EARLIER).order_by("id"))
    referrals = _referrals(case)
    return CaseFile(
        case=case,
        frame=frame,
        edition=edition,
        on=on,
        evaluation=evaluation,
        facts=answers_as_of(frame.ledger(edition), day=frame.day(edition, on)),
        statements=_statements(case),
        needs=needs,
        logs=intervals_of([need.clock.pk for need in needs]),
        referrals=referrals,
        escalations=_escalations(case),
        plans=_plans(case),
        notes=list(Note.objects.filter(case=case).select_related("author")),
        milestones=list(Milestone.objects.filter(case=case)),
        evaluations=list(EvaluationRecord.objects.filter(case=case).order_by("id")),
        evidence=list(Evidence.objects.filter(case=case).select_related("recorded_by").order_by("-id")),
        consent=Consent.objects.filter(person_id=case.person_id)
        .select_related("recorded_by")
        .order_by(F("withdrawn_at").desc(nulls_first=True), "-pk")
        .first(),
        next_change=_change(frame, edition, on, evaluation),
        helpers=_helpers(frame, needs, referrals, at),
        is_read_only=is_read_only,
    )


def edition_for(*, case: Case, at: datetime) -> Edition:
    """The edition by which a fact of the case would be judged now."""
    return _edition(case, local_day(at))


def _edition(case: Case, on: date) -> Edition:
    if case.state == CaseState.CLOSED and case.edition:
        return load_edition(case.edition)
    try:
        return EditionsInForce([case.region_id]).on(case.region_id, on)
    except NoEditionError:
        return load_edition(case.edition)


def _change(frame: Frame, edition: Edition, on: date, now: Evaluation) -> Change | None:
    if now.next_change is None or frame.case.state == CaseState.CLOSED:
        return None
    day = on + timedelta(days=now.next_change - now.day)
    return Change(day, now, evaluate(edition, frame.snapshot(edition, day)))


def _statements(case: Case) -> dict[int, Statement]:
    found = Statement.objects.filter(case=case).select_related(
        "recorded_by", "evidence", "retraction__recorded_by", "referral__agency"
    )
    return {statement.pk: statement for statement in found}


def _referrals(case: Case) -> dict[int, list[Referral]]:
    found = (
        Referral.objects.filter(case=case)
        .select_related(
            "need",
            "agency__responsible",
            "agency__deputy",
            "handled_by",
            "evidence",
            "person_answer_by",
            "case_accepted_by",
        )
        .annotate(has_account=account_exists("agency"), has_people=person_exists("agency"))
        .order_by("attempt")
    )
    by_need: dict[int, list[Referral]] = {}
    for referral in found:
        by_need.setdefault(referral.need_id, []).append(referral)
    return by_need


def _escalations(case: Case) -> dict[int, list[Escalation]]:
    by_need: dict[int, list[Escalation]] = {}
    for escalation in Escalation.objects.filter(case=case).select_related("agency", "measure").order_by("id"):
        escalation.case = case
        by_need.setdefault(escalation.need_id, []).append(escalation)
    return by_need


def _helpers(
    frame: Frame, needs: Sequence[Need], referrals: Mapping[int, Sequence[Referral]], at: datetime
) -> dict[int, Helpers]:
    region, directory = frame.case.region_id, Directory([frame.case.region_id])
    found = {}
    for need in needs:
        tried = referrals.get(need.pk, ())
        if (
            need.state != Need.State.OPEN
            or not need.escalated_no_agency
            or any(r.state not in REFERRAL.final for r in tried)
        ):
            continue
        could_not = [r.agency_id for r in tried if r.state in (Referral.State.DECLINED, Referral.State.NOT_SERVED)]
        duty = needs_duty(need.clock.limit, at)
        seeker = frame.seeker(local_day(at))
        is_fitting = directory.anybody_fits(need.addressee, seeker, needs_duty=duty, without=could_not)
        found[need.pk] = Helpers(directory.of_kind(region, need.addressee), is_fitting)
    return found


def _plans(case: Case) -> list[Plan]:
    return list(
        Plan.objects.filter(case=case)
        .select_related("written_by", "agreement")
        .prefetch_related(Prefetch("steps", queryset=Step.objects.order_by("due_on", "id")))
    )
