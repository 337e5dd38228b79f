"""The sums of a reading: rows, risk, needs by service and due date, problems, unknown words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from oralu.core.edition import Edition
from oralu.register.evaluation import RowEvaluation
from oralu.register.messages import due_text, kind_text, phrase
from oralu.register.model import Problem, RowResult

WORDS_SHOWN = 40


@dataclass(slots=True)
class Summary:
    """Filled row by row; holds counts only, so its size does not grow with the file."""

    read: int = 0
    good: int = 0
    warned: int = 0
    refused: int = 0
    already: int = 0
    no_iin: int = 0
    risks: Counter[str] = field(default_factory=Counter)
    needs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, result: RowResult, evaluation: RowEvaluation | None, *, already: bool = False) -> None:
        """`already`: the row was imported before, so that it opens nothing."""
        self.read += 1
        self.problems.update(problem.code for problem in result.problems)
        for problem in result.problems:
            if problem.code == "word_unknown" and len(self.unknown) < 10_000:
                self.unknown[_word_of(problem)] += 1
        if result.intake is None or evaluation is None:
            self.refused += 1
            return
        self.no_iin += result.intake.iin is None
        if already:
            self.already += 1
            return
        self.good += not result.problems
        self.warned += bool(result.problems)
        self.risks[evaluation.evaluation.risk] += 1
        for need in evaluation.needs:
            limit = "" if need.limit_due is None else need.limit_due.isoformat()
            self.needs[need.rule.service, need.rule.agency, limit] += 1

    def as_json(self) -> dict[str, object]:
        return {
            "read": self.read,
            "good": self.good,
            "with_warnings": self.warned,
            "refused": self.refused,
            "already": self.already,
            "no_iin": self.no_iin,
            "risk": dict(sorted(self.risks.items())),
            "problems": dict(self.problems.most_common()),
            "needs": [
                {"service": service, "agency": agency, "limit": limit or None, "count": count}
                for (service, agency, limit), count in sorted(self.needs.items(), key=_by_limit)
            ],
            "unknown_words": [
                {"field": name, "word": word, "near": near, "count": count}
                for (name, word, near), count in self.unknown.most_common(WORDS_SHOWN)
            ],
        }

    def lines(self, edition: Edition, lang: str, skipped: Counter[str]) -> list[str]:
        """The summary in words."""
        counts = phrase("counts", lang, read=self.read, good=self.good, warned=self.warned, refused=self.refused)
        lines = [phrase("summary", lang), f"  {counts}", f"  {phrase('no_iin_count', lang, count=self.no_iin)}"]
        if self.already:
            lines.append(f"  {phrase('already_count', lang, count=self.already)}")
        if skipped:
            kinds = ", ".join(phrase(f"skipped_{kind}", lang, count=count) for kind, count in sorted(skipped.items()))
            lines.append(f"  {phrase('skipped', lang, kinds=kinds)}")
        lines.append(f"{phrase('by_risk', lang)}:")
        lines += [f"  {level}: {self.risks[level]}" for level in reversed(edition.risk_levels)]
        if self.needs:
            lines.append(f"{phrase('by_need', lang)}:")
            lines += [f"  {line}" for line in self._need_lines(edition, lang)]
        if self.problems:
            lines.append(f"{phrase('by_problem', lang)}:")
            lines += [f"  {count} × {kind_text(code, lang)}" for code, count in self.problems.most_common()]
        return lines + self._mapping_lines(lang)

    def _need_lines(self, edition: Edition, lang: str) -> list[str]:
        lines = []
        for (service, agency, limit), count in sorted(self.needs.items(), key=_by_limit):
            code = "need_count" if limit else "need_count_waits"
            words = {
                "service": edition.label("service", service, lang),
                "agency": edition.label("agency", agency, lang),
            }
            lines.append(phrase(code, lang, count=count, limit=_moment(limit, lang), **words))
        return lines

    def _mapping_lines(self, lang: str) -> list[str]:
        """Unknown words as the start of a mapping file, so that a whole column is mended at once."""
        if not self.unknown:
            return []
        lines = [phrase("unknown_words", lang), "", "words:"]
        by_field: dict[str, list[str]] = {}
        for (name, word, near), count in self.unknown.most_common(WORDS_SHOWN):
            quoted = word.replace("\\", "\\\\").replace('"', '\\"')
            by_field.setdefault(name, []).append(f'    "{quoted}":    # {count} ×' + (f", {near}?" if near else ""))
        for name, entries in by_field.items():
            lines += [f"  {name}:", *entries]
        return lines


def _word_of(problem: Problem) -> tuple[str, str, str]:
    name = str(problem.params.get("fact") or problem.params.get("field") or "")
    return name, " ".join((problem.value or "").split())[:60], str(problem.params.get("near") or "")


def _by_limit(item: tuple[tuple[str, str, str], int]) -> tuple[str, str, str]:
    (service, agency, limit), _ = item
    return limit or "9999", service, agency


def _moment(limit: str, lang: str) -> str:
    return due_text(datetime.fromisoformat(limit), lang) if limit else ""
