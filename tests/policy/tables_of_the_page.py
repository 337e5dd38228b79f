"""The tables of the policy page for kz-pilot-2026, copied from the page by hand: vocabulary, referral states, routing.

Kept apart from `oralu.policy` on purpose: the check would prove nothing if it read the file that it checks.
"""

DOMAINS = ("legal", "housing", "economic", "medical", "institutional")
FIRST_FOUR = DOMAINS[:4]
NEEDS_AND_HELP = (("medical_need", "medical_help"), ("psychological_need", "psychological_help"))
HELP_VALUES = ("none", "referred", "receiving", "completed")
VOCABULARY: dict[str, dict[str, tuple[str, ...]]] = {
    "legal": {
        "identity_document": ("none", "applied", "held"),
        "residence_registration": ("none", "applied", "temporary", "permanent"),
    },
    "housing": {
        "housing": ("homeless", "with_aggressor", "unsafe", "shelter", "temporary", "stable"),
        "violence_threat": ("no", "yes", "controlled"),
        "exploitation_risk": ("no", "yes", "controlled"),
    },
    "economic": {
        "income": ("none", "informal", "lawful"),
        "employment_track": ("none", "referred", "registered", "training", "social_contract", "employed"),
    },
    "medical": {
        "clinic_attachment": ("none", "applied", "attached"),
        "screening": ("none", "scheduled", "done"),
        "medical_need": ("low", "high"),
        "psychological_need": ("low", "high"),
        "medical_help": HELP_VALUES,
        "psychological_help": HELP_VALUES,
        "family_contact": ("none", "wanted", "assessed_safe", "assessed_unsafe", "restored"),
    },
    "institutional": {"plan": ("none", "draft", "agreed")},
}
REFERRAL_STATES = ("sent", "acknowledged", "accepted", "served", "disputed", "not_served", "declined", "withdrawn")
ANSWERS_WITHOUT_VALUE = ("asked_unknown", "refused")
RULES = (
    ("H1", "crisis_centre", "safe_place", "PT24H", "PT48H"),
    ("H2", "social_adaptation_centre", "safe_place", "PT24H", "PT48H"),
    ("H3", "local_executive_body", "stable_place", "P60D", "P90D"),
    ("H4", "police", "safety_measures", "PT12H", "PT24H"),
    ("L1", "one_stop_shop", "identity_document_application", "PT12H", "PT24H"),
    ("L2", "one_stop_shop", "residence_registration_application", "PT12H", "PT24H"),
    ("L3", "one_stop_shop", "identity_document_issue", "P15D", "P20D"),
    ("L4", "one_stop_shop", "residence_registration_decision", "P5D", "P10D"),
    ("E1", "career_centre", "employment_track", "P5D", "P7D"),
    ("E2", "local_executive_body", "social_assistance", "5WD", "10WD"),
    ("M1", "clinic", "attachment_and_screening", "P20D", "P30D"),
    ("M2", "clinic", "medical_help", "1WD", "3WD"),
    ("M3", "psychologist", "psychological_help", "1WD", "3WD"),
    ("M4", "guardianship", "family_assessment", "5WD", "10WD"),
    ("I1", "probation_unit", "reintegration_plan", "2WD", "3WD"),
    ("I2", "probation_unit", "enhanced_response", "PT24H", "2WD"),
    ("I3", "probation_unit", "plan_agreement", "5WD", "10WD"),
)
