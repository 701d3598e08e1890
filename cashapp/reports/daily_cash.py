"""Daily cash: what each bank account had, got and has; how customers' money came; and what has become of it.

The day of money is the day the bank booked it. Receipts that a lockbox, an ACH file or an advice told of before the
statement are money of the day those say. The status is that of the books now, not of that evening: Monday's receipts are
seen applied in Tuesday's print.
"""

from __future__ import annotations

import datetime as dt
from itertools import groupby

import polars as pl
from sqlalchemy import Connection, Row, func, select

from cashapp import accounts, db, linking, schema
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import minor_sum, within
from cashapp.reports.methods import METHODS
from cashapp.reports.model import CURRENCY, Column, Proof, Report, Section, When, amounts, proofs
from cashapp.reports.payments import payments_used

STATUSES = ("applied", "on account", "unapplied", "unidentified", "returned", "non-AR")


def daily_cash(connection: Connection, when: When) -> Report:
    """The report for one day or a span of days."""
    booked, came = _booked(connection, when), payments_used(connection, when)
    by_day = (_receipts_by_day(came),) if when.since != when.until else ()
    return Report(
        name="daily-cash", title="Daily cash", when=when,
        sections=(_balances(connection, booked, when), _booked_by_kind(booked), *by_day, _receipts_by_method(came), _receipts_by_status(came)),
        proofs=(*_cash_proofs(connection, booked, when), *receipt_proofs(connection, came, when)),
    )


def latest_days(connection: Connection, today: dt.date) -> When:
    """From the last day that a statement shows to the last day of which anything is known: what a morning asks for."""
    line = schema.bank_line
    newest = select(func.max(line.c.booking_date)).where(line.c.booking_date <= today, line.c.status == "booked")
    until = connection.execute(newest).scalar() or today
    return When(connection.execute(newest.where(line.c.report == "statement")).scalar() or until, until)


def _booked(connection: Connection, when: When) -> pl.DataFrame:
    """What the statements booked: account, currency, kind, count, money in, money out. Lines told twice count once, a batch
    counts as it was booked: what its details exceed it by is the bank's fee."""
    line = schema.bank_line
    counted = [line.c.report == "statement", line.c.status == "booked", linking.told_first(), *within(when, line.c.booking_date)]
    shape: db.Shape = {"account": pl.String, "currency": pl.String, "kind": pl.String, "amount": pl.Int64, "lines": pl.Int64}
    lines = select(line.c.account, line.c.currency, line.c.kind, line.c.amount_minor, func.count()).where(*counted).group_by(
        line.c.account, line.c.currency, line.c.kind, line.c.amount_minor)
    batch = (line.c.statement_id, line.c.batch_key, line.c.batch_amount_minor, line.c.account, line.c.currency)
    charges = (
        select(line.c.account, line.c.currency, line.c.batch_amount_minor - minor_sum(line.c.amount_minor))
        .where(*counted, line.c.batch_key.is_not(None), line.c.batch_amount_minor.is_not(None)).group_by(*batch)
    )
    kept = db.frame(connection, charges, {"account": pl.String, "currency": pl.String, "amount": pl.Int64}).filter(pl.col("amount") != 0)
    fees = kept.select("account", "currency", pl.lit("fee").alias("kind"), "amount", pl.lit(1, dtype=pl.Int64).alias("lines"))
    total = pl.col("amount") * pl.col("lines")
    return pl.concat([db.frame(connection, lines, shape), fees]).group_by("account", "currency", "kind").agg(
        pl.col("lines").sum(),
        pl.when(pl.col("amount") > 0).then(total).otherwise(0).sum().alias("money_in"),
        pl.when(pl.col("amount") < 0).then(total).otherwise(0).sum().alias("money_out"),
    ).sort("account", "currency", "kind")


