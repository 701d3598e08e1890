"""Match rate: how much of customers' money the engine applied without a person, and how often a person took it back.

Of the receipts that came in certain days (money that is not the customers' left out). *Straight through*: the whole
receipt was applied unattended, and no person has changed it since; a return by the bank is nobody's mistake. *Corrected*:
applied unattended and later taken back, for another reason than a return.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, func, or_, select

from cashapp import accounts, db, schema, strata
from cashapp.proposals import ENGINE
from cashapp.reports.ledger_side import by_currency, minor_sum, within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs
from cashapp.reports.payments import payments

CONFIDENCE = 0.95


def match_rate(connection: Connection, when: When) -> Report:
    """Rates by the format that told of the payment, by rule, and the list of corrections."""
    rules = _by_rule(connection, when)
    return Report(
        name="match-rate", title="Match rate", when=when,
        sections=(_by_format(connection, when), rules, _by_stratum(connection, when), _audit(connection, when), _corrections(connection, when)),
        proofs=proofs(f"{accounts.UNAPPLIED}, debits by {ENGINE}", amounts(rules.rows, "amount"), _debited_unattended(connection, when)),
    )


def _by_bank() -> ColumnElement[bool]:
    """Whether it was a return that took the application back."""
    return and_(schema.receipt.c.state == "returned", schema.application.c.entry_id.in_(strata.by_returns()))


def _decisions(when: When, *conditions: ColumnElement[bool]) -> Subquery:
    """Each unattended entry on the receipts of the days: by which rule, how much cash, whether it was `returned`, and by which entry it was corrected."""
    application, receipt, line, back = schema.application, schema.receipt, schema.bank_line, schema.journal_entry
    key = (application.c.entry_id, receipt.c.receipt_id, receipt.c.currency, receipt.c.state, application.c.rule, back.c.entry_id)
    return (
        select(receipt.c.receipt_id, receipt.c.currency, application.c.rule, minor_sum(application.c.applied_minor).label("applied"),
               case((_by_bank(), 1), else_=0).label("returned"), case((_by_bank(), None), else_=back.c.entry_id).label("corrected_by"))
        .join(receipt, receipt.c.receipt_id == application.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .outerjoin(back, back.c.reverses == application.c.entry_id)
        .where(receipt.c.state != "linked", application.c.source == "auto", *within(when, line.c.booking_date), *conditions).group_by(*key).subquery()
    )


def _by_format(connection: Connection, when: When) -> Section:
    came = payments(connection, when).filter(pl.col("state") != "non_ar").group_by("format", "currency").agg(pl.col("receipts", "amount", "unapplied").sum())
    rows = came.join(_applied_by_format(connection, when), on=["format", "currency"], how="left").with_columns(
        pl.col("straight_through", "applied_unattended", "applied_by_clerks").fill_null(0),
    ).rename({"amount": "received", "unapplied": "waiting"}).sort("format", "currency")
    columns = (
        Column("format"), CURRENCY, Column("receipts", "count"), Column("straight_through", "count", title="straight"),
        Column("rate", "share", title="%", of=("straight_through", "receipts")), Column("received", "money"),
        Column("applied_unattended", "money", title="unattended"), Column("value_rate", "share", title="% value", of=("applied_unattended", "received")),
        Column("applied_by_clerks", "money", title="by clerks"), Column("waiting", "money"),
    )
    return Section("by_format", "By format", columns, rows, note="straight: receipts applied whole, unattended, and not corrected since.")


def _applied_by_format(connection: Connection, when: When) -> pl.DataFrame:
    """format, currency, straight_through, applied_unattended, applied_by_clerks: of decisions that nobody corrected."""
    application, receipt, line, file, back = schema.application, schema.receipt, schema.bank_line, schema.source_file, schema.journal_entry
    paid = line.alias()
    is_auto = application.c.source == "auto"
    auto, clerk = (minor_sum(case((is_auto if mine else ~is_auto, application.c.applied_minor), else_=0)) for mine in (True, False))
    each = (
        select(receipt.c.line_id, receipt.c.currency, receipt.c.amount_minor, auto.label("auto"), clerk.label("clerk"))
        .join(paid, paid.c.line_id == receipt.c.line_id).join(application, application.c.receipt_id == receipt.c.receipt_id)
        .outerjoin(back, back.c.reverses == application.c.entry_id)
        .where(receipt.c.state.not_in(("linked", "non_ar")), *within(when, paid.c.booking_date), or_(back.c.reverses.is_(None), _by_bank()))
        .group_by(receipt.c.receipt_id).subquery()
    )
    query = (
        select(file.c.format, each.c.currency, func.count(case((each.c.auto == each.c.amount_minor, 1))), minor_sum(each.c.auto), minor_sum(each.c.clerk))
        .select_from(each).join(line, line.c.line_id == each.c.line_id).join(file, file.c.file_id == line.c.file_id).group_by(file.c.format, each.c.currency)
    )
    return db.frame(connection, query, {"format": pl.String, "currency": pl.String, "straight_through": pl.Int64, "applied_unattended": pl.Int64, "applied_by_clerks": pl.Int64})


def _by_rule(connection: Connection, when: When) -> Section:
    decision = _decisions(when)
    returned, corrected = decision.c.returned == 1, decision.c.corrected_by.is_not(None)
    sums = {"applied": func.count(), "amount": minor_sum(decision.c.applied)}
    for name, mask in (("returned", returned), ("corrected", corrected)):
        sums |= {name: func.count(case((mask, 1))), f"{name}_amount": minor_sum(case((mask, decision.c.applied), else_=0))}
    query = select(decision.c.rule, decision.c.currency, *sums.values()).group_by(decision.c.rule, decision.c.currency)
    rows = db.frame(connection, query, {"rule": pl.String, "currency": pl.String} | dict.fromkeys(sums, pl.Int64)).sort("rule", "currency")
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


def _corrections(connection: Connection, when: When) -> Section:
    receipt, back = schema.receipt, schema.journal_entry.alias()
    decision = _decisions(when, schema.application.c.entry_id.in_(select(back.c.reverses).where(back.c.reverses.is_not(None))))
    query = (
        select(back.c.entry_date, receipt.c.receipt_key, decision.c.rule, decision.c.currency, decision.c.applied, back.c.actor, back.c.reason, back.c.entry_id)
        .join(decision, decision.c.corrected_by == back.c.entry_id).join(receipt, receipt.c.receipt_id == decision.c.receipt_id)
    )
    shape: db.Shape = {"taken_back_on": pl.Date, "receipt_id": pl.String, "rule": pl.String, "currency": pl.String, "applied": pl.Int64, "actor": pl.String,
                       "reason": pl.String, "entry_id": pl.Int64}
    rows = db.frame(connection, query, shape).sort("taken_back_on", "receipt_id", "entry_id")
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
