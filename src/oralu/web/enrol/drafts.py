"""Unfinished enrolments: kept on the server in the session of who began them, so that nobody else sees them, and gone
when the session ends. Every change is written at once under a lock, so that a page that saves as you go and a page that
is sent at the same moment do not undo each other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.http import Http404, QueryDict

from oralu.apps.routing.enrol_selectors import draft_lock
from oralu.web.enrol.uploads import StoredFile, forget, stale_forget
from oralu.web.screens import StaffRequest

KEY = "enrolments"
MOST = 20
FILES = ("-file", "-drop")
WANTED = "wanted"
"""Where a draft keeps the name that was searched for in vain; the first step begins with it."""
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "go"})


@dataclass
class Draft:
    """One unfinished enrolment. `typed`: what was typed, by step, as it was sent; `files`: proofs by fact."""

    id: str
    touched: str
    typed: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    same_person: dict[str, Any] = field(default_factory=dict)

    @property
    def touched_at(self) -> datetime:
        return datetime.fromisoformat(self.touched)

    def data(self, step: str) -> QueryDict | None:
        """What was typed on a step, as a form takes it; None while the step was not opened."""
        if step not in self.typed:
            return None
        data = QueryDict(mutable=True)
        for name, values in self.typed[step].items():
            data.setlist(name, list(values))
        return data

    def keep(self, step: str, data: QueryDict) -> None:
        self.typed[step] = {
            name: data.getlist(name) for name in data if name not in NOT_KEPT and not name.endswith(FILES)
        }

    def one(self, step: str, name: str) -> str:
        return (self.typed.get(step, {}).get(name) or [""])[-1]

    @property
    def title(self) -> str:
        step = "identity" if "identity" in self.typed else WANTED
        return " ".join(filter(None, (self.one(step, "surname"), self.one(step, "given_name"))))

    def dump(self) -> dict[str, Any]:
        return {
            "touched": self.touched,
            "typed": self.typed,
            "files": {name: stored.dump() for name, stored in self.files.items()},
            "same_person": self.same_person,
        }


def _load(draft_id: str, kept: Mapping[str, Any]) -> Draft:
    files = {name: StoredFile(**stored) for name, stored in kept["files"].items()}
    return Draft(draft_id, kept["touched"], dict(kept["typed"]), files, dict(kept["same_person"]))


def drafts_of(request: StaffRequest) -> list[Draft]:
    """The unfinished enrolments of the session, the last touched first."""
    kept = request.session.get(KEY, {})
    return sorted((_load(key, value) for key, value in kept.items()), key=lambda d: d.touched, reverse=True)


def draft_of(request: StaffRequest, draft_id: str) -> Draft:
    """Raises Http404: no such draft in this session."""
    kept = request.session.get(KEY, {})
    if draft_id not in kept:
        raise Http404
    return _load(draft_id, kept[draft_id])


@contextmanager
def changing(request: StaffRequest, draft_id: str) -> Iterator[Draft]:
    """A draft to change: read anew under the lock of the session, written back at the end. Raises Http404."""
    with _locked(request):
        draft = draft_of(request, draft_id)
        yield draft
        draft.touched = request.at.isoformat()
        request.session[KEY] = {**request.session[KEY], draft.id: draft.dump()}


def draft_new(request: StaffRequest) -> str:
    """Begin an enrolment. The oldest of more than twenty gives way."""
    stale_forget()
    with _locked(request):
        draft = Draft(secrets.token_urlsafe(12), request.at.isoformat())
        kept = {**request.session.get(KEY, {}), draft.id: draft.dump()}
        for old in sorted(kept, key=lambda key: kept[key]["touched"])[:-MOST]:
            _forget_files(_load(old, kept.pop(old)))
        request.session[KEY] = kept
    return draft.id


def draft_drop(request: StaffRequest, draft_id: str) -> None:
    """Throw an unfinished enrolment away, with its files."""
    with _locked(request):
        kept = dict(request.session.get(KEY, {}))
        gone = kept.pop(draft_id, None)
        if gone is not None:
            _forget_files(_load(draft_id, gone))
            request.session[KEY] = kept


def _forget_files(draft: Draft) -> None:
    for stored in draft.files.values():
        transaction.on_commit(partial(forget, stored))


@contextmanager
def _locked(request: StaffRequest) -> Iterator[None]:
    """The session is written inside the lock; the middleware, which writes after it, finds nothing left to write."""
    session = request.session
    with transaction.atomic():
        draft_lock(str(session.session_key))
        fresh = type(session)(session.session_key).load()
        if KEY in fresh:
            session[KEY] = fresh[KEY]
        else:
            session.pop(KEY, None)
        yield
        if session.modified:
            session.save()
            session.modified = False
