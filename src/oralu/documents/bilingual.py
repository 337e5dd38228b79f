"""Words of a document in both languages, from one source."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import translation

from oralu.apps.referrals.disclosure import FACTS, Attribute
from oralu.core.edition import Edition

LANGUAGES = ("kk", "ru")


def both(prefix: str, words: Callable[[str], str]) -> dict[str, str]:
    """The words by `<prefix>kk` and `<prefix>ru`; `words` is asked with each language active."""
    texts = {}
    for lang in LANGUAGES:
        with translation.override(lang):
            texts[f"{prefix}{lang}"] = words(lang)
    return texts


def attribute_label(edition: Edition, attribute: Attribute, lang: str) -> str:
    """What a referral may tell of a person, as a heading. The language must be active."""
    if attribute in FACTS:
        return edition.label("fact", attribute, lang)
    text = str(attribute.label)
    return text[:1].upper() + text[1:]
