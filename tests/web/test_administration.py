"""Administration: agencies, accounts, the adoption of an edition. An administrator sees no cases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from oralu.apps.access.models import Role, Session, User
from oralu.apps.agencies.models import Agency, RefugeAddress
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.routing.adoption_selectors import adoptions_changed
from oralu.apps.routing.models import Adoption
from oralu.apps.routing.policies import changed_say, edition_adopt
from oralu.apps.routing.worker import policy_check
from oralu.policyfiles import load_edition
from world import EDITION, World, build

PAGES = ("", "/journal", "/agencies", "/agencies/new", "/users", "/users/new", "/adoption")


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Screens are asked for an hour after the world was made."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.at + timedelta(hours=1))


@pytest.fixture
def admin(client: Client, world: World) -> Client:
    client.force_login(world.admin)
    return client


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    def signed(user: User) -> Client:
        client.force_login(user)
        return client

    return signed


def agency_data(**more: str) -> dict[str, str]:
    return {
        "kind": "clinic",
        "region": "35",
        "name_ru": "Поликлиника № 5",
        "name_kk": "№ 5 емхана",
        "localities": "Темиртау, Сарань",
        "accepts_children": "on",
        "responsible_name": "Главный врач",
        "is_active": "on",
        **more,
    }


def user_data(world: World, **more: str) -> dict[str, str]:
    return {
        "full_name": "Новая Сотрудница",
        "role": "provider",
        "agency": str(world.agencies["clinic"].pk),
        "username": "newcomer",
        "language": "kk",
        "is_active": "on",
        **more,
    }


@pytest.mark.parametrize("who", ["aigul", "bolat", "dana", "kairat"])
def test_the_administration_is_for_administrators(world: World, sign_in: Callable[[User], Client], who: str) -> None:
    client = sign_in(getattr(world, who))
    addresses = [*PAGES, f"/agencies/{world.unit.pk}", f"/users/{world.aigul.pk}", f"/users/{world.aigul.pk}/password"]
    for address in addresses:
        assert client.get(f"/administration{address}").status_code == 404
    assert client.post("/administration/users/new", user_data(world)).status_code == 404
    assert client.post(f"/administration/users/{world.aigul.pk}/password").status_code == 404
    assert not User.objects.filter(username="newcomer").exists()


def test_an_administrator_sees_no_cases(world: World, admin: Client) -> None:
    world.enrol(person=world.person(surname="Канарейкина"), facts={"identity_document": "none"})
    for address in [*PAGES, f"/agencies/{world.unit.pk}", f"/users/{world.aigul.pk}"]:
        page = admin.get(f"/administration{address}")
        assert page.status_code == 200, address
        assert "Канарейкина" not in page.content.decode()
    for address in ("/inbox", "/board"):
        assert admin.get(address).status_code == 404


def test_an_agency_is_created_with_its_territory_and_kept_in_the_journal(world: World, admin: Client) -> None:
    answer = admin.post("/administration/agencies/new", agency_data())
    agency = Agency.objects.get(name_ru="Поликлиника № 5")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/administration/agencies/{agency.pk}")
    assert (agency.localities, agency.kind, agency.region_id) == (["Темиртау", "Сарань"], "clinic", "35")
    entry = Entry.objects.filter(kind="agency.created").latest("id")
    assert (entry.actor, entry.data["agency"]) == (world.admin, agency.pk)
    assert "Поликлиника № 5" in admin.get("/administration/journal").content.decode()
    assert "Поликлиника № 5" in admin.get("/administration/agencies?kind=clinic&q=№ 5").content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"name_ru": ""},
        {"kind": "nonsense"},
        {"min_age": "40", "max_age": "20"},
        {"counts_places": "on"},
        {"region": "1"},
    ],
)
def test_a_bad_agency_keeps_what_was_typed(world: World, admin: Client, change: dict[str, str]) -> None:
    before = Agency.objects.count()
    answer = admin.post("/administration/agencies/new", agency_data(name_kk="Терілген атау", **change))
    assert answer.status_code == 422
    assert "Терілген атау" in answer.content.decode()
    assert Agency.objects.count() == before


def test_the_address_of_a_refuge_is_kept_apart_and_never_shown(world: World, admin: Client) -> None:
    data = agency_data(kind="crisis_centre", counts_places="on", places="3", is_refuge="on")
    assert admin.post("/administration/agencies/new", data).status_code == 422
    assert admin.post("/administration/agencies/new", {**data, "refuge_address": "ул. Скрытая, 9"}).status_code == 303
    agency = Agency.objects.get(name_ru="Поликлиника № 5")
    assert (agency.address, RefugeAddress.objects.get(agency=agency).address) == ("", "ул. Скрытая, 9")
    assert agency.places.filter(is_open=True).count() == 3
    assert "Скрытая" not in admin.get(f"/administration/agencies/{agency.pk}").content.decode()
    assert admin.post(f"/administration/agencies/{agency.pk}", {**data, "places": "2"}).status_code == 303
    assert RefugeAddress.objects.get(agency=agency).address == "ул. Скрытая, 9"
    assert agency.places.filter(is_open=True).count() == 2


def test_taken_places_cannot_be_removed(world: World, admin: Client) -> None:
    world.enrol(facts={"housing": "homeless"})
    centre = world.agencies["crisis_centre"]
    data = agency_data(
        kind="crisis_centre", name_ru=centre.name_ru, name_kk=centre.name_kk, counts_places="on", is_refuge="on"
    )
    answer = admin.post(f"/administration/agencies/{centre.pk}", {**data, "places": "0"})
    assert answer.status_code == 422
    assert centre.places.filter(is_open=True).count() == 2


def test_closing_the_only_agency_of_a_kind_asks_first(world: World, admin: Client) -> None:
    world.enrol(facts={"identity_document": "none"})
    stop = world.agencies["one_stop_shop"]
    data = agency_data(kind=stop.kind, name_ru=stop.name_ru, name_kk=stop.name_kk)
    data.pop("is_active")
    assert admin.post(f"/administration/agencies/{stop.pk}", data).status_code == 422
    stop.refresh_from_db()
    assert stop.is_active
    assert admin.post(f"/administration/agencies/{stop.pk}", {**data, "confirm": "on"}).status_code == 303
    stop.refresh_from_db()
    assert not stop.is_active


def test_a_new_account_is_invited_by_a_link_that_is_shown_once(world: World, admin: Client) -> None:
    answer = admin.post("/administration/users/new", user_data(world))
    found = re.search(r"data-invitation>http://testserver(/invitation/[^<]+)<", answer.content.decode())
    assert answer.status_code == 200
    assert found is not None
    assert "no-store" in answer.headers["Cache-Control"]
    user = User.objects.get(username="newcomer")
    assert not user.has_usable_password()
    assert found[1] not in admin.get(f"/administration/users/{user.pk}").content.decode()
    assert all(found[1] not in str(entry.data) for entry in Entry.objects.all())
    assert Entry.objects.get(kind="user.created").data["user"] == user.pk
    again = admin.post("/administration/users/new", user_data(world, full_name="Вторая"))
    assert again.status_code == 422
    assert "Вторая" in again.content.decode()


@pytest.mark.parametrize(
    "change", [{"agency": ""}, {"role": "case_manager"}, {"role": "boss"}, {"username": ""}, {"agency": "999999"}]
)
def test_a_bad_account_is_refused(world: World, admin: Client, change: dict[str, str]) -> None:
    answer = admin.post("/administration/users/new", user_data(world, **change))
    assert answer.status_code == 422
    assert "Новая Сотрудница" in answer.content.decode()
    assert not User.objects.filter(full_name="Новая Сотрудница").exists()


def test_a_forgotten_password_is_replaced(world: World, admin: Client) -> None:
    address = f"/administration/users/{world.dana.pk}/password"
    assert "<code>" not in admin.get(address).content.decode()
    assert world.dana.check_password("long-password-of-a-test")
    answer = admin.post(address)
    found = re.search(r"<code>([a-z2-9-]+)</code>", answer.content.decode())
    world.dana.refresh_from_db()
    assert found is not None
    assert world.dana.check_password(found[1])


def closing(user: User, **more: str) -> dict[str, str]:
    return {
        "full_name": user.full_name,
        "role": user.role,
        "agency": str(user.agency_id or ""),
        "username": user.username,
        "language": user.language,
        **more,
    }


def test_closing_the_only_responsible_person_warns_and_asks(world: World, admin: Client) -> None:
    Agency.objects.filter(pk=world.agencies["one_stop_shop"].pk).update(
        responsible=world.dana, responsible_name="", deputy_name=""
    )
    address = f"/administration/users/{world.dana.pk}"
    name = str(world.agencies["one_stop_shop"])
    assert "flash-warning" in admin.get(address).content.decode()
    refused = admin.post(address, closing(world.dana))
    assert refused.status_code == 422
    assert name in refused.content.decode()
    world.dana.refresh_from_db()
    assert world.dana.is_active
    other = Client()
    other.force_login(world.dana)
    assert Session.objects.count() == 2
    assert admin.post(address, closing(world.dana, confirm="on")).status_code == 303
    world.dana.refresh_from_db()
    assert not world.dana.is_active
    assert Session.objects.count() == 1
    assert name in admin.get("/administration/agencies?state=unnamed").content.decode()


def test_an_account_with_somebody_to_stand_in_is_closed_without_a_question(world: World, admin: Client) -> None:
    agency = world.agencies["one_stop_shop"]
    second = User.objects.create_user("second", "x", role=Role.PROVIDER, agency=agency, full_name="Вторая")
    Agency.objects.filter(pk=agency.pk).update(responsible=world.dana, responsible_name="", deputy=second)
    assert "flash-warning" not in admin.get(f"/administration/users/{world.dana.pk}").content.decode()
    assert admin.post(f"/administration/users/{world.dana.pk}", closing(world.dana)).status_code == 303


def test_nobody_closes_the_own_account_nor_the_last_administrator(world: World, admin: Client) -> None:
    address = f"/administration/users/{world.admin.pk}"
    assert admin.post(address, closing(world.admin, confirm="on")).status_code == 422
    demoted = closing(world.admin, role="leadership", agency=str(world.kairat.agency_id), is_active="on")
    assert admin.post(address, demoted).status_code == 422
    world.admin.refresh_from_db()
    assert (world.admin.is_active, world.admin.role) == (True, Role.ADMINISTRATOR)


def test_who_is_missing_is_shown_before_the_attempt(world: World, admin: Client) -> None:
    User.objects.filter(pk=world.kairat.pk).update(is_active=False)
    address = f"/administration/adoption?region=35&edition={EDITION}"
    page = admin.get(address).content.decode()
    assert "/administration/agencies?region=35&amp;kind=leb_leadership" in page
    assert 'name="from_date"' not in page
    assert admin.post(address, {"from_date": "2026-07-01"}).status_code == 422
    assert Adoption.objects.count() == 1


def test_an_edition_is_adopted_and_cases_are_judged_anew_from_its_day(world: World, admin: Client) -> None:
    case = world.enrol(facts={"housing": "stable"})
    Case.objects.filter(pk=case.pk).update(next_change_on=None)
    address = f"/administration/adoption?region=35&edition={EDITION}"
    assert 'name="from_date"' in admin.get(address).content.decode()
    refused = admin.post(address, {"from_date": "когда-нибудь"})
    assert refused.status_code == 422
    assert "когда-нибудь" in refused.content.decode()
    assert admin.post(address, {"from_date": "2026-06-10"}).status_code == 303
    adoption = Adoption.objects.get(from_date=date(2026, 6, 10))
    assert (adoption.adopted_by, adoption.edition) == (world.admin, EDITION)
    case.refresh_from_db()
    assert case.next_change_on == date(2026, 6, 10)
    assert Entry.objects.filter(kind="edition.adopted", actor=world.admin).count() == 2
    assert admin.post(address, {"from_date": "2026-06-10"}).status_code == 422


def test_lists_are_paged_and_their_cost_does_not_grow(
    world: World, admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    clinic = world.agencies["clinic"]
    User.objects.bulk_create(
        User(username=f"n{n}", full_name=f"Сотрудник {n:03}", role=Role.PROVIDER, agency=clinic) for n in range(45)
    )
    Agency.objects.bulk_create(
        Agency(kind="clinic", region=world.region, name_ru=f"Клиника {n:03}", name_kk="x") for n in range(45)
    )
    for part, key in (("users", "u"), ("agencies", "a")):
        with django_assert_max_num_queries(11):
            first = admin.get(f"/administration/{part}?region=35").content.decode()
        assert first.count(f'id="row-{key}') == 40
        following = re.search(r'href="(\?[^"]*after=\d+)"', first)
        assert following is not None
        second = admin.get(f"/administration/{part}{following[1].replace('&amp;', '&')}").content.decode()
        seen = [set(re.findall(rf'id="(row-{key}\d+)"', text)) for text in (first, second)]
        assert seen[1]
        assert not seen[0] & seen[1]
    with django_assert_max_num_queries(16):
        admin.get("/administration")


def test_changed_files_of_an_adopted_edition_are_an_alarm_and_judging_goes_on(
    world: World, admin: Client, caplog: pytest.LogCaptureFixture
) -> None:
    alarm = "не та, что была принята"
    assert alarm not in admin.get("/administration").content.decode()
    Adoption.objects.update(digest="0" * 64)
    changed_say.cache_clear()
    with caplog.at_level("ERROR"):
        case = world.enrol(facts={"housing": "homeless"})
        world.enrol()
        policy_check(timezone.now())
    edition = load_edition(EDITION)
    assert case.evaluations.latest("pk").digest == edition.digest
    told = [record.getMessage() for record in caplog.records]
    assert sum("(adopted 000000000000, found" in words for words in told) == 1
    assert any(words.startswith(f"{world.region.pk}: the files of the edition {EDITION}") for words in told)
    page = admin.get("/administration").content.decode()
    assert alarm in page
    assert str(world.region) in page
    tomorrow = timezone.localdate() + timedelta(days=1)
    edition_adopt(edition_name=EDITION, region=world.region, from_date=tomorrow, actor=world.admin, at=timezone.now())
    assert [one.from_date for one in adoptions_changed(on=timezone.localdate())] != [tomorrow]
    assert adoptions_changed(on=tomorrow) == []


def test_an_edition_whose_files_are_gone_is_an_alarm_too(world: World, admin: Client) -> None:
    Adoption.objects.update(edition="kz-gone-2020")
    assert "kz-gone-2020" in admin.get("/administration").content.decode()


@pytest.mark.parametrize("lists", ["agencies", "users"])
def test_a_search_for_what_the_database_cannot_hold_finds_what_is_left_of_it(
    world: World, client: Client, lists: str
) -> None:
    client.force_login(world.admin)
    whole = client.get(f"/administration/{lists}?q=%00")
    assert whole.status_code == 200
    for other in ("q=" + "Ы" * 500, "region=%00&role=%00&kind=%00&state=%00"):
        assert client.get(f"/administration/{lists}?{other}").status_code == 200
    named = client.get(f"/administration/{lists}?q=%00нет+такого").content
    assert len(named) < len(whole.content)
