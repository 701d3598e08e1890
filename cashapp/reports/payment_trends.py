"""Payment trends: month by month what came, how fast invoices were paid, what was deducted and what came back; and whose habits change."""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import Connection, select

from cashapp import db, schema
from cashapp.reports.daily_cash import receipt_proofs
from cashapp.reports.habits import habits
from cashapp.reports.ledger_side import within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When
from cashapp.reports.payments import payments

_MONTHS = 12
_QUARTER = dt.timedelta(days=90)


def payment_trends(connection: Connection, when: When) -> Report:
    """The twelve months up to the end of the days, and customers by the last ninety days against the ninety before."""
    span = When(_first_month(when.until), when.until)
    came = payments(connection, span)
    return Report(
        name="payment-trends", title="Payment trends", when=span, sections=(_by_month(connection, came, span), _by_customer(connection, when.until)),
        proofs=receipt_proofs(connection, came, span),
        notes=("Days weigh as much as the amounts paid. Days late are counted from the due date, negative when paid early.",),
    )


def _first_month(until: dt.date) -> dt.date:
    months = until.year * 12 + until.month - _MONTHS
    return dt.date(max(months // 12, 1), months % 12 + 1, 1)


def _by_month(connection: Connection, came: pl.DataFrame, span: When) -> Section:
    month = pl.col("date").dt.strftime("%Y-%m").alias("month")
    received = came.group_by(month, "currency").agg(pl.col("receipts").sum(), pl.col("amount").sum().alias("received"))
    speed = habits(connection, span, "month", "currency")
    back = _returned(connection, span).group_by(month, "currency").agg(pl.col("returned").sum())
    rows = received.join(speed, on=["month", "currency"], how="full", coalesce=True).join(back, on=["month", "currency"], how="full", coalesce=True).with_columns(
        pl.col("receipts", "received", "applied", "discount", "returned").fill_null(0)).sort("currency", "month")
    columns = (Column("month"), CURRENCY, Column("receipts", "count"), Column("received", "money"), Column("applied", "money", title="paid on invoices"),
               Column("discount", "money", title="discount taken", optional=True), Column("returned", "money", title="came back", optional=True),
               Column("days_to_pay", "count", summed=False), Column("days_late", "count", summed=False))
    return Section("months", "By month", columns, rows, apart=True)


def _returned(connection: Connection, span: When) -> pl.DataFrame:
    table = schema.returned_item
    query = select(table.c.returned_on, table.c.currency, table.c.amount_minor).where(
        table.c.method.in_(("mirror", "debit_memo", "expected")), *within(span, table.c.returned_on))
    return db.frame(connection, query, {"date": pl.Date, "currency": pl.String, "returned": pl.Int64})


def _by_customer(connection: Connection, until: dt.date) -> Section:
    """Those who paid in the last ninety days, the ones who became slower first."""
    def speed(span: When, name: str) -> pl.DataFrame:
        return habits(connection, span, "customer_id", "currency").select("customer_id", "currency", pl.col("days_late").alias(name), pl.col("applied").alias(f"{name}_paid"))

    middle = until - _QUARTER
    now, before = speed(When(middle + dt.timedelta(days=1), until), "now"), speed(When(middle - _QUARTER + dt.timedelta(days=1), middle), "before")
    customer = schema.customer
    names = db.frame(connection, select(customer.c.customer_id, customer.c.name), {"customer_id": pl.String, "name": pl.String})
    rows = now.join(before, on=["customer_id", "currency"], how="left").join(names, on="customer_id", how="left").with_columns(
        (pl.col("now") - pl.col("before")).alias("change")).sort("change", "now_paid", "customer_id", "currency", descending=[True, True, False, False], nulls_last=True)
    columns = (Column("customer_id", title="customer"), Column("name"), CURRENCY, Column("now_paid", "money", title="paid in 90 days"),
               Column("now", "count", title="days late", summed=False), Column("before", "count", title="90 days before", summed=False, optional=True),
               Column("change", "count", summed=False, optional=True))
    return Section("customers", "Customers, the slower ones first", columns, rows, apart=True)
