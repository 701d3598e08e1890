"""The exceptions queue as of a day: by reason, by age, by owner.

Asked for the newest day of the books or later, it is the queue as it stands, and all unapplied cash must stand in it. For an
earlier day the cases are those that were open then, with the reason and amount they have now.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import ColumnElement, Connection, func, or_, select

from cashapp import accounts, db, schema
from cashapp.exceptions import REASONS
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import by_currency, minor_sum
from cashapp.reports.model import CURRENCY, Column, Proof, Report, Section, When, proofs
from cashapp.reports.unapplied import age_bucket


def exceptions(connection: Connection, when: When) -> Report:
    """The open cases in three cuts."""
    is_now = when.until >= _newest_day(connection, when.until)
    rows = _open_cases(connection, when, is_now=is_now)
    return Report(
        name="exceptions", title="Exceptions queue", when=when, as_of=True, sections=(_by_reason(rows), _by_age(rows), _by_owner(rows)),
        proofs=_proofs(connection, when) if is_now else (),
    )


def _newest_day(connection: Connection, default: dt.date) -> dt.date:
    entry, case = schema.journal_entry, schema.exception_case
    days = (connection.execute(select(func.max(column))).scalar() for column in (entry.c.entry_date, case.c.opened_on))
    return max((day for day in days if day is not None), default=default)


def _open_cases(connection: Connection, when: When, *, is_now: bool) -> pl.DataFrame:
    case = schema.exception_case
    still: ColumnElement[bool] = case.c.status == "open"
    was_open = still if is_now else or_(still, func.date(case.c.closed_at) > when.until)
    query = select(case.c.exception_id, case.c.reason, case.c.opened_on, func.coalesce(case.c.currency, ""), case.c.amount_minor, case.c.assignee).where(
        case.c.opened_on <= when.until, was_open)
    shape: db.Shape = {"exception_id": pl.Int64, "reason": pl.String, "opened_on": pl.Date, "currency": pl.String, "amount": pl.Int64, "owner": pl.String}
    age = (pl.lit(when.until) - pl.col("opened_on")).dt.total_days().alias("age_days")
    return db.frame(connection, query, shape).with_columns(age, pl.when(pl.col("owner") == "").then(pl.lit("nobody")).otherwise("owner").alias("owner"))


def _sums() -> list[pl.Expr]:
    return [pl.len().cast(pl.Int64).alias("cases"), pl.col("amount").sum(), pl.col("opened_on").min().alias("oldest"), pl.col("age_days").max()]


_SUMS = (Column("cases", "count"), Column("amount", "money"), Column("oldest", "date"), Column("age_days", "count", title="days", summed=False))


def _by_reason(rows: pl.DataFrame) -> Section:
    meaning = pl.col("reason").replace_strict(REASONS, default="", return_dtype=pl.String).alias("meaning")
    summed = rows.group_by("reason", "currency").agg(_sums()).sort("reason", "currency").with_columns(meaning)
    note = "A case without a currency is about a file. Money that left an account is negative."
    return Section("by_reason", "By reason", (Column("reason", "code"), CURRENCY, *_SUMS, Column("meaning")), summed, note=note)


def _by_age(rows: pl.DataFrame) -> Section:
    summed = rows.with_columns(age_bucket("age_days").alias("age")).group_by("age", "currency").agg(_sums()).sort(pl.col("age_days"), "currency")
    return Section("by_age", "By age", (Column("age", title="age in days"), CURRENCY, *_SUMS), summed)


def _by_owner(rows: pl.DataFrame) -> Section:
    summed = rows.group_by("owner", "currency").agg(_sums()).sort("owner", "currency")
    return Section("by_owner", "By owner", (Column("owner"), CURRENCY, *_SUMS), summed)


def _proofs(connection: Connection, when: When) -> tuple[Proof, ...]:
    """What is unapplied of the receipts that have an open case, against all unapplied cash."""
    case, receipt = schema.exception_case, schema.receipt
    waiting = select(case.c.receipt_id).where(case.c.status == "open", case.c.receipt_id.is_not(None))
    query = select(receipt.c.currency, minor_sum(receipt.c.unapplied_minor)).where(
        receipt.c.unapplied_minor != 0, receipt.c.receipt_id.in_(waiting)).group_by(receipt.c.currency)
    return proofs(f"{accounts.UNAPPLIED}, all of it in the queue", by_currency(connection, query), ledger_side.balance(connection, accounts.UNAPPLIED, when, sign=-1))
