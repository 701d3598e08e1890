"""The payments that came on certain days: how they came and what has become of them, counted and added up by the database.

Receipts that came alike on a day and stand alike are one row, so that a year of them is as small as a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, func, select

from cashapp import db, schema
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.methods import method
from cashapp.reports.model import When

_HOW: db.Shape = {"format": pl.String, "type_code": pl.String, "checked": pl.Boolean, "boxed": pl.Boolean}
_ALIKE: db.Shape = {"statement_id": pl.Int64, "date": pl.Date, "account": pl.String, "currency": pl.String, "state": pl.String, "known": pl.Boolean,
                    "type_code": pl.String, "checked": pl.Boolean}
_USES = ("applied", "on_account", "unapplied", "elsewhere")


def payments(connection: Connection, when: When) -> pl.DataFrame:
    """By the bank's date, account, currency, state, known (whose it is), format and method: receipts, amount, unapplied."""
    receipt = schema.receipt
    return _added_up(connection, _receipts(*_alike(), when=when), {
        "receipts": func.count(), "amount": minor_sum(receipt.c.amount_minor), "unapplied": minor_sum(receipt.c.unapplied_minor)})


def payments_used(connection: Connection, when: When) -> pl.DataFrame:
    """The same with what stands now of their applications, applied to items and on account, with what went elsewhere, and with how many
    receipts have some of each: applied_in, on_account_in, unapplied_in, elsewhere_in."""
    receipt, used = schema.receipt, _used(when)
    applied, on_account = func.coalesce(used.c.applied, 0), func.coalesce(used.c.on_account, 0)
    shares = dict(zip(_USES, (applied, on_account, receipt.c.unapplied_minor, receipt.c.amount_minor - applied - on_account - receipt.c.unapplied_minor), strict=True))
    query = _receipts(*_alike(), when=when).outerjoin(used, used.c.receipt_id == receipt.c.receipt_id)
    return _added_up(connection, query, {
        "receipts": func.count(), "amount": minor_sum(receipt.c.amount_minor), **{name: minor_sum(share) for name, share in shares.items()},
        **{f"{name}_in": func.count(func.nullif(share, 0)) for name, share in shares.items()}})


def each_payment(connection: Connection, when: When) -> Iterator[pl.DataFrame]:
    """One by one, in blocks: date, currency, amount, state, customer_id, method, receipt (its key), payer."""
    receipt, line, statement, file = schema.receipt, schema.bank_line, schema.statement, schema.source_file
    query = _receipts(
        line.c.booking_date, receipt.c.currency, receipt.c.amount_minor, receipt.c.state, receipt.c.customer_id, receipt.c.receipt_key, line.c.payer_name,
        file.c.format, line.c.type_code, line.c.check_number != "", statement.c.lockbox != "", when=when,
    ).join(statement, statement.c.statement_id == line.c.statement_id).join(file, file.c.file_id == statement.c.file_id)
    shape: db.Shape = {"date": pl.Date, "currency": pl.String, "amount": pl.Int64, "state": pl.String, "customer_id": pl.String, "receipt": pl.String, "payer": pl.String, **_HOW}
    for block in db.frames(connection, query, shape):
        yield block.with_columns(_method()).drop(_HOW)


def _receipts(*columns: ColumnElement[Any], when: When) -> Select[*tuple[object, ...]]:
    """Of each receipt that the bank booked in the days and that counts."""
    receipt, line = schema.receipt, schema.bank_line
    return select(*columns).select_from(receipt).join(line, line.c.line_id == receipt.c.line_id).where(receipt.c.state != "linked", *within(when, line.c.booking_date))


def _alike() -> list[ColumnElement[Any]]:
    """The columns of _ALIKE."""
    receipt, line = schema.receipt, schema.bank_line
    return [line.c.statement_id, line.c.booking_date, receipt.c.account, receipt.c.currency, receipt.c.state, receipt.c.customer_id.is_not(None),
            line.c.type_code, line.c.check_number != ""]


def _used(when: When) -> Subquery:
    """receipt_id, applied (cash on items), on_account, of the applications that nobody has taken back."""
    receipt, application, reversal = schema.receipt, schema.application, schema.journal_entry.alias()
    parked = application.c.item_id.is_(None)
    return (
        _receipts(receipt.c.receipt_id, minor_sum(case((parked, 0), else_=application.c.applied_minor)).label("applied"),
                  minor_sum(case((parked, application.c.applied_minor), else_=0)).label("on_account"), when=when)
        .join(application, application.c.receipt_id == receipt.c.receipt_id).outerjoin(reversal, reversal.c.reverses == application.c.entry_id)
        .where(reversal.c.reverses.is_(None)).group_by(receipt.c.receipt_id).subquery()
    )


def _added_up(connection: Connection, query: Select[*tuple[object, ...]], sums: dict[str, ColumnElement[int]]) -> pl.DataFrame:
    statement, file = schema.statement, schema.source_file
    rows = db.frame(connection, query.add_columns(*sums.values()).group_by(*_alike()), {**_ALIKE, **dict.fromkeys(sums, pl.Int64)})
    told = db.frame(connection, select(statement.c.statement_id, file.c.format, statement.c.lockbox != "").join(file, file.c.file_id == statement.c.file_id),
                    {"statement_id": pl.Int64, "format": pl.String, "boxed": pl.Boolean})
    alike = [name for name in _ALIKE if name not in {"statement_id", "type_code", "checked"}]
    return rows.join(told, on="statement_id").with_columns(_method()).group_by(*alike, "format", "method").agg(pl.col(*sums).sum())


def _method() -> pl.Expr:
    """How it came; there are few combinations, so each is looked up once."""
    def told(parts: pl.Series) -> pl.Series:
        rows = parts.struct.unnest()
        known = rows.unique(maintain_order=True).with_columns(pl.Series("method", [
            method(format_name, code, has_check_number=checked, in_lockbox=boxed) for format_name, code, checked, boxed in rows.unique(maintain_order=True).iter_rows()
        ], dtype=pl.String))
        return rows.join(known, on=rows.columns, how="left", maintain_order="left")["method"]

    return pl.struct(*_HOW).map_batches(told, return_dtype=pl.String).alias("method")
