"""Generated examples for the gallery, in three languages and about nobody. They are no texts of the product, hence not
in the catalogues: translators have enough to do."""

# ruff: noqa: E501 - one sample a line, in three languages, reads best as a table
from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import get_language

from oralu.web import charts
from oralu.web import components as c
from oralu.web.countdown import ALMATY, countdown
from oralu.web.line import DayFact, DaySpan, LineOfDays, RiskPeriod, line_of_days

AT = datetime(2026, 11, 21, 14, 0, tzinfo=ALMATY)
START = date(2026, 10, 22)


def say(en: str, ru: str, kk: str) -> str:
    return {"en": en, "ru": ru, "kk": kk}[(get_language() or "ru")[:2]]


def domains() -> dict[str, str]:
    return {
        "legal": say("Legal", "Правовой", "Құқықтық"),
        "housing": say("Housing", "Жилищный", "Тұрғын үй"),
        "economic": say("Economic", "Экономический", "Экономикалық"),
        "medical": say("Social-medical", "Социально-медицинский", "Әлеуметтік-медициналық"),
        "institutional": say("Institutional", "Институциональный", "Институционалдық"),
    }


def strip(points: str, failed: str = "", provisional: str = "", index: int | None = None) -> c.Strip:
    """A strip from five digits; `failed` and `provisional` name domains by their first letters."""
    reasons = {
        "0": say("No identity document is recorded.", "Документ, удостоверяющий личность, не записан.", "Жеке басты куәландыратын құжат жазылмаған."),
        "1": say("An application is filed, the answer is awaited.", "Заявление подано, ждём ответа.", "Өтініш берілді, жауап күтілуде."),
        "2": say("Closed: both facts have evidence.", "Закрыт: оба факта подтверждены.", "Жабылды: екі дерек те расталған."),
    }  # fmt: skip
    cells = tuple(
        c.Cell(
            code, name, int(n), reasons[n], failed=code[0] in failed, provisional=code[0] in provisional, href="#why"
        )
        for n, (code, name) in zip(points, domains().items(), strict=True)
    )
    return c.Strip(cells, index)


def countdowns() -> list[c.Countdown]:
    hour, day = timedelta(hours=1), timedelta(days=1)
    midnight = datetime(2026, 11, 22, tzinfo=ALMATY)
    party = say("one-stop shop", "ЦОН", "ХҚКО")
    reason = say("Waits for the identity document.", "Ждёт документ, удостоверяющий личность.", "Жеке басты куәландыратын құжатты күтеді.")  # fmt: skip
    make = countdown
    return [
        make(state="running", at=AT, due_at=AT + 5 * hour, target_at=AT + 2 * hour),
        make(state="running", at=AT, due_at=AT + 28 * hour, target_at=AT + 12 * hour),
        make(state="running", at=AT, due_at=midnight, target_at=midnight),
        make(state="running", at=AT, due_at=midnight + day),
        make(state="running", at=AT, due_at=midnight + 5 * day, working_days_left=3),
        make(state="running", at=AT, due_at=midnight + 21 * day),
        make(state="running", at=AT, due_at=AT + 3 * hour, target_at=AT - 2 * hour),
        make(state="running", at=AT, due_at=midnight + 2 * day, target_at=AT - day),
        make(state="running", at=AT, due_at=AT - 5 * hour),
        make(state="running", at=AT, due_at=AT - 2 * day),
        make(state="waiting", at=AT, reason=reason, party=party),
        make(state="paused", at=AT, reason=reason, party=party),
        make(state="met", at=AT, due_at=AT, ended_at=AT - 3 * hour),
        make(state="met", at=AT, due_at=AT - day, ended_at=AT - 3 * hour),
        make(state="withdrawn", at=AT),
    ]


