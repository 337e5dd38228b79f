"""Dates in their national forms, words for values, and what stands beside a word."""

from __future__ import annotations

from datetime import date

import pytest

from oralu.register import FactEntry, RegisterError
from register.small_list import codes


@pytest.mark.parametrize(
    "text",
    [
        "02.11.2026",
        " 2.11.2026 ",
        "02.11.26",
        "02/11/2026",
        "02-11-2026",
        "02,11,2026",
        "2026-11-02",
        "2026-11-02T00:00:00",
        "02.11.2026 0:00:00",
        "02.11.2026г.",
        "2 ноября 2026 г.",
        "02 Ноября 2026 года",
        "«2» ноября 2026",
        "2026 ж. 2 қараша",
        "2026 жылғы 2 қараша",
        "2026 жылғы 2 қарашада",
        "2 қараша 2026 ж.",
        "2 November 2026",
        "46328",
    ],
)
def test_dates_in_their_usual_forms(one, text):
    assert one(Дата_постановки_на_учёт=text).intake.enrolled_on == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31.02.2026", "date_impossible"),
        ("31 қараша 2026", "date_impossible"),
        ("11/23/2026", "date_month_first"),
        ("2026", "date_only_year"),
        ("в ноябре", "date_unreadable"),
        ("около 02.11.2026", "date_unreadable"),
        ("02.11.0202", "date_impossible"),
        ("123", "date_unreadable"),
    ],
)
def test_what_is_no_date_is_said(one, text, code):
    result = one(Дата_постановки_на_учёт=text)
    assert result.refused
    assert [(p.code, p.column, p.value) for p in result.problems] == [(code, "E", text)]


def test_two_digits_of_a_birth_year_never_make_a_child(one):
    assert one(Дата_рождения="17.05.88").intake.birth_date == date(1988, 5, 17)
    assert one(ИИН="", Дата_рождения="17.05.13").intake.birth_date == date(1913, 5, 17)
    assert one(ИИН="", Дата_рождения="17.05.12").intake.birth_date == date(2012, 5, 17)


def test_an_exporter_that_writes_the_month_first(one):
    result = one(mapping="date_order: mdy", Дата_постановки_на_учёт="11/02/2026", ИИН="", Дата_рождения="05/17/1988")
    assert (result.intake.enrolled_on, result.intake.birth_date) == (date(2026, 11, 2), date(1988, 5, 17))


@pytest.mark.parametrize(
    ("cell", "entry"),
    [
        ("снимает", FactEntry("temporary")),
        ("СНИМАЕТ жилье", FactEntry("temporary")),
        ("ЦСА, с 05.11.2026", FactEntry("shelter", date(2026, 11, 5))),
        ("собственное (копия в деле)", FactEntry("stable", None, True)),
        ("аренда до 01.06.2027, справка", FactEntry("temporary", None, True, date(2027, 6, 1))),
        ("уақытша, 01.06.2027 дейін", FactEntry("temporary", None, False, date(2027, 6, 1))),
        ("без определённого места жительства", FactEntry("homeless")),
        ("жоқ", FactEntry("homeless")),
        ("не известно", FactEntry("asked_unknown")),
        ("отказ", FactEntry("refused")),
        ("", None),
        ("—", None),
        ("нет данных", None),
    ],
)
def test_words_of_housing(one, cell, entry):
    assert one(Жильё=cell).intake.facts.get("housing") == entry


@pytest.mark.parametrize(
    ("cell", "entry"),
    [
        ("восстанавливает", FactEntry("applied")),
        ("045123456", FactEntry("held", None, True, number="045123456")),
        ("№ 045123456 от 03.02.2020", FactEntry("held", date(2020, 2, 3), True, number="045123456")),
        ("есть, выдано 03.02.2020", FactEntry("held", date(2020, 2, 3))),
        ("12.03.2025", FactEntry("held", date(2025, 3, 12))),
    ],
)
def test_words_of_the_identity_document(one, cell, entry):
    assert one(Удостоверение_личности=cell).intake.facts["identity_document"] == entry


