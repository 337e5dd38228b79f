"""What happens to people between two acts of agencies: questions answered later, work found, homes lost and found,
searches, transfers, the end of the term, death."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from oralu.apps.cases.models import Case, CaseState, ClosingGround, Statement
from oralu.apps.cases.services import note_add
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.consenting import consent_recorded
from oralu.apps.routing.facts import FactData, facts_record, statement_retract
from oralu.apps.routing.lifecycle import case_assign, case_close, case_resume, case_suspend, case_transfer
from oralu.demo import agencies, unit
from oralu.demo.clockwork import TooLateError
from oralu.demo.people import fact
from oralu.demo.story import Story, case_now

NOTES = (
    "Позвонил, договорились о встрече в четверг.",
    "Пришла с сестрой, вопросов к плану нет.",
    "Жұмыс беруші кепілхат берді, құжаттарын әкеледі.",
    "Просит помочь с местом в детском саду.",
    "Телефон не отвечал, дозвонился со второго раза.",
    "Тұрғын үйді көрдім: жағдайы дұрыс.",
    "Работодатель отказал из-за судимости, записал для отчёта.",
    "Ходит к психологу, говорит, что спит лучше.",
    "Үйіне бардым, балалары қасында.",
)
CLOSINGS = (
    (ClosingGround.TERM_ENDED, 0.06, 70),
    (ClosingGround.COURT_DECISION, 0.02, 90),
    (ClosingGround.RECALL, 0.025, 40),
    (ClosingGround.NEW_SENTENCE, 0.015, 40),
    (ClosingGround.AMNESTY, 0.01, 60),
    (ClosingGround.LEFT_COUNTRY, 0.008, 50),
    (ClosingGround.DEATH, 0.006, 20),
)
"""Ground, share (an assumption), the earliest day."""


def enrolled(story: Story, case: Case, at: datetime) -> None:
    """Plan what the months bring to a person who has just been enrolled."""
    _first_weeks(story, case, at)
    _improvements(story, case, at)
    _troubles(story, case, at)
    _closing(story, case, at)


def _on_day(story: Story, at: datetime, first: float, last: float) -> datetime:
    return story.clock.at_work(at + timedelta(days=story.rng.uniform(first, last)))


def _first_weeks(story: Story, case: Case, at: datetime) -> None:
    someone, clock = story.someone[case.pk], story.clock
    if someone.consents_after_days:
        when = _on_day(story, at, someone.consents_after_days, someone.consents_after_days + 1)
        clock.plan(when, "consent", partial(consent, story, case.pk))
    if len(someone.told) < len(someone.truth):
        clock.plan(_on_day(story, at, 2, 16), "questions", partial(ask_again, story, case.pk))
    for _ in range(story.rng.choice((0, 1, 1, 2, 3))):
        clock.plan(_on_day(story, at, 1, 120), "note", partial(note, story, case.pk))
    if story.chance(0.03):
        clock.plan(_on_day(story, at, 2, 40), "mistake", partial(mistake, story, case.pk))


def _improvements(story: Story, case: Case, at: datetime) -> None:
    clock = story.clock
    if story.chance(0.5):
        clock.plan(_on_day(story, at, 30, 170), "found_work", partial(find_work, story, case.pk))
    if story.chance(0.4):
        clock.plan(_on_day(story, at, 35, 150), "found_home", partial(find_home, story, case.pk))
    if story.chance(0.5):
        clock.plan(_on_day(story, at, 60, 110), "help_completed", partial(complete_help, story, case.pk))
    if story.someone[case.pk].truth.get("family_contact") == "wanted":
        clock.plan(_on_day(story, at, 30, 80), "family_restored", partial(restore_family, story, case.pk))
    if story.chance(0.15):
        clock.plan(_on_day(story, at, 50, 130), "plan_again", partial(plan_again, story, case.pk))


def _troubles(story: Story, case: Case, at: datetime) -> None:
    clock, rng = story.clock, story.rng
    if story.chance(0.06):
        clock.plan(_on_day(story, at, 25, 150), "home_lost", partial(lose_home, story, case.pk))
    if case.person.sex == "female" and story.chance(0.05):
        clock.plan(_on_day(story, at, 15, 150), "threat", partial(threaten, story, case.pk))
    if story.chance(0.03):
        clock.plan(_on_day(story, at, 20, 150), "search", partial(search, story, case.pk, rng.uniform(4, 20)))
    if story.chance(0.04):
        clock.plan(_on_day(story, at, 15, 150), "assigned", partial(assign, story, case.pk))
    if story.chance(0.03):
        clock.plan(_on_day(story, at, 20, 150), "transferred", partial(transfer, story, case.pk, None))


def _closing(story: Story, case: Case, at: datetime) -> None:
    fate = story.rng.random()
    for ground, share, earliest in CLOSINGS:
        if fate < share:
            when = _on_day(story, at, earliest, 195)
            story.clock.plan(when, "case_close", partial(close, story, case.pk, ground))
            return
        fate -= share
    done = story.clock.at_work(at + timedelta(days=181 + story.rng.uniform(0, 10)))
    story.clock.plan(done, "programme_completed", partial(complete, story, case.pk))


def consent(story: Story, pk: int, at: datetime) -> None:
    case = case_now(pk)
    consent_recorded(person=case.person, given_on=story.clock.today(), actor=story.officer(case), at=at)
    for referral in Referral.objects.select_related("need", "agency").filter(case=case, state__in=["sent", "draft"]):
        agencies.referral_written(story, referral)


def ask_again(story: Story, pk: int, at: datetime) -> None:
    """A second talk: what was not told on the first day and nobody has found out since."""
    case, someone = case_now(pk), story.someone[pk]
    known = set(Statement.objects.filter(case=case, retracts=None).values_list("name", flat=True))
    missing = [name for name in someone.truth if name not in known and name != "plan"]
    if not missing:
        raise TooLateError
    answers = someone.facts(story.rng, missing)
    if story.chance(0.25):
        answers[-1] = FactData(missing[-1], story.rng.choice(("asked_unknown", "refused")))
    facts_record(case=case, facts=answers, actor=story.officer(case), at=at)


def note(story: Story, pk: int, at: datetime) -> None:
    case = case_now(pk)
    note_add(case=case, text=story.rng.choice(NOTES), actor=story.officer(case), at=at)


def mistake(story: Story, pk: int, at: datetime) -> None:
    """A fact about somebody else gets into the case and is taken back some hours later."""
    case = case_now(pk)
    statement = facts_record(case=case, facts=[FactData("housing", "homeless")], actor=story.officer(case), at=at)[0]
    story.clock.plan(story.clock.after(hours=2.5), "retracted", partial(retract, story, statement.pk))


def retract(story: Story, pk: int, at: datetime) -> None:
    statement = Statement.objects.select_related("case").get(pk=pk)
    case = case_now(statement.case_id)
    reason = "Запись внесена по ошибке: перепутаны дела."
    statement_retract(statement=statement, reason=reason, actor=story.officer(case), at=at)


def _record(story: Story, pk: int, at: datetime, **values: str) -> None:
    """Record facts of a case, unless all of them stand so already."""
    case, truth = case_now(pk), story.someone[pk].truth
    fresh = {name: value for name, value in values.items() if truth.get(name) != value}
    if not fresh:
        raise TooLateError
    facts = [fact(story.rng, name, value) for name, value in values.items()]
    facts_record(case=case, facts=facts, actor=story.officer(case), at=at)
    truth.update(values)


def find_work(story: Story, pk: int, at: datetime) -> None:
    _record(story, pk, at, employment_track="employed", income="lawful")


def find_home(story: Story, pk: int, at: datetime) -> None:
    if story.someone[pk].truth["housing"] not in ("temporary", "unsafe"):
        raise TooLateError
    _record(story, pk, at, housing="stable")


def complete_help(story: Story, pk: int, at: datetime) -> None:
    if story.someone[pk].truth.get("psychological_help") != "receiving":
        raise TooLateError
    _record(story, pk, at, psychological_help="completed")


def restore_family(story: Story, pk: int, at: datetime) -> None:
    if story.someone[pk].truth.get("family_contact") != "assessed_safe":
        raise TooLateError
    _record(story, pk, at, family_contact="restored")


def lose_home(story: Story, pk: int, at: datetime) -> None:
    if story.someone[pk].truth["housing"] == "shelter":
        raise TooLateError
    _record(story, pk, at, housing="homeless")


def threaten(story: Story, pk: int, at: datetime) -> None:
    _record(story, pk, at, violence_threat="yes")


def plan_again(story: Story, pk: int, at: datetime) -> None:
    """A new version of the plan, agreed some days later."""
    unit.write_plan(story, case_now(pk), at)
    when = story.clock.at_work(story.clock.after(days=3))
    story.clock.plan(when, "plan_agreed_again", partial(_agree, story, pk))


def _agree(story: Story, pk: int, at: datetime) -> None:
    unit.agree_plan(story, case_now(pk), at)


def search(story: Story, pk: int, days: float | None, at: datetime) -> None:
    """The person has not come and is searched for. `days` None: not found in the time of the demo."""
    case = case_now(pk)
    case_suspend(case=case, reason="Не явилась, местонахождение неизвестно.", actor=story.officer(case), at=at)
    if days is not None and story.chance(0.75):
        when = story.clock.at_work(at + timedelta(days=days))
        story.clock.plan(when, "found", partial(found, story, pk))


def found(story: Story, pk: int, at: datetime) -> None:
    case = Case.objects.select_related("officer", "unit").get(pk=pk)
    if case.state != CaseState.SUSPENDED:
        raise TooLateError
    case_resume(case=case, actor=story.officer(case), at=at)


def assign(story: Story, pk: int, at: datetime) -> None:
    case = case_now(pk)
    office = story.office(case)
    officer = story.rng.choice([o for o in office.officers if o != case.officer] or office.officers)
    case_assign(case=case, officer=officer, reason="Выравнивание нагрузки.", actor=office.head, at=at)


def transfer(story: Story, pk: int, area: str | None, at: datetime) -> None:
    """The person moves to another unit, in half of the transfers in another region."""
    case = case_now(pk)
    office = story.office(case)
    others = [
        o
        for code, offices in story.world.offices.items()
        for o in offices
        if o is not office and (area is None or code == area)
    ]
    new = story.rng.choice(others)
    town = new.town if new is not story.world.offices[new.area.code][0] else ""
    reason = "Переезд к родственникам."
    officer = story.rng.choice(new.officers)
    case_transfer(case=case, unit=new.agency, officer=officer, locality=town, reason=reason, actor=office.head, at=at)


def close(story: Story, pk: int, ground: str, at: datetime) -> None:
    case = case_now(pk)
    case_close(case=case, ground=ground, closed_on=story.clock.today(), note="", actor=story.officer(case), at=at)


def complete(story: Story, pk: int, at: datetime) -> None:
    """After day 180 the programme is completed where the result has come; the others stay and are worked with."""
    case = case_now(pk)
    if case.index < 7 or case.failures or story.chance(0.6):
        raise TooLateError
    close(story, pk, ClosingGround.PROGRAMME_COMPLETED, at)
