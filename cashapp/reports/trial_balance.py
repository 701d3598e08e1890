"""Trial balance: every account of the ledger in each currency, debits against credits; for a month with what moved in it."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, case, select

from cashapp import accounts, db, schema
from cashapp.reports.ledger_side import minor_sum
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs

_ORDER = (accounts.TRANSIT, accounts.UNAPPLIED, accounts.RECEIVABLE, accounts.IMPORTED)


def trial_balance(connection: Connection, when: When) -> Report:
    """Balances at the end of the days; with a first day also what they opened with and what moved."""
    rows = _accounts(connection, when)
    columns = (Column("account"), CURRENCY, *_movement(when), Column("debit", "money", title="debit balance"), Column("credit", "money", title="credit balance"))
    moved = proofs("debits and credits of the days", amounts(rows, "debits"), amounts(rows, "credits")) if when.since else ()
    return Report(
        name="trial-balance", title="Trial balance", when=when, as_of=when.since is None,
        sections=(Section("accounts", "Accounts", columns, rows, apart=True),),
        proofs=(*proofs("debit and credit balances of all accounts", amounts(rows, "debit"), amounts(rows, "credit")), *moved),
    )


def _movement(when: When) -> tuple[Column, ...]:
    return (Column("opening", "money"), Column("debits", "money"), Column("credits", "money")) if when.since else ()


def _accounts(connection: Connection, when: When) -> pl.DataFrame:
    entry, leg = schema.journal_entry, schema.posting
    amount, date = leg.c.amount_minor, entry.c.entry_date
    inside = date >= when.since if when.since else date <= when.until
    query = (
        select(leg.c.account, leg.c.currency, minor_sum(case((~inside, amount), else_=0)), minor_sum(case((inside & (amount > 0), amount), else_=0)),
               minor_sum(case((inside & (amount < 0), -amount), else_=0)))
        .join(entry, entry.c.entry_id == leg.c.entry_id).where(date <= when.until).group_by(leg.c.account, leg.c.currency)
    )
    shape: db.Shape = {"account": pl.String, "currency": pl.String, "opening": pl.Int64, "debits": pl.Int64, "credits": pl.Int64}
    closing = pl.col("opening") + pl.col("debits") - pl.col("credits")
    return db.frame(connection, query, shape).with_columns(
        pl.when(closing > 0).then(closing).otherwise(0).alias("debit"), pl.when(closing < 0).then(-closing).otherwise(0).alias("credit"),
    ).sort("currency", _place(), "account")


def _place() -> pl.Expr:
    """Bank accounts first, then the accounts that cash runs through, then the rest by name."""
    known = pl.col("account").replace_strict({name: n for n, name in enumerate(_ORDER, start=1)}, default=len(_ORDER) + 1, return_dtype=pl.Int64)
    return pl.when(pl.col("account").str.starts_with(accounts.bank(""))).then(0).otherwise(known)
