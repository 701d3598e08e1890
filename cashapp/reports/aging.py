"""Aging: what customers owe as of a day, by how long it is past due; credits stand in a column of their own, negative.

Open amounts are those of that day: what the postings dated up to it leave open. The invoice's own due date decides; an item
without one is due when issued.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import accounts, db, schema
from cashapp.exports import AGING, OLDEST, bucket, days_past_due
from cashapp.reports import ledger_side
from cashapp.reports.cells import grouped
from cashapp.reports.ledger_side import minor_sum
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

BUCKETS = (*(name for _, name in AGING), OLDEST)
CREDITS = ("credit_memo", "on_account")


def aging(connection: Connection, when: When) -> Report:
    """Customers by bucket, for each currency."""
    rows = _by_customer(open_items(connection, when), when)
    section = Section("customers", "Customers", (
        Column("customer_id", title="customer"), Column("name"), CURRENCY, Column("items", "count", shown="page"),
        *(Column(name, "money") for name in BUCKETS), Column("credits", "money"), Column("total", "money"),
    ), rows, apart=True, note="Days past due. Credits: credit memos and money left on account, not yet used.")
    unapplied = ledger_side.balance(connection, accounts.UNAPPLIED, when, sign=-1)
    waiting = ", ".join(f"{grouped(minor, currency)} {currency}" for currency, minor in sorted(unapplied.items()) if minor)
    return Report(
        name="aging", title="Aging of receivables", when=when, as_of=True, sections=(section,),
        proofs=proofs(accounts.RECEIVABLE, amounts(rows, "total"), ledger_side.balance(connection, accounts.RECEIVABLE, when)),
        notes=(f"Not deducted: cash received and not applied to any item, {waiting} (report unapplied).",) if waiting else (),
    )


def open_items(connection: Connection, when: When, customer_id: str = "") -> pl.DataFrame:
    """Items that are open at the end of the day, of one customer or of all, with what is open of them: what is open now without what has moved since, so
    that items which were closed before are not looked at."""
    item, customer, entry, leg = schema.open_item, schema.customer, schema.journal_entry, schema.posting
    theirs = item.c.item_id.is_not(None) if not customer_id else item.c.customer_id == customer_id
    later = select(entry.c.entry_id).where(entry.c.entry_date > when.until)
    since = (
        select(leg.c.item_id, minor_sum(leg.c.amount_minor).label("moved"))
        .where(leg.c.entry_id.in_(later), leg.c.account == accounts.RECEIVABLE, leg.c.item_id.is_not(None)).group_by(leg.c.item_id).cte("since")
    )
    may_be = select(item.c.item_id).where(item.c.open_minor != 0).union(select(since.c.item_id))
    left = item.c.open_minor - func.coalesce(since.c.moved, 0)
    query = (
        select(item.c.customer_id, customer.c.name, item.c.currency, item.c.kind, item.c.issue_date, item.c.due_date, left, item.c.document_number,
               item.c.amount_minor, item.c.item_id)
        .join(customer, customer.c.customer_id == item.c.customer_id).outerjoin(since, since.c.item_id == item.c.item_id)
        .where(item.c.item_id.in_(may_be), theirs, left != 0).order_by(item.c.item_id)
    )
    shape: db.Shape = {"customer_id": pl.String, "name": pl.String, "currency": pl.String, "kind": pl.String, "issue_date": pl.Date,
                       "due_date": pl.Date, "left": pl.Int64, "document": pl.String, "amount": pl.Int64, "item_id": pl.Int64}
    return db.frame(connection, query, shape)


def of_customer(connection: Connection, customer_id: str, today: dt.date) -> pl.DataFrame:
    """currency, the BUCKETS, credits, total in minor units: what one customer owes now."""
    item = schema.open_item
    query = select(item.c.customer_id, item.c.customer_id.label("name"), item.c.currency, item.c.kind, item.c.issue_date, item.c.due_date, item.c.open_minor).where(
        item.c.customer_id == customer_id, item.c.open_minor != 0)
    items = db.frame(connection, query, {"customer_id": pl.String, "name": pl.String, "currency": pl.String, "kind": pl.String, "issue_date": pl.Date,
                                         "due_date": pl.Date, "left": pl.Int64})
    return _by_customer(items, When(None, today)).select("currency", *BUCKETS, "credits", "total")


def _by_customer(items: pl.DataFrame, when: When) -> pl.DataFrame:
    column = pl.when(pl.col("kind").is_in(CREDITS)).then(pl.lit("credits")).otherwise(pl.col("bucket"))
    placed = items.with_columns(days_past_due(when.until)).with_columns(bucket()).with_columns(column.alias("column"))
    sums = [pl.col("left").filter(pl.col("column") == name).sum().alias(name) for name in (*BUCKETS, "credits")]
    return placed.group_by("currency", "customer_id", "name").agg(
        pl.len().cast(pl.Int64).alias("items"), *sums, pl.col("left").sum().alias("total")).sort("currency", "customer_id")
