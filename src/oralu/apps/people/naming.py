"""How names are folded for search and for the comparison of records."""

from __future__ import annotations

import unicodedata

FOLDED = str.maketrans(
    {"ё": "е", "ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "һ": "х", "і": "и"}
)


def fold(text: str) -> str:
    """Lower case, one space, Kazakh letters as their Russian neighbours: the same name is typed both ways in
    practice."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().translate(FOLDED).split())


def search_key(surname: str, given_name: str, patronymic: str) -> str:
    """The key by whose beginning a person is found."""
    return fold(f"{surname} {given_name} {patronymic}")
