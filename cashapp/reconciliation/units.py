"""The rows of both sides of an account as units: a *unit* is a match, or a row without one."""

from __future__ import annotations

import polars as pl

from cashapp.reconciliation.store import Stored

ROWS: dict[str, type[pl.DataType]] = {
    "unit": pl.String, "match_id": pl.String, "kind": pl.String, "status": pl.String, "confidence": pl.Int64, "reason": pl.String, "confirmed_by": pl.String, "currency": pl.String,
    "line_id": pl.Int64, "bank_reference": pl.String, "bank_date": pl.Date, "bank_minor": pl.Int64, "bank_kind": pl.String, "bank_text": pl.String,
    "customer_reference": pl.String, "check_number": pl.String,
    "entry_id": pl.String, "entry_date": pl.Date, "entry_minor": pl.Int64, "entry_kind": pl.String, "entry_text": pl.String, "reference": pl.String, "source": pl.String,
}
"""One row for each bank line and each entry; those of one match share `unit`."""


def of_matches(stored: Stored) -> pl.DataFrame:
    """For each line and each entry of these matches its unit, and what is known of the match."""
    return stored.members.join(stored.matches, on="match_id").select(
        pl.format("M{}", "match_id").alias("unit"), pl.format("M{}", "match_id").alias("match_id"), "kind", "status", "confidence", "reason", "confirmed_by", "line_id", "book_account", "entry_id")


def of_origins(origins: pl.DataFrame, lines: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """The same of lines whose entries in the journal are known: posted from them, or the receipts of a deposit."""
    both = origins.join(lines.select("line_id", pl.col("amount_minor").alias("bank_minor")), on="line_id").join(entries.select("entry_id", "book_account", "amount_minor"), on="entry_id")
    counted = both.with_columns(pl.len().over("line_id").alias("n"), pl.col("amount_minor").sum().over("line_id").alias("told"), pl.col("line_id").n_unique().over("entry_id").alias("k"))
    kind = pl.when(pl.col("told") != pl.col("bank_minor")).then(pl.lit("difference")).when(pl.col("n") > 1).then(pl.lit("one_to_many")).otherwise(pl.lit("one_to_one"))
    reason = pl.when(pl.col("n") > 1).then(pl.format("the deposit of {} receipts", "n")).when(pl.col("entry_id").str.starts_with("J/")).then(
        pl.lit("the deposit of a receipt told before")).otherwise(pl.lit("the entry was posted from this bank line"))
    told = counted.filter(pl.col("k") == 1).with_columns(kind.alias("kind"), reason.alias("reason"), pl.format("L{}", "line_id").alias("unit"))
    shape = [pl.col("unit"), pl.col("unit").alias("match_id"), pl.col("kind"), pl.lit("matched").alias("status"), pl.lit(1000, pl.Int64).alias("confidence"), pl.col("reason"),
             pl.lit(None, pl.String).alias("confirmed_by")]
    of_lines = told.unique("line_id", keep="first", maintain_order=True).select(*shape, "line_id", pl.lit(None, pl.String).alias("book_account"), pl.lit(None, pl.String).alias("entry_id"))
    return pl.concat([of_lines, told.select(*shape, pl.lit(None, pl.Int64).alias("line_id"), "book_account", "entry_id")])


def rows(lines: pl.DataFrame, entries: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """ROWS: every line and every entry with its unit, or as a unit of its own; ordered by unit, line and entry."""
    said = pl.col("remittance_text").str.contains(pl.col("name"), literal=True)
    text = pl.when(said).then("remittance_text").otherwise(pl.concat_str("name", "remittance_text", separator=" ")).str.strip_chars()
    bank = lines.select("line_id", "currency", "bank_reference", pl.col("date").alias("bank_date"), pl.col("amount_minor").alias("bank_minor"), pl.col("kind").alias("bank_kind"),
                        text.alias("bank_text"), "customer_reference", "check_number")
    book = entries.select("book_account", "entry_id", "currency", pl.col("date").alias("entry_date"), pl.col("amount_minor").alias("entry_minor"), pl.col("kind").alias("entry_kind"),
                          pl.col("description").alias("entry_text"), "reference", "source")
    of_bank = bank.join(units.drop_nulls("line_id").drop("book_account", "entry_id"), on="line_id", how="left", maintain_order="left")
    of_book = book.join(units.drop_nulls("entry_id").drop("line_id"), on=["book_account", "entry_id"], how="left", maintain_order="left")
    both = pl.concat([of_bank, of_book], how="diagonal")
    alone = pl.coalesce("unit", pl.format("B{}", "line_id"), pl.format("E{}|{}", "book_account", "entry_id"))
    single = pl.col("kind").is_null()
    kind = pl.when(~single).then("kind").when(pl.col("line_id").is_not_null()).then(pl.lit("unmatched_bank")).otherwise(pl.lit("unmatched_book"))
    waiting = pl.when(pl.col("line_id").is_not_null()).then(pl.lit("the books have nothing for it yet")).otherwise(pl.lit("the bank has not shown it yet"))
    told = both.with_columns(
        alone.alias("unit"), kind.alias("kind"), pl.col("status").fill_null("unmatched"), pl.col("confidence").fill_null(0), pl.coalesce("reason", waiting).alias("reason"),
    ).select(list(ROWS))
    del bank, book, of_bank, of_book, both
    order = told.select(pl.arg_sort_by("unit", "line_id", "entry_id", nulls_last=True)).to_series()
    return pl.DataFrame([told.drop_in_place(name).gather(order) for name in told.columns])  # column by column: the whole of them is never held twice
