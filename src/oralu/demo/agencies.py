"""How agencies answer: each at its own pace, some declining, some helping only on paper, some silent until their
leadership orders otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError

from oralu.apps.access.models import User
from oralu.apps.agencies.services import places_release
from oralu.apps.referrals.models import DeclineReason, Referral
from oralu.apps.routing.facts import FactData
from oralu.apps.routing.referring import (
    referral_accept,
    referral_acknowledge,
    referral_decline,
    referral_handed_over,
    referral_not_served,
    referral_serve,
)
from oralu.demo import unit
from oralu.demo.people import document
from oralu.demo.story import Story, referral_now

STATE = Referral.State


@dataclass(frozen=True)
class Usual:
    """The usual time, in hours, to an answer and from it to the help; the fact whose paper proves the help."""

    answer: float
    help: float
    proof: str


SERVICES = {
    "safe_place": Usual(3, 8, "housing"),
    "stable_place": Usual(70, 45 * 24, "housing"),
    "safety_measures": Usual(2, 7, "housing"),
    "identity_document_application": Usual(2.5, 5, "identity_document"),
    "residence_registration_application": Usual(2.5, 5, "residence_registration"),
    "identity_document_issue": Usual(12, 10 * 24, "identity_document"),
    "residence_registration_decision": Usual(12, 4 * 24, "residence_registration"),
    "employment_track": Usual(16, 3 * 24, "employment_track"),
    "social_assistance": Usual(24, 5 * 24, "income"),
    "attachment_and_screening": Usual(24, 11 * 24, "clinic_attachment"),
    "medical_help": Usual(5, 20, "medical_help"),
    "psychological_help": Usual(5, 20, "psychological_help"),
    "family_assessment": Usual(24, 4 * 24, "family_contact"),
}
SHELTERS = ("safe_place",)
NOTES = {
    DeclineReason.NO_PLACES: "Свободных мест нет, ближайшее ожидается через две недели.",
    DeclineReason.NO_STAFF: "Специалист в отпуске.",
    DeclineReason.PAPERS_MISSING: "Не хватает справки.",
}


def referral_written(story: Story, referral: Referral) -> None:
    """A referral has come into being: an agency starts to work, or the officer carries the paper there."""
    if referral.case_id in story.quiet or referral.pk in story.taken:
        return
    if referral.state == STATE.SENT:
        story.taken.add(referral.pk)
        receive(story, referral, referral.sent_at or referral.created_at)
    elif referral.state == STATE.DRAFT:
        story.taken.add(referral.pk)
        when = story.clock.at_work(story.clock.after(hours=8, base=referral.created_at))
        story.clock.plan(when, "referral_handed_over", partial(hand_over, story, referral.pk))


def hand_over(story: Story, pk: int, at: datetime) -> None:
    referral = referral_now(pk, STATE.DRAFT)
    receive(story, referral_handed_over(referral=referral, actor=story.officer(referral.case), at=at), at)


def receive(story: Story, referral: Referral, base: datetime) -> None:
    """Plan what the agency does with a referral that has reached it."""
    desk, usual, clock = story.desk(referral), SERVICES[referral.need.service], story.clock
    manner = desk.manner
    if story.chance(manner.silent):
        return
    answer = _moment(story, referral, hours=usual.answer * manner.pace, base=base)
    if desk.user is not None and story.chance(0.5):
        seen = base + (answer - base) * story.rng.uniform(0.1, 0.6)
        clock.plan(_hours(story, referral, seen), "referral_acknowledge", partial(acknowledge, story, referral.pk))
    if story.chance(manner.declines):
        clock.plan(answer, "referral_decline", partial(decline, story, referral.pk, None))
    else:
        clock.plan(answer, "referral_accept", partial(accept, story, referral.pk))


def hurry(story: Story, referral: Referral) -> None:
    """The agency was reminded: it helps within a day or so."""
    when = _moment(story, referral, hours=10, base=story.clock.now)
    story.clock.plan(when, "referral_serve", partial(serve, story, referral.pk))


def _moment(story: Story, referral: Referral, *, hours: float, base: datetime) -> datetime:
    return _hours(story, referral, story.clock.after(hours=hours, base=base))


def _hours(story: Story, referral: Referral, moment: datetime) -> datetime:
    return moment if story.desk(referral).at_night else story.clock.at_work(moment)


def _clerk(story: Story, referral: Referral) -> User:
    """Who records the answer: the agency, or the officer to whom it came on paper."""
    return story.desk(referral).user or story.officer(referral.case)


def acknowledge(story: Story, pk: int, at: datetime) -> None:
    referral = referral_now(pk, STATE.SENT)
    referral_acknowledge(referral=referral, actor=_clerk(story, referral), at=at)


def decline(story: Story, pk: int, reason: str | None, at: datetime) -> None:
    referral = referral_now(pk, STATE.SENT, STATE.ACKNOWLEDGED, STATE.ACCEPTED)
    reason = reason or story.rng.choice(
        (
            DeclineReason.NO_STAFF,
            DeclineReason.PAPERS_MISSING,
            DeclineReason.NOT_ELIGIBLE,
            DeclineReason.OTHER_TERRITORY,
            DeclineReason.NO_PLACES,
        )
    )
    note = NOTES.get(DeclineReason(reason), "")
    referral_decline(referral=referral, reason=reason, note=note, actor=_clerk(story, referral), at=at)


def accept(story: Story, pk: int, at: datetime) -> None:
    """Take it on; without a free place the answer is a decline for that reason."""
    referral = referral_now(pk, STATE.SENT, STATE.ACKNOWLEDGED)
    desk, usual = story.desk(referral), SERVICES[referral.need.service]
    try:
        referral_accept(referral=referral, actor=_clerk(story, referral), at=at)
    except ValidationError:
        decline(story, pk, DeclineReason.NO_PLACES, at)
        return
    when = _moment(story, referral, hours=usual.help * desk.manner.pace, base=at)
    if story.chance(desk.manner.fails):
        story.clock.plan(when, "referral_not_served", partial(fail, story, pk))
    else:
        story.clock.plan(when, "referral_serve", partial(serve, story, pk))


def fail(story: Story, pk: int, at: datetime) -> None:
    referral = referral_now(pk, STATE.ACCEPTED)
    reason = story.rng.choices(
        (DeclineReason.NO_SHOW, DeclineReason.NOT_REACHED, DeclineReason.PAPERS_MISSING, DeclineReason.OTHER),
        (0.5, 0.25, 0.15, 0.1),
    )[0]
    referral_not_served(referral=referral, reason=reason, note="", actor=_clerk(story, referral), at=at)
    unit.refer_later(story, referral.need_id, days=1.5)


def serve(story: Story, pk: int, at: datetime) -> None:
    referral = referral_now(pk, STATE.SENT, STATE.ACKNOWLEDGED, STATE.ACCEPTED)
    need = referral.need
    facts = _outcome(story, need.service, referral.case_id, story.clock.today())
    paper = document(story.rng, SERVICES[need.service].proof)
    if need.service == "safety_measures":
        paper = type(paper)(title="Защитное предписание", reference=paper.reference)
    referral_serve(referral=referral, facts=facts, evidence=paper, note="", actor=_clerk(story, referral), at=at)
    person = story.someone[referral.case_id]
    person.truth.update({f.name: f.value for f in facts})
    unit.served(story, referral)
    if need.service in SHELTERS:
        _leave_later(story, referral, at)


def _outcome(story: Story, service: str, case_id: int, today: date) -> list[FactData]:
    """What the help has come to: the facts that the policy lets this service record."""
    rng, truth = story.rng, story.someone[case_id].truth

    def one(name: str, values: tuple[str, ...], weights: tuple[float, ...]) -> FactData:
        return FactData(name, rng.choices(values, weights)[0])

    match service:
        case "safe_place":
            return [FactData("housing", "shelter", None, today + timedelta(days=90))]
        case "stable_place":
            return [one("housing", ("stable", "temporary"), (0.75, 0.25))]
        case "safety_measures":
            threats = [name for name in ("violence_threat", "exploitation_risk") if truth.get(name) == "yes"]
            return [one(name, ("controlled", "no"), (0.8, 0.2)) for name in threats or ["violence_threat"]]
        case "identity_document_application":
            return [one("identity_document", ("applied", "held"), (0.93, 0.07))]
        case "identity_document_issue":
            return [FactData("identity_document", "held")]
        case "residence_registration_application":
            return [one("residence_registration", ("applied", "temporary"), (0.8, 0.2))]
        case "residence_registration_decision":
            decided = one("residence_registration", ("temporary", "permanent", "none"), (0.5, 0.46, 0.04))
            ends = today + timedelta(days=365) if decided.value == "temporary" else None
            return [FactData(decided.name, decided.value, None, ends)]
        case "employment_track":
            track = one(
                "employment_track", ("registered", "training", "social_contract", "employed"), (0.35, 0.25, 0.15, 0.25)
            )
            return [track, FactData("income", "lawful")] if track.value == "employed" else [track]
        case "social_assistance":
            return [FactData("income", "lawful")]
        case "attachment_and_screening":
            return [FactData("clinic_attachment", "attached"), one("screening", ("done", "scheduled"), (0.85, 0.15))]
        case "family_assessment":
            return [one("family_contact", ("assessed_safe", "assessed_unsafe"), (0.75, 0.25))]
        case _:
            return [one(service, ("receiving", "completed"), (0.85, 0.15))]


def _leave_later(story: Story, referral: Referral, at: datetime) -> None:
    """A place in a centre is for 90 days at most: by then the person has moved on, and the place is free again."""
    stay = story.rng.uniform(15, 88)
    moment = story.clock.at_work(at + timedelta(days=stay))
    story.clock.plan(moment, "moved_on", partial(_leave, story, referral.pk))


def _leave(story: Story, pk: int, at: datetime) -> None:
    referral = Referral.objects.select_related("case").get(pk=pk)
    places_release(referral_ids=[pk], at=at)
    unit.moved_on(story, referral.case_id, at)
