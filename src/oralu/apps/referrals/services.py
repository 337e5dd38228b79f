"""Writing needs, referrals and escalations. The transitions of a referral stand in `oralu.core.lifecycle`; what a
transition means for the facts and the case is the matter of `routing.services`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.services import places_release
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.messages.services import Outgoing, digests_add, messages_write
from oralu.apps.referrals.clocks import clock_compute, clocks_stop
from oralu.apps.referrals.models import Clock, CorrectiveMeasure, EarlierMeeting, Escalation, Need, Referral
from oralu.apps.rows import rows_insert, rows_update
from oralu.core.lifecycle import GOING, NEED, REFERRAL, UNSENT, TransitionError, can

if TYPE_CHECKING:
    from datetime import date

    from oralu.apps.cases.models import Case, Evidence

UNIT_HEAD = "unit_head"


def needs_close(
    *,
    needs: Sequence[Need],
    state: str,
    reason: str,
    actor: User | None,
    at: datetime,
    note: str = "",
    still_holds: bool = False,
) -> None:
    """Close open needs: their clocks stop, attempts under way are withdrawn, held places become free."""
    if not needs:
        return
    event = {Need.State.MET: "meet", Need.State.REFUSED: "refuse", Need.State.WITHDRAWN: "withdraw"}[Need.State(state)]
    for need in needs:
        need.state, need.close_reason, need.close_note = can(NEED, need.state, event), reason, note
        need.closed_at, need.still_holds = at, still_holds
        need.met_at = at if state == Need.State.MET else None
    rows_update(needs, ["state", "close_reason", "close_note", "closed_at", "met_at", "still_holds"])
    clocks_stop(Clock.objects.filter(need__in=needs, stopped_at=None), at)
    going = list(Referral.objects.filter(need__in=needs, state__in=GOING))
    for referral in going:
        event = "discard" if referral.state in UNSENT else "withdraw"
        referral.state, referral.answered_at = can(REFERRAL, referral.state, event), at
    rows_update(going, ["state", "answered_at"])
    places_release(referral_ids=[r.pk for r in going], at=at)
    escalations_settle(needs=needs, actor=actor, at=at)
    entries_record(
        records=[
            Record(f"need.{state}", need.case_id, {"need": need.pk, "service": need.service, "reason": reason})
            for need in needs
        ],
        actor=actor,
        at=at,
    )


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


def earlier_meeting_ask(
    *, need: Need, met_at: datetime, evidence: Evidence, actor: User, at: datetime
) -> EarlierMeeting:
    """Claim that a need was met earlier than it was recorded, with dated evidence. In the caller's transaction.

    Raises ValidationError: the need is not met, the time is not between its opening and its recording, asked
    already."""
    need = Need.objects.select_for_update().get(pk=need.pk)
    if need.state != Need.State.MET or need.closed_at is None:
        raise ValidationError(_("Only a need that is met can have been met earlier."))
    if not need.opened_at <= met_at < need.closed_at:
        raise ValidationError({"met_at": _("The time lies between the opening of the need and its recording.")})
    if EarlierMeeting.objects.filter(need=need).exists():
        raise ValidationError(_("An earlier time has been asked for already."))
    claim = EarlierMeeting.objects.create(need=need, met_at=met_at, evidence=evidence, asked_by=actor, asked_at=at)
    entry_record(kind="need.earlier_asked", actor=actor, at=at, case_id=need.case_id, need=need.pk)
    return claim


def earlier_meeting_decide(*, claim: EarlierMeeting, is_approved: bool, actor: User, at: datetime) -> None:
    """A second person decides. Approved, the earlier time is when the need was met; the clock's record of what fired
    stays. In the caller's transaction. Raises ValidationError for the one who asked, and when it is decided already."""
    claim = EarlierMeeting.objects.select_for_update().select_related("need").get(pk=claim.pk)
    if claim.decided_at is not None:
        raise ValidationError(_("This has been decided already."))
    if claim.asked_by_id == actor.pk:
        raise ValidationError(_("A second person has to decide this."))
    claim.is_approved, claim.decided_by, claim.decided_at = is_approved, actor, at
    claim.save(update_fields=["is_approved", "decided_by", "decided_at"])
    if is_approved:
        claim.need.met_at = claim.met_at
        claim.need.save(update_fields=["met_at"])
    kind = "need.earlier_approved" if is_approved else "need.earlier_rejected"
    entry_record(kind=kind, actor=actor, at=at, case_id=claim.need.case_id, need=claim.need_id)


def referral_move(*, referral: Referral, event: str, actor: User | None, at: datetime, **changes: Any) -> Referral:
    """Take a referral through a transition. Raises ValidationError with what is allowed from where it stands now, so
    that the loser of a race learns it. The caller holds the lock of the case."""
    referral = Referral.objects.select_for_update().get(pk=referral.pk)
    try:
        referral.state = can(REFERRAL, referral.state, event)
    except TransitionError as error:
        raise ValidationError(
            _("This referral is already “%(state)s”. Reload the page to see what has happened.")
            % {"state": referral.get_state_display()}
        ) from error
    for name, value in changes.items():
        setattr(referral, name, value)
    referral.save(update_fields=["state", *changes])
    entry_record(
        kind=f"referral.{event}",
        actor=actor,
        at=at,
        case_id=referral.case_id,
        referral=referral.pk,
        agency=referral.agency_id,
        reason=referral.reason,
    )
    return referral


def referral_messages(referrals: Iterable[Referral], service: str, edition: str) -> list[Outgoing]:
    """The messages that tell agencies of referrals just sent: to the responsible person, else to all who work there."""
    outgoing = []
    for referral in referrals:
        for user in recipients(referral.agency):
            if user.pk in referral.case.excluded:
                continue
            outgoing.append(
                Outgoing(
                    key=f"referral-{referral.pk}-sent-{user.pk}",
                    user_id=user.pk,
                    template="referral_sent",
                    data={"service": service, "edition": edition, "referral": referral.pk},
                    email=bool(user.email),
                )
            )
    return outgoing


def recipients(agency: Agency) -> list[User]:
    """Who in an agency is told: the responsible person and the deputy where they have accounts, else the active
    staff."""
    return named_users(agency) or list(User.objects.filter(agency=agency, is_active=True).order_by("pk"))


def named_users(agency: Agency) -> list[User]:
    """The responsible person and the deputy, as far as they have accounts."""
    return [user for user in (agency.responsible, agency.deputy) if user is not None and user.is_active]


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
            for user in User.objects.filter(agency__in={pk for pk, _ in wanted}, is_active=True).order_by("pk"):
                staff.setdefault(user.agency_id, []).append(user)
        named = {a.pk: named_users(a) for a in self._agencies.values()}
        for pk, addressee in wanted:
            at_work = staff.get(pk, [])
            heads = [user for user in at_work if user.role == Role.UNIT_HEAD]
            self._users[pk, addressee] = heads if addressee == UNIT_HEAD else named.get(pk) or at_work

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
    messages_write(outgoing=_escalation_messages(escalations, kind, leadership, at), at=at)
    return escalations


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
    escalations: Sequence[Escalation], kind: str, leadership: Leadership, at: datetime
) -> list[Outgoing]:
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
                    key=f"escalation-{escalation.clock_id}-{kind}-{user.pk}",
                    user_id=user.pk,
                    template=TEMPLATE[Escalation.Kind(kind)],
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
    from oralu.apps.referrals.clocks import end_of_day

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
