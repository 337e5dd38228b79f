"""The caseload: every case of the unit and of no other, found by name, number or trouble, and taken out as a table."""

from __future__ import annotations

import csv
import io
import json
import re
from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from oralu.apps.cases.caseload_selectors import CaseFilter, cases_found, cases_page
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Person
from oralu.apps.routing.lifecycle import case_close
from oralu.web.caseload.export import safe
from world import World, build

SAFE = {"housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}


@pytest.fixture
def world(db: None) -> World:
    return build(timezone.localtime())


@pytest.fixture
def cases(world: World) -> dict[str, Case]:
    """Four cases of one unit, each with a trouble of its own."""
    at = world.at
    homeless = world.enrol(facts={"housing": "homeless"}, person=world.person(surname="Қасымова", given_name="Әлия"))
    calm = world.enrol(
        facts=SAFE, person=world.person(surname="Ёлкин", given_name="Пётр", sex="male"), officer=world.bolat
    )
    old = world.enrol(
        facts=SAFE | {"identity_document": "held", "residence_registration": "permanent"},
        enrolled_on=at.date() - timedelta(days=45),
        person=world.person(surname="Ахметова", given_name="Сауле"),
    )
    closed = world.enrol(facts=SAFE, person=world.person(surname="Ушедшая", given_name="Вера"))
    case_close(case=closed, ground="term_ended", closed_on=at.date(), note="", actor=world.aigul, at=at)
    return {"homeless": homeless, "calm": calm, "old": old, "closed": closed}


def found(world: World, **wanted: object) -> set[int]:
    return set(cases_found(world.aigul, CaseFilter(**wanted), on=world.at.date()).values_list("pk", flat=True))


def ids(cases: dict[str, Case], *names: str) -> set[int]:
    return {cases[name].pk for name in names}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("касымова", ["homeless"]),
        ("ҚАСЫМ", ["homeless"]),
        ("елкин петр", ["calm"]),
        ("Ёлк", ["calm"]),
        ("сауле", ["old"]),
        ("алия", ["homeless"]),
        ("Әлия Қасымова", ["homeless"]),
        ("касымова ал", ["homeless"]),
        ("петр сауле", []),
        ("симова", []),
        ("Ушедшая", ["closed"]),
        ("%", []),
        ("", ["homeless", "calm", "old"]),
    ],
)
def test_a_name_is_found_by_the_beginnings_of_its_words_however_its_letters_are_typed(
    world: World, cases: dict[str, Case], text: str, names: list[str]
) -> None:
    assert found(world, q=text) == ids(cases, *names)


def test_a_name_is_looked_for_among_the_own_unit_however_many_others_there_are(
    world: World, cases: dict[str, Case]
) -> None:
    person, case, other = cases["calm"].person, Case.objects.get(pk=cases["calm"].pk), world.erlan.agency
    crowd = Person.objects.bulk_create(
        Person(
            surname="Ёлкин",
            given_name="Сауле",
            search_key="елкин сауле",
            birth_date=person.birth_date,
            sex="female",
            is_generated=True,
        )
        for _n in range(3000)
    )
    for one in crowd:
        case.pk, case.person, case.unit, case.import_key = None, one, other, f"crowd-{one.pk}"
        one.one_case = copy(case)
    Case.objects.bulk_create(one.one_case for one in crowd)
    wanted = cases_found(world.aigul, CaseFilter(q="сауле"), on=world.at.date())
    assert [one.pk for one in wanted] == [cases["old"].pk]
    assert _persons_read(json.loads(wanted.explain(format="json", analyze=True))[0]["Plan"]) <= 20


def _persons_read(node: dict[str, Any]) -> float:
    own = 0.0
    if node.get("Relation Name") == "people_person":
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return own + sum(_persons_read(part) for part in node.get("Plans", []))


