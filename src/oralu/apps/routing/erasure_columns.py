"""What an erasure takes, column by column, and what it leaves: read it as a lawyer would.

Every column of a walled table that can hold words, numbers or lists stands in `TAKEN` or in `LEFT`; a test sees to it,
so that a new column cannot be forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CASE, PERSON, CHILD = "case_id = any(%(cases)s)", "id = any(%(persons)s)", "person_id = any(%(persons)s)"
OF_NEED = "need_id in (select id from referrals_need where case_id = any(%(cases)s))"
OF_PLAN = "plan_id in (select id from cases_plan where case_id = any(%(cases)s))"
OF_ESCALATION = "escalation_id in (select id from referrals_escalation where case_id = any(%(cases)s))"


@dataclass(frozen=True, slots=True)
class Taken:
    """The columns of a table that a class of data empties, with what stands there afterwards (an expression of SQL),
    in the rows of `rows`."""

    table: str
    rows: str
    columns: Mapping[str, str]


# fmt: off
TAKEN: Mapping[str, tuple[Taken, ...]] = {
    "contacts": (
        Taken("people_person", PERSON, {"phone": "''", "address": "''"}),
        Taken("cases_case", "id = any(%(cases)s)", {"locality": "''"}),
    ),
    "messages": (),
    "notes": (
        Taken("cases_note", CASE, {"text": "''"}),
        Taken("cases_offence", CASE, {"article": "''", "court": "''"}),
        Taken("cases_healthnote", CASE, {"text": "''"}),
        Taken("cases_emergency", CASE, {"words": "''", "review": "''"}),
        Taken("cases_statement", CASE, {"reason": "''"}),
        Taken("referrals_need", CASE, {"close_note": "''"}),
        Taken("referrals_referral", CASE, {"note": "''"}),
        Taken("referrals_escalation", CASE, {"cause_note": "''"}),
        Taken(
            "referrals_correctivemeasure", OF_ESCALATION, {"text": "''", "responsible": "''", "done_note": "''"}
        ),
    ),
    "plans": (Taken("cases_step", OF_PLAN, {"goal": "''", "action": "''", "actor_name": "''"}),),
    "evidence": (
        Taken(
            "cases_evidence",
            CASE,
            {
                "title": "''", "reference": "''", "file": "''", "content_type": "''", "sha256": "''",
                "original_sha256": "''", "finding": "''", "size": "0",
            },
        ),
    ),
    "identity": (
        Taken(
            "people_person",
            PERSON,
            {
                "surname": "''", "given_name": "''", "patronymic": "''", "iin": "''", "search_key": "''",
                "languages": "'{}'", "birth_date": "date_trunc('year', birth_date)::date",
            },
        ),
        Taken("people_child", CHILD, {"name": "''"}),
        Taken("cases_transferrequest", CASE, {"asked_as": "''"}),
        Taken("cases_case", "id = any(%(cases)s)", {"import_key": "''"}),
        Taken("routing_legalhold", CASE, {"reason": "''"}),
    ),
}
"""By class of data (`retentionfiles.CLASSES`). Messages are removed as rows, children's dates of birth are made coarse
(`erasing`)."""

# fmt: on
LEFT: Mapping[str, Mapping[str, str]] = {
    "cases_case": {
        "region_id": "the code of a region",
        "excluded": "ids of staff",
        "listed": "ids of staff",
        "ground": "a code",
        "probation_kind": "a code",
        "state": "a code",
        "closing_ground": "a code",
        "edition": "the name of an edition",
        "domains": "codes and points",
        "failures": "codes",
        "next_need": "a code",
        "breached": "codes",
    },
    "cases_statement": {"name": "a code", "value": "a code: the index is proven by it"},
    "cases_evidence": {"scan": "a code"},
    "cases_evaluationrecord": {
        "edition": "the name of an edition",
        "digest": "of an edition",
        "domains": "codes and points",
        "failures": "codes",
        "needs": "codes",
        "statements": "ids",
    },
    "cases_milestone": {"evaluation": "codes, points and ids", "failures": "codes"},
    "cases_exclusion": {"reason": "a code"},
    "cases_emergency": {"reason": "a code"},
    "cases_plan": {"state": "a code"},
    "cases_note": {"about": "a code"},
    "cases_step": {"domain": "a code", "actor": "a code"},
    "cases_transferrequest": {"state": "a code", "reason": "a code"},
    "people_person": {"sex": "a code, without which no evaluation can be repeated", "erased": "codes"},
    "people_child": {"lives_with": "a code"},
    "people_merge": {"moved": "ids"},
    "referrals_need": {
        "service": "a code",
        "rule": "a code",
        "domain": "a code",
        "edition": "the name of an edition",
        "addressee": "a code",
        "on_breach": "a code",
        "state": "a code",
        "close_reason": "a code",
    },
    "referrals_referral": {"state": "a code", "reason": "a code", "person_answer": "a code"},
    "referrals_clock": {"target": "a term", "limit": "a term", "due_step": "a code"},
    "referrals_clockinterval": {"kind": "a code", "reason": "a code", "party": "a code"},
    "referrals_escalation": {"kind": "a code", "addressee": "a code", "cause": "a code"},
    "messaging_message": {"key": "the row goes", "template": "the row goes", "data": "the row goes"},
    "messaging_delivery": {"error": "the row goes"},
    "agencies_refugeaddress": {"address": "of an agency"},
    "routing_erasure": {
        "ground": "a code",
        "decision": "the number of an act: why somebody’s data went has to be answered for",
        "terms": "a digest",
        "state": "a code",
        "counts": "numbers",
        "refusal": "the reason of who decided",
    },
    "routing_boardfigure": {
        "scope": "a code",
        "key": "the code of a region, the id of a unit, or nothing for the country",
        "data": "figures without persons",
    },
    "routing_erasureitem": {"cases": "ids", "classes": "codes", "skipped": "a code"},
}  # fmt: skip
"""Columns that stay, and what they hold."""
