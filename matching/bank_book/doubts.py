"""What makes a match that nothing else contradicts a suggestion after all: an equal row that could stand in its place.

Two rows of one side are equal when they have one amount and the same words and lie less than a week apart; what is further apart is told by its
date, as the weeks of a subscription are. Where one of them is matched, and the other is open or no more than suggested, which is which was
decided by days alone. A number decides; so does an entry's own void, and an entry that the
books have a second time (`again`) is no rival of the first.
"""

from __future__ import annotations

import polars as pl

from matching.bank_book import claims
from matching.bank_book.schema import OFFSET
from matching.bank_book.sides import Sides

APART = 6
"""Calendar days between two rows that could stand for each other."""
_BY_NUMBER = 980
"""The confidence from which on a number decided."""
_CONFIDENCE = 750


def weighed(found: pl.DataFrame, whole: Sides) -> pl.DataFrame:
    """The claims, those in doubt no longer `matched`."""
    numbered = found.with_row_index("claim")
    decided = (pl.col("confidence") >= _BY_NUMBER) | (pl.col("kind") == OFFSET)
    asked = numbered.filter((pl.col("status") == claims.CERTAIN) & ~decided)
    settled = numbered.filter(pl.col("status") == claims.CERTAIN)
    in_doubt = pl.concat([_rivalled(asked, settled, rows, side) for rows, side in ((whole.bank.with_columns(pl.lit(0).alias("again")), "lines"), (whole.book, "entries"))])
    doubtful = numbered["claim"].is_in(in_doubt.implode())
    return found.with_columns(
        pl.when(doubtful).then(pl.lit(claims.LIKELY)).otherwise("status").alias("status"),
        pl.when(doubtful).then(_CONFIDENCE).otherwise("confidence").cast(pl.Int64).alias("confidence"),
        pl.when(doubtful).then(pl.format("{}; an equal row of these days is open or uncertain", "reason")).otherwise("reason").alias("reason"),
    )


def _rivalled(asked: pl.DataFrame, settled: pl.DataFrame, rows: pl.DataFrame, side: str) -> pl.Series:
    """The claims of `asked` a row of which has an equal among those that no claim of `settled` has."""
    equal = ["currency", "amount", "words"]
    told = rows.filter(pl.col("words") != "").select("place", "day", "again", *equal)
    free = told.join(settled.select(pl.col(side).alias("place")).explode("place").drop_nulls(), on="place", how="anti")
    mine = asked.select("claim", pl.col(side).alias("place")).explode("place").drop_nulls().join(told, on="place")
    both = mine.join(free, on=equal, suffix="_free")
    return both.filter(((pl.col("day") - pl.col("day_free")).abs() <= APART) & (pl.col("again_free") <= pl.col("again")))["claim"].unique()
