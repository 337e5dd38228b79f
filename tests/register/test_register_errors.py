"""Every mistake names its cell; a bad row never stops the others; the order of the columns does not matter."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oralu.calendarfiles import load_calendar
from oralu.core.identifiers import iin_generate
from oralu.register import evaluate_row
from oralu.register.messages import place_text, problem_text
from register.small_list import GO_LIVE, HEADER, IIN, PERSON, SECOND, codes

WRONG_DIGIT = IIN[:11] + str((int(IIN[11]) + 1) % 10)
YOUNG = iin_generate(date(2014, 1, 1), "female", 9000)


@pytest.mark.parametrize(
    ("columns", "code", "column"),
    [
        ({"ИИН": WRONG_DIGIT}, "iin_control_digit", "B"),
        ({"ИИН": IIN[:10]}, "iin_length", "B"),
        ({"ИИН": "8,80517E+11"}, "iin_rounded", "B"),
        ({"ИИН": "нет паспорта"}, "iin_characters", "B"),
        ({"Дата рождения": "18.05.1988"}, "iin_birth_date_differs", "B"),
        ({"Пол": "м"}, "iin_sex_differs", "B"),
        ({"Пол": "?ж?м"}, "word_unknown", "D"),
        ({"ИИН": "", "Пол": ""}, "value_missing", "D"),
        ({"ИИН": "", "Дата рождения": ""}, "value_missing", "C"),
        ({"ФИО": ""}, "value_missing", "A"),
        ({"ФИО": "Сейтқали"}, "name_incomplete", "A"),
        ({"ФИО": "Сейтқали Айгүл 2"}, "name_characters", "A"),
        ({"ФИО": f"Сейтқали {'Айгүл' * 30}"}, "too_long", "A"),
        ({"Дата постановки на учёт": ""}, "value_missing", "E"),
        ({"Дата постановки на учёт": "02.12.2026"}, "enrolled_in_future", "E"),
        ({"Дата постановки на учёт": "02.11.1988"}, "too_young", "C"),
        ({"Дата постановки на учёт": "17.05.1988"}, "birth_after_enrolment", "C"),
        ({"ИИН": YOUNG, "Дата рождения": "01.01.2014"}, "too_young", "C"),
        ({"Жильё": "снемает"}, "word_unknown", "F"),
        ({"Жильё": "есть, с 02.12.2026"}, "fact_in_future", "F"),
        ({"Жильё": "есть, с 02.12.1987"}, "fact_before_birth", "F"),
        ({"Жильё": "есть с 02.12.2020 до 01.12.2020"}, "word_unknown", "F"),
        ({"Жильё": "есть, с 02.12.2020, до 01.12.2020"}, "fact_ends_before", "F"),
        ({"Жильё": "есть, с 31.02.2020"}, "date_impossible", "F"),
        ({"Дети до 18": "много"}, "children_unreadable", "H"),
        ({"Дата освобождения": "01.01.1990"}, "released_before_life", "H"),
        ({"Область": "Сибирь"}, "word_unknown", "H"),
        ({"Телефон": "8" * 40}, "too_long", "H"),
    ],
)
def test_an_error_refuses_the_row_and_names_the_cell(one, edition, columns, code, column):
    result = one(**columns)
    errors = [problem for problem in result.problems if problem.level == "error"]
    assert (result.refused, [(p.code, p.row, p.column) for p in errors]) == (True, [(code, 2, column)])
    for lang in ("kk", "ru", "en"):
        reason, action = problem_text(errors[0], edition, lang)
        assert reason
        assert action
        assert "{" not in reason + action
        assert "list.csv" in place_text(errors[0], lang)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"ИИН": ""}, ["no_iin"]),
        ({"Дата рождения": ""}, ["birth_from_iin"]),
        ({"Пол": ""}, ["sex_from_iin"]),
        ({"ФИО": "Сейтқали А.М."}, ["name_initials"]),
        ({"Дата постановки на учёт": "02.11.2010"}, ["enrolled_long_ago"]),
    ],
)
def test_what_is_only_odd_does_not_refuse(one, columns, expected):
    result = one(**columns)
    assert (result.refused, codes(result)) == (False, expected)
    assert result.intake.birth_date == date(1988, 5, 17)
    assert result.intake.sex == "female"


def test_lost_zeros_of_an_iin_are_put_back(one):
    iin = iin_generate(date(2003, 4, 5), "female", 9001)
    result = one(ИИН=int(iin), Дата_рождения="05.04.2003")
    assert (result.intake.iin, codes(result)) == (iin, ["iin_zeros_restored"])


def test_an_unknown_word_brings_the_nearest_known_with_its_meaning(one, edition):
    (problem,) = one(Удостоверение_личности="востанавливает").problems
    assert (
        "«восстанавливает» (Документ, удостоверяющий личность: подано заявление)"
        in problem_text(problem, edition, "ru")[1]
    )


def test_the_second_row_of_one_iin_is_refused_and_names_the_first(read, edition):
    rows = list(read(HEADER, PERSON, SECOND, PERSON))
    assert [row.refused for row in rows] == [False, False, True]
    assert problem_text(rows[2].problems[-1], edition, "en")[0] == "This IIN already stands in row 2."


def test_two_persons_of_one_name_and_birth_are_pointed_out(read):
    bare = [PERSON[0], "", *PERSON[2:]]
    rows = list(read(HEADER, bare, bare))
    assert [codes(row) for row in rows] == [["no_iin"], ["no_iin", "person_twice"]]
    assert not rows[1].refused


def test_ten_thousand_malformed_rows_each_name_file_row_column_and_reason(read, edition):
    rng = random.Random(7)
    spoil = {
        0: ["", "Волков", "Волков 1 Иван"],
        1: [WRONG_DIGIT, "123", "8,8E+11", "нет паспорта"],
        2: ["31.02.1988", "17.05.1989", "1988", "позже"],
        3: ["м", "х"],
        4: ["", "01.01.2030", "17.05.1980", "35.11.2026"],
        5: ["снемает", "есть, нет", "с 01.01.2020", "есть, с 01.01.2030"],
        6: ["бра", "утеряно утеряно", "01.13.2020"],
    }
    rows = []
    for _ in range(10_000):
        row = list(PERSON)
        for place in rng.sample(sorted(spoil), rng.randrange(1, 4)):
            row[place] = rng.choice(spoil[place])
        rows.append(row)
    results = list(read(HEADER, *rows))
    assert [result.row for result in results] == list(range(2, 10_002))
    assert all(result.refused for result in results)
    for result in results:
        for problem in result.problems:
            assert problem.file == "list.csv"
            assert problem.row == result.row
            assert problem.column in "ABCDEFG"
            assert problem.header == HEADER["ABCDEFG".index(problem.column)]
            assert all(problem_text(problem, edition, "ru"))
        assert any(problem.level == "error" for problem in result.problems)


def test_a_bad_row_does_not_touch_its_neighbours(read):
    rows = list(read(HEADER, PERSON, ["Волков", "x", "x", "x", "x", "x", "x"], SECOND))
    assert [row.refused for row in rows] == [False, True, False]
    assert len(rows[1].problems) == 7


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    order=st.permutations(range(11)),
    cells=st.fixed_dictionaries(
        {
            "Жильё": st.sampled_from(["снимает", "нет", "снемает", "", "отказ", "ЦСА, с 05.11.2026 (справка)"]),
            "Работа": st.sampled_from(["работает официально", "работает неофициально", "", "вахта"]),
            "Доход": st.sampled_from(["нет", "", "пенсия", "не известно"]),
            "Пол": st.sampled_from(["ж", "м", ""]),
            "Дата постановки на учёт": st.sampled_from(["02.11.2026", "2026 ж. 2 қараша", "31.02.2026", ""]),
            "Дети до 18": st.sampled_from(["2", "нет", ""]),
        }
    ),
)
def test_the_order_of_the_columns_does_not_matter(read, order, cells):
    named = dict(zip(HEADER, PERSON, strict=True)) | {"Работа": "", "Доход": "", "Дети до 18": "", "№ п/п": "1"} | cells
    columns = list(named.items())
    shuffled = [columns[place] for place in order]
    results = [next(iter(read(*zip(*some, strict=True)))) for some in (columns, shuffled)]
    assert results[0].intake == results[1].intake
    said = [[(p.code, p.level, p.header, p.value, p.params) for p in result.problems] for result in results]
    assert said[0] == said[1]


def test_the_evaluation_of_a_row(one, edition):
    calendar = load_calendar()
    judged = evaluate_row(edition, calendar, one(Жильё="нет", Удостоверение_личности="утеряно").intake, GO_LIVE)
    assert (judged.evaluation.day, judged.evaluation.risk, judged.evaluation.failures) == (29, "R3", ("housing",))
    needs = {need.rule.code: need for need in judged.needs}
    assert needs["H1"].target_due.isoformat() == "2026-12-02T00:00:00+05:00"
    assert needs["H1"].limit_due.isoformat() == "2026-12-03T00:00:00+05:00"
    assert (needs["I1"].limit_due.isoformat(), needs["I1"].inherited) == ("2026-12-05T00:00:00+05:00", True)
    assert needs["L2"].waits
    assert needs["L2"].limit_due is None


def test_an_ended_statement_counts_as_unknown_on_the_go_live_date(one, edition):
    intake = one(Прописка="временная, до 01.12.2026").intake
    judged = evaluate_row(edition, load_calendar(), intake, GO_LIVE)
    assert "residence_registration" in judged.evaluation.domains["legal"].missing
    intake = one(Прописка="временная, до 02.12.2026").intake
    judged = evaluate_row(edition, load_calendar(), intake, GO_LIVE)
    assert "residence_registration" not in judged.evaluation.domains["legal"].missing
