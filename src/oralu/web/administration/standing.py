"""Of two administrators who have the same page open, the second is told what the first has recorded, before anything
of it is overwritten: a form carries what stood when it was opened, and is good for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext as _

from oralu.apps.agencies.admin_selectors import change_last
from oralu.web.acting import CONFLICT
from oralu.web.administration.forms import Confirmed
from oralu.web.screens import StaffRequest

SALT = "oralu.administration.standing"


@dataclass(frozen=True)
class Changed:
    """A field that stands otherwise now: its present value in words, and whether the reader has typed another."""

    label: str
    now: str
    is_mine_kept: bool


@dataclass(frozen=True)
class Meanwhile:
    """What was recorded since the form was opened. `at` and `who` of the latest change, empty where the journal tells
    nothing of it; `form`: what was typed, with the new values where nothing was."""

    at: datetime | None
    who: str
    is_own: bool
    fields: tuple[Changed, ...]
    form: Confirmed


def seen_of(form: Confirmed) -> str:
    """What stands now, to be sent back with the form."""
    return signing.dumps(form.standing(), salt=SALT, compress=True)


def meanwhile(request: StaffRequest, form: Confirmed, shown: Confirmed) -> Meanwhile | None:
    """What another has recorded since the form was opened and this one would overwrite; None: nothing. `form` is what
    was sent, `shown` the same form on what stands now; the row is locked by the caller, so that it stands still. A form
    that does not say what it was opened on is not guarded."""
    opened = _opened(request)
    now = shown.standing()
    moved = [name for name in now if name in opened and opened[name] != now[name]]
    stale = [name for name in moved if _differs(form, name, now[name])]
    if not stale:
        return None
    kept = [name for name in stale if name in form.never_shown or _differs(form, name, opened[name])]
    latest = change_last(shown.instance)
    who = "" if latest is None else str(latest.actor or _("the system"))
    return Meanwhile(
        at=latest.at if latest else None,
        who=who,
        is_own=latest is not None and latest.actor_id == request.user.pk,
        fields=tuple(Changed(str(shown[name].label), _words(shown, name), name in kept) for name in stale),
        form=form.again(_merged(request.POST, shown, [name for name in stale if name not in kept])),
    )


def status_of(request: StaffRequest, changes: Meanwhile | None) -> int:
    """The status of a page with a form on it: shown first, refused, or refused because it comes too late."""
    if changes is not None:
        return CONFLICT
    return 422 if request.method == "POST" else 200


def _opened(request: StaffRequest) -> Mapping[str, Any]:
    try:
        found = signing.loads(request.POST.get("seen", ""), salt=SALT)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _differs(form: Confirmed, name: str, value: Any) -> bool:
    """Whether what was sent in a field is not this value; a field that never shows its own counts once it is typed."""
    field = form.fields[name]
    sent = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    return bool(sent) if name in form.never_shown else field.has_changed(value, sent)


def _merged(data: QueryDict, shown: Confirmed, taken: list[str]) -> QueryDict:
    """What was sent, with the values that stand now in the fields that nobody here has touched."""
    merged = data.copy()
    for name in taken:
        value = shown[name].value()
        if isinstance(shown.fields[name], forms.BooleanField):
            merged.pop(name, None)
            value = "on" if value else None
        if value is not None or name in merged:
            merged[name] = "" if value is None else str(value)
    return merged


def _words(shown: Confirmed, name: str) -> str:
    if name in shown.never_shown:
        return _("recorded anew")
    field, value = shown.fields[name], shown[name].value()
    if isinstance(field, forms.BooleanField):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return _("empty")
    if isinstance(field, forms.ModelChoiceField):
        found = field.queryset.filter(pk=value).first()
        return field.label_from_instance(found) if found is not None else _("somebody who cannot be chosen any more")
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))
    kept = shown.get_initial_for_field(field, name)
    return ", ".join(kept) if isinstance(kept, list) else str(value)
