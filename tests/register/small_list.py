"""The header, the go-live date and two persons of the small registers of these tests."""

from __future__ import annotations

from datetime import date

from oralu.core.identifiers import iin_generate
from oralu.register import RowResult

GO_LIVE = date(2026, 12, 1)
HEADER = ["ФИО", "ИИН", "Дата рождения", "Пол", "Дата постановки на учёт", "Жильё", "Удостоверение личности"]
IIN = iin_generate(date(1988, 5, 17), "female", 9000)
PERSON = ["Сейтқали Айгүл Маратқызы", IIN, "17.05.1988", "ж", "02.11.2026", "снимает", "есть"]
SECOND = ["Волков Иван", iin_generate(date(1979, 1, 2), "male", 9000), "02.01.1979", "м", "03.11.2026", "ЦСА", "нет"]


def codes(result: RowResult) -> list[str]:
    return [problem.code for problem in result.problems]
