"""Returned items: what banks took back in certain days, why, from whom, and which items are open again."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, Text, cast, func, literal, or_, select

from cashapp import db, schema
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs
from parsers.returns import ReturnReason, in_words, lookup

_SHAPE: db.Shape = {
    "date": pl.Date, "entry_id": pl.Int64, "line_payer": pl.String, "receipt_payer": pl.String, "customer": pl.String, "account": pl.String,
    "check_number": pl.String, "original_reference": pl.String, "customer_reference": pl.String, "bank_reference": pl.String, "told": pl.String,
    "text": pl.String, "currency": pl.String, "amount": pl.Int64, "receipt_number": pl.Int64, "receipt_id": pl.String, "how": pl.String, "waiting": pl.String,
}


def returned_items(connection: Connection, when: When) -> Report:
    """Each returned item, and the sums by reason."""
    rows = _returns(connection, when).join(_reopened(connection), on="receipt_number", how="left").sort("date", "entry_id")
    is_return = schema.journal_entry.c.kind == "return"
    return Report(
        name="returned-items", title="Returned items", when=when, sections=(_listed(rows), _by_reason(rows)),
        proofs=proofs("bank accounts and cash in transit, entries of kind return", amounts(rows, "amount"),
                      ledger_side.moved(connection, when, is_return, ledger_side.on_cash(), sign=-1)),
    )


def _returns(connection: Connection, when: When) -> pl.DataFrame:
    """The lines that posted a return, with the receipt that each takes back where it was found."""
    entry, line, taken, receipt, customer, case = (
        schema.journal_entry, schema.bank_line, schema.returned_item, schema.receipt, schema.customer, schema.exception_case)
    paid = line.alias("paid")
    waits = select(case.c.line_id, func.min(case.c.status).label("status")).where(case.c.reason.in_(("return_unmatched", "return_conflict"))).group_by(
        case.c.line_id).subquery()
    query = (
        select(entry.c.entry_date, entry.c.entry_id, line.c.payer_name, paid.c.payer_name, func.coalesce(customer.c.customer_id, ""), line.c.account,
               line.c.check_number, line.c.original_reference, line.c.customer_reference, line.c.bank_reference, line.c.return_reason,
               line.c.remittance_text, line.c.currency, -line.c.amount_minor, receipt.c.receipt_id, receipt.c.receipt_key, taken.c.how, waits.c.status)
        .join(entry, entry.c.source_key == literal("return:") + cast(line.c.line_id, Text))
        .outerjoin(taken, taken.c.line_id == line.c.line_id).outerjoin(receipt, receipt.c.receipt_id == taken.c.receipt_id)
        .outerjoin(paid, paid.c.line_id == receipt.c.line_id).outerjoin(customer, customer.c.customer_id == receipt.c.customer_id)
        .outerjoin(waits, waits.c.line_id == line.c.line_id)
        .where(or_(line.c.kind == "return", line.c.kind == "reversal"), *within(when, entry.c.entry_date))
    )
    rows = db.frame(connection, query, _SHAPE)
    reasons = [_reason(told, text) for told, text in rows.select("told", "text").iter_rows()]
    return rows.with_columns(
        pl.when(pl.col("told") != "").then("told").otherwise(pl.Series([reason.code for reason in reasons], dtype=pl.String)).alias("code"), pl.Series("label", [reason.label for reason in reasons], dtype=pl.String),
        _first_said("receipt_payer", "line_payer").alias("payer"),
        _first_said("check_number", "original_reference", "customer_reference", "bank_reference").alias("reference"),
        pl.when(pl.col("receipt_id").is_not_null()).then(pl.lit("taken back")).when(pl.col("waiting") == "open").then(pl.lit("waits for a person"))
        .otherwise(pl.lit("decided by a person")).alias("outcome"),
    )


def _first_said(*names: str) -> pl.Expr:
    return pl.coalesce(pl.when(pl.col(name) != "").then(pl.col(name)) for name in names).fill_null("")


def _reason(told: str, text: str) -> ReturnReason:
    """The reason behind the bank's code or words; its own words where nobody knows them."""
    return lookup(told) or in_words(f"{told} {text}") or ReturnReason(told, "unspecified", "")


def _reopened(connection: Connection) -> pl.DataFrame:
    """For each receipt the documents that its return opened again."""
    application, item, reversal = schema.application, schema.open_item, schema.journal_entry
    query = (
        select(application.c.receipt_id, item.c.document_number).join(reversal, reversal.c.reverses == application.c.entry_id)
        .join(item, item.c.item_id == application.c.item_id).where(reversal.c.reason.startswith("returned"))
        .distinct().order_by(application.c.receipt_id, item.c.document_number)
    )
    rows = db.frame(connection, query, {"receipt_number": pl.Int64, "document_number": pl.String})
    return rows.group_by("receipt_number").agg(pl.col("document_number").str.join(", ").alias("items_reopened"))


def _listed(rows: pl.DataFrame) -> Section:
    columns = (
        Column("date", "date"), Column("payer"), Column("customer", shown="page"), Column("reference"), Column("code"), Column("label", title="reason"),
        CURRENCY, Column("amount", "money"), Column("receipt_id", title="receipt"), Column("items_reopened"), Column("outcome", shown="page"),
        Column("how", title="found by", shown="data"), Column("account", shown="data"),
    )
    return Section("items", "Items taken back", columns, rows, note="A line without a receipt waits in returns clearing for a person.")


def _by_reason(rows: pl.DataFrame) -> Section:
    summed = rows.group_by("code", "label", "currency").agg(pl.len().cast(pl.Int64).alias("items"), pl.col("amount").sum()).sort("code", "currency")
    columns = (Column("code"), Column("label", title="reason"), CURRENCY, Column("items", "count"), Column("amount", "money"))
    return Section("by_reason", "By reason", columns, summed)
