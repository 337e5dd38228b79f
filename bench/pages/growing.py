"""Started by `at_size.py`: adds copies of the world that a database holds, and keeps the figures of its boards as the
worker would in time."""

from __future__ import annotations

import sys

import django
import psycopg

django.setup()

from django.utils import timezone  # noqa: E402

from oralu.apps.routing.board_figures import figures_keep  # noqa: E402
from oralu.load import Multiplier  # noqa: E402

TOWNS = [64, 32, 32, *[16] * 4, *[8] * 4, *[4] * 4, *[2] * 4, *[1] * 8]
"""Copies of the world in each town of a region: its units hold 50 to 3,200 cases each, with the staff for them."""


def main(url: str, copies: int, single: list[str]) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        regions = [row[0] for row in admin.execute("select code from agencies_region order by 1")]
        Multiplier(admin, regions=regions, single=single, sizes=TOWNS).add(copies, print)
        admin.execute("vacuum analyze")
        admin.execute("delete from routing_boardfigure")
    while key := figures_keep(at=timezone.now()):
        print("figures of", key)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
