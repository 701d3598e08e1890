"""The cash receipts journal: every entry that touched customers' money in certain days, in the order it was written.

One row for each entry and receipt; debits positive, credits negative, so that each row adds up to nothing:

    cash            Dr cash                      Cr unapplied
    application     Dr unapplied, allowances     Cr receivable
    return          Dr unapplied                 Cr cash
    reversal        the mirror of what it takes back

Allowances are cash discounts, deductions and write-offs. Other is what a person posted to another account.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from cashapp import accounts, db, schema
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

_ALLOWANCES = (accounts.DISCOUNT, accounts.DEDUCTION, accounts.WRITE_OFF)
_SHAPE: db.Shape = {
    "entry_id": pl.Int64, "date": pl.Date, "kind": pl.String, "receipt_id": pl.String, "customer_id": pl.String, "payer": pl.String, "bank_reference": pl.String,
    "account": pl.String, "currency": pl.String, "actor": pl.String, "cash": pl.Int64, "unapplied": pl.Int64, "receivable": pl.Int64,
    "allowances": pl.Int64, "other": pl.Int64,
}


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
    imports = schema.journal_entry.c.kind != "open_items"
    return Report(
        name="cash-receipts-journal", title="Cash receipts journal", when=when, sections=(Section("entries", "Entries", columns, rows, apart=True, note=note),),
        proofs=(
            *proofs(f"{accounts.UNAPPLIED}, movement", amounts(rows, "unapplied"), ledger_side.moved(connection, when, ledger_side.on_account(accounts.UNAPPLIED))),
            *proofs(f"{accounts.RECEIVABLE}, movement without imports", amounts(rows, "receivable"),
                    ledger_side.moved(connection, when, ledger_side.on_account(accounts.RECEIVABLE), imports)),
        ),
    )


def _entries(connection: Connection, when: When) -> pl.DataFrame:
    """Rows of entry and receipt. A cash entry holds the receipts of a whole day against one bank posting, so there the cash of
    a receipt is what was credited to unapplied cash for it; any other entry is about one receipt, with all its postings."""
    entry, leg, receipt, line = schema.journal_entry, schema.posting, schema.receipt, schema.bank_line
    of_many = entry.c.kind == "cash"
    touched = select(leg.c.entry_id, func.max(leg.c.receipt_id).label("receipt_id")).where(leg.c.account == accounts.UNAPPLIED).group_by(leg.c.entry_id).subquery()
    about = func.coalesce(leg.c.receipt_id, touched.c.receipt_id)
    keys = (entry.c.entry_id, entry.c.entry_date, entry.c.kind, receipt.c.receipt_key, receipt.c.customer_id, line.c.payer_name, line.c.bank_reference,
            receipt.c.account, leg.c.currency, entry.c.actor)
    is_unapplied, is_cash = leg.c.account == accounts.UNAPPLIED, ledger_side.on_cash()
    is_receivable, is_allowance = leg.c.account == accounts.RECEIVABLE, leg.c.account.in_(_ALLOWANCES)
    query = (
        select(*keys, minor_sum(case((and_(of_many, is_unapplied), -leg.c.amount_minor), (is_cash, leg.c.amount_minor), else_=0)),
               _sum_where(is_unapplied), _sum_where(is_receivable), _sum_where(is_allowance),
               _sum_where(~or_(is_unapplied, is_cash, is_receivable, is_allowance)))
        .join(entry, entry.c.entry_id == leg.c.entry_id).join(touched, touched.c.entry_id == leg.c.entry_id)
        .join(receipt, receipt.c.receipt_id == about).join(line, line.c.line_id == receipt.c.line_id)
        .where(*within(when, entry.c.entry_date), or_(~of_many, is_unapplied)).group_by(*keys)
    )
    return db.frame(connection, query, _SHAPE).sort("entry_id", "receipt_id")


def _sum_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return minor_sum(case((condition, schema.posting.c.amount_minor), else_=0))
