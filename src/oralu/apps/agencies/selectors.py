"""Reading agencies: who can take a need of a person, and who is told when nobody can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from oralu.apps.agencies.models import Agency, Occupancy, Place, RefugeAddress


@dataclass(frozen=True, slots=True)
class Seeker:
    """What the choice of an agency depends on."""

    region_id: str
    locality: str
    sex: str
    age: int
    with_children: bool


class Directory:
    """The agencies of some regions with what the choice needs, read once for a batch."""

    def __init__(self, region_ids: Iterable[str]) -> None:
        self._region_ids = set(region_ids)

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str], list[Agency]]:
        """Read when first asked for: most evaluations send nothing. The loads stand apart, so that only the referrals
        under way are read and not every referral that an agency ever had."""
        free = Place.objects.filter(agency=OuterRef("pk"), is_open=True).exclude(
            occupancies__state__in=[Occupancy.State.HELD, Occupancy.State.TAKEN]
        )
        loads = dict(
            Agency.objects.filter(
                region_id__in=self._region_ids, referrals__state__in=["sent", "acknowledged", "accepted"]
            )
            .order_by()
            .values_list("pk")
            .annotate(load=Count("referrals"))
        )
        agencies = (
            Agency.objects.filter(region_id__in=self._region_ids, is_active=True)
            .select_related("responsible", "deputy")
            .annotate(has_free_place=Exists(free), accounts=Count("staff", filter=Q(staff__is_active=True)))
        )
        by_kind: dict[tuple[str, str], list[Agency]] = {}
        for agency in agencies:
            agency.load = loads.get(agency.pk, 0)
            by_kind.setdefault((agency.region_id, agency.kind), []).append(agency)
        return by_kind

    def of_kind(self, region_id: str, kind: str) -> list[Agency]:
        """The active agencies of a kind in a region."""
        return self._by_kind.get((region_id, kind), [])

    def known(self, agency: Agency) -> Agency | None:
        """The same agency with what the directory knows of it; None when it is not active in these regions."""
        return next((a for a in self.of_kind(agency.region_id, agency.kind) if a.pk == agency.pk), None)

    def choose(self, kind: str, seeker: Seeker, *, needs_duty: bool, without: Iterable[int] = ()) -> Agency | None:
        """The agency of the kind that serves the person's place, takes such a person, has a free place where places are
        counted, a named person and, where asked, a duty contact. Nearest territory first, then the least loaded."""
        fit = self.fitting(kind, seeker, needs_duty=needs_duty, without=without)
        if not fit:
            return None
        fit[0].load += 1
        return fit[0]

    def fitting(self, kind: str, seeker: Seeker, *, needs_duty: bool, without: Iterable[int] = ()) -> list[Agency]:
        """Every agency that `choose` may take, the one that it would take first."""
        excluded = set(without)
        fit = [
            agency
            for agency in self.of_kind(seeker.region_id, kind)
            if agency.pk not in excluded and _fits(agency, seeker) and (agency.duty_contact or not needs_duty)
        ]
        return sorted(fit, key=lambda agency: (seeker.locality not in agency.localities, agency.load, agency.pk))


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
