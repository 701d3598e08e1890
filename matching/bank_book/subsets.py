"""Which of a few amounts add up to a target, and in how many ways: meet in the middle (Horowitz and Sahni 1974)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ITEMS_MAX = 24
FOUND_MAX = 64
_TABLE = 1 << 22


class Targets:
    """Amounts that are looked for among very many sums. Most sums are told by a table of their last bits to be none of them."""

    def __init__(self, amounts: npt.NDArray[np.int64]) -> None:
        self.amounts = np.unique(amounts)
        self._seen = np.zeros(_TABLE, dtype=bool)
        self._seen[self.amounts & (_TABLE - 1)] = True

    def among(self, sums: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The places of the sums, read row by row, that are looked for, and which of `amounts` each of them is."""
        likely = np.flatnonzero(self._seen[sums & (_TABLE - 1)])
        made = sums.ravel()[likely]
        at = np.searchsorted(self.amounts, made)
        found = self.amounts[np.minimum(at, len(self.amounts) - 1)] == made
        return likely[found], at[found]


def ways(amounts: list[int], target: int, smallest: int = 2) -> list[tuple[int, ...]]:
    """Sets of at least `smallest` places whose amounts add up to the target, at most FOUND_MAX; at most ITEMS_MAX amounts."""
    half = len(amounts) // 2
    low, high = sums(amounts[:half]), sums(amounts[half:])
    order = np.argsort(high, kind="stable")
    ordered = high[order]
    first = np.searchsorted(ordered, target - low, "left")
    last = np.searchsorted(ordered, target - low, "right")
    found: list[tuple[int, ...]] = []
    for mask in np.flatnonzero(last > first).tolist():
        for place in range(int(first[mask]), int(last[mask])):
            chosen = members(mask | int(order[place]) << half)
            if len(chosen) >= smallest:
                found.append(chosen)
            if len(found) == FOUND_MAX:
                return found
    return found


def sums(amounts: list[int]) -> npt.NDArray[np.int64]:
    """The sums of all sets, by the bits of their place."""
    found = np.zeros(1, dtype=np.int64)
    for amount in amounts:
        found = np.concatenate([found, found + amount])
    return found


def members(mask: int) -> tuple[int, ...]:
    """The places whose bits are set."""
    return tuple(place for place in range(mask.bit_length()) if mask >> place & 1)
