"""OFX files read in columns, some megabytes after the other: the documents of the record reader, only faster.

`parsers.ofx.sheet` lays a block out. Runs of plain entries are counted into their statement at once; what stands between the runs goes
to the record reader, piece by piece in the file's order and into the same `Reading`, so that the frame of a file, odd entries, dialects
and issues are decided in one place. An entry whose FITID may have been told before goes there, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
import polars as pl

from parsers import documents
from parsers.amounts import AMOUNT_LIMIT_MINOR, minor_digits
from parsers.byte_columns import PADDING
from parsers.document_parts import Parts
from parsers.ofx import sheet as ofx_sheet
from parsers.ofx.elements import (
    Block,
    BlockReader,
    Entry,
    block_at,
    blocks,
    code_page,
    corrected_in_file,
    mentions,
    newline_of,
    odd_case,
)
from parsers.ofx.entries import EntryReader, Told
from parsers.ofx.fitids import Entries, Fitids
from parsers.ofx.reading import Reading
from parsers.records import BankLine, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.byte_columns import Flags, Ints
    from parsers.documents import Document
    from parsers.ofx.sheet import Sheet
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source

RUN_MIN = 8
"""Fewer neighbours are sooner read one by one."""
_DIGITS = 2
_SILENT = {name: pl.Series(name, [BankLine._field_defaults.get(name)], dtype=dtype) for name, dtype in documents.LINES.items()}
"""Each column of bank lines, as it is in a line that is silent about it."""
_NO_DATE = pl.Series([None], dtype=pl.Date)


def parts(source: Source, profile: Profile, format_name: str) -> Iterator[Document]:
    """The file's documents: one for each block, one for what its end says."""
    corrected = corrected_in_file(source) if mentions(source, b"<CORRECTFITID") else frozenset()
    entries = EntryReader(source, code_page(source.head, profile.encoding), corrected)
    so_far = Parts(format_name)
    with source.open() as stream:
        newline = newline_of(source.head)
        walk = _Walk(Reading(profile, entries, entries.told), BlockReader(newline), stream, newline.encode(), is_odd=odd_case(source.head))
        entries.elsewhere = walk.told_before
        for block in blocks(source, PADDING):
            sheet = ofx_sheet.sheet(block, walk.reader.newline, entries.page)
            found, runs = walk.read(block, sheet)
            yield so_far.part(found, _lines(sheet, runs, block.offset, walk.line) if sheet and runs else None)
            walk.line += block.text.count(walk.reader.newline) if sheet is None else sheet.breaks
        walk.reading.finish(max(walk.begun, walk.ended) + walk.pending)
    yield so_far.part(entries.told)


class _Run(NamedTuple):
    """Plain entries that follow one another: the rows `[first, end)` of a sheet, in which statement (from 1 on), and their amounts."""

    first: int
    end: int
    statement: int
    currency: str
    minor: Ints


