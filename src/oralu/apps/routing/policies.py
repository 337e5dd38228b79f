"""Which edition of the policy is in force, and the adoption of one by a named person."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.models import Role, User
from oralu.apps.access.selectors import at_work
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.escalation_services import UNIT_HEAD
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.models import Adoption
from oralu.calendarfiles import load_calendar
from oralu.core.edition import Edition
from oralu.policyfiles import load_edition

if TYPE_CHECKING:
    from collections.abc import Mapping


log = logging.getLogger(__name__)


@lru_cache(maxsize=64)
def changed_say(edition: str, adopted: str, found: str) -> None:
    """Say loudly, once in the life of a process, that the files of an edition are not those that were adopted. Judging
    goes on (ADR 0007): every evaluation keeps the digest of the files that it was made by."""
    log.error(
        "The files of the edition %s are not those that were adopted (adopted %s, found %s): put the adopted files "
        "back, or adopt the edition anew.",
        edition,
        adopted[:12],
        found[:12],
    )


class NoEditionError(ValidationError):
    """No edition is in force for a region on a day."""


class EditionsInForce:
    """Answers which edition is in force for a region on a day; reads the adoptions of the regions once."""

    def __init__(self, region_ids: Iterable[str]) -> None:
        self._adoptions: dict[str, list[Adoption]] = {}
        for adoption in Adoption.objects.filter(region_id__in=set(region_ids)).order_by("-from_date", "-id"):
            self._adoptions.setdefault(adoption.region_id, []).append(adoption)

    def on(self, region_id: str, day: date) -> Edition:
        """The edition in force. Raises NoEditionError when none has been adopted for the region by that day."""
        for adoption in self._adoptions.get(region_id, []):
            if adoption.from_date <= day:
                edition = load_edition(adoption.edition)
                if edition.digest != adoption.digest:
                    changed_say(adoption.edition, adoption.digest, edition.digest)
                return edition
        region = Region.objects.filter(pk=region_id).first()
        raise NoEditionError(
            _("No edition of the policy is in force in %(region)s on %(day)s. An administrator adopts one.")
            % {"region": region or region_id, "day": date_format(day, "DATE_FORMAT")}
        )

    def next_start(self, region_id: str, after: date) -> date | None:
        """The first day after `after` on which another adoption takes force."""
        days = [a.from_date for a in self._adoptions.get(region_id, []) if a.from_date > after]
        return min(days, default=None)


def unmanned_addressees(*, edition: Edition, region: Region) -> list[str]:
    """The addressees of the edition's escalations where no person in the region has an account. Providers may answer on
    paper; those to whom a missed deadline goes may not be absent (spec: an edition cannot be adopted then)."""
    manned: Mapping[str, bool] = {}
    users = at_work().filter(agency__region=region, agency__is_active=True)
    kinds = set(users.values_list("agency__kind", flat=True))
    manned = {kind: kind in kinds for kind in {rule.on_breach for rule in edition.rules}}
    manned[UNIT_HEAD] = users.filter(role=Role.UNIT_HEAD).exists()
    # A need for which no agency of the kind exists at all could never be sent to anybody.
    present = set(Agency.objects.filter(region=region, is_active=True).values_list("kind", flat=True))
    for rule in edition.rules:
        manned.setdefault(rule.agency, rule.agency in present)
    return [code for code in _in_order(edition) if not manned.get(code, True)]


def _in_order(edition: Edition) -> list[str]:
    return list(dict.fromkeys(code for rule in edition.rules for code in (rule.agency, rule.on_breach)))


@transaction.atomic
def edition_adopt(*, edition_name: str, region: Region, from_date: date, actor: User | None, at: datetime) -> Adoption:
    """Put an edition in force for a region from a date. The open cases of the region are looked at anew on that day, or
    today where it has come already.

    Raises ValidationError while an addressee of one of its rules has no active user in the region.
    """
    edition = load_edition(edition_name)
    missing = unmanned_addressees(edition=edition, region=region)
    if missing:
        names = ", ".join(edition.label("agency", code, get_language() or "ru") for code in missing)
        raise ValidationError(
            _("The edition cannot be adopted: nobody is appointed for %(names)s in this region.") % {"names": names}
        )
    if Adoption.objects.filter(region=region, from_date=from_date).exists():
        raise ValidationError(_("An edition is already adopted for this region from this date."))
    adoption = Adoption.objects.create(
        region=region,
        edition=edition.id,
        digest=edition.digest,
        from_date=from_date,
        adopted_at=at,
        adopted_by=actor,
    )
    on = max(from_date, load_calendar().local_day(at))
    # LEAST of PostgreSQL passes over nulls: a case that nothing else would change is looked at too.
    walls.take(regions=[region.pk])
    Case.objects.filter(region=region, state=CaseState.OPEN).update(
        next_change_on=Least(F("next_change_on"), Value(on))
    )
    entry_record(
        kind="edition.adopted", actor=actor, at=at, edition=edition.id, digest=edition.digest, region=region.pk
    )
    return adoption


def edition_in_force(region_id: str | None, at: datetime) -> Adoption | None:
    """The adoption that is in force in a region at a moment; None without a region or an adoption."""
    return Adoption.objects.filter(region_id=region_id, from_date__lte=local_day(at)).order_by("-from_date").first()
