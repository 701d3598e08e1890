"""Where a row stands in its group, in frames whose groups' rows stand together. The window functions of polars, which need no such order, look every
group up for it: many times the work. And whether it stands in another frame, which a join answers with several times the work."""

from __future__ import annotations

import polars as pl


def nth(*keys: str) -> pl.Expr:
    """How many rows of the same keys stand before this one (Int64)."""
    row = pl.int_range(pl.len())
    begins = pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in keys)
    return row - pl.when(begins).then(row).otherwise(0).cum_max()


def neighbour(value: str | pl.Expr, steps: int, key: str) -> pl.Expr:
    """The value of the row so many `steps` before this one, or behind it (negative), where that has the same key; else null."""
    column = pl.col(value) if isinstance(value, str) else value
    return pl.when(pl.col(key) == pl.col(key).shift(steps)).then(column.shift(steps))


def among(key: str, others: pl.DataFrame) -> pl.Expr:
    """Whether the others have the key."""
    return pl.col(key).is_in(others[key].implode())
