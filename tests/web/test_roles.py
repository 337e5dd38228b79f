"""The screens of those who see a part of a case, or none: what stands there, what does not, and what an act leaves."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.cases.models import Case, Emergency, Exclusion, HealthNote, Offence, Plan, Step
from oralu.apps.cases.protected_services import health_note_add
from oralu.apps.journal import verified
from oralu.apps.journal.findings import Found
from oralu.apps.journal.models import Access, Entry
from oralu.apps.journal.verified import verification_record
from oralu.apps.journal.verifying import Report
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.composed_selectors import cared_needs_page
from oralu.web.reading.control import FOUND
from walls.scene import scene
from world import World

ARTICLE, NOTE, WORDS, STEP = "Канарейка-статья", "Канарейка-заметка", "Канарейка-слова", "Канарейка-лечение"
PEOPLE = (
    "aigul", "bolat", "erlan", "saule", "zarina", "timur", "dana", "gulnar", "nurse", "kairat", "askar", "madina",
    "admin",
)  # fmt: skip
OPEN_TO = {
    "care": {"zarina"},
    "release": {"timur"},
    "figures": {"askar"},
    "control": {"madina"},
    "control-administration": {"madina"},
    "emergencies": {"bolat"},
    "emergency": {"aigul", "bolat", "erlan", "saule", "zarina"},
    "quarantine": {"bolat"},
    "retention": {"bolat", "admin"},
    "admin-systems": {"admin"},
    "rights": set(PEOPLE),
}


@pytest.fixture
def made(db: None) -> tuple[World, dict[str, Case]]:
    """The scene of the walls, with words that are known again wherever they come out."""
    world, cases = scene()
    Offence.objects.update(article=ARTICLE)
    HealthNote.objects.update(text=NOTE)
    Emergency.objects.update(words=WORDS)
    User.objects.update(language="ru")
    Plan.objects.update(state=Plan.State.AGREED, agreed_on=world.at.date())
    for plan in Plan.objects.all():
        Step.objects.create(plan=plan, domain="medical", goal=STEP, action=STEP, actor="person", due_on=world.at.date())
    return world, cases


def page(user: User, address: str, status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def send(user: User, address: str, data: dict[str, object]) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.post(address, data)
    return answer.status_code, answer.content.decode()


def test_a_page_opens_to_its_role_and_does_not_exist_for_others(made: tuple[World, dict[str, Case]]) -> None:
    world, _cases = made
    for name, allowed in OPEN_TO.items():
        for who in PEOPLE:
            client = Client()
            client.force_login(getattr(world, who))
            assert client.get(reverse(name)).status_code == (200 if who in allowed else 404), (who, name)


def test_the_navigation_is_that_of_the_table_of_permissions(made: tuple[World, dict[str, Case]]) -> None:
    world, _cases = made
    links = {
        who: [link.url_name for link in _nav(getattr(world, who))] for who in ("zarina", "admin", "bolat", "nurse")
    }
    assert links == {
        "zarina": ["care", "emergency", "policy"],
        "admin": ["administration", "policy"],
        "bolat": ["today", "caseload", "board", "emergencies", "policy"],
        "nurse": ["inbox", "policy"],
    }


def _nav(user: User) -> tuple:
    client = Client()
    client.force_login(user)
    return client.get(reverse("rights")).context["nav"]


def test_a_psychologist_reads_levels_and_notes_and_never_the_offence(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    ours = cases["ours"]
    shown = page(world.zarina, reverse("care-case", args=[ours.pk]))
    assert "Потребность в медицинской помощи" in shown
    assert "высокая" in shown
    assert NOTE in shown
    for hidden in (ARTICLE, str(ours.get_ground_display()), "Заметка<", "Жильё", STEP):
        assert hidden not in shown, hidden
    assert page(world.zarina, reverse("care-case", args=[cases["theirs"].pk]), 404)


def test_what_is_asked_of_a_psychologist_comes_by_its_limit(made: tuple[World, dict[str, Case]]) -> None:
    world, _cases = made
    shown, few = _care(world)
    assert "просрочено" in shown
    for _n in range(3):
        world.enrol(facts={"medical_need": "high", "psychological_need": "high"}, at=world.at)
    shown, many = _care(world)
    assert many == few
    needs, has_more = cared_needs_page(world.zarina, q="", after=None, size=100)
    assert not has_more
    limits = [need.clock.limit_at for need in needs if need.clock.limit_at is not None]
    assert len(needs) > 3
    assert limits == sorted(limits)
    assert {need.case.unit_id for need in needs} == {world.unit.pk}
    assert {reverse("care-case", args=[need.case_id]) in shown for need in needs} == {True}


def test_a_psychologist_finds_and_pages(made: tuple[World, dict[str, Case]], monkeypatch: pytest.MonkeyPatch) -> None:
    world, cases = made
    monkeypatch.setattr("oralu.web.reading.care.PAGE", 2)
    at = timezone.now()
    calm = {"medical_need": "low", "psychological_need": "low", "clinic_attachment": "attached", "screening": "done"}
    care = {"medical_need": "high", "psychological_need": "high"}
    quiet = [world.enrol(facts=calm, person=world.person(surname=f"Яблоков{n}"), at=at) for n in range(5)]
    waiting = [world.enrol(facts=care, person=world.person(surname=f"Ягодкин{n}"), at=at) for n in range(2)]
    theirs = world.enrol(
        facts=care, person=world.person(surname="Ягодкина"), unit=world.erlan.agency, officer=world.erlan, at=at
    )
    assert _walk(world, "after_need") >= {case.pk for case in (cases["ours"], *waiting)}
    assert _walk(world, "after") >= {case.pk for case in quiet}
    found = _links(page(world.zarina, reverse("care") + "?q=яблоков3"))
    assert found == {quiet[3].pk}
    assert theirs.pk not in _walk(world, "after_need", q="ягодкин") == {case.pk for case in waiting}
    assert _links(page(world.zarina, f"{reverse('care')}?q={waiting[1].person.iin}")) == {waiting[1].pk}
    for nobody in (theirs.person.iin, "%00Ы", "Ы" * 5000):
        assert "Никто не найден" in page(world.zarina, f"{reverse('care')}?q={nobody}")
    read = Access.objects.filter(actor=world.zarina.pk, route="care").latest("pk")
    assert theirs.pk not in read.subjects


def _links(shown: str) -> set[int]:
    return {int(pk) for pk in re.findall(r'href="/care/(\d+)"', shown)}


def _walk(world: World, name: str, q: str = "") -> set[int]:
    """The cases of one of the two lists, page after page, none of them twice."""
    met: list[int] = []
    address, key = f"{reverse('care')}?q={q}", "asked" if name == "after_need" else "cases"
    for _n in range(20):
        shown = page(world.zarina, address).split(f'id="rows-{key}"')[1].split("</section>")[0]
        rows = re.findall(r'href="/care/(\d+)"', shown)
        assert len(rows) <= 2
        met += rows
        onward = re.search(rf'href="(\?[^"]*{name}=\d+)#{key}"', shown)
        if onward is None:
            break
        address = reverse("care") + onward[1].replace("&amp;", "&")
    if name == "after":
        assert len(met) == len(set(met))
    return {int(pk) for pk in met}


def _care(world: World) -> tuple[str, int]:
    """The page, and the number of its queries."""
    with CaptureQueriesContext(connection) as context:
        shown = page(world.zarina, reverse("care"))
    return shown, len(context)


def test_a_fact_that_is_not_a_psychologists_has_no_address(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    pk = cases["ours"].pk
    assert page(world.zarina, reverse("care-fact", args=[pk, "medical_help"]))
    assert page(world.zarina, reverse("care-fact", args=[pk, "housing"]), 404)
    assert page(world.timur, reverse("release-fact", args=[pk, "medical_help"]), 404)


def test_a_medical_note_that_is_empty_is_refused_and_one_that_is_written_leaves_a_row(
    made: tuple[World, dict[str, Case]],
) -> None:
    world, cases = made
    address = reverse("care-note", args=[cases["ours"].pk])
    assert send(world.zarina, address, {"text": "  "})[0] == 422
    before = HealthNote.objects.count()
    assert send(world.zarina, address, {"text": "x" * 4001})[0] == 422
    assert HealthNote.objects.count() == before
    assert send(world.zarina, address, {"text": "Новые слова"})[0] == 303
    entry = Entry.objects.filter(kind="health.noted").latest("pk")
    assert (entry.actor, entry.case_id) == (world.zarina, cases["ours"].pk)
    assert "Новые слова" not in str(entry.data)


def test_an_institution_sees_papers_day_and_plan_and_nothing_of_health(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    ours = cases["ours"]
    day = timezone.localdate() + timedelta(days=5)
    Case.objects.filter(pk=ours.pk).update(released_on=day)
    assert "5 дней" in page(world.timur, reverse("release"))
    shown = page(world.timur, reverse("release-case", args=[ours.pk]))
    assert "Документ, удостоверяющий личность" in shown
    assert "Подать заявление" in shown
    for hidden in (STEP, ARTICLE, NOTE, "медицинской помощи", "Угроза насилия", str(ours.get_ground_display())):
        assert hidden not in shown, hidden
    Case.objects.filter(pk=ours.pk).update(released_on=timezone.localdate() - timedelta(days=1))
    assert page(world.timur, reverse("release-case", args=[ours.pk]), 404)


def test_the_second_wall_keeps_the_steps_about_health_from_an_institution(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    steps = Step.objects.filter(plan__case=cases["ours"])
    with walls.inside(world.timur):
        shown = set(steps.values_list("domain", flat=True))
    with walls.inside(world.aigul):
        assert set(steps.values_list("domain", flat=True)) == shown | {"medical"}
    assert shown
    assert "medical" not in shown


def test_a_release_that_is_moved_without_a_reason_keeps_what_was_typed(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    address = reverse("release-day", args=[cases["ours"].pk])
    day = (timezone.localdate() + timedelta(days=40)).isoformat()
    status, shown = send(world.timur, address, {"released_on": day, "reason": ""})
    assert status == 422
    assert day in shown
    assert send(world.timur, address, {"released_on": day, "reason": "определение суда"})[0] == 303
    assert Entry.objects.filter(kind="case.release_moved", actor=world.timur, case=cases["ours"]).exists()


def test_the_unit_learns_that_a_medical_note_stands_and_not_a_word_of_it(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    ours = cases["ours"]
    assert "Медицинских заметок нет" in page(world.aigul, reverse("case", args=[ours.pk]))
    served = _served(world, ours)
    health_note_add(case_id=ours.pk, referral_id=served.pk, text=NOTE, actor=world.nurse, at=world.at)
    for who in (world.aigul, world.bolat):
        shown = page(who, reverse("case", args=[ours.pk]))
        section = shown.split('id="health"')[1].split("</section>")[0]
        assert "Потребность в медицинской помощи" in section
        assert "высокая" in section
        assert world.nurse.full_name in section
        assert str(world.agencies["clinic"]) in section
        assert NOTE not in shown


def _served(world: World, case: Case) -> Referral:
    referral = Referral.objects.filter(case=case, agency=world.agencies["clinic"]).first()
    assert referral is not None
    Referral.objects.filter(pk=referral.pk).update(state=Referral.State.SERVED, answered_at=world.at)
    return referral


def test_a_clinic_finds_its_notes_again_and_nobody_elses(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    served = _served(world, cases["ours"])
    address = reverse("inbox-note", args=[served.pk])
    assert address in page(world.nurse, reverse("inbox-referral", args=[served.pk]))
    health_note_add(case_id=cases["ours"].pk, referral_id=None, text="Слова психолога", actor=world.zarina, at=world.at)
    assert send(world.nurse, address, {"text": "Слова\nклиники"})[0] == 303
    shown = page(world.nurse, address)
    assert "Слова<br>клиники" in shown
    assert "Слова психолога" not in shown
    assert NOTE not in shown
    assert Access.objects.filter(actor=world.nurse.pk, route="inbox-note", subjects=[cases["ours"].pk]).exists()
    assert page(world.dana, address, 404)
    Referral.objects.filter(pk=served.pk).update(state=Referral.State.SENT)
    assert page(world.nurse, address, 404)
    assert address not in page(world.nurse, reverse("inbox-referral", args=[served.pk]))


def test_an_emergency_asks_for_a_reason_and_leads_to_the_case(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    theirs = cases["theirs"]
    status, shown = send(world.aigul, reverse("emergency"), {"wanted": theirs.pk, "reason": "", "words": WORDS})
    assert status == 422
    assert WORDS in shown
    data = {"wanted": theirs.pk, "reason": "life", "words": "Скорая"}
    assert send(world.aigul, reverse("emergency"), data)[0] == 303
    assert Entry.objects.filter(kind="emergency.opened", actor=world.aigul, case=theirs).exists()
    assert reverse("case", args=[theirs.pk]) in page(world.aigul, reverse("emergency"))
    assert page(world.aigul, reverse("case", args=[theirs.pk]))


def test_a_head_reviews_once_and_says_why(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    one = Emergency.objects.get(case=cases["ours"])
    address = reverse("emergency-review", args=[one.pk])
    assert address in page(world.bolat, reverse("emergencies"))
    status, shown = send(world.bolat, address, {"answer": "", "words": "Проверено по телефону"})
    assert status == 422
    assert "Проверено по телефону" in shown
    assert send(world.bolat, address, {"answer": "no", "words": "Ждать было можно"})[0] == 303
    assert Entry.objects.filter(kind="emergency.reviewed", actor=world.bolat, case=cases["ours"]).exists()
    shown = page(world.bolat, reverse("emergencies"))
    assert address not in shown
    assert "Ждать было можно" in shown
    assert send(world.bolat, address, {"answer": "yes", "words": "Ещё раз"})[0] in (409, 422)
    other = Emergency.objects.get(case=cases["theirs"])
    assert page(world.bolat, reverse("emergency-review", args=[other.pk]), 404)


def test_who_is_shut_out_needs_a_reason_and_leaves_a_row(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    ours = cases["ours"]
    address = reverse("case-shut", args=[ours.pk])
    status, shown = send(world.bolat, address, {"user": world.dana.pk, "reason": "", "note": WORDS})
    assert status == 422
    assert WORDS in shown
    assert send(world.bolat, address, {"user": world.dana.pk, "reason": "conflict", "note": "Соседка"})[0] == 303
    assert Exclusion.objects.filter(case=ours, user=world.dana).exists()
    assert Entry.objects.filter(kind="case.shut", actor=world.bolat, case=ours).exists()
    assert world.dana.full_name in page(world.bolat, reverse("case-reach", args=[ours.pk]))
    assert page(world.aigul, reverse("case-reach", args=[ours.pk]), 404)


def test_control_names_what_was_done_and_no_person_of_a_case(made: tuple[World, dict[str, Case]]) -> None:
    world, cases = made
    page(world.erlan, reverse("case", args=[cases["ours"].pk]), 404)
    shown = page(world.madina, reverse("control"))
    assert f"№\u00a0{cases['ours'].pk}" in shown
    assert world.erlan.full_name in shown
    assert "Отказано" in shown
    for case in cases.values():
        for hidden in (case.person.surname, case.person.iin, WORDS, NOTE, ARTICLE):
            assert hidden not in shown, hidden
    assert not Access.objects.filter(actor=world.madina.pk, kind="read").exists()


def test_the_auditor_reads_the_journal_of_administration_and_opens_nothing_from_it(
    made: tuple[World, dict[str, Case]],
) -> None:
    world, _cases = made
    shown = page(world.madina, reverse("control-administration"))
    assert "Создана организация: " in shown
    assert "Принята редакция: " in shown
    assert reverse("admin-users") not in shown
    assert page(world.madina, reverse("admin-journal"), 404)
    assert reverse("control-administration") in page(world.madina, reverse("control"))


def test_the_last_verification_stands_on_the_page_of_the_auditor(made: tuple[World, dict[str, Case]]) -> None:
    world, _cases = made
    assert "ни разу" in page(world.madina, reverse("control"))
    report = Report(seals=3, entries=40, accesses=2)
    verification_record(report=report, is_apart=False, at=world.at, operator="root")
    shown = page(world.madina, reverse("control"))
    assert "журнал цел" in shown
    assert "учётная запись операционной системы: root" in shown
    assert "42 записи под 3 печатями" in shown
    report.findings = [Found("deleted", "Entry 7 is gone"), Found("deleted", "Entry 8 is gone")]
    later = world.at + timedelta(hours=1)
    verification_record(report=report, is_apart=True, at=later, actor=world.madina, operator="root")
    shown = page(world.madina, reverse("control"))
    assert world.madina.full_name in shown.split("Кто запустил")[1][:300]
    assert "журнал НЕ цел" in shown
    assert "Исчезли записи под печатью" in shown
    assert "из другого места" in shown
    assert "deleted" not in shown


def test_whatever_a_verification_finds_has_words() -> None:
    found = set()
    for file in Path(verified.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add":
                found |= {a.value for a in call.args[:1] if isinstance(a, ast.Constant) and len(call.args) > 1}
    assert found
    assert found <= FOUND.keys()
