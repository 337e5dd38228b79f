"""The recurring signs say what they mean: in words, in the right plural, in three languages, never by colour alone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

from oralu.web import charts, context, gallery, gallery_samples
from oralu.web.components import Cell, Strip, Tone
from oralu.web.countdown import countdown
from oralu.web.line import LETTER, MAX_LABEL_LANES, DayFact, DaySpan, RiskPeriod, line_of_days

ALMATY = ZoneInfo("Asia/Almaty")
AT = datetime(2026, 11, 21, 14, 0, tzinfo=ALMATY)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=ALMATY)


@pytest.fixture(params=["ru", "kk", "en"])
def language(request: pytest.FixtureRequest):
    with translation.override(request.param):
        yield request.param


def draw(source: str, **values: object) -> str:
    compiled = CottonCompiler().process("{% load i18n oralu %}" + source)
    return engines["django"].from_string(compiled).render(values)


def running(due_at: datetime, **more: object):
    return countdown(state="running", at=AT, due_at=due_at, **more)


@pytest.mark.parametrize(
    ("due_at", "ru", "kk"),
    [
        (AT + timedelta(minutes=31), "осталась 31 мин", "31 мин қалды"),
        (AT + 5 * HOUR, "осталось 5 ч", "5 сағ қалды"),
        (AT + 28 * HOUR, "завтра, 18:00", "ертең, 18:00"),
        (MIDNIGHT, "сегодня, до конца дня", "бүгін, күннің соңына дейін"),
        (MIDNIGHT + DAY, "завтра, до конца дня", "ертең, күннің соңына дейін"),
        (MIDNIGHT + 2 * DAY, "осталось 2 дня", "2 күн қалды"),
        (MIDNIGHT + 21 * DAY, "остался 21 день", "21 күн қалды"),
        (AT, "просрочено меньше чем на час", "мерзімінен бір сағаттан аз өтті"),
        (AT - 5 * HOUR, "просрочено на 5 ч", "мерзімінен 5 сағ өтті"),
        (AT - 2 * DAY, "просрочено на 2 дня", "мерзімінен 2 күн өтті"),
        (AT - 11 * DAY, "просрочено на 11 дней", "мерзімінен 11 күн өтті"),
    ],
)
def test_a_deadline_is_said_as_a_person_says_it(due_at, ru, kk):
    with translation.override("ru"):
        assert running(due_at).text == ru
    with translation.override("kk"):
        assert running(due_at).text == kk


@pytest.mark.parametrize(
    ("days", "ru"), [(1, "остался 1 рабочий день"), (3, "осталось 3 рабочих дня"), (5, "осталось 5 рабочих дней")]
)
def test_working_days_are_said_as_such(days, ru):
    with translation.override("ru"):
        assert running(MIDNIGHT + 9 * DAY, working_days_left=days).text == ru


def test_amber_begins_at_the_target_and_red_only_at_the_limit():
    def tone(target_at, due_at):
        return running(due_at, target_at=target_at).tone

    second = timedelta(seconds=1)
    assert tone(AT + second, AT + HOUR) is Tone.CALM
    assert tone(AT, AT + HOUR) is Tone.LATE
    assert tone(AT - HOUR, AT + second) is Tone.LATE
    assert tone(AT - HOUR, AT) is Tone.OVER


def test_a_deadline_at_midnight_is_named_by_the_day_that_it_ends():
    with translation.override("ru"):
        assert running(MIDNIGHT + 2 * DAY).exact == "срок: конец дня 23 ноября 2026"
    with translation.override("kk"):
        assert running(MIDNIGHT + 2 * DAY).exact == "мерзімі: 2026\u00a0ж. 23\u00a0қараша, күннің соңы"


def test_waiting_and_paused_say_for_whom():
    with translation.override("ru"):
        assert countdown(state="waiting", at=AT, party="ЦОН").text == "ждёт: ЦОН"
        assert countdown(state="paused", at=AT, party="суд", reason="ждём решения").note == "ждём решения"


def test_a_clock_is_refused_when_it_cannot_be_said():
    with pytest.raises(ValueError, match="unknown state"):
        countdown(state="sleeping", at=AT)
    with pytest.raises(ValueError, match="aware"):
        countdown(state="running", at=AT, due_at=datetime(2026, 11, 22))  # noqa: DTZ001
    with pytest.raises(ValueError, match="needs due_at"):
        countdown(state="running", at=AT)


def test_the_strip_says_everything_in_words(language):
    strip = gallery_samples.strip("10211", "h", "m", 5)
    text = draw('<c-strip :of="strip" />', strip=strip)
    for cell in strip.cells:
        assert f"{cell.label}: {cell.points}, {cell.state}" in text
    assert str(strip.cells[1].state) in re.sub(r"<svg.*?</svg>", "", text, flags=re.S)
    assert text.count("cell-cut") == 1
    assert text.count("cell-dashed") == 1


def test_the_strip_keeps_the_order_of_the_edition_and_takes_a_sixth_domain():
    cells = tuple(Cell(f"d{n}", f"Domain {n}", n % 3) for n in range(6))
    text = draw('<c-strip :of="strip" />', strip=Strip(cells))
    assert [int(n) for n in re.findall(r">Domain (\d): \d\. ", text)] == [0, 1, 2, 3, 4, 5]


def test_points_outside_the_policy_are_refused():
    with pytest.raises(ValueError, match="must be 0, 1 or 2"):
        Cell("legal", "Legal", 3)


def test_the_large_strip_gives_each_reason_to_a_keyboard():
    text = draw('<c-strip :of="strip" size="large" />', strip=gallery_samples.strip("10211", "h"))
    assert text.count("<summary>") == 5
    assert text.count('class="pop-box"') == 5


def test_words_of_a_person_are_escaped():
    cell = Cell("legal", "<b>Legal</b>", 1, "<script>alert(1)</script>")
    text = draw('<c-strip :of="strip" /><c-strip :of="strip" size="large" />', strip=Strip((cell,)))
    assert "<script>" not in text
    assert "<b>Legal" not in text


def many_facts() -> list[DayFact]:
    return [
        DayFact(day, f"Fact number {n} with words") for n, day in enumerate([-30, 0, 0, 1, 2, 2, 3, 9, 29, 178, 180])
    ]


def test_labels_on_the_line_of_days_do_not_touch():
    line = line_of_days(start=date(2026, 10, 22), today=30, facts=many_facts())
    boxes = []
    for fact in line.facts:
        if not fact.label:
            continue
        width = len(fact.label) * LETTER
        left = fact.text_x - width if fact.anchor == "end" else fact.text_x
        boxes.append((fact.y, left, left + width))
    assert len(boxes) >= MAX_LABEL_LANES
    for i, (y, left, right) in enumerate(boxes):
        assert left >= 0
        assert right <= line.width
        for other_y, other_left, other_right in boxes[i + 1 :]:
            assert y != other_y or right <= other_left or other_right <= left


def test_no_label_of_a_need_leaves_the_line_of_days():
    spans = [
        DaySpan("Психологическая помощь", start, end, target, limit)
        for start in (0, 1, 20, 60, 175, 200)
        for end, target, limit in ((None, 2, 4), (400, 60, 93), (start + 1, 170, 180), (None, None, 900))
    ]
    line = line_of_days(start=date(2026, 10, 22), today=210, spans=spans)
    assert len(line.spans) == len(spans)
    for span in line.spans:
        width = len(span.label) * LETTER
        left = span.text_x - width if span.anchor == "end" else span.text_x
        assert left >= 0
        assert left + width <= line.width


def test_the_line_keeps_order_of_days_and_compresses_what_is_far():
    spans = [DaySpan("Home", -365, 900, 60, 90)]
    line = line_of_days(start=date(2026, 10, 22), today=200, facts=many_facts(), spans=spans)
    assert [mark.x for mark in line.milestones] == sorted(mark.x for mark in line.milestones)
    assert line.axis_x1 < line.zero_x < line.end_x < line.today.x < line.axis_x2
    assert line.end_x - line.zero_x > 4 * (line.axis_x2 - line.end_x)


def test_the_line_of_days_is_also_a_table(language):
    spans = [DaySpan("Home", 3, None, 63, 93, "open")]
    line = line_of_days(
        start=date(2026, 10, 22), today=30, facts=many_facts(), spans=spans, risk_periods=[RiskPeriod(1, 3)]
    )
    text = draw('<c-line :of="line" />', line=line)
    table = text[text.index("<table") :]
    assert table.count("<tr>") == 1 + len(many_facts()) + 1 + 1 + 1
    for fact in many_facts():
        assert fact.label in table
    assert 'tabindex="0"' in text


def test_dates_and_numbers_follow_the_language():
    source = "{{ d|localdate }}|{{ 28463|number }}|{{ x|number }}|{{ 30|day_n }}"
    said = {}
    for code in ("ru", "kk", "en"):
        with translation.override(code):
            said[code] = draw(source, d=date(2026, 11, 21), x=-1234.5)
    assert said["ru"] == "21 ноября 2026|28\u202f463|\u22121\u202f234,5|день 30"
    assert said["kk"] == "2026\u00a0ж. 21\u00a0қараша|28\u202f463|\u22121\u202f234,5|30-күн"
    assert said["en"] == "21 November 2026|28\u202f463|\u22121\u202f234.5|day 30"


def test_names_are_shortened_as_in_papers():
    assert draw("{{ n|short_name }}", n="Өтеғұлов Ғалымжан Әділұлы") == "Өтеғұлов\u00a0Ғ.\u00a0Ә."
    assert draw("{{ n|short_name }}", n="Воронова") == "Воронова"


def test_a_refused_form_keeps_what_was_typed_and_links_each_error_to_its_field(language):
    form = gallery_samples.SampleForm({"iin": "12345", "day": "31.02.2026"})
    text = draw('<c-error_summary :form="form" />{% for f in form %}<c-field :field="f" />{% endfor %}', form=form)
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    links = re.findall(r'href="#([^"]+)"', text)
    assert len(links) == 4
    assert set(links) <= ids
    for described in re.findall(r'aria-describedby="([^"]+)"', text):
        assert set(described.split()) <= ids
    assert 'value="12345"' in text
    assert 'value="31.02.2026"' in text


def test_every_region_stands_once_on_the_tile_map():
    places = list(charts.TILE_PLACES.values())
    assert len(places) == len(set(places)) == 20
    tiles = charts.tile_map({"75": (10.0, "10 %", "/x"), "79": (0.0, "0 %", "")})
    shades = {tile.code: tile.shade for tile in tiles}
    assert (shades["75"], shades["79"], shades["71"]) == (4, 0, None)
    with pytest.raises(ValueError, match="unknown region codes 99"):
        charts.tile_map({"99": (1.0, "1", "")})


def test_a_gap_in_a_series_is_a_gap_and_not_a_zero():
    spark = charts.spark("A", [1, 2, None, 3, 4], show="4", names=list("abcde"))
    assert len(spark.lines) == 2
    assert "c: —" in spark.summary
    with pytest.raises(ValueError, match="5 values, 2 names"):
        charts.spark("A", [1, 2, 3, 4, 5], show="5", names=["a", "b"])


@pytest.mark.parametrize("role", ["case_manager", "unit_head", "provider", "leadership", "administrator"])
def test_navigation_shows_a_role_its_own_pages_only(role, monkeypatch):
    monkeypatch.setattr(context, "address", lambda name: f"/{name}")
    request = RequestFactory().get("/policy/rules")
    request.user = SimpleNamespace(role=role)
    links = context.nav(request)
    assert [link.url_name for link in links] == [e.url_name for e in context.NAVIGATION if role in e.roles]
    assert [link.url_name for link in links if link.current] == ["policy"]
    request.user = SimpleNamespace()
    assert context.nav(request) == ()


class Page(HTMLParser):
    """Collects what the content security policy and a screen reader would trip over."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if names.get("id"):
            self.ids.append(str(names["id"]))
        self.faults += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.faults.append(f"inline {tag}")
        if tag.startswith("c-"):
            self.faults.append(f"component left undrawn: {tag}")


