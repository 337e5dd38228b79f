"""Everything that the page of a case shows, read in a fixed number of queries, and the doors to its parts.

Nothing here writes: the judgement is computed afresh from the ledger, so that the page can give its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Prefetch, Q, QuerySet

from oralu.apps.access.composed import PRISON
from oralu.apps.access.models import User
from oralu.apps.agencies.models import Agency, Occupancy, Place
from oralu.apps.agencies.selectors import Directory
from oralu.apps.cases.models import Case, CaseState, EvaluationRecord, Evidence, Milestone, Note, Plan, Statement, Step
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.models import Entry
from oralu.apps.journal.reading import Shown
from oralu.apps.people.models import Consent
from oralu.apps.referrals.clocks import intervals_of
from oralu.apps.referrals.models import ClockInterval, Escalation, Need, Referral
from oralu.apps.referrals.selectors import needs_visible_to
from oralu.apps.routing.frames import Frame, anchor, frames_load, local_day
from oralu.apps.routing.planning import OWN_UNIT, needs_duty
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
    """Read a case that the caller may see (`cases_visible_to`)."""
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
        .annotate(accounts=Count("agency__staff", filter=Q(agency__staff__is_active=True)))
        .order_by("attempt")
    )
    by_need: dict[int, list[Referral]] = {}
    for referral in found:
        by_need.setdefault(referral.need_id, []).append(referral)
    return by_need


def _escalations(case: Case) -> dict[int, list[Escalation]]:
    by_need: dict[int, list[Escalation]] = {}
    for escalation in Escalation.objects.filter(case=case).select_related("agency", "measure").order_by("id"):
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
        fitting = directory.fitting(need.addressee, frame.seeker(local_day(at)), needs_duty=duty, without=could_not)
        found[need.pk] = Helpers(directory.of_kind(region, need.addressee), bool(fitting))
    return found


def _plans(case: Case) -> list[Plan]:
    return list(
        Plan.objects.filter(case=case)
        .select_related("written_by", "agreement")
        .prefetch_related(Prefetch("steps", queryset=Step.objects.order_by("due_on", "id")))
    )


def case_journal(*, case_id: int, before: int | None = None, limit: int = 30) -> tuple[list[Entry], bool]:
    """The latest entries, newest first, from an entry's id on; and whether there are older ones."""
    entries = Entry.objects.filter(case_id=case_id).select_related("actor").order_by("-id")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    found = list(entries[: limit + 1])
    return found[:limit], len(found) > limit


def names_in(entries: Iterable[Entry]) -> tuple[dict[int, str], dict[int, str]]:
    """The names of the agencies and of the members of staff to whom entries of the journal point by id."""
    agencies: set[int] = set()
    people: set[int] = set()
    for entry in entries:
        agencies.update(entry.data[key] for key in ("agency", "unit") if isinstance(entry.data.get(key), int))
        if isinstance(entry.data.get("officer"), int):
            people.add(entry.data["officer"])
    named = {agency.pk: str(agency) for agency in Agency.objects.filter(pk__in=agencies)}
    return named, dict(User.objects.filter(pk__in=people).values_list("pk", "full_name"))


def agencies_fitting(*, need: Need, at: datetime) -> list[tuple[Agency, int | None]]:
    """The agencies that could take a need now, the fittest first, each with its free places (None: not counted). Those
    that have declined or not served this need are left out."""
    frame = frames_load([need.case_id], lock=False)[need.case_id]
    tried = Referral.objects.filter(
        need=need, state__in=[Referral.State.DECLINED, Referral.State.NOT_SERVED]
    ).values_list("agency_id", flat=True)
    found = Directory([frame.case.region_id]).fitting(
        need.addressee,
        frame.seeker(local_day(at)),
        needs_duty=needs_duty(need.clock.limit, at),
        without=list(tried),
    )
    free = dict(
        Place.objects.filter(agency__in=found, is_open=True)
        .exclude(occupancies__state__in=[Occupancy.State.HELD, Occupancy.State.TAKEN])
        .values_list("agency")
        .annotate(free=Count("pk"))
    )
    return [(agency, free.get(agency.pk, 0) if agency.counts_places else None) for agency in found]


