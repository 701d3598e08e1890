"""The payments that came on certain days, each once, with how it came and what has become of it."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, Select, case, select

from cashapp import db, schema
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.methods import method
from cashapp.reports.model import When

_SHAPE: db.Shape = {
    "receipt_id": pl.Int64, "receipt_key": pl.String, "date": pl.Date, "account": pl.String, "currency": pl.String, "amount": pl.Int64,
    "state": pl.String, "customer_id": pl.String, "unapplied": pl.Int64, "format": pl.String, "type_code": pl.String,
    "check_number": pl.String, "lockbox": pl.String, "applied": pl.Int64, "on_account": pl.Int64,
}


def payments(connection: Connection, when: When) -> pl.DataFrame:
    """Receipts by the day the bank booked them. `applied` and `on_account` are what stands of their applications now."""
    receipt, line, file, statement = schema.receipt, schema.bank_line, schema.source_file, schema.statement
    used = _used_by_receipt().subquery()
    query = (
        select(receipt.c.receipt_id, receipt.c.receipt_key, line.c.booking_date, receipt.c.account, receipt.c.currency, receipt.c.amount_minor,
               receipt.c.state, receipt.c.customer_id, receipt.c.unapplied_minor, file.c.format, line.c.type_code, line.c.check_number,
               statement.c.lockbox, used.c.applied, used.c.on_account)
        .join(line, line.c.line_id == receipt.c.line_id).join(file, file.c.file_id == line.c.file_id)
        .join(statement, statement.c.statement_id == line.c.statement_id).outerjoin(used, used.c.receipt_id == receipt.c.receipt_id)
        .where(receipt.c.state != "linked", *within(when, line.c.booking_date))
    )
    return db.frame(connection, query, _SHAPE).with_columns(pl.col("applied", "on_account").fill_null(0)).with_columns(_method()).drop(
        "type_code", "check_number", "lockbox")


def _used_by_receipt() -> Select[*tuple[object, ...]]:
    """SELECT receipt_id, applied (cash on items), on_account, of the applications that nobody has taken back."""
    application, reversal = schema.application, schema.journal_entry.alias()
    cash, item = application.c.applied_minor, application.c.item_id
    return (
        select(application.c.receipt_id, minor_sum(case((item.is_not(None), cash), else_=0)).label("applied"),
               minor_sum(case((item.is_(None), cash), else_=0)).label("on_account"))
        .outerjoin(reversal, reversal.c.reverses == application.c.entry_id).where(reversal.c.entry_id.is_(None))
        .group_by(application.c.receipt_id)
    )


def _method() -> pl.Expr:
    told = pl.struct("format", "type_code", pl.col("check_number") != "", (pl.col("lockbox") != "").alias("boxed"))
    return told.map_batches(_methods, return_dtype=pl.String).alias("method")


def _methods(told: pl.Series) -> pl.Series:
    rows = told.struct.unnest().iter_rows()
    return pl.Series([method(format_name, code, has_check_number=checked, in_lockbox=boxed) for format_name, code, checked, boxed in rows], dtype=pl.String)
