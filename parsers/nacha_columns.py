"""A NACHA file in columns: ranges of plain records as frames, all others through the record reader, in one state and one order.

A block of 4 MB is a sheet of bytes (parsers/nacha_sheet.py); its odd records (parsers/nacha_plain.py) cut it into ranges. Of a
range the entries become a frame (parsers/nacha_lines.py), while batches stay records: statements, controls, sums. The state is
the record reader's own, so that either way of reading can go on where the other one ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import nacha_batch, nacha_file, nacha_plain
from parsers.documents import LINES, Document, Statement, drain, joined
from parsers.nacha_lines import lines_of
from parsers.nacha_records import stretches
from parsers.nacha_sheet import ADDENDA, between, sheet_of
from parsers.nacha_state import OpenBatch, State, Sums
from parsers.records import Record
from parsers.sources import BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.nacha_lines import Lines
    from parsers.nacha_records import Stretch
    from parsers.nacha_sheet import Marks, Numbers, Sheet
    from parsers.sources import Source

_ROWS_MIN = 20_000
"""A part is given out when it has so many rows."""


@dataclass(slots=True)
class _Parts:
    """The documents of a file as they come: `held` those of the next part, `records` read and not yet drained."""

    format: str
    held: list[Document] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    statements: int = 0
    statement: Statement | None = None

    @property
    def rows(self) -> int:
        """How many rows there are to give out, about."""
        return len(self.records) + sum(document.lines.height for document in self.held)

    def drain(self) -> None:
        """The records read as a document; it goes on in the statement that was open before them."""
        if not self.records:
            return
        before = [] if self.statement is None else [self.statement.opened]
        document = drain(self.format, [*before, *self.records])
        if self.statement is not None:
            again = document.statements.pop(0)
            self.statement.closed = again.closed or self.statement.closed
        document.lines = document.lines.with_columns(pl.col("statement") + (self.statements - len(before)))
        self.statements += len(document.statements)
        self.statement = document.statements[-1] if document.statements else self.statement
        self.held.append(document)
        self.records = []

    def part(self) -> Document:
        """What is there to give out."""
        self.drain()
        document = joined(self.held or [Document(format=self.format)])
        self.held = []
        return document


def read(format_name: str, state: State, source: Source, block_bytes: int = BLOCK_BYTES) -> Iterator[Document]:
    """The file's documents, each of a few megabytes."""
    parts = _Parts(format_name)
    for stretch in stretches(source, block_bytes):
        _read_stretch(parts, state, stretch)
        if parts.rows >= _ROWS_MIN:
            yield parts.part()
    parts.records.extend(nacha_file.end(state))
    yield parts.part()


def _read_stretch(parts: _Parts, state: State, stretch: Stretch) -> None:
    at, records = 0, len(stretch.kinds)
    if records >= nacha_plain.RECORDS_MIN:
        sheet = sheet_of(stretch)
        for first, end in nacha_plain.ranges(state, sheet):
            parts.records.extend(nacha_file.read(state, stretch, at, first))
            parts.records.extend(nacha_file.held_back(state))
            at = first
            if _goes_on(state, stretch.kinds[first]):
                _take_plain(parts, state, between(sheet, first, end), first, end)
                at = end
    parts.records.extend(nacha_file.read(state, stretch, at, records))


def _goes_on(state: State, kind: str) -> bool:
    """Whether a record may stand where the state is: a batch header between batches, an entry or a control inside one."""
    if kind == "5":
        return state.batch is None and not state.file.closed and (state.file.header is not None or state.file.headless)
    return state.batch is not None and state.batch.account is not None


def _take_plain(parts: _Parts, state: State, sheet: Sheet, first: int, end: int) -> None:
    """A range of plain records: its entries as a frame, what stands around them as records."""
    parts.drain()
    going_on = state.batch
    batches = [*([going_on] if going_on else []), *(nacha_batch.opened(state, sheet.stretch.record(row)) for row in sheet.headers.tolist())]
    of = sheet.batches if going_on else sheet.batches - 1
    lines = lines_of(sheet, [batch.facts for batch in batches], of)
    statements = parts.statements - 1
    opens = np.zeros(len(of), np.int32)
    parts.records.extend(_around(state, sheet, batches, of, lines, opens))
    numbers = pl.Series("statement", statements + np.cumsum(opens), dtype=LINES["statement"])
    frame = lines.frame.insert_column(0, numbers).select(*LINES)
    parts.held.append(Document(format=parts.format, lines=frame, remittance=lines.remittance))
    others = sheet.types[first:end] != ADDENDA
    state.last = sheet.stretch.record(first + int(np.flatnonzero(others)[-1]))
    state.file.records += end - first


def _around(state: State, sheet: Sheet, batches: list[OpenBatch], of: Numbers, lines: Lines, opens: Numbers) -> Iterator[Record]:
    """Statements, controls and issues in their order; `opens` comes to tell which entries open a statement."""
    bounds = np.searchsorted(of, np.arange(len(batches) + 1)).tolist()
    changes = set(_account_changes(sheet, of, lines.ours, first_only=bool(state.account)))
    told = dict(lines.told)
    sums = _sums(sheet, bounds)
    controls = sheet.controls.tolist()
    points = iter([*sorted(changes | told.keys()), len(of)])
    point = next(points)
    for nth, batch in enumerate(batches):
        while point < bounds[nth + 1]:
            if point in changes and (opened := _opened_by(state, sheet, batch, point, ours=bool(lines.ours[point]))):
                opens[point] = 1
                yield from opened
            yield from told.get(point, ())
            point = next(points)
        batch.sums.add(sums[nth])
        state.batch = batch
        if bounds[nth] < bounds[nth + 1]:
            batch.trace = sheet.stretch.columns(int(sheet.entries[bounds[nth + 1] - 1]), 79, 94)
        if nth < len(controls):
            yield from nacha_batch.closing(state, batch, sheet.stretch.record(controls[nth]))


def _opened_by(state: State, sheet: Sheet, batch: OpenBatch, entry: int, *, ours: bool) -> list[Record]:
    """The statement that an entry opens, if its account is another one than before."""
    account = sheet.stretch.columns(int(sheet.entries[entry]), 12, 29).strip() if ours else ""
    if batch.account is not None and account in ("", batch.account):
        return []
    return list(nacha_batch.statement(state, batch, account, batch.facts.return_date if sheet.back[entry] else batch.facts.date))


def _account_changes(sheet: Sheet, of: Numbers, ours: Marks, *, first_only: bool) -> list[int]:
    """The entries at which a statement may open: the first of each batch, and where the account is written differently than before."""
    first = np.flatnonzero(np.diff(of, prepend=-1))
    named = np.flatnonzero(ours)
    if first_only or not len(named):
        return first.tolist()
    accounts, batches = sheet.own[named, 12:29] if len(named) < len(of) else sheet.own[:, 12:29], of[named]
    differs = (accounts[1:] != accounts[:-1]).any(axis=1) | (batches[1:] != batches[:-1])
    return [*first.tolist(), int(named[0]), *named[1:][differs].tolist()]


def _sums(sheet: Sheet, bounds: list[int]) -> list[Sums]:
    """What the entries add to their batches."""
    figures = (1 + sheet.counts, sheet.hashes, np.maximum(-sheet.amounts, 0), np.maximum(sheet.amounts, 0))
    totals = [np.concatenate(([0], np.cumsum(figure)))[bounds] for figure in figures]
    return [Sums(*values) for values in np.column_stack([np.diff(total) for total in totals]).tolist()]
