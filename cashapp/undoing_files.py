"""A file taken back: its cash, its receipts, its links, its returned items. Its rows stay as history and count for nothing; the same
content may be taken in again, and the same payments are then the same receipts.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Row, literal, select

from cashapp import clock, exceptions, ledger, reversals, schema
from cashapp.reversals import Why
from cashapp.strata import TOOK_OFF


def stands(file_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a file was not taken back."""
    return file_id.not_in(select(schema.undone_file.c.file_id))


def with_dependents(connection: Connection, files: Collection[int]) -> list[Row[*tuple[object, ...]]]:
    """The files and those that rest on them, newest first: whose lines tell of money that these count, or take it back."""
    found = set(files)
    while more := _resting_on(connection, found) - found:
        found |= more
    file = schema.source_file
    return list(connection.execute(select(file).where(file.c.file_id.in_(found)).order_by(file.c.file_id.desc())).all())


def _resting_on(connection: Connection, files: Collection[int]) -> set[int]:
    link, line, told = schema.line_link, schema.bank_line, schema.bank_line.alias()
    linked = (
        select(told.c.file_id).join(link, link.c.line_id == told.c.line_id).join(line, line.c.line_id == link.c.counted_by)
        .where(line.c.file_id.in_(files), told.c.line_id > line.c.line_id, stands(told.c.file_id))
    )
    back, receipt, came = schema.returned_item, schema.receipt, schema.bank_line.alias()
    returned = (
        select(came.c.file_id).join(back, back.c.line_id == came.c.line_id).join(receipt, receipt.c.receipt_id == back.c.receipt_id)
        .join(line, line.c.line_id == receipt.c.line_id).where(line.c.file_id.in_(files), back.c.method != "undone", stands(came.c.file_id))
    )
    return {*connection.execute(linked).scalars(), *connection.execute(returned).scalars()} if files else set()


def returns_of(connection: Connection, files: Collection[int]) -> list[Row[*tuple[object, ...]]]:
    """The returned items that the files' lines brought, and those that people told of the files' receipts."""
    back, line, receipt, paid = schema.returned_item, schema.bank_line, schema.receipt, schema.bank_line.alias()
    query = (
        select(back).outerjoin(line, line.c.line_id == back.c.line_id).outerjoin(receipt, receipt.c.receipt_id == back.c.receipt_id)
        .outerjoin(paid, paid.c.line_id == receipt.c.line_id)
        .where(back.c.method != "undone", line.c.file_id.in_(files) | (back.c.line_id.is_(None) & paid.c.file_id.in_(files))).order_by(back.c.return_id)
    )
    return list(connection.execute(query).all()) if files else []


def take_return_back(connection: Connection, row: Row[*tuple[object, ...]], why: Why, gone: Collection[int]) -> None:
    """The return did not happen: its fee, its entries and the receipt as it was before, decisions and all.

    Decisions come back only on receipts whose file stays (`gone`: the files that do not). What a person told of before the bank
    did is expected again when only the bank's line goes.
    """
    table, receipt, line = schema.returned_item, schema.receipt, schema.bank_line
    paid_by = connection.execute(select(line.c.file_id).join(receipt, receipt.c.line_id == line.c.line_id).where(receipt.c.receipt_id == row.receipt_id)).scalar()
    told_before = _told_before(connection, row) and paid_by not in gone
    if row.fee_entry_id is not None and not told_before and not ledger.is_reversed(connection, row.fee_entry_id):
        reversals.take_back(connection, row.fee_entry_id, why)
    for entry_id in _entries_of(connection, row):
        if not (told_before and entry_id == row.entry_id):
            reversals.take_back(connection, entry_id, why)
    if told_before:
        connection.execute(table.update().where(table.c.return_id == row.return_id).values(method="expected", line_id=None))
        reversals.note_return(connection, row.return_id, why.actor, "the bank's line was taken back", why.reason)
        return
    if row.receipt_id is not None:
        connection.execute(receipt.update().where(receipt.c.receipt_id == row.receipt_id).values(state="open"))
        for entry_id in _took_off(connection, row.return_id) if paid_by not in gone else ():
            _restore(connection, entry_id, row.receipt_id, why)
    connection.execute(table.update().where(table.c.return_id == row.return_id).values(method="undone"))
    reversals.note_return(connection, row.return_id, why.actor, "taken back", why.reason)
    if row.line_id is not None:
        exceptions.resolve_where(connection, "line_id", row.line_id, why.actor, "its file was taken back")


def _told_before(connection: Connection, row: Row[*tuple[object, ...]]) -> bool:
    """Whether a person told of the return, and the bank's line came to it later."""
    event = schema.return_event
    told = select(event.c.event_id).where(event.c.return_id == row.return_id, event.c.action == "the bank booked it")
    return row.line_id is not None and connection.execute(told).first() is not None


def _entries_of(connection: Connection, row: Row[*tuple[object, ...]]) -> list[int]:
    """What posted the return and stands: the entries of its line, and the one a person made; newest first."""
    entry = schema.journal_entry
    reversal = entry.alias()
    mine = entry.c.entry_id == row.entry_id
    if row.line_id is not None:
        keys = [f"return:{row.line_id}", *(f"return:{row.line_id}:{n}" for n in range(2, 10))]
        mine |= entry.c.source_key.in_(keys)
    query = select(entry.c.entry_id).outerjoin(reversal, reversal.c.reverses == entry.c.entry_id).where(mine, reversal.c.reverses.is_(None))
    return list(connection.execute(query.order_by(entry.c.entry_id.desc())).scalars())