def _balances(connection: Connection, booked: pl.DataFrame, when: When) -> Section:
    moved = booked.group_by("account", "currency").agg(pl.col("money_in", "money_out").sum())
    shape = {"account": pl.String, "currency": pl.String, "opening": pl.Int64, "closing": pl.Int64, "stated_on": pl.Date}
    stated = pl.DataFrame(_stated(connection, when), schema=shape, orient="row")
    inside = pl.col("stated_on") >= pl.lit(when.since) if when.since else pl.lit(value=True)
    rows = (
        stated.join(moved, on=["account", "currency"], how="full", coalesce=True).with_columns(pl.col("money_in", "money_out").fill_null(0))
        .with_columns(pl.when(inside).then(pl.col("closing") - pl.col("opening") - pl.col("money_in") - pl.col("money_out")).alias("difference"))
        .sort("account", "currency")
    )
    columns = (
        Column("account"), CURRENCY, Column("opening", "money"), Column("money_in", "money"), Column("money_out", "money"),
        Column("closing", "money"), Column("stated_on", "date"), Column("difference", "money", optional=True),
    )
    note = "Balances as the statements state them; blank where none does. A difference: lines of other days, or a statement that is missing."
    return Section("accounts", "Bank accounts", columns, rows, totalled=False, note=note)


def _stated(connection: Connection, when: When) -> list[tuple[str, str, int | None, int | None, dt.date]]:
    """For each account (with currency) the opening and closing balance of the days and the date of the closing one."""
    statement, line = schema.statement, schema.bank_line
    last_line = func.max(line.c.booking_date)
    query = (
        select(statement.c.account, statement.c.currency, func.coalesce(statement.c.closing_date, statement.c.to_date, last_line).label("date"),
               statement.c.statement_id, statement.c.opening_minor, statement.c.closing_minor)
        .outerjoin(line, line.c.statement_id == statement.c.statement_id)
        .where(statement.c.report == "statement", statement.c.copy == "", statement.c.closing_minor.is_not(None), statement.c.file_id.not_in(select(schema.undone_file.c.file_id))).group_by(*statement.c)
    )
    known = sorted((row for row in connection.execute(query).all() if row.date is not None and row.date <= when.until),
                   key=lambda row: (row.account, row.currency, row.date, row.statement_id))
    return [(*account, *_opening_and_closing(list(rows), when)) for account, rows in groupby(known, key=lambda row: (row.account, row.currency))]


def _opening_and_closing(rows: list[Row[*tuple[object, ...]]], when: When) -> tuple[int | None, int, dt.date]:
    before = [row for row in rows if when.since is not None and row.date < when.since]
    opening = before[-1].closing_minor if before else rows[0].opening_minor
    return opening, rows[-1].closing_minor, rows[-1].date


def _booked_by_kind(booked: pl.DataFrame) -> Section:
    columns = (Column("account"), CURRENCY, Column("kind", "code", title="what the bank booked"), Column("lines", "count"),
               Column("money_in", "money"), Column("money_out", "money"))
    return Section("booked", "Booked by the banks", columns, booked)


def _taken() -> list[pl.Expr]:
    """How many receipts, how much came, and how much of it is applied or on account."""
    standing = [pl.col(name).filter(pl.col("state") == "open").sum() for name in ("applied", "on_account")]
    waiting = pl.col("unapplied").sum().alias("not_applied")
    elsewhere = (pl.col("amount").sum() - standing[0] - standing[1] - pl.col("unapplied").sum()).alias("elsewhere")
    return [pl.col("receipts").sum(), pl.col("amount").sum().alias("received"), *standing, waiting, elsewhere]


_TAKEN = (
    Column("receipts", "count"), Column("received", "money"), Column("applied", "money"), Column("on_account", "money", optional=True),
    Column("not_applied", "money"), Column("elsewhere", "money", title="returned, non-AR", optional=True),
)


def _receipts_by_day(came: pl.DataFrame) -> Section:
    rows = came.group_by("date", "currency").agg(_taken()).sort("date", "currency")
    return Section("receipts_by_day", "Receipts by day", (Column("date", "date"), CURRENCY, *_TAKEN), rows)


