"""What was known at a moment: the files taken in by then and not yet taken back, the links between their lines, what had been decided.

Nothing is kept for this: files, journal entries and events carry the time they came (UTC, to the second). `None` means now.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, or_, select, true

from cashapp import schema

DECISIONS = ("application", "non_ar", "adjustment", "return", "details")
"""Kinds of journal entries by which the books deal with a receipt."""


def file_stands(file_id: ColumnElement[int], known_at: dt.datetime | None) -> ColumnElement[bool]:
    """The file had come and was not taken back."""
    undone, file = schema.undone_file, schema.source_file
    gone = select(undone.c.file_id)
    if known_at is None:
        return file_id.not_in(gone)
    return and_(file_id.in_(select(file.c.file_id).where(file.c.processed_at <= known_at)), file_id.not_in(gone.where(undone.c.undone_at <= known_at)))


def repeats(known_at: dt.datetime) -> CompoundSelect[tuple[int]]:
    """line_id of what only repeated money told before, or lay in a file that was taken back (its lines repeat themselves)."""
    link, line, undone = schema.line_link, schema.bank_line, schema.undone_file
    itself = link.c.line_id == link.c.counted_by
    taken_back = select(link.c.line_id).join(line, line.c.line_id == link.c.line_id).join(undone, undone.c.file_id == line.c.file_id).where(
        itself, undone.c.undone_at <= known_at)
    return select(link.c.line_id).where(link.c.how == "repeat", ~itself, link_stands(known_at)).union(taken_back)


def link_stands(known_at: dt.datetime | None) -> ColumnElement[bool]:
    """A row of line_link was known: both its lines had come."""
    link, line, file = schema.line_link, schema.bank_line, schema.source_file
    if known_at is None:
        return true()
    come = select(line.c.line_id).join(file, file.c.file_id == line.c.file_id).where(file.c.processed_at <= known_at)
    return and_(link.c.line_id.in_(come), link.c.counted_by.in_(come))


def decided(known_at: dt.datetime | None) -> Select[tuple[int]]:
    """receipt_id of the receipts with a decision that stands: posted by then, and not yet taken back."""
    entry, leg = schema.journal_entry, schema.posting
    reversal = entry.alias()
    stands = reversal.c.reverses.is_(None) if known_at is None else or_(reversal.c.reverses.is_(None), reversal.c.posted_at > known_at)
    query = (
        select(leg.c.receipt_id).distinct().join(entry, entry.c.entry_id == leg.c.entry_id).outerjoin(reversal, reversal.c.reverses == entry.c.entry_id)
        .where(leg.c.receipt_id.is_not(None), entry.c.kind.in_(DECISIONS), stands)
    )
    return query.where(entry.c.posted_at <= known_at) if known_at is not None else query
