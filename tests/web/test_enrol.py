"""Enrolment on screen: step by step, nothing typed is lost, one draft opens one case, and a record of another unit is
never shown."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.entry_models import Session
from oralu.apps.cases.models import Case, Evidence, Statement
from oralu.apps.cases.services import StepData
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Child, Consent, Person
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.enrol_selectors import draft_lock
from oralu.apps.routing.lifecycle import case_close
from oralu.apps.routing.planwork import plan_draft
from oralu.core.identifiers import iin_generate
from oralu.web.enrol.drafts import KEY
from papers import pdf, png
from world import World, build

BORN = date(1991, 3, 14)
IIN = iin_generate(BORN, "female", 9005)
PDF = pdf()
DOMAINS = ("legal", "housing", "economic", "medical")


@pytest.fixture
def world(db: None) -> World:
    return build(timezone.now())


@pytest.fixture
def aigul(client: Client, world: World) -> Client:
    client.force_login(world.aigul)
    return client


def identity(**changes: Any) -> dict[str, Any]:
    return {
        "surname": "Оспанова",
        "given_name": "Жанар",
        "patronymic": "Ерлановна",
        "sex": "female",
        "birth_date": BORN.isoformat(),
        "iin": iin_generate(BORN, "female", 9005),
        "languages": ["kk", "ru"],
        "phone": "+7 700 111 22 33",
        "address": "Караганда, ул. Примерная, 1",
        "locality": "Караганда",
    } | changes


def begin(client: Client) -> str:
    answer = client.post(reverse("enrol"))
    assert answer.status_code == 303
    return answer["Location"].split("/")[2]


def send(client: Client, draft: str, step: str, data: dict[str, Any]) -> Any:
    return client.post(reverse("enrol-step", args=[draft, step]), data)


def case_data(world: World, **changes: Any) -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    ground = "sentence.conditional_sentence"
    return {"ground": ground, "enrolled_on": today, "officer": world.aigul.pk} | changes


def filled(client: Client, world: World, *, consent: bool = True, **answers: str) -> str:
    """A draft with every step done; `answers`: facts by name."""
    draft = begin(client)
    send(client, draft, "identity", identity())
    send(client, draft, "case", case_data(world))
    send(client, draft, "children", {"has_children": "no"})
    for domain in DOMAINS:
        send(client, draft, f"facts-{domain}", answers or {"x": ""})
    given = {"answer": "given", "given_on": timezone.localdate().isoformat()}
    send(client, draft, "consent", given if consent else {"answer": "later"})
    return draft


def test_a_whole_enrolment_from_the_first_page_to_what_has_been_opened(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    answer = send(aigul, draft, "identity", identity())
    assert (answer.status_code, answer["Location"]) == (303, f"/enrol/{draft}/case")
    answer = send(aigul, draft, "case", case_data(world))
    assert answer["Location"].endswith("/children")
    rows = {
        "has_children": "yes",
        "child-TOTAL_FORMS": "2",
        "child-INITIAL_FORMS": "0",
        "child-0-name": "Алия",
        "child-0-birth_date": "2019-05-01",
        "child-0-lives_with": "relatives",
        "child-1-lives_with": "",
    }
    answer = send(aigul, draft, "children", rows)
    assert answer["Location"].endswith("/facts-legal")
    scan = SimpleUploadedFile("удостоверение.pdf", PDF, "application/pdf")
    facts = {
        "identity_document": "held",
        "identity_document-file": scan,
        "residence_registration": "none",
    }
    answer = send(aigul, draft, "facts-legal", facts)
    assert answer["Location"].endswith("/facts-housing")
    housing = {"housing": "temporary", "housing-title": "Договор", "housing-number": "12", "violence_threat": "refused"}
    send(aigul, draft, "facts-housing", housing | {"exploitation_risk": "no"})
    send(aigul, draft, "facts-economic", {"income": "none", "employment_track": "asked_unknown"})
    answer = send(aigul, draft, "facts-medical", {"clinic_attachment": "attached"})
    assert answer["Location"].endswith("/consent")
    today = timezone.localdate()
    answer = send(aigul, draft, "consent", {"answer": "given", "given_on": today.isoformat()})
    assert answer["Location"].endswith("/review")
    page = aigul.get(answer["Location"]).content.decode()
    assert "удостоверение.pdf" in page
    assert "Алия" in page
    assert "Договор 12" in page
    answer = send(aigul, draft, "review", {})
    case = Case.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("enrolled", args=[case.pk]))
    assert (case.officer, case.unit, case.ground) == (world.aigul, world.unit, "conditional_sentence")
    assert (case.probation_kind, case.locality, case.enrolled_on) == ("sentence", "Караганда", today)
    told = dict(Statement.objects.values_list("name", "value"))
    assert told == {
        "identity_document": "held",
        "residence_registration": "none",
        "housing": "temporary",
        "violence_threat": "refused",
        "exploitation_risk": "no",
        "income": "none",
        "employment_track": "asked_unknown",
        "clinic_attachment": "attached",
    }
    assert Statement.objects.get(name="identity_document").evidence.content_type == "application/pdf"
    assert Evidence.objects.filter(title="Договор", reference="12").exists()
    assert Child.objects.get().name == "Алия"
    assert Consent.objects.get().given_on == today
    assert Need.objects.filter(case=case, service="social_assistance").exists()
    assert set(Entry.objects.filter(case=case).values_list("kind", flat=True)) >= {"case.enrolled", "consent.given"}
    page = aigul.get(answer["Location"]).content.decode()
    assert world.agencies["one_stop_shop"].name_ru in page
    assert aigul.session[KEY] == {}


def test_the_plan_is_not_asked_and_no_code_of_the_policy_is_shown(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    assert send(aigul, draft, "facts-institutional", {}).status_code == 404
    page = aigul.get(reverse("enrol-step", args=[draft, "facts-medical"])).content.decode()
    shown = re.sub(r"<[^>]*>", " ", page)
    assert "asked_unknown" not in shown
    assert "Пройден ли первичный скрининг?" in shown
    assert 'value="restored"' not in page
    assert 'value="assessed_safe"' in page


@pytest.mark.parametrize(
    ("iin", "changes"),
    [
        ("91031445005", {}),
        (IIN[:-1] + str((int(IIN[-1]) + 1) % 10), {}),
        (iin_generate(BORN, "male", 9005), {}),
        (iin_generate(date(1991, 3, 15), "female", 9005), {}),
        ("", {}),
        (iin_generate(BORN, "female", 9005), {"no_iin": "on"}),
    ],
)
def test_a_wrong_iin_is_said_next_to_the_field_and_the_rest_stays(
    aigul: Client, world: World, iin: str, changes: dict[str, str]
) -> None:
    draft = begin(aigul)
    answer = send(aigul, draft, "identity", identity(iin=iin, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert ('id="id_iin_error"' in page) or ('id="id_no_iin_error"' in page)
    assert 'class="error-summary"' in page
    assert "Оспанова" in page
    again = aigul.get(reverse("enrol-step", args=[draft, "identity"])).content.decode()
    assert "Караганда, ул. Примерная, 1" in again


def test_without_an_iin_one_can_go_on(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    assert send(aigul, draft, "identity", identity(iin="", no_iin="on")).status_code == 303


def test_every_ground_belongs_to_its_type_of_probation(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    send(aigul, draft, "identity", identity())
    wrong = case_data(world, ground="pre_trial.conditional_sentence")
    assert send(aigul, draft, "case", wrong).status_code == 422
    free = case_data(world, ground="post_penitentiary.released_full_term")
    assert "id_released_on_error" in send(aigul, draft, "case", free).content.decode()
    ahead = case_data(world, enrolled_on=(timezone.localdate() + timedelta(days=1)).isoformat())
    assert "id_enrolled_on_error" in send(aigul, draft, "case", ahead).content.decode()
    stranger = case_data(world, officer=world.erlan.pk)
    assert "id_officer_error" in send(aigul, draft, "case", stranger).content.decode()


def test_a_file_of_a_wrong_type_is_refused_and_the_rest_is_kept(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    data = {
        "identity_document": "held",
        "identity_document-file": SimpleUploadedFile("card.png", png()),
        "residence_registration": "temporary",
        "residence_registration-until": "2027-01-31",
        "residence_registration-file": SimpleUploadedFile("letter.pdf", b"MZ no pdf at all"),
    }
    answer = send(aigul, draft, "facts-legal", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "id_residence_registration-file_error" in page
    assert "card.png" in page
    assert 'value="2027-01-31"' in page
    again = aigul.get(reverse("enrol-step", args=[draft, "facts-legal"])).content.decode()
    assert "card.png" in again
    assert re.search(r'value="temporary"[^>]*checked', again)
    data = {"identity_document": "held", "identity_document-drop": "on"}
    assert send(aigul, draft, "facts-legal", data).status_code == 303
    assert "card.png" not in aigul.get(reverse("enrol-step", args=[draft, "facts-legal"])).content.decode()


def test_a_proof_needs_the_answer_that_it_proves_and_a_number_or_a_file(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    page = send(aigul, draft, "facts-legal", {"identity_document-number": "0451"}).content.decode()
    assert "id_identity_document_error" in page
    data = {"identity_document": "held", "identity_document-title": "Паспорт"}
    page = send(aigul, draft, "facts-legal", data).content.decode()
    assert "id_identity_document-number_error" in page


def test_going_back_or_leaving_keeps_what_was_typed_though_it_is_wrong(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    answer = send(aigul, draft, "identity", {"surname": "Тулегенова", "go": "later"})
    assert answer["Location"] == reverse("enrol")
    assert "Тулегенова" in aigul.get(reverse("enrol")).content.decode()
    send(aigul, draft, "children", {"has_children": "yes", "go": "back"})
    answer = aigul.get(reverse("enrol-step", args=[draft, "children"]))
    assert re.search(r'value="yes"[^>]*checked', answer.content.decode())


def test_what_is_typed_is_kept_without_being_sent(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    answer = aigul.post(reverse("enrol-keep", args=[draft, "identity"]), {"surname": "Каримова", "iin": "12"})
    assert answer.status_code == 200
    assert "Каримова" in aigul.get(reverse("enrol-step", args=[draft, "identity"])).content.decode()
    assert aigul.post(reverse("enrol-keep", args=[draft, "review"]), {}).status_code == 404


def test_another_child_gets_a_row_and_nothing_typed_is_lost(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    data = {
        "has_children": "yes",
        "child-TOTAL_FORMS": "1",
        "child-INITIAL_FORMS": "0",
        "child-0-name": "Санжар",
        "go": "add",
    }
    page = send(aigul, draft, "children", data).content.decode()
    assert "Санжар" in page
    assert 'name="child-1-name"' in page
    nobody = {"has_children": "yes", "child-TOTAL_FORMS": "1", "child-INITIAL_FORMS": "0"}
    assert send(aigul, draft, "children", nobody).status_code == 422


def test_an_unfinished_draft_opens_no_case_and_says_what_is_missing(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    send(aigul, draft, "identity", identity())
    answer = send(aigul, draft, "review", {})
    assert answer.status_code == 422
    assert reverse("enrol-step", args=[draft, "facts-housing"]) in answer.content.decode()
    assert not Case.objects.exists()


def test_clicking_twice_opens_one_case(aigul: Client, world: World) -> None:
    draft = filled(aigul, world, housing="stable")
    session = aigul.session
    before = session[KEY]
    first = send(aigul, draft, "review", {})
    session = aigul.session
    session[KEY] = before
    session.save()
    second = send(aigul, draft, "review", {})
    assert first["Location"] == second["Location"]
    assert (Case.objects.count(), Person.objects.count()) == (1, 1)
    aigul.session.flush()
    aigul.force_login(world.aigul)
    assert aigul.get(reverse("enrol-step", args=[draft, "identity"]))["Location"] == first["Location"]


def test_the_lock_of_a_draft_can_be_taken_twice_by_one_transaction(world: World) -> None:
    draft_lock("a")
    draft_lock("a")


def test_without_consent_the_page_says_that_everything_waits(aigul: Client, world: World) -> None:
    draft = filled(aigul, world, consent=False, identity_document="none")
    page = aigul.get(send(aigul, draft, "review", {})["Location"]).content.decode()
    assert set(Referral.objects.values_list("state", flat=True)) == {"waiting_consent"}
    assert reverse("consent", args=[Case.objects.get().pk]) in page


def test_the_person_of_a_closed_case_is_used_again_with_what_is_known(aigul: Client, world: World) -> None:
    person = world.person(surname="Оспанова", given_name="Жанар", born=BORN, phone="+7 701 000 00 01")
    old = world.enrol(person=person, enrolled_on=timezone.localdate() - timedelta(days=200))
    case_close(
        case=old, ground="term_ended", closed_on=timezone.localdate(), note="", actor=world.aigul, at=timezone.now()
    )
    draft = begin(aigul)
    answer = send(aigul, draft, "identity", identity(phone="", iin=old.person.iin))
    assert answer["Location"].endswith("/same")
    page = aigul.get(answer["Location"]).content.decode()
    assert f'value="{old.person_id}"' in page
    assert send(aigul, draft, "same", {}).status_code == 422
    assert send(aigul, draft, "same", {"choice": str(old.person_id)})["Location"].endswith("/case")
    send(aigul, draft, "case", case_data(world))
    send(aigul, draft, "children", {"has_children": "refused"})
    for domain in DOMAINS:
        send(aigul, draft, f"facts-{domain}", {"x": ""})
    assert send(aigul, draft, "review", {}).status_code == 303
    person_now = Person.objects.get()
    assert (Case.objects.filter(person=person_now).count(), person_now.phone) == (2, "+7 701 000 00 01")
    assert person_now.patronymic == "Ерлановна"
    assert Entry.objects.filter(kind="person.corrected").exists()


def test_a_person_with_an_open_case_of_the_unit_is_linked_and_not_used(aigul: Client, world: World) -> None:
    case = world.enrol(person=world.person(surname="Оспанова", given_name="Жанар", born=BORN))
    draft = begin(aigul)
    answer = send(aigul, draft, "identity", identity())
    page = aigul.get(answer["Location"]).content.decode()
    assert reverse("case", args=[case.pk]) in page
    assert send(aigul, draft, "same", {"choice": str(case.person_id)}).status_code == 422
    assert send(aigul, draft, "same", {"choice": "another"})["Location"].endswith("/case")


def test_a_record_of_another_unit_is_only_hinted_at_and_that_is_journalled(aigul: Client, world: World) -> None:
    person = world.person(surname="Оспанова", given_name="Жаннатай", born=BORN, phone="+7 777 777 77 77")
    case = world.enrol(person=person, unit=world.erlan.agency, officer=world.erlan)
    draft = begin(aigul)
    answer = send(aigul, draft, "identity", identity())
    assert answer["Location"].endswith("/same")
    page = aigul.get(answer["Location"]).content.decode()
    for secret in (case.person.iin, "Жаннатай", "777 77", f'value="{case.person_id}"', f"/cases/{case.pk}"):
        assert secret not in page
    entry = Entry.objects.get(kind="duplicate.hidden")
    assert (entry.case, entry.actor) == (case, world.aigul)
    assert send(aigul, draft, "same", {"choice": str(case.person_id)}).status_code == 422
    assert send(aigul, draft, "same", {"choice": "another"})["Location"].endswith("/case")
    send(aigul, draft, "identity", identity(given_name="Жанна"))
    assert reverse("enrol-step", args=[draft, "same"]) in send(aigul, draft, "review", {}).content.decode()


def test_drafts_belong_to_their_session(aigul: Client, world: World) -> None:
    draft = begin(aigul)
    other = Client()
    other.force_login(world.bolat)
    assert other.get(reverse("enrol-step", args=[draft, "identity"])).status_code == 404
    assert aigul.post(reverse("enrol-drop", args=[draft])).status_code == 303
    assert aigul.get(reverse("enrol-step", args=[draft, "identity"])).status_code == 404


@pytest.mark.parametrize("name", ["dana", "kairat", "admin"])
def test_other_roles_find_nothing(client: Client, world: World, name: str) -> None:
    case = world.enrol()
    client.force_login(getattr(world, name))
    assert client.get(reverse("enrol")).status_code == 404
    assert client.post(reverse("enrol")).status_code == 404
    for page in ("enrolled", "person-edit", "children", "person-merge"):
        assert client.get(reverse(page, args=[case.pk])).status_code == 404


def test_what_is_opened_is_shown_to_the_own_unit_alone_in_a_fixed_number_of_queries(
    aigul: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    case = world.enrol(facts={"identity_document": "none", "housing": "homeless", "violence_threat": "yes"})
    page = reverse("enrolled", args=[case.pk])
    with django_assert_max_num_queries(32):
        text = aigul.get(page).content.decode()
    assert "ул. Тайная" not in text
    assert world.agencies["crisis_centre"].name_ru in text
    client = Client()
    client.force_login(world.erlan)
    assert client.get(page).status_code == 404


def test_without_an_edition_in_force_nothing_begins(aigul: Client, world: World) -> None:
    from oralu.apps.routing.models import Adoption

    Adoption.objects.all().update(from_date=timezone.localdate() + timedelta(days=5))
    assert aigul.post(reverse("enrol")).status_code == 422
    assert aigul.get(reverse("enrol")).status_code == 200


def test_a_step_asks_the_database_a_few_things_whatever_was_typed(
    aigul: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    draft = filled(aigul, world, housing="stable", identity_document="held", income="lawful")
    for step in ("identity", "children", "facts-medical", "review"):
        with django_assert_max_num_queries(20):
            assert aigul.get(reverse("enrol-step", args=[draft, step])).status_code == 200
    with django_assert_max_num_queries(20):
        assert "Оспанова Жанар" in aigul.get(reverse("enrol")).content.decode()
    assert aigul.get(reverse("enrol-step", args=[draft, "next"]))["Location"].endswith("/review")


def test_a_paper_that_may_be_read_at_home_tells_nothing_of_protection(aigul: Client, world: World) -> None:
    threatened = world.enrol(facts={"housing": "with_aggressor", "identity_document": "none", "medical_need": "high"})
    page, paper = (reverse(name, args=[threatened.pk]) for name in ("enrolled", "enrolled-paper"))
    shown, printed = aigul.get(page).content.decode(), aigul.get(paper).content.decode()
    assert "эту бумагу" not in shown
    assert "бумагу могут прочесть дома" in shown
    assert 'class="column-o opened-o not-printed"' in shown
    hidden = [str(world.agencies[kind]) for kind in ("crisis_centre", "police", "psychologist")]
    for words in (*hidden, "Меры безопасности", "Безопасное место"):
        assert words in shown
        assert words not in printed
    for betraying in ("угроз", "агрессор", "насили", "устно", "убежищ", "полици", "not-printed"):
        assert betraying not in printed.lower()
    assert str(world.agencies["clinic"]) in printed
    assert Entry.objects.filter(kind="case.paper_composed", actor=world.aigul, case=threatened).count() == 1
    safe = world.enrol(facts={"housing": "homeless", "violence_threat": "no", "exploitation_risk": "no"})
    html = aigul.get(reverse("enrolled-paper", args=[safe.pk])).content.decode()
    assert str(world.agencies["crisis_centre"]) in html
    assert "not-printed" not in aigul.get(reverse("enrolled", args=[safe.pk])).content.decode()
    assert reverse("enrolled", args=[safe.pk]) in aigul.get(reverse("case", args=[safe.pk])).content.decode()


def test_the_plan_on_paper_leaves_out_the_safe_place_of_a_threatened_person(aigul: Client, world: World) -> None:
    threatened = world.enrol(facts={"housing": "with_aggressor"})
    steps = [
        StepData("housing", "Жить спокойно", "Переехать в центр на улице", "person", timezone.localdate()),
        StepData("economic", "Зарабатывать", "Прийти в центр карьеры", "person", timezone.localdate()),
    ]
    plan_draft(case=threatened, steps=steps, actor=world.aigul, at=timezone.now())
    page = reverse("plan-print", args=[threatened.pk])
    copy, whole = aigul.get(page).content.decode(), aigul.get(f"{page}?whole").content.decode()
    assert "Прийти в центр карьеры" in copy
    assert "Переехать в центр" not in copy
    assert "Переехать в центр" in whole


def test_work_shows_the_way_in_and_what_was_begun(aigul: Client, world: World) -> None:
    for page in ("today", "caseload"):
        shown = aigul.get(reverse(page)).content.decode()
        assert f'class="btn btn-primary" href="{reverse("enrol")}"' in shown
        assert 'id="unfinished"' not in shown
    draft = begin(aigul)
    send(aigul, draft, "identity", identity())
    for page in ("today", "caseload"):
        shown = aigul.get(reverse(page)).content.decode()
        section = shown.split('id="unfinished"')[1]
        assert "Оспанова Жанар" in section
        assert reverse("enrol-step", args=[draft, "next"]) in section
    aigul.force_login(world.bolat)
    shown = aigul.get(reverse("today")).content.decode()
    assert reverse("enrol") in shown
    assert "Оспанова" not in shown


def test_the_pages_of_enrolment_say_until_when_a_draft_is_kept(aigul: Client) -> None:
    begin(aigul)
    ends = timezone.localtime(Session.objects.latest("started_at").expire_date)
    shown = aigul.get(reverse("enrol"), headers={"accept-language": "en"}).content.decode()
    assert shown.count(f"{ends:%H:%M}") >= 2
    aigul.post(reverse("enrol-drop", args=[shown.split("/enrol/")[1].split("/")[0]]))
    shown = aigul.get(reverse("enrol")).content.decode()
    assert "drafts-o" not in shown
    assert "на учёт ещё никто" not in shown.lower()


def test_a_search_that_finds_nobody_hands_the_name_over(aigul: Client) -> None:
    found = aigul.get(reverse("search"), {"q": "тестова алия"}).content.decode()
    assert 'name="name" value="тестова алия"' in found
    answer = aigul.post(reverse("enrol"), {"name": "тестова алия"})
    assert answer.status_code == 303
    step = aigul.get(answer["Location"]).content.decode()
    assert 'value="Тестова"' in step
    assert 'value="Алия"' in step
    assert "error-summary" not in step
    assert "Тестова Алия" in aigul.get(reverse("today")).content.decode()
    answer = aigul.post(reverse("enrol"), {"name": IIN})
    assert f'value="{IIN}"' in aigul.get(answer["Location"]).content.decode()
    assert 'name="name"' not in aigul.get(reverse("search"), {"q": "№ 77"}).content.decode()
