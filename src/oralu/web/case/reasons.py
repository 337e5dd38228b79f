"""Why a need opened, why it closed by itself, and why it does or does not wait: a line each, with the rule and the
facts that did it. What a retraction, another edition or a member of staff closed says so itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from oralu.apps.cases.models import EvaluationRecord, Statement
from oralu.apps.referrals.models import Need
from oralu.apps.routing.case_file import CaseFile
from oralu.core.edition import Rule
from oralu.core.facts import ANSWERS_WITHOUT_VALUE
from oralu.core.grammar import All, AnyOf, Condition, FactIn, Failure, Not, Term, facts_in, walk
from oralu.web.case.cards import value_words, why_of
from oralu.web.components import Why
from oralu.web.presenting import reason_sentence, rule_of
from oralu.web.screens import lang
from oralu.web.templatetags.oralu import day_n

FACTS_NAMED = 3
"""How many facts a line names; the rest stands under "why"."""


def opened_because(file: CaseFile, need: Need) -> str:
    """What made the rule of a need hold. Empty where the words of the rule say all of it."""
    failed = _failures_told(file, need)
    if failed:
        return _("Opened because of: %(reasons)s") % {"reasons": failed}
    facts = _named(file, _recorded_at(file, need.opened_at, _speaks_for(rule_of(need).condition)))
    return _("Opened because of: %(reasons)s") % {"reasons": facts} if facts else ""


def closed_because(file: CaseFile, need: Need) -> str:
    """Which rule no longer holds for a need that closed by itself, and what changed; empty for every other ending."""
    if need.close_reason != Need.Reason.RULE_CEASED or need.closed_at is None:
        return ""
    rule = rule_of(need)
    words = {"rule": rule.why(lang()).rstrip("."), "what": _what_ended(file, need, rule)}
    return _("Closed by itself: %(what)s, so the rule “%(rule)s” no longer holds.") % words


def _what_ended(file: CaseFile, need: Need, rule: Rule) -> str:
    assert need.closed_at is not None
    facts = set(rule.facts)
    speaks_for = _speaks_for(rule.condition)
    recorded = _recorded_at(file, need.closed_at, lambda s: s.name in facts and not speaks_for(s))
    if recorded:
        return _("recorded: %(facts)s") % {"facts": _named(file, recorded)}
    sent = [r for attempts in file.referrals.values() for r in attempts if r.sent_at == need.closed_at]
    if sent:
        return _("a referral has gone to: %(agency)s") % {"agency": sent[0].agency}
    return _("%(day)s has come") % {"day": day_n(file.day_of(need.closed_at))}


def _speaks_for(condition: Condition) -> Callable[[Statement], bool]:
    """Whether a statement is one of those by which a condition holds: its value is one that the condition names, or one
    that it excludes is not its value."""
    named = [(node.fact, node.values, is_for) for node, is_for in _signed(condition) if isinstance(node, FactIn)]
    return lambda s: any(s.name == fact and (s.value in values) == is_for for fact, values, is_for in named)


def _signed(condition: Condition, *, is_for: bool = True) -> Iterator[tuple[Condition, bool]]:
    """The parts of a condition, each with whether it speaks for it or, under a "not", against it."""
    yield condition, is_for
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _signed(part, is_for=is_for)
    elif isinstance(condition, Not | Term):
        yield from _signed(condition.part, is_for=is_for != isinstance(condition, Not))


def _recorded_at(file: CaseFile, moment: datetime, is_wanted: Callable[[Statement], bool]) -> list[Statement]:
    return [
        s
        for s in file.statements.values()
        if s.recorded_at == moment and s.retracts_id is None and s.value not in ANSWERS_WITHOUT_VALUE and is_wanted(s)
    ]


def _named(file: CaseFile, statements: Iterable[Statement]) -> str:
    facts = [f"{file.edition.label('fact', s.name, lang())}: {value_words(file, s)}" for s in statements]
    return "; ".join(facts[:FACTS_NAMED])


def _failures_told(file: CaseFile, need: Need) -> str:
    """For a rule that follows a critical failure: in which domains there was one when it opened, and which sentence of
    the policy makes it one."""
    rule = rule_of(need)
    follows = {node.domain for node in walk(rule.condition) if isinstance(node, Failure)}
    record = _evaluated_at(file, need) if follows else None
    if record is None:
        return ""
    told = []
    for code in record.failures:
        if code not in follows or code not in file.edition.domains:
            continue
        lines = record.domains[code]["lines"]
        said = [reason_sentence(file.edition, code, kind, line) for kind, line in lines if kind == "failure"]
        told.append(f"{file.edition.label('domain', code, lang())} — {' '.join(filter(None, said))}")
    return "; ".join(told)


def _evaluated_at(file: CaseFile, need: Need) -> EvaluationRecord | None:
    """The evaluation that opened a need: the first kept from then on in which its rule held."""
    return next((e for e in file.evaluations if e.at >= need.opened_at and need.rule in e.needs), None)


def goes_on_because(file: CaseFile, need: Need, *, is_waiting: bool) -> str:
    """Why a need whose rule knows a prerequisite does not wait for it (any more): what of it is recorded."""
    rule = rule_of(need)
    if rule.waits_while is None or is_waiting or need.state != Need.State.OPEN:
        return ""
    there = [
        f"{file.edition.label('fact', name, lang())}: {file.edition.value_label(name, file.facts[name].value, lang())}"
        for name in sorted(facts_in(rule.waits_while))
        if name in file.facts
    ]
    if not there:
        return ""
    return _("It does not wait: %(facts)s. By this rule that is enough to go on.") % {"facts": "; ".join(there)}


def why_of_need(file: CaseFile, need: Need, *, is_waiting: bool) -> Why:
    """The "why" of a need: its rule, whether it waits and why, and the facts that both read."""
    rule = rule_of(need)
    names = {*rule.facts, *(facts_in(rule.waits_while) if rule.waits_while is not None else ())}
    why = why_of(file, rule, [fact.name for fact in file.edition.facts if fact.name in names])
    added = rule.waits_why(lang()) if is_waiting else goes_on_because(file, need, is_waiting=is_waiting)
    return replace(why, rule=f"{why.rule} {added}") if added else why
