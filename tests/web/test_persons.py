"""Wrong or changed data of a person: corrections, children, two records made one and parted again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Child, Merge, Person
from oralu.apps.people.services import ChildData, ChildRow, consent_record
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.enrol_selectors import household_case
from oralu.apps.routing.household import children_set
from oralu.apps.routing.lifecycle import case_close
from oralu.core.identifiers import iin_generate
from world import World, build

BORN = date(1990, 5, 17)


@pytest.fixture
def world(db: None) -> World:
    return build(timezone.now())


@pytest.fixture
def aigul(client: Client, world: World) -> Client:
    client.force_login(world.aigul)
    return client


def typed(case: Case, **changes: Any) -> dict[str, Any]:
    person = case.person
    values = {
        "surname": person.surname,
        "given_name": person.given_name,
        "patronymic": person.patronymic,
        "sex": person.sex,
        "birth_date": person.birth_date.isoformat(),
        "iin": person.iin,
        "languages": person.languages,
        "phone": person.phone,
        "address": person.address,
        "locality": case.locality,
    }
    return values | changes


def closed(world: World, **more: Any) -> Case:
    case = world.enrol(enrolled_on=timezone.localdate() - timedelta(days=100), **more)
    today = timezone.localdate()
    return case_close(case=case, ground="term_ended", closed_on=today, note="", actor=world.aigul, at=timezone.now())


def test_a_correction_is_saved_and_the_journal_names_the_fields_and_no_value(aigul: Client, world: World) -> None:
    case = world.enrol()
    page = reverse("person-edit", args=[case.pk])
    assert case.person.surname in aigul.get(page).content.decode()
    answer = aigul.post(page, typed(case, surname="Сериккызы", phone="+7 700 555 55 55", locality="Темиртау"))
    assert answer.status_code == 303
    person = Person.objects.get()
    assert (person.surname, person.search_key.split()[0]) == ("Сериккызы", "сериккызы")
    assert Case.objects.get().locality == "Темиртау"
    entry = Entry.objects.get(kind="person.corrected")
    assert set(entry.data["fields"]) == {"surname", "phone", "search_key"}
    assert Entry.objects.filter(kind="case.locality_changed", case=case, actor=world.aigul).exists()


def test_a_bad_correction_changes_nothing_and_keeps_what_was_typed(aigul: Client, world: World) -> None:
    case = world.enrol()
    answer = aigul.post(reverse("person-edit", args=[case.pk]), typed(case, surname="Новая", iin="123"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Новая"' in page
    assert "id_iin_error" in page
    assert Person.objects.get().surname == case.person.surname


def test_another_sex_sends_the_person_to_another_agency_kind(aigul: Client, world: World) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    assert Need.objects.get(case=case, service="safe_place").rule == "H1"
    data = typed(case, sex="male", iin=iin_generate(case.person.birth_date, "male", 9044))
    assert aigul.post(reverse("person-edit", args=[case.pk]), data).status_code == 303
    assert Need.objects.get(case=case, service="safe_place", state="open").rule == "H2"


def test_children_are_added_changed_and_removed_and_the_case_follows(aigul: Client, world: World) -> None:
    case = world.enrol(facts={"income": "none"})
    assert not Need.objects.filter(service="social_assistance").exists()
    page = reverse("children", args=[case.pk])
    rows = {
        "child-TOTAL_FORMS": "1",
        "child-INITIAL_FORMS": "0",
        "child-0-name": "Алан",
        "child-0-lives_with": "person",
    }
    assert aigul.post(page, rows).status_code == 303
    child = Child.objects.get()
    assert Need.objects.filter(case=case, service="social_assistance", state="open").exists()
    assert Entry.objects.get(kind="children.changed").data["added"] == 1
    rows = {"child-TOTAL_FORMS": "1", "child-INITIAL_FORMS": "1", "child-0-pk": child.pk, "child-0-remove": "on"}
    assert aigul.post(page, rows).status_code == 303
    assert not Child.objects.exists()
    assert Need.objects.get(case=case, service="social_assistance").state == "met"


def test_a_birth_of_a_child_in_the_future_is_refused_and_kept_on_the_page(aigul: Client, world: World) -> None:
    case = world.enrol()
    ahead = (timezone.localdate() + timedelta(days=2)).isoformat()
    rows = {"child-TOTAL_FORMS": "1", "child-INITIAL_FORMS": "0", "child-0-name": "Дария", "child-0-birth_date": ahead}
    answer = aigul.post(reverse("children", args=[case.pk]), rows)
    assert answer.status_code == 422
    assert "Дария" in answer.content.decode()
    assert not Child.objects.exists()


def test_a_child_of_somebody_else_cannot_be_taken(world: World) -> None:
    case, other = world.enrol(), world.enrol(person=world.person(surname="Другая"))
    at = timezone.now()
    children_set(case=other, children=[ChildRow(ChildData("Али"))], actor=world.aigul, at=at)
    with pytest.raises(Exception, match=r".+"):
        children_set(case=case, children=[ChildRow(ChildData("Али"), Child.objects.get().pk)], actor=world.aigul, at=at)
    assert Child.objects.get().person == other.person


def test_two_records_are_compared_merged_and_parted(aigul: Client, world: World) -> None:
    kept = world.enrol(facts={"income": "none"}, consent=False)
    old = closed(world, person=world.person(patronymic="Ивановна", children=[ChildData("Мерей", date(2020, 1, 1))]))
    consented = old.person.consents.get()
    page = reverse("person-merge", args=[kept.pk])
    assert f"?with={old.person_id}" in aigul.get(page).content.decode()
    side_by_side = aigul.get(f"{page}?with={old.person_id}").content.decode()
    assert "Мерей" in side_by_side
    assert side_by_side.count('class="differs"') == 3
    assert aigul.post(page, {"with": old.person_id}).status_code == 303
    old.refresh_from_db()
    consented.refresh_from_db()
    assert (old.person_id, consented.person_id) == (kept.person_id, kept.person_id)
    assert Need.objects.filter(case=kept, service="social_assistance", state="open").exists()
    assert not Referral.objects.filter(case=kept, state="waiting_consent").exists()
    assert Entry.objects.get(kind="person.merged").actor == world.aigul
    merge = Merge.objects.get()
    assert merge.absorbed.full_name in aigul.get(page).content.decode()
    undo = reverse("person-unmerge", args=[kept.pk, merge.pk])
    assert aigul.get(undo).status_code == 200
    assert aigul.post(undo).status_code == 303
    old.refresh_from_db()
    assert old.person_id == merge.absorbed_id
    assert Need.objects.get(case=kept, service="social_assistance").state == "met"
    assert Entry.objects.filter(kind="person.unmerged").exists()
    assert aigul.post(undo).status_code == 404


def test_two_open_cases_are_not_merged(aigul: Client, world: World) -> None:
    kept, other = world.enrol(), world.enrol()
    answer = aigul.post(reverse("person-merge", args=[kept.pk]), {"with": other.person_id})
    assert answer.status_code == 422
    assert not Merge.objects.exists()


def test_a_record_of_another_unit_cannot_be_compared_or_merged(aigul: Client, world: World) -> None:
    kept = world.enrol()
    person = world.person(given_name="Айгеримжан", phone="+7 777 000 00 09")
    other = world.enrol(person=person, unit=world.erlan.agency, officer=world.erlan)
    page = reverse("person-merge", args=[kept.pk])
    for answer in (aigul.get(page), aigul.get(f"{page}?with={other.person_id}", follow=True)):
        text = answer.content.decode()
        assert "Айгеримжан" not in text
        assert other.person.iin not in text
        assert "777 000" not in text
    assert aigul.post(page, {"with": other.person_id})["Location"] == page
    assert not Merge.objects.exists()
    assert Entry.objects.filter(kind="duplicate.hidden", case=other, actor=world.aigul).exists()


def test_the_old_unit_does_not_write_about_a_person_whom_another_unit_leads_now(aigul: Client, world: World) -> None:
    case = closed(world)
    assert household_case(world.aigul, case.pk) == case
    world.enrol(person=case.person, unit=world.erlan.agency, officer=world.erlan)
    for name in ("person-edit", "children", "person-merge"):
        assert aigul.get(reverse(name, args=[case.pk])).status_code == 404


def test_another_unit_finds_nothing(client: Client, world: World) -> None:
    case = world.enrol()
    client.force_login(world.erlan)
    for name in ("person-edit", "children", "person-merge"):
        assert client.get(reverse(name, args=[case.pk])).status_code == 404
        assert client.post(reverse(name, args=[case.pk]), {}).status_code == 404


def test_a_consent_of_today_is_not_in_the_future_after_midnight_in_kazakhstan(world: World) -> None:
    case = world.enrol(consent=False)
    night = timezone.now().replace(hour=20, minute=30)
    today_there = timezone.localdate(night)
    consent = consent_record(person=case.person, given_on=today_there, actor=world.aigul, at=night)
    assert consent.given_on == today_there > night.date()
