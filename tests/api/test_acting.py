"""What a system may do: once, on the state that it has read, and whole or not at all."""

from __future__ import annotations

import pytest
from django.test import Client

from oralu.apps.cases.models import Case, Statement
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import Referral
from systems import CALM, System
from world import World

PROOF = {"title": "Талон", "reference": "7"}
HOUSED = {"facts": [{"name": "housing", "value": "temporary"}]}
APPLIED = {
    "facts": [{"name": "identity_document", "value": "applied"}],
    "evidence": {"title": "Талон", "reference": "7"},
}


@pytest.fixture
def case(world: World) -> Case:
    return world.enrol(facts={"identity_document": "none", **CALM})


@pytest.fixture
def referral(case: Case) -> Referral:
    return Referral.objects.get(case=case, need__service="identity_document_application")


def test_a_fact_is_recorded_with_its_proof_and_the_case_judged_anew(unit: System, case: Case) -> None:
    etag = unit.read(f"/cases/{case.pk}")["ETag"]
    answer = unit.act(f"/cases/{case.pk}/facts", APPLIED, etag=etag)
    assert answer.status_code == 201, answer.content
    row = Statement.objects.get(pk=answer.json()["facts"][0])
    assert (row.name, row.value, row.recorded_by) == ("identity_document", "applied", unit.client.user)
    assert row.evidence is not None
    assert row.evidence.reference == "7"
    case.refresh_from_db()
    assert case.domains["legal"]["points"] == 1
    assert Entry.objects.filter(kind="fact.recorded", case=case, actor=unit.client.user).exists()
    assert answer["ETag"] == unit.read(f"/cases/{case.pk}")["ETag"] != etag


def test_a_mistaken_fact_is_taken_back(unit: System, other_unit: System, case: Case) -> None:
    wrong = Statement.objects.get(case=case, name="identity_document")
    path = f"/cases/{case.pk}/facts/{wrong.pk}/retraction"
    assert other_unit.act(path, {"reason": "ошибка"}).status_code == 404
    answer = unit.act(path, {"reason": "ошибка"})
    assert answer.status_code == 201
    assert Statement.objects.get(pk=answer.json()["fact"]).retracts == wrong
    assert unit.act(path, {"reason": "ошибка"}).status_code == 409
    assert unit.act(f"/cases/{case.pk}/facts/1/retraction", {"reason": "ошибка"}).status_code == 404


def test_who_has_read_an_older_state_changes_nothing(unit: System, case: Case) -> None:
    etag = unit.read(f"/cases/{case.pk}")["ETag"]
    assert unit.act(f"/cases/{case.pk}/facts", HOUSED, etag=etag).status_code == 201
    before = Statement.objects.count()
    late = unit.act(f"/cases/{case.pk}/facts", APPLIED, etag=etag)
    assert (late.status_code, late.json()["type"]) == (412, "/problems/changed-meanwhile")
    assert unit.act(f"/cases/{case.pk}/facts", APPLIED, etag="").status_code == 428
    weak = "W/" + unit.read(f"/cases/{case.pk}")["ETag"]
    assert unit.act(f"/cases/{case.pk}/facts", APPLIED, etag=weak).status_code == 412
    assert Statement.objects.count() == before
    unit.language = "kk"
    etag = unit.read(f"/cases/{case.pk}")["ETag"]
    unit.language = "ru"
    assert unit.act(f"/cases/{case.pk}/facts", APPLIED, etag=etag).status_code == 201


