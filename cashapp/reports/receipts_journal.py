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
from sqlalchemy import Connection, Subquery, case, func, or_, select

from cashapp import accounts, db, schema
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import minor_sum, within
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
    entry, receipt, line, sums = schema.journal_entry, schema.receipt, schema.bank_line, _sums(when)
    query = (
        select(entry.c.entry_date, entry.c.entry_id, entry.c.kind, receipt.c.receipt_key, receipt.c.customer_id, line.c.payer_name, line.c.bank_reference, receipt.c.account,
               sums.c.currency, sums.c.origin, sums.c.cash, sums.c.unapplied, sums.c.receivable, sums.c.allowances, sums.c.all, entry.c.actor)
        .join(sums, sums.c.entry_id == entry.c.entry_id).join(receipt, receipt.c.receipt_id == sums.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .order_by(entry.c.entry_id, db.by_bytes(connection, receipt.c.receipt_key), sums.c.currency)
    )
    shape: db.Shape = {
        "date": pl.Date, "entry_id": pl.Int64, "kind": pl.String, "receipt_id": pl.String, "customer_id": pl.String, "payer": pl.String, "bank_reference": pl.String,
        "account": pl.String, "currency": pl.String, "origin": pl.String, "cash": pl.Int64, "unapplied": pl.Int64, "receivable": pl.Int64, "allowances": pl.Int64,
        "all": pl.Int64, "actor": pl.String,
    }
    of_many = pl.col("origin") == "cash"
    cash = pl.when(of_many).then(-pl.col("unapplied")).otherwise("cash").alias("cash")
    other = pl.when(of_many).then(0).otherwise(pl.col("all") - pl.sum_horizontal("cash", "unapplied", "receivable", "allowances")).alias("other")
    return pl.concat(block.with_columns(cash, other).drop("origin", "all") for block in db.frames(connection, query, shape))


def _sums(when: When) -> Subquery:
    """entry_id, receipt_id, currency, origin and the sums of the postings on each side, of the entries of the days that touched unapplied cash.

    `origin` is the kind of what a reversal takes back, else the entry's own. Of a cash entry only the side of the receipts is told.
    """
    entry, leg = schema.journal_entry, schema.posting
    original, about = entry.alias(), _about(when)
    origin = func.coalesce(original.c.kind, entry.c.kind)
    sides = {
        "cash": ledger_side.on_cash(), "unapplied": leg.c.account == accounts.UNAPPLIED, "receivable": leg.c.account == accounts.RECEIVABLE,
        "allowances": leg.c.account.in_(_ALLOWANCES),
    }
    sums = [minor_sum(case((side, leg.c.amount_minor), else_=0)).label(name) for name, side in sides.items()]
    number = func.coalesce(leg.c.receipt_id, about.c.receipt_id)
    return (
        select(leg.c.entry_id, number.label("receipt_id"), leg.c.currency, origin.label("origin"), *sums, minor_sum(leg.c.amount_minor).label("all"))
        .join(entry, entry.c.entry_id == leg.c.entry_id).outerjoin(original, original.c.entry_id == entry.c.reverses).join(about, about.c.entry_id == leg.c.entry_id)
        .where(or_(origin != "cash", sides["unapplied"])).group_by(leg.c.entry_id, number, leg.c.currency, origin).subquery()
    )


def _about(when: When) -> Subquery:
    """entry_id, receipt_id: of each entry of the days that touched unapplied cash the last receipt that it did so for."""
    entry, leg = schema.journal_entry, schema.posting
    last = func.max(leg.c.receipt_id).label("receipt_id")
    return (
        select(leg.c.entry_id, last).join(entry, entry.c.entry_id == leg.c.entry_id)
        .where(leg.c.account == accounts.UNAPPLIED, *within(when, entry.c.entry_date)).group_by(leg.c.entry_id).subquery()
    )
