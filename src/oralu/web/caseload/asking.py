"""What the reader of the caseload may ask for, and what was asked in an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.access.selectors import officers_of
from oralu.apps.cases.caseload_selectors import DAY_RANGES, FAILED, ORDERS, CaseFilter, agencies_around
from oralu.apps.cases.models import CaseState
from oralu.core.edition import Edition
from oralu.web.components import Filter, Text
from oralu.web.presenting import edition_for
from oralu.web.screens import lang, searched_text


@dataclass(frozen=True)
class Asked:
    """A filter as asked, the order, and the fields of the form that show both."""

    wanted: CaseFilter
    order: str
    search: Filter
    filters: tuple[Filter, ...]
    sort: Filter

    @property
    def chosen(self) -> tuple[dict[str, Text], ...]:
        """The parts of the filter that are set, in words."""
        return tuple(
            {"label": field.label, "chosen": dict(field.options)[field.value]} for field in self.filters if field.value
        )

    @property
    def query(self) -> dict[str, str]:
        """The parts of the address that say it again: of the next page, of the export."""
        return {field.name: field.value for field in (self.search, *self.filters, self.sort) if field.value}


def asked(query: QueryDict, user: User, *, on: date) -> Asked:
    """Read an address. A value that is no choice counts as not chosen, so that an old bookmark still opens."""
    edition = edition_for(user, on)
    fields = {field.name: field for field in _fields(query, user, edition)}
    value = {name: field.value for name, field in fields.items()}
    domain, _sep, points = value["domain"].partition(":")
    text = searched_text(query)
    wanted = CaseFilter(
        q=text,
        domain=domain,
        points=points,
        risk=int(value["risk"]) if value["risk"] else None,
        days=value["days"],
        agency=int(value["agency"]) if value["agency"] else None,
        is_breached=bool(value["breached"]),
        officer=value["officer"],
        state=value["state"],
    )
    sort = fields.pop("sort")
    search = Filter("q", _("Name, IIN or case number"), text)
    return Asked(wanted, sort.value or "risk", search, tuple(fields.values()), sort)


def _fields(query: QueryDict, user: User, edition: Edition) -> list[Filter]:
    officers = officers_of(user.agency_id) if user.agency_id is not None else []
    named = [(str(agency.pk), str(agency)) for agency in agencies_around(user)]
    return [
        _field(query, "domain", _("Domain"), _domains(edition)),
        _field(query, "risk", _("Risk"), [(str(n), level) for n, level in reversed([*enumerate(edition.risk_levels)])]),
        _field(query, "days", _("Day of the case"), [(code, _days(code)) for code in DAY_RANGES]),
        _field(query, "agency", _("Referral under way to"), named),
        _field(query, "breached", _("Deadlines"), [("yes", _("missed"))]),
        _field(
            query,
            "officer",
            _("Case manager"),
            [*((str(user.pk), user.full_name) for user in officers), ("none", _("nobody"))],
        ),
        _field(query, "state", _("State"), list(CaseState.choices), anything=_("on the register")),
        _field(query, "sort", _("Order"), list(_orders().items())),
    ]


def _field(
    query: QueryDict, name: str, label: str, options: list[tuple[str, Text]], *, anything: str | None = None
) -> Filter:
    value = query.get(name, "")
    if name == "sort":
        value = value if value in ORDERS else ""
        return Filter(name, label, value, tuple(options))
    value = value if value in {code for code, _label in options} else ""
    return Filter(name, label, value, (("", _("any") if anything is None else anything), *options))


def _domains(edition: Edition) -> list[tuple[str, Text]]:
    """A failure or the points of each domain: one list, since a reader looks for one trouble at a time."""
    options: list[tuple[str, Text]] = [(f":{FAILED}", _("critical failure in any domain"))]
    for code in edition.domains:
        label = capfirst(edition.label("domain", code, lang()))
        options.append((f"{code}:{FAILED}", _("%(domain)s: critical failure") % {"domain": label}))
        for points in range(edition.highest_points + 1):
            options.append((f"{code}:{points}", _("%(domain)s: %(points)s") % {"domain": label, "points": points}))
    return options


def _days(code: str) -> str:
    first, last = DAY_RANGES[code]
    if last is None:
        return _("after day %(day)s") % {"day": first - 1}
    return _("day %(first)s–%(last)s") % {"first": first, "last": last}


def _orders() -> dict[str, Text]:
    return {
        "risk": _("highest risk first"),
        "deadline": _("nearest deadline first"),
        "day": _("longest on the register first"),
        "name": _("by name"),
    }
