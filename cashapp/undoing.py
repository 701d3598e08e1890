"""Undo anything exactly: a file, a run, a rule's work, a clerk's day, one application, one entry.

What is to be undone is first gathered with everything that rests on it – decisions on a file's receipts, what used a credit that
a decision made, files that tell of the same money – and then taken back newest first, each entry by its mirror. Items,
discounts, states and payers stand as before; receipts with money to decide on stand in the queue and nothing is posted on them
unattended. Either all of it is undone or, with the words that say why, nothing. A preview is the same work, rolled back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from cashapp import accounts, applications, clock, db, exceptions, explain, reversals, schema, undoing_files
from cashapp.errors import UsageError
from cashapp.money import shown
from cashapp.proposals import ENGINE
from cashapp.reversals import Why

_AT_ONCE = 500
_DECISIONS = ("application", "non_ar", "duplicate", "adjustment", "return_fee")


class Chosen(NamedTuple):
    """What is to be undone: `what` and `name` for the record, whole files, single entries, and what is put back in part."""

    what: str
    name: str
    files: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    keep_except: tuple[int, int] | None = None  # an application's entry, and the one item of it that is undone


class Undone(NamedTuple):
    """What was undone (or would be): files, entries newest first, and how items and receipts changed."""

    what: str
    name: str
    files: list[str]
    entries: list[str]
    items: list[str]
    receipts: list[str]

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return self._asdict()


def undo(connection: Connection, chosen: Chosen, why: Why, *, dependents: bool = False) -> Undone:
    """Take it all back in the caller's transaction; UsageError where there is nothing, or where other files rest on a file."""
    files = undoing_files.with_dependents(connection, chosen.files)
    others = [row for row in files if row.file_id not in chosen.files]
    if others and not dependents:
        names = ", ".join(row.name for row in others)
        raise UsageError(f"{names} tell of the same money or take it back: they are undone together with it – add --with-dependents")
    returned = undoing_files.returns_of(connection, [row.file_id for row in files])
    gone = [row.file_id for row in files]
    made = {entry_id for row in returned for entry_id in (row.entry_id, row.fee_entry_id) if entry_id is not None}
    entries = _closure(connection, {*chosen.entries, *_on_receipts(connection, gone), *made}) - made
    if not files and not entries:
        raise UsageError(f"{chosen.what} {chosen.name}: there is nothing that stands and could be undone")
    before = _state(connection)
    told = _told(connection, entries)
    _take_all_back(connection, entries, returned, why, gone)
    if chosen.keep_except is not None:
        _put_back_the_rest(connection, *chosen.keep_except, why)
    for row in files:
        undoing_files.take_back(connection, row, why)
    _queue_again(connection, entries, why)
    connection.execute(schema.undo_log.insert().values(
        undo_id=db.next_id(connection, schema.undo_log.c.undo_id), at=clock.now().replace(tzinfo=None), undone_on=why.on, actor=why.actor, what=chosen.what,
        name=chosen.name, reason=why.reason, files=len(files), entries=len(entries)))
    return Undone(chosen.what, chosen.name, [row.name for row in files], told, *_differences(connection, before))


def preview(connection: Connection, chosen: Chosen, why: Why, *, dependents: bool = False) -> Undone:
    """What `undo` would do, done and rolled back."""
    savepoint = connection.begin_nested()
    try:
        return undo(connection, chosen, why, dependents=dependents)
    finally:
        savepoint.rollback()


def a_file(connection: Connection, name: str) -> Chosen:
    """A file by its name, its id or the beginning of its digest; of several of a name the one that was not taken back."""
    file = schema.source_file
    wanted = [file.c.name == name, *([file.c.file_id == int(name)] if name.isdecimal() else []), *([file.c.sha256.startswith(name)] if len(name) >= 8 else [])]
    rows = connection.execute(select(file).where(or_(*wanted), undoing_files.stands(file.c.file_id)).order_by(file.c.file_id)).all()
    if len(rows) != 1:
        raise UsageError(f"{name!r} names {'no file' if not rows else 'several files'} that stand{'s' if not rows else ''} in the books; `cashapp report audit` lists them")
    return Chosen("file", rows[0].name, files=(rows[0].file_id,))


