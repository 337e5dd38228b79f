"""Names, addresses and phones of people who do not exist: common names put together at random."""

from __future__ import annotations

from random import Random

KAZAKH_SURNAMES = (
    "Абдрахманов", "Айтбаев", "Алимжанов", "Амиров", "Аскаров", "Ахметов", "Байжанов", "Бекетов", "Досанов", "Ермеков",
    "Жанабаев", "Жумагулов", "Ибраев", "Искаков", "Кабдулов", "Касенов", "Кенжебаев", "Курманов", "Мукашев", "Мусин",
    "Нургалиев", "Оразов", "Оспанов", "Рахимжанов", "Садыков", "Сагынтаев", "Сейтказин", "Сулейменов", "Тлеубаев",
    "Токтаров", "Турсынов", "Утегенов", "Хамзин", "Шакиров", "Шаймерденов",
)  # fmt: skip
RUSSIAN_SURNAMES = (
    "Андреев", "Белов", "Васильев", "Воронин", "Гаврилов", "Громов", "Дорохов", "Егоров", "Жуков", "Зайцев", "Кирсанов",
    "Котов", "Лапин", "Макаров", "Никитин", "Орлов", "Панин", "Рябов", "Соколов", "Тихонов", "Фомин",
    "Чернов", "Щербаков",
)  # fmt: skip
KAZAKH_WOMEN = (
    "Айгуль", "Айнур", "Алия", "Алтынай", "Асель", "Ботагоз", "Гаухар", "Гульмира", "Дина", "Жанар", "Жулдыз", "Зарина",
    "Камшат", "Куралай", "Лаура", "Мадина", "Меруерт", "Назгуль", "Перизат", "Сауле", "Толкын", "Улжан", "Шолпан",
)  # fmt: skip
KAZAKH_MEN = (
    "Азамат", "Алмас", "Арман", "Асхат", "Бауыржан", "Бекзат", "Дархан", "Данияр", "Ерболат", "Жандос", "Канат",
    "Марат",
    "Нурлан", "Олжас", "Рустем", "Самат", "Серик", "Талгат", "Тимур", "Шынгыс",
)  # fmt: skip
RUSSIAN_WOMEN = (
    "Анна", "Вера", "Галина", "Дарья", "Екатерина", "Елена", "Ирина", "Ксения", "Лариса", "Людмила", "Марина",
    "Надежда",
    "Наталья", "Оксана", "Ольга", "Светлана", "Татьяна", "Юлия",
)  # fmt: skip
RUSSIAN_MEN = (
    "Александр", "Алексей", "Андрей", "Виктор", "Владимир", "Дмитрий", "Евгений", "Иван", "Игорь", "Максим", "Михаил",
    "Николай", "Павел", "Роман", "Сергей", "Юрий",
)  # fmt: skip
FATHERS = ("Андрей", "Виктор", "Владимир", "Иван", "Максим", "Михаил", "Николай", "Павел", "Роман", "Юрий")
PATRONYMICS = {
    "Андрей": "Андреев", "Виктор": "Викторов", "Владимир": "Владимиров", "Иван": "Иванов", "Максим": "Максимов",
    "Михаил": "Михайлов", "Николай": "Николаев", "Павел": "Павлов", "Роман": "Романов", "Юрий": "Юрьев",
}  # fmt: skip
STREETS = ("Учебная", "Примерная", "Образцовая", "Тетрадная", "Карандашная", "Школьная-учебная")


def full_name(rng: Random, sex: str) -> tuple[str, str, str]:
    """Surname, given name and patronymic (most Kazakh names have none or one in -ұлы, -қызы)."""
    is_female = sex == "female"
    if rng.random() < 0.62:
        surname = rng.choice(KAZAKH_SURNAMES)
        given = rng.choice(KAZAKH_WOMEN if is_female else KAZAKH_MEN)
        patronymic = rng.choice(KAZAKH_MEN) + ("қызы" if is_female else "ұлы") if rng.random() < 0.6 else ""
    else:
        surname = rng.choice(RUSSIAN_SURNAMES)
        given = rng.choice(RUSSIAN_WOMEN if is_female else RUSSIAN_MEN)
        patronymic = PATRONYMICS[rng.choice(FATHERS)] + ("на" if is_female else "ич")
    return surname + ("а" if is_female else ""), given, patronymic


def staff_name(rng: Random) -> str:
    surname, given, _ = full_name(rng, rng.choice(("female", "male")))
    return f"{given} {surname}"


def phone(rng: Random) -> str:
    """A number of the range kept for examples here: +7 700 000 XX XX."""
    return f"+7 700 000 {rng.randrange(100):02d} {rng.randrange(100):02d}"


def address(rng: Random, city: str) -> str:
    return f"{city}, ул. {rng.choice(STREETS)}, {rng.randrange(1, 90)}, кв. {rng.randrange(1, 80)}"
