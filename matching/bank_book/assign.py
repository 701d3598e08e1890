"""The best one-to-one assignment of a few lines to a few entries (shortest augmenting paths, Jonker and Volgenant 1987)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FORBIDDEN = -1e6


def best(score: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Row and column of the pairs with the greatest total; a pair at FORBIDDEN or below zero is never taken, rows may stay alone."""
    rows, columns = score.shape
    size = rows + columns  # beside each row a column of its own, worth nothing: to stay alone
    cost = np.zeros((rows, size))
    cost[:, :columns] = -np.maximum(score, FORBIDDEN)
    column_of = _augmented(cost)
    return [(row, column) for row, column in enumerate(column_of) if column < columns and score[row, column] > 0]


def _augmented(cost: npt.NDArray[np.float64]) -> list[int]:
    """For each row its column; there are at least as many columns as rows."""
    rows, columns = cost.shape
    row_of = np.full(columns + 1, -1)
    potential_row, potential_column = np.zeros(rows), np.zeros(columns + 1)
    for row in range(rows):
        row_of[columns] = row
        here, least = columns, np.full(columns, np.inf)
        came_from, seen = np.full(columns, columns), np.zeros(columns + 1, dtype=bool)
        while row_of[here] >= 0:
            seen[here] = True
            at = row_of[here]
            reduced = cost[at] - potential_row[at] - potential_column[:columns]
            better = ~seen[:columns] & (reduced < least)
            least[better], came_from[better] = reduced[better], here
            nearest = int(np.argmin(np.where(seen[:columns], np.inf, least)))
            step = least[nearest]
            reached = np.flatnonzero(seen)
            potential_row[row_of[reached]] += step
            potential_column[reached] -= step
            least[~seen[:columns]] -= step
            here = nearest
        while here != columns:
            before = int(came_from[here])
            row_of[here] = row_of[before]
            here = before
    found = [0] * rows
    for column in range(columns):
        if row_of[column] >= 0:
            found[int(row_of[column])] = column
    return found