def _took_off(connection: Connection, return_id: int) -> list[int]:
    """The decisions that the return reversed, the oldest first."""
    event = schema.return_event
    return list(connection.execute(select(event.c.entry_id).where(event.c.return_id == return_id, event.c.action == TOOK_OFF).order_by(event.c.entry_id)).scalars())


def _restore(connection: Connection, entry_id: int, receipt_id: int, why: Why) -> None:
    entry, receipt = schema.journal_entry, schema.receipt
    reversals.restore(connection, entry_id, why)
    if connection.execute(select(entry.c.kind).where(entry.c.entry_id == entry_id)).scalar_one() == "application":
        return
    row = connection.execute(select(receipt).where(receipt.c.receipt_id == receipt_id)).one()
    if row.unapplied_minor == 0 and [one.kind for one in reversals.standing(connection, receipt_id)].count("application") == 0:
        connection.execute(receipt.update().where(receipt.c.receipt_id == receipt_id).values(state="non_ar"))


def take_back(connection: Connection, file: Row[*tuple[object, ...]], why: Why) -> None:
    """The file's cash and receipts, after every decision on them; its lines from now on repeat themselves."""
    _take_details_back(connection, file.file_id, why)
    for entry_id in _cash(connection, file):
        reversals.take_back(connection, entry_id, why)
    _forget(connection, file.file_id, why)
    line, link = schema.bank_line, schema.line_link
    already = select(link.c.line_id).where(link.c.line_id == link.c.counted_by)
    mine = select(line.c.line_id, line.c.line_id.label("counted_by"), literal("repeat").label("how"), literal("its file was taken back").label("why")).where(
        line.c.file_id == file.file_id, line.c.line_id.not_in(already))
    connection.execute(schema.line_link.insert().from_select(["line_id", "counted_by", "how", "why"], mine))
    connection.execute(schema.undone_file.insert().values(
        file_id=file.file_id, undone_at=clock.now().replace(tzinfo=None), undone_on=why.on, actor=why.actor, reason=why.reason))


def _take_details_back(connection: Connection, file_id: int, why: Why) -> None:
    """Deposits and sums of returns that gave way to this file's details stand for themselves again."""
    link, line, receipt, back, entry, case = (
        schema.line_link, schema.bank_line, schema.receipt, schema.returned_item, schema.journal_entry, schema.exception_case)
    sums = list(connection.execute(
        select(link.c.counted_by).distinct().join(line, line.c.line_id == link.c.line_id).where(line.c.file_id == file_id, link.c.how == "details")).scalars())
    keys = [f"details:{key}" for key in connection.execute(select(receipt.c.receipt_key).where(receipt.c.line_id.in_(sums))).scalars()]
    waiting = list(connection.execute(select(back.c.return_id).where(back.c.line_id.in_(sums), back.c.method == "decided")).scalars())
    keys += [f"details:return:{number}" for number in waiting]
    for entry_id in connection.execute(select(entry.c.entry_id).where(entry.c.source_key.in_(keys)).order_by(entry.c.entry_id.desc())).scalars().all():
        if not ledger.is_reversed(connection, entry_id):
            reversals.take_back(connection, entry_id, why)
    connection.execute(receipt.update().where(receipt.c.line_id.in_(sums)).values(state="open"))
    connection.execute(back.update().where(back.c.return_id.in_(waiting)).values(method="waiting"))
    for exception_id in connection.execute(select(case.c.exception_id).where(case.c.line_id.in_(sums), case.c.status == "resolved").order_by(case.c.exception_id)).scalars().all():
        exceptions.reopen(connection, exception_id, why.actor, "its details were taken back")


def _cash(connection: Connection, file: Row[*tuple[object, ...]]) -> list[int]:
    """The entries that posted the file's cash, newest first."""
    entry = schema.journal_entry
    reversal = entry.alias()
    query = (
        select(entry.c.entry_id).outerjoin(reversal, reversal.c.reverses == entry.c.entry_id)
        .where(entry.c.source_key.like(f"cash:{file.sha256}%"), reversal.c.reverses.is_(None)).order_by(entry.c.entry_id.desc())
    )
    return list(connection.execute(query).scalars())


def _forget(connection: Connection, file_id: int, why: Why) -> None:
    """The receipts count for nothing, their suggestions go, their cases and the file's are closed."""
    receipt, line, case = schema.receipt, schema.bank_line, schema.exception_case
    lines = select(line.c.line_id).where(line.c.file_id == file_id)
    mine = select(receipt.c.receipt_id).where(receipt.c.line_id.in_(lines))
    for table in (schema.proposal_line, schema.proposal, schema.evidence):
        connection.execute(table.delete().where(table.c.receipt_id.in_(mine)))
    theirs = case.c.receipt_id.in_(mine) | case.c.line_id.in_(lines) | (case.c.file_id == file_id)
    for exception_id in connection.execute(select(case.c.exception_id).where(theirs, case.c.status == "open").order_by(case.c.exception_id)).scalars().all():
        exceptions.resolve(connection, exception_id, why.actor, "resolved", "its file was taken back")
    connection.execute(receipt.update().where(receipt.c.receipt_id.in_(mine)).values(state="linked", customer_id=None, held=False))


