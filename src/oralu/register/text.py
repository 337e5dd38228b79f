"""How two spellings of one word are found to be the same: case, ё, Kazakh letters typed on a Russian keyboard, Latin
look-alikes, dashes, quotes and spaces do not tell words apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from difflib import get_close_matches
from functools import lru_cache

_KAZAKH = str.maketrans("әғқңөұүһіiё", "агкноуухиие")
_LOOKALIKES = str.maketrans("abcehikmoptxy", "авсенікмортху")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[a-z]")
_WORD = re.compile(r"[^\W_]+|\+")


def clean(text: object) -> str:
    """One line without odd spaces; the letters are left as they are."""
    text = unicodedata.normalize("NFC", str(text)).replace("\u00ad", "").replace("\u200b", "").replace("\ufeff", "")
    return " ".join(text.split())


@lru_cache(maxsize=8192)
def key(text: str) -> str:
    """The form by which words are compared; empty for a cell that holds only dashes and dots."""
    folded = unicodedata.normalize("NFC", text).casefold().replace("№", " n ")
    return " ".join(_fold(word) for word in _WORD.findall(folded))


def _fold(word: str) -> str:
    if _CYRILLIC.search(word):
        if _LATIN.search(word):
            word = word.translate(_LOOKALIKES)
        return word.translate(_KAZAKH)
    return word


def nearest(word: str, known: Collection[str], cutoff: float = 0.6) -> str | None:
    """The known key that looks most like `word`, or None where none is near."""
    found = get_close_matches(word, known, n=1, cutoff=cutoff)
    return found[0] if found else None


def column_letter(index: int) -> str:
    """A, B, …, Z, AA for 0, 1, …"""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
