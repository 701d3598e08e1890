"""Numbers that stand as digits in an array of bytes, read for many places at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Letters = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def number(letters: Letters, start: Numbers, end: Numbers, digits_max: int) -> tuple[Numbers, Flags]:
    """The number in each `letters[start:end]`, and whether nothing but one to `digits_max` digits stands there."""
    length = end - start
    is_number = (length > 0) & (length <= digits_max)
    found = np.zeros(len(start), np.int64)
    for place in range(int(length[is_number].max(initial=0)), 0, -1):
        digit = letters[end - place] - ord("0")
        digit[place > length] = 0
        is_number &= digit < 10
        found *= 10
        found += digit
    return found, is_number
