"""Which of a few amounts add up to a target, and in how many ways: meet in the middle (Horowitz and Sahni 1974)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ITEMS_MAX = 24
FOUND_MAX = 64


def ways(amounts: list[int], target: int, smallest: int = 2) -> list[tuple[int, ...]]:
    """Sets of at least `smallest` places whose amounts add up to the target, at most FOUND_MAX; at most ITEMS_MAX amounts."""
    half = len(amounts) // 2
    low, high = _sums(amounts[:half]), _sums(amounts[half:])
    order = np.argsort(high, kind="stable")
    ordered = high[order]
    first = np.searchsorted(ordered, target - low, "left")
    last = np.searchsorted(ordered, target - low, "right")
    found: list[tuple[int, ...]] = []
    for mask in np.flatnonzero(last > first).tolist():
        for place in range(int(first[mask]), int(last[mask])):
            chosen = _members(mask | int(order[place]) << half)
            if len(chosen) >= smallest:
                found.append(chosen)
            if len(found) == FOUND_MAX:
                return found
    return found


def _sums(amounts: list[int]) -> npt.NDArray[np.int64]:
    sums = np.zeros(1, dtype=np.int64)
    for amount in amounts:
        sums = np.concatenate([sums, sums + amount])
    return sums


def _members(mask: int) -> tuple[int, ...]:
    return tuple(place for place in range(mask.bit_length()) if mask >> place & 1)
