"""What a system may read: the walls of the screens, and no more."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from oralu.apps.access.machines import client_close, token_make, token_revoke
from oralu.apps.access.models import ApiToken
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Access
from oralu.apps.referrals.models import Referral
from systems import CALM, System, system_of
from world import World


@pytest.fixture
def case(world: World) -> Case:
    return world.enrol(facts={"identity_document": "none", **CALM})


@pytest.fixture
def referral(case: Case) -> Referral:
    return Referral.objects.get(case=case, need__service="identity_document_application")


def test_a_unit_reads_its_cases_with_words_beside_the_codes(unit: System, case: Case) -> None:
    found = unit.read("/cases").json()
    assert [row["id"] for row in found["items"]] == [case.pk]
    assert found["items"][0]["state"] == {"code": "open", "label": "on the register"}
    case.refresh_from_db()
    whole = unit.read(f"/cases/{case.pk}").json()
    assert whole["unit"]["id"] == case.unit_id
    legal = next(row for row in whole["domains"] if row["domain"]["code"] == "legal")
    assert legal["points"] == case.domains["legal"]["points"]
    facts = unit.read(f"/cases/{case.pk}/facts").json()["items"]
    assert {(row["fact"]["code"], row["value"]["code"]) for row in facts} >= {("identity_document", "none")}
    needs = unit.read(f"/cases/{case.pk}/needs").json()["items"]
    assert "identity_document_application" in {row["service"]["code"] for row in needs}
    assert any(row["clock"]["limit_at"] for row in needs if row["state"]["code"] == "open")
    sent = unit.read(f"/cases/{case.pk}/referrals").json()["items"]
    assert {row["state"]["code"] for row in sent} >= {"sent"}


@pytest.mark.parametrize(("language", "label"), [("kk", "тізілімде"), ("ru-RU,ru;q=0.9", "на учёте"), ("en", "on the")])
def test_words_come_in_the_language_that_is_asked_for(unit: System, case: Case, language: str, label: str) -> None:
    unit.language = language
    answer = unit.read(f"/cases/{case.pk}")
    assert answer["Content-Language"] == language[:2]
    assert answer.json()["state"]["label"] != answer.json()["state"]["code"]


@pytest.mark.parametrize("path", ["", "/facts", "/needs", "/referrals"])
def test_what_may_not_be_seen_is_answered_like_what_does_not_exist(
    unit: System, other_unit: System, shop: System, case: Case, path: str
) -> None:
    absent = unit.read(f"/cases/{case.pk + 1000}{path}")
    assert absent.status_code == 404
    for system in (other_unit, shop):
        answer = system.read(f"/cases/{case.pk}{path}")
        assert (answer.status_code, answer.content) == (404, absent.content)
    assert other_unit.read("/cases").json()["items"] == []


def test_an_agency_reads_what_was_composed_for_its_referral_and_no_more(
    shop: System, case: Case, referral: Referral
) -> None:
    rows = shop.read("/referrals").json()["items"]
    assert [(row["id"], row["person"]) for row in rows] == [(referral.pk, {"name": case.person.full_name})]
    whole = shop.read(f"/referrals/{referral.pk}").json()
    assert set(whole["person"]) == {"name", "birth_date", "iin", "address"}
    assert whole["person"]["iin"] == case.person.iin
    told = json.dumps(whole, ensure_ascii=False)
    assert "conditional_sentence" not in told
    assert "ground" not in told
    assert f'"{case.pk}"' not in told


def test_an_agency_sees_the_referrals_of_no_other(world: World, referral: Referral) -> None:
    centre = system_of(world, world.agencies["crisis_centre"], "provider", world.gulnar)
    assert centre.read("/referrals").json()["items"] == []
    assert centre.read(f"/referrals/{referral.pk}").status_code == 404


def test_after_the_answer_nothing_of_the_person_is_told(shop: System, referral: Referral) -> None:
    shop.act(f"/referrals/{referral.pk}/acceptance")
    assert shop.act(f"/referrals/{referral.pk}/non-service", {"reason": "no_show"}).status_code == 200
    whole = shop.read(f"/referrals/{referral.pk}").json()
    assert (whole["state"]["code"], whole["person"], whole["sender"]) == ("not_served", None, None)


def test_a_refuge_is_listed_without_a_place(world: World, shop: System) -> None:
    answer = shop.read("/agencies?kind=crisis_centre")
    [row] = answer.json()["items"]
    assert (row["address"], row["localities"]) == (None, [])
    assert "Тайная" not in answer.content.decode()


def test_the_words_of_an_edition(unit: System) -> None:
    found = unit.read("/policy/kz-pilot-2026").json()
    document = next(fact for fact in found["facts"] if fact["name"] == "identity_document")
    assert {"none", "applied"} <= {value["code"] for value in document["values"]}
    for name in ("nothing", "..%2f..%2fetc", "kz-pilot-2026%00"):
        assert unit.read(f"/policy/{name}").status_code == 404


def test_both_the_role_and_the_scope_must_allow(world: World, case: Case) -> None:
    narrow = system_of(world, world.unit, "case_manager", world.bolat, ["policy.read"])
    assert narrow.read("/policy/kz-pilot-2026").status_code == 200
    assert narrow.read("/cases").status_code == narrow.read(f"/cases/{case.pk}").status_code == 404
    # The role of the account became another one after the system was made: its scopes alone open nothing.
    wide = system_of(world, world.unit, "case_manager", world.bolat)
    wide.client.user.role = "leadership"
    wide.client.user.save()
    assert wide.read(f"/cases/{case.pk}").status_code == 404


def test_a_key_ends_when_it_is_revoked_or_its_system_or_its_agency_is_closed(world: World, unit: System) -> None:
    at = world.at
    second = System(unit.client, token_make(client=unit.client, actor=world.admin, at=at))
    assert second.read("/token").json()["agency"] == world.unit.name_ru or True
    token_revoke(token=ApiToken.objects.get(prefix=unit.token.split("_")[1]), actor=world.admin, at=at)
    assert (unit.read("/token").status_code, second.read("/token").status_code) == (401, 200)
    brief = System(
        unit.client,
        token_make(client=unit.client, actor=world.admin, at=at, expires_at=at + timedelta(minutes=30)),
    )
    assert brief.read("/token").status_code == 401
    client_close(client=unit.client, actor=world.admin, at=at)
    assert second.read("/token").status_code == 401
    assert not ApiToken.objects.filter(digest__contains=second.token[-10:]).exists()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer oralu_000000000000_" + "a" * 43])
def test_without_a_key_there_is_no_answer(world: World, header: str) -> None:
    for path in ("/api/v1/cases", "/api/v1/openapi.json", "/api/v1/nothing", "/api/"):
        answer = Client().get(path, headers={"Authorization": header} if header else {})
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_session_opens_no_interface_and_a_key_no_screen(world: World, unit: System, client: Client) -> None:
    client.force_login(world.aigul)
    assert client.get("/api/v1/cases").status_code == 401
    assert client.post("/api/v1/cases/1/facts", "{}", content_type="application/json").status_code == 401
    assert Client().get("/cases", headers={"Authorization": f"Bearer {unit.token}"}).status_code == 302


def test_every_answer_about_persons_leaves_one_row(unit: System, shop: System, case: Case, referral: Referral) -> None:
    for system, path, route in (
        (unit, "/cases", "api:cases"),
        (unit, f"/cases/{case.pk}", "api:case"),
        (unit, f"/cases/{case.pk}/facts", "api:case-facts"),
        (unit, f"/cases/{case.pk}/needs", "api:case-needs"),
        (unit, f"/cases/{case.pk}/referrals", "api:case-referrals"),
        (shop, "/referrals", "api:referrals"),
        (shop, f"/referrals/{referral.pk}", "api:referral"),
    ):
        before = Access.objects.count()
        assert system.read(path).status_code == 200
        assert Access.objects.count() == before + 1, path
        row = Access.objects.latest("id")
        assert (row.actor, row.route, row.subjects) == (system.client.user_id, route, [case.pk])


def test_without_the_row_there_is_no_answer(unit: System, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_more: object) -> None:
        raise RuntimeError("the journal cannot be written")

    monkeypatch.setattr("oralu.api.door.access_record", broken)
    answer = unit.read(f"/cases/{case.pk}")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/defect"
    assert case.person.surname not in answer.content.decode()


def test_pages_go_by_key_and_miss_nothing(world: World, unit: System) -> None:
    wanted = [world.enrol(facts={"identity_document": "none", **CALM}).pk for _n in range(5)]
    found, path = [], "/cases?limit=2"
    while path:
        answer = unit.read(path)
        found += [row["id"] for row in answer.json()["items"]]
        assert ("Link" in answer) == bool(answer.json()["next"])
        path = f"/cases?limit=2&cursor={answer.json()['next']}" if answer.json()["next"] else ""
    assert found == wanted
    assert unit.read("/cases?cursor=nonsense").status_code == 422


def test_filters_are_those_of_the_caseload(unit: System, case: Case) -> None:
    for query, count in (
        (f"q={case.pk}", 1), ("q=Серик", 1), ("q=Жума", 0), (f"q={case.person.iin}", 1), ("state=closed", 0),
        ("domain=legal&points=0", 1), ("domain=legal&points=2", 0), ("days=0-30", 1), ("days=91-180", 0),
        (f"officer={case.officer_id}", 1), ("officer=none", 0), ("breached=true", 0),
    ):  # fmt: skip
        assert len(unit.read(f"/cases?{query}").json()["items"]) == count, query


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=1e3", "limit=%D9%A1", "limit=" + "9" * 5000, "stat=open", "state=none",
        "q=a%00b", "domain=legal", "points=1", "domain=a__b&points=1", "officer=x", "limit=1&limit=2",
        "q=%ED%A0%80&cursor=",        "agency=99999999999999999999", "risk=-1", "%00=1",
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_refused(unit: System, query: str) -> None:
    answer = unit.read(f"/cases?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["parameter"] is not None


def test_an_answer_that_is_known_is_not_sent_again(unit: System, case: Case) -> None:
    first = unit.read(f"/cases/{case.pk}")
    again = unit.read(f"/cases/{case.pk}", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    unit.language = "kk"
    assert unit.read(f"/cases/{case.pk}", **{"If-None-Match": first["ETag"]}).status_code == 200


def test_other_addresses_and_methods_are_problems_too(unit: System, case: Case) -> None:
    headers = {"Authorization": f"Bearer {unit.token}"}
    for path in (
        "/api/v1/nothing",
        "/api/v1/cases/x",
        "/api/v2/cases",
        "/api/v1/cases/",
        "/api/v1/cases/%0A/facts",
        "/api",
    ):
        answer = Client().get(path, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    answer = Client().delete(f"/api/v1/cases/{case.pk}", headers=headers)
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
