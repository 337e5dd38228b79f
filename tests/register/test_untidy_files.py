"""Files as units export them: encodings, separators, titles, headers, sums, signatures, merged cells."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from oralu.core.edition import Edition
from oralu.register import RegisterError, read_register
from register.small_list import GO_LIVE, HEADER, IIN, PERSON, SECOND


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "kz1048", "utf-16"])
def test_encoding_and_separator_are_found(read, encoding, separator):
    reading = read(HEADER, PERSON, SECOND, encoding=encoding, separator=separator)
    assert [row.intake.given_name for row in reading] == ["Айгүл", "Иван"]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866"])
def test_encodings_without_kazakh_letters_are_found(read, encoding):
    (row,) = read(HEADER, ["Волкова Анна", *PERSON[1:]], encoding=encoding)
    assert (row.intake.surname, row.intake.facts["housing"].value) == ("Волкова", "temporary")


def test_titles_blank_lines_repeated_header_numbers_sums_and_signatures_are_no_persons(read):
    reading = read(
        ["sep=;"],
        ["Список лиц, состоящих на учёте"],
        [],
        HEADER,
        list(range(1, len(HEADER) + 1)),
        ["Октябрьский район"],
        PERSON,
        [" "] * len(HEADER),
        HEADER,
        SECOND,
        ["Итого", 2],
        ["Начальник отдела ________"],
    )
    assert [row.row for row in reading] == [7, 10]
    assert reading.skipped == {"numbers": 1, "section": 1, "blank": 1, "header": 1, "total": 1, "footer": 1}


def test_headers_are_known_with_case_brackets_two_languages_and_a_slip(read):
    header = [
        "ТЕГІ / Фамилия",
        "имя:",
        "Ж С Н (ИИН)",
        "Дата рожденя",
        "Жынысы",
        "Есепке қойылған  күні*",
        "баспана",
        "Жеке куәлік",
    ]
    (row,) = read(header, ["Сейтқали", "Айгүл", *PERSON[1:]], mapping='columns: {"Ж С Н (ИИН)": iin}')
    assert (row.intake.surname, row.intake.iin, row.intake.facts["identity_document"].value) == (
        "Сейтқали",
        IIN,
        "held",
    )


def test_a_guessed_header_is_said_to_be_guessed(read):
    reading = read(["ФИО", "ИИН", "Дата рожденя", "Пол", "Дата постановки на учет"], PERSON[:5])
    assert [column.how for column in reading.layouts[0].columns] == ["known", "known", "guessed", "known", "known"]


def test_kazakh_words_typed_on_a_russian_keyboard(read):
    header = ["Теги", "Аты", "ЖСН", "Туган куни", "Жынысы", "Есепке койылган куни", "Баспанасы"]
    (row,) = read(header, ["Сейткали", "Айгул", IIN, "1988 ж. 17 мамыр", "айел", "2026 ж. 2 караша", "жок"])
    assert (row.intake.enrolled_on, row.intake.facts["housing"].value) == (date(2026, 11, 2), "homeless")


def test_a_header_in_two_rows(read):
    upper = ["ФИО", "ИИН", "Дата рождения", "Пол", "Учёт", "", "Социальное положение", ""]
    lower = ["", "", "", "", "Дата постановки на учёт", "Дата освобождения", "Жильё", "Работа"]
    (row,) = read(upper, lower, [*PERSON[:5], "30.10.2026", "снимает", "обучается"])
    assert row.intake.released_on == date(2026, 10, 30)
    assert row.intake.facts["employment_track"].value == "training"


def test_a_quote_that_is_never_closed_costs_only_its_own_row(read):
    broken = ['"Ершов Пётр', *SECOND[1:]]
    rows = list(read(HEADER, PERSON, broken, *[[f"Панов Олег{'ович' * n}", "", *SECOND[2:]] for n in range(15)]))
    assert [row.refused for row in rows] == [False, True, *[False] * 15]
    assert (rows[1].row, rows[1].problems[0].code) == (3, "quote_not_closed")


def test_quotes_inside_a_value_and_line_breaks_in_a_cell(tmp_path: Path, edition: Edition):
    path = tmp_path / "list.csv"
    address = '"г. Караганда;\r\nдом 5"'
    path.write_text(
        f"ФИО;ИИН;Дата рождения;Пол;Дата постановки на учёт;Адрес;Служба пробации\r\n"
        f'{";".join(PERSON[:5])};{address};ТОО "Мысал" и 5" труба\r\n{";".join(SECOND[:5])};;\r\n',
        encoding="utf-8",
        newline="",
    )
    rows = list(read_register(path, edition=edition, go_live=GO_LIVE))
    assert [row.row for row in rows] == [2, 3]
    assert (rows[0].intake.address, rows[0].intake.unit) == ("г. Караганда; дом 5", 'ТОО "Мысал" и 5" труба')


def test_a_separator_inside_an_address_is_noticed(read):
    (row,) = read([*HEADER, "Адрес"], [*PERSON, "Караганда", "дом 5"])
    assert (row.problems[-1].code, row.problems[-1].column) == ("row_too_wide", "I")


def test_a_workbook_with_merged_title_date_cells_numbers_and_a_second_sheet(tmp_path: Path, edition: Edition):
    book = Workbook()
    book.active.append(["Пробация қызметі"])
    book.active.merge_cells("A1:G1")
    book.active.append([])
    book.active.append(HEADER)
    book.active.append(["Сейтқали Айгүл", int(IIN), date(1988, 5, 17), "ж", 46328, "снимает ", 12345678.0])
    book.create_sheet("Справочник").append(["да", "нет"])
    other = book.create_sheet("Второй")
    other.append(["Дата постановки на учёт", "ФИО", "Пол", "Дата рождения"])
    other.append([date(2026, 11, 3), "Волков Иван", "м", date(1979, 1, 2)])
    book.save(path := tmp_path / "list.xlsx")
    reading = read_register(path, edition=edition, go_live=GO_LIVE)
    first, second = list(reading)
    assert (first.sheet, first.row, second.sheet, second.row) == ("Sheet", 4, "Второй", 2)
    assert reading.unread_sheets == ("Справочник",)
    assert first.problems[-1].column == "G"
    assert (second.intake.enrolled_on, second.intake.iin) == (date(2026, 11, 3), None)


def test_one_sheet_can_be_chosen(tmp_path: Path, edition: Edition):
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(PERSON)
    book.save(path := tmp_path / "list.xlsx")
    assert len(list(read_register(path, edition=edition, go_live=GO_LIVE, sheet="Sheet"))) == 1
    with pytest.raises(RegisterError) as caught:
        read_register(path, edition=edition, go_live=GO_LIVE, sheet="Есеп")
    assert (caught.value.problems[0].code, caught.value.problems[0].params["known"]) == ("sheet_missing", "Sheet")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"PK\x03\x04 not a workbook", "file_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "file_old_excel"),
        ("что-то;совсем;другое\n1;2;3\n".encode(), "no_header"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(tmp_path: Path, edition: Edition, content: bytes, code: str):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(RegisterError) as caught:
        read_register(path, edition=edition, go_live=GO_LIVE)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_a_workbook_damaged_halfway_says_where(tmp_path: Path, edition: Edition):
    book = Workbook()
    book.active.append(HEADER)
    for _ in range(3):
        book.active.append(PERSON)
    book.save(whole := tmp_path / "whole.xlsx")
    path = tmp_path / "list.xlsx"
    with ZipFile(whole) as source, ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[: len(content) * 2 // 3] if name.endswith("sheet1.xml") else content)
    with pytest.raises(RegisterError) as caught:
        list(read_register(path, edition=edition, go_live=GO_LIVE))
    (problem,) = caught.value.problems
    assert problem.code == "file_unreadable"
    assert str(problem.params["detail"]).startswith("Sheet, ")


def test_a_file_that_is_not_there(tmp_path: Path, edition: Edition):
    with pytest.raises(RegisterError, match="file_unreadable"):
        read_register(tmp_path / "none.csv", edition=edition, go_live=GO_LIVE)


def test_a_column_read_twice_names_both(read):
    with pytest.raises(RegisterError) as caught:
        read([*HEADER, "Жилье"], [*PERSON, "есть"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.row, problem.column, problem.params["other"]) == ("column_twice", 1, "H", "F")
    (row,) = read([*HEADER, "Жилье"], [*PERSON, "есть"], mapping='columns: {"column H": ignore}')
    assert row.intake.facts["housing"].value == "temporary"


def test_all_missing_columns_are_named_at_once(read):
    with pytest.raises(RegisterError) as caught:
        read(["ФИО", "Жильё", "Работа"], ["Волков Иван", "есть", "нет"])
    assert [problem.params["field"] for problem in caught.value.problems] == ["birth_date", "sex", "enrolled_on"]


def test_two_telephones_are_one_line(read):
    (row,) = read([*HEADER, "Телефон", "Сотовый телефон"], [*PERSON, "8 700 000 10 10", "8 700 000 10 11"])
    assert row.intake.phone == "8 700 000 10 10; 8 700 000 10 11"
