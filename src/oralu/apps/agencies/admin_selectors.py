"""What an administrator sees: agencies, accounts and what was done to them. No case, no person on the register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import MD5

from oralu.apps.access.models import Role, User
from oralu.apps.access.selectors import at_work
from oralu.apps.agencies.models import Agency, RefugeAddress, Region
from oralu.apps.journal.models import OF_NO_CASE, Entry
from oralu.core.lifecycle import GOING

KINDS = (
    "user.created", "user.changed", "user.invited", "user.invitation_used", "user.factors_reset",
    "agency.created", "agency.changed", "provider.created", "provider.changed", "edition.adopted",
    "system.created", "system.closed", "system.key_made", "system.key_revoked",
    "erasure.asked", "erasure.withdrawn", "erasure.approved", "erasure.refused", "erasure.done",
    "register.imported", "journal.verified", "journal.erased",
)  # fmt: skip
"""What the journal of administration holds; the changes that people make to their own account are theirs."""
NAMED = (
    Q(responsible__is_active=True)
    | ~Q(responsible_name="")
    | Q(deputy__is_active=True)
    | ~Q(deputy_name="")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AgencyFilter:
    """`state`: "" for active ones, "closed", or "unnamed" for active ones without a person who answers."""

    q: str = ""
    region: str = ""
    kind: str = ""
    state: str = ""


def regions() -> QuerySet[Region]:
    return Region.objects.all()


def agencies_page(wanted: AgencyFilter, *, after: int | None, size: int) -> tuple[list[Agency], bool]:
    """Agencies by name after the one with the id `after`, and whether there are more; each with `accounts`, the number
    of its active accounts."""
    found = Agency.objects.filter(is_active=wanted.state != "closed")
    if wanted.state == "unnamed":
        found = found.exclude(pk__in=Agency.objects.filter(NAMED).values("pk"))
    if wanted.region:
        found = found.filter(region_id=wanted.region)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.q.strip():
        found = found.filter(Q(name_ru__icontains=wanted.q.strip()) | Q(name_kk__icontains=wanted.q.strip()))
    found = found.select_related("region", "responsible", "deputy").annotate(
        accounts=Count("staff", filter=Q(staff__is_active=True))
    )
    return _page(found, "name_ru", after, size)


@dataclass(frozen=True, slots=True)
class UserFilter:
    """`state`: "" for active accounts, "closed" for the others."""

    q: str = ""
    role: str = ""
    region: str = ""
    agency: int | None = None
    state: str = ""


def users_page(wanted: UserFilter, *, after: int | None, size: int) -> tuple[list[User], bool]:
    """Accounts by full name after the one with the id `after`, and whether there are more."""
    found = User.objects.filter(is_active=wanted.state != "closed").select_related("agency__region")
    if wanted.role:
        found = found.filter(role=wanted.role)
    if wanted.region:
        found = found.filter(agency__region_id=wanted.region)
    if wanted.agency is not None:
        found = found.filter(agency_id=wanted.agency)
    if wanted.q.strip():
        found = found.filter(Q(full_name__icontains=wanted.q.strip()) | Q(username__icontains=wanted.q.strip()))
    return _page(found, "full_name", after, size)


def _page(found: QuerySet, name: str, after: int | None, size: int) -> tuple[list, bool]:
    found = found.order_by(name, "pk")
    if after is not None:
        last = found.filter(pk=after).values_list(name, flat=True).first()
        if last is not None:
            found = found.filter(Q(**{f"{name}__gt": last}) | Q(**{name: last, "pk__gt": after}))
    rows = list(found[: size + 1])
    return rows[:size], len(rows) > size


def agency_of(agency_id: int, *, lock: bool = False) -> Agency | None:
    """An agency with what its page says: `places_open`, `under_way` (referrals to it), `has_refuge_address`: whether
    one is kept, never which, and `refuge_mark`, by which two of them are told apart. `lock`: nobody changes it until
    the end of the transaction."""
    if lock:
        Agency.objects.select_for_update(of=("self",), no_key=True).filter(pk=agency_id).order_by("pk").first()
    kept = RefugeAddress.objects.filter(agency=OuterRef("pk"))
    return (
        Agency.objects.select_related("region", "responsible", "deputy")
        .annotate(
            places_open=Count("places", filter=Q(places__is_open=True), distinct=True),
            under_way=Count("referrals", filter=Q(referrals__state__in=GOING), distinct=True),
            has_refuge_address=Exists(kept),
            refuge_mark=Subquery(kept.values_list(MD5("address"))),
        )
        .filter(pk=agency_id)
        .first()
    )


def user_of(user_id: int, *, lock: bool = False) -> User | None:
    """An account. `lock`: nobody changes it until the end of the transaction."""
    if lock:
        User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id).order_by("pk").first()
    return User.objects.select_related("agency__region").filter(pk=user_id).first()


def staff_of(agency: Agency) -> QuerySet[User]:
    """The persons with an account in an agency, of whom one may answer for it; of a new agency nobody."""
    return at_work().filter(agency_id=agency.pk, agency__isnull=False).order_by("full_name")


def workplaces() -> QuerySet[Agency]:
    """The agencies in which an account may be."""
    return Agency.objects.filter(is_active=True).select_related("region").order_by("region_id", "name_ru", "pk")


def is_only_of_kind(agency: Agency) -> bool:
    """Whether no other active agency of the kind stands in the region: without it the needs go nowhere."""
    others = Agency.objects.filter(kind=agency.kind, region_id=agency.region_id, is_active=True).exclude(pk=agency.pk)
    return not others.exists()


@dataclass(frozen=True, slots=True)
class Duty:
    """What an agency loses with an account: its only named person (no referral can go to it then), its only person
    with an account (referrals go on paper unless a system takes them, escalations reach nobody)."""

    agency: Agency
    is_only_named: bool
    is_only_account: bool


def duties_of(user: User) -> list[Duty]:
    """The agencies for which nobody else stands in."""
    if user.pk is None or not user.is_active:
        return []
    agencies = (
        Agency.objects.filter(Q(responsible=user) | Q(deputy=user) | Q(pk=user.agency_id), is_active=True)
        .select_related("responsible", "deputy")
        .annotate(others=Count("staff", filter=Q(staff__in=at_work()) & ~Q(staff=user), distinct=True))
        .order_by("pk")
    )
    found = [
        Duty(agency, _is_only_named(agency, user), agency.pk == user.agency_id and agency.others == 0)
        for agency in agencies
    ]
    return [duty for duty in found if duty.is_only_named or duty.is_only_account]


def _is_only_named(agency: Agency, user: User) -> bool:
    if user.pk not in (agency.responsible_id, agency.deputy_id):
        return False
    others = [one for one in (agency.responsible, agency.deputy) if one is not None and one.pk != user.pk]
    return not (agency.responsible_name or agency.deputy_name or any(one.is_active for one in others))


def is_last_administrator(user: User) -> bool:
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    return user.role == Role.ADMINISTRATOR and user.is_active and not others.exists()


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers on top of the administration."""

    agencies: int
    unnamed: int
    users: int


