"""What a missed deadline sets in motion: the escalation in front of who answers for it, its messages, the cause and the
corrective measure. Apart from the moves of needs and referrals, which have deadlines and do not judge them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.models import Role, User
from oralu.apps.access.selectors import at_work
from oralu.apps.agencies.models import Agency
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.messages.services import Outgoing, digests_add, messages_write
from oralu.apps.referrals.clocks import clock_compute, clocks_stop, end_of_day
from oralu.apps.referrals.models import Clock, CorrectiveMeasure, Escalation, Need, Referral
from oralu.apps.referrals.telling import named_users
from oralu.apps.rows import rows_insert, rows_update
from oralu.core.lifecycle import GOING

if TYPE_CHECKING:
    from datetime import date

    from oralu.apps.cases.models import Case

UNIT_HEAD = "unit_head"


def escalations_settle(*, needs: Sequence[Need], actor: User | None, at: datetime) -> None:
    """Needs that no agency could take are taken on or closed: nobody waits for the answer of the leadership any more.
    In the caller's transaction, with the locks of the cases."""
    flagged = [need.pk for need in needs if need.escalated_no_agency]
    if not flagged:
        return
    standing = list(
        Escalation.objects.filter(need__in=flagged, kind=Escalation.Kind.NO_AGENCY, answered_at=None, solved_at=None)
    )
    for escalation in standing:
        escalation.solved_at = at
    rows_update(standing, ["solved_at"])
    entries_record(
        records=[Record("escalation.solved", e.case_id, {"need": e.need_id, "escalation": e.pk}) for e in standing],
        actor=actor,
        at=at,
    )


class Leadership:
    """Who answers for a missed deadline: the addressee of the policy in the region of the case, the unit of the case
    for its head. Reads what a batch needs in two queries, however many regions and units it touches."""

    def __init__(self) -> None:
        self._agencies: dict[tuple[str, str], Agency] = {}
        self._users: dict[tuple[int, str], list[User]] = {}

    def load(self, asked: Iterable[tuple[str, Case]]) -> None:
        """Read who answers for pairs of an addressee and a case."""
        asked = list(asked)
        kinds = {(kind, case.region_id) for kind, case in asked if kind != UNIT_HEAD} - self._agencies.keys()
        if kinds:
            found = Agency.objects.filter(
                kind__in={kind for kind, _ in kinds}, region__in={region for _, region in kinds}, is_active=True
            ).select_related("responsible", "deputy")
            for agency in found.order_by("kind", "region_id", "pk").distinct("kind", "region_id"):
                self._agencies[agency.kind, agency.region_id] = agency
        wanted = {(agency.pk, kind) for kind, case in asked if (agency := self.agency(kind, case)) is not None}
        self._load_users(wanted - self._users.keys())

    def _load_users(self, wanted: set[tuple[int, str]]) -> None:
        staff: dict[int, list[User]] = {}
        if wanted:
            for user in at_work().filter(agency__in={pk for pk, _ in wanted}).order_by("pk"):
                staff.setdefault(user.agency_id, []).append(user)
        named = {a.pk: named_users(a) for a in self._agencies.values()}
        for pk, addressee in wanted:
            everybody = staff.get(pk, [])
            heads = [user for user in everybody if user.role == Role.UNIT_HEAD]
            self._users[pk, addressee] = heads if addressee == UNIT_HEAD else named.get(pk) or everybody

    def agency(self, addressee: str, case: Case) -> Agency | None:
        return case.unit if addressee == UNIT_HEAD else self._agencies.get((addressee, case.region_id))

    def users(self, agency: Agency, addressee: str) -> list[User]:
        return self._users[agency.pk, addressee]


def escalations_write(
    *, clocks: Sequence[Clock], kind: str, fell_due: dict[int, datetime], leadership: Leadership, at: datetime
) -> list[Escalation]:
    """Put clocks in front of their addressees, once each, with messages. Inherited needs go as one digest a day and
    addressee. `clocks` come with `need` and `case__unit` joined; `fell_due` is by clock."""
    going = {r.need_id: r for r in Referral.objects.filter(need__in=[_need(c).pk for c in clocks], state__in=GOING)}
    leadership.load((_need(clock).on_breach, clock.case) for clock in clocks)
    escalations = []
    for clock in clocks:
        need, case = _need(clock), clock.case
        attempt = going.get(need.pk)
        escalations.append(
            Escalation(
                clock=clock,
                case_id=clock.case_id,
                need=need,
                kind=kind,
                addressee=need.on_breach,
                agency=leadership.agency(need.on_breach, case),
                late_agency_id=attempt.agency_id if attempt and attempt.sent_at else None,
                at=at,
                fell_due_at=fell_due[clock.pk],
                in_digest=need.is_inherited,
            )
        )
    rows_insert(escalations)
    entries_record(
        records=[
            Record("escalation.written", e.case_id, {"need": e.need_id, "kind": kind, "addressee": e.addressee})
            for e in escalations
        ],
        actor=None,
        at=at,
    )
    messages_write(outgoing=_escalation_messages(escalations, leadership, at), at=at)
    return escalations