def agencies_that_could_not(*, need: Need) -> list[Referral]:
    """The last attempt with each active agency that has declined this need or did not serve it, the latest first. The
    choice of an agency passes them over: they are asked again only by name."""
    ended = Referral.objects.filter(
        need=need,
        state__in=[Referral.State.DECLINED, Referral.State.NOT_SERVED],
        agency__is_active=True,
        agency__region=need.case.region_id,
    )
    by_agency: dict[int, Referral] = {}
    for referral in ended.select_related("agency__responsible", "agency__deputy").order_by("-attempt"):
        by_agency.setdefault(referral.agency_id, referral)
    return list(by_agency.values())


def open_needs(*, case: Case) -> list[Need]:
    """The open needs of a case with their clocks."""
    return list(Need.objects.filter(case=case, state=Need.State.OPEN).select_related("clock").order_by("id"))


def needs_to_act_on(actor: User) -> QuerySet[Need]:
    """The needs of the own unit with what an act on them asks."""
    return needs_visible_to(actor).select_related("case__person", "case__unit", "clock")


def facts_standing(*, case: Case, names: Iterable[str], at: datetime) -> dict[str, str]:
    """The values that stand on the day of `at`, answers without a value too, of the facts named."""
    frame = frames_load([case.pk], lock=False)[case.pk]
    edition = edition_for(case=case, at=at)
    known = answers_as_of(frame.ledger(edition), day=frame.day(edition, local_day(at)))
    return {name: known[name].value for name in names if name in known}


def needs_changed_at(*, case_id: int, at: datetime) -> tuple[list[str], list[str]]:
    """The services of the needs that one moment has closed and opened."""
    changed = Need.objects.filter(case_id=case_id).filter(Q(closed_at=at) | Q(opened_at=at)).order_by("id")
    rows = list(changed.values_list("service", "closed_at"))
    return [s for s, closed in rows if closed is not None], [s for s, closed in rows if closed is None]


def statements_visible_to(actor: User) -> QuerySet[Statement]:
    """The statements of the cases that an actor may open."""
    statements = Shown.of(Statement, "case_id").filter(case__in=cases_visible_to(actor))
    return statements.select_related("case__person", "case__unit")


def evidence_visible_to(actor: User) -> QuerySet[Evidence]:
    """The proofs of the cases that an actor may open."""
    return Shown.of(Evidence, "case_id").filter(case__in=cases_visible_to(actor))


def plans_visible_to(actor: User) -> QuerySet[Plan]:
    """The plans of the cases that an actor may open."""
    return (
        Shown.of(Plan, "case_id")
        .filter(case__in=cases_visible_to(actor))
        .select_related("case__person", "case__unit", "case__officer", "written_by")
        .prefetch_related(Prefetch("steps", queryset=Step.objects.order_by("due_on", "id")))
    )


def steps_visible_to(actor: User) -> QuerySet[Step]:
    """The steps of the plans of the cases that an actor may open."""
    steps = Shown.of(Step, "plan.case_id").filter(plan__case__in=cases_visible_to(actor))
    return steps.select_related("plan__case__person")


def has_account(agency: Agency) -> bool:
    """Whether somebody of the agency can answer in Oralu."""
    return agency.staff.filter(is_active=True).exists()


def units_to_transfer_to(case: Case) -> QuerySet[Agency]:
    """The other active probation units, by region."""
    units = Agency.objects.filter(kind=OWN_UNIT, is_active=True).exclude(pk=case.unit_id)
    return units.select_related("region").order_by("region__code", "name_ru")


def prisons_to_name() -> QuerySet[Agency]:
    """The institutions that can prepare a release, of the whole country."""
    return Agency.objects.filter(kind=PRISON, is_active=True).order_by("region__code", "name_ru")


def handed_over(*, case: Case) -> list[Referral]:
    """What has gone to agencies for the person of a case, in any of the person's cases, the latest first: a consent
    taken back does not fetch it back."""
    found = Referral.objects.filter(case__person_id=case.person_id, sent_at__isnull=False)
    return list(found.select_related("need", "agency").order_by("-sent_at", "-pk"))


def all_needs(*, case: Case) -> list[Need]:
    """Every need that the case has had."""
    return list(Need.objects.filter(case=case).order_by("id"))
