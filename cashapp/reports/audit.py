"""Audit: who did what and when. Files taken in, journal entries by actor, decisions on exceptions, reversals.

The days are those on which things were done (in UTC), not the business dates they were done for.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import ColumnElement, Connection, case, func, select

from cashapp import db, schema
from cashapp.reports.ledger_side import by_currency, minor_sum, within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs


def audit(connection: Connection, when: When) -> Report:
    """Everything that was done in the days."""
    entries = _entries_by_actor(connection, when)
    return Report(
        name="audit", title="Audit trail", when=when,
        sections=(_runs(connection, when), _files(connection, when), entries, _decisions(connection, when), _approvals(connection, when),
                  _reversals(connection, when), _undone(connection, when)),
        proofs=proofs("debits of all entries written in the days", amounts(entries.rows, "debits"), _credits(connection, when)),
        notes=("Times are UTC. The command cashapp check proves that the sealed journal was not changed after it was written.",),
    )


def _done_in(when: When, moment: ColumnElement[dt.datetime]) -> list[ColumnElement[bool]]:
    return within(when, func.date(moment))


def _files(connection: Connection, when: When) -> Section:
    file = schema.source_file
    query = select(file.c.processed_at, file.c.as_of, file.c.name, file.c.format, file.c.line_count, file.c.size_bytes, file.c.sha256).where(
        *_done_in(when, file.c.processed_at)).order_by(file.c.file_id)
    columns = (Column("at", "moment"), Column("as_of", "date", title="for"), Column("file"), Column("format"), Column("lines", "count"),
               Column("bytes", "count", summed=False), Column("sha256", shown="data"))
    shape: db.Shape = {"at": pl.Datetime, "as_of": pl.Date, "file": pl.String, "format": pl.String, "lines": pl.Int64, "bytes": pl.Int64, "sha256": pl.String}
    return Section("files", "Files taken in", columns, db.frame(connection, query, shape))


def _runs(connection: Connection, when: When) -> Section:
    log = schema.run_log
    query = select(log.c.started_at, log.c.run_id, log.c.as_of, log.c.actor, log.c.last_file - log.c.first_file + 1, log.c.last_entry - log.c.first_entry + 1).where(
        *_done_in(when, log.c.started_at)).order_by(log.c.run_id)
    columns = (Column("at", "moment"), Column("run_id", "number", title="run"), Column("as_of", "date", title="for"), Column("actor"), Column("files", "count"), Column("entries", "count"))
    shape: db.Shape = {"at": pl.Datetime, "run_id": pl.Int64, "as_of": pl.Date, "actor": pl.String, "files": pl.Int64, "entries": pl.Int64}
    return Section("runs", "Runs", columns, db.frame(connection, query, shape))


def _approvals(connection: Connection, when: When) -> Section:
    event, table = schema.adjustment_event, schema.adjustment
    query = (
        select(event.c.at, event.c.actor, event.c.action, event.c.adjustment_id, table.c.kind, event.c.detail, event.c.entry_id)
        .join(table, table.c.adjustment_id == event.c.adjustment_id).where(*_done_in(when, event.c.at)).order_by(event.c.event_id)
    )
    shape: db.Shape = {"at": pl.Datetime, "actor": pl.String, "action": pl.String, "adjustment_id": pl.Int64, "kind": pl.String, "detail": pl.String, "entry_id": pl.Int64}
    columns = (Column("at", "moment"), Column("actor"), Column("action"), Column("adjustment_id", "number", title="adjustment"), Column("kind", "code"), Column("detail"),
               Column("entry_id", "number", title="entry"))
    return Section("approvals", "Adjustments and approvals", columns, db.frame(connection, query, shape))


def _undone(connection: Connection, when: When) -> Section:
    log = schema.undo_log
    query = select(log.c.at, log.c.actor, log.c.what, log.c.name, log.c.files, log.c.entries, log.c.reason).where(*_done_in(when, log.c.at)).order_by(log.c.undo_id)
    shape: db.Shape = {"at": pl.Datetime, "actor": pl.String, "what": pl.String, "name": pl.String, "files": pl.Int64, "entries": pl.Int64, "reason": pl.String}
    columns = (Column("at", "moment"), Column("actor"), Column("what"), Column("name", title="which"), Column("files", "count"), Column("entries", "count"), Column("reason"))
    return Section("undone", "Undone", columns, db.frame(connection, query, shape))


def _entries_by_actor(connection: Connection, when: When) -> Section:
    entry, leg = schema.journal_entry, schema.posting
    debit = minor_sum(case((leg.c.amount_minor > 0, leg.c.amount_minor), else_=0))
    query = (
        select(entry.c.actor, entry.c.kind, leg.c.currency, func.count(entry.c.entry_id.distinct()), func.min(entry.c.entry_id), func.max(entry.c.entry_id),
               func.min(entry.c.posted_at), func.max(entry.c.posted_at), debit)
        .join(leg, leg.c.entry_id == entry.c.entry_id).where(*_done_in(when, entry.c.posted_at)).group_by(entry.c.actor, entry.c.kind, leg.c.currency)
    )
    shape: db.Shape = {"actor": pl.String, "kind": pl.String, "currency": pl.String, "entries": pl.Int64, "first_entry": pl.Int64, "last_entry": pl.Int64,
                       "first_at": pl.Datetime, "last_at": pl.Datetime, "debits": pl.Int64}
    columns = (
        Column("actor"), Column("kind", "code"), Column("entries", "count"), Column("first_entry", "number", title="from entry"),
        Column("last_entry", "number", title="to entry"), Column("first_at", "moment", title="first written"),
        Column("last_at", "moment", title="last written", shown="page"), CURRENCY, Column("debits", "money"),
    )
    return Section("entries", "Journal entries by actor", columns, db.frame(connection, query, shape).sort("actor", "kind", "currency"))


def _decisions(connection: Connection, when: When) -> Section:
    event, cases, receipt = schema.exception_event, schema.exception_case, schema.receipt
    query = (
        select(event.c.at, event.c.actor, event.c.action, event.c.exception_id, receipt.c.receipt_key, cases.c.reason, event.c.detail, event.c.entry_id)
        .join(cases, cases.c.exception_id == event.c.exception_id).outerjoin(receipt, receipt.c.receipt_id == cases.c.receipt_id)
        .where(*_done_in(when, event.c.at)).order_by(event.c.event_id)
    )
    shape: db.Shape = {"at": pl.Datetime, "actor": pl.String, "action": pl.String, "exception_id": pl.Int64, "receipt_id": pl.String, "reason": pl.String,
                       "detail": pl.String, "entry_id": pl.Int64}
    columns = (
        Column("at", "moment"), Column("actor"), Column("action"), Column("exception_id", "number", title="exception"),
        Column("receipt_id", title="receipt", shown="page"), Column("reason", "code", shown="data"), Column("detail"), Column("entry_id", "number", title="entry"),
    )
    return Section("decisions", "Decisions on exceptions", columns, db.frame(connection, query, shape))


def _reversals(connection: Connection, when: When) -> Section:
    entry = schema.journal_entry
    query = select(entry.c.posted_at, entry.c.actor, entry.c.entry_id, entry.c.reverses, entry.c.entry_date, entry.c.reason, entry.c.memo).where(
        entry.c.reverses.is_not(None), *_done_in(when, entry.c.posted_at)).order_by(entry.c.entry_id)
    shape: db.Shape = {"at": pl.Datetime, "actor": pl.String, "entry_id": pl.Int64, "reverses": pl.Int64, "date": pl.Date, "reason": pl.String, "memo": pl.String}
    columns = (
        Column("at", "moment"), Column("actor"), Column("entry_id", "number", title="entry"), Column("reverses", "number"),
        Column("date", "date", title="for"), Column("reason"), Column("memo", shown="data"),
    )
    return Section("reversals", "Reversals", columns, db.frame(connection, query, shape))


def _credits(connection: Connection, when: When) -> dict[str, int]:
    """All credits of the entries written in the days, asked of the postings without the actors."""
    entry, leg = schema.journal_entry, schema.posting
    written = select(entry.c.entry_id).where(*_done_in(when, entry.c.posted_at))
    query = select(leg.c.currency, minor_sum(-leg.c.amount_minor)).where(leg.c.amount_minor < 0, leg.c.entry_id.in_(written)).group_by(leg.c.currency)
    return by_currency(connection, query)
