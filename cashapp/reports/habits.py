"""How customers pay: what cash went on invoices, how many days after issue and due date, of applications that stand."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, Select, select

from cashapp import db, schema
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.model import When

_AT_ONCE = 50_000


def habits(connection: Connection, when: When, *by: str) -> pl.DataFrame:
    """By these columns (customer_id, currency, month): applied, discount, days_to_pay and days_late (negative: early), in no order.

    Cash put on invoices and debit memos, by the receipt's value date in the days. Days are the mean, each payment weighing as much as
    its amount, rounded to whole days; null without any.
    """
    query, shape = _paid(when, with_customer="customer_id" in by)
    added = pl.DataFrame()
    for block in db.frames(connection, query, shape, _AT_ONCE):
        counted = block.with_columns(_days_to_pay(), _days_late(), month=pl.col("date").dt.strftime("%Y-%m"))
        weighed = counted.group_by(by).agg(pl.col("applied", "discount").sum(), *_weighed("days_to_pay"), *_weighed("days_late"))
        added = pl.concat([added, weighed]).group_by(by).sum() if added.width else weighed
    return added.select(*by, "applied", "discount", _mean("days_to_pay"), _mean("days_late"))


def _paid(when: When, *, with_customer: bool) -> tuple[Select[*tuple[object, ...]], db.Shape]:
    """What was paid on items of the same dates on the same day; payment by payment where customers are told apart, who have few dates in common."""
    rows, item, receipt = schema.application, schema.open_item, schema.receipt
    reversal = schema.journal_entry.alias()
    alike = [receipt.c.value_date, receipt.c.currency, item.c.issue_date, item.c.due_date, *([item.c.customer_id] if with_customer else [])]
    amounts = [rows.c.applied_minor, rows.c.discount_minor]
    query = (
        select(*(amounts if with_customer else map(minor_sum, amounts)), *alike)
        .join(item, item.c.item_id == rows.c.item_id).join(receipt, receipt.c.receipt_id == rows.c.receipt_id)
        .outerjoin(reversal, reversal.c.reverses == rows.c.entry_id)
        .where(reversal.c.reverses.is_(None), item.c.kind.in_(("invoice", "debit_memo")), rows.c.applied_minor > 0, *within(when, receipt.c.value_date))
    )
    shape: db.Shape = {"applied": pl.Int64, "discount": pl.Int64, "date": pl.Date, "currency": pl.String, "issue_date": pl.Date, "due_date": pl.Date}
    return (query, {**shape, "customer_id": pl.String}) if with_customer else (query.group_by(*alike), shape)


def _days_to_pay() -> pl.Expr:
    return (pl.col("date") - pl.col("issue_date")).dt.total_days().alias("days_to_pay")


def _days_late() -> pl.Expr:
    return (pl.col("date") - pl.coalesce("due_date", "issue_date")).dt.total_days().alias("days_late")


def _weighed(column: str) -> tuple[pl.Expr, pl.Expr]:
    """The days times the amounts, and the amounts whose days are known: both may be added up further."""
    weight = pl.col("applied").cast(pl.Int128).filter(pl.col(column).is_not_null())
    return (weight * pl.col(column).cast(pl.Int128).drop_nulls()).sum().alias(f"{column}_weighed"), weight.sum().alias(f"{column}_weight")


def _mean(column: str) -> pl.Expr:
    weighed, weight = pl.col(f"{column}_weighed"), pl.col(f"{column}_weight")
    return pl.when(weight > 0).then((2 * weighed + weight) // (2 * weight)).cast(pl.Int64).alias(column)
