"""Everybody opens everything that is theirs: whole pages, panels, acts that are refused, the table of the caseload as
it streams, papers, and the interface for machines. Of each answer there is kept what it said and which rows the journal
had by then. Two proofs read it: where a word was met (`canaries`), and whose data went out without a row."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission, relations_for
from oralu.apps.cases.models import Case, Statement
from oralu.apps.journal.models import Access
from oralu.apps.people.models import Person
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.board_rows import Figure
from oralu.web.declared import OPEN, routes
from systems import System, systems_of_every_role
from walls.test_matrix import PEOPLE, Scene

PANEL = {"HX-Request": "true"}
NAMES = re.compile("соловей([а-я]{2})", re.IGNORECASE)
TWELVE = re.compile(r"(?<!\d)\d{12}(?!\d)")
GAP = re.compile(r"(?<=\d)[\s\u00a0\u202f](?=\d)")


@dataclass(frozen=True)
class Ask:
    """A question that somebody may ask: `how` is page, panel, act (a form sent empty), stream or machine."""

    name: str
    who: str
    how: str
    address: str


@dataclass(frozen=True)
class Answer:
    """What came of it. `rows`: the subjects of each row that the journal had before the first byte left."""

    ask: Ask
    status: int
    text: str
    rows: tuple[frozenset[int], ...]

    def __str__(self) -> str:
        return f"{self.ask.how} {self.ask.name} for {self.ask.who} ({self.ask.address}): {self.status}"


class Crawl:
    """The scene with a mark in the data of each person, and who asks for what in it."""

    def __init__(self) -> None:
        self.made = Scene()
        self.made.world.at = Case.objects.earliest("enrolled_at").enrolled_at
        self.machines = systems_of_every_role(self.made.world)
        for who in PEOPLE:
            self.made.client(getattr(self.made.world, who))
        self.of = self._marked()

    def _marked(self) -> dict[str, frozenset[int]]:
        """A surname and an IIN of their own for each person; by mark, the cases that it stands for."""
        of: dict[str, frozenset[int]] = {}
        for n, person in enumerate(Person.objects.order_by("pk")):
            letters = "".join(chr(ord("а") + digit) for digit in divmod(n, 32))
            person.surname, person.search_key = f"Соловей{letters}", f"соловей{letters} {person.given_name.lower()}"
            person.save(update_fields=["surname", "search_key"])
            cases = frozenset(
                Case.objects.filter(person=person.merged_into_id or person.pk).values_list("pk", flat=True)
            )
            of[letters] = cases
            if person.iin:
                of[person.iin] = cases
        return of

    def subjects(self, text: str) -> set[frozenset[int]]:
        """The cases of the persons that a text shows, by name or by number."""
        marks = {mark.lower() for mark in NAMES.findall(text)} | set(TWELVE.findall(GAP.sub("", text)))
        return {self.of[mark] for mark in marks if mark in self.of}

    def asks(self) -> Iterator[Ask]:
        """Every address as a page; as a panel once for each role, as an act once."""
        tried: set[tuple[str, str]] = set()
        for name, path, view in routes():
            if name in OPEN or name == "home" or path.startswith(("api", "^api")):
                continue
            for who in PEOPLE:
                user = getattr(self.made.world, who)
                for address in self._addresses(user, name, path, view.permission):
                    yield Ask(name, who, "page", address)
                    if (name, user.role) not in tried:
                        yield Ask(name, who, "panel", address)
                    if (name, "") not in tried:
                        yield Ask(name, who, "act", address)
                    tried |= {(name, user.role), (name, "")}
        yield from self._of_machines()

    def _addresses(self, user: User, name: str, path: str, permission: Permission) -> Iterator[str]:
        if not relations_for(user.role, permission):
            return
        for target in self.made.targets(user, path):
            if self.made.allows(user, permission, target):
                figures = list(Figure) if name == "board-rows" else [None]
                for figure in figures:
                    yield reverse(name, kwargs=target.kwargs if figure is None else {"figure": figure})
        if name in ("search", "caseload", "caseload-csv"):
            yield reverse(name) + "?q=соловей"

    def _of_machines(self) -> Iterator[Ask]:
        ids: Mapping[str, list[Any]] = {
            "case_id": [case.pk for case in self.made.cases.values()],
            "fact_id": list(Statement.objects.values_list("pk", flat=True)[:3]),
            "referral_id": list(Referral.objects.values_list("pk", flat=True)),
            "edition": ["kz-pilot-2026"],
        }
        for name, path, view in routes():
            if not path.startswith("api/v1/") or "GET" not in view.operations:
                continue
            parameter = re.search(r"<(?:\w+:)?(\w+)>", path)
            keys = ids[parameter[1]] if parameter else [""]
            for who in self.machines:
                for key in keys:
                    yield Ask(name, who, "machine", "/" + re.sub(r"<[^>]+>", str(key), path))

    def answer(self, ask: Ask) -> Answer:
        """Ask, see what was said and what the journal holds of it; whatever the request wrote is taken back."""
        last = Access.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        with transaction.atomic():
            response = self._sent(ask)
            if not response.streaming:
                response.content  # noqa: B018 — made within the transaction
            rows = tuple(
                frozenset(row.subjects)
                for row in Access.objects.filter(pk__gt=last).exclude(kind="denied").order_by("pk")
            )
            text = _text(response)
            transaction.set_rollback(True)
        return Answer(ask, response.status_code, text, rows)

    def _sent(self, ask: Ask) -> Any:
        if ask.how == "machine":
            system: System = self.machines[ask.who]
            return system.read(ask.address.removeprefix("/api/v1"))
        client: Client = self.made.client(getattr(self.made.world, ask.who))
        if ask.how == "act":
            return client.post(ask.address)
        return client.get(ask.address, headers=PANEL if ask.how == "panel" else {})


def _text(response: Any) -> str:
    """What a reader sees, headers included."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.get("Content-Type", "").startswith("application/pdf"):
        body = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    else:
        body = content.decode("utf-8", errors="replace")
    return "\n".join([*(f"{name}: {value}" for name, value in response.items()), body])
