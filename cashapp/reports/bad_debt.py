"""Bad debt: an allowance for what will not be paid, by age of the receivables, and what was written off in the days.

The rates are per bucket of days past due (`[bad_debt] rates` in `cashapp.toml`, per cent). The allowance of a bucket is its amount
times the rate, half a minor unit rounded up; it is a proposal for the general ledger and posts nothing.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, select

from cashapp import accounts, db, schema
from cashapp.books_policy import thousandths
from cashapp.exports import AGING, OLDEST, bucket, days_past_due
from cashapp.reports import ledger_side
from cashapp.reports.aging import CREDITS, open_items
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

_BUCKETS = (*(name for _, name in AGING), OLDEST)


def bad_debt(connection: Connection, when: When, rates: dict[str, str]) -> Report:
    """The allowance, the customers who carry it, and the write-offs."""
    items = open_items(connection, when).with_columns(days_past_due(when.until)).with_columns(bucket())
    placed = items.with_columns(pl.when(pl.col("kind").is_in(CREDITS)).then(pl.lit("credits")).otherwise("bucket").alias("bucket"))
    allowance, written = _allowance(placed, rates), _written_off(connection, when)
    return Report(
        name="bad-debt", title="Bad debt", when=when, sections=(allowance, _by_customer(placed), written),
        proofs=(*proofs(accounts.RECEIVABLE, amounts(allowance.rows, "open"), ledger_side.balance(connection, accounts.RECEIVABLE, when)),
                *proofs(accounts.WRITE_OFF, amounts(written.rows, "amount"), ledger_side.moved(connection, when, ledger_side.on_account(accounts.WRITE_OFF)))),
        notes=("The allowance is a proposal; nothing is posted. Credits lessen what is owed and carry no allowance.",),
    )


def _allowance(placed: pl.DataFrame, rates: dict[str, str]) -> Section:
    order = {name: n for n, name in enumerate((*_BUCKETS, "credits"))}
    parts = {name: thousandths(rate) for name, rate in rates.items()}
    rows = placed.group_by("currency", "bucket").agg(pl.len().cast(pl.Int64).alias("items"), pl.col("left").sum().alias("open")).with_columns(
        pl.col("bucket").replace_strict(parts, default=0, return_dtype=pl.Int64).alias("part"),
        pl.col("bucket").replace_strict(rates, default="", return_dtype=pl.String).alias("rate"),
    ).with_columns(((2 * pl.col("open") * pl.col("part") + 1000) // 2000).alias("allowance")).sort("currency", pl.col("bucket").replace_strict(order, return_dtype=pl.Int64))
    columns = (Column("bucket", title="days past due"), CURRENCY, Column("items", "count"), Column("open", "money"),
               Column("rate", title="per cent"), Column("allowance", "money"))
    return Section("allowance", "Allowance by age", columns, rows, apart=True)


def _by_customer(placed: pl.DataFrame) -> Section:
    old = placed.filter(pl.col("bucket") == OLDEST)
    rows = old.group_by("customer_id", "name", "currency").agg(
        pl.len().cast(pl.Int64).alias("items"), pl.col("left").sum(), pl.col("days_past_due").max().alias("oldest")).sort("left", "customer_id", descending=[True, False])
    columns = (Column("customer_id", title="customer"), Column("name"), CURRENCY, Column("items", "count"), Column("left", "money", title="open"),
               Column("oldest", "count", title="oldest, days", summed=False))
    return Section("customers", "More than ninety days past due", columns, rows, apart=True)


def _written_off(connection: Connection, when: When) -> Section:
    """What was posted to write-offs in the days, by what posted it and why; what was taken back counts against it."""
    entry, leg = schema.journal_entry, schema.posting
    query = (
        select(entry.c.kind, entry.c.reason, leg.c.currency, minor_sum(leg.c.amount_minor)).join(leg, leg.c.entry_id == entry.c.entry_id)
        .where(leg.c.account == accounts.WRITE_OFF, *within(when, entry.c.entry_date)).group_by(entry.c.kind, entry.c.reason, leg.c.currency)
    )
    rows = db.frame(connection, query, {"kind": pl.String, "reason": pl.String, "currency": pl.String, "amount": pl.Int64}).sort("kind", "reason", "currency")
    columns = (Column("kind", "code", title="posted by"), Column("reason"), CURRENCY, Column("amount", "money", title="written off"))
    return Section("written_off", "Written off in the days", columns, rows)
