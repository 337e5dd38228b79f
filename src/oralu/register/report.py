"""The evaluation of each row in words, as CSV, and as JSON lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from oralu.core.edition import Edition
from oralu.core.evaluation import Evaluation
from oralu.register.evaluation import OpenedNeed, RowEvaluation
from oralu.register.layout import Layout
from oralu.register.messages import day_text, due_text, field_label, phrase, place_text, problem_text
from oralu.register.model import Problem, RowResult
from oralu.register.reader import RegisterReading

CSV_COLUMNS = (
    *("file", "sheet", "row", "person", "kind", "code", "column", "header", "value", "text", "action"),
    *("day", "index", "risk", "failures", "strip", "agency", "service", "target_due", "limit_due", "inherited", "case"),
)


def strip_text(evaluation: Evaluation) -> str:
    """The five cells in the order of the edition: points, and `!` for a critical failure."""
    return " ".join(f"{result.points}{'!' if result.failed else ''}" for result in evaluation.domains.values())


def opening_lines(reading: RegisterReading, lang: str, title: str = "title") -> Iterator[str]:
    """What is read, and each column as what. `title`: `title` of a dry run, `title_import`."""
    edition = reading.edition
    yield phrase(title, lang, file=reading.file, go_live=day_text(reading.go_live, lang), edition=edition.title(lang))
    for layout in reading.layouts:
        yield from _layout_lines(layout, edition, lang)
    for note in reading.notes:
        yield from problem_lines(note, edition, lang)
    if reading.unread_sheets:
        yield phrase("unread_sheets", lang, sheets=", ".join(reading.unread_sheets))
    yield ""


def _layout_lines(layout: Layout, edition: Edition, lang: str) -> Iterator[str]:
    yield phrase("table" if layout.sheet is None else "sheet", lang, sheet=layout.sheet, row=layout.row)
    for column in layout.columns:
        meaning = phrase("unread", lang) if column.field is None else field_label(column.field, edition, lang)
        remark = f" ({phrase('guessed', lang)})" if column.how == "guessed" else ""
        yield f"  {column.letter:>2}  «{column.header}» → {meaning}{remark}"


@dataclass(frozen=True, slots=True)
class RowFate:
    """What an import made of a row: a case of this number was opened, or stands `already`."""

    case: int
    already: bool = False

    def text(self, lang: str) -> str:
        return phrase("fate_already" if self.already else "fate_opened", lang, case=self.case)


def row_lines(
    result: RowResult, judged: RowEvaluation | None, edition: Edition, lang: str, fate: RowFate | None = None
) -> Iterator[str]:
    """One row: who, how the case stands, what would open and when it falls due, and what is wrong."""
    if result.intake is None or judged is None:
        yield phrase("row_refused", lang, row=result.row)
    else:
        name = phrase("row_read", lang, row=result.row, name=result.intake.short_name)
        if fate is not None and fate.already:
            yield f"{name} · {fate.text(lang)}"
            return
        if fate is not None:
            name = f"{name} · {fate.text(lang)}"
        yield f"{name} · {_state(judged, edition, lang)}"
        for need in judged.needs:
            yield f"    → {_need_text(need, edition, lang)}"
        if not judged.needs:
            yield f"    → {phrase('no_needs', lang)}"
    for problem in result.problems:
        yield from problem_lines(problem, edition, lang)


def problem_lines(problem: Problem, edition: Edition, lang: str) -> Iterator[str]:
    """Where, what is wrong, what to do."""
    reason, action = problem_text(problem, edition, lang)
    yield f"    {phrase(problem.level, lang)}: {place_text(problem, lang)}: {reason} {action}"


def _state(judged: RowEvaluation, edition: Edition, lang: str) -> str:
    evaluation = judged.evaluation
    parts = [
        phrase("day_n", lang, day=evaluation.day),
        phrase("index", lang, index=evaluation.index),
        evaluation.risk,
        f"[{strip_text(evaluation)}]",
    ]
    if evaluation.failures:
        domains = ", ".join(edition.label("domain", domain, lang) for domain in evaluation.failures)
        parts.append(phrase("failures", lang, domains=domains))
    return " · ".join(parts)


def _need_text(need: OpenedNeed, edition: Edition, lang: str) -> str:
    rule = need.rule
    words = {
        "rule": rule.code,
        "service": edition.label("service", rule.service, lang),
        "agency": edition.label("agency", rule.agency, lang),
    }
    if need.target_due is None or need.limit_due is None:
        return phrase("need_waits", lang, why=rule.waits_why(lang).rstrip("."), **words)
    return phrase("need", lang, target=due_text(need.target_due, lang), limit=due_text(need.limit_due, lang), **words)


class CsvReport:
    """One line for each evaluation, need and problem; opens in Excel as it is (UTF-8 with BOM, semicolons)."""

    def __init__(self, stream: TextIO, file: str, edition: Edition, lang: str) -> None:
        self._writer = csv.DictWriter(stream, CSV_COLUMNS, delimiter=";", restval="")
        self._file, self._edition, self._lang = file, edition, lang
        stream.write("\ufeff")
        self._writer.writeheader()

    def add(self, result: RowResult, judged: RowEvaluation | None, fate: RowFate | None = None) -> None:
        person = result.intake.short_name if result.intake else ""
        place = {"file": self._file, "sheet": result.sheet or "", "row": result.row, "person": person}
        if fate is not None:
            self._writer.writerow(place | {"kind": "already" if fate.already else "opened", "case": fate.case})
        for line in () if fate is not None and fate.already else self._lines(result, judged):
            self._writer.writerow({name: _harmless(value) for name, value in (place | line).items()})

    def _lines(self, result: RowResult, judged: RowEvaluation | None) -> Iterator[dict[str, object]]:
        if result.intake is None or judged is None:
            yield {"kind": "refused"}
        else:
            evaluation = judged.evaluation
            yield {
                "kind": "evaluation",
                "day": evaluation.day,
                "index": evaluation.index,
                "risk": evaluation.risk,
                "failures": " ".join(evaluation.failures),
                "strip": strip_text(evaluation),
            }
            for need in judged.needs:
                yield {"kind": "need", "text": _need_text(need, self._edition, self._lang), **need_json(need)}
        for problem in result.problems:
            reason, action = problem_text(problem, self._edition, self._lang)
            yield {
                "kind": problem.level,
                "code": problem.code,
                "column": problem.column,
                "header": problem.header,
                "value": problem.value,
                "text": reason,
                "action": action,
            }


def _harmless(value: object) -> object:
    """A cell that begins like a formula would be run by the program that opens the report."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def need_json(need: OpenedNeed) -> dict[str, object]:
    rule = need.rule
    return {
        "code": rule.code,
        "agency": rule.agency,
        "service": rule.service,
        "target_due": need.target_due.isoformat() if need.target_due else None,
        "limit_due": need.limit_due.isoformat() if need.limit_due else None,
        "inherited": need.inherited,
    }


