"""Good funds: which receipts are final, and which may still come back, as of a day.

A payment is final when the window is over in which its method's return must reach us: so many banking days after its value date
(`[returns] final_banking_days`; wires and card payouts at once). A debit of ours may come back as not authorised for sixty
calendar days: that later date stands beside it. Credit holds are released on the first, exposure ends with the second.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import Connection

from cashapp import calendars
from cashapp.books_policy import ReturnRules
from cashapp.reports.daily_cash import receipt_proofs
from cashapp.reports.model import CURRENCY, Column, Report, Section, When
from cashapp.reports.payments import each_payment, payments

_DEBITED = ("ACH", "direct debit")


def good_funds(connection: Connection, when: When, rules: ReturnRules, calendar: str) -> Report:
    """By method what is final and what is not, and the receipts that are not."""
    came = _dated(payments(connection, when), rules, calendar, when.until)
    waiting = (_dated(block, rules, calendar, when.until).filter(pl.col("not_final") != 0) for block in each_payment(connection, _not_final(came, when)))
    return Report(
        name="good-funds", title="Good funds", when=when, as_of=True, sections=(_by_method(came), _listed(pl.concat(waiting))),
        proofs=receipt_proofs(connection, came, when),
        notes=("Final: the ordinary return window is over. Receipts that came back or were not the customers' money count in neither column.",),
    )


def _dated(came: pl.DataFrame, rules: ReturnRules, calendar: str, until: dt.date) -> pl.DataFrame:
    """Payments with the day they are final and the last day on which they may come back as not authorised."""
    days = came.select("date", "method").unique()
    finals = [calendars.shift(date, rules.final_banking_days[method], calendar) if method in rules.final_banking_days else date for date, method in days.iter_rows()]
    exposed = pl.when(pl.col("method").is_in(_DEBITED)).then(pl.col("date").dt.offset_by(f"{rules.unauthorised_days}d"))
    is_ours = pl.col("state") == "open"
    dated = came.join(days.with_columns(pl.Series("final_on", finals, dtype=pl.Date)), on=["date", "method"])
    return dated.with_columns(exposed.alias("exposed_until")).with_columns(
        pl.when(is_ours & (pl.col("final_on") <= until)).then("amount").otherwise(0).alias("final"),
        pl.when(is_ours & (pl.col("final_on") > until)).then("amount").otherwise(0).alias("not_final"),
        pl.when(is_ours & (pl.col("exposed_until") >= until)).then("amount").otherwise(0).alias("exposed"),
    )


def _by_method(came: pl.DataFrame) -> Section:
    rows = came.group_by("method", "currency").agg(pl.col("receipts", "amount", "final", "not_final", "exposed").sum()).sort("method", "currency")
    columns = (Column("method"), CURRENCY, Column("receipts", "count"), Column("amount", "money", title="received"), Column("final", "money"),
               Column("not_final", "money", title="may still come back"), Column("exposed", "money", title="as not authorised"))
    return Section("by_method", "By method", columns, rows)


def _not_final(came: pl.DataFrame, when: When) -> When:
    """The days of which something is not yet final; the last one where there is nothing."""
    first = came.filter(pl.col("not_final") != 0)["date"].min()
    return When(first if isinstance(first, dt.date) else when.until, when.until)


def _listed(waiting: pl.DataFrame) -> Section:
    rows = waiting.with_columns(pl.col("customer_id").fill_null("").alias("customer")).sort("final_on", "date", "receipt")
    columns = (Column("final_on", "date", title="final on"), Column("date", "date", title="received"), Column("method"), Column("customer"), Column("payer"),
               Column("receipt"), CURRENCY, Column("not_final", "money", title="amount"), Column("exposed_until", "date", title="not authorised until", shown="page", optional=True))
    return Section("waiting", "Not yet final", columns, rows)
