"""An evaluation in words: why this risk, by which line of the policy, on which facts, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oralu.core.edition import Edition, Rule
from oralu.core.evaluation import DomainResult, Evaluation, Snapshot, waiting
from oralu.core.facts import UNKNOWN

_WORDS: dict[str, tuple[str, str, str]] = {
    "case": ("Кейс {id}, {day}-күн", "Кейс {id}, день {day}", "Case {id}, day {day}"),
    "edition": ("Редакция: {title} ({id})", "Редакция: {title} ({id})", "Edition: {title} ({id})"),
    "index": (
        "Интегралды көрсеткіш: {index}/{highest}. Тәуекел: {risk}.",
        "Интегральный показатель: {index} из {highest}. Риск: {risk}.",
        "Index: {index} of {highest}. Risk: {risk}.",
    ),
    "success": ("Сәтті реинтеграция: {is}. {rule}", "Успешная реинтеграция: {is}. {rule}",
                "Successful reintegration: {is}. {rule}"),
    "yes": ("иә", "да", "yes"),
    "no": ("жоқ", "нет", "no"),
    "not_yet": ("әлі белгісіз", "пока неизвестно", "not known yet"),
    "domain": ("«{domain}» домені. Балл: {points}. {risk}", "Домен «{domain}». Баллы: {points}. {risk}",
               "Domain “{domain}”. Points: {points}. {risk}"),
    "failed": ("сыни сәтсіздік", "критический провал", "critical failure"),
    "provisional": ("алдын ала: белгісіз деректер нәтижені өзгертуі мүмкін",
                    "предварительно: неизвестные факты могут изменить результат",
                    "provisional: facts that are unknown may change the result"),
    "ahead": ("Алда: {text}", "Впереди: {text}", "Ahead: {text}"),
    "facts": ("деректер: {facts}", "факты: {facts}", "facts: {facts}"),
    "since": ("{value}, {day}-күннен бастап", "{value}, с дня {day}", "{value}, since day {day}"),
    "until": ("{day}-күнге дейін", "до дня {day}", "until day {day}"),
    "proved": ("расталған", "с подтверждением", "with evidence"),
    "unproved": ("растамасыз", "без подтверждения", "without evidence"),
    "missing": ("Белгісіз: {facts}", "Неизвестно: {facts}", "Not known: {facts}"),
    "actions": ("Ашылатын қажеттіліктер", "Открываемые потребности", "Needs that are opened"),
    "none": ("жоқ", "нет", "none"),
    "rule": (
        "{code}. {service}: {agency}. Мақсатты мерзім: {target}; шекті мерзім: {limit}; бұзылса: {addressee}.",
        "{code}. {service}: {agency}. Целевой срок: {target}; предельный: {limit}; при нарушении: {addressee}.",
        "{code}. {service}: {agency}. Target: {target}; limit: {limit}; on breach: {addressee}.",
    ),
    "next": ("Жаңа дерек жазылмаса, {day}-күні өзгереді.", "Если ничего не записать, изменится на день {day}.",
             "If nothing is recorded, it changes on day {day}."),
    "never": ("Жаңа дерек жазылмаса, өзгермейді.", "Если ничего не записать, не изменится.",
              "If nothing is recorded, it does not change."),
}  # fmt: skip
_LANGUAGES = ("kk", "ru", "en")
_UNITS: dict[str, dict[str, tuple[str, ...]]] = {
    "H": {"kk": ("сағат",), "ru": ("час", "часа", "часов"), "en": ("hour", "hours")},
    "WD": {
        "kk": ("жұмыс күні",),
        "ru": ("рабочий день", "рабочих дня", "рабочих дней"),
        "en": ("working day", "working days"),
    },
    "D": {
        "kk": ("күнтізбелік күн",),
        "ru": ("календарный день", "календарных дня", "календарных дней"),
        "en": ("calendar day", "calendar days"),
    },
}
_ALLOWANCE = re.compile(r"(?:PT|P)?(\d+)(H|WD|D)")


def _say(word: str, lang: str, **values: object) -> str:
    return _WORDS[word][_LANGUAGES.index(lang)].format(**values)


def allowance_words(allowance: str, lang: str) -> str:
    """`PT24H`, `3WD` or `P7D` in words: "24 часа", "3 рабочих дня", "7 календарных дней"."""
    found = _ALLOWANCE.fullmatch(allowance)
    if found is None:
        raise ValueError(f"{allowance!r} is not an allowance: write PT24H, 3WD or P7D")
    number, forms = int(found[1]), _UNITS[found[2]][lang]
    if lang == "ru":
        last, tens = number % 10, number % 100
        place = 0 if last == 1 and tens != 11 else 1 if 2 <= last <= 4 and not 12 <= tens <= 14 else 2
    else:
        place = min(len(forms) - 1, 0 if number == 1 else 1)
    return f"{number} {forms[place]}"


def explain(edition: Edition, identity: str, snapshot: Snapshot, evaluation: Evaluation, lang: str) -> Iterator[str]:
    """The lines of the explanation in `lang` (kk, ru or en)."""
    yield _say("case", lang, id=identity, day=evaluation.day)
    yield _say("edition", lang, title=edition.title(lang), id=edition.id)
    risk = edition.label("risk", evaluation.risk, lang)
    yield _say("index", lang, index=evaluation.index, highest=edition.highest_index, risk=risk)
    known = "not_yet" if evaluation.success is None else "yes" if evaluation.success else "no"
    yield _say("success", lang, **{"is": _say(known, lang)}, rule=edition.success.texts[lang])
    yield f"    [{edition.success.based.cited(lang)}]"
    for code, result in evaluation.domains.items():
        yield ""
        yield from _domain(edition, snapshot, code, result, lang)
    yield ""
    yield _say("actions", lang) + ":" + ("" if evaluation.actions else " " + _say("none", lang))
    for rule in evaluation.actions:
        yield from _rule(edition, snapshot, rule, lang)
    yield ""
    change = evaluation.next_change
    yield _say("never", lang) if change is None else _say("next", lang, day=change)


def _domain(edition: Edition, snapshot: Snapshot, code: str, result: DomainResult, lang: str) -> Iterator[str]:
    domain, risk = edition.label("domain", code, lang), edition.label("risk", result.risk, lang)
    head = _say("domain", lang, domain=domain, points=result.points, risk=risk)
    marks = [head]
    marks += [_say("failed", lang)] if result.failed else []
    marks += [_say("provisional", lang)] if result.provisional else []
    yield "; ".join(marks)
    told: set[str] = set()
    for reason in result.reasons:
        text = reason.text(lang)
        yield "  - " + (_say("ahead", lang, text=text) if reason.kind == "ahead" else text)
        yield f"    [{reason.cited(lang)}]"
        if not told.issuperset(reason.facts):
            told.update(reason.facts)
            yield "    " + _say("facts", lang, facts=_facts(edition, snapshot, reason.facts, lang))
    if result.missing:
        names = "; ".join(edition.label("fact", name, lang) for name in result.missing)
        yield "  " + _say("missing", lang, facts=names)


def _facts(edition: Edition, snapshot: Snapshot, names: tuple[str, ...], lang: str) -> str:
    return "; ".join(f"{edition.label('fact', n, lang)} ({_fact(edition, snapshot, n, lang)})" for n in names)


def _fact(edition: Edition, snapshot: Snapshot, name: str, lang: str) -> str:
    state = snapshot.facts.get(name)
    if state is None or not state.known_on(snapshot.day):
        return edition.value_label(name, UNKNOWN, lang)
    parts = [_say("since", lang, value=edition.value_label(name, state.value, lang), day=state.day)]
    parts += [_say("until", lang, day=state.until)] if state.until is not None else []
    parts.append(_say("proved" if state.evidence else "unproved", lang))
    return ", ".join(parts)


def _rule(edition: Edition, snapshot: Snapshot, rule: Rule, lang: str) -> Iterator[str]:
    yield "  " + _say(
        "rule",
        lang,
        code=rule.code,
        service=edition.label("service", rule.service, lang),
        agency=edition.label("agency", rule.agency, lang),
        target=allowance_words(rule.target, lang),
        limit=allowance_words(rule.limit, lang),
        addressee=edition.label("addressee", rule.on_breach, lang),
    )
    yield f"    {rule.why(lang)}"
    yield f"    [{rule.cited(lang)}]"
    yield "    " + _say("facts", lang, facts=_facts(edition, snapshot, rule.facts, lang))
    if waiting(edition, rule, snapshot):
        yield f"    {rule.waits_why(lang)}"