def gallery_page() -> str:
    request = RequestFactory().get("/design/")
    request.user = SimpleNamespace(role="case_manager", is_authenticated=True, is_demo=True)
    return gallery.gallery(request).content.decode()


def test_the_gallery_draws_every_component_without_inline_code(language):
    text = gallery_page()
    page = Page()
    page.feed(text)
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert f'<html lang="{language}">' in text
    assert "{{" not in text
    assert "{%" not in text


def test_every_component_file_is_shown_in_the_gallery():
    root = Path(gallery.__file__).parent / "templates"
    folder = root / settings.COTTON_DIR
    sources = "".join(path.read_text() for path in [*(root / "web").glob("*.html"), *folder.glob("*.html")])
    used = set(re.findall(r"<c-(\w+)[ >]", sources))
    unused = [path.stem for path in folder.glob("*.html") if path.stem not in used]
    assert unused == []


def test_every_icon_that_is_named_is_drawn():
    web = Path(gallery.__file__).parent
    drawn = set(re.findall(r'<symbol id="(\w+)"', (web / "static/web/icons.svg").read_text()))
    sources = "".join(path.read_text() for path in web.rglob("*.html"))
    named = set(re.findall(r'<c-icon name="(\w+)"', sources)) | {entry.icon for entry in context.NAVIGATION}
    assert named <= drawn


def test_what_a_page_leaves_out_leaves_no_hole():
    text = draw('<c-page_header title="Today" /><c-panel title="Send" submit="Send" action="/x" />')
    assert "<ol" not in text
    assert "records" not in text
    assert "error-summary" not in text


def test_the_act_works_as_a_link_and_in_place():
    row = gallery_samples.rows()[0]
    text = draw('<c-work_row :of="row" />', row=row)
    assert f'href="{row.act.href}"' in text
    assert f'hx-get="{row.act.href}"' in text
    target = re.search(r'hx-target="#([^"]+)"', text)
    assert target is not None
    assert f'id="{target[1]}"' in text
