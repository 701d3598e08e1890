"""The payments that came on certain days, each once, with how it came and what has become of it."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, select

from cashapp import db, schema
from cashapp.reports.ledger_side import within
from cashapp.reports.methods import method
from cashapp.reports.model import When

_SHAPE: db.Shape = {
    "receipt_id": pl.Int64, "date": pl.Date, "account": pl.String, "currency": pl.String, "amount": pl.Int64, "state": pl.String,
    "customer_id": pl.String, "unapplied": pl.Int64, "format": pl.String, "type_code": pl.String, "checked": pl.Boolean, "boxed": pl.Boolean,
}


def payments(connection: Connection, when: When) -> pl.DataFrame:
    """Receipts by the day the bank booked them. `applied` and `on_account` are what stands of their applications now."""
    receipt, line, file, statement = schema.receipt, schema.bank_line, schema.source_file, schema.statement
    query = (
        select(receipt.c.receipt_id, line.c.booking_date, receipt.c.account, receipt.c.currency, receipt.c.amount_minor, receipt.c.state,
               receipt.c.customer_id, receipt.c.unapplied_minor, file.c.format, line.c.type_code, line.c.check_number != "", statement.c.lockbox != "")
        .join(line, line.c.line_id == receipt.c.line_id).join(file, file.c.file_id == line.c.file_id)
        .join(statement, statement.c.statement_id == line.c.statement_id)
        .where(receipt.c.state != "linked", *within(when, line.c.booking_date))
    )
    used = _used_by_receipt(connection)
    return db.frame(connection, query, _SHAPE).join(used, on="receipt_id", how="left").with_columns(
        pl.col("applied", "on_account").fill_null(0), _method()).drop("type_code", "checked", "boxed")


def _used_by_receipt(connection: Connection) -> pl.DataFrame:
    """receipt_id, applied (cash on items), on_account, of the applications that nobody has taken back."""
    application, entry = schema.application, schema.journal_entry
    taken_back = select(entry.c.reverses).where(entry.c.reverses.is_not(None))
    query = select(application.c.receipt_id, application.c.applied_minor, application.c.item_id.is_(None)).where(application.c.entry_id.not_in(taken_back))
    cash = pl.col("cash")
    return db.frame(connection, query, {"receipt_id": pl.Int64, "cash": pl.Int64, "parked": pl.Boolean}).group_by("receipt_id").agg(
        cash.filter(~pl.col("parked")).sum().alias("applied"), cash.filter("parked").sum().alias("on_account"))


def _method() -> pl.Expr:
    """How it came; there are few combinations, so each is looked up once."""
    def told(parts: pl.Series) -> pl.Series:
        rows = parts.struct.unnest()
        known = rows.unique(maintain_order=True).with_columns(pl.Series("method", [
            method(format_name, code, has_check_number=checked, in_lockbox=boxed) for format_name, code, checked, boxed in rows.unique(maintain_order=True).iter_rows()
        ], dtype=pl.String))
        return rows.join(known, on=rows.columns, how="left", maintain_order="left")["method"]

    return pl.struct("format", "type_code", "checked", "boxed").map_batches(told, return_dtype=pl.String).alias("method")
