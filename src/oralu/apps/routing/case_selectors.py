"""The doors to the parts of a case, and what an act on one asks: the agencies that could help, the units it could go
to. The whole page is read by `routing.case_file`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet

from oralu.apps.access.composed import PRISON
from oralu.apps.access.models import User
from oralu.apps.access.selectors import accounts_open, at_work
from oralu.apps.agencies.models import Agency, Occupancy, Place
from oralu.apps.agencies.selectors import Directory
from oralu.apps.cases.models import Case, Evidence, Plan, Statement, Step
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.models import Entry
from oralu.apps.journal.reading import Shown
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.referrals.selectors import needs_visible_to
from oralu.apps.routing.case_file import edition_for
from oralu.apps.routing.frames import frames_load, local_day
from oralu.apps.routing.planning import OWN_UNIT, needs_duty
from oralu.core.facts import answers_as_of


def case_journal(*, case_id: int, before: int | None = None, limit: int = 30) -> tuple[list[Entry], bool]:
    """The latest entries, newest first, from an entry's id on; and whether there are older ones."""
    entries = Entry.objects.filter(case_id=case_id).select_related("actor").order_by("-id")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    found = list(entries[: limit + 1])
    return found[:limit], len(found) > limit


def names_in(entries: Iterable[Entry]) -> tuple[dict[int, str], dict[int, str]]:
    """The names of the agencies and of the members of staff to whom entries of the journal point by id."""
    agencies: set[int] = set()
    people: set[int] = set()
    for entry in entries:
        agencies.update(entry.data[key] for key in ("agency", "unit") if isinstance(entry.data.get(key), int))
        if isinstance(entry.data.get("officer"), int):
            people.add(entry.data["officer"])
    named = {agency.pk: str(agency) for agency in Agency.objects.filter(pk__in=agencies)}
    return named, dict(User.objects.filter(pk__in=people).values_list("pk", "full_name"))


def agencies_fitting(*, need: Need, at: datetime) -> list[tuple[Agency, int | None]]:
    """The agencies that could take a need now, the fittest first, each with its free places (None: not counted). Those
    that have declined or not served this need are left out."""
    frame = frames_load([need.case_id], lock=False)[need.case_id]
    tried = Referral.objects.filter(
        need=need, state__in=[Referral.State.DECLINED, Referral.State.NOT_SERVED]
    ).values_list("agency_id", flat=True)
    found = Directory([frame.case.region_id]).fitting(
        need.addressee,
        frame.seeker(local_day(at)),
        needs_duty=needs_duty(need.clock.limit, at),
        without=list(tried),
    )
    free = dict(
        Place.objects.filter(agency__in=found, is_open=True)
        .exclude(occupancies__state__in=[Occupancy.State.HELD, Occupancy.State.TAKEN])
        .values_list("agency")
        .annotate(free=Count("pk"))
    )
    return [(agency, free.get(agency.pk, 0) if agency.counts_places else None) for agency in found]


def agencies_that_could_not(*, need: Need) -> list[Referral]:
    """The last attempt with each active agency that has declined this need or did not serve it, the latest first. The
    choice of an agency passes them over: they are asked again only by name."""
    ended = Referral.objects.filter(
        need=need,
        state__in=[Referral.State.DECLINED, Referral.State.NOT_SERVED],
        agency__is_active=True,
        agency__region=need.case.region_id,
    )
    by_agency: dict[int, Referral] = {}
    for referral in ended.select_related("agency__responsible", "agency__deputy").order_by("-attempt"):
        by_agency.setdefault(referral.agency_id, referral)
    return list(by_agency.values())


def open_needs(*, case: Case) -> list[Need]:
    """The open needs of a case with their clocks."""
    return list(Need.objects.filter(case=case, state=Need.State.OPEN).select_related("clock").order_by("id"))


def needs_to_act_on(actor: User) -> QuerySet[Need]:
    """The needs of the own unit with what an act on them asks."""
    return needs_visible_to(actor).select_related("case__person", "case__unit", "clock")


def facts_standing(*, case: Case, names: Iterable[str], at: datetime) -> dict[str, str]:
    """The values that stand on the day of `at`, answers without a value too, of the facts named."""
    frame = frames_load([case.pk], lock=False)[case.pk]
    edition = edition_for(case=case, at=at)
    known = answers_as_of(frame.ledger(edition), day=frame.day(edition, local_day(at)))
    return {name: known[name].value for name in names if name in known}


def needs_changed_at(*, case_id: int, at: datetime) -> tuple[list[str], list[str]]:
    """The services of the needs that one moment has closed and opened."""
    changed = Need.objects.filter(case_id=case_id).filter(Q(closed_at=at) | Q(opened_at=at)).order_by("id")
    rows = list(changed.values_list("service", "closed_at"))
    return [s for s, closed in rows if closed is not None], [s for s, closed in rows if closed is None]


def statements_visible_to(actor: User) -> QuerySet[Statement]:
    """The statements of the cases that an actor may open."""
    statements = Shown.of(Statement, "case_id").filter(case__in=cases_visible_to(actor))
    return statements.select_related("case__person", "case__unit")


def evidence_visible_to(actor: User) -> QuerySet[Evidence]:
    """The proofs of the cases that an actor may open."""
    return Shown.of(Evidence, "case_id").filter(case__in=cases_visible_to(actor))


def plans_visible_to(actor: User) -> QuerySet[Plan]:
    """The plans of the cases that an actor may open."""
    return (
        Shown.of(Plan, "case_id")
        .filter(case__in=cases_visible_to(actor))
        .select_related("case__person", "case__unit", "case__officer", "written_by")
        .prefetch_related(Prefetch("steps", queryset=Step.objects.order_by("due_on", "id")))
    )


def steps_visible_to(actor: User) -> QuerySet[Step]:
    """The steps of the plans of the cases that an actor may open."""
    steps = Shown.of(Step, "plan.case_id").filter(plan__case__in=cases_visible_to(actor))
    return steps.select_related("plan__case__person")


def has_account(agency: Agency) -> bool:
    """Whether somebody of the agency, or its system, can answer in Oralu."""
    return accounts_open().filter(agency=agency).exists()


def has_people(agency: Agency) -> bool:
    """Whether a person of the agency can answer in Oralu."""
    return at_work().filter(agency=agency).exists()


def units_to_transfer_to(case: Case) -> QuerySet[Agency]:
    """The other active probation units, by region."""
    units = Agency.objects.filter(kind=OWN_UNIT, is_active=True).exclude(pk=case.unit_id)
    return units.select_related("region").order_by("region__code", "name_ru")


def prisons_to_name() -> QuerySet[Agency]:
    """The institutions that can prepare a release, of the whole country."""
    return Agency.objects.filter(kind=PRISON, is_active=True).order_by("region__code", "name_ru")


def handed_over(*, case: Case) -> list[Referral]:
    """What has gone to agencies for the person of a case, in any of the person's cases, the latest first: a consent
    taken back does not fetch it back."""
    found = Referral.objects.filter(case__person_id=case.person_id, sent_at__isnull=False)
    return list(found.select_related("need", "agency").order_by("-sent_at", "-pk"))


def all_needs(*, case: Case) -> list[Need]:
    """Every need that the case has had."""
    return list(Need.objects.filter(case=case).order_by("id"))
