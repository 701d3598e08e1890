"""Match rate: how much of customers' money the engine applied without a person, and how often a person took it back.

Of the receipts that came in certain days (money that is not the customers' left out). *Straight through*: the whole
receipt was applied unattended, and no person has changed it since; a return by the bank is nobody's mistake. *Corrected*:
applied unattended and later taken back, for another reason than a return.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, select

from cashapp import accounts, db, schema, strata
from cashapp.proposals import ENGINE
from cashapp.reports.ledger_side import by_currency, minor_sum, within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs
from cashapp.reports.payments import payments

CONFIDENCE = 0.95


def match_rate(connection: Connection, when: When) -> Report:
    """Rates by the format that told of the payment, by rule, and the list of corrections."""
    came = payments(connection, when).filter(pl.col("state") != "non_ar")
    decisions = _decisions(connection, when)
    unattended = decisions.filter(pl.col("source") == "auto")
    return Report(
        name="match-rate", title="Match rate", when=when, sections=(_by_format(came, decisions), _by_rule(unattended), _by_stratum(connection, when), _audit(connection, when), _corrections(unattended)),
        proofs=proofs(f"{accounts.UNAPPLIED}, debits by {ENGINE}", amounts(unattended, "applied"), _debited_unattended(connection, when)),
    )


def _decisions(connection: Connection, when: When) -> pl.DataFrame:
    """Each application entry on the receipts: by whom, by which rule, how much cash, and whether and why it was taken back."""
    application, receipt, line, entry = schema.application, schema.receipt, schema.bank_line, schema.journal_entry
    query = (
        select(application.c.entry_id, receipt.c.receipt_id, receipt.c.receipt_key, receipt.c.currency, receipt.c.state, application.c.source,
               application.c.rule, application.c.applied_minor)
        .join(receipt, receipt.c.receipt_id == application.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .where(receipt.c.state != "linked", *within(when, line.c.booking_date))
    )
    shares = db.frame(connection, query, {
        "entry_id": pl.Int64, "receipt_id": pl.Int64, "receipt_key": pl.String, "currency": pl.String, "state": pl.String, "source": pl.String,
        "rule": pl.String, "applied": pl.Int64,
    })
    back = db.frame(connection, select(entry.c.reverses, entry.c.entry_date, entry.c.reason, entry.c.actor).where(entry.c.reverses.is_not(None)),
                    {"entry_id": pl.Int64, "taken_back_on": pl.Date, "reason": pl.String, "actor": pl.String})
    decided = shares.group_by(pl.exclude("applied")).agg(pl.col("applied").sum()).join(back, on="entry_id", how="left")
    by_bank = db.frame(connection, strata.by_returns(), {"entry_id": pl.Int64})["entry_id"]
    returned = (pl.col("state") == "returned") & pl.col("entry_id").is_in(by_bank.implode())
    return decided.with_columns(returned.alias("returned"), (pl.col("reason").is_not_null() & ~returned).alias("corrected"))


def _by_format(came: pl.DataFrame, decisions: pl.DataFrame) -> Section:
    standing = decisions.filter(~pl.col("corrected"))
    per_receipt = standing.group_by("receipt_id").agg(
        pl.col("applied").filter(pl.col("source") == "auto").sum().alias("auto"), pl.col("applied").filter(pl.col("source") != "auto").sum().alias("clerk"))
    told = came.join(per_receipt, on="receipt_id", how="left").with_columns(pl.col("auto", "clerk").fill_null(0))
    straight = pl.col("auto") == pl.col("amount")
    rows = told.group_by("format", "currency").agg(
        pl.len().cast(pl.Int64).alias("receipts"), straight.sum().cast(pl.Int64).alias("straight_through"), pl.col("amount").sum().alias("received"),
        pl.col("auto").sum().alias("applied_unattended"), pl.col("clerk").sum().alias("applied_by_clerks"), pl.col("unapplied").sum().alias("waiting"),
    ).sort("format", "currency")
    columns = (
        Column("format"), CURRENCY, Column("receipts", "count"), Column("straight_through", "count", title="straight"),
        Column("rate", "share", title="%", of=("straight_through", "receipts")), Column("received", "money"),
        Column("applied_unattended", "money", title="unattended"), Column("value_rate", "share", title="% value", of=("applied_unattended", "received")),
        Column("applied_by_clerks", "money", title="by clerks"), Column("waiting", "money"),
    )
    return Section("by_format", "By format", columns, rows, note="straight: receipts applied whole, unattended, and not corrected since.")


def _by_rule(unattended: pl.DataFrame) -> Section:
    def count_and_amount(name: str, mask: pl.Expr) -> list[pl.Expr]:
        return [mask.sum().cast(pl.Int64).alias(name), pl.col("applied").filter(mask).sum().alias(f"{name}_amount")]

    rows = unattended.group_by("rule", "currency").agg(
        pl.len().cast(pl.Int64).alias("applied"), pl.col("applied").sum().alias("amount"), *count_and_amount("returned", pl.col("returned")),
        *count_and_amount("corrected", pl.col("corrected")),
    ).sort("rule", "currency")
    columns = (
        Column("rule", "code"), CURRENCY, Column("applied", "count", title="receipts"), Column("amount", "money", title="applied unattended"),
        Column("returned", "count", title="came back"), Column("returned_amount", "money", title="amount", shown="page"), Column("corrected", "count"),
        Column("corrected_amount", "money", title="amount"), Column("error_rate", "share", title="% wrong", of=("corrected", "applied")),
    )
    return Section("by_rule", "Unattended, by rule", columns, rows)


def _by_stratum(connection: Connection, when: When) -> Section:
    """What the decided receipts prove of each kind of evidence, whoever decided them."""
    told = strata.with_bounds(strata.history(connection, when.since, when.until), CONFIDENCE)
    rows = told.with_columns(
        pl.Series(name, [f"{100 * rate:.2f}" for rate in told[name]], dtype=pl.String) for name in ("at_least", "at_most"))
    columns = (
        Column("rule", "code"), Column("payer_evidence", "code", title="payer"), Column("amount_evidence", "code", title="amount"),
        Column("decided", "count"), Column("wrong", "count"), Column("error_rate", "share", title="% wrong", of=("wrong", "decided")),
        Column("at_least", title="at least %"), Column("at_most", title="at most %"),
    )
    return Section("by_stratum", "By kind of evidence", columns, rows, totalled=False,
                   note="receipts decided by the engine or a person; exact bounds of the error rate, each with 95 % confidence.")


def _audit(connection: Connection, when: When) -> Section:
    columns = (Column("rule", "code"), Column("drawn", "count"), Column("decided", "count"), Column("wrong", "count", title="decided otherwise"),
               Column("error_rate", "share", title="% wrong", of=("wrong", "decided")))
    return Section("audit", "Blind audit", columns, strata.audited(connection, when.since, when.until),
                   note="certain answers that went to a person instead of being posted.")


def _corrections(unattended: pl.DataFrame) -> Section:
    rows = unattended.filter("corrected").sort("taken_back_on", "receipt_key").drop("receipt_id").rename({"receipt_key": "receipt_id"})
    columns = (Column("taken_back_on", "date"), Column("receipt_id", title="receipt"), Column("rule", "code"), CURRENCY, Column("applied", "money"),
               Column("actor", title="taken back by"), Column("reason"))
    return Section("corrections", "Corrections by clerks", columns, rows)


def _debited_unattended(connection: Connection, when: When) -> dict[str, int]:
    entry, leg, receipt, line = schema.journal_entry, schema.posting, schema.receipt, schema.bank_line
    query = (
        select(leg.c.currency, minor_sum(leg.c.amount_minor)).join(entry, entry.c.entry_id == leg.c.entry_id)
        .join(receipt, receipt.c.receipt_id == leg.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .where(leg.c.account == accounts.UNAPPLIED, entry.c.kind == "application", entry.c.actor == ENGINE, *within(when, line.c.booking_date))
        .group_by(leg.c.currency)
    )
    return by_currency(connection, query)