def escalations_hand_on(*, case: Case, actor: User | None, at: datetime) -> None:
    """The case has gone to another unit: what waits for an answer, or for its measure to be carried out, goes to who
    answers for it there. Who did so until now no longer sees the case, and a matter that only they could settle would
    stand for ever. What is over stays with whom it was. In the caller's transaction, with the lock of the case, whose
    unit and region are the new ones."""
    waits = Q(answered_at=None) | Q(measure__isnull=False, measure__done_at=None)
    standing = list(Escalation.objects.filter(waits, case=case).select_related("clock", "need").order_by("pk"))
    leadership = Leadership()
    leadership.load((e.addressee, case) for e in standing)
    moved, records = [], []
    for escalation in standing:
        agency, left = leadership.agency(escalation.addressee, case), escalation.agency_id
        if left == (agency.pk if agency else None):
            continue
        escalation.agency, escalation.handed_on_at = agency, at
        moved.append(escalation)
        data = {"need": escalation.need_id, "escalation": escalation.pk, "left": left}
        records.append(Record("escalation.handed_on", case.pk, data))
    rows_update(moved, ["agency", "handed_on_at"])
    entries_record(records=records, actor=actor, at=at)
    asked = [e for e in moved if e.answered_at is None and e.solved_at is None]
    messages_write(outgoing=_escalation_messages(asked, leadership, at, handed_on=True), at=at)


def _need(clock: Clock) -> Need:
    need = clock.need or (clock.measure.escalation.need if clock.measure else None)
    assert need is not None
    return need


TEMPLATE = {
    Escalation.Kind.BREACH: "escalation",
    Escalation.Kind.NO_AGENCY: "no_agency",
    Escalation.Kind.MEASURE_LATE: "measure_late",
}


def _escalation_messages(
    escalations: Sequence[Escalation], leadership: Leadership, at: datetime, *, handed_on: bool = False
) -> list[Outgoing]:
    again = f"-{at.isoformat()}" if handed_on else ""
    outgoing: list[Outgoing] = []
    digests: dict[int, int] = {}
    for escalation in escalations:
        if escalation.agency is None:
            continue
        for user in leadership.users(escalation.agency, escalation.addressee):
            if escalation.in_digest:
                digests[user.pk] = digests.get(user.pk, 0) + 1
                continue
            outgoing.append(
                Outgoing(
                    key=f"escalation-{escalation.clock_id}-{escalation.kind}-{user.pk}{again}",
                    user_id=user.pk,
                    template=TEMPLATE[Escalation.Kind(escalation.kind)],
                    case_id=escalation.case_id,
                    data={
                        "service": escalation.need.service,
                        "edition": escalation.need.edition,
                        "case": escalation.case_id,
                    },
                    email=bool(user.email),
                )
            )
    digests_add(counts=digests, template="inherited_digest", at=at)
    return outgoing


def escalation_answer(
    *,
    escalation: Escalation,
    cause: str,
    cause_note: str,
    measure: str,
    responsible: str,
    due_on: date,
    actor: User,
    at: datetime,
) -> CorrectiveMeasure:
    """Record why a deadline was missed and what was ordered, by whom and by when; its date is a clock too (002 §3).
    In the caller's transaction. Raises ValidationError when it is answered already or the date is not in the future."""
    walls.take(cases=[escalation.case_id])
    escalation = Escalation.objects.select_for_update().get(pk=escalation.pk)
    if escalation.answered_at is not None:
        raise ValidationError(_("A cause has been recorded already. Reload the page to see it."))
    ends = end_of_day(due_on)
    if ends <= at:
        raise ValidationError({"due_on": _("The date of the measure lies in the past.")})
    escalation.cause, escalation.cause_note = cause, cause_note
    escalation.answered_at, escalation.answered_by = at, actor
    escalation.save(update_fields=["cause", "cause_note", "answered_at", "answered_by"])
    order = CorrectiveMeasure.objects.create(
        escalation=escalation, text=measure, responsible=responsible, due_on=due_on, ordered_by=actor, ordered_at=at
    )
    clock = Clock(case_id=escalation.case_id, measure=order, limit_at=ends)
    clock_compute(clock, [])
    clock.save()
    entry_record(
        kind="escalation.answered",
        actor=actor,
        at=at,
        case_id=escalation.case_id,
        escalation=escalation.pk,
        cause=cause,
        due_on=due_on.isoformat(),
    )
    return order


def measure_done(*, measure: CorrectiveMeasure, note: str, actor: User, at: datetime) -> None:
    """The corrective measure has been carried out: its clock stops. If that was late and the worker has not seen it
    yet, it is late all the same. In the caller's transaction."""
    walls.take(cases=[measure.escalation.case_id])
    measure = CorrectiveMeasure.objects.select_for_update().select_related("escalation").get(pk=measure.pk)
    if measure.done_at is not None:
        raise ValidationError(_("This measure is recorded as carried out already."))
    measure.done_at, measure.done_note = at, note
    measure.save(update_fields=["done_at", "done_note"])
    clock = (
        Clock.objects.select_for_update(of=("self",))
        .select_related("case__unit", "measure__escalation__need")
        .get(measure=measure)
    )
    if clock.due_at is not None and clock.due_at <= at:
        kind, fell_due = Escalation.Kind.MEASURE_LATE, {clock.pk: clock.due_at}
        escalations_write(clocks=[clock], kind=kind, fell_due=fell_due, leadership=Leadership(), at=at)
        clock.breached_at = at
        clock.save(update_fields=["breached_at"])
    clocks_stop([clock], at)
    entry_record(kind="measure.done", actor=actor, at=at, case_id=measure.escalation.case_id, measure=measure.pk)
