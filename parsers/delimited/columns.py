"""CSV exports read in columns, a block of rows after the other: the documents of the record reader, only faster.

The standard library cuts a block into rows. Where each line is one row, `parsers.delimited.sheet` makes columns of those that read by
the book; every other row goes through the record reader, in its order and with the same state, so that statements, figures, issues
and proofs are decided in one place. From the first block on that is not so (a line break inside quotes, an open quote, a lone carriage
return) the record reader reads the rest of the file; all of it where rows go on with those above.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.delimited.continued import has_continued_rows, joined
from parsers.delimited.rows import Row, is_blank, row_reader, rows
from parsers.delimited.sheet import Sheet, sheet
from parsers.mixed_parts import MixedParts, every_column
from parsers.records import Span, StatementOpened
from parsers.sources import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.byte_columns import Ints
    from parsers.delimited.reading import Reading
    from parsers.documents import Document
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source

BLOCK_BYTES = 2 * 1024 * 1024
_PENDING_MAX = 50_000
_AFTER_THE_LAST = "end"


class Block(NamedTuple):
    """Lines of the file, each of them a row: its cells, the line of the first one, and where in the file each begins and ends."""

    rows: list[list[str]]
    first_line: int
    starts: Ints
    ends: Ints
    raw: bytes
    start: int

    def row(self, number: int) -> Row | None:
        """A row as the record reader gets it; None for a blank one."""
        span = Span(self.first_line + number, int(self.starts[number]), int(self.ends[number]))
        if len(self.rows[number]) < 2 and is_blank(self.raw[span.start - self.start : span.end - self.start]):
            return None
        return Row(span, self.rows[number])


def parts(source: Source, reading: Reading, profile: Profile, format_name: str, block_bytes: int = BLOCK_BYTES) -> Iterator[Document]:
    """The file's documents: one for each block, and one for the end."""
    so_far = MixedParts(format_name)
    line, start = 1, 0
    goes_on = has_continued_rows(source.head, reading.layout, profile.encoding)
    for block in () if goes_on else _blocks(source, reading.layout.delimiter, profile.encoding, block_bytes):
        yield _of_block(block, reading, so_far)
        line, start = block.first_line + len(block.rows), int(block.ends[-1])
    found: list[Record] = []
    others = rows(source, reading.layout.delimiter, profile.encoding, line, start)
    for row in joined(others, reading.layout) if goes_on else others:
        found += _told(reading, row)
        if len(found) > _PENDING_MAX:
            yield so_far.part(found)
            found = []
    reading.finish(profile)
    yield so_far.part(found + reading.told)


def _blocks(source: Source, delimiter: str, page: str, block_bytes: int) -> Iterator[Block]:
    """The blocks whose lines are rows, up to the first one of which that is not so; the last line is left out where it is open."""
    line, start, rest = 1, 0, b""
    with source.open() as stream:
        while read := stream.read(block_bytes):
            data = rest + read
            raw, rest = data[: data.rfind(b"\n") + 1], data[data.rfind(b"\n") + 1 :]
            if not raw or raw.count(b"\r") != raw.count(b"\r\n") or b"\r\r" in raw:
                return
            cells = _cut(raw, delimiter, page)
            if cells is None:
                return
            ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == ord("\n")) + (start + 1)
            yield Block(cells, line, np.concatenate([np.array([start]), ends[:-1]]), ends, raw, start)
            line, start = line + len(cells), start + len(raw)


def _cut(raw: bytes, delimiter: str, page: str) -> list[list[str]] | None:
    """The rows of whole lines; None where not every line is a row of its own."""
    try:
        lines = raw.decode().split("\n")
    except UnicodeDecodeError:
        lines = [decode(line, page) for line in raw.split(b"\n")]
    lines[-1] = _AFTER_THE_LAST  # an open quote would swallow it
    try:
        cut = list(row_reader(lines, delimiter))
    except csv.Error:
        return None
    return cut[:-1] if len(cut) == len(lines) and cut[-1] == [_AFTER_THE_LAST] else None


def _of_block(block: Block, reading: Reading, so_far: MixedParts) -> Document:
    """A block's document: rows by the book in runs of one account, all others one by one, in file order."""
    columns = sheet(block.rows, reading, block.first_line)
    found: list[Record] = []
    statements = so_far.statements
    statement = np.full(columns.rows.size, -1)
    at = row = 0
    while row < len(block.rows):
        if at < columns.rows.size and columns.rows[at] == row and (end := _run(columns, at, reading)) > at:
            _count(columns, slice(at, end), block, reading)
            statement[at:end] = statements - 1
            row += end - at
            at = end
            continue
        at += at < columns.rows.size and columns.rows[at] == row
        if (other := block.row(row)) is not None:
            told = _told(reading, other)
            statements += sum(isinstance(record, StatementOpened) for record in told)
            found += told
        row += 1
    kept = np.flatnonzero(statement >= 0)
    return so_far.part(found, _frame(columns, kept, statement[kept], block))


def _told(reading: Reading, row: Row) -> list[Record]:
    """What the record reader says of a row."""
    line = reading.row(row)
    told = [*reading.told, *([line] if line is not None else [])]
    reading.told.clear()
    return told


def _run(columns: Sheet, at: int, reading: Reading) -> int:
    """Where the run of rows ends that may be told at once: rows one after the other, of the account that is open."""
    if columns.accounts[columns.account[at]] != reading.open:
        return at
    end = int(columns.run_ends[at])
    return end if reading.entries.takes_debits(columns.debit_sign[at:end]) else at


def _count(columns: Sheet, run: slice, block: Block, reading: Reading) -> None:
    """A run of rows into the account's figures, and where the reader stands after it."""
    numbers = columns.rows[run]
    reading.ledger.add_all(
        columns.is_booked[run], columns.amount_minor[run], columns.balance_minor[run], columns.has_balance[run],
        np.stack([numbers + block.first_line, block.starts[numbers], block.ends[numbers]], axis=1),
    )
    reading.entries.last_date = columns.dates[columns.date[run.stop - 1]]
    reading.last = Span(*(int(part) for part in (numbers[-1] + block.first_line, block.starts[numbers[-1]], block.ends[numbers[-1]])))


def _frame(columns: Sheet, kept: Ints, statement: Ints, block: Block) -> pl.DataFrame | None:
    """The bank lines of the rows that are kept."""
    if not kept.size:
        return None
    numbers = columns.rows[kept]
    told = columns.lines if kept.size == columns.rows.size else columns.lines[kept]
    placed = told.with_columns(
        statement=pl.Series(statement, dtype=pl.Int32), line=pl.Series(numbers + block.first_line), byte_start=pl.Series(block.starts[numbers]),
        byte_end=pl.Series(block.ends[numbers]),
    )
    return every_column(placed)

