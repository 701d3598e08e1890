"""The rows that `cashapp export reconciliation` gives, and `reconcile --json` counts: the contract's columns for one account and month.

In it: each match that has a bank line in the month, or whose last part is an entry of the month; and what is open at the month's end on either
side, carried forward from earlier months too. An entry whose bank line comes after the month is open at its end, and the reason says when it cleared.
Matches come first, by their first day and on a day as the bank has their lines; then what is open.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Connection

from cashapp.periods import Month
from cashapp.reconciliation import settled
from cashapp.reconciliation.picture import Picture

COLUMNS = (
    "match_id", "kind", "bank_reference", "bank_date", "bank_amount", "entry_id", "entry_date", "entry_amount", "difference", "reason", "confidence", "status",
    "currency", "customer_reference", "check_number", "bank_text", "entry_reference", "entry_text", "confirmed_by", "source",
)
AMOUNTS = ("bank_amount", "entry_amount", "difference")
_KEY = ("begins", "first_line")


def order(rows: pl.DataFrame, month: Month) -> pl.DataFrame:
    """Of a picture's rows those of the table, matches first in order of their dates, then what is open, with amounts in minor units; without the texts that
    they have in the picture, where `nth` is their place."""
    first, last = month.first, month.last
    facts = rows.group_by("unit").agg(
        pl.col("bank_date").is_between(first, last).any().alias("bank_now"), (pl.col("bank_date") > last).any().alias("bank_later"),
        pl.col("entry_date").is_between(first, last).any().alias("entry_now"), (pl.col("entry_date") > last).any().alias("entry_later"),
        pl.col("bank_date").max().alias("cleared"), pl.col("entry_date").max().alias("booked"), pl.min_horizontal(pl.col("bank_date").min(), pl.col("entry_date").min()).alias("begins"),
        pl.col("line_id").min().alias("first_line"), (pl.sum("bank_minor") - pl.sum("entry_minor")).alias("gap"),
    )
    figures = rows.select("unit", "line_id", "entry_id", "status", "reason", "kind", "match_id", "confidence", "bank_date", "entry_date").with_row_index("nth")
    told = figures.join(facts, on="unit", maintain_order="left")
    is_match = pl.col("status") != "unmatched"
    shown = is_match & (pl.col("bank_now") | (pl.col("entry_now") & ~pl.col("bank_later").fill_null(value=False)))
    matched = told.filter(shown.fill_null(value=False)).with_columns(
        pl.when(pl.col("entry_later")).then(pl.format("{}; booked after the period, on {}", "reason", "booked")).otherwise("reason").alias("reason"))
    rest = told.filter(~shown.fill_null(value=False))
    until = pl.coalesce("bank_date", "entry_date") <= last
    half = pl.col("bank_later").fill_null(value=False) | pl.col("entry_later").fill_null(value=False)
    waiting = rest.filter(until & (~is_match | half)).with_columns(
        pl.when(~is_match).then("reason").when(pl.col("line_id").is_null()).then(pl.format("outstanding at the period's end; the bank showed it on {}", "cleared"))
        .otherwise(pl.format("not booked at the period's end; booked on {}", "booked")).alias("reason"),
        pl.when(pl.col("line_id").is_null()).then(pl.lit("unmatched_book")).otherwise(pl.lit("unmatched_bank")).alias("kind"),
        pl.lit("unmatched").alias("status"), pl.lit(0, pl.Int64).alias("confidence"), pl.lit(None, pl.String).alias("match_id"))
    gap = pl.when(pl.col("kind") == "difference").then("gap").when(pl.col("status") != "unmatched").then(0).alias("difference")
    both = pl.concat([matched.with_columns(pl.lit(value=False).alias("is_open")), waiting.with_columns(pl.lit(value=True).alias("is_open"))]).with_columns(gap)
    ordered = both.sort("is_open", *_KEY, pl.col("unit").str.len_chars(), "unit", "line_id", "entry_id", nulls_last=True).select(
        "nth", "is_open", *_KEY, "line_id", "match_id", "kind", "bank_date", "entry_id", "entry_date", "difference", "reason", "confidence", "status")
    return ordered.hstack(rows.select(
        pl.col("currency", "confirmed_by").gather(ordered["nth"]), pl.col("bank_minor").gather(ordered["nth"]).alias("bank_amount"), pl.col("entry_minor").gather(ordered["nth"]).alias("entry_amount")))


def filled(rows: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    """Some rows of the table, as `order` has them, with their texts: COLUMNS, and `line_id`, by which each bank line can be named."""
    return ordered.hstack(rows.select(pl.col(_TEXTS).gather(ordered["nth"]))).rename({"reference": "entry_reference"}).select(*_KEY, "line_id", *COLUMNS)


_TEXTS = ("bank_reference", "customer_reference", "check_number", "bank_text", "reference", "entry_text", "source")


def blocks(connection: Connection, drawn: Picture) -> Iterator[pl.DataFrame]:
    """The whole table, as `filled` has it, in at least one block: what is settled comes from the database between what the picture has."""
    ordered = order(drawn.rows, drawn.month)
    for told in _settled(connection, drawn, drawn.settled):
        begins, line = told.select(_KEY).row(-1)
        earlier = ~pl.col("is_open") & ((pl.col("begins") < begins) | ((pl.col("begins") == begins) & (pl.col("first_line") < line)))
        count = ordered.filter(earlier).height  # in order of the key: so many from the first on
        yield pl.concat([filled(drawn.rows, ordered.head(count)), told]).sort(_KEY, nulls_last=True, maintain_order=True)
        ordered = ordered.slice(count)
    for at in range(0, max(ordered.height, 1), settled.AT_ONCE):
        yield filled(drawn.rows, ordered.slice(at, settled.AT_ONCE))


def first(connection: Connection, drawn: Picture, ordered: pl.DataFrame, wanted: pl.Expr, at_most: int) -> pl.DataFrame:
    """The first so many of the matches, of whose `kind` and `status` this is so: their rows, as `filled` has them."""
    own = ordered.filter(~pl.col("is_open") & wanted)
    few = own.join(own.select("match_id").unique(maintain_order=True).head(at_most), on="match_id", how="semi", maintain_order="left")
    told = pl.concat([filled(drawn.rows, few), *_settled(connection, drawn, drawn.settled.filter(wanted).head(at_most))]).sort(_KEY, nulls_last=True, maintain_order=True)
    return told.join(told.select("match_id").unique(maintain_order=True).head(at_most), on="match_id", how="semi", maintain_order="left")


def _settled(connection: Connection, drawn: Picture, heads: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows of what is settled, as `filled` has them, block by block."""
    for rows in settled.blocks(connection, drawn.account, drawn.known_at, heads):
        yield filled(rows, order(rows, drawn.month))


def sums(drawn: Picture, ordered: pl.DataFrame) -> pl.DataFrame:
    """What the rows of the table are and come to: kind, status, currency, by_hand (a person vouched for it), matches, rows, bank_amount, entry_amount."""
    by = ("kind", "status", "currency", "by_hand")
    own = ordered.group_by("kind", "status", "currency", pl.col("confirmed_by").is_not_null().alias("by_hand")).agg(
        pl.col("match_id").drop_nulls().n_unique().cast(pl.Int64).alias("matches"), pl.len().cast(pl.Int64).alias("rows"), pl.sum("bank_amount"), pl.sum("entry_amount"))
    apart = drawn.settled.group_by(by).agg(pl.len().cast(pl.Int64).alias("matches"), pl.sum("rows"), pl.sum("minor").alias("bank_amount"), pl.sum("minor").alias("entry_amount"))
    return pl.concat([own, apart.with_columns(pl.col(pl.Categorical).cast(pl.String))]).group_by(by).sum().sort(by)
