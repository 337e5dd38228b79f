"""Writes docs/policy/ from the policy files: the tables as a lawyer reads them, in Russian, Kazakh and English.

`python scripts/policy_docs.py` writes; `--check` says which page is not what the policy says, and exits 1."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from oralu.core.edition import Edition
from oralu.policyfiles import edition_names, load_edition
from oralu.web.policy.matrix import LineRow, domain_tables, matrix, rule_rows, vocabulary

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "policy"
LANGUAGES = ("ru", "kk", "en")
WORDS = {
    "ru": {
        "note": "Эта страница составлена из файлов политики; правьте их, а не её.",
        "digest": "Отпечаток редакции",
        "verified": "Сверено с источниками",
        "matrix": "Матрица межведомственной маршрутизации",
        "domain": "Домен",
        "rules": "Правила",
        "rule": "Правило",
        "holds": "Действует, пока",
        "agency": "Отвечает",
        "service": "Услуга",
        "target": "Целевой срок",
        "limit": "Предельный срок",
        "breach": "При нарушении",
        "basis": "Основание",
        "points": "Баллы: первая строка, которая верна",
        "failures": "Критические провалы",
        "risk": "Риск: первая строка, которая верна",
        "success": "Успешная реинтеграция",
        "facts": "Словарь фактов",
        "fact": "Факт",
        "values": "Значения",
    },
    "kk": {
        "note": "Бұл бет саясат файлдарынан құрастырылған; оны емес, файлдарды түзетіңіз.",
        "digest": "Редакцияның бақылау таңбасы",
        "verified": "Дереккөздермен салыстырылған күні",
        "matrix": "Ведомствоаралық бағыттау матрицасы",
        "domain": "Домен",
        "rules": "Қағидалар",
        "rule": "Қағида",
        "holds": "Қашан қолданылады",
        "agency": "Жауапты",
        "service": "Қызмет",
        "target": "Мақсатты мерзім",
        "limit": "Шекті мерзім",
        "breach": "Бұзылған кезде",
        "basis": "Негіз",
        "points": "Балл: орындалған бірінші жол",
        "failures": "Сыни сәтсіздіктер",
        "risk": "Тәуекел: орындалған бірінші жол",
        "success": "Сәтті реинтеграция",
        "facts": "Деректер сөздігі",
        "fact": "Дерек",
        "values": "Мәндері",
    },
    "en": {
        "note": "This page is made from the policy files; edit them, not it.",
        "digest": "Fingerprint of the edition",
        "verified": "Last checked against its sources",
        "matrix": "Matrix of inter-agency routing",
        "domain": "Domain",
        "rules": "Rules",
        "rule": "Rule",
        "holds": "Holds while",
        "agency": "Answers",
        "service": "Service",
        "target": "Target",
        "limit": "Limit",
        "breach": "On breach",
        "basis": "Basis",
        "points": "Points: the first line that holds",
        "failures": "Critical failures",
        "risk": "Risk: the first line that holds",
        "success": "Successful reintegration",
        "facts": "The vocabulary of facts",
        "fact": "Fact",
        "values": "Values",
    },
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table."""
    head = list(head)
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""


def lines(title: str, rows: tuple[LineRow, ...]) -> Iterator[str]:
    """The lines that give points, failures or risk, as a list."""
    if rows:
        yield f"**{title}**"
        yield ""
        for row in rows:
            yield f"- {f'**{row.result}** ' if row.result else ''}{row.sentence} ({row.basis})"
        yield ""


def page(edition: Edition, lang: str) -> str:
    """The whole page of an edition in one language."""
    w = WORDS[lang]
    grid = matrix(edition, None, lang)
    text = [f"# {edition.title(lang)}", "", f"> {w['note']}", ""]
    text += [f"{w['digest']}: `{edition.digest}`  ", f"{w['verified']}: {edition.last_verified}", ""]
    text += [f"## {w['matrix']}", ""]
    cells = (
        (d, *("<br>".join(f"**{c.code}** {c.service}: {c.limit}" for c in chips) for chips in row))
        for d, row in grid.rows
    )
    text += table((w["domain"], *grid.agencies), cells)
    text += [f"## {w['rules']}", ""]
    text += table(
        (w[k] for k in ("rule", "holds", "agency", "service", "target", "limit", "breach", "basis")),
        (
            (r.code, f"{r.sentence} {r.waits}".strip(), r.agency, r.service, r.target, r.limit, r.addressee, r.basis)
            for r in rule_rows(edition, None, lang)
        ),
    )
    for domain in domain_tables(edition, lang):
        text += [f"## {w['domain']}: {domain.name}", ""]
        text += lines(w["points"], domain.points)
        text += lines(w["failures"], domain.failures)
        text += lines(w["risk"], domain.risks)
    text += [f"## {w['success']}", "", edition.success.texts[lang], "", f"({edition.success.based.cited(lang)})", ""]
    text += [f"## {w['facts']}", ""]
    text += table(
        (w["domain"], w["fact"], w["values"]),
        ((f.domain, f.name, " · ".join(f.values)) for f in vocabulary(edition, lang)),
    )
    return "\n".join(text).rstrip() + "\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Every page: its file and its text."""
    for name in edition_names():
        for lang in LANGUAGES:
            yield FOLDER / f"{name}.{lang}.md", page(load_edition(name), lang)


def main() -> None:
    stale = [path for path, text in pages() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.name} is not what the policy says: run `make docs`")
        sys.exit(bool(stale))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
