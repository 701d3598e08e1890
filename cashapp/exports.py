"""`cashapp export`: the books as tables for other programs. Amounts are decimal text, rows have a total order.

Each function yields frames with the contract's columns, at least one, in memory flat in the size of the books: the database
sorts. `--from` and `--until` bound the date that the table is about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, null, or_, select, union_all

from cashapp import accounts, db, money, periods, schema
from cashapp.reconciliation import lines, picture, table

AGING = ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90"))
OLDEST = "90+"


class Bounds(NamedTuple):
    """First and last date (None: unbounded), and the date as of which ages are counted."""

    since: dt.date | None
    until: dt.date | None
    as_of: dt.date

    def on(self, column: ColumnElement[dt.date]) -> list[ColumnElement[bool]]:
        """Conditions that keep the column inside."""
        wanted = [column >= self.since] if self.since else []
        return [*wanted, column <= self.until] if self.until else wanted


class Export(NamedTuple):
    """One table: how it is read, and which of its columns are money."""

    read: Callable[[Connection, Bounds], Iterator[pl.DataFrame]]
    amounts: tuple[str, ...]


def _told(frame: pl.DataFrame, amounts: tuple[str, ...]) -> pl.DataFrame:
    """Minor units become decimal text, empty text becomes null."""
    texts = [money.text(frame[name], frame["currency"]) for name in amounts]
    told = frame.with_columns(texts)
    return told.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


_EXCHANGED = {"invoice_currency": pl.String, "invoice_amount": pl.Int64, "exchange_rate": pl.String}
"""What an item in another currency than the receipt is reduced by: empty where the two have one currency."""


def _exchanged(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns _EXCHANGED as they are told."""
    apart = pl.col("invoice_amount").is_not_null()
    told = frame.with_columns(pl.when(apart).then("invoice_currency").alias("invoice_currency"), pl.when(apart).then("exchange_rate").alias("exchange_rate"))
    return told.with_columns(money.text(told["invoice_amount"], told["invoice_currency"]))


_REFERENCES = {"receipt_id": pl.String, "bank_reference": pl.String, "customer_reference": pl.String, "check_number": pl.String}


def receipts(connection: Connection, bounds: Bounds) -> Iterator[pl.DataFrame]:
    """Each payment by a payer once, with what became of it."""
    receipt, line, file, case = schema.receipt, schema.bank_line, schema.source_file, schema.exception_case
    reasons = (
        select(case.c.receipt_id, func.min(case.c.reason).label("reason")).where(case.c.status == "open", case.c.receipt_id.is_not(None))
        .group_by(case.c.receipt_id).subquery()
    )
    used = _used_by_receipt(bounds).subquery()
    shape = {
        **_REFERENCES, "file": pl.String, "line": pl.Int64, "account": pl.String, "value_date": pl.Date, "currency": pl.String,
        "amount": pl.Int64, "payer_name": pl.String, "payer_account": pl.String, "customer_id": pl.String, "state": pl.String,
        "unapplied_amount": pl.Int64, "exception_reason": pl.String, "items": pl.Int64,
    }
    day = receipt.c.value_date if bounds.since or bounds.until else db.to_sort(connection, receipt.c.value_date)
    query = (
        select(receipt.c.receipt_key, line.c.bank_reference, line.c.customer_reference, line.c.check_number, file.c.name, line.c.line,
               receipt.c.account, receipt.c.value_date, receipt.c.currency, receipt.c.amount_minor, line.c.payer_name, line.c.payer_account,
               receipt.c.customer_id, receipt.c.state, receipt.c.unapplied_minor, reasons.c.reason, used.c.item_count)
        .join(line, line.c.line_id == receipt.c.line_id).join(file, file.c.file_id == line.c.file_id)
        .outerjoin(reasons, reasons.c.receipt_id == receipt.c.receipt_id).outerjoin(used, used.c.receipt_id == receipt.c.receipt_id)
        .where(receipt.c.state != "linked", *bounds.on(receipt.c.value_date)).order_by(day, db.by_bytes(connection, receipt.c.receipt_key))
    )
    is_open, on_items = pl.col("state") == "open", pl.col("items").fill_null(0) > 0
    status = (
        pl.when(~is_open).then(pl.col("state"))
        .when(on_items & (pl.col("unapplied_amount") == 0)).then(pl.lit("applied"))
        .when(on_items).then(pl.lit("partially_applied"))
        .when(pl.col("customer_id").is_not_null()).then(pl.lit("on_account"))
        .otherwise(pl.lit("unidentified"))
    )
    applied = pl.when(is_open).then(pl.col("amount") - pl.col("unapplied_amount")).otherwise(0)
    columns = [*_REFERENCES, "file", "line", "account", "value_date", "currency", "amount", "payer_name", "payer_account", "customer_id",
               "status", "applied_amount", "unapplied_amount", "exception_reason"]
    for frame in db.frames(connection, query, shape):
        named = frame.with_columns(status.alias("status"), applied.alias("applied_amount"))
        yield _told(named.select(columns), ("amount", "applied_amount", "unapplied_amount"))


