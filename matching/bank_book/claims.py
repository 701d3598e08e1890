"""Claims: sets of lines and entries that are the same money, with what a clerk reads about them."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from matching.bank_book.sides import Sides
from matching.schema import Schema

CLAIMS: Schema = {
    "lines": pl.List(pl.Int64), "entries": pl.List(pl.Int64), "kind": pl.String, "status": pl.String, "confidence": pl.Int64, "reason": pl.String,
}
"""Places of lines and entries; the rest as in `schema.MATCHES`."""
CERTAIN, LIKELY = "matched", "suggested"
ROUND = 1_000
"""Minor units; multiples of it are amounts, sums and differences that chance repeats: no evidence among strangers."""


class Claim(NamedTuple):
    """One row of CLAIMS."""

    lines: list[int]
    entries: list[int]
    kind: str
    status: str
    confidence: int
    reason: str


def frame(found: list[Claim]) -> pl.DataFrame:
    """The claims as a frame."""
    return pl.DataFrame(found, schema=CLAIMS, orient="row")


def of_pairs(pairs: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Pairs (b, e, status, confidence, reason) as claims."""
    return pairs.select(
        pl.concat_list("b").alias("lines"), pl.concat_list("e").alias("entries"), pl.lit(kind).alias("kind"), "status",
        pl.col("confidence").cast(pl.Int64), "reason",
    )


def left(sides: Sides, claimed: pl.DataFrame) -> Sides:
    """What the claims leave."""
    if claimed.is_empty():
        return sides
    return sides.without(claimed["lines"].explode().drop_nulls(), claimed["entries"].explode().drop_nulls())


def days(lag: pl.Expr) -> pl.Expr:
    """`3 days later`, `the same day`, `1 day earlier`: from the book's date to the bank's."""
    count = pl.format("{} day{}", lag.abs(), pl.when(lag.abs() == 1).then(pl.lit("")).otherwise(pl.lit("s")))
    return pl.when(lag == 0).then(pl.lit("the same day")).when(lag > 0).then(pl.format("{} later", count)).otherwise(pl.format("{} earlier", count))
