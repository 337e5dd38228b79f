"""The cost of the sweep follows what is due, not what is open: 1,000 due clocks among 100 thousand, a million and ten
million open ones, in one database that grows; each size is measured several times, on clocks chosen anew at random.

Run by `make bench-sweep`; `SIZES` and `REPEATS` in the environment change what is measured."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ground import ROOT, database, processor_of, world_of

if TYPE_CHECKING:
    import psycopg

DUE, TEMPLATES = 1000, 90
SIZES = [int(size) for size in os.environ.get("SIZES", "100000,1000000,10000000").split(",")]
REPEATS = int(os.environ.get("REPEATS", "5"))
LEADERS = ["leb_leadership", "police_chief", "health_authority"]
OUT = ROOT / "build" / "bench-sweep.json"

# Whole days are taken from the start of clocks in hours and calendar days, and so from what they give. Half of the
# chosen have their target before them, half their limit.
MAKE_DUE = """
with sampled as (
    select c.id, c.due_at, c.due_step from referrals_clock c tablesample bernoulli(%(percent)s)
    where c.due_at > %(at)s and c.target like 'P%%' and c.need_id is not null
), chosen as (
    select id, due_at from (
        select id, due_at, row_number() over (partition by due_step order by random()) n from sampled
        where due_step in ('target', 'limit')
    ) s where n <= %(each)s
), moved as (
    select id, make_interval(days => ceil(extract(epoch from due_at - %(at)s) / 86400)::int) as back from chosen
), intervals as (
    update referrals_clockinterval i set start = i.start - m.back, "end" = i."end" - m.back
    from moved m where i.clock_id = m.id
)
update referrals_clock c set due_at = c.due_at - m.back, target_at = c.target_at - m.back,
    limit_at = c.limit_at - m.back
from moved m where c.id = m.id returning c.id"""


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result


def detection(at: datetime, admin: psycopg.Connection) -> dict[str, float]:
    """Seconds to find and lock the due, through the application; and to find them by reading the whole table."""
    from django.db import connection, transaction

    from oralu.apps.routing.sweeping import due_clocks_claim

    def claim() -> int:
        with transaction.atomic():
            found = len(due_clocks_claim(until=at, batch=DUE))
            transaction.set_rollback(True)
        return found

    def scan(settings: str) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(settings)
            cursor.execute(
                "select count(*) from (select id, due_at, case_id from referrals_clock where due_at <= %s"
                " order by due_at, id limit %s) found",
                [at, DUE],
            )
            return int(cursor.fetchone()[0])

    by_index = "set local enable_seqscan = off"
    by_scan = (
        "set local enable_indexscan = off; set local enable_bitmapscan = off; set local enable_indexonlyscan = off"
    )
    claims, indexed, scanned = [], [], []
    for _ in range(3):
        for times, act in (
            (claims, claim),
            (indexed, lambda: scan(by_index)),
            (scanned, lambda: scan(by_scan)),
        ):
            seconds, found = timed(act)
            assert found == DUE, found
            times.append(seconds)
    return {"claim": min(claims), "index": min(indexed), "scan": min(scanned)}


def whole(at: datetime) -> dict[str, Any]:
    """The whole sweep: seconds, those of them in the database, seconds of processor of the database and of this
    process, transactions, SQL statements, and the three slowest of them."""
    from django.db import connection, reset_queries

    from oralu.apps.routing.sweeping import sweep

    batches, fired = 0, 0
    statements: list[tuple[float, str]] = []
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        served_by = int(cursor.fetchone()[0])
    connection.force_debug_cursor = True
    began, cpu, served = time.perf_counter(), time.process_time(), processor_of(served_by)
    while took := sweep(at=at):
        batches, fired = batches + 1, fired + took
        statements += [(float(query["time"]), query["sql"][:120]) for query in connection.queries]
        reset_queries()
    seconds = time.perf_counter() - began
    connection.force_debug_cursor = False
    assert fired >= DUE, fired
    return {
        "sweep": seconds,
        "in_database": sum(spent for spent, _ in statements),
        "own_work": time.process_time() - cpu,
        "database_work": processor_of(served_by) - served,
        "batches": batches,
        "statements": len(statements),
        "slowest": sorted(statements, reverse=True)[:3],
    }


def measure(admin: psycopg.Connection, at: datetime, percent: float) -> dict[str, Any]:
    """One round: choose, look, sweep, and see that each chosen clock fired once."""
    from oralu.apps.referrals.models import Clock, Escalation

    chosen = [row[0] for row in admin.execute(MAKE_DUE, {"at": at, "percent": percent, "each": DUE // 2})]
    assert len(chosen) == DUE, len(chosen)
    admin.execute("vacuum analyze referrals_clock")
    limits = Clock.objects.filter(pk__in=chosen, due_step="limit").count()
    escalations = Escalation.objects.count()
    found = detection(at, admin)
    swept = whole(at)
    assert Escalation.objects.count() - escalations == limits
    assert not Clock.objects.filter(due_at__lte=at).exists()
    return found | swept | {"breaches": limits}


def main() -> None:
    with database() as server:
        from oralu.apps.agencies.models import Region
        from oralu.apps.referrals.models import Clock
        from oralu.load import Multiplier

        _, now = world_of(TEMPLATES)
        at = now + timedelta(minutes=1)
        results: list[dict[str, Any]] = []
        with server.connect_admin() as admin:
            regions = list(Region.objects.values_list("code", flat=True))
            multiplier = Multiplier(admin, regions=regions, single=LEADERS)
            each = Clock.objects.filter(due_at__gt=at).count()
            for size in SIZES:
                missing = -(-(size - Clock.objects.filter(due_at__isnull=False).count()) // each)
                seconds, _ = timed(lambda n=missing: multiplier.add(n))
                admin.execute("vacuum analyze")
                open_clocks = Clock.objects.filter(due_at__isnull=False).count()
                rounds = [measure(admin, at, min(100, 20_000_000 / size)) for _ in range(REPEATS + 1)][1:]
                result: dict[str, Any] = {"open": open_clocks, "filled_in": seconds, "rounds": rounds}
                for name in ("claim", "index", "scan", "sweep", "in_database", "own_work", "database_work"):
                    result[name] = statistics.median(r[name] for r in rounds)
                results.append(result)
                print(
                    f"{open_clocks:>11,} open: claim {result['claim'] * 1e3:.1f} ms, by index "
                    f"{result['index'] * 1e3:.2f} ms, scan {result['scan'] * 1e3:.1f} ms, whole sweep "
                    f"{result['sweep']:.2f} s ({result['in_database']:.2f} in the database; processor: "
                    f"{result['own_work']:.2f} own, {result['database_work']:.2f} the database's), {rounds[-1]['batches']} transactions, {rounds[-1]['statements']} "
                    f"statements (filled in {seconds:.0f} s)",
                    flush=True,
                )
        first, last = results[0], results[-1]
        work = [r["own_work"] + r["database_work"] for r in (first, last)]
        print(
            f"growth {first['open']:,} to {last['open']:,}: claim {last['claim'] / first['claim']:.2f} x, whole sweep "
            f"{last['sweep'] / first['sweep']:.2f} x (processor {work[1] / work[0]:.2f} x); detection against a scan: "
            + ", ".join(f"{r['scan'] / r['index']:.0f} x ({r['open']:,})" for r in results)
        )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"machine": platform.processor() or platform.machine(), "sizes": results}, indent=1))


if __name__ == "__main__":
    main()
