"""The rows that `cashapp export reconciliation` gives, and `reconcile --json` counts: the contract's columns for one account and month.

In it: each match that has a bank line in the month, or whose last part is an entry of the month; and what is open at the month's end on either
side, carried forward from earlier months too. An entry whose bank line comes after the month is open at its end, and the reason says when it cleared.
"""

from __future__ import annotations

import polars as pl

from cashapp.reconciliation.picture import Picture

COLUMNS = (
    "match_id", "kind", "bank_reference", "bank_date", "bank_amount", "entry_id", "entry_date", "entry_amount", "difference", "reason", "confidence", "status",
    "currency", "customer_reference", "check_number", "bank_text", "entry_reference", "entry_text", "confirmed_by", "source",
)
AMOUNTS = ("bank_amount", "entry_amount", "difference")


def order(picture: Picture) -> pl.DataFrame:
    """The rows of the table, matches first in order of their dates, then what is open, with amounts in minor units; without the texts that they have in
    the picture, where `nth` is their place."""
    first, last = picture.month.first, picture.month.last
    facts = picture.rows.group_by("unit").agg(
        pl.col("bank_date").is_between(first, last).any().alias("bank_now"), (pl.col("bank_date") > last).any().alias("bank_later"),
        pl.col("entry_date").is_between(first, last).any().alias("entry_now"), (pl.col("entry_date") > last).any().alias("entry_later"),
        pl.col("bank_date").max().alias("cleared"), pl.col("entry_date").max().alias("booked"), pl.min_horizontal(pl.col("bank_date").min(), pl.col("entry_date").min()).alias("begins"),
        (pl.sum("bank_minor") - pl.sum("entry_minor")).alias("gap"),
    )
    rows = picture.rows.select("unit", "line_id", "entry_id", "status", "reason", "kind", "match_id", "confidence", "bank_date", "entry_date").with_row_index("nth")
    told = rows.join(facts, on="unit", maintain_order="left")
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
    both = pl.concat([matched.with_columns(pl.lit(0).alias("place")), waiting.with_columns(pl.lit(1).alias("place"))]).with_columns(gap)
    ordered = both.sort("place", "begins", "unit", "line_id", "entry_id", nulls_last=True).select("nth", "line_id", "match_id", "kind", "bank_date", "entry_id", "entry_date", "difference", "reason", "confidence", "status")
    del told, matched, rest, waiting, both
    return ordered.hstack(picture.rows.select(
        pl.col("currency", "confirmed_by").gather(ordered["nth"]), pl.col("bank_minor").gather(ordered["nth"]).alias("bank_amount"), pl.col("entry_minor").gather(ordered["nth"]).alias("entry_amount")))


def filled(picture: Picture, ordered: pl.DataFrame) -> pl.DataFrame:
    """Some rows of the table, as `order` has them, with their texts: COLUMNS, and `line_id`, by which each bank line can be named."""
    return ordered.hstack(picture.rows.select(pl.col(_TEXTS).gather(ordered["nth"]))).rename({"reference": "entry_reference"}).select("line_id", *COLUMNS)


_TEXTS = ("bank_reference", "customer_reference", "check_number", "bank_text", "reference", "entry_text", "source")
