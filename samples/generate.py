"""Writes the two sample registers next to this file: `register-karaganda.csv` and `esep-kostanai.xlsx`.

Everybody in them is generated: common names put together at random, IINs with order numbers from 9000, made-up streets
and telephones. Their untidiness is that of real exports. The same seed gives the same content on every machine.

    python samples/generate.py [FOLDER]
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from oralu.core.identifiers import Sex, iin_generate

SEED = 912
PEOPLE = 200
# Rows whose mistake concerns the IIN, so that they have one.
SPOILT_BY_IIN = (7, 12, 15, 21, 30, 41, 58, 88, 93, 133, 143)
LAST_ENROLMENT = date(2026, 11, 16)

KAZAKH = {
    "female": "Айгүл Айнұр Әсел Ботагөз Гүлмира Динара Жанар Жұлдыз Зарина Қарлығаш Ләззат Маржан Назгүл Шолпан",
    "male": "Асқар Бауыржан Болат Дәурен Ерлан Ерболат Жандос Қайрат Қанат Марат Нұрлан Руслан Самат Серік Талғат",
}
KAZAKH_ROOTS = "Ахмет Әбіл Байжан Досжан Есен Жақсылық Жұмабай Қасым Мұқан Нұрғали Омар Оспан Сейтқали Төлеген Ыбырай"
RUSSIAN = {
    "female": "Анна Вера Галина Екатерина Елена Ирина Людмила Марина Наталья Ольга Светлана Татьяна Юлия",
    "male": "Александр Алексей Андрей Виктор Дмитрий Евгений Игорь Иван Михаил Николай Павел Сергей Юрий",
}
RUSSIAN_SURNAMES = "Беляев Волков Гусев Ершов Зайцев Климов Лебедев Морозов Новиков Орлов Панов Соколов Тарасов Фомин"
RUSSIAN_PATRONYMICS = {
    "female": "Александровна Алексеевна Ивановна Николаевна Петровна Сергеевна Владимировна Викторовна Михайловна",
    "male": "Александрович Алексеевич Иванович Николаевич Петрович Сергеевич Владимирович Викторович Михайлович",
}
MONTHS_RU = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
MONTHS_KK = [
    "қаңтар",
    "ақпан",
    "наурыз",
    "сәуір",
    "мамыр",
    "маусым",
    "шілде",
    "тамыз",
    "қыркүйек",
    "қазан",
    "қараша",
    "желтоқсан",
]

KOSTANAI_PAPERS = ("бар", "бар", "бар (көшірмесі бар)", "қалпына келтіруде", "жоқ", "жоғалтқан")
KOSTANAI_REGISTRATIONS = (
    *("тұрақты", "бар", "уақытша", "уақытша, 01.09.2027 дейін", "тұрақты (көшірмесі ісінде)"),
    *("жоқ", "өтініш берген", ""),
)
KOSTANAI_HOMES = ("өз үйі", "пәтер жалдайды", "туыстарында", "отбасымен", "ӘОО", "жатақхана", "өз үйі (анықтама)")
KOSTANAI_WORK = (
    *("ресми жұмыс істейді", "жұмыс істейді", "жұмыссыз", "бейресми жұмыс істейді"),
    *("мансап орталығында тіркелген", "оқуда", "жоқ"),
)


@dataclass(frozen=True)
class Someone:
    surname: str
    given_name: str
    patronymic: str
    sex: Sex
    birth: date
    iin: str
    enrolled: date
    released: date | None


class People:
    """Draws generated persons; no IIN is given twice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._orders: Counter[tuple[date, str]] = Counter()

    def draw(self) -> Someone:
        rng = self._rng
        sex: Sex = "female" if rng.random() < 0.4 else "male"
        birth = date(1960, 1, 1) + timedelta(days=rng.randrange(365 * 46))
        order = 9000 + self._orders[birth, sex]
        self._orders[birth, sex] += 1
        enrolled = LAST_ENROLMENT - timedelta(days=rng.randrange(240))
        released = enrolled - timedelta(days=rng.randrange(1, 9)) if rng.random() < 0.6 else None
        return Someone(*self._names(sex), sex, birth, iin_generate(birth, sex, order), enrolled, released)

    def _names(self, sex: Sex) -> tuple[str, str, str]:
        rng = self._rng
        if rng.random() < 0.65:
            root, father = rng.choice(KAZAKH_ROOTS.split()), rng.choice(KAZAKH["male"].split())
            if rng.random() < 0.6:
                root = f"{root.removesuffix('й')}{'ев' if root[-1] in 'ий' else 'ов'}{'а' if sex == 'female' else ''}"
            kin = "қызы" if sex == "female" else "ұлы"
            return root, rng.choice(KAZAKH[sex].split()), father + kin if rng.random() < 0.9 else ""
        surname = rng.choice(RUSSIAN_SURNAMES.split()) + ("а" if sex == "female" else "")
        return surname, rng.choice(RUSSIAN[sex].split()), rng.choice(RUSSIAN_PATRONYMICS[sex].split())


