"""A customer's statement of account: what was owed, what happened in the days, what is open, how old it is, and money not yet applied.

Without a customer it is the statements of all, one after the other in the tables.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import ColumnElement, Connection, case, func, select

from cashapp import accounts, db, schema
from cashapp.errors import UsageError
from cashapp.exports import AGING, OLDEST, bucket, days_past_due
from cashapp.reports import ledger_side
from cashapp.reports.aging import CREDITS, open_items
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

BUCKETS = (*(name for _, name in AGING), OLDEST)
_WORDS = {
    "open_items": "billed", "application": "payment", "reversal": "taken back", "adjustment": "adjustment", "return": "returned payment", "return_fee": "returned item fee",
}


def statement(connection: Connection, when: When, customer_id: str) -> Report:
    """Movements, open items, ages, payments not yet applied; of one customer or of all."""
    name = _name(connection, customer_id)
    opened = open_items(connection, when, customer_id).with_columns(days_past_due(when.until)).with_columns(bucket())
    leg = schema.posting
    theirs = [leg.c.account == accounts.RECEIVABLE, *([leg.c.customer_id == customer_id] if customer_id else [])]
    happened: list[Section] = []
    if when.since:
        moved, before = _movements(connection, when, customer_id), ledger_side.moved(connection, When(None, when.since), *theirs, _before(when))
        happened = [_balances(before, moved, opened), _moves(moved, named=not customer_id)]
    return Report(
        name="statement", title=f"Statement of account{f': {name}' if name else ''}", when=when, as_of=when.since is None,
        sections=(*happened[:1], _items(opened, named=not customer_id), _ages(opened), *happened[1:], _unapplied(connection, when, customer_id)),
        proofs=proofs(f"{accounts.RECEIVABLE}{f', {customer_id}' if customer_id else ''}", amounts(opened, "left"),
                      ledger_side.moved(connection, When(None, when.until), *theirs)),
    )


def _name(connection: Connection, customer_id: str) -> str:
    if not customer_id:
        return ""
    customer = schema.customer
    name = connection.execute(select(customer.c.name).where(customer.c.customer_id == customer_id)).scalar()
    if name is None:
        raise UsageError(f"there is no customer {customer_id}")
    return f"{name} ({customer_id})"


def _before(when: When) -> ColumnElement[bool]:
    return schema.journal_entry.c.entry_date < when.since


def _movements(connection: Connection, when: When, customer_id: str) -> pl.DataFrame:
    """What changed the customer's items in the days, entry by entry and item by item."""
    entry, leg, item = schema.journal_entry, schema.posting, schema.open_item
    mine = [leg.c.customer_id == customer_id] if customer_id else []
    query = (
        select(entry.c.entry_date, entry.c.entry_id, entry.c.kind, leg.c.customer_id, item.c.document_number, leg.c.currency,
               minor_sum(case((leg.c.amount_minor > 0, leg.c.amount_minor), else_=0)), minor_sum(case((leg.c.amount_minor < 0, -leg.c.amount_minor), else_=0)))
        .join(entry, entry.c.entry_id == leg.c.entry_id).outerjoin(item, item.c.item_id == leg.c.item_id)
        .where(leg.c.account == accounts.RECEIVABLE, *within(when, entry.c.entry_date), *mine)
        .group_by(entry.c.entry_date, entry.c.entry_id, entry.c.kind, leg.c.customer_id, item.c.document_number, leg.c.currency)
    )
    shape: db.Shape = {"date": pl.Date, "entry_id": pl.Int64, "kind": pl.String, "customer_id": pl.String, "document": pl.String, "currency": pl.String,
                       "charges": pl.Int64, "credits": pl.Int64}
    return db.frame(connection, query, shape).with_columns(
        pl.col("kind").replace_strict(_WORDS, default=pl.col("kind"), return_dtype=pl.String).alias("what")).sort("date", "entry_id", "customer_id", "document")