def problem_json(problem: Problem, edition: Edition, lang: str) -> dict[str, object]:
    reason, action = problem_text(problem, edition, lang)
    return {
        "level": problem.level,
        "code": problem.code,
        "file": problem.file,
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "header": problem.header,
        "value": problem.value,
        "reason": reason,
        "action": action,
    }


def row_json(
    result: RowResult,
    judged: RowEvaluation | None,
    file: str,
    edition: Edition,
    lang: str,
    *,
    fate: RowFate | None = None,
) -> dict[str, object]:
    """One row as an object; `evaluation` is null for a refused row, `case` unless a case was opened or stands."""
    evaluation = None
    if judged is not None:
        found = judged.evaluation
        evaluation = {
            "day": found.day,
            "index": found.index,
            "risk": found.risk,
            "failures": list(found.failures),
            "domains": {
                code: {"points": d.points, "risk": d.risk, "failed": d.failed} for code, d in found.domains.items()
            },
            "needs": [need_json(need) for need in judged.needs],
        }
    status = "refused" if result.refused else "with_warnings" if result.problems else "good"
    return {
        "file": file,
        "sheet": result.sheet,
        "row": result.row,
        "person": result.intake.short_name if result.intake else None,
        "iin": None if result.intake is None else result.intake.iin is not None,
        "status": "already" if fate is not None and fate.already else status,
        "case": None if fate is None else fate.case,
        "evaluation": evaluation,
        "problems": [problem_json(problem, edition, lang) for problem in result.problems],
    }
