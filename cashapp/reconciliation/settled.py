"""What is settled of an account's month: the same money at the bank and in the books, all of it within the month. It explains nothing and nothing explains it,
so that a picture keeps of each match, or of each line that the journal posted as it came, a few numbers only; its rows are read when they are shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl
from sqlalchemy import Connection, and_

from cashapp import db, schema
from cashapp.periods import Month
from cashapp.reconciliation import lines as sides
from cashapp.reconciliation import store, units
from cashapp.reconciliation.lines import Account
from cashapp.reconciliation.store import HEADS

AT_ONCE = 5_000  # matches whose rows are read at one time


def of_journal(connection: Connection, account: Account, month: Month, known_at: dt.datetime | None) -> pl.DataFrame:
    """HEADS of the month's lines of which only their own entries in the journal tell."""
    lines = sides.bank_lines(connection, account, known_at, which=and_(schema.bank_line.c.booking_date.between(month.first, month.last), sides.plain(known_at)),
                             names=("line_id", "currency", "amount_minor", "date"))
    told = lines.select(
        pl.col("line_id").alias("number"), pl.col("date").alias("begins"), "line_id", "currency", pl.lit("one_to_one").alias("kind"), pl.lit("matched").alias("status"),
        pl.lit(value=False).alias("by_hand"), pl.lit(2).alias("rows"), pl.col("amount_minor").alias("minor"))
    return told.select(pl.col(name).cast(dtype) for name, dtype in HEADS.items()).sort("begins", "line_id")


def blocks(connection: Connection, account: Account, known_at: dt.datetime | None, heads: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """`units.ROWS` of these, in their order, AT_ONCE of them at a time."""
    if account.in_book:
        for some in heads.iter_slices(AT_ONCE):
            found = store.standing(connection, account, of=some["number"].to_list())
            yield units.rows(*store.of_matches(connection, account, found.members, sides.SHOWN), units.of_matches(found))
        return
    if heads.is_empty():
        return
    numbers = sides.numbers(connection, account, schema.bank_line.c.booking_date.between(heads["begins"].min(), heads["begins"].max()), known_at)
    for some in heads.iter_slices(AT_ONCE):
        lines = sides.bank_lines(connection, account, known_at, which=db.among(connection, schema.bank_line.c.line_id, some["line_id"].to_list()), names=sides.SHOWN)
        entries = sides.posted(account, lines, numbers)
        yield units.rows(lines, entries.select(list(sides.ENTRIES)), units.of_origins(entries.select("line_id", "entry_id"), lines, entries))
