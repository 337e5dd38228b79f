"""The import of a register: one transaction for a whole file, safe to repeat, row by row what became of it.

The rows come from `oralu.register`, which has judged their cells; here they meet what is recorded already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.agencies.models import Agency
from oralu.apps.behind import writing_behind
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.people.models import Person
from oralu.apps.people.naming import fold
from oralu.apps.people.services import ChildRow, children_replace
from oralu.apps.routing.enrol_selectors import localities_of
from oralu.apps.routing.enrolment import EnrolmentData, cases_enrol, enrolment_check
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.import_selectors import Recorded, import_keys, may_import, named
from oralu.apps.routing.intake import ImportOrder, children_of, enrolment_of
from oralu.apps.routing.policies import EditionsInForce
from oralu.register import IntakeRow, Problem, RegisterReading, RowResult

BATCH = 500


class Fate(StrEnum):
    """What became of a row."""

    OPENED = "opened"
    ALREADY = "already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row with all that is wrong with it. `case_id`: the case that was opened, or that stands already."""

    result: RowResult
    fate: Fate
    case_id: int | None = None


@dataclass(slots=True)
class _Row:
    """A row on its way. `twin` and `standing` are a case's number, or the row of this batch whose case it will be."""

    result: RowResult
    key: str = ""
    enrolment: EnrolmentData | None = None
    twin: int | _Row | None = None
    standing: int | _Row | None = None
    case_id: int | None = None
    problems: list[Problem] = field(default_factory=list)


@transaction.atomic
def register_import(
    *,
    reading: RegisterReading,
    rows: Iterable[RowResult],
    order: ImportOrder,
    report: Callable[[ImportedRow], None],
    progress: Callable[[int], None],
) -> dict[Fate, int]:
    """Open a case for every row that can have one. All of the file or nothing: an error, or the death of the process,
    leaves no trace. A row imported before is left as it is, so that a mended file can be imported again.

    `rows` are those of `reading`, as far as the caller took them; `report` gets each in turn, and what it hears is true
    only once this returns; `progress` gets the rows done after each batch.

    Raises ValidationError: a go-live date that has passed, somebody of another unit, no edition in
    force. Raises IntegrityError where somebody
    enrolled one of these people in the meantime."""
    Agency.objects.select_for_update(no_key=True).get(pk=order.unit.pk)  # one import into a unit at a time
    importer = _Importer(reading, order)
    counts = dict.fromkeys(Fate, 0)
    left = iter(rows)
    with writing_behind():
        while batch := list(islice(left, BATCH)):
            for done in importer.batch(batch):
                counts[done.fate] += 1
                report(done)
            progress(sum(counts.values()))
    if counts[Fate.OPENED]:
        entry_record(
            kind="register.imported",
            actor=order.actor,
            at=order.at,
            unit=order.unit.pk,
            go_live=order.go_live_on.isoformat(),
            **{fate.value: count for fate, count in counts.items()},
        )
    return counts


