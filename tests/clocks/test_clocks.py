"""A clock computed from its log: deadlines under suspension, states, the sweeper's next event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oralu.calendarfiles import load_calendar
from oralu.core.clocks import ClockError, Interval, clock_due, clock_state, next_event
from oralu.core.worktime import Allowance, Calendar, CalendarError, due

unhurried = settings(deadline=None)  # a busy machine is no failure
KZ = load_calendar()
BEGIN = datetime(2026, 2, 2, 4, tzinfo=UTC)
H24, H48 = Allowance.parse("PT24H"), Allowance.parse("PT48H")
WD1, WD3 = Allowance.parse("1WD"), Allowance.parse("3WD")


def at(text: str) -> datetime:
    """`03-16 09:00` of 2026 in Almaty."""
    return datetime.fromisoformat(f"2026-{text}:00+05:00")


def running(start: str, end: str | None = None) -> Interval:
    return Interval("running", at(start), at(end) if end else None)


def waiting(start: str, end: str | None = None) -> Interval:
    return Interval("waiting", at(start), at(end) if end else None, reason="prerequisite_L1")


def paused(start: str, end: str | None = None, maximum: str = "12-31 00:00") -> Interval:
    return Interval("paused", at(start), at(end) if end else None, "person_in_hospital", "clinic", at(maximum))


def held(start: str, since: str, until: str, maximum: str = "12-31 00:00") -> list[Interval]:
    """A clock that runs, is paused once and runs on."""
    return [running(start, since), paused(since, until, maximum), running(until)]


@pytest.mark.parametrize(
    ("log", "allow", "expected"),
    [
        ([running("03-16 09:00")], "PT24H", "03-17 09:00"),
        (held("03-16 09:00", "03-16 19:00", "03-18 01:00"), "PT24H", "03-18 15:00"),
        # The last hour runs out at the moment at which the pause begins: nothing is left to suspend.
        ([running("03-16 09:00", "03-17 09:00"), waiting("03-17 09:00")], "PT24H", "03-17 09:00"),
        # Tuesday is touched, for one minute: Wednesday is the first day that counts.
        (held("03-16 09:00", "03-17 12:00", "03-17 12:01"), "1WD", "03-19 00:00"),
        # A pause within the day of the start, which does not count anyway.
        (held("03-16 09:00", "03-16 10:00", "03-16 18:00"), "1WD", "03-18 00:00"),
        # A pause that ends at midnight does not touch the day that begins.
        (held("03-16 09:00", "03-17 12:00", "03-18 00:00"), "1WD", "03-19 00:00"),
        # A pause over a weekend takes no working day, but both calendar days.
        (held("03-12 09:00", "03-14 10:00", "03-15 20:00"), "2WD", "03-17 00:00"),
        (held("03-12 09:00", "03-14 10:00", "03-15 20:00"), "P3D", "03-18 00:00"),
        # Waiting from the beginning: the clock starts when it ends.
        ([waiting("03-10 09:00", "03-16 09:00"), running("03-16 09:00")], "1WD", "03-18 00:00"),
        ([waiting("03-10 09:00", "03-16 09:00"), running("03-16 09:00")], "PT24H", "03-17 09:00"),
        # A pause is over at its maximum, recorded or not.
        ([running("03-16 09:00", "03-16 19:00"), paused("03-16 19:00", None, "03-17 19:00")], "PT24H", "03-18 09:00"),
        (held("03-16 09:00", "03-16 19:00", "03-25 19:00", "03-17 19:00"), "PT24H", "03-18 09:00"),
        # Suspended with no known end.
        ([waiting("03-10 09:00")], "PT24H", None),
        ([running("03-16 09:00", "03-16 19:00"), waiting("03-16 19:00")], "PT24H", None),
        ([running("03-16 09:00", "03-17 19:00"), waiting("03-17 19:00")], "1WD", None),
        ([running("03-16 09:00", "03-18 00:00"), waiting("03-18 00:00")], "1WD", "03-18 00:00"),
    ],
)
def test_due_under_suspension(log: Sequence[Interval], allow: str, expected: str | None) -> None:
    assert clock_due(log, Allowance.parse(allow), KZ) == (at(expected) if expected else None)


# --- properties on generated logs ---------------------------------------------------------------------------------

spans = st.lists(st.tuples(st.integers(0, 30 * 24 * 60), st.integers(0, 4 * 24 * 60)), max_size=6)
allowances = st.one_of(
    st.builds(Allowance, st.just("hours"), st.integers(1, 500)),
    st.builds(Allowance, st.sampled_from(["working_days", "days"]), st.integers(1, 20)),
)


def log_of(pairs: Sequence[tuple[int, int]]) -> list[Interval]:
    """A log that starts at BEGIN and is suspended in the union of the spans (start, length), in minutes. Spans that
    meet stay apart in the log, so that meeting suspensions are generated too."""
    merged: list[list[int]] = []
    for begin, length in sorted(pairs):
        if merged and begin < merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], begin + length)
        else:
            merged.append([begin, begin + length])
    log, now = [], 0
    for i, (begin, end) in enumerate(merged):
        if begin > now:
            log.append(Interval("running", minute(now), minute(begin)))
        if i % 2:
            log.append(Interval("waiting", minute(begin), minute(end), reason="prerequisite"))
        else:
            log.append(Interval("paused", minute(begin), minute(end), "reason", "party", minute(end + 60)))
        now = end
    return [*log, Interval("running", minute(now))]


def minute(n: int) -> datetime:
    return BEGIN + timedelta(minutes=n)


def due_of(pairs: Sequence[tuple[int, int]], allowance: Allowance) -> datetime:
    found = clock_due(log_of(pairs), allowance, KZ)
    assert found is not None
    return found


@unhurried
@given(allowance=allowances)
def test_without_suspension_a_clock_is_the_plain_allowance(allowance: Allowance) -> None:
    assert due_of([], allowance) == due(BEGIN, allowance, KZ)


@unhurried
@given(pairs=spans, extra=st.tuples(st.integers(0, 30 * 24 * 60), st.integers(0, 4 * 24 * 60)), allowance=allowances)
def test_another_suspension_never_shortens_a_deadline(
    pairs: list[tuple[int, int]], extra: tuple[int, int], allowance: Allowance
) -> None:
    assert due_of(pairs, allowance) <= due_of([*pairs, extra], allowance)


@unhurried
@given(pairs=spans.filter(bool), longer=st.integers(0, 3000), allowance=allowances)
def test_a_longer_suspension_never_shortens_a_deadline(
    pairs: list[tuple[int, int]], longer: int, allowance: Allowance
) -> None:
    (begin, length), *rest = pairs
    assert due_of(pairs, allowance) <= due_of([(begin, length + longer), *rest], allowance)


@unhurried
@given(pairs=spans, allowance=allowances, days=st.integers(0, 40))
def test_a_holiday_never_brings_a_suspended_clock_forward(
    pairs: list[tuple[int, int]], allowance: Allowance, days: int
) -> None:
    working = KZ.working.copy()
    working[KZ.index(BEGIN.date()) + days] = False
    after = clock_due(log_of(pairs), allowance, Calendar(KZ.first, KZ.last, KZ.zone, working))
    assert after is not None
    assert due_of(pairs, allowance) <= after


@unhurried
@given(pairs=spans, allowance=allowances)
def test_the_definition_counted_minute_by_minute_or_day_by_day(
    pairs: list[tuple[int, int]], allowance: Allowance
) -> None:
    """The same answer from the words of the definition, with sets of minutes and days instead of spans."""
    held = {m for begin, length in pairs for m in range(begin, begin + length)}
    start = next(m for m in range(10**6) if m not in held)
    if allowance.unit == "hours":
        left, m = allowance.n * 60, start
        while left:
            left -= m not in held
            m += 1
        assert due_of(pairs, allowance) == minute(m)
        return
    touched = {KZ.local_day(minute(m)) for m in held if m >= start}
    day, left = KZ.local_day(minute(start)), allowance.n
    while left:
        day += timedelta(days=1)
        left -= day not in touched and (allowance.unit == "days" or KZ.is_working(day))
    assert due_of(pairs, allowance) == KZ.end_of(day)


@unhurried
@given(pairs=spans, cuts=st.lists(st.integers(1, 40 * 24 * 60), max_size=5), allowance=allowances)
def test_a_handover_that_cuts_an_interval_in_two_keeps_the_time_used(
    pairs: list[tuple[int, int]], cuts: list[int], allowance: Allowance
) -> None:
    log = log_of(pairs)
    for cut in sorted(cuts):
        moment = minute(cut)
        for i, item in enumerate(log):
            if item.start < moment and (item.end is None or moment < item.end):
                head = Interval(item.kind, item.start, moment, item.reason, item.party, item.maximum)
                log[i : i + 1] = [head, Interval(item.kind, moment, item.end, item.reason, item.party, item.maximum)]
                break
    assert clock_due(log, allowance, KZ) == due_of(pairs, allowance)


@unhurried
@given(pairs=spans, limit=allowances, now=st.integers(0, 60 * 24 * 60))
def test_used_units_reach_the_limit_exactly_when_it_is_due(
    pairs: list[tuple[int, int]], limit: Allowance, now: int
) -> None:
    state = clock_state(log_of(pairs), limit, limit, KZ, minute(now))
    assert state.due_at is not None
    assert (state.used_units >= limit.n) == (state.due_at <= minute(now)) == state.breached
    held = {m for begin, length in pairs for m in range(begin, begin + length)}
    assert state.used == timedelta(minutes=sum(m not in held for m in range(now)))


@unhurried
@given(pairs=spans, limit=allowances, now=st.integers(0, 40 * 24 * 60))
def test_the_earliest_deadline_of_an_open_suspension_is_never_after_the_latest(
    pairs: list[tuple[int, int]], limit: Allowance, now: int
) -> None:
    open_log = [*log_of(pairs)[:-1]]
    start = open_log[-1].end if open_log else minute(0)
    assert start is not None
    open_log.append(Interval("paused", start, None, "reason", "party", start + timedelta(days=9)))
    moment = max(start, minute(now))
    state = clock_state(open_log, limit, limit, KZ, moment)
    assert state.due_at is not None
    assert state.earliest_due_at is not None
    assert state.earliest_due_at <= state.due_at
    assert (state.status == "paused") == (moment < start + timedelta(days=9) and not state.breached)


# --- states --------------------------------------------------------------------------------------------------------

PLAIN = [running("03-16 09:00")]


@pytest.mark.parametrize(
    ("log", "now", "status"),
    [
        (PLAIN, "03-16 09:00", "running"),
        (PLAIN, "03-17 08:59", "running"),
        (PLAIN, "03-17 09:00", "target_passed"),
        (PLAIN, "03-18 08:59", "target_passed"),
        (PLAIN, "03-18 09:00", "breached"),
        ([waiting("03-10 09:00")], "03-16 09:00", "waiting"),
        ([waiting("03-10 09:00", "03-16 09:00"), *PLAIN], "03-15 09:00", "waiting"),
        ([waiting("03-10 09:00", "03-16 09:00"), *PLAIN], "03-16 09:00", "running"),
        ([running("03-16 09:00", "03-16 19:00"), paused("03-16 19:00", None, "03-20 19:00")], "03-20 18:59", "paused"),
        ([running("03-16 09:00", "03-16 19:00"), paused("03-16 19:00", None, "03-20 19:00")], "03-20 19:00", "running"),
        ([running("03-16 09:00", "03-19 09:00"), paused("03-19 09:00")], "03-20 09:00", "breached"),
        ([running("03-16 09:00", "03-17 19:00"), paused("03-17 19:00")], "03-20 09:00", "paused"),
    ],
)
def test_status(log: Sequence[Interval], now: str, status: str) -> None:
    assert clock_state(log, H24, H48, KZ, at(now)).status == status


def test_a_waiting_clock_says_what_it_waits_for_and_the_earliest_deadline() -> None:
    state = clock_state([waiting("03-10 09:00")], H24, H48, KZ, at("03-16 09:00"))
    assert (state.target_at, state.due_at, state.reason, state.party) == (None, None, "prerequisite_L1", None)
    assert state.earliest_target_at == at("03-17 09:00")
    assert state.earliest_due_at == at("03-18 09:00")
    assert (state.used, state.used_units, state.resumes_by) == (timedelta(0), 0, None)


def test_a_paused_clock_says_party_maximum_and_both_bounds_of_the_deadline() -> None:
    log = [running("03-16 09:00", "03-16 19:00"), paused("03-16 19:00", None, "03-20 19:00")]
    state = clock_state(log, H24, H48, KZ, at("03-17 19:00"))
    assert (state.party, state.reason, state.resumes_by) == ("clinic", "person_in_hospital", at("03-20 19:00"))
    assert state.due_at == at("03-22 09:00")
    assert state.earliest_due_at == at("03-19 09:00")
    assert state.used == timedelta(hours=10)


def test_a_clock_met_in_time_or_late_is_judged_when_it_was_met() -> None:
    in_time = clock_state(PLAIN, H24, H48, KZ, at("05-01 09:00"), met_at=at("03-17 12:00"))
    assert (in_time.status, in_time.target_passed, in_time.breached) == ("met", True, False)
    assert in_time.used == timedelta(hours=27)
    late = clock_state(PLAIN, H24, H48, KZ, at("05-01 09:00"), met_at=at("03-19 12:00"))
    assert (late.status, late.breached) == ("met", True)
    not_yet = clock_state(PLAIN, H24, H48, KZ, at("03-17 10:00"), met_at=at("03-17 12:00"))
    assert not_yet.status == "target_passed"
    withdrawn = clock_state(PLAIN, H24, H48, KZ, at("05-01 09:00"), withdrawn_at=at("03-16 12:00"))
    assert (withdrawn.status, withdrawn.breached) == ("withdrawn", False)


def test_a_changed_rule_keeps_the_time_used() -> None:
    before = clock_state(PLAIN, H24, H48, KZ, at("03-17 06:00"))
    after = clock_state(PLAIN, WD1, WD3, KZ, at("03-17 06:00"))
    assert before.used == after.used == timedelta(hours=21)
    assert (after.target_at, after.due_at) == (at("03-18 00:00"), at("03-20 00:00"))


# --- the sweeper ---------------------------------------------------------------------------------------------------

PAUSE = [running("03-16 09:00", "03-16 19:00"), paused("03-16 19:00", None, "03-17 19:00")]


@pytest.mark.parametrize(
    ("log", "fired_target", "fired_limit", "expected"),
    [
        (PLAIN, False, False, ("03-17 09:00", "target")),
        (PLAIN, True, False, ("03-18 09:00", "limit")),
        (PLAIN, True, True, None),
        (PLAIN, False, True, None),
        (PAUSE, False, False, ("03-17 19:00", "pause_end")),
        ([waiting("03-16 09:00")], False, False, None),
        ([running("03-16 09:00", "03-17 10:00"), waiting("03-17 10:00")], False, False, ("03-17 09:00", "target")),
        ([running("03-16 09:00", "03-17 10:00"), waiting("03-17 10:00")], True, False, None),
        ([running("03-16 09:00", "03-17 10:00"), paused("03-17 10:00")], True, False, ("12-31 00:00", "pause_end")),
    ],
)
def test_next_event(
    log: Sequence[Interval], fired_target: bool, fired_limit: bool, expected: tuple[str, str] | None
) -> None:
    found = next_event(log, H24, H48, KZ, fired_target=fired_target, fired_limit=fired_limit)
    assert found == ((at(expected[0]), expected[1]) if expected else None)


@unhurried
@given(pairs=spans, limit=st.integers(2, 300), step=st.integers(1, 5000))
def test_a_sweeper_that_follows_the_events_fires_each_once_and_at_its_time(
    pairs: list[tuple[int, int]], limit: int, step: int
) -> None:
    log = log_of(pairs)
    target, last = Allowance("hours", limit // 2), Allowance("hours", limit)
    fired: dict[str, datetime] = {}
    now = BEGIN
    for _ in range(60 * 24 * 60 // step + 1):
        while event := next_event(log, target, last, KZ, fired_target="target" in fired, fired_limit="limit" in fired):
            if event[0] > now:
                break
            assert event[1] not in fired
            fired[event[1]] = event[0]
        now += timedelta(minutes=step)
    assert fired == {"target": clock_due(log, target, KZ), "limit": clock_due(log, last, KZ)}


def test_what_has_fired_stays_fired_when_the_deadline_moves() -> None:
    longer = held("03-16 09:00", "03-16 10:00", "03-20 10:00")
    assert next_event(longer, H24, H48, KZ, fired_target=True, fired_limit=True) is None
    assert next_event(longer, H24, H48, KZ, fired_target=True) == (at("03-22 09:00"), "limit")


# --- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Interval("paused", at("03-16 09:00"), None, "r", "p"), "maximum"),
        (lambda: Interval("paused", at("03-16 09:00"), None, None, "p", at("03-17 09:00")), "coded reason"),
        (lambda: Interval("paused", at("03-16 09:00"), None, "r", None, at("03-17 09:00")), "party"),
        (lambda: paused("03-16 09:00", None, "03-15 09:00"), "before the start"),
        (lambda: Interval("waiting", at("03-16 09:00")), "what it waits for"),
        (lambda: Interval("running", at("03-16 09:00"), reason="r"), "no reason"),
        (lambda: running("03-16 09:00", "03-15 09:00"), "before it starts"),
        (lambda: Interval("running", datetime(2026, 3, 16)), "no UTC offset"),  # noqa: DTZ001
    ],
)
def test_an_interval_that_cannot_be_is_refused(build: object, says: str) -> None:
    with pytest.raises(ClockError, match=says):
        build()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ([], "empty"),
        ([running("03-16 09:00"), running("03-17 09:00")], "open but not the last"),
        ([running("03-16 09:00", "03-16 10:00"), running("03-16 11:00")], "the next starts"),
        ([running("03-16 09:00", "03-16 12:00"), running("03-16 11:00")], "the next starts"),
    ],
)
def test_a_log_with_a_hole_or_an_overlap_is_refused(log: list[Interval], says: str) -> None:
    with pytest.raises(ClockError, match=says):
        clock_due(log, H24, KZ)
    with pytest.raises(ClockError, match=says):
        next_event(log, H24, H48, KZ)


def test_a_question_before_the_clock_began_is_refused() -> None:
    with pytest.raises(ClockError, match="before the clock began"):
        clock_state(PLAIN, H24, H48, KZ, at("03-16 08:59"))


def test_a_clock_outside_the_calendar_is_refused() -> None:
    old = Interval("running", datetime(2023, 12, 1, tzinfo=UTC))
    for allow in ("PT1H", "1WD", "P1D"):
        with pytest.raises(CalendarError, match="2023-12-01 is outside"):
            clock_due([old], Allowance.parse(allow), KZ)
