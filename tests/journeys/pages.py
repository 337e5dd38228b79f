"""Every page that a role can open, in a small world in which every page has something to show."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page
from role_pages import OF_PARTS, beside, of_head

from browsing import follow
from oralu.apps.access.models import ApiClient
from oralu.apps.agencies.models import Agency, Occupancy
from oralu.apps.cases.models import Case, Statement
from oralu.apps.cases.services import EvidenceData, StepData
from oralu.apps.people.models import Merge
from oralu.apps.referrals.escalation_services import escalation_answer
from oralu.apps.referrals.models import CorrectiveMeasure, EarlierMeeting, Escalation, Need, Referral
from oralu.apps.routing.board_rows import Figure
from oralu.apps.routing.confirming import referral_person_disputes
from oralu.apps.routing.earlier import met_earlier_ask
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.household import persons_unite
from oralu.apps.routing.lifecycle import case_close, case_suspend
from oralu.apps.routing.models import Erasure
from oralu.apps.routing.pausing import need_clock_pause
from oralu.apps.routing.planwork import plan_draft
from oralu.apps.routing.referring import referral_accept, referral_handed_over, referral_serve
from oralu.apps.routing.refusing import need_refused
from oralu.apps.routing.worker import turn
from world import World

THREATENED = {"housing": "with_aggressor", "violence_threat": "yes"}
PAPERS = {"identity_document": "held", "residence_registration": "permanent"}
QUIET = {"housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}


def need(case: Case, service: str) -> Need:
    return Need.objects.filter(case=case, service=service).latest("pk")


def referral(case: Case, service: str) -> Referral:
    return Referral.objects.filter(case=case, need__service=service).latest("pk")


@transaction.atomic
def live(world: World) -> None:
    """Two days of work: threats, breaches, answers, a dispute, a paused deadline, a search, a closed case, a merge, a
    plan to agree, a claim of an earlier meeting."""
    now, past = world.at, world.at - timedelta(days=2)
    when = {"at": past, "enrolled_on": past.date()}
    threatened = world.enrol(facts=THREATENED | PAPERS, **when)
    late = world.enrol(facts=QUIET | {"identity_document": "none"}, **when)
    plain = world.enrol(facts=QUIET | PAPERS | {"clinic_attachment": "none", "income": "none"}, **when)
    world.enrol(facts={"income": "none"}, consent=False)
    turn(now)
    for service in ("employment_track", "attachment_and_screening"):
        referral_handed_over(referral=referral(plain, service), actor=world.aigul, at=now)
    served = referral(plain, "attachment_and_screening")
    _serve(world, served)
    _dispute(world, late)
    need_clock_pause(
        need=need(late, "reintegration_plan"), reason="court", party="court", until=now + timedelta(days=9),
        actor=world.aigul, at=now,
    )  # fmt: skip
    plan = StepData("legal", "Документы", "Подать заявление", "person", now.date() + timedelta(days=5))
    plan_draft(case=plain, steps=[plan], actor=world.aigul, at=now)
    beside(world, threatened, plain)
    claim = need(plain, "reintegration_plan")
    earlier = {"met_at": now - timedelta(hours=20), "evidence": EvidenceData("Протокол", "4")}
    met_earlier_ask(need=claim, **earlier, actor=world.aigul, at=now)
    refused = need(plain, "employment_track")
    _more_of(world, threatened, refused)


def _serve(world: World, served: Referral) -> None:
    proof = EvidenceData("Справка", "17")
    referral_serve(referral=served, facts=[], evidence=proof, note="", actor=world.aigul, at=world.at)


def _dispute(world: World, case: Case) -> None:
    disputed = referral(case, "attachment_and_screening")
    referral_handed_over(referral=disputed, actor=world.aigul, at=world.at)
    disputed.refresh_from_db()
    _serve(world, disputed)
    disputed.refresh_from_db()
    referral_person_disputes(referral=disputed, note="не приняли", actor=world.aigul, at=world.at)


def _more_of(world: World, threatened: Case, refused: Need) -> None:
    now = world.at
    refuge = referral(threatened, "safe_place")
    referral_accept(referral=refuge, actor=world.gulnar, at=now)
    searched = world.enrol(facts=QUIET)
    case_suspend(case=searched, reason="не явилась", actor=world.aigul, at=now)
    closed = world.enrol(facts=QUIET)
    case_close(case=closed, ground="term_ended", closed_on=now.date(), note="", actor=world.aigul, at=now)
    persons_unite(kept=threatened.person, absorbed=closed.person, actor=world.aigul, at=now)
    lost = world.enrol(facts=QUIET | {"medical_need": "high"})
    need_refused(need=need(lost, "medical_help"), note="", actor=world.aigul, at=now)
    for user in (world.kairat, world.bolat):
        escalation = Escalation.objects.filter(agency=user.agency).order_by("-pk").first()
        if escalation is not None and Escalation.objects.filter(agency=user.agency).count() > 1:
            escalation_answer(
                escalation=escalation, cause="not_acted", cause_note="", measure="Назначить дежурного",
                responsible="Заместитель", due_on=now.date() + timedelta(days=3), actor=user, at=now,
            )  # fmt: skip
    assert refused.state == Need.State.OPEN
    facts_record(case=lost, facts=[FactData("income", "lawful")], actor=world.aigul, at=now)


def of_case_work() -> list[str]:
    """What an officer of a unit opens."""
    case, late, plain, unconsented = Case.objects.order_by("pk")[:4]
    open_need = Need.objects.filter(case=case, state="open").order_by("pk").first()
    assert open_need
    statement = Statement.objects.filter(case=case).first()
    assert statement
    lost = Need.objects.get(state="refused")
    searched = Case.objects.get(state="suspended")
    closed = Case.objects.get(state="closed")
    draft = Referral.objects.filter(case=case, state="draft").first()
    assert draft
    met = Need.objects.filter(state="met").exclude(earlier_meeting__isnull=False).first()
    assert met
    served, disputed = (Referral.objects.get(state=state) for state in ("served", "disputed"))
    going = referral(plain, "employment_track")
    account = Referral.objects.filter(state="sent", on_paper=False).first()
    assert account
    step = plain.plans.get().steps.get()
    merge = Merge.objects.get()
    pk = [case.pk]
    return [
        *(reverse(name) for name in ("today", "caseload", "enrol", "policy", "profile", "messages")),
        reverse("today") + "?group=answers",
        reverse("today") + f"?group=now&case={case.pk}",
        *(reverse("caseload") + query for query in ("?q=zzz", "?risk=3", "?failure=any", "?order=name")),
        *(reverse(name, args=pk) for name in CASE_PAGES),
        reverse("case-journal", args=pk) + "?readings",
        *(reverse("case", args=[other.pk]) for other in (late, plain, unconsented, searched, closed)),
        reverse("case-resume", args=[searched.pk]),
        reverse("consent", args=[unconsented.pk]),
        reverse("consent-withdraw", args=[late.pk]),
        reverse("plan-agree", args=[plain.pk]),
        reverse("plan-print", args=[plain.pk]),
        reverse("step-done", args=[step.pk]),
        reverse("fact-record", args=[case.pk, "income"]),
        reverse("fact-retract", args=[statement.pk]),
        *(reverse(name, args=[open_need.pk]) for name in ("need-agency", "need-refused", "need-withdraw")),
        reverse("need-facts", args=[need(case, "attachment_and_screening").pk]),
        reverse("clock-pause", args=[open_need.pk]),
        reverse("clock-resume", args=[need(late, "reintegration_plan").pk]),
        reverse("need-reopen", args=[lost.pk]),
        reverse("need-served", args=[need(case, "enhanced_response").pk]),
        reverse("need-earlier", args=[met.pk]),
        reverse("referral-hand-over", args=[draft.pk]),
        *(reverse("referral-answer", args=[going.pk]) + f"?answer={a}" for a in ("served", "accepted", "cannot")),
        reverse("referral-withdraw", args=[going.pk]),
        reverse("referral-person", args=[served.pk]),
        *(reverse("referral-accept", args=[r.pk]) for r in (served, disputed)),
        reverse("referral-contact", args=[account.pk]),
        reverse("referral-whereabouts", args=[referral(case, "safe_place").pk]),
        reverse("person-unmerge", args=[merge.kept.cases.order_by("pk").first().pk, merge.pk]),
    ]


CASE_PAGES = (
    *(
        "case",
        "case-journal",
        "case-access",
        "offence",
        "enrolled",
        "plan",
        "note-add",
        "person-edit",
        "children",
        "person-merge",
    ),
    *("case-assign", "case-transfer", "case-suspend", "case-release-date", "case-close"),
)


def of_board(user: object) -> list[str]:
    """What a head opens besides."""
    escalations = Escalation.objects.filter(agency=user.agency)  # type: ignore[attr-defined]
    measures = CorrectiveMeasure.objects.filter(escalation__in=escalations, done_at=None)
    return [
        reverse("board"),
        *(reverse("escalation", args=[e.pk]) for e in escalations[:4]),
        *(reverse("measure-done", args=[m.pk]) for m in measures),
        *(reverse("board-rows", args=[f.value]) + QUERY.get(f, "") for f in Figure),
    ]


QUERY = {Figure.RISK: "?value=3", Figure.INDEX: "?value=3", Figure.ANSWERS: "?value=not_asked"}


def of_inbox(user: object) -> list[str]:
    agency = user.agency  # type: ignore[attr-defined]
    pages = [reverse("inbox"), reverse("inbox-answered"), reverse("policy"), reverse("profile"), reverse("messages")]
    for state, acts in ANSWERS.items():
        found = Referral.objects.filter(agency=agency, state=state).first()
        if found is not None:
            pages += [reverse(name, args=[found.pk]) for name in ("inbox-referral", *acts)]
    if agency.counts_places:
        pages.append(reverse("places"))
        pages += [reverse("place-release", args=[o.pk]) for o in Occupancy.objects.filter(state="taken")]
    return pages


ANSWERS = {
    "sent": ("inbox-acknowledge", "inbox-accept", "inbox-decline", "inbox-serve"),
    "accepted": ("inbox-serve", "inbox-not-served", "inbox-decline"),
    "served": (),
}


def pages_of(world: World, role: str) -> list[str]:
    user = getattr(world, role)
    if role == "aigul":
        return of_case_work()
    if role == "bolat":
        claim = EarlierMeeting.objects.get()
        earlier = reverse("earlier-decide", args=[claim.pk])
        return [*of_board(user), *of_head(), earlier, reverse("today"), reverse("caseload")]
    if role in OF_PARTS:
        return OF_PARTS[role]()
    if role == "kairat":
        return [*of_board(user), reverse("inbox"), reverse("policy")]
    if role in ("dana", "gulnar"):
        return of_inbox(user)
    names = ("administration", "admin-journal", "admin-agencies", "admin-agency-new", "admin-users", "admin-user-new")
    refuge = Agency.objects.get(is_refuge=True)
    names += ("admin-adoption", "admin-providers", "admin-provider-new", "admin-systems", "admin-system-new")
    return [
        *(reverse(name) for name in (*names, "retention", "policy", "rights", "profile", "security")),
        reverse("admin-system", args=[ApiClient.objects.get().pk]),
        reverse("erasure", args=[Erasure.objects.get().pk]),
        *(reverse("admin-agency", args=[agency.pk]) for agency in (world.unit, refuge)),
        reverse("admin-user", args=[world.aigul.pk]),
        *(reverse(f"admin-user-{act}", args=[world.aigul.pk]) for act in ("password", "invite", "factors")),
    ]


def enrolment_steps(page: Page) -> list[str]:
    """Begin an enrolment and answer with the pages of its steps; a step may be opened in any order."""
    page.goto(reverse("enrol"))
    follow(page.locator("main form[method=post] button").first)
    page.wait_for_url("**/identity")
    base = page.url.rsplit("/", 1)[0]
    for name, value in {"surname": "Оспанова", "given_name": "Жанар"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=birth_date]").fill(date(1990, 5, 17).isoformat())
    steps = ["identity", "case", "children", "consent", "review"]
    steps += [f"facts-{domain}" for domain in ("legal", "housing", "economic", "medical")]
    return [f"{base}/{step}" for step in steps]
