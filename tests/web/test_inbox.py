"""The inbox of an agency: by deadline, only what a referral needs, three answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Occupancy
from oralu.apps.cases.models import Case, Ground, Statement
from oralu.apps.journal.models import Access, Entry
from oralu.apps.messages.models import Message
from oralu.apps.people.models import Child
from oralu.apps.referrals.disclosure import DISCLOSED, Attribute
from oralu.apps.referrals.models import Need, Referral
from world import World, build

CALM = {"violence_threat": "no", "exploitation_risk": "no"}
NAME, PHONE, ADDRESS, CHILD = "Канарейка-Имя", "+7 701 555 01 02", "ул. Канареечная, 5", "Канарейка-Ребёнок"


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Screens are asked for an hour after the world was made."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.at + timedelta(hours=1))


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    def signed(user: User) -> Client:
        client.force_login(user)
        return client

    return signed


def referral_of(case: Case, service: str = "identity_document_application") -> Referral:
    return Referral.objects.select_related("need").get(case=case, need__service=service)


def without_papers(world: World, **more: object) -> Referral:
    return referral_of(world.enrol(facts={"identity_document": "none", **CALM}, **more))


def test_a_referral_stands_in_the_inbox_of_its_agency_alone(world: World, sign_in: Callable[[User], Client]) -> None:
    referral = without_papers(world)
    page = sign_in(world.dana).get("/inbox")
    assert page.status_code == 200
    assert f"№ {referral.pk}" in page.content.decode()
    assert f"/inbox/{referral.pk}/received" in page.content.decode()
    page = sign_in(world.gulnar).get("/inbox")
    assert f"№ {referral.pk}" not in page.content.decode()


@pytest.mark.parametrize("who", ["gulnar", "kairat", "aigul", "bolat", "erlan", "admin"])
@pytest.mark.parametrize("act", ["", "/received", "/accept", "/cannot", "/served", "/not-served"])
def test_to_everybody_else_it_does_not_exist(
    world: World, sign_in: Callable[[User], Client], who: str, act: str
) -> None:
    referral = without_papers(world)
    client = sign_in(getattr(world, who))
    assert client.get(f"/inbox/{referral.pk}{act}").status_code == 404
    assert client.post(f"/inbox/{referral.pk}{act}", {"reason": "other"}).status_code in (404, 405)
    referral.refresh_from_db()
    assert referral.state == "sent"


def test_the_inbox_is_closed_to_who_answers_no_referrals(world: World, sign_in: Callable[[User], Client]) -> None:
    for user in (world.aigul, world.bolat, world.admin):
        for address in ("/inbox", "/inbox/answered", "/inbox/places"):
            assert sign_in(user).get(address).status_code == 404


def test_the_way_from_received_to_served(world: World, sign_in: Callable[[User], Client]) -> None:
    referral = without_papers(world)
    client = sign_in(world.dana)
    for act, state in (("received", "acknowledged"), ("accept", "accepted")):
        assert client.post(f"/inbox/{referral.pk}/{act}").status_code == 303
        referral.refresh_from_db()
        assert referral.state == state
    answer = client.post(
        f"/inbox/{referral.pk}/served",
        {"fact_identity_document": "applied", "effective_on": "2026-06-01", "evidence_reference": "Т-17", "note": ""},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox")
    statement = Statement.objects.get(case=referral.case_id, value="applied")
    assert (statement.recorded_by, statement.referral_id) == (world.dana, referral.pk)
    assert statement.evidence is not None
    assert statement.evidence.reference == "Т-17"
    kinds = set(Entry.objects.filter(actor=world.dana, case=referral.case_id).values_list("kind", flat=True))
    assert {"referral.acknowledge", "referral.accept", "referral.report_served"} <= kinds


def test_help_without_a_proof_is_refused_and_what_was_typed_stays(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    referral = without_papers(world)
    client = sign_in(world.dana)
    client.post(f"/inbox/{referral.pk}/accept")
    answer = client.post(
        f"/inbox/{referral.pk}/served",
        {"fact_identity_document": "held", "effective_on": "2026-06-01", "note": "выдано окно 4"},
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "выдано окно 4" in text
    assert '<option value="held" selected>' in text
    assert not Statement.objects.filter(case=referral.case_id, value="held").exists()


def test_a_fact_of_tomorrow_is_refused_and_nothing_is_half_written(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    referral = without_papers(world)
    answer = sign_in(world.dana).post(
        f"/inbox/{referral.pk}/served",
        {"fact_identity_document": "held", "effective_on": "2027-01-01", "evidence_reference": "Т-1"},
    )
    assert answer.status_code == 422
    referral.refresh_from_db()
    assert (referral.state, referral.evidence) == ("sent", None)


def test_a_decline_without_a_reason_is_refused_and_with_one_the_referral_vanishes(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    referral = without_papers(world)
    client = sign_in(world.dana)
    refused = client.post(f"/inbox/{referral.pk}/cannot", {"note": "нет сотрудника"})
    assert refused.status_code == 422
    assert "нет сотрудника" in refused.content.decode()
    answer = client.post(f"/inbox/{referral.pk}/cannot", {"reason": "no_staff", "note": "нет сотрудника"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox")
    assert client.get(f"/inbox/{referral.pk}").status_code == 404
    need = Need.objects.get(pk=referral.need_id)
    assert need.state == "open"
    assert Entry.objects.filter(kind="referral.decline", actor=world.dana, case=referral.case_id).exists()


def test_in_place_the_panel_comes_alone_and_a_refused_one_with_its_holder(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    referral = without_papers(world)
    client = sign_in(world.dana)
    headers = {"HX-Request": "true", "HX-Target": f"panel-r{referral.pk}"}
    panel = client.get(f"/inbox/{referral.pk}/cannot", headers=headers).content.decode()
    assert "<html" not in panel
    assert f'hx-target="#panel-r{referral.pk}"' in panel
    refused = client.post(f"/inbox/{referral.pk}/cannot", {}, headers=headers)
    assert refused.status_code == 422
    assert refused.content.decode().strip().startswith(f'<div class="row-panel" id="panel-r{referral.pk}">')
    done = client.post(f"/inbox/{referral.pk}/cannot", {"reason": "other"}, headers=headers)
    assert done.headers["HX-Redirect"] == "/inbox"


def test_opening_a_referral_is_recorded(world: World, sign_in: Callable[[User], Client]) -> None:
    referral = without_papers(world)
    sign_in(world.dana).get(f"/inbox/{referral.pk}")
    row = Access.objects.get(route="inbox-referral")
    assert (row.actor, row.subjects, row.purpose) == (world.dana.pk, [referral.case_id], "referral")


def canary_case(world: World, facts: dict[str, str]) -> Case:
    person = world.person(surname=NAME, phone=PHONE, address=ADDRESS, born=date(1991, 3, 4), languages=("kk",))
    case = world.enrol(facts=facts, person=person, locality="Канарейск", released_on=date(2026, 5, 28))
    Child.objects.create(person=case.person, name=CHILD, birth_date=date(2020, 1, 1), lives_with="relatives")
    return case


SERVICES = {
    "one_stop_shop": ("identity_document_application", {"identity_document": "none"}),
    "crisis_centre": ("safe_place", {"housing": "homeless"}),
    "local_executive_body": ("stable_place", {"housing": "temporary"}),
    "police": ("safety_measures", {"violence_threat": "yes"}),
    "career_centre": ("employment_track", {"income": "none"}),
    "clinic": ("attachment_and_screening", {"medical_need": "high"}),
    "psychologist": ("psychological_help", {"psychological_need": "high"}),
    "guardianship": ("family_assessment", {"family_contact": "wanted"}),
}


@pytest.mark.parametrize("kind", SERVICES)
def test_each_kind_of_agency_learns_what_the_table_says_and_no_more(
    world: World, sign_in: Callable[[User], Client], kind: str
) -> None:
    service, facts = SERVICES[kind]
    staff = User.objects.create_user(
        "staff", "x", role=Role.PROVIDER, agency=world.agencies[kind], full_name="Сотрудник"
    )
    case = canary_case(world, facts)
    referral = referral_of(case, service)
    client = sign_in(staff)
    text = "".join(client.get(address).content.decode() for address in ("/inbox", f"/inbox/{referral.pk}"))
    may = set(DISCLOSED[kind])
    shown = {
        Attribute.NAME: NAME,
        Attribute.IIN: case.person.iin,
        Attribute.PHONE: PHONE,
        Attribute.ADDRESS: ADDRESS,
        Attribute.BIRTH_DATE: "4 марта 1991",
        Attribute.RELEASED_ON: "28 мая 2026",
        Attribute.RESIDENCE: "Канарейск",
        Attribute.CHILDREN: CHILD,
        Attribute.AGE: "35",
    }
    for attribute, canary in shown.items():
        if attribute != Attribute.AGE or attribute in may:
            assert (canary in text) is (attribute in may), attribute
    for ground in Ground.values:
        assert str(Ground(ground).label) not in text
    assert "Организация" not in text.replace(str(world.agencies[kind]), "").replace(str(world.unit), "")


def test_a_kind_that_does_not_stand_in_the_table_learns_only_the_number(
    world: World, sign_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oralu.apps.referrals.disclosure.DISCLOSED", {})
    referral = referral_of(canary_case(world, {"identity_document": "none"}))
    client = sign_in(world.dana)
    text = "".join(client.get(address).content.decode() for address in ("/inbox", f"/inbox/{referral.pk}"))
    assert str(referral.pk) in text
    assert NAME not in text


def test_after_the_end_the_agency_remembers_the_number_and_the_service(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    referral = referral_of(canary_case(world, {"identity_document": "none", **CALM}))
    client = sign_in(world.dana)
    client.post(f"/inbox/{referral.pk}/accept")
    client.post(
        f"/inbox/{referral.pk}/served",
        {"fact_identity_document": "held", "effective_on": "2026-06-01", "evidence_reference": "Т-17"},
    )
    client.get("/inbox")  # the flash message goes
    text = "".join(client.get(address).content.decode() for address in ("/inbox/answered", f"/inbox/{referral.pk}"))
    assert str(referral.pk) in text
    for canary in (NAME, referral.case.person.iin, ADDRESS, "4 марта 1991"):
        assert canary not in text


def test_places_are_held_taken_and_released(world: World, sign_in: Callable[[User], Client]) -> None:
    referral = referral_of(canary_case(world, {"housing": "homeless"}), "safe_place")
    client = sign_in(world.gulnar)
    assert "/release" not in client.get("/inbox/places").content.decode()
    client.post(f"/inbox/{referral.pk}/accept")
    occupancy = Occupancy.objects.get(referral=referral)
    assert occupancy.state == "taken"
    assert NAME in client.get("/inbox/places").content.decode()
    assert client.post(f"/inbox/places/{occupancy.pk}/release").status_code == 303
    occupancy.refresh_from_db()
    assert occupancy.state == "released"
    assert Entry.objects.get(kind="place.released").actor == world.gulnar
    assert Message.objects.get(template="place_left").user == world.aigul
    assert client.post(f"/inbox/places/{occupancy.pk}/release").status_code == 409


def test_a_place_held_before_the_consent_names_nobody(world: World, sign_in: Callable[[User], Client]) -> None:
    person = world.person(surname=NAME)
    world.enrol(facts={"housing": "homeless"}, person=person, consent=False)
    page = sign_in(world.gulnar).get("/inbox/places").content.decode()
    assert Occupancy.objects.get().state == "held"
    assert NAME not in page


def test_places_of_others_and_of_who_counts_none_do_not_exist(world: World, sign_in: Callable[[User], Client]) -> None:
    referral = referral_of(world.enrol(facts={"housing": "homeless"}), "safe_place")
    sign_in(world.gulnar).post(f"/inbox/{referral.pk}/accept")
    client = sign_in(world.dana)
    assert client.get("/inbox/places").status_code == 404
    assert client.post(f"/inbox/places/{Occupancy.objects.get().pk}/release").status_code == 404
    assert Occupancy.objects.get().state == "taken"


def test_a_full_house_says_so_and_keeps_the_referral(world: World, sign_in: Callable[[User], Client]) -> None:
    referral = referral_of(world.enrol(facts={"housing": "homeless"}), "safe_place")
    Occupancy.objects.all().delete()
    world.agencies["crisis_centre"].places.update(is_open=False)
    answer = sign_in(world.gulnar).post(f"/inbox/{referral.pk}/accept")
    assert answer.status_code == 409
    referral.refresh_from_db()
    assert referral.state == "sent"


def test_pages_follow_the_deadline_and_their_cost_does_not_grow(
    world: World, sign_in: Callable[[User], Client], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(33):
        without_papers(world)
    client = sign_in(world.dana)
    with django_assert_max_num_queries(22):
        first = client.get("/inbox").content.decode()
    assert first.count('id="row-r') == 30
    last = list(Referral.objects.filter(need__service="identity_document_application").order_by("pk"))[29]
    second = client.get(f"/inbox?after={last.pk}").content.decode()
    assert second.count('id="row-r') == 3
    assert client.get("/inbox?after=x&state=nonsense").status_code == 200


def test_an_empty_inbox_says_what_comes_next(world: World, sign_in: Callable[[User], Client]) -> None:
    for address in ("/inbox", "/inbox/answered"):
        assert 'class="nothing"' in sign_in(world.dana).get(address).content.decode()
