"""Asks every question in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import DatabaseError, connection

from oralu.config.doctor import asking_database, asking_machine
from oralu.config.doctor.findings import Finding, Level

Question = Callable[[], Finding | Iterable[Finding]]
OF_DATABASE: tuple[Question, ...] = (
    asking_database.clock_skew,
    asking_database.migrations,
    asking_database.roles,
    asking_database.row_security,
    asking_database.journal,
    asking_database.promises,
    asking_database.archiving,
)
OF_MACHINE: tuple[Question, ...] = (
    asking_machine.disk,
    asking_machine.scanner,
    asking_machine.backup,
    asking_machine.addresses,
)


def examine() -> list[Finding]:
    """Every answer. A question that fails is itself an alarm, and the others are asked all the same."""
    findings: list[Finding] = []
    try:
        findings.append(asking_database.reachable())
    except (DatabaseError, OSError):
        words = "The database cannot be reached: is it running, and is its address right?"
        findings.append(Finding("database", Level.ALARM, words))
        questions = OF_MACHINE
    else:
        questions = OF_DATABASE + OF_MACHINE
    for question in questions:
        findings += _ask(question)
    return findings


def _ask(question: Question) -> list[Finding]:
    try:
        answer = question()
        return [answer] if isinstance(answer, Finding) else list(answer)
    except (DatabaseError, OSError) as error:
        connection.close()
        name = question.__name__
        return [Finding(name, Level.ALARM, f"The question “{name}” could not be answered: {type(error).__name__}.")]
