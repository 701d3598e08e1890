"""Cash forecast: when the open items will be paid, if customers pay as they have paid.

An item is expected on its due date, later by the days its customer was late over the last year, each payment weighing as much as
its amount (never earlier than tomorrow). A customer without a history is expected to pay when due. What is disputed or stays
unpaid no forecast knows.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import Connection

from cashapp import accounts
from cashapp.reports import ledger_side
from cashapp.reports.aging import CREDITS, open_items
from cashapp.reports.habits import habits
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

_WEEKS = 8
_YEAR = dt.timedelta(days=365)


def cash_forecast(connection: Connection, when: When) -> Report:
    """By week, as due and as expected; and the customers from whom most is expected."""
    items = _expected(connection, when)
    weeks = _by_week(items, when.until)
    return Report(
        name="cash-forecast", title="Cash forecast", when=when, as_of=True, sections=(weeks, _by_customer(items, when.until)),
        proofs=proofs(accounts.RECEIVABLE, amounts(weeks.rows, "expected"), ledger_side.balance(connection, accounts.RECEIVABLE, when)),
    )


def _expected(connection: Connection, when: When) -> pl.DataFrame:
    late = habits(connection, When(when.until - _YEAR, when.until), "customer_id").select("customer_id", pl.col("days_late").alias("late"))
    due = pl.coalesce("due_date", "issue_date", pl.lit(when.until))
    tomorrow = pl.lit(when.until + dt.timedelta(days=1))
    return open_items(connection, when).join(late, on="customer_id", how="left").with_columns(due.alias("due")).with_columns(
        pl.max_horizontal(pl.col("due") + pl.duration(days=pl.col("late").fill_null(0)), tomorrow).alias("expected_on"))


def _by_week(items: pl.DataFrame, until: dt.date) -> Section:
    """Credits stand in a row of their own: they lessen what comes, nobody knows when."""
    owed = items.filter(~pl.col("kind").is_in(CREDITS))
    as_due = owed.group_by("currency", _week("due", until).alias("week")).agg(pl.col("left").sum().alias("due"))
    as_expected = owed.group_by("currency", _week("expected_on", until).alias("week")).agg(pl.col("left").sum().alias("expected"))
    unused = items.filter(pl.col("kind").is_in(CREDITS)).group_by("currency").agg(pl.col("left").sum().alias("due")).select(
        "currency", pl.lit(_WEEKS + 2, dtype=pl.Int64).alias("week"), "due", pl.col("due").alias("expected"))
    both = pl.concat([as_due.join(as_expected, on=["currency", "week"], how="full", coalesce=True).with_columns(pl.col("due", "expected").fill_null(0)), unused])
    rows = both.with_columns(pl.col("week").map_elements(lambda week: _named(week, until), return_dtype=pl.String).alias("when")).sort("currency", "week")
    columns = (Column("when", title="week"), CURRENCY, Column("due", "money", title="as due"), Column("expected", "money", title="as expected"))
    return Section("weeks", "By week", columns, rows, apart=True)


def _week(column: str, until: dt.date) -> pl.Expr:
    """0 for what is past, 1 for the next seven days and so on, the last for all that is later."""
    days = (pl.col(column) - pl.lit(until)).dt.total_days()
    return ((days - 1) // 7 + 1).clip(0, _WEEKS + 1)


def _named(week: int, until: dt.date) -> str:
    if week == 0:
        return "past due"
    if week > _WEEKS:
        return "later" if week == _WEEKS + 1 else "credits not yet used"
    first = until + dt.timedelta(days=7 * (week - 1) + 1)
    return f"{first} to {first + dt.timedelta(days=6)}"


def _by_customer(items: pl.DataFrame, until: dt.date) -> Section:
    soon = pl.col("expected_on") <= until + dt.timedelta(days=7 * _WEEKS)
    owed = items.filter(~pl.col("kind").is_in(CREDITS)).group_by("customer_id", "name", "currency").agg(
        pl.col("late").first(), pl.col("left").sum().alias("owed"), pl.col("left").filter(soon).sum().alias("soon"), pl.col("expected_on").min().alias("first"))
    rows = owed.sort("owed", "customer_id", descending=[True, False]).group_by("currency", maintain_order=True).head(20)
    columns = (Column("customer_id", title="customer"), Column("name"), Column("late", "count", title="days late as a rule", summed=False), CURRENCY,
               Column("owed", "money"), Column("soon", "money", title=f"within {_WEEKS} weeks"), Column("first", "date", title="first on"))
    return Section("customers", "The twenty who owe most", columns, rows.select(owed.columns), apart=True)