def a_run(connection: Connection, number: int | None) -> Chosen:
    """A run by its number, else the last: its files, and what it applied unattended."""
    log, file, entry = schema.run_log, schema.source_file, schema.journal_entry
    row = connection.execute(select(log).where(log.c.run_id == number if number else log.c.first_file.is_not(None)).order_by(log.c.run_id.desc())).first()
    if row is None or row.first_file is None:
        raise UsageError("there is no such run, or it ran before runs were kept; `cashapp report audit` lists files and entries")
    files = connection.execute(select(file.c.file_id).where(file.c.file_id.between(row.first_file, row.last_file), undoing_files.stands(file.c.file_id))).scalars()
    entries = _standing(connection, entry.c.entry_id.between(row.first_entry, row.last_entry), entry.c.actor == ENGINE)
    return Chosen("run", str(row.run_id), tuple(files), tuple(entries))


def a_rule(connection: Connection, rule: str, since: dt.date | None, until: dt.date | None) -> Chosen:
    """What stands of the applications that a rule made, between two business dates."""
    rows = schema.application
    dates = [*([rows.c.applied_on >= since] if since else []), *([rows.c.applied_on <= until] if until else [])]
    made = select(rows.c.entry_id).where(rows.c.rule == rule, *dates)
    return Chosen("rule", rule, entries=tuple(_standing(connection, schema.journal_entry.c.entry_id.in_(made))))


def a_clerks_day(connection: Connection, actor: str, day: dt.date) -> Chosen:
    """What stands of a person's decisions for a business date."""
    entry = schema.journal_entry
    return Chosen("clerk", f"{actor} on {day}", entries=tuple(_standing(connection, entry.c.actor == actor, entry.c.entry_date == day)))


def an_application(connection: Connection, receipt_name: str, document: str) -> Chosen:
    """The standing application of a receipt; with a document only what went to it, and the rest stays."""
    receipt, rows, item = explain.find_receipt(connection, receipt_name), schema.application, schema.open_item
    entries = [row.entry_id for row in reversals.standing(connection, receipt.receipt_id) if row.kind == "application"]
    if not document:
        return Chosen("application", receipt.receipt_key, entries=tuple(entries))
    row = connection.execute(
        select(rows.c.entry_id, rows.c.item_id).join(item, item.c.item_id == rows.c.item_id)
        .where(rows.c.entry_id.in_(entries), item.c.document_number == document)).first()
    if row is None:
        raise UsageError(f"nothing of receipt {receipt.receipt_key} stands on {document}")
    return Chosen("application", f"{receipt.receipt_key} on {document}", entries=(row.entry_id,), keep_except=(row.entry_id, row.item_id))


def an_entry(connection: Connection, entry_id: int) -> Chosen:
    """One decision by the number of its journal entry."""
    return Chosen("entry", str(entry_id), entries=tuple(_standing(connection, schema.journal_entry.c.entry_id == entry_id)))


def _standing(connection: Connection, *conditions: ColumnElement[bool]) -> list[int]:
    entry = schema.journal_entry
    reversal = entry.alias()
    query = select(entry.c.entry_id).outerjoin(reversal, reversal.c.reverses == entry.c.entry_id).where(
        entry.c.kind.in_(_DECISIONS), reversal.c.reverses.is_(None), *conditions)
    return list(connection.execute(query).scalars())


def _on_receipts(connection: Connection, files: Collection[int]) -> list[int]:
    """The decisions that stand on the receipts of files."""
    leg, receipt, line = schema.posting, schema.receipt, schema.bank_line
    ids = select(receipt.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id).where(line.c.file_id.in_(files))
    return _standing(connection, schema.journal_entry.c.entry_id.in_(select(leg.c.entry_id).where(leg.c.receipt_id.in_(ids)))) if files else []


def _closure(connection: Connection, entries: set[int]) -> set[int]:
    """The entries, with those that used what they made: a credit that was applied, a charge that was paid."""
    found = set(entries)
    makers = _makers(connection)
    fresh = found
    while fresh:
        made = [item_id for item_id, maker in makers.items() if maker in fresh]
        fresh = _users(connection, made) - found
        found |= fresh
    return found


def _makers(connection: Connection) -> dict[int, int]:
    """For each item that the program made itself, the entry that opened it."""
    leg, item = schema.posting, schema.open_item
    query = (
        select(leg.c.item_id, func.min(leg.c.entry_id)).join(item, item.c.item_id == leg.c.item_id)
        .where(leg.c.account == accounts.RECEIVABLE, item.c.imported_open_minor == 0).group_by(leg.c.item_id)
    )
    return dict(connection.execute(query).all())


def _users(connection: Connection, items: list[int]) -> set[int]:
    leg, users = schema.posting, set[int]()
    for start in range(0, len(items), _AT_ONCE):
        on_items = select(leg.c.entry_id).where(leg.c.item_id.in_(items[start:start + _AT_ONCE]), leg.c.account == accounts.RECEIVABLE)
        users |= set(_standing(connection, schema.journal_entry.c.entry_id.in_(on_items)))
    return users