def line() -> LineOfDays:
    facts = [
        DayFact(-40, say("Documents begun in prison", "Документы начаты в учреждении", "Құжаттар мекемеде басталды")),
        DayFact(0, say("Enrolled", "Постановка на учёт", "Есепке қойылды")),
        DayFact(1, say("No identity document", "Нет документа", "Құжат жоқ"), c.Tone.OVER),
        DayFact(2, say("Homeless", "Нет жилья", "Баспанасы жоқ"), c.Tone.OVER),
        DayFact(3, say("Place in a crisis centre", "Место в кризисном центре", "Дағдарыс орталығында орын")),
        DayFact(6, say("Plan agreed", "План согласован", "Жоспар келісілді"), c.Tone.DONE),
        DayFact(17, say("Identity document held", "Документ получен", "Құжат алынды"), c.Tone.DONE),
        DayFact(22, say("Temporary registration", "Временная регистрация", "Уақытша тіркелді"), c.Tone.DONE),
    ]
    spans = [
        DaySpan(say("Safe place", "Безопасное место", "Қауіпсіз орын"), 2, 3, 3, 4, tone=c.Tone.DONE),
        DaySpan(say("Identity document", "Документ", "Жеке куәлік"), 1, 17, 16, 21, tone=c.Tone.DONE),
        DaySpan(say("Registration", "Регистрация", "Тіркеу"), 17, 22, 22, 27, tone=c.Tone.DONE),
        DaySpan(say("Employment track", "Путь к занятости", "Жұмысқа бағыт"), 20, None, 25, 27, say("overdue", "просрочено", "мерзімі өтті"), c.Tone.OVER),
        DaySpan(say("Screening", "Скрининг", "Скрининг"), 3, None, 23, 33, tone=c.Tone.LATE),
        DaySpan(say("Stable home", "Постоянное жильё", "Тұрақты баспана"), 3, None, 63, 93),
        DaySpan(say("Family assessment", "Оценка семьи", "Отбасын бағалау"), 26, None, tone=c.Tone.QUIET),
    ]  # fmt: skip
    return line_of_days(
        start=START, today=30, facts=facts, spans=spans, risk_periods=[RiskPeriod(1, 3), RiskPeriod(27)], plan_due=5
    )


def why() -> c.Why:
    return c.Why(
        rule=say(
            "From day 30: there is no identity document in hand with a registration of residence.",
            "С 30-го дня: нет документа, удостоверяющего личность, вместе с регистрацией по месту жительства.",
            "30-күннен бастап: жеке басты куәландыратын құжат пен тұрғылықты жері бойынша тіркеу бірге жоқ.",
        ),
        citation=say("White Paper, §3, table", "Белая книга, §3, таблица", "Ақ кітап, §3, кесте"),
        basis=say("proposal", "предложение", "ұсыныс"),
        edition="kz-pilot-2026",
        facts=(
            c.FactRead(
                say("Identity document", "Документ, удостоверяющий личность", "Жеке басты куәландыратын құжат"),
                say("held", "на руках", "қолында"), short_officer(), AT - timedelta(days=13), True, "#",
            ),
            c.FactRead(say("Registration of residence", "Регистрация по месту жительства", "Тұрғылықты жері бойынша тіркеу"), say("unknown", "неизвестно", "белгісіз")),
        ),
        href="#",
    )  # fmt: skip


def short_officer() -> str:
    return "Сейтқали Г. Н."


def rows() -> list[c.WorkRow]:
    clock = countdowns()
    act = c.Act(say("Send referral", "Направить", "Жолдама жіберу"), "/design/panel")
    place = c.Act(say("Find a place", "Найти место", "Орын табу"), "/design/panel")
    people = ("Қасымбекова Айгүл Нұрланқызы", "Воронова Дарья Сергеевна", "Өтеғұлов Ғалымжан Әділұлы")
    day = say("day", "день", "күн")
    return [
        c.WorkRow("a1", people[0], "#", say("Safe place", "Безопасное место", "Қауіпсіз орын"), (f"{day} 2", "Алматы"), strip("10001", "h", "m", 2), clock[9], place, why(), "R3"),
        c.WorkRow("a2", people[1], "#", say("Employment track", "Путь к занятости", "Жұмысқа орналасу бағыты"), (f"{day} 41", "Шымкент"), strip("21021", "e", "", 6), clock[6], act, why(), "R3"),
        c.WorkRow("a3", people[2], "#", say("Attachment to a clinic and screening", "Прикрепление к поликлинике и скрининг", "Емханаға тіркелу және скрининг"), (f"{day} 63", "Ақтөбе"), strip("22112", "", "", 8), clock[4], act),
    ]  # fmt: skip