def _receipts_by_method(came: pl.DataFrame) -> Section:
    order = pl.col("method").replace_strict({name: n for n, name in enumerate(METHODS)}, return_dtype=pl.Int64)
    rows = came.group_by("account", "currency", "method").agg(_taken()).sort("account", "currency", order)
    return Section("receipts_by_method", "Receipts by account and method", (Column("account"), CURRENCY, Column("method"), *_TAKEN), rows)


def _receipts_by_status(came: pl.DataFrame) -> Section:
    """Each receipt's money by what has become of it; a receipt that is partly applied is in two rows."""
    is_open, known = pl.col("state") == "open", pl.col("known")
    shares = {
        "applied": [(is_open, "applied_in", "applied")], "on account": [(is_open, "on_account_in", "on_account")],
        "unapplied": [(known, "unapplied_in", "unapplied")], "unidentified": [(~known, "unapplied_in", "unapplied")],
        "returned": [(pl.col("state") == "returned", "receipts", "amount")],
        "non-AR": [(pl.col("state") == "non_ar", "receipts", "amount"), (is_open, "elsewhere_in", "elsewhere")],
    }
    parts = [
        came.filter(mask).select("account", "currency", pl.lit(status).alias("status"), pl.lit(n).alias("order"), pl.col(count).alias("receipts"), pl.col(share).alias("amount"))
        for n, (status, places) in enumerate(shares.items()) for mask, count, share in places
    ]
    rows = (
        pl.concat(parts).group_by("account", "currency", "status", "order").agg(pl.col("receipts", "amount").sum()).filter(pl.col("receipts") > 0)
        .sort("account", "currency", "order").drop("order")
    )
    columns = (Column("account"), CURRENCY, Column("status"), Column("receipts", "count", summed=False), Column("amount", "money"))
    note = "As the books stand now. A receipt that is partly applied counts in each of its rows."
    return Section("receipts_by_status", "Receipts by status", columns, rows, note=note)


def _cash_proofs(connection: Connection, booked: pl.DataFrame, when: When) -> list[Proof]:
    """Each bank account's movement, against its account in the ledger."""
    found: list[Proof] = []
    ours = booked.with_columns((pl.col("money_in") + pl.col("money_out")).alias("moved"))
    for account in sorted({*ours["account"], *_bank_accounts(connection)}):
        name = accounts.bank(account)
        found += proofs(f"{name}, movement", amounts(ours.filter(pl.col("account") == account), "moved"),
                        ledger_side.moved_at_bank(connection, when, ledger_side.on_account(name)))
    return found


def _bank_accounts(connection: Connection) -> list[str]:
    leg = schema.posting
    named = connection.execute(select(leg.c.account).distinct().where(leg.c.account.startswith(accounts.bank(""), autoescape=True))).scalars()
    return [name.removeprefix(accounts.bank("")) for name in named]


def receipt_proofs(connection: Connection, came: pl.DataFrame, when: When) -> tuple[Proof, ...]:
    """What customers paid, against the credits of these receipts to unapplied cash; and what is left of it there now."""
    entry, leg, receipt, line = schema.journal_entry, schema.posting, schema.receipt, schema.bank_line
    original = entry.alias()
    query = (
        select(leg.c.currency, func.coalesce(original.c.kind, entry.c.kind).in_(("cash", "details")).label("coming"), minor_sum(leg.c.amount_minor))
        .join(entry, entry.c.entry_id == leg.c.entry_id).outerjoin(original, original.c.entry_id == entry.c.reverses).join(receipt, receipt.c.receipt_id == leg.c.receipt_id)
        .join(line, line.c.line_id == receipt.c.line_id)
        .where(leg.c.account == accounts.UNAPPLIED, *within(when, line.c.booking_date)).group_by(leg.c.currency, "coming")
    )
    credited: dict[str, int] = {}
    left: dict[str, int] = {}
    for currency, coming, minor in connection.execute(query):
        left[currency] = left.get(currency, 0) - minor
        if coming:
            credited[currency] = credited.get(currency, 0) - minor
    return (*proofs(f"{accounts.UNAPPLIED}, receipts credited", amounts(came, "amount"), credited),
            *proofs(f"{accounts.UNAPPLIED}, left of these receipts", amounts(came, "unapplied"), left))
