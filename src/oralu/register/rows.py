"""One row of cells as an `IntakeRow`, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from oralu.core.edition import Edition
from oralu.core.facts import ANSWERS_WITHOUT_VALUE
from oralu.register import person
from oralu.register.cells import Reading, read_fact
from oralu.register.layout import REPEATABLE, Layout, clean_cell
from oralu.register.model import FactEntry, IntakeRow, RowResult
from oralu.register.sources import CellValue
from oralu.register.standing import read_standing
from oralu.register.text import key
from oralu.register.trouble import RowTrouble
from oralu.register.vocabulary import Vocabulary

# A date that may lie ahead (the end of a registration, a planned release) is at most this far ahead.
_AHEAD = timedelta(days=3653)


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one table. `go_live`: no enrolment and no fact may be later."""

    file: str
    layout: Layout
    vocabulary: Vocabulary
    edition: Edition
    go_live: date
    _at: dict[str, list[int]] = field(init=False)
    _facts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._at = {}
        for column in self.layout.columns:
            if column.field is not None:
                self._at.setdefault(column.field, []).append(column.index)
        self._facts = tuple(fact.name for fact in self.edition.facts if fact.name in self._at)

    def read(self, number: int, cells: Sequence[CellValue], *, cut_short: bool = False) -> RowResult:
        """The row `number` of the file. Never raises for what the cells hold."""
        trouble = RowTrouble(self.file, self.layout, number, cells)
        self._check_width(cells, trouble, cut_short)
        names = person.read_names(lambda name: self._cell(cells, name), trouble, in_one="full_name" in self._at)
        iin = person.read_iin(self._cell(cells, "iin"), trouble)
        birth, sex = self._birth_and_sex(cells, iin, trouble)
        enrolled = self._date(cells, "enrolled_on", trouble, latest=self.go_live)
        if enrolled is None and not self._stated(cells, "enrolled_on"):
            trouble.error("value_missing", "enrolled_on", field="enrolled_on")
        released = self._date(cells, "released_on", trouble, latest=self.go_live + _AHEAD)
        if birth is not None and enrolled is not None:
            person.check_days(birth, enrolled, released, trouble, go_live=self.go_live)
        facts = self._read_facts(cells, birth, trouble)
        children, minor_children = person.read_children(self._cell(cells, "children"), trouble, self.vocabulary)
        standing = read_standing(
            self._cell(cells, "ground"), self._cell(cells, "probation_type"), trouble, self.vocabulary
        )
        extras = self._extras(cells, trouble)
        if trouble.refused or names is None or birth is None or sex is None or enrolled is None:
            return RowResult(self.layout.sheet, number, None, tuple(trouble.problems))
        intake = IntakeRow(
            surname=names.surname,
            given_name=names.given_name,
            patronymic=names.patronymic,
            iin=iin,
            birth_date=birth,
            sex=sex,
            enrolled_on=enrolled,
            released_on=released,
            consent_given_on=person.read_consent(
                self._cell(cells, "consent_given_on"), trouble, self.vocabulary, go_live=self.go_live
            ),
            ground=standing.ground,
            probation_type=standing.kind,
            languages=person.read_languages(self._cell(cells, "languages"), trouble, self.vocabulary),
            children=children,
            minor_children=minor_children,
            facts=facts,
            **extras,
        )
        if trouble.refused:
            return RowResult(self.layout.sheet, number, None, tuple(trouble.problems))
        return RowResult(self.layout.sheet, number, intake, tuple(trouble.problems))

    def _cell(self, cells: Sequence[CellValue], name: str) -> CellValue:
        places = self._at.get(name)
        return cells[places[0]] if places and places[0] < len(cells) else None

    def _stated(self, cells: Sequence[CellValue], name: str) -> bool:
        return bool(key(clean_cell(self._cell(cells, name))))

    def _date(self, cells: Sequence[CellValue], name: str, trouble: RowTrouble, *, latest: date) -> date | None:
        cell = self._cell(cells, name)
        return person.read_date(name, cell, trouble, latest=latest, vocabulary=self.vocabulary)

    def _birth_and_sex(
        self, cells: Sequence[CellValue], iin: str | None, trouble: RowTrouble
    ) -> tuple[date | None, str | None]:
        youngest = date(self.go_live.year - person.YOUNGEST, 12, 31)
        birth = self._date(cells, "birth_date", trouble, latest=youngest)
        sex = person.read_choice("sex", self._cell(cells, "sex"), trouble, self.vocabulary)
        return person.settle_birth_and_sex(iin, birth, sex, trouble, stated=lambda name: self._stated(cells, name))

    def _extras(self, cells: Sequence[CellValue], trouble: RowTrouble) -> dict[str, str]:
        defaults = self.vocabulary.defaults
        extras = {}
        for name in ("phone", "address", "unit"):
            places = self._at.get(name, ()) if name in REPEATABLE else self._at.get(name, ())[:1]
            texts = (clean_cell(cells[i]) for i in places if i < len(cells))
            text = "; ".join(dict.fromkeys(text for text in texts if key(text)))
            extras[name] = person.read_line(name, text or defaults.get(name, ""), trouble)
        region = person.read_choice("region", self._cell(cells, "region"), trouble, self.vocabulary)
        extras["region"] = region or defaults.get("region", "")
        return extras

    def _check_width(self, cells: Sequence[CellValue], trouble: RowTrouble, cut_short: bool) -> None:
        """A separator inside an unquoted value shifts every value after it into the next column."""
        last = self.layout.columns[-1].index
        if cut_short:
            trouble.at_index("quote_not_closed", min(last, max(len(cells) - 1, 0)))
        elif self.layout.sheet is None and any(clean_cell(cell) for cell in cells[last + 1 :]):
            trouble.at_index("row_too_wide", last + 1)

    def _read_facts(self, cells: Sequence[CellValue], birth: date | None, trouble: RowTrouble) -> dict[str, FactEntry]:
        own: dict[str, FactEntry] = {}
        implied: dict[str, tuple[FactEntry, str]] = {}
        for fact in self._facts:
            reading = read_fact(fact, self._cell(cells, fact), self.vocabulary, latest=self.go_live + _AHEAD)
            if reading.trouble is not None:
                trouble.error(reading.trouble, fact, fact=fact, **reading.params)
                continue
            reading = self._with_side_columns(fact, cells, reading, trouble)
            self._check_fact_days(fact, reading, birth, trouble)
            for name, value in reading.statement.items():
                entry = FactEntry(value, reading.day, reading.evidence, reading.until, reading.number)
                if name == fact:
                    own[name] = entry
                else:
                    implied.setdefault(name, (entry, fact))
        for name, (entry, source) in implied.items():
            if name in own and own[name].value in ANSWERS_WITHOUT_VALUE:
                own[name] = entry
            elif name in own and own[name].value != entry.value:
                trouble.warn("facts_differ", source, fact=name, own=own[name].value, other=entry.value)
            own.setdefault(name, entry)
        self._drop_unprepared(own, trouble)
        return {fact.name: own[fact.name] for fact in self.edition.facts if fact.name in own}

    def _with_side_columns(
        self, fact: str, cells: Sequence[CellValue], reading: Reading, trouble: RowTrouble
    ) -> Reading:
        """The date, the end and the number of a paper from columns of their own; what the cell says itself comes first.

        A date or a number beside an empty cell says as much as the same in the cell."""
        day = self._date(cells, f"{fact}.day", trouble, latest=self.go_live) if f"{fact}.day" in self._at else None
        until = None
        if f"{fact}.until" in self._at:
            until = self._date(cells, f"{fact}.until", trouble, latest=self.go_live + _AHEAD)
        stated = f"{fact}.number" in self._at and self._stated(cells, f"{fact}.number")
        number = clean_cell(self._cell(cells, f"{fact}.number")) if stated else ""
        statement = reading.statement
        if not statement and fact in self.vocabulary.bare_date and (day is not None or number):
            statement = {fact: self.vocabulary.bare_date[fact]}
        if not statement:
            return reading
        proven = bool(number) and statement.get(fact) == self.vocabulary.bare_date.get(fact)
        number = reading.number or (number if proven else "")
        return Reading(statement, reading.day or day, reading.until or until, reading.evidence or proven, number)

    def _check_fact_days(self, fact: str, reading: Reading, birth: date | None, trouble: RowTrouble) -> None:
        if reading.day is None:
            if reading.until is not None and birth is not None and reading.until <= birth:
                trouble.error("fact_before_birth", fact, fact=fact, day=reading.until)
            return
        if reading.day > self.go_live:
            trouble.error("fact_in_future", fact, fact=fact, day=reading.day, go_live=self.go_live)
        elif birth is not None and reading.day < birth:
            trouble.error("fact_before_birth", fact, fact=fact, day=reading.day)
        elif reading.until is not None and reading.until <= reading.day:
            trouble.error("fact_ends_before", fact, fact=fact, day=reading.day, until=reading.until)

    def _drop_unprepared(self, facts: dict[str, FactEntry], trouble: RowTrouble) -> None:
        """A value that may be recorded only after another one (contact with the family after it was assessed as safe)
        is left out: a register gives one value and no history."""
        for name, entry in list(facts.items()):
            if entry.value in {value.code for value in self.edition.fact(name).values}:
                required = self.edition.prerequisite(name, entry.value)
                if required is not None:
                    trouble.warn("not_prepared", name, fact=name, own=entry.value, required=required)
                    del facts[name]
