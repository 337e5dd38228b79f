"""The form of the consent fits one sheet, in both languages, and names what referrals disclose: no more, no less."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from pypdf import PdfReader

from oralu.apps.referrals.disclosure import DISCLOSED, FACTS, WITHHELD
from oralu.documents.consent import Signer, consent_pdf, told_to
from oralu.policyfiles import load_edition
from world import World


def text_of(world: World, signer: Signer) -> str:
    edition = load_edition()
    content = consent_pdf(signer=signer, unit=world.unit, officer=world.aigul.full_name, edition=edition, at=world.at)
    reader = PdfReader(BytesIO(content))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


def test_it_is_one_sheet_with_the_name_and_the_right_to_withdraw_in_both_languages(world: World) -> None:
    text = text_of(world, Signer("Оспанова Жанар Ерлановна", date(1991, 3, 14), "910314490017"))
    for words in ("Оспанова Жанар Ерлановна", "14.03.1991", "910314490017", world.aigul.full_name):
        assert words in text
    for words in ("Согласен (согласна)", "Келісемін", "Не согласен", "Келіспеймін", "отозвать", "қайтарып", "№ 38-VI"):
        assert words in text
    assert "СОГЛАСИЕ НА ПЕРЕДАЧУ ПЕРСОНАЛЬНЫХ ДАННЫХ" in text
    assert "ДЕРБЕС ДЕРЕКТЕРДІ БЕРУГЕ КЕЛІСІМ" in text


def test_what_is_not_known_is_left_to_be_filled_by_hand(world: World) -> None:
    text = text_of(world, Signer())
    assert "None" not in text
    assert "Фамилия, имя, отчество" in text


def test_each_kind_of_agency_stands_there_with_what_it_learns(world: World) -> None:
    edition = load_edition()
    rows = {row["agency_ru"]: row for row in told_to(edition)}
    assert set(rows) == {edition.label("agency", kind, "ru") for kind in DISCLOSED}
    for kind, attributes in DISCLOSED.items():
        row = rows[edition.label("agency", kind, "ru")]
        services = [rule.service for rule in edition.rules if rule.agency == kind]
        for service in services:
            assert edition.label("service", service, "ru") in row["help_ru"]
            assert edition.label("service", service, "kk") in row["help_kk"]
        told = row["told_ru"].lower()
        for attribute in attributes:
            is_told = any(attribute not in WITHHELD.get(service, frozenset()) for service in services)
            if attribute in FACTS:
                assert (edition.label("fact", attribute, "ru").lower() in told) == is_told
        assert len(row["told_ru"].split(", ")) == sum(
            any(a not in WITHHELD.get(service, frozenset()) for service in services) for a in attributes
        )
