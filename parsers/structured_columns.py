"""Creditor references in free text, asked of a whole column of texts at once: `parsers.structured.find` for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import structured

if TYPE_CHECKING:
    from parsers.byte_columns import Ints


def _suspects(said: pl.Series) -> Ints:
    """The rows whose text may hold a reference."""
    may = said.str.contains(structured.MARK)
    long = np.flatnonzero((said.str.len_bytes() >= structured.LONG_NUMBER_DIGITS).to_numpy())
    return np.flatnonzero(may.scatter(long, may.gather(long) | said.gather(long).str.contains(structured.LONG_NUMBER)).to_numpy())


def with_quoted(stated: pl.Series | None, said: pl.Series) -> pl.Series:
    """The stated references, and where there is none, those that stand in the text."""
    rows = _suspects(said)
    if stated is None:
        stated = pl.Series([""], dtype=pl.String).new_from_index(0, len(said))
    if not rows.size:
        return stated
    found = [one or structured.find(text) for one, text in zip(stated.gather(rows), said.gather(rows), strict=True)]
    return stated.scatter(rows, pl.Series(found, dtype=pl.String))