def karaganda(path: Path) -> None:
    """CP1251 with the Kazakh letters of KZ-1048 (as Windows in Kazakhstan writes it), semicolons, Russian headers."""
    rng = random.Random(SEED)
    people = People(rng)
    rows = [_karaganda_row(number, people.draw(), rng) for number in range(1, PEOPLE + 1)]
    _spoil_karaganda(rows)
    header = [
        *("№ п/п", "ФИО", "ИИН", "Дата рождения ", "Пол", "Адрес", "Телефон", "Вид пробации", "Основание"),
        *("Дата постановки на учёт", "Дата освобождения", "Дети до 18", "Удостоверение личности", "Прописка", "Жилье"),
        *("Угроза насилия", "Работа", "Доход", "Прикрепление к поликлинике", "Скрининг"),
        *("Нуждается в психологической помощи", "Психолог", "ИПР", "Примечание"),
    ]
    with path.open("w", encoding="kz1048", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(["Список лиц, состоящих на учёте службы пробации (Карагандинская область)"])
        writer.writerow(["Все лица в списке вымышлены, совпадения случайны"])
        writer.writerow([])
        writer.writerow(header)
        for number, row in enumerate(rows, start=1):
            writer.writerow(row)
            if number in (60, 140):
                writer.writerow([])
            if number == 100:
                writer.writerow(header)
        writer.writerow(["", "Итого", len(rows), *[""] * (len(header) - 3)])
        writer.writerow(["", "Исполнитель: инспектор ____________"])


def _karaganda_row(number: int, who: Someone, rng: random.Random) -> list[str]:
    name = " ".join(part for part in (who.surname, who.given_name, who.patronymic) if part)
    employed = rng.random() < 0.35
    work = (
        _pick(rng, "работает официально", "работает")
        if employed
        else _pick(
            rng,
            "не работает",
            "работает неофициально",
            "состоит в ЦЗН",
            "направлен в карьерный центр",
            "обучается",
            "",
            "соцконтракт",
        )
    )
    income = "" if "официально" in work or rng.random() < 0.3 else ("официальный" if employed else "нет")
    violence = _pick(rng, "нет", "", "нет", "есть") if who.sex == "female" else _pick(rng, "нет", "")
    return [
        str(number),
        name + _pick(rng, "", "", "", " "),
        who.iin if number in SPOILT_BY_IIN or rng.random() < 0.93 else "",
        _russian_date(who.birth, rng),
        _pick(rng, "жен", "ж", "женский") if who.sex == "female" else _pick(rng, "муж", "м", "мужской"),
        f"г. Караганда, ул. Образцовая, д. {rng.randrange(1, 200)}, кв. {rng.randrange(1, 90)}",
        f"8 (700) 000-{rng.randrange(10, 100)}-{rng.randrange(10, 100)}" if rng.random() < 0.8 else "нет",
        _pick(rng, "постпенитенциарная") if who.released else _pick(rng, "приговорная", "приговорная пробация"),
        "освобождён по отбытии срока" if who.released else _pick(rng, "условное осуждение", "ограничение свободы"),
        _russian_date(who.enrolled, rng),
        _russian_date(who.released, rng) if who.released else "",
        _pick(rng, "нет", "нет", "1", "2", "3", "", "2 (2015, 2018)"),
        _pick(
            rng,
            "есть",
            "есть",
            "имеется (копия в деле)",
            "есть, копия в деле",
            "восстанавливает",
            "утеряно",
            "не известно",
        ),
        _pick(
            rng,
            "постоянная",
            "есть",
            "временная до 01.06.2027",
            "постоянная (копия в деле)",
            "нет",
            "подал заявление",
            "",
        ),
        _pick(rng, "снимает", "у родственников", "есть", "ЦСА", "с семьёй", "собственное (справка)")
        if rng.random() < 0.88
        else _pick(rng, "без определённого места жительства", "с агрессором" if who.sex == "female" else "нет"),
        violence,
        work,
        income,
        _pick(rng, "прикреплён", "да", "есть (справка)", "нет", "подал заявление", ""),
        _pick(
            rng,
            "пройден",
            "пройден (справка)",
            _russian_date(who.enrolled + timedelta(days=2), rng),
            "назначен",
            "нет",
            "",
        ),
        _pick(rng, "нет", "нет", "да", "", "отказ"),
        _pick(rng, "", "нет", "посещает", "направлена" if who.sex == "female" else "направлен"),
        _pick(
            rng,
            "согласован",
            "составлен",
            "нет",
            "",
            f"подписан {who.enrolled + timedelta(days=3):%d.%m.%Y} (копия в деле)",
        ),
        _pick(rng, "", "", "характеризуется положительно"),
    ]


def _spoil_karaganda(rows: list[list[str]]) -> None:
    """Mistakes that a unit makes, at fixed places."""

    def change(number: int, column: int, how: Callable[[str], str]) -> None:
        rows[number - 1][column] = how(rows[number - 1][column])

    for number in (7, 58, 133):
        change(number, 2, _wrong_digit)
    rows[20][3], rows[20][9] = rows[20][9], rows[20][3]
    change(33, 14, lambda _: "снемает")
    change(44, 12, lambda _: "востанавливает")
    change(75, 9, lambda _: "31.02.2026")
    change(88, 4, lambda value: "муж" if value.startswith("ж") else "жен")
    change(97, 9, lambda _: "15.03.2062")
    change(110, 16, lambda _: "вахта")
    change(121, 1, lambda value: value.split()[0])
    change(150, 9, lambda _: "")
    change(163, 2, lambda _: "7,50312E+11")
    change(171, 3, lambda _: "12/31/1988")
    rows[179] = ["180", *rows[11][1:]]


def kostanai(path: Path) -> None:
    """A workbook with a merged title, Kazakh headers, a row of column numbers, date cells, numbers for IINs."""
    rng = random.Random(SEED + 1)
    people = People(rng)
    book = Workbook()
    sheet = book.active
    sheet.title = "Есеп"
    header = [
        *("Р/с №", "Тегі", "Аты", "Әкесінің аты (бар болса)", "Туған күні", "ЖСН", "Жынысы", "Есепке қойылған күні"),
        *(
            "Босатылған күні",
            "Пробация түрі",
            "Тұрғылықты жері",
            "Ұялы телефон",
            "18 жасқа толмаған балалары",
            "Жеке куәлік",
        ),
        *(
            "Тіркеуі",
            "Баспанасы",
            "Жұмысы",
            "Табыс көзі",
            "Емханаға тіркелуі",
            "Медициналық қарап тексеру",
            "Жеке жоспар",
        ),
        *("Ескертпе",),
    ]
    for row, text in enumerate(
        ("Пробация қызметінде есепте тұрған адамдардың тізімі", "Тізімдегі адамдардың бәрі ойдан алынған"), 1
    ):
        sheet.cell(row, 1, text).alignment = Alignment(horizontal="center")
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(header))
    sheet.cell(1, 1).font = Font(bold=True)
    sheet.append([])
    sheet.append(header)
    sheet.append(list(range(1, len(header) + 1)))
    rows = [_kostanai_row(number, people.draw(), rng) for number in range(1, PEOPLE + 1)]
    _spoil_kostanai(rows)
    for number, row in enumerate(rows, start=1):
        if number == 1:
            sheet.append(["", "Қостанай ауданы"])
        if number == 90:
            sheet.append(["", "Рудный қаласы"])
        if number == 120:
            sheet.append(header)
        if number == 160:
            sheet.append([])
        sheet.append(row)
    sheet.append(["", "Барлығы", PEOPLE])
    sheet.append(["", "Орындаушы: __________"])
    book.create_sheet("Анықтамалық").append(["иә", "жоқ"])
    book.save(path)


