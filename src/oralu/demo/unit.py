"""How probation units work: plans, conferences, further attempts, the person's word about the help, and what people
refuse."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from oralu.apps.cases.models import Case, Plan, Statement
from oralu.apps.cases.services import EvidenceData, StepData
from oralu.apps.referrals.models import Need, PauseParty, PauseReason, Referral
from oralu.apps.routing.confirming import (
    dispute_overrule,
    dispute_uphold,
    own_need_serve,
    referral_accept_service,
    referral_person_confirms,
    referral_person_disputes,
)
from oralu.apps.routing.facts import facts_record, statement_retract
from oralu.apps.routing.pausing import need_clock_pause, need_clock_resume
from oralu.apps.routing.planwork import plan_agree, plan_draft
from oralu.apps.routing.referring import need_refer, referral_withdraw
from oralu.apps.routing.refusing import need_refused, need_reopen, need_withdrawn
from oralu.demo.clockwork import TooLateError
from oralu.demo.people import fact
from oralu.demo.story import Story, case_now, going_of, need_now, referral_now

STATE = Referral.State
URGENT = ("safe_place", "safety_measures")
SLOW_SERVICES = ("identity_document_issue", "residence_registration_decision", "stable_place", "social_assistance")
GOALS = {
    "legal": ("Документы и регистрация", "Получить удостоверение личности и зарегистрироваться по месту жительства"),
    "housing": ("Безопасное жильё", "Подать заявление на жильё и заключить договор найма"),
    "economic": ("Законный доход", "Встать на учёт в карьерном центре и выбрать обучение или работу"),
    "medical": ("Здоровье", "Прикрепиться к поликлинике и пройти скрининг"),
}


def need_opened(story: Story, need: Need) -> None:
    """A need has opened: the unit does its own work, the person may refuse, the officer may think better of it."""
    if need.case_id in story.quiet:
        return
    own = {"reintegration_plan": 20.0, "plan_agreement": 90.0, "enhanced_response": 16.0}
    if need.service in own:
        if story.chance(0.94):
            when = story.clock.at_work(story.clock.after(hours=own[need.service], base=need.opened_at))
            story.clock.plan(when, need.service, partial(own_work, story, need.pk))
        return
    if need.service not in URGENT:
        _second_thoughts(story, need)


def _second_thoughts(story: Story, need: Need) -> None:
    fate = story.rng.random()
    when = story.clock.at_work(story.clock.after(hours=30, base=story.clock.now))
    if fate < 0.025:
        story.clock.plan(when, "need_refused", partial(refuse, story, need.pk))
    elif fate < 0.032:
        story.clock.plan(when, "need_withdrawn", partial(withdraw_need, story, need.pk))
    elif fate < 0.055:
        story.clock.plan(when, "referral_withdraw", partial(reassign, story, need.pk))
    elif fate < 0.16 and need.service in SLOW_SERVICES:
        story.clock.plan(when, "clock_pause", partial(pause, story, need.pk))


def own_work(story: Story, pk: int, at: datetime) -> None:
    need = need_now(pk)
    if need.service == "reintegration_plan":
        write_plan(story, need.case, at)
    elif need.service == "plan_agreement":
        agree_plan(story, need.case, at)
    else:
        number = story.rng.randrange(10, 400)
        own_need_serve(
            need=need,
            note="Совещание органов проведено, решение и срок записаны в протоколе.",
            evidence=EvidenceData("Протокол межведомственного совещания", str(number)),
            actor=story.office(need.case).head,
            at=at,
        )


def write_plan(story: Story, case: Case, at: datetime) -> Plan:
    today, officer = story.clock.today(), story.officer(case)
    weak = [code for code in GOALS if case.domains.get(code, {}).get("points", 0) < 2] or ["economic"]
    steps = [
        StepData(
            domain=code,
            goal=GOALS[code][0],
            action=GOALS[code][1],
            actor=story.rng.choice(("person", "officer", "agency")),
            due_on=today + timedelta(days=story.rng.randrange(10, 90)),
        )
        for code in weak
    ]
    return plan_draft(case=case, steps=steps, actor=officer, at=at)


def agree_plan(story: Story, case: Case, at: datetime) -> None:
    plan = Plan.objects.select_related("case").filter(case=case, state=Plan.State.DRAFT).first()
    plan = plan or write_plan(story, case, at)
    paper = EvidenceData("План, подписанный обеими сторонами", f"ИПР-{plan.case_id}/{plan.version}")
    today = story.clock.today()
    plan_agree(plan=plan, agreed_on=today, agreement=paper, actor=story.officer(case), at=at)


def refuse(story: Story, pk: int, at: datetime) -> None:
    need = need_now(pk)
    need_refused(need=need, note="Отказ записан со слов лица.", actor=story.officer(need.case), at=at)
    if story.chance(0.35):
        when = story.clock.at_work(at + timedelta(days=story.rng.uniform(5, 25)))
        story.clock.plan(when, "need_reopen", partial(reopen, story, pk))


def reopen(story: Story, pk: int, at: datetime) -> None:
    case = case_now(Need.objects.get(pk=pk).case_id)
    need_reopen(need=Need.objects.select_related("case").get(pk=pk), actor=story.officer(case), at=at)


def withdraw_need(story: Story, pk: int, at: datetime) -> None:
    need = need_now(pk)
    need_withdrawn(need=need, note="Помощь уже оказана по месту работы.", actor=story.officer(need.case), at=at)


def reassign(story: Story, pk: int, at: datetime) -> None:
    need = need_now(pk)
    going = going_of(need)
    if going is None:
        raise TooLateError
    referral = referral_now(going.pk, *(s for s in (STATE.SENT, STATE.ACKNOWLEDGED, STATE.ACCEPTED, STATE.DRAFT)))
    referral_withdraw(
        referral=referral,
        agency=None,
        note="Передано: исполнитель далеко от места жительства.",
        actor=story.officer(need.case),
        at=at,
    )


def pause(story: Story, pk: int, at: datetime) -> None:
    need = need_now(pk)
    reason, party = story.rng.choice(
        (
            (PauseReason.ANSWER_OF_BODY, PauseParty.STATE_BODY),
            (PauseReason.PERSON_IN_HOSPITAL, PauseParty.PERSON),
            (PauseReason.COURT, PauseParty.COURT),
        )
    )
    days = story.rng.randrange(5, 25)
    until = at + timedelta(days=days)
    need_clock_pause(need=need, reason=reason, party=party, until=until, actor=story.officer(need.case), at=at)
    if story.chance(0.6):
        earlier = story.clock.at_work(at + timedelta(days=days * story.rng.uniform(0.2, 0.9)))
        story.clock.plan(earlier, "clock_resume", partial(resume, story, pk))


def resume(story: Story, pk: int, at: datetime) -> None:
    need = need_now(pk)
    need_clock_resume(need=need, actor=story.officer(need.case), at=at)


def refer_later(story: Story, need_id: int, *, days: float) -> None:
    """The officer makes another attempt if the need is still open then and nobody works on it."""
    when = story.clock.at_work(story.clock.after(days=days))
    story.clock.plan(when, "need_refer", partial(refer_again, story, need_id))


def refer_again(story: Story, pk: int, at: datetime, *, insist: bool = False) -> None:
    """Another attempt where none is under way. `insist`: where nobody else is left, the agency that could not the last
    time is asked anew, since the leadership has made room."""
    need = need_now(pk)
    if going_of(need) is not None:
        raise TooLateError
    actor = story.officer(need.case)
    new = need_refer(need=need, actor=actor, at=at)
    last = need.referrals.select_related("agency").order_by("attempt").last()
    if new is None and insist and last is not None:
        need_refer(need=need, actor=actor, at=at, agency=last.agency)


def served(story: Story, referral: Referral) -> None:
    """An agency says that it has helped: the person confirms or disputes, the officer accepts, or nobody says it."""
    clock, fate = story.clock, story.rng.random()
    answer = clock.at_work(clock.after(days=1.5))
    if fate < 0.05:
        clock.plan(answer, "referral_person_disputes", partial(dispute, story, referral.pk))
        return
    if fate < 0.8:
        clock.plan(answer, "referral_person_confirms", partial(confirm, story, referral.pk))
    if fate < 0.9:
        later = clock.at_work(clock.after(days=1.5, base=answer))
        clock.plan(later, "referral_accept_service", partial(accept_service, story, referral.pk))
    if Need.objects.filter(pk=referral.need_id, state=Need.State.OPEN).exists():
        refer_later(story, referral.need_id, days=12)


def confirm(story: Story, pk: int, at: datetime) -> None:
    referral = referral_now(pk, STATE.SERVED)
    referral_person_confirms(referral=referral, actor=story.officer(referral.case), at=at)


def accept_service(story: Story, pk: int, at: datetime) -> None:
    referral = referral_now(pk, STATE.SERVED)
    referral_accept_service(referral=referral, actor=story.officer(referral.case), at=at)


def dispute(story: Story, pk: int, at: datetime) -> None:
    referral = referral_now(pk, STATE.SERVED)
    referral_person_disputes(
        referral=referral, note="Лицо говорит, что помощи не было.", actor=story.officer(referral.case), at=at
    )
    if story.chance(0.85):
        when = story.clock.at_work(story.clock.after(days=4))
        story.clock.plan(when, "dispute_decided", partial(decide, story, pk))


def decide(story: Story, pk: int, at: datetime) -> None:
    """The officer looks at the proof: the help was given, or the record of it is taken back and another attempt is
    made."""
    referral = referral_now(pk, STATE.DISPUTED)
    actor = story.officer(referral.case)
    if story.chance(0.45):
        note = "Факт помощи подтверждён документом."
        dispute_overrule(referral=referral, note=note, actor=actor, at=at)
        return
    dispute_uphold(referral=referral, note="Подтверждения нет, лицо право.", actor=actor, at=at)
    for statement in Statement.objects.filter(referral=referral, retracts=None, retraction=None).select_related("case"):
        statement_retract(statement=statement, reason="Оспорено лицом, помощи не было.", actor=actor, at=at)
    refer_later(story, referral.need_id, days=1)


def moved_on(story: Story, case_id: int, at: datetime) -> None:
    """Who leaves a centre has found another place, or nobody knows where the person is."""
    case = case_now(case_id)
    where = story.rng.choices(("stable", "temporary", "unsafe", "homeless"), (0.5, 0.33, 0.1, 0.07))[0]
    facts_record(case=case, facts=[fact(story.rng, "housing", where)], actor=story.officer(case), at=at)
    story.someone[case_id].truth["housing"] = where