def stats() -> list[c.Stat]:
    return [
        c.Stat(3, say("now", "сейчас", "қазір"), "#now", c.Tone.OVER),
        c.Stat(7, say("today", "сегодня", "бүгін"), "#today", c.Tone.LATE),
        c.Stat(18, say("this week", "на этой неделе", "осы аптада"), "#week"),
        c.Stat(28463, say("on the register", "на учёте", "есепте тұр"), "#"),
        c.Stat(None, say("successful", "успешных", "сәтті"), "", note=""),
    ]


class SampleForm(forms.Form):
    """Every kind of field, so that every kind of error is seen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unknown = [("u", say("unknown", "неизвестно", "белгісіз")), ("r", say("refused to answer", "отказ отвечать", "жауап беруден бас тартты"))]  # fmt: skip
        yes = [
            ("y", say("held", "на руках", "қолында")),
            ("a", say("applied for", "подано заявление", "өтініш берілді")),
        ]
        self.fields["iin"] = forms.CharField(label=say("IIN", "ИИН", "ЖСН"), min_length=12, max_length=12, help_text=say("12 digits", "12 цифр", "12 сан"))  # fmt: skip
        self.fields["document"] = forms.ChoiceField(label=say("Identity document", "Документ, удостоверяющий личность", "Жеке басты куәландыратын құжат"), choices=yes + unknown, widget=forms.RadioSelect)  # fmt: skip
        self.fields["day"] = forms.DateField(label=say("Since", "С какого дня", "Қай күннен"), required=False, help_text=say("For example 21.11.2026", "Например, 21.11.2026", "Мысалы, 21.11.2026"))  # fmt: skip
        self.fields["reason"] = forms.ChoiceField(label=say("Reason", "Причина", "Себебі"), choices=[("", "—"), *unknown], required=False)  # fmt: skip
        self.fields["note"] = forms.CharField(label=say("Note", "Примечание", "Ескертпе"), widget=forms.Textarea(attrs={"rows": 2}), required=False)  # fmt: skip
        self.fields["consent"] = forms.BooleanField(label=say("The person has signed the consent", "Лицо подписало согласие", "Адам келісімге қол қойды"))  # fmt: skip


def context() -> dict[str, Any]:
    filled = SampleForm({"iin": "12345", "day": "31.02.2026"})
    codes = list(charts.TILE_PLACES)
    figures = {code: (float(n * 7 % 61), f"{n * 7 % 61} %", "#") for n, code in enumerate(codes) if code != "62"}
    months = ["06", "07", "08", "09", "10", "11"]
    series = {"75": [40, 44, 41, 52, 58, 61], "79": [30, 28, None, 35, 33, 41], "15": [50, 47, 45, 40, 38, 36]}
    act = c.Act(say("Register a person", "Поставить на учёт", "Есепке қою"), "#")
    return {
        "strips": [strip("22222", index=10), strip("21100", "", "mi", 4), strip("00000", "lhemi", "", 0), strip("10211", "h", "h", 5)],
        "countdowns": countdowns(), "line": line(), "why": why(), "rows": rows(), "stats": stats(),
        "blank_form": SampleForm(), "filled_form": filled,
        "empty": c.Empty(say("Nothing is overdue", "Просроченного нет", "Мерзімі өткен ештеңе жоқ"), say("Next: two referrals are due tomorrow at 18:00.", "Дальше: завтра в 18:00 истекают два направления.", "Келесі: ертең 18:00-де екі жолдаманың мерзімі бітеді.")),
        "empty_new": c.Empty(say("No cases yet", "Кейсов пока нет", "Әзірге кейс жоқ"), say("The first one begins with enrolment.", "Первый начнётся с постановки на учёт.", "Біріншісі есепке қоюдан басталады."), "people", act),
        "confirm": c.Confirm(say("Withdraw the referral?", "Отозвать направление?", "Жолдаманы қайтарып алу керек пе?"), say("The agency stops work; the clock of the need goes on.", "Организация прекращает работу; срок потребности идёт дальше.", "Ұйым жұмысты тоқтатады; қажеттілік мерзімі жүре береді."), "#", say("Withdraw", "Отозвать", "Қайтарып алу"), "#", (say("The withdrawal, your name and the time", "Отзыв, ваше имя и время", "Қайтарып алу, сіздің атыңыз және уақыты"),), danger=True),
        "files": [c.FileItem("akt-zhilishche.pdf", "#", say("Housing survey", "Акт обследования жилья", "Тұрғын үйді тексеру актісі"), 184320, short_officer(), AT), c.FileItem("zhauap.pdf", "#", "PDF", 20480, state=say("in quarantine", "на проверке", "тексерілуде"))],
        "terms": [c.Term(say("Enrolled", "Постановка на учёт", "Есепке қойылды"), say("22 October 2026", "22 октября 2026", "2026 ж. 22 қазан")), c.Term(say("Officer", "Инспектор", "Инспектор"), short_officer(), "#"), c.Term(say("Phone", "Телефон", "Телефон"))],
        "tabs": [c.Tab(say("Now", "Сейчас", "Қазір"), "#", True, 3), c.Tab(say("Today", "Сегодня", "Бүгін"), "#", False, 7), c.Tab(say("Journal", "Журнал", "Журнал"), "#")],
        "filters": [c.Filter("q", say("Name", "Имя", "Аты-жөні")), c.Filter("risk", say("Risk", "Риск", "Тәуекел"), "R3", (("", "—"), ("R2", "R2"), ("R3", "R3")))],
        "pager": c.Pager("#next", "#first", 1), "crumbs": [c.Crumb(say("Caseload", "Кейсы", "Кейстер"), "#"), c.Crumb("KZ-75-2026-000041")],
        "tiles": charts.tile_map(figures), "bars": charts.bars([(charts.REGION_NAMES[k], float(v[-1] or 0), str(v[-1]), "#") for k, v in series.items()]),
        "sparks": [charts.spark(charts.REGION_NAMES[k], v, show=f"{v[-1]} %", names=months, top=100, href="#") for k, v in series.items()],
        "at": AT, "title": say("Components", "Компоненты", "Компоненттер"), "lead": say("Every sign of Oralu in every state.", "Все знаки Oralu во всех состояниях.", "Oralu белгілері барлық күйде."),
        "records": [say("Referral to the crisis centre, answer by tomorrow, 18:00", "Направление в кризисный центр, ответ до завтра, 18:00", "Дағдарыс орталығына жолдама, жауап ертең 18:00-ге дейін")],
        "panel_title": say("Send a referral", "Направить", "Жолдама жіберу"), "submit": say("Send", "Направить", "Жіберу"),
        "flashes": [("success", say("Saved.", "Сохранено.", "Сақталды.")), ("warning", say("The target has passed.", "Целевой срок прошёл.", "Мақсатты мерзім өтті.")), ("error", say("Not saved: the case has changed.", "Не сохранено: кейс изменился.", "Сақталмады: кейс өзгерді."))],
        "heads": [say("Strip", "Лента", "Жолақ"), say("Countdown", "Отсчёт", "Кері санақ"), say("Line of days", "Линия дней", "Күндер желісі"), say("Why", "Почему", "Неге"), say("Work", "Работа", "Жұмыс"), say("Signs", "Знаки", "Белгілер"), say("Form", "Форма", "Нысан"), say("Figures", "Показатели", "Көрсеткіштер"), say("Messages", "Сообщения", "Хабарлар")],
    }  # fmt: skip
