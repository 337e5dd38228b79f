"""Codes with their words: those of the policy from its edition, those of a state from the catalogue of the screens."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header

from oralu.apps.access.models import Language
from oralu.core.edition import Edition
from oralu.policyfiles import edition_names, load_edition

Told = dict[str, str]


def lang() -> str:
    return (get_language() or Language.RU)[:2]


def asked_language(request: HttpRequest) -> str | None:
    """The first language of `Accept-Language` that Oralu has; None if it has none of them."""
    for name, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:200].lower()):
        if (code := name.partition("-")[0]) in Language.values:
            return code
    return None


def coded(code: object, label: object) -> Told | None:
    """A code with its words; None where there is none."""
    return {"code": str(code), "label": str(label)} if code not in ("", None) else None


def choice(row: Model, name: str) -> Told | None:
    """A field with choices."""
    return coded(getattr(row, name), getattr(row, f"get_{name}_display")())


def worded(edition: Edition, kind: str, code: str) -> Told | None:
    """A code of the policy. What the edition knows no more is told as it was written."""
    if not code:
        return None
    try:
        return coded(code, edition.label(kind, code, lang()))
    except KeyError:
        return coded(code, code)


def valued(edition: Edition, fact: str, value: str) -> Told | None:
    """A value of a fact."""
    if not value:
        return None
    try:
        return coded(value, edition.value_label(fact, value, lang()))
    except KeyError:
        return coded(value, value)


def agency_kind(code: str) -> Told | None:
    """The kind of an agency, by the first edition that knows it."""
    for name in edition_names():
        edition = load_edition(name)
        if ("agency", code) in edition.words or ("addressee", code) in edition.words:
            return worded(edition, "agency", code)
    return coded(code, code)


def bare(told: Any) -> Any:
    """What is told without its words, so that two languages of one state are one state."""
    if isinstance(told, dict):
        if told.keys() == {"code", "label"}:
            return told["code"]
        return {key: bare(value) for key, value in told.items()}
    return [bare(value) for value in told] if isinstance(told, list | tuple) else told
