"""Adjustments of certain days, who asked for each and who approved it; what waits; and what applications allowed beside the cash.

An adjustment within the limit of the one who asked needs no second person. One that was reversed is listed apart and counts for
nothing.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import ColumnElement, Connection, case, or_, select

from cashapp import accounts, db, schema
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

_SHAPE: db.Shape = {
    "date": pl.Date, "adjustment_id": pl.Int64, "kind": pl.String, "status": pl.String, "customer": pl.String, "document": pl.String, "receipt": pl.String,
    "reason": pl.String, "owner": pl.String, "note": pl.String, "currency": pl.String, "amount": pl.Int64, "asked_by": pl.String, "approver": pl.String,
    "entry_id": pl.Int64,
}


def adjustments(connection: Connection, when: When) -> Report:
    """Posted, by kind, waiting, rejected and reversed; and the allowances inside applications."""
    table, entry = schema.adjustment, schema.journal_entry
    posted = _rows(connection, table.c.status == "posted", *within(when, entry.c.entry_date))
    waiting = _rows(connection, table.c.status == "pending", table.c.requested_on <= when.until)
    others = _rows(connection, table.c.status.in_(("rejected", "reversed")), *within(when, table.c.requested_on))
    allowed = _allowances(connection, when)
    return Report(
        name="adjustments", title="Adjustments", when=when,
        sections=(_listed("posted", "Posted", posted), _by_kind(posted), _listed("waiting", "Waiting for a second person", waiting),
                  _listed("others", "Rejected or reversed", others), allowed),
        proofs=(*proofs("debits of standing entries of kind adjustment", amounts(posted, "amount"), _debits(connection, when)),
                *proofs("discounts, deductions and write-offs by standing applications", amounts(allowed.rows, "total"), _allowed(connection, when))),
        notes=("Approved by: the second person; a dash where the amount was within the limit of the one who asked.",),
    )


def _rows(connection: Connection, *conditions: ColumnElement[bool]) -> pl.DataFrame:
    table, entry, item, receipt = schema.adjustment, schema.journal_entry, schema.open_item, schema.receipt
    query = (
        select(case((entry.c.entry_date.is_not(None), entry.c.entry_date), else_=table.c.requested_on), table.c.adjustment_id, table.c.kind, table.c.status,
               table.c.customer_id, item.c.document_number, receipt.c.receipt_key, table.c.reason, table.c.owner, table.c.note, table.c.currency,
               table.c.amount_minor, table.c.requested_by, table.c.decided_by, table.c.entry_id)
        .outerjoin(entry, entry.c.entry_id == table.c.entry_id).outerjoin(receipt, receipt.c.receipt_id == table.c.receipt_id)
        .outerjoin(item, item.c.item_id == case((table.c.item_id.is_not(None), table.c.item_id), else_=table.c.made_item_id)).where(*conditions)
    )
    return db.frame(connection, query, _SHAPE).with_columns(
        pl.coalesce("document", "receipt").fill_null("").alias("about"), pl.when(pl.col("approver") == "").then(pl.lit("–")).otherwise("approver").alias("approver"),
    ).sort("date", "adjustment_id")


def _listed(name: str, title: str, rows: pl.DataFrame) -> Section:
    columns = (
        Column("date", "date"), Column("adjustment_id", "number", title="no."), Column("kind", "code"), Column("status", "code", shown="text" if name == "others" else "data"),
        Column("customer"), Column("about", title="document or receipt"), Column("reason"), Column("owner", shown="page", optional=True), CURRENCY,
        Column("amount", "money"), Column("asked_by"), Column("approver", title="approved by"), Column("entry_id", "number", title="entry", shown="page"),
        Column("note", shown="data"),
    )
    return Section(name, title, columns, rows)


def _by_kind(rows: pl.DataFrame) -> Section:
    approved = pl.col("approver") != "–"
    summed = rows.group_by("kind", "currency").agg(
        pl.len().cast(pl.Int64).alias("adjustments"), pl.col("amount").sum(), approved.sum().cast(pl.Int64).alias("approved"),
        pl.col("amount").filter(approved).sum().alias("approved_amount")).sort("kind", "currency")
    columns = (Column("kind", "code"), CURRENCY, Column("adjustments", "count"), Column("amount", "money"),
               Column("approved", "count", title="by two people"), Column("approved_amount", "money", title="of it"))
    return Section("by_kind", "By kind", columns, summed)


def _allowances(connection: Connection, when: When) -> Section:
    rows, receipt, entry = schema.application, schema.receipt, schema.journal_entry
    reversal = entry.alias()
    query = (
        select(rows.c.actor, rows.c.rule, receipt.c.currency, minor_sum(rows.c.discount_minor), minor_sum(rows.c.deduction_minor), minor_sum(rows.c.write_off_minor))
        .join(receipt, receipt.c.receipt_id == rows.c.receipt_id).join(entry, entry.c.entry_id == rows.c.entry_id)
        .outerjoin(reversal, reversal.c.reverses == rows.c.entry_id)
        .where(reversal.c.reverses.is_(None), *within(when, entry.c.entry_date), or_(rows.c.discount_minor != 0, rows.c.deduction_minor != 0, rows.c.write_off_minor != 0))
        .group_by(rows.c.actor, rows.c.rule, receipt.c.currency)
    )
    frame = db.frame(connection, query, {"actor": pl.String, "rule": pl.String, "currency": pl.String, "discount": pl.Int64, "deduction": pl.Int64, "write_off": pl.Int64})
    columns = (Column("actor"), Column("rule", "code"), CURRENCY, Column("discount", "money"), Column("deduction", "money"), Column("write_off", "money"), Column("total", "money"))
    summed = frame.with_columns((pl.col("discount") + pl.col("deduction") + pl.col("write_off")).alias("total")).sort("actor", "rule", "currency")
    return Section("allowances", "Allowed within applications", columns, summed)


def _debits(connection: Connection, when: When) -> dict[str, int]:
    return ledger_side.moved(connection, when, schema.journal_entry.c.kind == "adjustment", _stands(), schema.posting.c.amount_minor > 0)


def _allowed(connection: Connection, when: When) -> dict[str, int]:
    leg = schema.posting
    return ledger_side.moved(connection, when, schema.journal_entry.c.kind == "application", _stands(),
                             leg.c.account.in_((accounts.DISCOUNT, accounts.DEDUCTION, accounts.WRITE_OFF)))


def _stands() -> ColumnElement[bool]:
    reversal = schema.journal_entry.alias()
    return schema.journal_entry.c.entry_id.not_in(select(reversal.c.reverses).where(reversal.c.reverses.is_not(None)))