def test_an_iin_and_a_number_of_a_case_are_found_exactly(world: World, cases: dict[str, Case]) -> None:
    calm = cases["calm"]
    assert found(world, q=calm.person.iin) == {calm.pk}
    assert found(world, q=f"{calm.person.iin[:6]} {calm.person.iin[6:]}") == {calm.pk}
    assert found(world, q=str(calm.pk)) == {calm.pk}
    assert found(world, q=f"№ {calm.pk}") == {calm.pk}
    assert found(world, q=str(calm.pk + 10_000)) == set()


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"domain": "housing", "points": "failed"}, ["homeless"]),
        ({"points": "failed"}, ["homeless", "old"]),
        ({"domain": "housing", "points": "0"}, ["homeless"]),
        ({"domain": "legal", "points": "0"}, ["homeless", "calm"]),
        ({"risk": 3}, ["homeless", "old"]),
        ({"days": "0-30"}, ["homeless", "calm"]),
        ({"days": "31-60"}, ["old"]),
        ({"days": "181"}, []),
        ({"state": "closed"}, ["closed"]),
        ({"state": "open"}, ["homeless", "calm", "old"]),
        ({"officer": "none"}, []),
        ({"is_breached": True}, []),
        ({"points": "failed", "days": "31-60"}, ["old"]),
        ({"points": "failed", "days": "31-60", "q": "қасым"}, []),
    ],
)
def test_filters_find_what_they_say_and_combine(
    world: World, cases: dict[str, Case], wanted: dict[str, object], names: list[str]
) -> None:
    assert found(world, **wanted) == ids(cases, *names)


def test_filters_by_officer_agency_and_missed_deadline(world: World, cases: dict[str, Case]) -> None:
    assert found(world, officer=str(world.bolat.pk)) == ids(cases, "calm")
    assert found(world, agency=world.agencies["crisis_centre"].pk) == ids(cases, "homeless")
    Case.objects.filter(pk=cases["old"].pk).update(breached=["medical"])
    assert found(world, is_breached=True) == ids(cases, "old")


def test_the_edges_of_a_range_of_days_belong_to_it(world: World) -> None:
    today = world.at.date()
    case = world.enrol(facts=SAFE)
    for day, days in ((0, "0-30"), (30, "0-30"), (31, "31-60"), (60, "31-60"), (180, "91-180"), (181, "181")):
        Case.objects.filter(pk=case.pk).update(enrolled_on=today - timedelta(days=day))
        assert [code for code in ("0-30", "31-60", "61-90", "91-180", "181") if found(world, days=code)] == [days]


@pytest.mark.parametrize("order", ["risk", "deadline", "day", "name"])
def test_pages_of_every_order_lose_and_repeat_nothing(world: World, order: str) -> None:
    for n in range(11):
        world.enrol(
            facts={"housing": ("homeless", "stable", "temporary")[n % 3]},
            enrolled_on=world.at.date() - timedelta(days=n % 4),
            person=world.person(surname=("Б", "а", "Ә")[n % 3] + "лимова"),
        )
    Case.objects.filter(pk__in=Case.objects.order_by("pk").values("pk")[:4]).update(next_due_at=None)
    every = cases_found(world.aigul, CaseFilter(), on=world.at.date())
    whole, _more = cases_page(every, order, after=None, size=100)
    paged, after, more = [], None, True
    while more:
        rows, more = cases_page(every, order, after=after, size=3)
        paged += rows
        after = rows[-1].pk
    assert [case.pk for case in paged] == [case.pk for case in whole]
    assert len(whole) == 11


def test_deadlines_come_nearest_first_and_cases_without_one_last(world: World, cases: dict[str, Case]) -> None:
    Case.objects.filter(pk=cases["calm"].pk).update(next_due_at=None)
    Case.objects.filter(pk=cases["old"].pk).update(next_due_at=world.at - timedelta(days=1))
    every = cases_found(world.aigul, CaseFilter(), on=world.at.date())
    rows, _more = cases_page(every, "deadline", after=None, size=10)
    assert [case.pk for case in rows] == [cases[name].pk for name in ("old", "homeless", "calm")]


# --- the page ---------------------------------------------------------------------------------------------------------


def page(client: Client, user: object, address: str = "/cases") -> str:
    client.force_login(user)
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_words_and_never_codes(client: Client, world: World, cases: dict[str, Case]) -> None:
    html = page(client, world.aigul)
    for text in ("Қасымова Әлия", "Ахметова Сауле", "Айгуль Сапарова", "R3"):
        assert text in html
    rows = re.search(r"<tbody.*?</tbody>", html, re.S)[0]
    assert not re.search(r"housing|safe_place|homeless|identity_document|case_manager", rows)
    assert rows.count("<tr>") == 3


