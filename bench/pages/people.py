"""Started by `at_size.py`: signs people in and prints, in JSON, their cookies and the addresses that they would open."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable
from urllib.parse import quote

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.test import Client  # noqa: E402

from oralu.apps.access import walls  # noqa: E402
from oralu.apps.access.models import Role, User  # noqa: E402
from oralu.apps.cases.models import Case  # noqa: E402
from oralu.apps.cases.selectors import cases_visible_to  # noqa: E402
from oralu.apps.referrals.inbox_selectors import inbox  # noqa: E402

SOME = 20
NOBODY = "Ъыъ"
FILTERS = {
    "caseload by domain": "domain=legal:0",
    "caseload by risk": "risk=2",
    "caseload by day": "days=31-60",
    "caseload breached": "breached=yes",
}


def main() -> None:
    wanted, shares, largest = int(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
    chance, people = random.Random(3), []
    for role, share in shares.items():
        for user in chosen(role, max(1, round(wanted * share)), largest, chance):
            client = Client()
            client.force_login(user)
            with transaction.atomic(), walls.inside(user):
                pages = pages_of(user, chance)
            cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
            people.append({"cookie": cookie, "pages": pages})
    json.dump(people, sys.stdout)


def chosen(role: str, count: int, largest: int, chance: random.Random) -> Iterable[User]:
    """Accounts at random over the whole register: most are of a later copy of the world. Of units those with no more
    than so many cases."""
    accounts = User.objects.filter(role=role, is_active=True)
    if role in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        units = Case.objects.order_by().values("unit").annotate(cases=Count("pk")).filter(cases__lte=largest)
        accounts = accounts.filter(agency__in=units.values("unit"))
    keys = list(accounts.values_list("pk", flat=True))
    return User.objects.filter(pk__in=chance.sample(keys, min(count, len(keys)))).select_related("agency")


def pages_of(user: User, chance: random.Random) -> dict[str, list[str]]:
    if user.role in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        pages = of_unit(user, chance)
        if user.role == Role.UNIT_HEAD:
            pages["board of the unit"] = ["/board"]
        return pages
    referrals = list(inbox(user).values_list("pk", flat=True)[:SOME])
    pages = {"inbox": ["/inbox"], "answered": ["/inbox/answered"]}
    if referrals:
        pages["a referral"] = [f"/inbox/{pk}" for pk in referrals]
    if user.role == Role.LEADERSHIP:
        pages["board of the region"] = ["/board"]
    return pages


def of_unit(user: User, chance: random.Random) -> dict[str, list[str]]:
    cases = list(cases_visible_to(user).order_by("-pk")[:SOME])
    agencies = [agency for case in cases[:3] for agency in case.referrals.values_list("agency_id", flat=True)[:1]]
    pages = {"today": ["/today"], "caseload": ["/cases"]}
    pages |= {name: [f"/cases?{query}"] for name, query in FILTERS.items()}
    if cases:
        pages["a case"] = [f"/cases/{case.pk}" for case in cases]
        pages["search by name"] = [f"/search?q={quote(case.person.surname[:4])}" for case in cases]
        pages["search by IIN"] = [f"/search?q={case.person.iin}" for case in cases if case.person.iin] or [
            "/search?q=1"
        ]
        pages["search of nobody"] = [f"/search?q={quote(NOBODY)}"]
    if agencies:
        pages["caseload by agency"] = [f"/cases?agency={agency}" for agency in agencies]
    return pages


if __name__ == "__main__":
    main()