def _take_all_back(connection: Connection, entries: Collection[int], returned: Iterable[Row[*tuple[object, ...]]], why: Why, gone: Collection[int]) -> None:
    """The decisions together, then the returns, newest first: a return puts decisions back only on receipts that stay."""
    reversals.take_back_many(connection, list(entries), why)
    for row in sorted(returned, key=lambda row: row.entry_id or 0, reverse=True):
        undoing_files.take_return_back(connection, row, why, gone)


def _put_back_the_rest(connection: Connection, entry_id: int, item_id: int, why: Why) -> None:
    """The other lines of an application that was taken back for one of them: applied again by the same rule."""
    rows, receipt = schema.application, schema.receipt
    kept = connection.execute(select(rows).where(rows.c.entry_id == entry_id, or_(rows.c.item_id != item_id, rows.c.item_id.is_(None))).order_by(rows.c.application_id)).all()
    if not kept:
        return
    first = kept[0]
    key = connection.execute(select(receipt).where(receipt.c.receipt_id == first.receipt_id)).one()
    heads = pl.DataFrame([(first.receipt_id, key.receipt_key, key.currency, first.customer_id, first.source, first.rule, first.confidence, why.reason)],
                         schema=applications.HEADS, orient="row")
    lines = [(row.receipt_id, row.item_id, row.customer_id, row.applied_minor, row.discount_minor, row.deduction_minor, row.deduction_reason, row.write_off_minor,
              row.item_minor, row.rate) for row in kept]
    again = applications.apply(connection, heads, pl.DataFrame(lines, schema=applications.LINES, orient="row"), actor=why.actor, on=why.on)
    reversals.keep_before(connection, again, key)
    connection.execute(receipt.update().where(receipt.c.receipt_id == first.receipt_id).values(customer_id=first.customer_id))


def _queue_again(connection: Connection, entries: Collection[int], why: Why) -> None:
    """The receipts of the entries that have money to decide on stand in the queue."""
    leg, receipt = schema.posting, schema.receipt
    if not entries:
        return
    query = (
        select(leg.c.entry_id, leg.c.receipt_id).join(receipt, receipt.c.receipt_id == leg.c.receipt_id)
        .where(leg.c.entry_id.between(min(entries), max(entries)), receipt.c.state == "open", receipt.c.unapplied_minor != 0)
    )
    touched = db.frame(connection, query, {"entry_id": pl.Int64, "receipt_id": pl.Int64}).filter(pl.col("entry_id").is_in(list(entries)))
    exceptions.requeue_many(connection, touched["receipt_id"].unique().sort().to_list(), why.actor, why.reason, why.on)


def _told(connection: Connection, entries: Collection[int]) -> list[str]:
    """The entries in words, the newest first."""
    entry = schema.journal_entry
    if not entries:
        return []
    rows = connection.execute(select(entry).where(entry.c.entry_id.between(min(entries), max(entries))).order_by(entry.c.entry_id.desc()))
    return [f"entry {row.entry_id} of {row.entry_date}, {row.kind.replace('_', ' ')} by {row.actor}: {row.memo}".rstrip(": ")
            for row in rows if row.entry_id in entries]


State = tuple[dict[int, tuple[str, str, int]], dict[int, tuple[str, str, int]]]


def _state(connection: Connection) -> State:
    """What is open of each item, and unapplied of each receipt."""
    item, receipt = schema.open_item, schema.receipt
    items = {row.item_id: (row.document_number, row.currency, row.open_minor) for row in connection.execute(
        select(item.c.item_id, item.c.document_number, item.c.currency, item.c.open_minor))}
    receipts = {row.receipt_id: (row.receipt_key, row.currency, row.unapplied_minor) for row in connection.execute(
        select(receipt.c.receipt_id, receipt.c.receipt_key, receipt.c.currency, receipt.c.unapplied_minor).where(receipt.c.state != "linked"))}
    return items, receipts


def _differences(connection: Connection, before: State) -> tuple[list[str], list[str]]:
    """Items and receipts whose balance is another now, as `INV-1: 0.00 USD → 100.00 USD`."""
    after = _state(connection)

    def differing(kind: int, gone: str) -> list[str]:
        return sorted(
            f"{name}: {shown(was, currency)} → {shown(after[kind][key][2], currency) if key in after[kind] else gone}"
            for key, (name, currency, was) in before[kind].items() if key not in after[kind] or after[kind][key][2] != was
        )

    return differing(0, ""), differing(1, "gone with its file")
