"""The cash receipts journal: every entry that touched customers' money in certain days, in the order it was written.

One row for each entry and receipt; debits positive, credits negative, so that each row adds up to nothing:

    cash            Dr cash                      Cr unapplied
    application     Dr unapplied, allowances     Cr receivable
    return          Dr unapplied                 Cr cash
    adjustment      Dr unapplied                 Cr what it was given to
    reversal        the mirror of what it takes back

Allowances are cash discounts, deductions and write-offs. Other is what a person posted to another account.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import accounts, db, schema
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

_ALLOWANCES = (accounts.DISCOUNT, accounts.DEDUCTION, accounts.WRITE_OFF)


def receipts_journal(connection: Connection, when: When) -> Report:
    """The journal with its column totals."""
    rows = _entries(connection, when)
    columns = (
        Column("date", "date"), Column("entry_id", "number", title="entry"), Column("kind", "code"), Column("receipt_id", title="receipt"), Column("customer_id", title="customer"),
        Column("payer", shown="page"), Column("bank_reference", shown="data"), Column("account", shown="data"), CURRENCY, Column("cash", "money"),
        Column("unapplied", "money"), Column("receivable", "money"), Column("allowances", "money", optional=True), Column("other", "money", optional=True),
        Column("actor", shown="data"),
    )
    note = "Debits positive, credits negative. Allowances: cash discounts, deductions, write-offs."
    touching = schema.posting.c.entry_id.in_(select(schema.posting.c.entry_id).where(schema.posting.c.account == accounts.UNAPPLIED))
    return Report(
        name="cash-receipts-journal", title="Cash receipts journal", when=when, sections=(Section("entries", "Entries", columns, rows, apart=True, note=note),),
        proofs=(
            *proofs(f"{accounts.UNAPPLIED}, movement", amounts(rows, "unapplied"), ledger_side.moved(connection, when, ledger_side.on_account(accounts.UNAPPLIED))),
            *proofs(f"{accounts.RECEIVABLE}, movement by receipts", amounts(rows, "receivable"),
                    ledger_side.moved(connection, when, ledger_side.on_account(accounts.RECEIVABLE), touching)),
        ),
    )


def _entries(connection: Connection, when: When) -> pl.DataFrame:
    """Rows of entry and receipt. A cash entry holds the receipts of a whole day against one bank posting, so there the cash of
    a receipt is what was credited to unapplied cash for it; any other entry is about one receipt, with all its postings."""
    legs, account, minor = _legs(connection, when), pl.col("account"), pl.col("minor")
    of_many, is_unapplied = pl.col("origin") == "cash", account == accounts.UNAPPLIED
    sides = {
        "cash": account.str.starts_with(accounts.bank("")) | (account == accounts.TRANSIT), "unapplied": is_unapplied,
        "receivable": account == accounts.RECEIVABLE, "allowances": account.is_in(_ALLOWANCES),
    }
    sums = [minor.filter(side).sum().alias(name) for name, side in sides.items()]
    about = legs.filter(is_unapplied).group_by("entry_id").agg(pl.col("receipt_number").max().alias("about"))
    rows = (
        legs.join(about, on="entry_id").filter(~of_many | is_unapplied).with_columns(pl.coalesce("receipt_number", "about").alias("receipt_number"))
        .group_by("entry_id", "receipt_number", "currency", "date", "kind", "origin", "actor").agg(*sums, minor.sum().alias("all"))
        .with_columns(pl.when(of_many).then(-pl.col("unapplied")).otherwise("cash").alias("cash"),
                      pl.when(of_many).then(0).otherwise(pl.col("all") - pl.sum_horizontal(*sides)).alias("other"))
    )
    return rows.join(_receipts(connection, rows["receipt_number"]), on="receipt_number").sort("entry_id", "receipt_id")


def _legs(connection: Connection, when: When) -> pl.DataFrame:
    """The postings of the days, save those of imports; `origin` is the kind of what a reversal takes back, else the entry's own."""
    entry, leg = schema.journal_entry, schema.posting
    original = entry.alias()
    query = (
        select(entry.c.entry_id, entry.c.entry_date, entry.c.kind, func.coalesce(original.c.kind, entry.c.kind), entry.c.actor, leg.c.account, leg.c.currency, leg.c.amount_minor, leg.c.receipt_id)
        .join(leg, leg.c.entry_id == entry.c.entry_id).outerjoin(original, original.c.entry_id == entry.c.reverses)
        .where(*within(when, entry.c.entry_date), entry.c.kind != "open_items")
    )
    return db.frame(connection, query, {
        "entry_id": pl.Int64, "date": pl.Date, "kind": pl.String, "origin": pl.String, "actor": pl.String, "account": pl.String, "currency": pl.String, "minor": pl.Int64,
        "receipt_number": pl.Int64,
    })


def _receipts(connection: Connection, numbers: pl.Series) -> pl.DataFrame:
    """Who paid, for the receipts with these numbers and perhaps others."""
    receipt, line = schema.receipt, schema.bank_line
    query = (
        select(receipt.c.receipt_id, receipt.c.receipt_key, receipt.c.customer_id, receipt.c.account, line.c.payer_name, line.c.bank_reference)
        .join(line, line.c.line_id == receipt.c.line_id).where(receipt.c.receipt_id.between(numbers.min(), numbers.max()))
    )
    return db.frame(connection, query, {
        "receipt_number": pl.Int64, "receipt_id": pl.String, "customer_id": pl.String, "account": pl.String, "payer": pl.String, "bank_reference": pl.String,
    })