def _kostanai_row(number: int, who: Someone, rng: random.Random) -> list[object]:
    work = rng.choice(KOSTANAI_WORK)
    return [
        number,
        who.surname.upper() if rng.random() < 0.1 else who.surname,
        who.given_name,
        who.patronymic,
        who.birth if rng.random() < 0.7 else _kazakh_date(who.birth, rng),
        (int(who.iin) if rng.random() < 0.5 else who.iin) if number in SPOILT_BY_IIN or rng.random() < 0.95 else None,
        _pick(rng, "әйел", "Әйел") if who.sex == "female" else _pick(rng, "ер", "еркек"),
        who.enrolled if rng.random() < 0.7 else _kazakh_date(who.enrolled, rng),
        who.released,
        "постпенитенциарлық" if who.released else _pick(rng, "үкімдік", "үкім"),
        f"Қостанай қ., Үлгі көшесі, {rng.randrange(1, 150)}-үй",
        f"+7 700 000 {rng.randrange(1000, 10000)}",
        rng.choice([0, 0, 1, 2, 3, None, "жоқ"]),
        rng.choice([*KOSTANAI_PAPERS, f"0{rng.randrange(10**7, 10**8)}"]),
        rng.choice(KOSTANAI_REGISTRATIONS),
        rng.choice(KOSTANAI_HOMES) if rng.random() < 0.9 else _pick(rng, "баспанасыз", "жок"),
        work,
        ""
        if "есми" in work and rng.random() < 0.95
        else _pick(rng, "", "жалақы", "жоқ", "кездейсоқ табыс", "белгісіз"),
        _pick(rng, "тіркелген", "бар", "жоқ", "өтініш берді", "тіркелген (анықтама)"),
        rng.choice([who.enrolled + timedelta(days=1), "өтті", "өтті (анықтама)", "тағайындалды", "өтпеген", None]),
        _pick(rng, "келісілген", "жоба", "жоқ", "", "келісілген (көшірмесі ісінде)"),
        "",
    ]


