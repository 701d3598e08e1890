"""How customers pay: each application of cash to an invoice, how many days after issue and due date, of applications that stand."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, select

from cashapp import db, schema
from cashapp.reports.ledger_side import within
from cashapp.reports.model import When


def paid(connection: Connection, when: When) -> pl.DataFrame:
    """Cash put on invoices and debit memos, by the receipt's value date in the days: days to pay and days late (negative: early)."""
    rows, item, receipt, entry = schema.application, schema.open_item, schema.receipt, schema.journal_entry
    reversal = entry.alias()
    query = (
        select(receipt.c.value_date, item.c.customer_id, receipt.c.currency, rows.c.applied_minor, rows.c.discount_minor, item.c.issue_date, item.c.due_date)
        .join(item, item.c.item_id == rows.c.item_id).join(receipt, receipt.c.receipt_id == rows.c.receipt_id)
        .outerjoin(reversal, reversal.c.reverses == rows.c.entry_id)
        .where(reversal.c.entry_id.is_(None), item.c.kind.in_(("invoice", "debit_memo")), rows.c.applied_minor > 0, *within(when, receipt.c.value_date))
    )
    frame = db.frame(connection, query, {
        "date": pl.Date, "customer_id": pl.String, "currency": pl.String, "applied": pl.Int64, "discount": pl.Int64, "issue_date": pl.Date, "due_date": pl.Date})
    due = pl.coalesce("due_date", "issue_date")
    return frame.with_columns(
        (pl.col("date") - pl.col("issue_date")).dt.total_days().alias("days_to_pay"), (pl.col("date") - due).dt.total_days().alias("days_late"))


def mean_days(column: str) -> pl.Expr:
    """The mean number of days, each payment weighing as much as its amount, rounded to whole days; null without any."""
    known = pl.col(column).is_not_null()
    weight = pl.col("applied").cast(pl.Int128)
    total = weight.filter(known).sum()
    weighed = (weight * pl.col(column).cast(pl.Int128)).filter(known).sum()
    return pl.when(total > 0).then((2 * weighed + total) // (2 * total)).cast(pl.Int64)