def totals() -> Totals:
    active = Agency.objects.filter(is_active=True)
    counted = active.aggregate(all=Count("pk"), named=Count("pk", filter=NAMED))
    return Totals(counted["all"], counted["all"] - counted["named"], User.objects.filter(is_active=True).count())


def entries_page(*, after: int | None, size: int) -> tuple[list[Entry], bool]:
    """The journal of administration, the latest first."""
    found = Entry.objects.filter(OF_NO_CASE, kind__in=KINDS).select_related("actor").order_by("-id")
    if after is not None:
        found = found.filter(pk__lt=after)
    rows = list(found[: size + 1])
    return rows[:size], len(rows) > size


def change_last(about: Agency | User) -> Entry | None:
    """The entry of the latest change of an agency or an account."""
    name = "agency" if isinstance(about, Agency) else "user"
    kinds = [f"{name}.created", f"{name}.changed", f"{name}.profile_changed"]
    found = Entry.objects.filter(OF_NO_CASE, kind__in=kinds, **{f"data__{name}": about.pk}).order_by("-id")
    return found.select_related("actor").first()


def names_in(entries: Iterable[Entry]) -> tuple[dict[int, User], dict[int, Agency], dict[str, Region]]:
    """Whom and what the entries are about, by id."""
    data = [entry.data for entry in entries]
    users = User.objects.in_bulk([d["user"] for d in data if "user" in d])
    agencies = Agency.objects.in_bulk([d[key] for d in data for key in ("agency", "unit") if d.get(key)])
    found = Region.objects.in_bulk([d["region"] for d in data if "region" in d])
    return users, agencies, found