def _spoil_kostanai(rows: list[list[object]]) -> None:
    for number in (15, 93):
        rows[number - 1][5] = _wrong_digit(str(rows[number - 1][5]).zfill(12))
    rows[29][4], rows[29][7] = rows[29][7], rows[29][4]
    rows[51][15] = "жалға алады ма?"
    rows[66][13] = "бра"
    rows[77][7] = "2026 ж. 31 қараша"
    rows[84][2] = ""
    rows[98][4] = 1985
    rows[111] = [112, *rows[40][1:]]
    rows[142][6] = "ер" if str(rows[142][6]).casefold() == "әйел" else "әйел"
    rows[155][7] = date(2027, 3, 1)
    rows[168][1] = "Оспанов2"
    rows[190][16] = "такси"


def _wrong_digit(iin: str) -> str:
    return iin[:11] + str((int(iin[11]) + 1) % 10)


def _russian_date(day: date, rng: random.Random) -> str:
    form = rng.randrange(12)
    if form == 0:
        return f"{day.day} {MONTHS_RU[day.month - 1]} {day.year} г."
    if form == 1:
        return f"{day:%d/%m/%Y}"
    if form == 2:
        return f"{day:%d.%m.%y}"
    return f"{day:%Y-%m-%d}" if form == 3 else f"{day:%d.%m.%Y}"


def _kazakh_date(day: date, rng: random.Random) -> object:
    return rng.choice(
        [
            f"{day.year} ж. {day.day} {MONTHS_KK[day.month - 1]}",
            f"{day:%d.%m.%Y}",
            f"{day:%d.%m.%Y} ж.",
            (day - date(1899, 12, 30)).days,
        ]
    )


def _pick(rng: random.Random, *words: str) -> str:
    return rng.choice(words)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    karaganda(folder / "register-karaganda.csv")
    kostanai(folder / "esep-kostanai.xlsx")