def test_one_phrase_may_state_several_facts(one):
    facts = one(Работа="работает неофициально").intake.facts
    assert {name: facts[name].value for name in ("income", "employment_track")} == {
        "income": "informal",
        "employment_track": "none",
    }


def test_a_fact_of_its_own_column_stands_over_an_implied_one_unless_it_is_no_answer(one):
    result = one(Работа="работает неофициально", Доход="пенсия")
    assert (result.intake.facts["income"].value, codes(result)) == ("lawful", ["facts_differ"])
    result = one(Работа="работает неофициально", Доход="не известно")
    assert (result.intake.facts["income"].value, codes(result)) == ("informal", [])


def test_words_that_contradict_each_other(one):
    assert codes(one(Жильё="есть, нет")) == ["words_disagree"]


def test_columns_beside_a_fact(one):
    named = {
        "Прописка": "временная",
        "Регистрация до": "01.06.2027",
        "Дата регистрации": "05.11.2026",
        "№ УДЛ": "045123456",
    }
    facts = one(**named).intake.facts
    assert facts["residence_registration"] == FactEntry("temporary", date(2026, 11, 5), False, date(2027, 6, 1))
    assert facts["identity_document"] == FactEntry("held", None, True, number="045123456")


def test_a_value_that_needs_an_earlier_one_is_left_unknown(one):
    result = one(**{"Связь с семьёй": "восстановлена"})
    assert (codes(result), "family_contact" in result.intake.facts) == (["not_prepared"], False)


@pytest.mark.parametrize(
    ("cell", "children", "minor"),
    [
        ("2", 2, True),
        ("2 (2015, 2018)", 2, True),
        ("нет", 0, False),
        ("да", None, True),
        ("", None, None),
        ("0", 0, False),
    ],
)
def test_children(one, cell, children, minor):
    intake = one(**{"Дети до 18": cell}).intake
    assert (intake.children, intake.minor_children) == (children, minor)


def test_other_columns(one):
    intake = one(
        Язык="каз/рус", Область="Карагандинская область", **{"Вид пробации": "Үкімдік", "Основание": "УДО"}
    ).intake
    assert (intake.languages, intake.region) == (("kk", "ru"), "35")
    assert (intake.probation_type, intake.ground) == ("sentence", "conditional_release")


def test_a_mapping_file_names_columns_words_and_defaults(one):
    mapping = """
    columns: {"Где ночует": housing, "Жильё": ignore}
    words:
      housing: {"вахта": temporary, "у бывшего мужа": {housing: with_aggressor, violence_threat: yes}}
    defaults: {region: "39", unit: УСП Рудный}
    """
    facts = one(mapping=mapping, **{"Где ночует": "у бывшего мужа"}).intake.facts
    assert (facts["housing"].value, facts["violence_threat"].value) == ("with_aggressor", "yes")
    intake = one(mapping=mapping, **{"Где ночует": "Вахта"}).intake
    assert (intake.facts["housing"].value, intake.region, intake.unit) == ("temporary", "39", "УСП Рудный")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("columns: {Жильё: hosing}", "hosing is no field"),
        ("words: {housing: {вахта: tent}}", "tent is no value of housing"),
        ("words: {housng: {вахта: temporary}}", "housng: no such field"),
        ("colums: {}", "colums: expected columns"),
        ("columns: {Жильё: housing, Жильё: ignore}", "Жильё is given twice"),
        ("date_order: ymd", "expected dmy or mdy"),
        ("defaults: {surname: Волков}", "surname: expected region"),
        ("- housing", "expected keys with values"),
        ("columns: [", "while parsing"),
    ],
)
def test_a_bad_mapping_file_is_refused_with_the_place(one, mapping, said):
    with pytest.raises(RegisterError) as caught:
        one(mapping=mapping)
    (problem,) = caught.value.problems
    assert problem.code == "mapping_bad"
    assert said in problem.params["detail"]
