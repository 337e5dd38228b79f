"""The printed referral says what its agency may know, in both languages, and nothing else."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader

from oralu.apps.cases.models import Case
from oralu.apps.referrals.models import Referral
from oralu.documents.referral import referral_pdf
from world import World


def text_of(case: Case, service: str, world: World) -> str:
    referral = Referral.objects.select_related("need__clock", "agency", "case__person", "case__unit").get(
        case=case, need__service=service
    )
    reader = PdfReader(BytesIO(referral_pdf(referral, at=world.at)))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


def test_it_names_the_service_the_deadline_and_the_responsible_person_in_both_languages(world: World) -> None:
    case = world.enrol(facts={"medical_need": "high"})
    text = text_of(case, "medical_help", world)
    for words in ("Направление", "Жолдама", "медицинская помощь", "медициналық көмек", "Ответственное лицо"):
        assert words.lower() in text.lower()
    assert case.person.full_name in text


def test_the_career_centre_learns_neither_the_name_nor_the_ground(world: World) -> None:
    case = world.enrol(facts={"income": "none"})
    text = text_of(case, "employment_track", world)
    assert case.person.surname not in text
    assert case.person.iin not in text
    assert "36" in text
    assert str(case.get_ground_display()) not in text
