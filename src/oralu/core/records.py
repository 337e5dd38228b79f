"""The contract of the command line and of exchange: a case as a JSON object, and its evaluation as one.

Reading is strict, because a key that is silently ignored is a fact that silently does not count."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NoReturn

from oralu.core.edition import Edition
from oralu.core.evaluation import Evaluation, ReferralState, Snapshot
from oralu.core.facts import ASKED_UNKNOWN, REFUSED, FactState
from oralu.core.grammar import SEXES
from oralu.core.reading import listed

REQUIRED = ("id", "day", "sex")
OPTIONAL = ("facts", "referrals", "breached", "minor_children")
_SHOWN = 60


class RecordError(ValueError):
    """An input that cannot be taken; the message says which key, what is wrong and what is allowed."""


def parse_line(line: bytes | str) -> Any:
    """One line of JSON. Raises `RecordError` on anything that is not strict JSON: a repeated key, NaN, a blank line,
    bytes that are not UTF-8, nesting or numbers beyond any use."""
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
    except UnicodeDecodeError as error:
        raise RecordError(f"the line is not UTF-8 (byte {error.start + 1})") from None
    if not text.strip(" \t\r\n"):
        raise RecordError("the line is blank; write one JSON object on each line")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except RecordError:
        raise
    except RecursionError:
        raise RecordError("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"the line is not JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError:
        raise RecordError("the line is not JSON that can be used: it holds a number of too many digits") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise RecordError(f"the key {_shown(key)} stands twice in one object")
        result[key] = value
    return result


def _no_constant(name: str) -> NoReturn:
    raise RecordError(f"the line is not JSON: {name} is not a number of JSON")


def read_record(edition: Edition, record: Any) -> tuple[str, Snapshot]:
    """The id and the snapshot of a parsed record. Raises `RecordError`."""
    allowed = (*OPTIONAL, "failed_before") if edition.failure_scope == "ever" else OPTIONAL
    _keys(record, "the record", REQUIRED, allowed)
    identity = record["id"]
    if not isinstance(identity, str):
        raise RecordError(f"id: {_shown(identity)} is not a text")
    day = _day(record["day"], "day")
    snapshot = Snapshot(
        day=day,
        sex=_choice(record["sex"], "sex", SEXES),
        facts=_facts(edition, record.get("facts", {}), day),
        referrals=_referrals(edition, record.get("referrals", [])),
        breached=frozenset(
            _choice(domain, f"breached[{place}]", edition.domains)
            for place, domain in enumerate(_list(record.get("breached", []), "breached"), 1)
        ),
        minor_children=_flag(record.get("minor_children", False), "minor_children"),
        failed_before=_flag(record["failed_before"], "failed_before") if "failed_before" in record else None,
    )
    return identity, snapshot


def _facts(edition: Edition, data: Any, today: int) -> dict[str, FactState]:
    if not isinstance(data, dict):
        raise RecordError(f"facts: {_shown(data)} is not an object")
    facts: dict[str, FactState] = {}
    for name, given in data.items():
        fact = edition.fact_by_name.get(name)
        if fact is None:
            raise RecordError(f"facts: {_shown(name)} is not a fact of {edition.id}; it has {listed(_names(edition))}")
        where = f"facts.{name}"
        _keys(given, where, ("value", "day"), ("evidence", "until"))
        value = _choice(given["value"], f"{where}.value", (*fact.codes, ASKED_UNKNOWN, REFUSED))
        day = _day(given["day"], f"{where}.day")
        if day > today:
            raise RecordError(f"{where}.day: {_shown(day)} is after the day of the record, {_shown(today)}")
        until = _day(given["until"], f"{where}.until") if "until" in given else None
        if until is not None and until <= day:
            raise RecordError(f"{where}.until: {_shown(until)} is not after the fact's own day, {_shown(day)}")
        evidence = _flag(given.get("evidence", False), f"{where}.evidence")
        facts[name] = FactState(value, day, evidence, until)
    return facts


def _names(edition: Edition) -> list[str]:
    return [fact.name for fact in edition.facts]


def _referrals(edition: Edition, data: Any) -> tuple[ReferralState, ...]:
    referrals = []
    for place, given in enumerate(_list(data, "referrals"), 1):
        where = f"referrals[{place}]"
        _keys(given, where, ("domain", "state"), ())
        domain = _choice(given["domain"], f"{where}.domain", edition.domains)
        referrals.append(ReferralState(domain, _choice(given["state"], f"{where}.state", edition.referral_states)))
    return tuple(referrals)


def _keys(data: Any, where: str, required: Collection[str], optional: Collection[str]) -> None:
    if not isinstance(data, dict):
        raise RecordError(f"{where}: {_shown(data)} is not an object with the keys {listed(required)}")
    for key in data:
        if key not in required and key not in optional:
            raise RecordError(f"{where}: the key {_shown(key)} is not known; allowed: {listed([*required, *optional])}")
    for key in required:
        if key not in data:
            raise RecordError(f"{where}: the key {key!r} is missing")


def _day(value: Any, where: str) -> int:
    if type(value) is not int:
        raise RecordError(f"{where}: {_shown(value)} is not a whole number of days")
    return value


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise RecordError(f"{where}: {_shown(value)} is neither true nor false")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise RecordError(f"{where}: {_shown(value)} is not a list")
    return value


def _choice(value: Any, where: str, allowed: Collection[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise RecordError(f"{where}: {_shown(value)} is not known; allowed: {listed(allowed)}")
    return value


def _shown(value: Any) -> str:
    """The start of a value as JSON; enough to find it, never the whole of what was sent."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "the value"
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def evaluation_record(identity: str, evaluation: Evaluation, lang: str = "en") -> dict[str, Any]:
    """The evaluation in the shape and key order of the contract; the reasons in `lang` (kk, ru or en)."""
    return {
        "id": identity,
        "edition": evaluation.edition,
        "day": evaluation.day,
        "index": evaluation.index,
        "risk": evaluation.risk,
        "success": evaluation.success,
        "failures": list(evaluation.failures),
        "domains": {
            code: {
                "points": result.points,
                "risk": result.risk,
                "failed": result.failed,
                "provisional": result.provisional,
                "missing": list(result.missing),
                "reasons": [reason.text(lang) for reason in result.reasons],
            }
            for code, result in evaluation.domains.items()
        },
        "actions": [
            {
                "rule": rule.code,
                "agency": rule.agency,
                "service": rule.service,
                "target": rule.target,
                "limit": rule.limit,
            }
            for rule in evaluation.actions
        ],
        "next_change": evaluation.next_change,
    }
