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
"""So many sums are held at once. Arrays of more than this are memory that is given back and fetched anew for each of them."""
PAIR = 2
"""Two neighbours are no run: chance puts any two beside each other."""
FOUND_MAX = 24
"""More sets than that are not listed: the answer is ambiguous many times over."""


def find(amounts: Amounts, targets: Amounts, sets_max: int = FEW_SETS) -> list[list[Chosen]]:
    """For each row of `amounts` the sets (positions, ascending) that make its target, likeliest first."""
    count = amounts.shape[1]
    cells = 1 << count if count <= SMALL else max([min(count, RUNS_MAX) ** 2 // 2, *(comb(count, size - 1) for size in _sizes(count, sets_max))])
    rows = max(1, CELLS_MAX // cells)
    found: list[list[Chosen]] = []
    for start in range(0, len(amounts), rows):
        part, wanted = np.ascontiguousarray(amounts[start : start + rows].T), targets[start : start + rows]
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
    """Every set, where a column of `amounts` stands for a target: the sums of the sets of the first items, without the next one and with it."""
    sums = np.zeros((1 << len(amounts), len(targets)), dtype=np.int64)
    for item, amount in enumerate(amounts):
        np.add(sums[: 1 << item], amount, out=sums[1 << item : 2 << item])
    found: list[list[Chosen]] = [[] for _ in targets]
    for column, mask in _hits(sums == targets):
        found[column].append(_members(mask))
    return found


def _likely_sets(amounts: Amounts, targets: Amounts, sets_max: int) -> list[list[Chosen]]:
    """Sets of few items, runs, everything, and everything but one or two items, where a column of `amounts` stands for a target."""
    count = len(amounts)
    found: list[list[Chosen]] = [[] for _ in targets]
    everything = tuple(range(count))
    rest = amounts.sum(axis=0) - targets
    for column in np.flatnonzero(rest == 0).tolist():
        found[column].append(everything)
    first, last = _runs(count)
    totals = np.vstack([np.zeros_like(targets), np.cumsum(amounts, axis=0)])
    for column, run in _hits(totals.take(last, axis=0) - totals.take(first, axis=0) == targets):
        found[column].append(everything[first[run] : last[run]])
    sums, sizes = amounts, _sizes(count, sets_max)
    for size in sizes:
        members = _sets(count, size)
        for column, place in _hits(_completed(sums, amounts, targets, size)):
            found[column].append(tuple(members[place].tolist()))
        for column, place in _hits(_completed(sums, amounts, rest, size)) if size <= 2 else ():
            found[column].append(tuple(item for item in everything if item not in members[place]))
        if 1 < size < sizes[-1]:
            sums = np.vstack([sums[: comb(item, size - 1)] + last for item, last in enumerate(amounts)])
    return found


def _completed(smaller: Amounts, lasts: Amounts, wanted: Amounts, size: int) -> npt.NDArray[np.bool_]:
    """Which sets of `size` items, in the order of `_sets`, make what is wanted: `smaller` has the sums of the sets of one item less, `lasts` the items.
    Sets with one last item stand together and continue the first of the smaller ones, so that nothing is looked up."""
    whole = np.empty((comb(len(lasts), size), len(wanted)), dtype=np.bool_)
    if size == 1:  # at once, since of single items there may be many
        np.equal(lasts, wanted, out=whole)
        return whole
    for item, missing in enumerate(wanted - lasts):
        np.equal(smaller[: comb(item, size - 1)], missing, out=whole[comb(item, size) : comb(item + 1, size)])
    return whole


def _sizes(count: int, sets_max: int) -> list[int]:
    """How many of `count` items are put together: one to four, as long as there are no more than so many sets."""
    return list(takewhile(lambda size: comb(count, size) <= sets_max, range(1, 5)))


def _hits(matrix: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Column and row of what is true, at most the first `FOUND_MAX` of a column."""
    hits = np.flatnonzero(matrix)
    if not len(hits):
        return []
    rows, columns = np.divmod(hits, matrix.shape[1])
    order = np.argsort(columns, kind="stable")
    rows, columns = rows[order], columns[order]
    listed = np.arange(len(columns)) - np.searchsorted(columns, columns, "left") < FOUND_MAX
    return list(zip(columns[listed].tolist(), rows[listed].tolist(), strict=True))


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
def _sets(count: int, size: int) -> npt.NDArray[np.int64]:
    """The sets of `size` items in order of their last item, then of the one before it, and so on."""
    if size == 1:
        return np.arange(count)[:, None]
    smaller = _sets(count, size - 1)
    return np.vstack([np.insert(smaller[: comb(item, size - 1)], size - 1, item, axis=1) for item in range(count)])
