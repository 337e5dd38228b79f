"""The rows behind each figure of the board, a page at a time, with what the role may see: a head of a unit the person,
leadership the number of the case. For leadership no column of a person is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from oralu.apps.access.models import Role
from oralu.apps.journal.reading import seen
from oralu.apps.referrals.models import Escalation
from oralu.apps.routing import board_selectors as board

if TYPE_CHECKING:
    from oralu.apps.access.models import User


class Figure(StrEnum):
    """What may be opened."""

    ESCALATIONS = "escalations"
    GONE_UP = "gone-up"
    INHERITED = "inherited"
    SETTLED = "settled"
    MEASURES = "measures"
    BREACHES = "breaches"
    SLA = "sla"
    LOAD = "load"
    INDEX = "index"
    RISK = "risk"
    ANSWERS = "answers"


class NoSuchRowsError(ValueError):
    """A figure is asked for with a value that it does not have."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A row behind a figure. `person` is empty for leadership; `service` with its `edition` is empty for a case as a
    whole. `state` is the code of `kind`: an escalation's kind, a need's or a case's state, the person's answer; of a
    measure its words."""

    key: int
    case_id: int
    person: str
    unit: str
    kind: str
    state: str
    service: str = ""
    edition: str = ""
    agency: str = ""
    at: datetime | None = None
    index: int | None = None
    risk: int | None = None
    escalation_id: int | None = None


def board_rows(
    *, actor: User, figure: Figure, wanted: Mapping[str, str], after: int | None, size: int, at: datetime
) -> tuple[list[BoardRow], bool]:
    """A page of the rows behind a figure, the latest first, and whether there are more. `wanted` narrows it as the
    links of the board do (`domain`, `holder`, `service`, `kept`, `officer`, `unit`, `value`).

    Raises NoSuchRowsError for a value that the figure does not have."""
    found, shape = _found(actor, figure, wanted, at)
    if after is not None:
        found = found.filter(pk__lt=after)
    rows = list(found.order_by("-pk").values(*shape.columns(actor))[: size + 1])
    made = [shape.row(actor, row) for row in rows[:size]]
    seen(row.case_id for row in made if row.person)
    return made, len(rows) > size


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns a kind of row has: names of fields by names of `BoardRow`."""

    kind: str
    case: str
    fields: Mapping[str, str]
    agency: str = ""

    def _all(self, actor: User) -> dict[str, str]:
        name = "name_kk" if get_language() == "kk" else "name_ru"
        case_id = f"{self.case}id" if self.case else "pk"
        fields = {"key": "pk", "case_id": case_id, "unit": f"{self.case}unit__{name}", **self.fields}
        return fields | ({"agency": f"{self.agency}{name}"} if self.agency else {})

    def _person(self, actor: User) -> tuple[str, ...]:
        if actor.role != Role.UNIT_HEAD:
            return ()
        return tuple(f"{self.case}person__{part}" for part in ("surname", "given_name", "patronymic"))

    def columns(self, actor: User) -> set[str]:
        return {*self._all(actor).values(), *self._person(actor)}

    def row(self, actor: User, row: Mapping[str, Any]) -> BoardRow:
        person = " ".join(row[name] for name in self._person(actor) if row[name])
        values = {name: row[column] for name, column in self._all(actor).items()}
        return BoardRow(person=person, kind=self.kind, **(values | {"agency": values.get("agency") or ""}))


ESCALATION = Shape(
    "escalation",
    "case__",
    {
        "state": "kind",
        "service": "need__service",
        "edition": "need__edition",
        "at": "fell_due_at",
        "escalation_id": "pk",
    },
    "late_agency__",
)
MEASURE = Shape(
    "measure",
    "escalation__case__",
    {
        "state": "text",
        "service": "escalation__need__service",
        "edition": "escalation__need__edition",
        "at": "clock__limit_at",
        "escalation_id": "escalation_id",
    },
    "escalation__late_agency__",
)
NEED = Shape("need", "case__", {"state": "state", "service": "service", "edition": "edition", "at": "clock__limit_at"})
CASE = Shape(
    "case", "", {"state": "state", "edition": "edition", "at": "next_due_at", "index": "index", "risk": "risk"}
)
REFERRAL = Shape(
    "referral",
    "case__",
    {
        "state": "person_answer",
        "service": "need__service",
        "edition": "need__edition",
        "at": "answered_at",
    },
    "agency__",
)


def _found(actor: User, figure: Figure, wanted: Mapping[str, str], at: datetime) -> tuple[QuerySet[Any], Shape]:
    escalations: dict[Figure, Callable[[User], QuerySet[Escalation]]] = {
        Figure.ESCALATIONS: board.broken_now,
        Figure.GONE_UP: board.gone_up,
        Figure.INHERITED: board.inherited,
        Figure.SETTLED: board.settled,
    }
    if figure in escalations:
        return escalations[figure](actor), ESCALATION
    if figure == Figure.MEASURES:
        return board.measures_open(actor), MEASURE
    if figure == Figure.BREACHES:
        domain = wanted.get("domain", "")
        return board.breaches(actor, at=at).filter(Q(need__domain=domain) if domain else Q()), ESCALATION
    if figure == Figure.SLA:
        return board.sla_needs(actor, at=at).filter(_sla(wanted)), NEED
    if figure == Figure.ANSWERS:
        if wanted.get("value") not in board.ANSWERS:
            raise NoSuchRowsError(figure)
        return board.reported(actor).filter(board.answer_q(wanted["value"])), REFERRAL
    return board.open_cases(actor).filter(_cases(figure, wanted)), CASE


def _sla(wanted: Mapping[str, str]) -> Q:
    found = Q()
    if "holder" in wanted:
        found &= Q(holder=_number(wanted["holder"]))
    if "service" in wanted:
        found &= Q(service=wanted["service"])
    if "kept" in wanted:
        found &= board.KEPT if wanted["kept"] == "yes" else ~board.KEPT
    return found


def _cases(figure: Figure, wanted: Mapping[str, str]) -> Q:
    if figure == Figure.LOAD:
        return Q(**{f"{name}_id": _number(wanted[name]) for name in ("officer", "unit") if name in wanted})
    value = _number(wanted.get("value", ""))
    if value is None:
        raise NoSuchRowsError(figure)
    return Q(**{figure.value: value})


def _number(text: str) -> int | None:
    """An id, or None for "nobody"."""
    if text == "none":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise NoSuchRowsError(text)
    return int(text)
