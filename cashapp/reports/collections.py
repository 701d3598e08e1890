"""Collections: whom to call first. Customers with something past due, by how much and how old, with what a collector must know.

The order is past-due amount times the age of its oldest item. Money on hand is cash of the customer that is on no item yet: it is
applied before anybody calls.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import accounts, db, return_cases, schema
from cashapp.books_policy import ReturnRules
from cashapp.exports import days_past_due
from cashapp.reports import ledger_side
from cashapp.reports.aging import CREDITS, open_items
from cashapp.reports.ledger_side import minor_sum
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

_STEPS = ((0, "watch"), (15, "reminder"), (30, "call"), (60, "final notice"), (90, "decide: agency or reserve"))


def collections(connection: Connection, when: When, rules: ReturnRules) -> Report:
    """The work list, and all receivables by whether they are due."""
    items = open_items(connection, when).with_columns(days_past_due(when.until))
    rows = _worklist(items, connection, when, rules)
    return Report(
        name="collections", title="Collections", when=when, as_of=True, sections=(_listed(rows), _totals(items)),
        proofs=proofs(accounts.RECEIVABLE, amounts(items, "left"), ledger_side.balance(connection, accounts.RECEIVABLE, when)),
        notes=("Money on hand: receipts of the customer that are not yet applied (report unapplied).",),
    )


def _worklist(items: pl.DataFrame, connection: Connection, when: When, rules: ReturnRules) -> pl.DataFrame:
    owed = ~pl.col("kind").is_in(CREDITS)
    late = owed & (pl.col("days_past_due") > 0)
    flagged = return_cases.certified_only(connection, rules, when.until)
    rows = items.group_by("customer_id", "name", "currency").agg(
        late.sum().cast(pl.Int64).alias("items"), pl.col("left").filter(late).sum().alias("past_due"), pl.col("days_past_due").filter(late).max().alias("oldest"),
        pl.col("left").filter(owed).sum().alias("owed"), pl.col("left").filter(~owed).sum().alias("credits"),
    ).filter(pl.col("past_due") > 0).join(_on_hand(connection, when), on=["customer_id", "currency"], how="left").join(_last_paid(connection, when.until), on="customer_id", how="left")
    step: pl.Expr = pl.lit("")
    for days, name in _STEPS:
        step = pl.when(pl.col("oldest") > days).then(pl.lit(name)).otherwise(step)
    return rows.with_columns(
        pl.col("on_hand").fill_null(0), step.alias("next"),
        pl.when(pl.col("customer_id").is_in(list(flagged))).then(pl.lit("certified funds only")).otherwise(pl.lit("")).alias("flag"),
    ).sort(pl.col("past_due").cast(pl.Int128) * pl.col("oldest"), "customer_id", descending=[True, False])


def _on_hand(connection: Connection, when: When) -> pl.DataFrame:
    receipt, leg, entry = schema.receipt, schema.posting, schema.journal_entry
    query = (
        select(receipt.c.customer_id, receipt.c.currency, minor_sum(-leg.c.amount_minor)).join(receipt, receipt.c.receipt_id == leg.c.receipt_id)
        .join(entry, entry.c.entry_id == leg.c.entry_id)
        .where(leg.c.account == accounts.UNAPPLIED, entry.c.entry_date <= when.until, receipt.c.customer_id.is_not(None)).group_by(receipt.c.customer_id, receipt.c.currency)
    )
    return db.frame(connection, query, {"customer_id": pl.String, "currency": pl.String, "on_hand": pl.Int64})


def _last_paid(connection: Connection, until: dt.date) -> pl.DataFrame:
    receipt = schema.receipt
    query = select(receipt.c.customer_id, func.max(receipt.c.value_date)).where(
        receipt.c.customer_id.is_not(None), receipt.c.state == "open", receipt.c.value_date <= until).group_by(receipt.c.customer_id)
    return db.frame(connection, query, {"customer_id": pl.String, "last_paid": pl.Date})


def _listed(rows: pl.DataFrame) -> Section:
    columns = (
        Column("customer_id", title="customer"), Column("name"), CURRENCY, Column("items", "count"), Column("past_due", "money"),
        Column("oldest", "count", title="oldest, days", summed=False), Column("owed", "money", title="owed in all", shown="page"),
        Column("credits", "money", shown="page", optional=True), Column("on_hand", "money", title="money on hand", optional=True),
        Column("last_paid", "date", title="last payment"), Column("next", title="next step"), Column("flag", optional=True, shown="page"),
    )
    return Section("worklist", "Whom to call first", columns, rows, apart=True)


def _totals(items: pl.DataFrame) -> Section:
    owed = ~pl.col("kind").is_in(CREDITS)
    late = pl.col("days_past_due") > 0
    rows = items.group_by("currency").agg(
        pl.col("left").filter(owed & late).sum().alias("past_due"), pl.col("left").filter(owed & ~late).sum().alias("not_due"),
        pl.col("left").filter(~owed).sum().alias("credits"), pl.col("left").sum().alias("total")).sort("currency")
    columns = (CURRENCY, Column("past_due", "money"), Column("not_due", "money", title="not yet due"), Column("credits", "money"), Column("total", "money"))
    return Section("totals", "All receivables", columns, rows, totalled=False)
