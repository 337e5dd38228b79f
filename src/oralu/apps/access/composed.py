"""Which facts of the policy are for whom, where somebody is shown a part of a case. Data, read by the screens and by
row security alike; a fact that stands in no list is for the leading unit alone."""

from __future__ import annotations

CARE_FACTS = (
    "medical_need",
    "medical_help",
    "clinic_attachment",
    "screening",
    "psychological_need",
    "psychological_help",
    "family_contact",
    "violence_threat",
    "exploitation_risk",
)
"""What the psychologist of the unit reads and records: levels of health, and the family."""
CARE_ADDRESSEES = ("psychologist", "clinic")
"""Of whom a need is asked that the psychologist sees."""
RELEASE_FACTS = ("identity_document", "residence_registration")
"""What a penal institution reads and records before the release: the papers."""
UNTOLD_DOMAINS = ("medical",)
"""Domains of the plan whose steps a penal institution is not shown: they may tell of an illness."""
CLINIC = "clinic"
"""The kind of an agency whose staff write medical notes."""
PRISON = "prison"
"""The kind of an agency whose staff prepare releases."""
