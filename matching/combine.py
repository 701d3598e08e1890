"""Which open items add up to an amount, and how many other sets do.

Many receipts at once, all with the same number of open items in order of due date: a row of amounts and a target each. Up to `SMALL`
items every set is looked at; among more, one to four items as far as the number of sets stays small, runs of neighbours, everything,
and everything but one or two. Unlimited sets are no evidence there: chance finds one for nearly any amount. All integer arithmetic.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from math import comb

import numpy as np
import numpy.typing as npt

Amounts = npt.NDArray[np.int64]
Chosen = tuple[int, ...]

SMALL = 10
FEW_SETS, MANY_SETS = 3_000, 6_000
"""So many sets of one size are looked at: four of 16 items, three of 26, two of 77; with patience four of 20, three of 34, two of 110."""
RUNS_MAX = 300
"""Among more items only the oldest are a run."""
CELLS_MAX = 1 << 16
"""So many sums are looked at at once. Arrays of more than this are memory that is given back and fetched anew for each of them."""
PAIR = 2
"""Two neighbours are no run: chance puts any two beside each other."""
FOUND_MAX = 24
"""More sets than that are not listed: the answer is ambiguous many times over."""


def find(amounts: Amounts, targets: Amounts, sets_max: int = FEW_SETS) -> list[list[Chosen]]:
    """For each row of `amounts` the sets (positions, ascending) that make its target, likeliest first."""
    count = amounts.shape[1]
    cells = 1 << count if count <= SMALL else max([min(count, RUNS_MAX) ** 2 // 2, *(comb(count, size) for size in _sizes(count, sets_max))])
    rows = max(1, CELLS_MAX // cells)
    found: list[list[Chosen]] = []
    for start in range(0, len(amounts), rows):
        part, wanted = amounts[start : start + rows], targets[start : start + rows]
        found += _all_sets(part, wanted) if count <= SMALL else _likely_sets(part, wanted, sets_max)
    return [in_order(sets, count) for sets in found]


def looks_further(count: int) -> bool:
    """Whether patience finds more sets of `count` items."""
    return count > SMALL and _sizes(count, FEW_SETS) != _sizes(count, MANY_SETS)


def in_order(found: list[Chosen], count: int) -> list[Chosen]:
    """Distinct sets as a clerk would try them: one item, everything, the oldest, a run of three or more, few items; of equally many those that
    are due in full first, as payers pay. A set that only adds items that cancel each other out to another set is left out, unless it is
    everything."""
    if len(found) < 2:
        return found
    distinct = sorted(set(found), key=lambda chosen: _naturalness(chosen, count))
    return [chosen for chosen in distinct if len(chosen) == count or not any(set(other) < set(chosen) for other in distinct)]


def is_run(chosen: Chosen) -> bool:
    """Neighbours in order of due date."""
    return chosen[-1] - chosen[0] + 1 == len(chosen)


def _naturalness(chosen: Chosen, count: int) -> tuple[int, int, int, Chosen]:
    if len(chosen) == 1:
        kind = 0
    elif len(chosen) == count:
        kind = 1
    elif is_run(chosen) and chosen[0] == 0:
        kind = 2
    else:
        kind = 3 if is_run(chosen) and len(chosen) > PAIR else 4
    return kind, len(chosen), chosen[-1], chosen


def _all_sets(amounts: Amounts, targets: Amounts) -> list[list[Chosen]]:
    """Every set: the sums of the sets of the first items, without the next one and with it."""
    sums = np.zeros((len(amounts), 1), dtype=np.int64)
    for item in range(amounts.shape[1]):
        sums = np.hstack([sums, sums + amounts[:, item : item + 1]])
    found: list[list[Chosen]] = [[] for _ in range(len(amounts))]
    for row, mask in _hits(sums == targets[:, None]):
        found[row].append(_members(mask))
    return found


def _likely_sets(amounts: Amounts, targets: Amounts, sets_max: int) -> list[list[Chosen]]:
    """Sets of few items, runs, everything, and everything but one or two items."""
    count = amounts.shape[1]
    found: list[list[Chosen]] = [[] for _ in range(len(amounts))]
    everything = tuple(range(count))
    rest = amounts.sum(axis=1) - targets
    for row in np.flatnonzero(rest == 0).tolist():
        found[row].append(everything)
    first, last = _runs(count)
    totals = np.hstack([np.zeros((len(amounts), 1), dtype=np.int64), np.cumsum(amounts, axis=1)])
    for row, run in _hits(totals.take(last, axis=1) - totals.take(first, axis=1) == targets[:, None]):
        found[row].append(everything[first[run] : last[run]])
    sums = np.zeros((len(amounts), 1), dtype=np.int64)
    for size in _sizes(count, sets_max):
        members, parents = _sets(count, size)
        sums = sums.take(parents, axis=1) + amounts.take(members[:, -1], axis=1)
        for row, place in _hits(sums == targets[:, None]):
            found[row].append(tuple(members[place].tolist()))
        for row, place in _hits(sums == rest[:, None]) if size <= 2 else ():
            found[row].append(tuple(item for item in everything if item not in members[place]))
    return found


def _sizes(count: int, sets_max: int) -> list[int]:
    """How many of `count` items are put together: one to four, as long as there are no more than so many sets."""
    return list(takewhile(lambda size: comb(count, size) <= sets_max, range(1, 5)))


def _hits(matrix: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Row and column of what is true, at most `FOUND_MAX` of a row."""
    hits = np.flatnonzero(matrix)
    if not len(hits):
        return []
    rows, columns = np.divmod(hits, matrix.shape[1])
    place = np.arange(len(rows)) - np.searchsorted(rows, rows, "left")
    listed = place < FOUND_MAX
    return list(zip(rows[listed].tolist(), columns[listed].tolist(), strict=True))


@lru_cache(maxsize=1 << SMALL)
def _members(mask: int) -> Chosen:
    return tuple(place for place in range(mask.bit_length()) if mask >> place & 1)


@lru_cache(maxsize=256)
def _runs(count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last boundary of every run of two or more items, but not of all of them."""
    if count > RUNS_MAX:
        last = np.arange(2, count)
        return np.zeros_like(last), last
    first, last = np.triu_indices(count + 1, 2)
    partial = last - first < count
    return first[partial], last[partial]


@lru_cache(maxsize=256)
def _sets(count: int, size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The sets of `size` items in order, and for each the place of its first `size - 1` items among the smaller sets."""
    if size == 1:
        return np.arange(count)[:, None], np.zeros(count, dtype=np.int64)
    smaller, _ = _sets(count, size - 1)
    following = count - 1 - smaller[:, -1]
    parents = np.repeat(np.arange(len(smaller)), following)
    step = np.arange(len(parents)) - np.repeat(np.cumsum(following) - following, following)
    return np.hstack([smaller[parents], (smaller[parents, -1] + 1 + step)[:, None]]), parents
