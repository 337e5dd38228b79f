"""The passing of a day touches the cases that it can change: a million open cases of which one in a hundred has a
threshold today, against evaluating all of them anew.

The others' evaluation is measured on a sample of them chosen at random (SAMPLE cases) and multiplied up to the whole
register. Run by `make bench-day`; CASES, SAMPLE and REPEATS in the environment change what is measured."""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ground import ROOT, database, processor_of, settled, world_of

if TYPE_CHECKING:
    import psycopg

TEMPLATES, BATCH = 90, 500
CASES, SAMPLE = int(os.environ.get("CASES", "1000000")), int(os.environ.get("SAMPLE", "10000"))
REPEATS = int(os.environ.get("REPEATS", "3"))
LEADERS = ["leb_leadership", "police_chief", "health_authority"]
OUT = ROOT / "build" / "bench-day.json"

# The whole history of a chosen case is moved back, so that what was to come on its next day comes today.
MAKE_DUE = """
with chosen as (
    select id, next_change_on - %(day)s::date as back from cases_case
    where state = 'open' and next_change_on > %(day)s order by random() limit %(count)s
), told as (
    update cases_statement s set effective_on = s.effective_on - c.back, until = s.until - c.back
    from chosen c where s.case_id = c.id
)
update cases_case c set next_change_on = %(day)s, enrolled_on = c.enrolled_on - m.back,
    enrolled_at = c.enrolled_at - make_interval(days => m.back), evaluated_on = least(c.evaluated_on, %(day)s - 1)
from chosen m where c.id = m.id returning c.id"""


def timed(function: Callable[[], int]) -> tuple[float, float, int]:
    """Seconds on the wall, seconds of processor of this process and of the database's that serves it, the result."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        served_by = int(cursor.fetchone()[0])
    began, used = time.perf_counter(), time.process_time() + processor_of(served_by)
    done = function()
    return time.perf_counter() - began, time.process_time() + processor_of(served_by) - used, done


def day_pass(day: date, at: datetime) -> int:
    """What the worker does with a day: cases taken."""
    from oralu.apps.routing.passing import days_pass

    done = 0
    while took := days_pass(day=day, at=at, batch=BATCH):
        done += took
    return done


def evaluate_all(ids: list[int], day: date, at: datetime) -> int:
    """The same evaluation for cases whatever may have changed in them."""
    from oralu.apps.routing.evaluating import cases_evaluate
    from oralu.apps.routing.planning import Cause

    done = 0
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        done += len(cases_evaluate(case_ids=some, actor=None, at=at, cause=Cause("day"), on=dict.fromkeys(some, day)))
    return done


def measure(admin: psycopg.Connection, day: date, at: datetime, dice: random.Random) -> dict[str, Any]:
    """One round: choose, pass the day, and evaluate a sample of the others."""
    from oralu.apps.cases.models import Case

    count = CASES // 100
    chosen = {row[0] for row in admin.execute(MAKE_DUE, {"day": day, "count": count})}
    assert len(chosen) == count, len(chosen)
    admin.execute("vacuum analyze cases_case")
    cases = Case.objects.count()
    before = dict(Case.objects.filter(pk__in=chosen).values_list("pk", "domains"))
    passed, passed_work, took = timed(lambda: day_pass(day, at))
    assert took == count, took
    assert not Case.objects.filter(state="open", next_change_on__lte=day).exists()
    after = dict(Case.objects.filter(pk__in=chosen).values_list("pk", "domains"))
    others = list(Case.objects.filter(state="open").exclude(pk__in=chosen).values_list("pk", flat=True))
    sample = dice.sample(others, min(SAMPLE, len(others)))
    seconds, work, looked_at = timed(lambda: evaluate_all(sample, day, at))
    assert looked_at == len(sample)
    return {
        "cases": cases,
        "changed": count,
        "with_another_result": sum(before[pk] != after[pk] for pk in chosen),
        "day_pass": passed,
        "day_pass_work": passed_work,
        "sample": looked_at,
        "sample_seconds": seconds,
        "full_pass": seconds / looked_at * cases,
        "full_pass_work": work / looked_at * cases,
    }


def main() -> None:
    with database() as server:
        from oralu.apps.agencies.models import Region
        from oralu.apps.cases.models import Case
        from oralu.apps.referrals.models import Clock
        from oralu.apps.routing.frames import local_day
        from oralu.load import Multiplier

        _, now = world_of(TEMPLATES, settled)
        day, dice = local_day(now), random.Random(5)
        with server.connect_admin() as admin:
            regions = list(Region.objects.values_list("code", flat=True))
            filled, *_ = timed(
                lambda: Multiplier(admin, regions=regions, single=LEADERS).add(-(-CASES // TEMPLATES) - 1) or 0
            )
            admin.execute("vacuum analyze")
            clocks = Clock.objects.filter(stopped_at=None).count()
            print(
                f"{Case.objects.count():,} open cases, {clocks:,} running clocks, filled in {filled:.0f} s", flush=True
            )
            rounds = [measure(admin, day, now, dice) for _ in range(REPEATS)]
        for r in rounds:
            print(
                f"{r['cases']:,} open, {r['changed']:,} with a threshold today ({r['with_another_result']:,} with another "
                f"result): day's pass {r['day_pass']:.1f} s ({r['day_pass_work']:.1f} s of processor); all anew "
                f"{r['full_pass']:.0f} s ({r['full_pass_work']:.0f}) from a sample of {r['sample']:,}: "
                f"{r['full_pass'] / r['day_pass']:.0f} x ({r['full_pass_work'] / r['day_pass_work']:.0f} x)",
                flush=True,
            )
        times = statistics.median(r["full_pass"] / r["day_pass"] for r in rounds)
        work = statistics.median(r["full_pass_work"] / r["day_pass_work"] for r in rounds)
        print(f"median: the full pass costs {times:.0f} times the day's pass, {work:.0f} times its processor")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"clocks": clocks, "rounds": rounds}, indent=1))


if __name__ == "__main__":
    main()
