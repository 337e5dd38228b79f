"""The compiled loops: one pass over a block of rows for each column that a table reads, all of it in the first cache.

Nothing in here knows an edition. What to add up, what to look up and where a result stands comes in arrays of numbers
(`compiled.Orders`), so it is compiled once for an installation and kinds of columns, not for each policy. Additions are
made in the narrowest type that holds them, since that is how many rows one instruction takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic

BLOCK = 4096
TOGETHER = 3
"""Tables to a look-up."""
VALUE, DAY, AGE, ENDS = range(4)
"""Kinds of derived digits: a value while the fact stands; how many marks the day, the age, the end has passed."""


@intrinsic
def _pointer(context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(address), generate


@njit(nogil=True, error_model="numpy")
def _most(column: Any) -> Any:
    most = np.uint8(0)
    for i in range(len(column)):
        most = max(most, column[i])
    return most


@njit(nogil=True, error_model="numpy")
def _beyond(column: Any, far: int) -> Any:
    low, high = column[0], column[0]
    for i in range(len(column)):
        low = min(low, column[i])
        high = max(high, column[i])
    return low < -far or high > far


@njit(nogil=True, error_model="numpy")
def _ahead_of(values: Any, column: Any, day: Any) -> Any:
    found = np.uint8(0)
    for i in range(len(day)):
        found = max(found, np.uint8(np.uint8(values[i] != 0) & np.uint8(column[i] > day[i])))
    return found != 0


@njit(nogil=True, error_model="numpy")
def _passed(into: Any, column: Any, mark: Any, first: bool) -> None:
    if first:
        for i in range(len(column)):
            into[i] = column[i] >= mark
    else:
        for i in range(len(column)):
            into[i] += np.uint8(column[i] >= mark)


@njit(nogil=True, error_model="numpy")
def _less(into: Any, day: Any, own: Any) -> None:
    for i in range(len(day)):
        into[i] = day[i] - own[i]


@njit(nogil=True, error_model="numpy")
def _ended(into: Any, until: Any, day: Any, ahead: int, later: Any, first: bool) -> None:
    for i in range(len(day)):
        later[i] = day[i] + ahead
    if first:
        for i in range(len(day)):
            into[i] = until[i] <= later[i]
    else:
        for i in range(len(day)):
            into[i] += np.uint8(until[i] <= later[i])


@njit(nogil=True, error_model="numpy")
def _standing(into: Any, values: Any, until: Any, day: Any) -> None:
    for i in range(len(day)):
        into[i] = values[i] * np.uint8(until[i] > day[i])


@njit(nogil=True, error_model="numpy")
def _added(into: Any, column: Any, weight: int, first: bool) -> None:
    factor = np.uint8(weight)
    if first:
        for i in range(len(into)):
            into[i] = column[i] * factor
    else:
        for i in range(len(into)):
            into[i] += column[i] * factor


@njit(nogil=True, error_model="numpy")
def _widened(into: Any, part: Any, weight: int) -> None:
    factor = np.uint32(weight)
    for i in range(len(part)):
        into[i] += np.uint32(part[i]) * factor


@njit(nogil=True, error_model="numpy")
def _heard(cell: Any, words: Any, part: int, shift: int, mask: int) -> None:
    by, only = np.uint64(shift), np.uint64(mask)
    for i in range(len(cell)):
        cell[i] += np.uint32((words[2 * i + part] >> by) & only)


@njit(nogil=True, error_model="numpy")
def _looked_up_1(cells: Any, c: Any, p: Any, words: Any) -> None:
    for i in range(len(words) // 2):
        q = np.uint32(cells[c[i]]) * np.uint32(2)
        words[2 * i] |= p[q]
        words[2 * i + 1] |= p[q + 1]


@njit(nogil=True, error_model="numpy")
def _looked_up_2(cells: Any, c: Any, d: Any, p: Any, s: Any, words: Any) -> None:
    for i in range(len(words) // 2):
        q, r = np.uint32(cells[c[i]]) * np.uint32(2), np.uint32(cells[d[i]]) * np.uint32(2)
        words[2 * i] |= p[q] | s[r]
        words[2 * i + 1] |= p[q + 1] | s[r + 1]


@njit(nogil=True, error_model="numpy")
def _looked_up_3(cells: Any, c: Any, d: Any, e: Any, p: Any, s: Any, t: Any, words: Any) -> None:
    for i in range(len(words) // 2):
        q, r = np.uint32(cells[c[i]]) * np.uint32(2), np.uint32(cells[d[i]]) * np.uint32(2)
        m = np.uint32(cells[e[i]]) * np.uint32(2)
        words[2 * i] |= p[q] | s[r] | t[m]
        words[2 * i + 1] |= p[q + 1] | s[r + 1] | t[m + 1]


@njit(nogil=True, error_model="numpy")
def _decoded(words: Any, shift: int, low: int, middle: int, points: Any, risk: Any, failed: Any, octet: Any) -> None:
    by, points_mask, risk_mask = np.uint64(shift), np.uint8((1 << low) - 1), np.uint8((1 << middle) - 1)
    by_risk, by_failed = np.uint8(low), np.uint8(low + middle)
    for i in range(len(octet)):
        octet[i] = np.uint8(words[i] >> by)
    for i in range(len(octet)):
        points[i] = octet[i] & points_mask
    for i in range(len(octet)):
        risk[i] = (octet[i] >> by_risk) & risk_mask
    for i in range(len(octet)):
        failed[i] = octet[i] >> by_failed


@njit(nogil=True, error_model="numpy")
def _summed(points: Any, risk: Any, failed: Any, index: Any, highest: Any, bad: Any, first: bool) -> None:
    if first:
        for i in range(len(index)):
            index[i] = points[i]
        for i in range(len(index)):
            highest[i] = risk[i]
        for i in range(len(index)):
            bad[i] |= failed[i]
    else:
        for i in range(len(index)):
            index[i] += points[i]
        for i in range(len(index)):
            highest[i] = max(highest[i], risk[i])
        for i in range(len(index)):
            bad[i] |= failed[i]


@njit(nogil=True, error_model="numpy")
def _barred(risk: Any, level: int, bad: Any) -> None:
    this = np.uint8(level)
    for i in range(len(bad)):
        bad[i] |= np.uint8(risk[i] == this)


@njit(nogil=True, error_model="numpy")
def _succeeded(day: Any, from_day: int, index: Any, index_from: int, bad: Any, success: Any) -> None:
    least = np.int16(index_from)
    for i in range(len(bad)):
        success[i] = np.int8(np.int16(index[i]) >= least) & np.int8(bad[i] == 0)
    for i in range(len(bad)):
        late = np.int8(day[i] >= from_day)
        success[i] = success[i] * late + late - np.int8(1)


@njit(nogil=True, error_model="numpy")
def _shifted(words: Any, shift: int, into: Any) -> None:
    by = np.uint64(shift)
    for i in range(len(into)):
        into[i] = words[i] >> by


@njit(nogil=True, error_model="numpy")
def _small(address: Any, low: int, rows: int) -> Any:
    return carray(_pointer(address + low), (rows,), np.uint8)


@njit(nogil=True, error_model="numpy")
def _long(address: Any, low: int, rows: int, day: Any) -> Any:
    return carray(_pointer(address + low * day.itemsize), (rows,), day.dtype)


@njit(nogil=True, error_model="numpy")
def _sound(small: Any, most: Any, long: Any, dated: Any, far_day: int, low: int, day: Any) -> bool:
    """Whether every code of a block is known and every day near enough: only then may it be looked up."""
    for column in range(len(small)):
        if _most(_small(small[column], low, len(day))) > most[column]:
            return False
    if _beyond(day, far_day):
        return False
    for place in range(len(dated)):
        column = _long(long[dated[place, 0]], low, len(day), day)
        if _beyond(column, dated[place, 2]):
            return False
        of = dated[place, 1]
        if of >= 0 and _ahead_of(_small(small[of], low, len(day)), column, day):
            return False
    return True


@njit(nogil=True, error_model="numpy")
def _derive(derived: Any, marks: Any, small: Any, long: Any, low: int, day: Any, other: Any, digits: Any) -> None:
    rows = len(day)
    for place in range(len(derived)):
        kind, first, start = derived[place, 0], derived[place, 1], derived[place, 3]
        into = digits[place, :rows]
        if kind == VALUE:
            _standing(into, _small(small[first], low, rows), _long(long[derived[place, 2]], low, rows, day), day)
        elif kind == AGE:
            _less(other, day, _long(long[first], low, rows, day))
        for mark in range(start, derived[place, 4]):
            if kind == DAY:
                _passed(into, day, marks[mark], mark == start)
            elif kind == AGE:
                _passed(into, other[:rows], marks[mark], mark == start)
            elif kind == ENDS:
                _ended(into, _long(long[first], low, rows, day), day, marks[mark], other, mark == start)


@njit(nogil=True, error_model="numpy")
def _place(terms: Any, begin: int, end: int, small: Any, low: int, digits: Any, part: Any) -> None:
    """The sum of the digits of one group."""
    for term in range(begin, end):
        source, weight = terms[term, 1], terms[term, 2]
        if terms[term, 0]:
            _added(part, digits[source, : len(part)], weight, term == begin)
        else:
            _added(part, _small(small[source], low, len(part)), weight, term == begin)


@njit(nogil=True, error_model="numpy")
def _look_up(count: int, cells: Any, cell: Any, palette: Any, words: Any) -> None:
    """In some tables that do not hear each other. A word stands in pairs of 64 bits, as it is fetched."""
    if count == 1:
        _looked_up_1(cells, cell[0], palette[0], words)
    elif count == 2:
        _looked_up_2(cells, cell[0], cell[1], palette[0], palette[1], words)
    else:
        _looked_up_3(cells, cell[0], cell[1], cell[2], palette[0], palette[1], palette[2], words)


@njit(nogil=True, error_model="numpy")
def _parted(words: Any, low: Any, high: Any) -> None:
    for i in range(len(low)):
        low[i] = words[2 * i]
    for i in range(len(low)):
        high[i] = words[2 * i + 1]


@njit(nogil=True, cache=True, error_model="numpy")
def judge(start: int, stop: int, none: Any, orders: Any, out: Any) -> bool:
    """Judges the rows from `start` to `stop`; false if a code was met that no table knows: then `out` says nothing.
    `none`: an empty array of the type of the days."""
    small, long, lane, palette = orders.small, orders.long, orders.lane, orders.palette
    pairs, result = len(palette), orders.result
    words, parts = np.empty((pairs, 2 * BLOCK), np.uint64), np.empty((2 * pairs, BLOCK), np.uint64)
    digits = np.empty((max(1, len(orders.derived)), BLOCK), np.uint8)
    scratch, scratch_bad = np.empty(BLOCK, np.uint8), np.empty(BLOCK, np.uint8)
    cell = np.empty((TOGETHER, BLOCK), np.uint32)
    other = np.empty(BLOCK, none.dtype)
    for low in range(start, stop, BLOCK):
        rows = min(BLOCK, stop - low)
        high = low + rows
        day, octet, bad = _long(long[0], low, rows, none), scratch[:rows], scratch_bad[:rows]
        if not _sound(small, orders.most, long, orders.dated, orders.far_day, low, day):
            return False
        _derive(orders.derived, orders.marks, small, long, low, day, other, digits)
        words[:] = 0
        for run in range(len(orders.runs) - 1):
            first = orders.runs[run]
            count = orders.runs[run + 1] - first
            for place in range(count):
                table, into = first + place, cell[place, :rows]
                begin, end = orders.groups_of[table], orders.groups_of[table + 1]
                into[:] = orders.base[table]
                for group in range(begin, end):
                    _place(orders.terms, orders.terms_of[group], orders.terms_of[group + 1], small, low, digits, octet)
                    _widened(into, octet, orders.weights[group])
                if lane[table, 1]:
                    part = lane[table, 0]
                    _heard(into, words[part // 2], part % 2, lane[table, 2], (1 << lane[table, 1]) - 1)
            for pair in range(pairs):
                _look_up(count, orders.cells, cell, palette[pair, first:], words[pair, : 2 * rows])
        for pair in range(pairs):
            _parted(words[pair], parts[2 * pair, :rows], parts[2 * pair + 1, :rows])
        bad[:] = 0
        if orders.before >= 0:
            bad[:] = _small(small[orders.before], low, rows)
        index, highest = out.index[low:high], out.highest[low:high]
        for place in range(len(result)):
            points, risk, failed = out.points[place, low:high], out.risk[place, low:high], out.failed[place, low:high]
            _decoded(
                parts[result[place, 0], :rows], result[place, 1], orders.low, orders.middle, points, risk, failed, octet
            )
            _summed(points, risk, failed, index, highest, bad, place == 0)
            for level in orders.barred:
                _barred(risk, level, bad)
        _shifted(parts[orders.rules[0], :rows], orders.rules[1], out.rules[low:high])
        _succeeded(day, orders.from_day, index, orders.index_from, bad, out.success[low:high])
    return True
