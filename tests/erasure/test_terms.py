"""The file of terms: read strictly, each fault named with its place and its remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from oralu.retentionfiles import CLASSES, RetentionError, ends, load_retention, parse_retention

TEXT = (Path(__file__).parents[2] / "src/oralu/policy/retention/kz.yaml").read_text(encoding="utf-8")


def test_the_terms_have_a_basis_or_say_who_sets_them() -> None:
    found = load_retention()
    assert set(found.terms) == set(CLASSES)
    assert all(term.words for term in found.terms.values())
    assert found.stays["facts"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  notes:\n    years: 3", "  notes:\n    years: three", "classes.notes.years: 'three' is no term"),
        ("  notes:\n    years: 3", "  notes:\n    years: 3\n    years: 4", "'years' stands twice. Keep one"),
        (
            "  notes:\n    years: 3\n    basis: to_be_set",
            "  notes:\n    years: 3\n    basis: law",
            "Cite act and article",
        ),
        (
            "  notes:\n    years: 3\n    basis: to_be_set",
            "  notes:\n    years: 3\n    basis: custom",
            "'custom' is not",
        ),
        ("  notes:\n", "  remarks:\n", "classes: 'remarks' is not known. Remove it"),
        ("verified: 2026-11-22", "verified: today", "Write 2026-11-22."),
        ("stays:", "leaves:", "'leaves' is not known"),
        ("  contacts:\n    years: 1", "  contacts:\n    years: -1", "Write whole years, 0 to 75"),
    ],
)
def test_a_fault_is_named_with_its_place_and_its_remedy(old: str, new: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(RetentionError) as error:
        parse_retention(TEXT.replace(old, new, 1), "kz.yaml")
    assert words in str(error.value)
    assert str(error.value).startswith("kz.yaml")


def test_a_term_ends_on_the_same_day_of_a_later_year() -> None:
    assert ends(date(2026, 6, 1), 3) == date(2029, 6, 1)
    assert ends(date(2024, 2, 29), 1) == date(2025, 3, 1)
    found = load_retention()
    closed = date(2026, 6, 1)
    assert found.due(closed, date(2027, 5, 31)) == ()
    assert found.due(closed, date(2027, 6, 1)) == ("contacts", "messages")
    assert set(found.due(closed, date(2031, 6, 1))) == set(CLASSES)
