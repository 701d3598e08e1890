"""Unapplied cash as of a day: each receipt with money that is on no item, how old it is, why, and whether a suggestion waits.

What was unapplied follows from the postings dated up to the day; the reason, the customer and the suggestions are those the
books hold now.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, Select, func, select

from cashapp import accounts, db, schema
from cashapp.exceptions import REASONS
from cashapp.proposals import EXPLANATION
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import minor_sum
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

AGES = ((7, "0-7"), (30, "8-30"), (60, "31-60"), (90, "61-90"))
OLDEST = "90+"


def unapplied(connection: Connection, when: When) -> Report:
    """The receipts, and the sums by age and by reason."""
    rows = _receipts(connection, when)
    return Report(
        name="unapplied", title="Unapplied cash", when=when, as_of=True, sections=(_listed(rows), _by_age(rows), _by_reason(rows)),
        proofs=proofs(accounts.UNAPPLIED, amounts(rows, "unapplied"), ledger_side.balance(connection, accounts.UNAPPLIED, when, sign=-1)),
    )


def age_bucket(days: str) -> pl.Expr:
    """The bucket of a column of ages in days."""
    chosen: pl.Expr = pl.lit(OLDEST)
    for limit, name in reversed(AGES):
        chosen = pl.when(pl.col(days) <= limit).then(pl.lit(name)).otherwise(chosen)
    return chosen


def _receipts(connection: Connection, when: When) -> pl.DataFrame:
    receipt, line, customer, case, head = schema.receipt, schema.bank_line, schema.customer, schema.exception_case, schema.proposal
    left = _left(when).subquery()
    reasons = (
        select(case.c.receipt_id, func.min(case.c.reason).label("reason")).where(case.c.status == "open", case.c.receipt_id.is_not(None))
        .group_by(case.c.receipt_id).subquery()
    )
    told = select(head.c.receipt_id, func.count().label("suggestions")).group_by(head.c.receipt_id).subquery()
    query = (
        select(receipt.c.value_date, receipt.c.receipt_key, receipt.c.account, line.c.payer_name, line.c.bank_reference, receipt.c.customer_id,
               customer.c.name, reasons.c.reason, receipt.c.currency, receipt.c.amount_minor, left.c.left, func.coalesce(told.c.suggestions, 0),
               EXPLANATION)
        .join(left, left.c.receipt_id == receipt.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .outerjoin(customer, customer.c.customer_id == receipt.c.customer_id).outerjoin(reasons, reasons.c.receipt_id == receipt.c.receipt_id)
        .outerjoin(told, told.c.receipt_id == receipt.c.receipt_id)
        .outerjoin(head, (head.c.receipt_id == receipt.c.receipt_id) & (head.c.rank == 1))
    )
    shape: db.Shape = {
        "date": pl.Date, "receipt_id": pl.String, "account": pl.String, "payer": pl.String, "bank_reference": pl.String, "customer_id": pl.String,
        "name": pl.String, "reason": pl.String, "currency": pl.String, "amount": pl.Int64, "unapplied": pl.Int64, "suggestions": pl.Int64,
        "first_suggestion": pl.String,
    }
    age = (pl.lit(when.until) - pl.col("date")).dt.total_days().alias("age_days")
    return db.frame(connection, query, shape).with_columns(age).with_columns(
        age_bucket("age_days").alias("age"), pl.coalesce("customer_id", pl.lit("unidentified")).alias("customer"),
        pl.coalesce("name", "payer").alias("payer_or_customer"), pl.col("reason").fill_null("not_yet_matched"),
    ).sort("date", "receipt_id")


def _left(when: When) -> Select[*tuple[object, ...]]:
    """SELECT receipt_id, left (what is unapplied of it at the end of the day)."""
    entry, leg = schema.journal_entry, schema.posting
    credit = minor_sum(-leg.c.amount_minor)
    return (
        select(leg.c.receipt_id, credit.label("left")).join(entry, entry.c.entry_id == leg.c.entry_id)
        .where(leg.c.account == accounts.UNAPPLIED, leg.c.receipt_id.is_not(None), entry.c.entry_date <= when.until)
        .group_by(leg.c.receipt_id).having(credit != 0)
    )


def _listed(rows: pl.DataFrame) -> Section:
    columns = (
        Column("date", "date", title="value date"), Column("age_days", "count", title="days", summed=False), Column("age", shown="page", title="age in days"),
        Column("receipt_id", title="receipt"), Column("account", shown="data"), Column("bank_reference", shown="data"), Column("customer"),
        Column("payer_or_customer", title="payer"), Column("reason", "code"), Column("suggestions", "count", title="sugg.", summed=False), CURRENCY,
        Column("amount", "money", title="received", shown="page"), Column("unapplied", "money"), Column("first_suggestion", shown="data"),
    )
    return Section("receipts", "Receipts with unapplied cash", columns, rows, note="sugg.: how many suggestions wait in the queue.")


def _by_age(rows: pl.DataFrame) -> Section:
    order = {name: n for n, name in enumerate([*(name for _, name in AGES), OLDEST])}
    summed = rows.group_by("age", "currency").agg(pl.len().cast(pl.Int64).alias("receipts"), pl.col("unapplied").sum()).sort(
        pl.col("age").replace_strict(order, return_dtype=pl.Int64), "currency")
    return Section("by_age", "By age", (Column("age", title="age in days"), CURRENCY, Column("receipts", "count"), Column("unapplied", "money")), summed)


def _by_reason(rows: pl.DataFrame) -> Section:
    summed = rows.group_by("reason", "currency").agg(pl.len().cast(pl.Int64).alias("receipts"), pl.col("unapplied").sum()).with_columns(
        pl.col("reason").replace_strict(REASONS, default="the engine has not looked at it yet", return_dtype=pl.String).alias("meaning"),
    ).sort("reason", "currency")
    columns = (Column("reason", "code"), CURRENCY, Column("receipts", "count"), Column("unapplied", "money"), Column("meaning"))
    return Section("by_reason", "By reason", columns, summed)