@dataclass(slots=True)
class _Walk:
    """Where the reader stands in a file. `line`: the first of the block; `begun`, `ended`, `pending`: tags of entries so far."""

    reading: Reading
    reader: BlockReader
    stream: BinaryIO
    newline: bytes
    is_odd: bool
    fitids: Fitids = field(default_factory=Fitids)
    line: int = 1
    begun: int = 0
    ended: int = 0
    pending: int = 0

    def read(self, block: Block, sheet: Sheet | None) -> tuple[list[Record], list[_Run]]:
        """What the block says beside its plain entries, and the runs of these, counted."""
        if sheet is None:
            self.begun += block.data.count(b"<STMTTRN>")
            self.ended += block.data.count(b"</STMTTRN>")
            self.pending += block.data.count(b"<STMTTRNP>")
            return self._one_by_one(block, self.line, 0, block.size), []
        self.begun += sheet.begun
        self.ended += sheet.ended
        found: list[Record] = []
        runs: list[_Run] = []
        position, line = 0, self.line
        firsts = np.flatnonzero(~sheet.follows).tolist()
        for first, end in pairwise([*firsts, sheet.start.size] if firsts else []):
            found += self._between(block, line, position, int(sheet.start[first]))
            self._run(block, sheet, first, end, found, runs)
            start, position = int(sheet.start[end - 1]), int(sheet.end[end - 1])
            line = self.line + int(sheet.line[end - 1]) + block.data.count(self.newline, start, position)
        found += self._between(block, line, position, block.size)
        return found, runs

    def told_before(self, account: str, fitid: str) -> Told | None:
        """The plain entry that had this FITID first."""
        for place in self.fitids.places(account, fitid):
            block = block_at(self.stream, place.start, place.end, is_odd=self.is_odd)
            for entry in self.reader.pieces(block, place.line):
                assert isinstance(entry, Entry), "a place holds an entry"
                same, content = self.reading.entries.identity(entry, place.currency)
                if same == fitid:
                    return Told(content, place.statement, place.line)
        return None

    # -- a block -----------------------------------------------------------------------------------------------------

    def _between(self, block: Block, line: int, position: int, stop: int) -> list[Record]:
        """What stands between two runs, from a position on that line on."""
        is_nothing = position == stop or not block.data[position:stop].strip(b" \t\r\n")
        return [] if is_nothing else self._one_by_one(block, line, position, stop)

    def _one_by_one(self, block: Block, line: int, position: int, stop: int) -> list[Record]:
        """A stretch of the block as the record reader reads it."""
        found: list[Record] = []
        reading = self.reading
        for piece in self.reader.pieces(block.stretch(position, stop), line, stop - position):
            told = None
            if isinstance(piece, Entry):
                told = reading.entry(piece)
            else:
                reading.element(piece)
            found += reading.told
            reading.told.clear()
            if told is not None:
                found.append(told)
                self.fitids.add_elsewhere(reading.entries.account, told.bank_reference)
        return found

    def _run(self, block: Block, sheet: Sheet, first: int, end: int, found: list[Record], runs: list[_Run]) -> None:
        """Neighbours are counted into the open statement. One by one are read those that need a look, the first where no statement is
        open, and all where they are but few."""
        reading, entries = self.reading, self.reading.entries
        opens = reading.takes_plain_entries(self._span(block, sheet, first)) if end - first >= RUN_MIN else None
        found += reading.told
        reading.told.clear()
        if opens is None:
            stop = first + 1 if end - first >= RUN_MIN else end
            found += self._one_by_one(block, self.line + int(sheet.line[first]), int(sheet.start[first]), int(sheet.end[stop - 1]))
            if stop < end:
                self._run(block, sheet, stop, end, found, runs)
            return
        minor, is_odd = _minor(sheet.hundredths[first:end], minor_digits(entries.currency))
        is_odd[self.fitids.told_before(entries.account, sheet.fitids[first:end])] = True
        if corrected := [fitid for account, fitid in entries.corrected if account == entries.account]:
            is_odd |= sheet.texts["bank_reference"][first:end].is_in(corrected).to_numpy()
        row = first
        for stop in [*(first + np.flatnonzero(is_odd)).tolist(), end]:
            if row < stop:
                run = _Run(row, stop, reading.statements, entries.currency, minor[row - first : stop - first])
                self._count(block, sheet, run)
                runs.append(run)
            if stop < end:
                found += self._one_by_one(block, self.line + int(sheet.line[stop]), int(sheet.start[stop]), int(sheet.end[stop]))
            row = stop + 1

    def _count(self, block: Block, sheet: Sheet, run: _Run) -> None:
        """What plain entries change for those that follow."""
        rows = slice(run.first, run.end)
        days, fitids = sheet.days[rows], sheet.fitids[rows]
        entries = self.reading.entries
        self.reading.entered(len(days), int(run.minor.sum()), ofx_sheet.date_of(days.min()), self._span(block, sheet, run.end - 1))
        entries.entered(ofx_sheet.date_of(days[-1]), int(np.count_nonzero(fitids == 0)))
        places = Entries(sheet.start[rows] + block.offset, sheet.end[rows] + block.offset, sheet.line[rows] + self.line, run.statement, run.currency)
        self.fitids.add(entries.account, fitids, places)

    def _span(self, block: Block, sheet: Sheet, row: int) -> Span:
        return Span(self.line + int(sheet.line[row]), block.offset + int(sheet.start[row]), block.offset + int(sheet.end[row]))


def _minor(hundredths: Ints, digits: int) -> tuple[Ints, Flags]:
    """Minor units of a currency with so many digits, and for which amounts they cannot be told so."""
    if digits == _DIGITS:
        return hundredths, np.zeros(hundredths.size, np.bool_)
    if digits < _DIGITS:
        minor, rest = np.divmod(hundredths, 10 ** (_DIGITS - digits))
        return minor, rest != 0
    minor = hundredths * 10 ** (digits - _DIGITS)
    return minor, np.abs(minor) >= AMOUNT_LIMIT_MINOR


def _lines(sheet: Sheet, runs: list[_Run], offset: int, line: int) -> pl.DataFrame:
    """The rows of the runs as bank lines."""
    counts = [run.end - run.first for run in runs]
    is_every = sum(counts) == sheet.start.size
    rows = slice(None) if is_every else np.concatenate([np.arange(run.first, run.end) for run in runs])
    run_of = np.repeat(np.arange(len(runs)), counts)
    told: dict[str, pl.Series] = {
        "statement": pl.Series(np.array([run.statement - 1 for run in runs], np.int32)[run_of]),
        "line": pl.Series(sheet.line[rows] + line), "byte_start": pl.Series(sheet.start[rows] + offset), "byte_end": pl.Series(sheet.end[rows] + offset),
        "amount_minor": pl.Series(np.concatenate([run.minor for run in runs])),
        "currency": _named([run.currency for run in runs], run_of), "kind": _named(ofx_sheet.KINDS, sheet.kind[rows]),
        "booking_date": _dates(sheet.days[rows]), "value_date": _dates(sheet.value_days[rows]),
        "type_code": _named(ofx_sheet.TYPES, sheet.code[rows]),
    } | {name: column if isinstance(rows, slice) else column.gather(rows) for name, column in sheet.texts.items()}
    height = sum(counts)
    return pl.DataFrame([(told[name] if name in told else silent.new_from_index(0, height)).alias(name) for name, silent in _SILENT.items()])


def _named(names: Sequence[str], which: Ints) -> pl.Series:
    known = pl.Series(names, dtype=pl.String)
    return known[which] if len(names) > 1 else known.new_from_index(0, which.size)


def _dates(days: Ints) -> pl.Series:
    has_day = days != ofx_sheet.NO_DAY
    if not has_day.any():
        return _NO_DATE.new_from_index(0, days.size)
    column = pl.Series(days.astype(np.int32)).cast(pl.Date)
    return column if has_day.all() else column.zip_with(pl.Series(has_day), _NO_DATE.new_from_index(0, days.size))
