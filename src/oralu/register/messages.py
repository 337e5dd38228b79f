"""The reader's own sentences in three languages, with the words of the policy put in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from oralu.core.edition import Edition
from oralu.register.model import Problem

_FILE = Path(__file__).with_name("messages.yaml")


@lru_cache(maxsize=1)
def _messages() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return loaded


def phrase(code: str, lang: str, **params: object) -> str:
    """A sentence of the report. Raises KeyError for a code that `messages.yaml` does not have."""
    text: str = _messages()["phrases"][code][lang]
    return text.format(**params)


def day_text(day: date, lang: str) -> str:
    """31.12.2025; in English 2025-12-31. A moment gets its hour."""
    form = "%Y-%m-%d" if lang == "en" else "%d.%m.%Y"
    return day.strftime(f"{form} %H:%M" if isinstance(day, datetime) else form)


def due_text(due: datetime, lang: str) -> str:
    """A term of days ends at the midnight that ends its last day: that is 24:00 of this day, not 00:00 of the next."""
    if due.hour or due.minute:
        return day_text(due, lang)
    return f"{day_text(due.date() - timedelta(days=1), lang)} 24:00"


def field_label(name: str, edition: Edition, lang: str) -> str:
    """What a column is read as, in words: a field of the person, a fact, or its date, end or number."""
    own = _messages()["fields"]
    if name in own:
        label: str = own[name][lang]
        return label
    fact, _, part = name.partition(".")
    if not part:
        return edition.label("fact", fact, lang)
    text: str = _messages()["parts"][part][lang]
    return text.format(fact=edition.label("fact", fact, lang))


def problem_text(problem: Problem, edition: Edition, lang: str) -> tuple[str, str]:
    """What is wrong, and what to do."""
    entry = _messages()["problems"][problem.code]
    params = _worded(problem, edition, lang)
    reason, action = (_tidy(entry[part][lang].format(**params)) for part in ("reason", "action"))
    if problem.params.get("near"):
        action = f"{entry['hint'][lang].format(**params, stated=_meaning(problem.params, edition, lang))} {action}"
    return reason, action


def _tidy(text: str) -> str:
    return " ".join(text.split()).replace(" .", ".")


def kind_text(code: str, lang: str) -> str:
    """The kind of a problem: its sentence with the particulars left open."""
    text: str = _messages()["problems"][code]["reason"][lang]
    return " ".join(text.format_map(defaultdict(lambda: "…")).split())


def place_text(problem: Problem, lang: str) -> str:
    """File, sheet, row, column and value of a problem."""
    if problem.row is None or problem.column is None:
        return phrase("place_file", lang, file=problem.file)
    code = "place" if problem.sheet is None else "place_sheet"
    return phrase(
        code,
        lang,
        file=problem.file,
        sheet=problem.sheet,
        row=problem.row,
        column=problem.column,
        header=problem.header,
        value=problem.value,
    )


def _worded(problem: Problem, edition: Edition, lang: str) -> dict[str, object]:
    params: dict[str, object] = {"letter": problem.column, **problem.params}
    fact = params.get("fact")
    for name, value in params.items():
        if isinstance(value, date):
            params[name] = day_text(value, lang)
        elif name == "sex" and value:
            params[name] = _messages()["sex"][value][lang]
        elif name in ("ground", "kind"):
            params[name] = _messages()[name][str(value)][lang]
        elif name == "field":
            params[name] = field_label(str(value), edition, lang)
        elif name == "fact":
            params[name] = edition.label("fact", str(value), lang)
        elif name in ("own", "other", "required") and isinstance(fact, str):
            params[name] = edition.value_label(fact, str(value), lang)
        elif name == "first_sheet" and value:
            params[name] = f"({value})"
    return params


def _meaning(params: Mapping[str, object], edition: Edition, lang: str) -> str:
    meaning = params.get("meaning")
    if not isinstance(meaning, Mapping) or not meaning:
        return ""
    stated = [f"{edition.label('fact', f, lang)}: {edition.value_label(f, v, lang)}" for f, v in meaning.items()]
    return f" ({'; '.join(stated)})"