def _balances(before: dict[str, int], moved: pl.DataFrame, opened: pl.DataFrame) -> Section:
    charges, credits_, left = amounts(moved, "charges"), amounts(moved, "credits"), amounts(opened, "left")
    rows = [(currency, before.get(currency, 0), charges.get(currency, 0), credits_.get(currency, 0), before.get(currency, 0) + charges.get(currency, 0) - credits_.get(currency, 0))
            for currency in sorted({*before, *charges, *left})]
    frame = pl.DataFrame(rows, orient="row", schema={"currency": pl.String, "opening": pl.Int64, "charges": pl.Int64, "credits": pl.Int64, "closing": pl.Int64})
    columns = (CURRENCY, Column("opening", "money", title="balance before"), Column("charges", "money"), Column("credits", "money", title="payments and credits"),
               Column("closing", "money", title="balance now"))
    return Section("balance", "Balance", columns, frame, totalled=False)


def _items(opened: pl.DataFrame, *, named: bool) -> Section:
    late = pl.when(~pl.col("kind").is_in(CREDITS)).then("days_past_due").alias("days_past_due")
    rows = opened.with_columns(late).sort("customer_id", "due_date", "issue_date", "document")
    columns = (*((Column("customer_id", title="customer"),) if named else ()), Column("document"), Column("kind", "code"), Column("issue_date", "date", title="issued"),
               Column("due_date", "date", title="due"), Column("days_past_due", "count", title="days past due", summed=False), CURRENCY,
               Column("amount", "money", title="original"), Column("left", "money", title="open"))
    return Section("items", "Open items", columns, rows, apart=True)


def _ages(opened: pl.DataFrame) -> Section:
    column = pl.when(pl.col("kind").is_in(CREDITS)).then(pl.lit("credits")).otherwise(pl.col("bucket"))
    sums = [pl.col("left").filter(column == name).sum().alias(name) for name in (*BUCKETS, "credits")]
    rows = opened.group_by("currency").agg(*sums, pl.col("left").sum().alias("total")).sort("currency")
    return Section("ages", "By days past due", (CURRENCY, *(Column(name, "money") for name in (*BUCKETS, "credits", "total"))), rows, totalled=False)


def _moves(moved: pl.DataFrame, *, named: bool) -> Section:
    columns = (Column("date", "date"), *((Column("customer_id", title="customer"),) if named else ()), Column("what"), Column("document"), CURRENCY, Column("charges", "money"),
               Column("credits", "money"), Column("entry_id", "number", title="entry", shown="data"))
    return Section("movements", "What happened", columns, moved, apart=True)


def _unapplied(connection: Connection, when: When, customer_id: str) -> Section:
    receipt, leg, entry, line = schema.receipt, schema.posting, schema.journal_entry, schema.bank_line
    left = minor_sum(-leg.c.amount_minor)
    theirs = receipt.c.customer_id == customer_id if customer_id else receipt.c.customer_id.is_not(None)
    query = (
        select(receipt.c.value_date, receipt.c.receipt_key, receipt.c.customer_id, line.c.check_number, line.c.bank_reference, receipt.c.currency, left)
        .join(receipt, receipt.c.receipt_id == leg.c.receipt_id).join(entry, entry.c.entry_id == leg.c.entry_id).join(line, line.c.line_id == receipt.c.line_id)
        .where(leg.c.account == accounts.UNAPPLIED, entry.c.entry_date <= when.until, theirs)
        .group_by(receipt.c.value_date, receipt.c.receipt_key, receipt.c.customer_id, line.c.check_number, line.c.bank_reference, receipt.c.currency)
        .having(func.sum(leg.c.amount_minor) != 0)
    )
    rows = db.frame(connection, query, {"date": pl.Date, "receipt": pl.String, "customer_id": pl.String, "check_number": pl.String, "bank_reference": pl.String,
                                        "currency": pl.String, "unapplied": pl.Int64}).sort("date", "receipt")
    columns = (Column("date", "date", title="received"), *(() if customer_id else (Column("customer_id", title="customer"),)), Column("check_number", title="check", optional=True),
               Column("bank_reference"), Column("receipt", shown="page"), CURRENCY, Column("unapplied", "money"))
    return Section("unapplied", "Payments not yet applied", columns, rows, note="Not deducted from the open items above.")