def _used_by_receipt(bounds: Bounds) -> Select[int, int]:
    """SELECT receipt_id, item_count (how many standing applications are on items, not on account) of the receipts of these days."""
    application, receipt, reversal = schema.application, schema.receipt, schema.journal_entry.alias()
    of_days = bounds.on(receipt.c.value_date)
    theirs = [application.c.receipt_id.in_(select(receipt.c.receipt_id).where(*of_days))] if of_days else []
    return (
        select(application.c.receipt_id, func.count(application.c.item_id).label("item_count"))
        .outerjoin(reversal, reversal.c.reverses == application.c.entry_id).where(reversal.c.reverses.is_(None), *theirs)
        .group_by(application.c.receipt_id)
    )


def applications(connection: Connection, bounds: Bounds) -> Iterator[pl.DataFrame]:
    """Each application that was ever posted, and whether it still stands."""
    application, receipt, line, item = schema.application, schema.receipt, schema.bank_line, schema.open_item
    reversal = schema.journal_entry.alias()
    shape = {
        **_REFERENCES, "invoice_number": pl.String, "customer_id": pl.String, "currency": pl.String, "applied_amount": pl.Int64,
        "discount_amount": pl.Int64, "deduction_amount": pl.Int64, "write_off_amount": pl.Int64, "reversed_by": pl.Int64, "source": pl.String,
        "rule": pl.String, "confidence": pl.Int64, "applied_on": pl.Date, "actor": pl.String, "deduction_reason": pl.String, **_EXCHANGED, "application_id": pl.Int64,
    }
    query = (
        select(receipt.c.receipt_key, line.c.bank_reference, line.c.customer_reference, line.c.check_number, item.c.document_number,
               application.c.customer_id, receipt.c.currency, application.c.applied_minor, application.c.discount_minor,
               application.c.deduction_minor, application.c.write_off_minor, reversal.c.entry_id, application.c.source, application.c.rule,
               application.c.confidence, application.c.applied_on, application.c.actor, application.c.deduction_reason,
               item.c.currency.label("invoice_currency"), application.c.item_minor, application.c.rate, application.c.application_id)
        .join(receipt, receipt.c.receipt_id == application.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .outerjoin(item, item.c.item_id == application.c.item_id)
        .outerjoin(reversal, reversal.c.reverses == application.c.entry_id).where(*bounds.on(application.c.applied_on))
    )
    every = union_all(query, _elsewhere(bounds)).subquery()
    ordered = select(every).order_by(every.c.applied_on, db.by_bytes(connection, every.c.receipt_key), every.c.application_id)
    status = pl.when(pl.col("reversed_by").is_null()).then(pl.lit("posted")).otherwise(pl.lit("reversed")).alias("status")
    amounts = ("applied_amount", "discount_amount", "deduction_amount", "write_off_amount")
    for frame in db.frames(connection, ordered, shape):
        yield _told(_exchanged(frame).with_columns(status).select(
            *_REFERENCES, "invoice_number", "customer_id", "currency", *amounts, "status", "source", "rule", "confidence", "applied_on", "actor",
            "deduction_reason", *_EXCHANGED,
        ), amounts)


def _elsewhere(bounds: Bounds) -> Select[*tuple[Any, ...]]:
    """What a person put elsewhere of a receipt that is otherwise a customer's, in the columns of `applications`: a refund, a write-off, another account."""
    receipt, line, entry, leg, made = schema.receipt, schema.bank_line, schema.journal_entry, schema.posting, schema.adjustment
    reversal = entry.alias()
    nothing = literal(0)
    return (
        select(receipt.c.receipt_key, line.c.bank_reference, line.c.customer_reference, line.c.check_number, null(), leg.c.customer_id, receipt.c.currency,
               leg.c.amount_minor, nothing, nothing, nothing, reversal.c.entry_id, literal("clerk"), func.coalesce(made.c.kind, entry.c.kind), literal(1000),
               entry.c.entry_date, entry.c.actor, literal(""), null(), null(), null(), entry.c.entry_id)
        .join(leg, and_(leg.c.receipt_id == receipt.c.receipt_id, leg.c.account == accounts.UNAPPLIED))
        .join(entry, and_(entry.c.entry_id == leg.c.entry_id, entry.c.kind.in_(("adjustment", "non_ar"))))
        .join(line, line.c.line_id == receipt.c.line_id).outerjoin(made, made.c.entry_id == entry.c.entry_id)
        .outerjoin(reversal, reversal.c.reverses == entry.c.entry_id).where(receipt.c.state != "non_ar", *bounds.on(entry.c.entry_date))
    )


def proposals(connection: Connection, bounds: Bounds) -> Iterator[pl.DataFrame]:
    """What the engine suggests for receipts that wait for a person, best first."""
    head, told, receipt, line, item = schema.proposal, schema.proposal_line, schema.receipt, schema.bank_line, schema.open_item
    shape = {
        **_REFERENCES, "rank": pl.Int64, "customer_id": pl.String, "invoice_number": pl.String, "currency": pl.String, "applied_amount": pl.Int64,
        "discount_amount": pl.Int64, "deduction_amount": pl.Int64, "rule": pl.String, "confidence": pl.Int64, "explanation": pl.String, **_EXCHANGED, "n": pl.Int64,
    }
    query = (
        select(receipt.c.receipt_key, line.c.bank_reference, line.c.customer_reference, line.c.check_number, head.c.rank,
               func.coalesce(item.c.customer_id, head.c.customer_id), item.c.document_number, receipt.c.currency, told.c.applied_minor,
               told.c.discount_minor, told.c.deduction_minor, head.c.rule, head.c.confidence, head.c.explanation, item.c.currency, told.c.item_minor, told.c.rate,
               told.c.n)
        .join(receipt, receipt.c.receipt_id == head.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .outerjoin(told, and_(told.c.receipt_id == head.c.receipt_id, told.c.rank == head.c.rank))
        .outerjoin(item, item.c.item_id == told.c.item_id)
        .where(receipt.c.state == "open", receipt.c.unapplied_minor == receipt.c.amount_minor, *bounds.on(receipt.c.value_date))
        .order_by(db.by_bytes(connection, receipt.c.receipt_key), head.c.rank, told.c.n)
    )
    for frame in db.frames(connection, query, shape):
        yield _told(_exchanged(frame).drop("n"), ("applied_amount", "discount_amount", "deduction_amount"))


def exceptions(connection: Connection, bounds: Bounds, statuses: Sequence[str] = ("open", "resolved")) -> Iterator[pl.DataFrame]:
    """The queue's cases of these statuses; of the others, which become more every day, nothing is read."""
    case, receipt, line, head = schema.exception_case, schema.receipt, schema.bank_line, schema.proposal
    suggestions = select(func.count()).where(head.c.receipt_id == case.c.receipt_id).scalar_subquery()
    told = case.alias()
    wanted = select(told.c.exception_id).where(told.c.status.in_(statuses))  # as numbers, so that the cases come in their order without being sorted
    shape = {
        "exception_id": pl.Int64, "receipt_id": pl.String, "bank_reference": pl.String, "reason": pl.String, "status": pl.String,
        "assignee": pl.String, "opened_at": pl.Datetime, "opened_on": pl.Date, "currency": pl.String, "amount": pl.Int64, "customer_id": pl.String,
        "suggestion_count": pl.Int64, "note": pl.String, "payer_name": pl.String,
    }
    query = (
        select(case.c.exception_id, receipt.c.receipt_key, line.c.bank_reference, case.c.reason, case.c.status, case.c.assignee, case.c.opened_at,
               case.c.opened_on, case.c.currency, case.c.amount_minor, case.c.customer_id, suggestions, case.c.note, line.c.payer_name)
        .outerjoin(receipt, receipt.c.receipt_id == case.c.receipt_id)
        .outerjoin(line, or_(line.c.line_id == receipt.c.line_id, line.c.line_id == case.c.line_id))
        .where(case.c.exception_id.in_(wanted), *bounds.on(case.c.opened_on)).order_by(case.c.exception_id)
    )
    age = (pl.lit(bounds.as_of) - pl.col("opened_on")).dt.total_days().alias("age_days")
    for frame in db.frames(connection, query, shape):
        yield _told(frame.with_columns(age).select(
            "exception_id", "receipt_id", "bank_reference", "reason", "status", "assignee", "opened_at", "age_days", "currency", "amount",
            "customer_id", "suggestion_count", "note", "payer_name",
        ), ("amount",))


def journal(connection: Connection, bounds: Bounds) -> Iterator[pl.DataFrame]:
    """Every posting, in the order it was written."""
    entry, leg, item, receipt = schema.journal_entry, schema.posting, schema.open_item, schema.receipt
    shape: db.Shape = {
        "entry_id": pl.Int64, "posted_at": pl.Datetime, "date": pl.Date, "account": pl.String, "customer_id": pl.String, "invoice_number": pl.String,
        "receipt_id": pl.String, "currency": pl.String, "minor": pl.Int64, "memo": pl.String, "actor": pl.String, "reverses": pl.Int64, "n": pl.Int64,
        "kind": pl.String, "reason": pl.String,
    }
    query = (
        select(entry.c.entry_id, entry.c.posted_at, entry.c.entry_date, leg.c.account, leg.c.customer_id, item.c.document_number,
               receipt.c.receipt_key, leg.c.currency, leg.c.amount_minor, entry.c.memo, entry.c.actor, entry.c.reverses, leg.c.n, entry.c.kind, entry.c.reason)
        .join(leg, leg.c.entry_id == entry.c.entry_id).outerjoin(item, item.c.item_id == leg.c.item_id)
        .outerjoin(receipt, receipt.c.receipt_id == leg.c.receipt_id).where(*bounds.on(entry.c.entry_date))
        .order_by(entry.c.entry_id, leg.c.n)
    )
    sides = [pl.when(pl.col("minor") > 0).then(pl.col("minor")).otherwise(0).alias("debit"),
             pl.when(pl.col("minor") < 0).then(-pl.col("minor")).otherwise(0).alias("credit")]
    for frame in db.frames(connection, query, shape):
        yield _told(frame.with_columns(sides).select(
            "entry_id", "posted_at", "date", "account", "customer_id", "invoice_number", "receipt_id", "currency", "debit", "credit", "memo", "actor",
            "reverses", "kind", "reason",
        ), ("debit", "credit"))


def open_items(connection: Connection, bounds: Bounds) -> Iterator[pl.DataFrame]:
    """What customers owe and what stands to their credit, aged by due date."""
    item = schema.open_item
    shape: db.Shape = {
        "invoice_number": pl.String, "customer_id": pl.String, "kind": pl.String, "issue_date": pl.Date, "due_date": pl.Date,
        "currency": pl.String, "amount": pl.Int64, "open_amount": pl.Int64, "company": pl.String,
    }
    query = select(item.c.document_number, item.c.customer_id, item.c.kind, item.c.issue_date, item.c.due_date, item.c.currency, item.c.amount_minor,
                   item.c.open_minor, item.c.company).where(item.c.open_minor != 0, *bounds.on(item.c.issue_date))
    in_order = (db.by_bytes(connection, item.c.customer_id), item.c.due_date.nulls_first(), db.by_bytes(connection, item.c.company),
                db.by_bytes(connection, item.c.document_number))
    for frame in db.frames(connection, query.order_by(*in_order), shape):
        yield _told(frame.with_columns(days_past_due(bounds.as_of)).with_columns(bucket()).select(
            "invoice_number", "customer_id", "kind", "issue_date", "due_date", "currency", "amount", "open_amount", "days_past_due", "bucket", "company",
        ), ("amount", "open_amount"))


def days_past_due(as_of: dt.date) -> pl.Expr:
    """Days since the due date (negative before it); an item without one is due when issued."""
    return (pl.lit(as_of) - pl.coalesce("due_date", "issue_date", pl.lit(as_of))).dt.total_days().alias("days_past_due")


def bucket() -> pl.Expr:
    """The aging bucket of `days_past_due`."""
    chosen: pl.Expr = pl.lit(OLDEST)
    for limit, name in reversed(AGING):
        chosen = pl.when(pl.col("days_past_due") <= limit).then(pl.lit(name)).otherwise(chosen)
    return chosen.alias("bucket")


RECONCILIATION_AMOUNTS = table.AMOUNTS


def reconciliation(connection: Connection, account: str, period: str, known_at: dt.datetime | None = None) -> Iterator[pl.DataFrame]:
    """A bank account's month: each match and each open item, one row for each bank line and entry."""
    drawn = picture.draw(connection, lines.find(connection, account), periods.month(period), known_at)
    for rows in table.blocks(connection, drawn):
        yield _told(rows.select(table.COLUMNS), table.AMOUNTS)


EXPORTS: dict[str, Export] = {
    "receipts": Export(receipts, ("amount", "applied_amount", "unapplied_amount")),
    "applications": Export(applications, ("applied_amount", "discount_amount", "deduction_amount", "write_off_amount")),
    "proposals": Export(proposals, ("applied_amount", "discount_amount", "deduction_amount")),
    "exceptions": Export(exceptions, ("amount",)),
    "journal": Export(journal, ("debit", "credit")),
    "open-items": Export(open_items, ("amount", "open_amount")),
}