def test_another_unit_finds_nobody_by_name_number_or_filter(
    client: Client, world: World, cases: dict[str, Case]
) -> None:
    homeless = cases["homeless"]
    for query in ("", "?q=Қасымова", f"?q={homeless.person.iin}", f"?q={homeless.pk}", f"?after={homeless.pk}"):
        html = page(client, world.erlan, f"/cases{query}")
        assert "Қасымова Әлия" not in html
        assert "Ахметова" not in html
        assert 'class="nothing"' in html
    for user in (world.dana, world.kairat, world.admin):
        client.force_login(user)
        for address in ("/cases", "/search?q=x", "/cases.csv"):
            assert client.get(address).status_code == 404


def test_search_is_the_same_page_and_keeps_what_was_typed(client: Client, world: World, cases: dict[str, Case]) -> None:
    html = page(client, world.aigul, "/search?q=касым")
    assert "Қасымова Әлия" in html
    assert html.count('value="касым"') == 2
    assert "autofocus" in page(client, world.aigul, "/search")
    nobody = page(client, world.aigul, "/search?q=Нетакой")
    assert 'class="nothing"' in nobody
    assert 'value="Нетакой"' in nobody


def test_what_is_no_choice_counts_as_not_chosen(client: Client, world: World, cases: dict[str, Case]) -> None:
    strange = "?domain=roof:9&risk=99&days=x&agency=abc&officer=-1&state=lost&sort=pk&after=zz&q=%00"
    assert page(client, world.aigul, f"/cases{strange}").count("<tr>") == 4
    assert page(client, world.aigul, "/cases?q=99999999999").count("<tr>") == 0


def test_the_filter_of_the_page_reaches_the_export_and_the_next_page(
    client: Client, world: World, cases: dict[str, Case]
) -> None:
    html = page(client, world.aigul, "/cases?domain=housing:failed&sort=name")
    assert "Қасымова Әлия" in html
    assert "Ахметова" not in html
    assert 'href="/cases.csv?domain=housing%3Afailed&amp;sort=name"' in html


def test_the_number_of_queries_does_not_grow(client: Client, world: World, django_assert_max_num_queries) -> None:
    client.force_login(world.aigul)
    world.enrol(facts={"housing": "homeless"})
    client.get("/cases")
    with django_assert_max_num_queries(19) as few:
        client.get("/cases")
    for _ in range(9):
        world.enrol(facts=SAFE)
    with django_assert_max_num_queries(19) as many:
        client.get("/cases")
    assert len(many) == len(few)


# --- the table --------------------------------------------------------------------------------------------------------


def table(client: Client, user: object, query: str = "") -> list[list[str]]:
    client.force_login(user)
    response = client.get(f"/cases.csv{query}")
    assert response.status_code == 200
    assert response.streaming
    body = response.getvalue().decode("utf-8")
    assert body.startswith("\ufeff")
    return list(csv.reader(io.StringIO(body.removeprefix("\ufeff")), delimiter=";"))


def test_the_table_holds_the_same_cases_and_the_journal_whose_they_were(
    client: Client, world: World, cases: dict[str, Case]
) -> None:
    head, *rows = table(client, world.aigul, "?days=0-30&sort=name")
    assert [row[0] for row in rows] == [str(cases["calm"].pk), str(cases["homeless"].pk)]
    assert all(len(row) == len(head) for row in rows)
    entry = Entry.objects.get(kind="caseload.exported")
    assert entry.actor == world.aigul
    assert entry.data == {"cases": [cases["calm"].pk, cases["homeless"].pk]}


def test_heads_and_values_are_in_the_language_of_the_reader(
    client: Client, world: World, cases: dict[str, Case]
) -> None:
    heads = {}
    for language in ("ru", "kk", "en"):
        world.aigul.language = language
        world.aigul.save()
        heads[language], *rows = table(client, world.aigul, "?domain=housing:failed")
        assert not {"open", "R3", "safe_place"} & set(rows[0])
    assert "Housing" in heads["en"]
    assert "Жилищный" in heads["ru"]
    assert len({tuple(head) for head in heads.values()}) == 3


def test_another_unit_takes_out_an_empty_table(client: Client, world: World, cases: dict[str, Case]) -> None:
    assert len(table(client, world.erlan)) == 1
    assert Entry.objects.get(kind="caseload.exported").data == {"cases": []}


def test_no_name_is_taken_for_a_formula() -> None:
    assert safe('=HYPERLINK("x")') == '\'=HYPERLINK("x")'
    assert safe(-12) == -12
    assert safe("Ахметова") == "Ахметова"
