"""The pages of those who see a part of a case, or none, and of the head of a unit; and what they have to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from oralu.apps.access.composed import CLINIC, PRISON
from oralu.apps.access.machines import client_make, token_make
from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.services import agency_save
from oralu.apps.cases.emergency_services import emergency_open, emergency_review
from oralu.apps.cases.evidence import evidence_add
from oralu.apps.cases.models import Case, Emergency, Evidence, Exclusion
from oralu.apps.cases.protected_services import health_note_add, offence_record
from oralu.apps.cases.restriction_services import case_shut
from oralu.apps.cases.services import EvidenceData
from oralu.apps.journal.verified import verification_record
from oralu.apps.journal.verifying import Report
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.erasure_services import erasure_ask, hold_place
from oralu.apps.routing.models import Erasure, LegalHold
from papers import pdf
from world import World

PASSWORD = "long-password-of-a-test"


def beside(world: World, case: Case, served: Case) -> None:
    """Those who see a part of a case, or none, and what they look at: notes, a release, an emergency, who is shut out,
    an erasure, a system with its key, a file in quarantine."""
    prison = Agency(kind=PRISON, region=world.region, name_ru="Учреждение", name_kk="Мекеме")
    agency_save(agency=prison, places=None, refuge_address="", actor=None, at=world.at)
    for name, (role, agency) in {
        "zarina": (Role.PSYCHOLOGIST, world.unit),
        "timur": (Role.PRISON, prison),
        "nurse": (Role.PROVIDER, world.agencies["clinic"]),
        "askar": (Role.ANALYST, None),
        "madina": (Role.AUDITOR, None),
    }.items():
        word = {"role": role, "agency": agency, "full_name": name.capitalize()}
        setattr(world, name, User.objects.create_user(name, PASSWORD, **word))
    now = world.at
    clinic = Referral.objects.filter(case=served, need__service="attachment_and_screening").latest("pk")
    for author, pk in ((world.nurse, clinic.pk), (world.zarina, None)):
        health_note_add(case_id=served.pk, referral_id=pk, text="Подробности\nв словах", actor=author, at=now)
    Case.objects.filter(pk=served.pk).update(prison=prison, released_on=now.date() + timedelta(days=20))
    for hours in (2, 30):
        one = emergency_open(
            wanted=str(case.pk), reason="life", words="не открывает дверь", actor=world.erlan,
            at=now - timedelta(hours=hours),
        )  # fmt: skip
    emergency_review(emergency=one, is_justified=True, words="звонок подтверждён", actor=world.bolat, at=now)
    case_shut(case=case, user=world.nurse, reason="relative", note="сестра", actor=world.bolat, at=now)
    offence_record(
        case=case, article="188", court="Суд", sentenced_on=None, term_ends_on=None, actor=world.aigul, at=now
    )
    erasure_ask(ground="term", actor=world.bolat, at=now)
    hold_place(case=case, reason="жалоба", actor=world.bolat, at=now)
    client = client_make(
        name="Система ЦОН", agency=world.agencies["one_stop_shop"], role=Role.PROVIDER, owner=world.dana,
        scopes=["referral.read"], expires_at=now + timedelta(days=90), actor=world.admin, at=now,
    )  # fmt: skip
    token_make(client=client, actor=world.admin, at=now)
    upload = SimpleUploadedFile("справка.pdf", pdf(), content_type="application/pdf")
    evidence_add(case=case, data=EvidenceData("Справка", "18", upload), actor=world.aigul, at=now)
    verification_record(report=Report(seals=2, entries=21), is_apart=False, at=now)


def of_head() -> list[str]:
    """What only the head of a unit opens: who may know of a case, emergencies, files that wait, terms of storage."""
    case = Case.objects.order_by("pk")[0]
    waiting = Emergency.objects.get(reviewed_at=None)
    kept, file = LegalHold.objects.get(), Evidence.objects.exclude(file="").get()
    return [
        *(reverse(name) for name in ("emergencies", "emergency", "quarantine", "retention", "rights")),
        *(reverse(name) for name in ("erasure-ask", "erasure-of-one", "hold")),
        *(reverse(name, args=[case.pk]) for name in ("case-reach", "case-restrict", "case-shut", "case-access")),
        reverse("case-unshut", args=[Exclusion.objects.get().pk]),
        reverse("emergency-review", args=[waiting.pk]),
        *(reverse(name, args=[file.pk]) for name in ("quarantine-release", "quarantine-reject")),
        reverse("erasure", args=[Erasure.objects.get().pk]),
        reverse("hold-lift", args=[kept.pk]),
    ]


def of_care() -> list[str]:
    cases = [Case.objects.get(prison__isnull=False), Case.objects.order_by("pk")[0]]
    return [
        *(reverse(name) for name in ("care", "emergency", "rights", "profile", "security", "messages")),
        *(reverse("care-case", args=[case.pk]) for case in cases),
        reverse("care-fact", args=[cases[0].pk, "medical_help"]),
        reverse("care-note", args=[cases[0].pk]),
    ]


def of_release() -> list[str]:
    pk = Case.objects.get(prison__isnull=False).pk
    return [
        *(reverse(name) for name in ("release", "rights")),
        *(reverse(name, args=[pk]) for name in ("release-case", "release-day")),
        reverse("release-fact", args=[pk, "identity_document"]),
    ]


def of_clinic() -> list[str]:
    pk = Referral.objects.filter(agency__kind=CLINIC, state="served").latest("pk").pk
    return [reverse("inbox"), *(reverse(name, args=[pk]) for name in ("inbox-referral", "inbox-note"))]


OF_PARTS: dict[str, Callable[[], list[str]]] = {
    "zarina": of_care,
    "timur": of_release,
    "nurse": of_clinic,
    "askar": lambda: [reverse("figures"), reverse("rights")],
    "madina": lambda: [reverse("control"), reverse("control-administration"), reverse("rights")],
}
