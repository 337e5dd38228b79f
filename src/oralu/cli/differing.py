"""The differences of two editions in words, for `oralu policy diff`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from oralu.core.edition import Edition
from oralu.core.facts import UNKNOWN
from oralu.core.lattice.difference import Box, Coordinate, Difference, Outcome, Way, terms_changed
from oralu.tables.touched import Change, cases_of

_WORDS = {
    "en": {
        "points": "points",
        "failed": "critical failure",
        "holds": "opens",
        "ceases": "no longer opens",
        "new": "is a new rule",
        "gone": "is no longer a rule",
        "always": "in every cell",
        "days": "days {}–{}",
        "day": "day {}",
        "before": "before day {}",
        "from": "from day {}",
        "or": " or ",
        "evidence": "with evidence",
        "no_evidence": "without evidence",
        "age": "{} days old or more",
        "ages": "{}–{} days old",
        "cases": "{} cases of the register",
        "none": "The editions agree in every cell.",
        "sex": "sex",
        "minor_children": "minor children",
        "yes": "yes",
        "no": "no",
        "female": "female",
        "male": "male",
        "sent": "a referral sent",
        "served": "a referral served",
        "breached": "a need breached",
        "any": "any domain",
        "failing": "critical failure",
        "ahead": "a critical failure ahead",
        "risk": "risk",
        "total": "{} of {} cases are touched.",
    },
    "ru": {
        "points": "баллы",
        "failed": "критический провал",
        "holds": "открывается",
        "ceases": "больше не открывается",
        "new": "новое правило",
        "gone": "правило исключено",
        "always": "во всех ячейках",
        "days": "дни {}–{}",
        "day": "день {}",
        "before": "до дня {}",
        "from": "со дня {}",
        "or": " или ",
        "evidence": "с подтверждением",
        "no_evidence": "без подтверждения",
        "age": "давность {} дн. и более",
        "ages": "давность {}–{} дн.",
        "cases": "кейсов реестра: {}",
        "none": "Редакции совпадают во всех ячейках.",
        "sex": "пол",
        "minor_children": "несовершеннолетние дети",
        "yes": "да",
        "no": "нет",
        "female": "женский",
        "male": "мужской",
        "sent": "направление дано",
        "served": "услуга оказана",
        "breached": "нарушенный срок",
        "any": "любой домен",
        "failing": "критический провал",
        "ahead": "предстоящий критический провал",
        "risk": "риск",
        "total": "Затронуто кейсов: {} из {}.",
    },
    "kk": {
        "points": "балл",
        "failed": "сыни сәтсіздік",
        "holds": "ашылады",
        "ceases": "енді ашылмайды",
        "new": "жаңа ереже",
        "gone": "ереже алынып тасталды",
        "always": "барлық ұяшықта",
        "days": "{}–{}-күндер",
        "day": "{}-күн",
        "before": "{}-күнге дейін",
        "from": "{}-күннен бастап",
        "or": " немесе ",
        "evidence": "растамасы бар",
        "no_evidence": "растамасы жоқ",
        "age": "{} күн немесе одан көп бұрын",
        "ages": "{}–{} күн бұрын",
        "cases": "тізілімдегі кейстер: {}",
        "none": "Редакциялар барлық ұяшықта бірдей.",
        "sex": "жынысы",
        "minor_children": "кәмелетке толмаған балалар",
        "yes": "иә",
        "no": "жоқ",
        "female": "әйел",
        "male": "ер",
        "sent": "жолдама жіберілді",
        "served": "көмек көрсетілді",
        "breached": "мерзімі бұзылған",
        "any": "кез келген домен",
        "failing": "сыни сәтсіздік",
        "ahead": "алдағы сыни сәтсіздік",
        "risk": "қауіп",
        "total": "Қамтылған кейстер: {} / {}.",
    },
}

Touched = tuple[Counter[Change], int, int]


def difference_lines(
    old: Edition, new: Edition, found: tuple[Difference, ...], touched: Touched | None, lang: str
) -> list[str]:
    """One line for each way in which cells differ, under it the cells."""
    return list(_Teller(old, new, lang).lines(found, touched))


class _Teller:
    def __init__(self, old: Edition, new: Edition, lang: str) -> None:
        self.old, self.new, self.lang, self.words = old, new, lang, _WORDS[lang]

    def lines(self, found: tuple[Difference, ...], touched: Touched | None) -> Iterator[str]:
        yield f"{self.old.id} → {self.new.id}"
        for difference in found:
            head = self._head(difference)
            if touched is not None:
                head += f" · {self.words['cases'].format(format(cases_of(difference, touched[0]), ','))}"
            yield head
            for box in difference.boxes:
                yield f"  {self._box(box)}"
        terms = list(terms_changed(self.old, self.new))
        for code, name, before, after in terms:
            yield f"{code}: {name} {before} → {after}"
        for name in ("success", "failure_scope", "anchor"):
            before, after = getattr(self.old, name), getattr(self.new, name)
            if before != after:
                yield f"{name}: {_plain(before)} → {_plain(after)}"
        if not found:
            yield self.words["none"]
        if touched is not None:
            yield self.words["total"].format(f"{touched[1]:,}", f"{touched[2]:,}")

    def _head(self, difference: Difference) -> str:
        if difference.kind == "domain":
            assert isinstance(difference.before, tuple)
            assert isinstance(difference.after, tuple)
            label = self.new.label("domain", difference.code, self.lang)
            return f"{label}: {self._outcome(difference.before)} → {self._outcome(difference.after)}"
        edition = self.old if difference.after is None else self.new
        if None in (difference.before, difference.after):
            word = "new" if difference.before is None else "gone"
        else:
            word = "ceases" if difference.before else "holds"
        service = edition.label("service", edition.rule(difference.code).service, self.lang)
        return f"{difference.code} ({service}): {self.words[word]}"

    def _outcome(self, outcome: Outcome) -> str:
        points, level, failed = outcome
        text = f"{self.old.risk_levels[level]}, {self.words['points']} {points}"
        return f"{text}, {self.words['failed']}" if failed else text

    def _box(self, box: Box) -> str:
        parts = [self._part(coordinate, ways) for coordinate, ways in box.parts]
        return "; ".join(parts) if parts else self.words["always"]

    def _part(self, coordinate: Coordinate, ways: tuple[Way, ...]) -> str:
        key, kind = coordinate.key, str(coordinate.key[0])
        if kind == "day":
            return self.words["or"].join(self._days(start, end) for start, end in _runs(ways))
        if kind == "fact":
            label = self.new.label("fact", str(key[1]), self.lang)
            return f"{label}: {self.words['or'].join(self._facts(str(key[1]), coordinate, ways))}"
        name = str(key[1]) if len(key) > 1 else ""
        domain = self.words["any"] if name == "any" else self.new.label("domain", name, self.lang) if name else ""
        values = self.words["or"].join(self.words.get(way.words[0], way.words[0]) for way in ways)
        head = self.words["failing" if kind == "failed" else kind]
        return f"{head}{' (' + domain + ')' if domain else ''}: {values}"

    def _days(self, start: str, end: str) -> str:
        if not start:
            return self.words["before"].format(int(end) + 1)
        if not end:
            return self.words["from"].format(start)
        return self.words["day"].format(start) if start == end else self.words["days"].format(start, end)

    def _facts(self, name: str, coordinate: Coordinate, ways: tuple[Way, ...]) -> Iterator[str]:
        """Each value once; with its evidence and age only where not all of these are meant."""
        for values in dict.fromkeys(way.words[3:] for way in ways):
            text = self.words["or"].join(self.new.value_label(name, value, self.lang) for value in values)
            chosen = [way for way in ways if way.words[3:] == values]
            if len(chosen) == sum(way.words[3:] == values for way in coordinate.ways):
                yield text
            else:
                yield from (self._fact(text, way) for way in chosen)

    def _fact(self, text: str, way: Way) -> str:
        since, until, proof, *values = way.words
        more = []
        if since and (since != "0" or until):
            more.append(self.words["ages"].format(since, until) if until else self.words["age"].format(since))
        if proof and values != [UNKNOWN]:
            more.append(self.words["evidence" if proof == "yes" else "no_evidence"])
        return f"{text} ({', '.join(more)})" if more else text


def _runs(ways: tuple[Way, ...]) -> list[tuple[str, str]]:
    """Stretches of days that follow each other, as one."""
    runs: list[tuple[str, str]] = []
    for way in ways:
        start, end = way.words
        if runs and start and runs[-1][1] and int(runs[-1][1]) + 1 == int(start):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _plain(value: object) -> str:
    from_day, index = getattr(value, "from_day", None), getattr(value, "index_from", None)
    return str(value) if from_day is None else f"from day {from_day}, index {index}, none at {', '.join(value.no_risk)}"  # type: ignore[attr-defined]