def test_the_same_key_gives_the_same_answer_and_one_effect(unit: System, other_unit: System, case: Case) -> None:
    path, key = f"/cases/{case.pk}/facts", "key-of-an-act"
    first = unit.act(path, APPLIED, key=key)
    count = Statement.objects.count()
    again = unit.act(path, APPLIED, key=key, etag='"' + "0" * 32 + '-en"')
    assert (again.status_code, again.json(), again["ETag"]) == (201, first.json(), first["ETag"])
    assert again["Idempotency-Replayed"] == "true"
    other = unit.act(path, APPLIED | {"evidence": None}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert other_unit.act(path, APPLIED, key=key).status_code == 404
    assert Statement.objects.count() == count
    for bad in ("short", "with space-12", "я" * 12):
        assert unit.act(path, APPLIED, key=bad).status_code == 400


def test_a_refused_act_leaves_its_key_free(unit: System, case: Case) -> None:
    path, key = f"/cases/{case.pk}/facts", "key-of-an-act"
    bad = {"facts": [{"name": "identity_document", "value": "lost_in_space"}]}
    refused = unit.act(path, bad, key=key)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/facts/0"
    assert unit.act(path, APPLIED, key=key).status_code == 201


def test_the_answers_of_an_agency(shop: System, case: Case, referral: Referral) -> None:
    path = f"/referrals/{referral.pk}"
    etag = shop.read(path)["ETag"]
    got = shop.act(f"{path}/acknowledgement", etag=etag)
    assert (got.status_code, got.json()) == (200, {"referral": referral.pk, "state": "acknowledged"})
    assert shop.act(f"{path}/acceptance", etag=etag).status_code == 412
    assert shop.act(f"{path}/acceptance", etag=got["ETag"]).json()["state"] == "accepted"
    records = shop.read(path).json()["records"]
    assert "applied" in records["identity_document"]
    nothing = shop.act(f"{path}/service", {"evidence": PROOF})
    assert (nothing.status_code, nothing.json()["errors"][0]["pointer"]) == (422, "#/facts")
    foreign = shop.act(f"{path}/service", {"facts": [{"name": "housing", "value": "own"}], "evidence": PROOF})
    assert (foreign.status_code, foreign.json()["errors"][0]["pointer"]) == (422, "#/facts/0")
    served = shop.act(f"{path}/service", APPLIED)
    assert served.json()["state"] == "served", served.content
    assert Statement.objects.get(case=case, value="applied").referral == referral
    assert shop.act(f"{path}/decline", {"reason": "other"}).status_code == 409


def test_a_declined_referral_is_gone_and_its_answer_can_be_asked_for_again(shop: System, referral: Referral) -> None:
    path, key = f"/referrals/{referral.pk}/decline", "key-of-an-act"
    first = shop.act(path, {"reason": "no_staff", "note": "все в отпуске"}, key=key)
    assert first.json()["state"] == "declined"
    assert shop.read(f"/referrals/{referral.pk}").status_code == 404
    assert shop.act(path, {"reason": "no_staff", "note": "все в отпуске"}, key=key).json() == first.json()
    assert shop.act(path, {"reason": "no_staff"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 415), (b"{", 400), (b"\xff\xfe", 400), (b'{"facts": NaN}', 400), (b'{"facts": [], "facts": []}', 400),
        (b"[" * 100_000, 400), (b'{"a":' * 9 + b"1" + b"}" * 9, 400), (b'{"facts": ' + b"9" * 5000 + b"}", 400),
        (b'"text"', 422), (b"[]", 422), (b"null", 422), (b"{}", 422), (b'{"facts": []}', 422),
        (b'{"facts": [{"name": "housing", "value": "own"}], "more": 1}', 422),
        (b'{"facts": [{"name": "housing", "value": "own", "effective_on": 5}]}', 422),
        (b'{"facts": [{"name": "housing", "value": "own", "effective_on": "0001-01-01"}]}', 422),
        (b'{"facts": [{"name": "housing", "value": "own", "effective_on": "2026-02-30"}]}', 422),
        (b'{"facts": [{"name": "housing", "value": "own"}], "evidence": {"title": "\\u0000", "reference": "7"}}', 422),
        (b'{"facts": [{"name": "housing", "value": "own"}], "evidence": {"title": "\\ud800", "reference": "7"}}', 422),
        (b'{"facts": [{"name": "housing", "value": "own"}], "evidence": {"title": "   ", "reference": "7"}}', 422),
        (b'{"facts": [{"name": "housing", "value": "own"}], "evidence": {"title": "' + b"x" * 201 + b'"}}', 422),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(unit: System, case: Case, body: bytes, status: int) -> None:
    headers = {"Authorization": f"Bearer {unit.token}", "Idempotency-Key": "key-of-an-act", "If-Match": "*"}
    answer = Client().post(f"/api/v1/cases/{case.pk}/facts", body, content_type="application/json", headers=headers)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_of_another_type_is_refused(unit: System, case: Case) -> None:
    headers = {"Authorization": f"Bearer {unit.token}", "Idempotency-Key": "key-of-an-act", "If-Match": "*"}
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = Client().post(f"/api/v1/cases/{case.pk}/facts", b"{}", content_type=kind, headers=headers)
        assert answer.status_code == 415
    assert unit.act("/referrals/1/acceptance", {"more": 1}).status_code == 404


def test_a_closed_case_takes_nothing_more(world: World, unit: System, case: Case) -> None:
    from oralu.apps.routing.lifecycle import case_close

    case_close(case=case, ground="term_ended", closed_on=world.at.date(), note="", actor=world.aigul, at=world.at)
    answer = unit.act(f"/cases/{case.pk}/facts", APPLIED)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