class _Importer:
    """What stays the same from batch to batch."""

    def __init__(self, reading: RegisterReading, order: ImportOrder) -> None:
        self.reading, self.order, self.unit = reading, order, order.unit
        self.today = local_day(order.at)
        if order.go_live_on < self.today:
            raise ValidationError({"go_live_on": _("The go-live date has passed: needs start on it.")})
        if not may_import(order.actor, order.unit):
            raise ValidationError(_("Only a case manager or the head of the unit imports its register."))
        self.editions = EditionsInForce([order.unit.region_id])
        self.editions.on(order.unit.region_id, self.today)
        self.localities = {fold(name): name for name in localities_of(order.unit.region_id)}

    def batch(self, results: Sequence[RowResult]) -> Iterator[ImportedRow]:
        rows = [_Row(result) for result in results]
        intakes = [row.result.intake for row in rows if row.result.intake is not None]
        recorded = Recorded(intakes, unit_id=self.unit.pk)
        names: dict[tuple[str, date], list[_Row]] = {}
        for row in rows:
            if row.result.intake is not None:
                self._decide(row, row.result.intake, recorded, names)
        self._enrol([row for row in rows if row.enrolment is not None], recorded)
        for row in rows:
            yield self._outcome(row)

    def _decide(
        self, row: _Row, intake: IntakeRow, recorded: Recorded, names: dict[tuple[str, date], list[_Row]]
    ) -> None:
        """Whether the row is here already, may not be taken, or gets a case."""
        row.key = import_keys(intake, self.unit.pk)[0]
        row.standing = recorded.case_of(intake) or self._in_batch(intake, names)
        if row.standing is not None:
            return
        self._refuse_days_to_come(row, intake)
        if intake.region and intake.region != self.unit.region_id:
            self._error(row, "other_region", "region", region=str(self.unit.region))
        person = recorded.person_of(intake)
        if person is not None and (open_case := recorded.open_case(person)) is not None:
            code = "open_case" if open_case.unit_id == self.unit.pk else "open_case_elsewhere"
            self._error(row, code, "iin", case=open_case.pk)
            self._note_elsewhere(code, person)
        if row.problems:
            return
        row.enrolment = enrolment_of(
            row.result,
            intake,
            person=recorded.load(person),
            order=self.order,
            key=row.key,
            file=self.reading.file,
            localities=self.localities,
        )
        try:
            enrolment_check(item=row.enrolment, editions=self.editions, today=self.today)
        except ValidationError as error:
            row.enrolment = None
            self._error(row, "not_taken", "enrolled_on", detail=" ".join(error.messages))
            return
        self._find_twin(row, intake, recorded, names)
        names.setdefault(named(intake), []).append(row)

    def _in_batch(self, intake: IntakeRow, names: dict[tuple[str, date], list[_Row]]) -> _Row | None:
        """A row just before this one that is the same person and episode; two IINs are two persons."""
        for other in names.get(named(intake), ()):
            known = other.result.intake
            if known is not None and known.enrolled_on == intake.enrolled_on and not (known.iin and intake.iin):
                return other
        return None

    def _find_twin(
        self, row: _Row, intake: IntakeRow, recorded: Recorded, names: dict[tuple[str, date], list[_Row]]
    ) -> None:
        """A record that may be the same person does not stop the row: only a human can tell."""
        twin = recorded.twin_of(intake)
        if twin is not None and twin.unit_id != self.unit.pk:
            row.problems.append(self._problem(row, "twin_elsewhere", "full_name"))
            self._note_elsewhere("twin_elsewhere", twin.person_id)
        else:
            row.twin = twin.pk if twin is not None else next(iter(names.get(named(intake), ())), None)

    def _note_elsewhere(self, code: str, person_id: int) -> None:
        """That the unit was told of a person on another unit's register is kept."""
        if code.endswith("_elsewhere"):
            entries_record(
                records=[Record("person.found_elsewhere", None, {"person": person_id, "unit": self.unit.pk})],
                actor=self.order.actor,
                at=self.order.at,
            )

    def _refuse_days_to_come(self, row: _Row, intake: IntakeRow) -> None:
        """The reader allows all days up to the go-live date; what has not happened yet cannot be recorded."""
        days = {"enrolled_on": intake.enrolled_on, "consent_given_on": intake.consent_given_on}
        days |= {name: entry.day for name, entry in intake.facts.items()}
        for name, day in days.items():
            if day is not None and day > self.today:
                self._error(row, "day_to_come", name, day=day, today=self.today)

    def _enrol(self, rows: Sequence[_Row], recorded: Recorded) -> None:
        """A person recorded before keeps the record; children are added only where none are known."""
        order = self.order
        for row in rows:
            person = row.enrolment.person if row.enrolment else None
            children = children_of(row.result.intake) if row.result.intake else []
            if isinstance(person, Person) and children and not recorded.has_children(person.pk):
                told = [ChildRow(child) for child in children]
                children_replace(person=person, rows=told, actor=order.actor, at=order.at)
        cases = cases_enrol(
            enrolments=[row.enrolment for row in rows if row.enrolment is not None], actor=order.actor, at=order.at
        )
        for row, case in zip(rows, cases, strict=True):
            row.case_id = case.pk

    def _outcome(self, row: _Row) -> ImportedRow:
        result = row.result
        if row.twin is not None:
            row.problems.append(self._problem(row, "twin", "full_name", case=_case_of(row.twin)))
        if row.problems:
            result = replace(result, problems=(*result.problems, *row.problems))
        if row.standing is not None:
            return ImportedRow(result, Fate.ALREADY, _case_of(row.standing))
        if row.case_id is None:
            return ImportedRow(replace(result, intake=None), Fate.REFUSED)
        return ImportedRow(result, Fate.OPENED, row.case_id)

    def _error(self, row: _Row, code: str, about: str, **params: object) -> None:
        row.problems.append(self.reading.problem_at(row.result, code, "error", about, **params))

    def _problem(self, row: _Row, code: str, about: str, **params: object) -> Problem:
        return self.reading.problem_at(row.result, code, "warning", about, **params)


def _case_of(standing: int | _Row) -> int | None:
    return standing.case_id if isinstance(standing, _Row) else standing
