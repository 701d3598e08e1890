"""Who gets what: all receipts of a run before all items at once, so that the order of rows does not matter.

Where the receipts that may post ask more of an item than is open, the strongest kind of evidence has it: an explicit reference
before a number that only resembles, any reference before a mere amount. Of two that name it the strictly earlier one has
it, as if it had come in an earlier run; the later looks like a double payment. Otherwise nobody gets it without a person, and of
payments that are wholly alike one is suggested for it. A receipt that names an item explicitly but must wait for a person keeps weaker claims off it.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from matching import certainty
from matching.books import Books

EXPLICITLY, BY_PART, BY_LIKENESS, BY_AMOUNT = 4, 3, 2, 1
_KIND = (
    dict.fromkeys(certainty.EXPLICIT, EXPLICITLY) | dict.fromkeys((certainty.DIGITS, certainty.ORDER, certainty.RANGE, certainty.SHORT), BY_PART)
    | dict.fromkeys((certainty.NEAR, certainty.WITH_CREDIT), BY_LIKENESS)
)
"""How a rule claims an item: by the number in full, by part of it, by likeness; all others by the amount."""


def settle(claims: pl.DataFrame, lines: pl.DataFrame, books: Books) -> pl.DataFrame:
    """The receipts (r) among the granted `claims` whose every item is theirs. `claims` (r, a, rule, granted) are the first answers of receipts, `lines` the
    lines of these and other answers."""
    asked = _asked(claims, lines, books)
    disputed = _disputed(asked, books)
    granted = disputed.filter("granted")
    lost = pl.concat([_outbid(granted), _outranked(granted, disputed.filter(~pl.col("granted")))])
    return asked.filter("granted").select("r").unique().join(lost, on="r", how="anti").sort("r")


def repeats(claims: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The receipts (r) among those of `claims` – first answers that nobody got – that ask for just what one before them asks for, item by item: the
    same payment once more. One of them pays, and each suggestion is then for an item of its own; which one is a matter of their keys."""
    asked = lines.join(claims.select("r", "a"), on=["r", "a"], how="semi").drop_nulls("i").sort("r", "i")
    wanted = pl.concat_str("i", pl.sum_horizontal("applied", "discount", "deduction", "write_off"), separator=" ").implode()
    return asked.group_by("r").agg(wanted.list.join(",").first().alias("wanted")).sort("r").filter(~pl.col("wanted").is_first_distinct()).select("r")


def after(lines: pl.DataFrame, books: Books) -> Books:
    """The books as they are when `lines` are posted."""
    posted = lines.group_by("i").agg(pl.sum_horizontal("applied", "discount", "deduction", "write_off").sum().alias("reduced"))
    reduced = books.items.select("i").join(posted, on="i", how="left", maintain_order="left")["reduced"]
    left = books.items.with_columns(
        (pl.col("open") - reduced.fill_null(0)).alias("open"), pl.when(reduced.is_null()).then("discount").otherwise(0).alias("discount"),
    )
    return replace(books, items=left.filter(pl.col("open") != 0))


def _asked(claims: pl.DataFrame, lines: pl.DataFrame, books: Books) -> pl.DataFrame:
    """What each first answer asks of each item: r, i, granted, kind, wanted, open."""
    kind = pl.col("rule").replace_strict(_KIND, default=BY_AMOUNT, return_dtype=pl.Int8)
    wanted = pl.sum_horizontal("applied", "discount", "deduction", "write_off").alias("wanted")
    asking = lines.drop_nulls("i").select("r", "a", "i", wanted).join(claims.select("r", "a", "granted", kind.alias("kind")), on=["r", "a"])
    return asking.drop("a").join(books.items.select("i", "open"), on="i")


def _disputed(asked: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Those of them whose item several ask for, or one for more than is open, with the receipt's date."""
    disputed = asked.filter(pl.col("i").is_duplicated() | (pl.col("wanted").abs() > pl.col("open").abs()))
    return disputed.join(books.receipts.select("r", "date"), on="r")


def _outbid(granted: pl.DataFrame) -> pl.DataFrame:
    """Receipts that do not get an item of which too much is asked."""
    short = granted.filter(pl.col("wanted").abs().sum().over("i") > pl.col("open").abs())
    best = short.with_columns((pl.col("kind") == pl.col("kind").max().over("i")).alias("best"))
    contenders = best.filter("best")
    by_date = (pl.col("kind") >= BY_PART) & (pl.col("date") == pl.col("date").min().over("i")) & pl.col("date").is_not_null().all().over("i")
    earliest = contenders.with_columns(by_date.alias("early"))
    winners = earliest.filter((pl.len().over("i") == 1) | (pl.col("early") & (pl.col("early").sum().over("i") == 1)))
    return short.join(winners.select("r", "i"), on=["r", "i"], how="anti").select("r").unique()


def _outranked(granted: pl.DataFrame, waiting: pl.DataFrame) -> pl.DataFrame:
    """Receipts that ask for an item which a receipt that waits for a person names explicitly, and they do not."""
    named = waiting.filter(pl.col("kind") == EXPLICITLY).select("i").unique()
    return granted.filter(pl.col("kind") < EXPLICITLY).join(named, on="i", how="semi").select("r").unique()
