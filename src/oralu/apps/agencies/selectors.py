"""Reading agencies: who can take a need of a person, and who is told when nobody can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from oralu.apps.access import walls
from oralu.apps.access.selectors import account_exists
from oralu.apps.agencies.models import Agency, Occupancy, Place, RefugeAddress
from oralu.core.lifecycle import WITH_AGENCY


@dataclass(frozen=True, slots=True)
class Seeker:
    """What the choice of an agency depends on."""

    region_id: str
    locality: str
    sex: str
    age: int
    with_children: bool


class Directory:
    """The agencies of some regions with what the choice needs, each kind read when it is first asked for: most
    evaluations send nothing. One directory serves a batch, and counts what it has given out itself."""

    def __init__(self, region_ids: Iterable[str]) -> None:
        self._region_ids = set(region_ids)
        self._kinds: dict[str, list[Agency]] = {}
        self._is_whole = False
        self._loads: dict[int, int] = {}
        self._given: Counter[int] = Counter()

    def read_all(self) -> None:
        """Read every kind and every load at once: for whoever cannot read between writing."""
        agencies = self._read(Q())
        for agency in agencies:
            self._kinds.setdefault(agency.kind, []).append(agency)
        self._is_whole = True
        self._weigh(agencies)

    def of_kind(self, region_id: str, kind: str) -> list[Agency]:
        """The active agencies of a kind in a region."""
        if kind not in self._kinds and not self._is_whole:
            self._kinds[kind] = self._read(Q(kind=kind))
        return [agency for agency in self._kinds.get(kind, ()) if agency.region_id == region_id]

    def known(self, agency: Agency) -> Agency | None:
        """The same agency with what the directory knows of it; None when it is not active in these regions."""
        return next((a for a in self.of_kind(agency.region_id, agency.kind) if a.pk == agency.pk), None)

    def choose(self, kind: str, seeker: Seeker, *, needs_duty: bool, without: Iterable[int] = ()) -> Agency | None:
        """The agency of the kind that serves the person's place, takes such a person, has a free place where places are
        counted, a named person and, where asked, a duty contact. Nearest territory first, then the least loaded."""
        fit = self.fitting(kind, seeker, needs_duty=needs_duty, without=without)
        if not fit:
            return None
        self._given[fit[0].pk] += 1
        return fit[0]

    def fitting(self, kind: str, seeker: Seeker, *, needs_duty: bool, without: Iterable[int] = ()) -> list[Agency]:
        """Every agency that `choose` may take, the one that it would take first."""
        fit = self._fitting(kind, seeker, needs_duty, without)
        if len(fit) > 1:
            self._weigh(fit)
        return sorted(
            fit, key=lambda a: (seeker.locality not in a.localities, self._loads.get(a.pk, 0) + self._given[a.pk], a.pk)
        )

    def anybody_fits(self, kind: str, seeker: Seeker, *, needs_duty: bool, without: Iterable[int] = ()) -> bool:
        """Whether `choose` would find one."""
        return bool(self._fitting(kind, seeker, needs_duty, without))

    def _fitting(self, kind: str, seeker: Seeker, needs_duty: bool, without: Iterable[int]) -> list[Agency]:
        excluded = set(without)
        return [
            agency
            for agency in self.of_kind(seeker.region_id, kind)
            if agency.pk not in excluded and _fits(agency, seeker) and (agency.duty_contact or not needs_duty)
        ]

    def _read(self, wanted: Q) -> list[Agency]:
        free = Place.objects.filter(agency=OuterRef("pk"), is_open=True).exclude(
            occupancies__state__in=[Occupancy.State.HELD, Occupancy.State.TAKEN]
        )
        found = Agency.objects.filter(wanted, region_id__in=self._region_ids, is_active=True)
        return list(
            found.select_related("responsible", "deputy").annotate(
                has_free_place=Exists(free), has_account=account_exists("pk")
            )
        )

    def _weigh(self, agencies: Iterable[Agency]) -> None:
        """How many attempts are before each agency, whoever sent them. Only those under way are read, and not every
        referral that an agency ever had."""
        fresh = [agency.pk for agency in agencies if agency.pk not in self._loads]
        if not fresh:
            return
        with walls.holding(agencies=fresh):
            under_way = Agency.objects.filter(pk__in=fresh, referrals__state__in=WITH_AGENCY).order_by()
            counted = dict(under_way.values_list("pk").annotate(load=Count("referrals")))
        self._loads |= {pk: counted.get(pk, 0) for pk in fresh}


def _fits(agency: Agency, seeker: Seeker) -> bool:
    return (
        bool(agency.named_person)
        and (not agency.localities or seeker.locality in agency.localities)
        and agency.accepts_sex in ("", seeker.sex)
        and (agency.min_age is None or seeker.age >= agency.min_age)
        and (agency.max_age is None or seeker.age <= agency.max_age)
        and (agency.accepts_children or not seeker.with_children)
        and (not agency.counts_places or agency.has_free_place)
    )


def refuge_address(agency: Agency) -> str:
    """Where a refuge is. The caller has checked that the reader places the person or works there."""
    found = RefugeAddress.objects.filter(agency=agency).first()
    return found.address if found else ""


def free_places(agency: Agency) -> tuple[int, int]:
    """Free places and all places in use of an agency."""
    places = Place.objects.filter(agency=agency, is_open=True)
    taken = places.filter(occupancies__state__in=[Occupancy.State.HELD, Occupancy.State.TAKEN]).count()
    total = places.count()
    return total - taken, total


def agencies_listed(*, kind: str | None = None, region: str | None = None) -> QuerySet[Agency]:
    """The active agencies and units, as anybody at work in Oralu may know them. Where a refuge is stands elsewhere."""
    found = Agency.objects.filter(is_active=True).select_related("region")
    if kind is not None:
        found = found.filter(kind=kind)
    return found if region is None else found.filter(region_id=region)
