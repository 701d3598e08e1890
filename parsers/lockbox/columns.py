"""BAI lockbox files read in columns, a block of some megabytes after the other: the documents of the record reader, only faster.

`parsers.lockbox.sheets` lays a block out. Runs of plain checks count into the sums of their batch and lockbox at once; between the runs
each other record goes through `parsers.lockbox.book`, in its order and with the same book, so that headers, totals, controls, issues
and dialects are decided in one place.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import documents
from parsers.lockbox import book as lockbox_book, sheets
from parsers.lockbox.book import Book
from parsers.lockbox.records import Deposits
from parsers.mixed_parts import MixedParts, every_column
from parsers.records import Span, StatementOpened
from parsers.sources import Line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from parsers.documents import Document
    from parsers.lockbox.sheets import Block, Sheet
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source

BLOCK_BYTES = 2 * 1024 * 1024


class _Run(NamedTuple):
    """Plain checks that follow one another in a statement: rows `[first, stop)` of a sheet's checks, and what they have in common."""

    first: int
    stop: int
    statement: int
    lockbox: str
    date: dt.date | None
    batch_amount_minor: int
    batch_line: int


def parts(source: Source, profile: Profile, format_name: str, block_bytes: int = BLOCK_BYTES) -> Iterator[Document]:
    """The file's documents: one for each block, one for what its end says."""
    totals = sheets.deposit_totals(source, profile, block_bytes)
    if totals is None:
        yield from documents.drained(format_name, lockbox_book.records_of(source, profile))
        return
    book, deposits, so_far = Book(profile, profile.lockbox, totals), Deposits(profile.lockbox), MixedParts(format_name)
    for block in sheets.blocks(source, block_bytes):
        sheet = sheets.sheet(block, profile, book.in_check, book.in_overflow)
        found, runs = _counted(block, sheet, book, deposits, so_far.statements)
        yield so_far.part(found, *_lines(sheet, runs, profile.currency))
    yield so_far.part(list(lockbox_book.ended(book)))


def _counted(block: Block, sheet: Sheet, book: Book, deposits: Deposits, statements: int) -> tuple[list[Record], list[_Run]]:
    """What the records say that belong to no plain check, and the runs between them, counted into their batch and lockbox."""
    amounts, overflows = (np.append(0, np.cumsum(sheet.checks[name].to_numpy())).tolist() for name in ("amount_minor", "overflows"))
    row_of = np.append(0, np.cumsum(sheet.is_plain)).tolist()
    others = [*np.flatnonzero(~sheet.is_plain).tolist(), len(sheet.is_plain)]
    found: list[Record] = []
    runs: list[_Run] = []
    at = 0
    while at < len(sheet.is_plain):
        stop = others[bisect_left(others, at)]
        if stop > at and book.is_open and book.has_statement and deposits.key and deposits.number == book.deposit:
            found += lockbox_book.check_done(book, book.check) if book.check else ()
            first, end = row_of[at], row_of[stop]
            book.take(end - first, overflows[end] - overflows[first], amounts[end] - amounts[first], _span(block, sheet, stop))
            runs.append(_Run(first, end, statements - 1, book.lockbox, book.date, book.totals[book.deposit], book.header_line))
            at = stop
            continue
        for line in range(sheet.group[at], sheet.group[at + 1]):
            record = _line(block, sheet, line)
            for told in lockbox_book.told(book, deposits.of(record.data), record):
                found.append(told)
                statements += isinstance(told, StatementOpened)
        at += 1
    return found, runs


def _line(block: Block, sheet: Sheet, at: int) -> Line:
    lines = sheet.lines
    return Line(int(lines.number[at]), int(lines.start[at]) + block.offset, int(lines.next[at]) + block.offset, lines.record(at))


def _span(block: Block, sheet: Sheet, stop: int) -> Span:
    """Where the last record before a group stands."""
    return Span(*_line(block, sheet, int(sheet.group[stop]) - 1)[:3])


def _lines(sheet: Sheet, runs: list[_Run], currency: str) -> tuple[pl.DataFrame, pl.DataFrame] | tuple[()]:
    """The plain checks of the runs as bank lines, and their documents."""
    if not runs:
        return ()
    common = pl.DataFrame([(run.stop - run.first, *run[2:]) for run in runs], orient="row", schema={
        "height": pl.Int64, "statement": pl.Int32, "lockbox": pl.String, "booking_date": pl.Date, "batch_amount_minor": pl.Int64, "batch_line": pl.Int64})
    run_of = common.select(pl.int_range(pl.len()).repeat_by("height").explode()).to_series()
    row = pl.concat([pl.int_range(run.first, run.stop, eager=True) for run in runs])
    batch = pl.concat_str(pl.when(pl.col("lockbox") != "").then(pl.col("lockbox") + "-").otherwise(pl.lit("")), "batch")
    told = sheet.checks[row].hstack(common.drop("height")[run_of]).with_columns(
        batch_reference=batch, currency=pl.lit(currency), type_code=pl.lit("lockbox"), value_date="booking_date", customer_reference="check_number",
        kind=pl.when(pl.col("amount_minor") != 0).then(pl.lit("receipt")).otherwise(pl.lit("other")))
    told = told.with_columns(bank_reference=pl.concat_str("batch_reference", pl.lit("-"), "item"))
    place = pl.Series(np.full(sheet.checks.height, -1)).scatter(row, pl.int_range(row.len(), eager=True))
    remittance = sheet.remittance.with_columns(row=place.gather(sheet.remittance["row"])).filter(pl.col("row") >= 0)
    return every_column(told), remittance
