"""The one way to write a fact: checked against the edition in force, put in the ledger, and the case evaluated in the
same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.cases.models import Case, CaseState, Evidence, Statement
from oralu.apps.cases.services import EvidenceData, evidences_add
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.referrals.models import Clock
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.passing import cases_catch_up
from oralu.apps.routing.planning import Cause
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.rows import row_new, rows_insert
from oralu.core.edition import Edition
from oralu.core.facts import ANSWERS_WITHOUT_VALUE

if TYPE_CHECKING:
    from django.db.models import Model

    from oralu.apps.access.models import User
    from oralu.apps.referrals.models import Referral


@dataclass(frozen=True, slots=True)
class FactData:
    """A statement to record. `effective_on` None: the day of recording. `evidence`: a stored proof, or one to store."""

    name: str
    value: str
    effective_on: date | None = None
    until: date | None = None
    evidence: Evidence | EvidenceData | None = None


def facts_check(
    *, facts: Sequence[FactData], edition: Edition, today: date, recorded: Mapping[str, Iterable[str]]
) -> None:
    """Refuse what the vocabulary does not know, dates in the future, an end before the beginning, and a value whose
    prerequisite was never recorded. `recorded`: the values that stand in the ledger, by fact. Raises ValidationError
    keyed by fact."""
    errors: dict[str, str] = {}
    lang = get_language() or "ru"
    for fact in facts:
        known = edition.fact_by_name.get(fact.name)
        if known is None or (fact.value not in known.codes and fact.value not in ANSWERS_WITHOUT_VALUE):
            errors[fact.name] = _("The policy in force does not know this fact or value.")
            continue
        effective = fact.effective_on or today
        if effective > today:
            errors[fact.name] = _("A fact cannot be dated in the future.")
        elif fact.until is not None and fact.until <= effective:
            errors[fact.name] = _("The end of validity must be later than its beginning.")
        elif fact.value not in ANSWERS_WITHOUT_VALUE:
            needed = edition.prerequisite(fact.name, fact.value)
            if needed and needed not in recorded.get(fact.name, ()):
                errors[fact.name] = _("First “%(needed)s” has to be recorded.") % {
                    "needed": edition.value_label(fact.name, needed, lang)
                }
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def facts_record(
    *,
    case: Case,
    facts: Sequence[FactData],
    actor: User | None,
    at: datetime,
    referral: Referral | None = None,
    cause: Cause | None = None,
) -> list[Statement]:
    """Record statements about one case and evaluate it. Raises ValidationError; then nothing is written."""
    case = case_lock(case, at)
    edition = EditionsInForce([case.region_id]).on(case.region_id, local_day(at))
    recorded: dict[str, list[str]] = {}
    for name, value in case.statements.filter(retracts=None, retraction=None).values_list("name", "value"):
        recorded.setdefault(name, []).append(value)
    facts_check(facts=facts, edition=edition, today=local_day(at), recorded=recorded)
    statements = statements_write(rows=[(case, facts)], actor=actor, at=at, referral=referral)
    cases_evaluate(case_ids=[case.pk], actor=actor, at=at, cause=cause or Cause("facts"))
    return statements


def statements_write(
    *,
    rows: Iterable[tuple[Case, Sequence[FactData]]],
    actor: User | None,
    at: datetime,
    referral: Referral | None = None,
) -> list[Statement]:
    """Put checked statements into the ledger of their cases. Does not evaluate: the caller does, in the same
    transaction."""
    rows = list(rows)
    stored = _proofs_store(rows, actor, at)
    today, statements = local_day(at), []
    for case, facts in rows:
        for fact in facts:
            proof = fact.evidence
            if isinstance(proof, EvidenceData):
                proof = stored[case.pk, id(proof)]
            related: dict[str, Model] = {"case": case} | ({"evidence": proof} if proof else {})
            statement = row_new(
                Statement,
                related | {name: other for name, other in (("recorded_by", actor), ("referral", referral)) if other},
                name=fact.name,
                value=fact.value,
                effective_on=fact.effective_on or today,
                until=fact.until,
                recorded_at=at,
            )
            statements.append(statement)
    rows_insert(statements)
    entries_record(
        records=[Record("fact.recorded", s.case_id, {"statement": s.pk, "fact": s.name}) for s in statements],
        actor=actor,
        at=at,
    )
    return statements


def _proofs_store(
    rows: Iterable[tuple[Case, Sequence[FactData]]], actor: User | None, at: datetime
) -> dict[tuple[int, int], Evidence]:
    """The proofs to be kept, each once for a case however many of its statements it stands behind."""
    fresh = {
        (case.pk, id(fact.evidence)): (case, fact.evidence)
        for case, facts in rows
        for fact in facts
        if isinstance(fact.evidence, EvidenceData)
    }
    return dict(zip(fresh, evidences_add(items=list(fresh.values()), actor=actor, at=at), strict=True))


@transaction.atomic
def statement_retract(*, statement: Statement, reason: str, actor: User, at: datetime) -> Statement:
    """Retract a mistaken statement with a reason. What it opened is withdrawn with that reason."""
    case = case_lock(statement.case, at)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the statement is mistaken.")})
    if statement.retracts_id is not None or Statement.objects.filter(retracts=statement).exists():
        raise ValidationError(_("This statement has been retracted already."))
    retraction = Statement.objects.create(
        case=case,
        name=statement.name,
        effective_on=statement.effective_on,
        retracts=statement,
        reason=reason.strip(),
        recorded_at=at,
        recorded_by=actor,
    )
    entries_record(
        records=[Record("fact.retracted", case.pk, {"statement": statement.pk, "fact": statement.name})],
        actor=actor,
        at=at,
    )
    cases_evaluate(case_ids=[case.pk], actor=actor, at=at, cause=Cause("retraction", reason.strip()))
    return retraction


def case_lock(case: Case, at: datetime) -> Case:
    """`case_hold` for who records something. Raises ValidationError for a closed case."""
    case = case_hold(case.pk, at)
    if case.state == CaseState.CLOSED:
        raise ValidationError(_("This case is closed: nothing more can be recorded in it."))
    return case


def case_hold(case_id: int, at: datetime) -> Case:
    """Take the lock of a case before writing anything about it, and make good what time has changed since it was last
    looked at: clocks that ran out and days that came are judged by what was known then. For a closed case no time
    passes."""
    walls.take(cases=[case_id])
    case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
    if case.state == CaseState.CLOSED:
        return case
    is_due = case.next_change_on is not None and case.next_change_on <= local_day(at)
    is_due = is_due or Clock.objects.filter(case=case, stopped_at=None, due_at__lte=at).exists()
    if is_due and cases_catch_up(case_ids=[case.pk], at=at):
        case.refresh_from_db()
    return case
