"""Filters and tags of the screens: dates and numbers of the language, days of a case, labels of the edition."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from oralu.policyfiles import load_edition
from oralu.web import components
from oralu.web.countdown import ALMATY, moment
from oralu.web.line import day_label

register = template.Library()

THIN = "\u202f"
MINUS = "\u2212"


@register.filter
def localdate(value: date | datetime | None) -> str:
    """«21 ноября 2026», «2026 ж. 21 қараша»; a moment is taken as the day in Kazakhstan. None gives an empty string."""
    if value is None or value == "":
        return ""
    return date_format(value.astimezone(ALMATY) if isinstance(value, datetime) else value, "DATE_FORMAT")


@register.filter
def localmoment(value: datetime | None) -> str:
    """Date and time to the minute; a midnight is said as the end of the day before."""
    return moment(value) if value else ""


@register.filter
def number(value: int | float | Decimal | str | None) -> str:
    """Thousands apart by a thin space, the language's decimal sign, a true minus; what is not known is a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, str):
        return value
    text = f"{value:,}".replace(",", THIN).replace("-", MINUS)
    return text if (get_language() or "en").startswith("en") else text.replace(".", ",")


@register.filter
def day_n(value: int) -> str:
    """«day 30»."""
    return day_label(int(value))


@register.filter
def short_name(full_name: str) -> str:
    """«Surname N. P.» of «Surname Name Patronymic», as names are written in papers; one word stays as it is."""
    surname, *rest = str(full_name).split()[:3] or [""]
    return "\u00a0".join([surname, *(f"{part[0]}." for part in rest)])


@register.filter
def risk_words(level: str) -> str:
    """The edition's words for a level without its code, which the badge shows apart. Raises KeyError for no level."""
    return label("risk", level).removeprefix(f"{level}: ")


@register.simple_tag
def risk_levels() -> list[dict[str, str]]:
    """The levels of risk, the highest first, each with what makes it, in the words of the edition."""
    edition, lang = load_edition(), (get_language() or "ru")[:2]
    return [
        {
            "code": level,
            "words": risk_words(level),
            "meaning": " ".join(
                dict.fromkeys(
                    line.texts[lang]
                    for policy in edition.policies.values()
                    for line in policy.risks
                    if line.level == level
                )
            ),
        }
        for level in reversed(edition.risk_levels)
    ]


@register.simple_tag
def draw_cell(x: int, cell: components.Cell) -> SafeString:
    """The drawing of one cell of a strip, `x` units from its left. Lists show hundreds of a few dozen drawings."""
    return _drawn_cell(x, cell.points, cell.failed, cell.provisional)


@lru_cache(maxsize=512)
def _drawn_cell(x: int, points: int, failed: bool, provisional: bool) -> SafeString:
    cell = {"points": points, "failed": failed, "provisional": provisional}
    return render_to_string("web/_cell.html", {"x": x, "cell": cell})


@register.simple_tag
def index_cells(value: int, most: int) -> list[tuple[str, str, bool]]:
    """The ten small cells of an index: place, width, whether filled."""
    step = 102 / int(most)
    return [(f"{i * step + 0.5:.1f}", f"{step - 1.4:.1f}", i < int(value)) for i in range(int(most))]


@register.simple_tag
def index_threshold(threshold: int, most: int) -> str:
    return f"{int(threshold) * 102 / int(most) - 0.2:.1f}"


@register.filter
def fits(value: str, expected: str) -> bool:
    """Whether two values are the same text; for choices that come as numbers or codes."""
    return str(value) == str(expected)


@register.simple_tag
def label(kind: str, code: str) -> str:
    """The edition's own words for a code (fact, value, service, agency, domain, rule) in the reader's language."""
    return str(load_edition().label(kind, code, (get_language() or "ru")[:2]))


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget of a field with the class that the look gives to its kind; what was typed stays in it."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        # Django repeats the class of a group on the element around it, which must not look like a box.
        return mark_safe(field.as_widget())
    if isinstance(widget, CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    else:
        css = "form-control"
    attrs: dict[str, Any] = {"class": f"{css} {widget.attrs.get('class', '')}".strip()}
    if field.errors:
        attrs["class"] += " is-invalid"
    return mark_safe(field.as_widget(attrs=attrs))


@register.filter
def is_group(field: BoundField) -> bool:
    """Whether a field is a group of radios or boxes, which is named by a legend and not by a label."""
    return bool(field.use_fieldset)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def errors_of(form: Any) -> tuple[components.FormError, ...]:
    return components.form_errors(form)
