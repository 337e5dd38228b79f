"""The five domains as cards: what is so, since when, by which proof, why, what is missing, and the act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.cases.models import Evidence, Scan, Statement
from oralu.apps.routing.case_file import CaseFile
from oralu.core.edition import Fact, Line
from oralu.core.evaluation import DomainResult, Reason
from oralu.core.facts import ANSWERS_WITHOUT_VALUE, UNKNOWN
from oralu.web.components import Act, Cell, FactRead, Text, Why
from oralu.web.presenting import fact_read, why_line
from oralu.web.screens import lang


@dataclass(frozen=True)
class Proof:
    """What stands behind a statement: its name, and the address of the file if there is one."""

    title: str
    reference: str = ""
    href: str = ""
    state: Text = ""


@dataclass(frozen=True)
class PastStatement:
    """A statement of the history of a fact. `retracted` are the words of its retraction."""

    value: str
    since: date
    recorded_at: datetime
    author: str
    retracted: str = ""


@dataclass(frozen=True)
class FactRow:
    """A fact of a domain as it stands; `is_known` is False for one without a value, `is_missing` where the judgement
    asks for it."""

    name: str
    label: str
    value: str
    is_known: bool
    is_missing: bool
    since: date | None = None
    until: date | None = None
    author: str = ""
    recorded_at: datetime | None = None
    on_behalf_of: str = ""
    proof: Proof | None = None
    act: Act | None = None
    retract: Act | None = None
    history: tuple[PastStatement, ...] = ()


@dataclass(frozen=True)
class ReasonRow:
    """One sentence of why, with the rule behind it. `ahead`: it would hold later on the same facts."""

    text: str
    why: Why
    is_failure: bool
    ahead: bool


@dataclass(frozen=True)
class DomainCard:
    code: str
    label: str
    cell: Cell
    risk: str
    since: date | None
    reasons: tuple[ReasonRow, ...]
    missing: tuple[str, ...]
    facts: tuple[FactRow, ...]


def domain_cards(file: CaseFile) -> list[DomainCard]:
    return [_card(file, code, file.evaluation.domains[code]) for code in file.edition.domains]


def in_columns(cards: Sequence[DomainCard]) -> list[list[DomainCard]]:
    """Two columns of about the same length, in order down the first and then down the second."""
    half = sum(len(card.facts) + 2 for card in cards) / 2
    first: list[DomainCard] = []
    for card in cards:
        if sum(len(c.facts) + 2 for c in first) >= half:
            break
        first.append(card)
    return [first, list(cards[len(first) :])]


def _card(file: CaseFile, code: str, result: DomainResult) -> DomainCard:
    edition = file.edition
    label = edition.label("domain", code, lang())
    cell = Cell(
        domain=code,
        label=label,
        points=result.points,
        failed=result.failed,
        provisional=result.provisional,
        risk=result.risk,
    )
    return DomainCard(
        code=code,
        label=label,
        cell=cell,
        risk=result.risk,
        since=_since(file, code, result),
        reasons=tuple(_reason(file, reason) for reason in result.reasons),
        missing=tuple(edition.label("fact", name, lang()) for name in result.missing),
        facts=tuple(_fact(file, fact, result) for fact in edition.facts_of(code)),
    )


def _since(file: CaseFile, code: str, result: DomainResult) -> date | None:
    """The day from which the domain has stood as it stands now, by the evaluations kept; None if it is of today."""
    level = file.edition.risk_levels.index(result.risk)
    now = (result.points, level, result.failed)
    day = None
    for record in reversed(file.evaluations):
        kept = record.domains.get(code)
        if kept is None or (kept["points"], kept["risk"], kept["failed"]) != now:
            break
        day = record.day
    return None if day is None else date.fromordinal(file.zero.toordinal() + day)


def _reason(file: CaseFile, reason: Reason) -> ReasonRow:
    return ReasonRow(
        text=reason.text(lang()),
        why=why_of(file, reason.source, reason.facts),
        is_failure=reason.kind == "failure",
        ahead=reason.kind == "ahead",
    )


def why_of(file: CaseFile, line: Line, facts: Iterable[str]) -> Why:
    """The "why" of a line of the policy with the facts that it read in this case."""
    return why_line(line, file.edition, tuple(_read(file, name) for name in facts))


def _read(file: CaseFile, name: str) -> FactRead:
    state = file.facts.get(name)
    statement = file.statements.get(state.id) if state else None  # type: ignore[call-overload]
    if statement is None:
        edition = file.edition
        return FactRead(edition.label("fact", name, lang()), edition.value_label(name, UNKNOWN, lang()))
    return fact_read(file.edition, statement)


def _fact(file: CaseFile, fact: Fact, result: DomainResult) -> FactRow:
    state = file.facts.get(fact.name)
    statement = file.statements.get(state.id) if state else None  # type: ignore[call-overload]
    known = state is not None and state.value not in ANSWERS_WITHOUT_VALUE
    value = file.edition.value_label(fact.name, state.value if state else UNKNOWN, lang())
    act, retract = None, None
    if not file.is_closed:
        href = reverse("fact-record", args=[file.case.pk, fact.name])
        act = Act(_("Correct") if known else _("Record"), href, tone="quiet" if known else "secondary")
        if statement is not None:
            retract = Act(_("Retract"), reverse("fact-retract", args=[statement.pk]), tone="quiet")
    row = FactRow(
        name=fact.name,
        label=fact.label(lang()),
        value=value,
        is_known=known,
        is_missing=fact.name in result.missing,
        act=act,
        retract=retract,
        history=_history(file, fact, statement),
    )
    return row if statement is None else _with_source(row, statement)


def _with_source(row: FactRow, statement: Statement) -> FactRow:
    values = {name: getattr(row, name) for name in FactRow.__dataclass_fields__}
    values |= {
        "since": statement.effective_on,
        "until": statement.until,
        "author": statement.recorded_by.full_name if statement.recorded_by else _("the system"),
        "recorded_at": statement.recorded_at,
        "on_behalf_of": str(statement.referral.agency) if statement.referral else "",
        "proof": proof_of(statement.evidence),
    }
    return FactRow(**values)


def proof_of(evidence: Evidence | None) -> Proof | None:
    if evidence is None:
        return None
    href = reverse("evidence", args=[evidence.pk]) if evidence.may_be_opened else ""
    return Proof(evidence.title or _("erased"), bare_number(evidence.reference), href, file_state(evidence))


def bare_number(reference: str) -> str:
    """The number of a document without the sign that a page writes before it, however it was typed."""
    return reference.strip().removeprefix("№").removeprefix("No.").strip()


def file_state(evidence: Evidence) -> Text:
    """Why the file of a proof cannot be opened; empty where it can, or where there never was one."""
    if evidence.is_checking:
        return _("the file is being checked")
    if evidence.scan == Scan.REJECTED:
        return _("the file was rejected: the proof lacks its file")
    return ""


def _history(file: CaseFile, fact: Fact, current: Statement | None) -> tuple[PastStatement, ...]:
    """What was said before and no longer counts, newest first."""
    past = [
        s
        for s in file.statements.values()
        if s.name == fact.name and s.retracts_id is None and (current is None or s.pk != current.pk)
    ]
    return tuple(_past(file, s) for s in sorted(past, key=lambda s: s.pk, reverse=True))


def _past(file: CaseFile, statement: Statement) -> PastStatement:
    retraction = getattr(statement, "retraction", None)
    words = ""
    if retraction is not None:
        by = retraction.recorded_by.full_name if retraction.recorded_by else ""
        words = _("retracted by %(who)s: %(reason)s") % {"who": by, "reason": retraction.reason}
    return PastStatement(
        value=value_words(file, statement),
        since=statement.effective_on,
        recorded_at=statement.recorded_at,
        author=statement.recorded_by.full_name if statement.recorded_by else _("the system"),
        retracted=words,
    )


def value_words(file: CaseFile, statement: Statement) -> Text:
    """The words of a value; one that this edition no longer has is said as unknown to it."""
    try:
        return file.edition.value_label(statement.name, statement.value, lang())
    except KeyError:
        return _("a value of an earlier edition")
