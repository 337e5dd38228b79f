"""How missed deadlines are dealt with above: a cause, a measure with a date, and the measure carried out in time, late
or never."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from oralu.apps.access.models import User
from oralu.apps.referrals.escalation_services import UNIT_HEAD, escalation_answer, measure_done
from oralu.apps.referrals.models import CorrectiveMeasure, DelayCause, Escalation, Need, Referral
from oralu.demo import agencies, unit
from oralu.demo.clockwork import TooLateError
from oralu.demo.places import OVERLOADED
from oralu.demo.story import Story, going_of, need_now

STATE = Referral.State
REMINDERS = ((4, 0.5), (12, 0.6), (30, 0.8))
"""After how many days, and how often, an officer rings about a missed deadline."""
FORGOTTEN = 0.97
"""Above it a measure is remembered only when the lateness has been answered for."""
MEASURES = {
    DelayCause.NO_RESOURCES: "Выделить дополнительное место, на время ожидания разместить у партнёра.",
    DelayCause.STAFF_OVERLOADED: "Передать часть направлений второму специалисту.",
    DelayCause.NOT_ACTED: "Исполнить направление и доложить письменно.",
    DelayCause.PAPERS: "Запросить недостающие документы самостоятельно, без участия лица.",
    DelayCause.PERSON_ABSENT: "Связаться с лицом вместе со службой пробации.",
    DelayCause.OTHER_BODY: "Направить повторный запрос и поставить на контроль.",
}


def escalated(story: Story, escalation: Escalation) -> None:
    """An escalation has arrived: most are answered in a few days, the others at the next monthly review or the one
    after it; officers ring the agency themselves, the more surely the longer it lasts. In a case that is left alone
    only the review finds it, and nothing follows for the need."""
    if escalation.agency_id is None:
        return
    clock, is_quiet = story.clock, escalation.case_id in story.quiet
    soon = 0.35 if escalation.in_digest else 0.6 if escalation.kind == Escalation.Kind.MEASURE_LATE else 0.86
    wait = 18.0 if is_quiet else 1.3 if story.chance(soon) else 18 if story.chance(0.85) else 40
    when = clock.at_work(clock.after(days=wait))
    clock.plan(when, "escalation_answer", partial(answer, story, escalation.pk))
    if is_quiet:
        return
    for days, share in REMINDERS:
        if story.chance(share):
            when = clock.at_work(clock.after(days=days))
            clock.plan(when, "reminded", partial(nudge, story, escalation.need_id))


def _leader(story: Story, escalation: Escalation) -> User:
    if escalation.addressee == UNIT_HEAD:
        return story.office(escalation.case).head
    assert escalation.agency_id is not None
    return story.world.leaders[escalation.agency_id]


def answer(story: Story, pk: int, at: datetime) -> None:
    escalation = Escalation.objects.select_related("case__unit", "late_agency").get(pk=pk)
    if escalation.answered_at is not None:
        raise TooLateError
    cause = _cause(story, escalation)
    due_on = story.clock.today() + timedelta(days=story.rng.randrange(2, 9))
    measure = escalation_answer(
        escalation=escalation,
        cause=cause,
        cause_note="",
        measure=MEASURES[cause],
        responsible=_responsible(escalation),
        due_on=due_on,
        actor=_leader(story, escalation),
        at=at,
    )
    fate, days = story.rng.random(), (due_on - story.clock.today()).days
    share = story.rng.uniform(0.2, 0.85) if fate < 0.78 else story.rng.uniform(1.4, 5)
    forgotten = 21 if fate >= FORGOTTEN else 0
    when = story.clock.at_work(at + timedelta(days=days * share + forgotten))
    story.clock.plan(when, "measure_done", partial(carry_out, story, measure.pk))


def _responsible(escalation: Escalation) -> str:
    agency = escalation.late_agency or escalation.case.unit
    return f"{agency.named_person}, {agency.name_ru}"[:200]


def _cause(story: Story, escalation: Escalation) -> DelayCause:
    if escalation.kind == Escalation.Kind.NO_AGENCY:
        return DelayCause.NO_RESOURCES
    desk = story.world.desks.get(escalation.late_agency_id or 0)
    if desk is not None and desk.manner == OVERLOADED and story.chance(0.7):
        return DelayCause.STAFF_OVERLOADED
    return story.rng.choices(list(MEASURES), (0.12, 0.18, 0.34, 0.14, 0.12, 0.1))[0]


def carry_out(story: Story, pk: int, at: datetime) -> None:
    measure = CorrectiveMeasure.objects.select_related("escalation__case__unit").get(pk=pk)
    if measure.done_at is not None:
        raise TooLateError
    measure_done(measure=measure, note="Исполнено.", actor=_leader(story, measure.escalation), at=at)
    if measure.escalation.case_id in story.quiet:
        return
    when = story.clock.at_work(story.clock.after(hours=4))
    story.clock.plan(when, "reminded", partial(nudge, story, measure.escalation.need_id))


def nudge(story: Story, need_id: int, at: datetime) -> None:
    """Set a need going again: the agency hurries, the paper is carried there, the unit does its own work, or another
    attempt is made."""
    if not Need.objects.filter(pk=need_id, state=Need.State.OPEN).exists():
        raise TooLateError
    need = need_now(need_id)
    if need.addressee == "probation_unit":
        unit.own_work(story, need.pk, at)
        return
    going = going_of(need)
    if going is None:
        unit.refer_again(story, need.pk, at, insist=True)
    elif going.state == STATE.DRAFT:
        agencies.hand_over(story, going.pk, at)
    elif going.state == STATE.WAITING_CONSENT:
        raise TooLateError
    else:
        agencies.hurry(story, going)
