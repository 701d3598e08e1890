"""A NACHA file in columns: ranges of plain records as frames, all others through the record reader, in one state and one order.

A block of 4 MB is a sheet of bytes (parsers/nacha/sheet.py); its odd records (parsers/nacha/plain.py) cut it into ranges. Of a
range the entries become a frame (parsers/nacha/lines.py), while batches stay records: statements, controls, sums. The state is
the record reader's own, so that either way of reading can go on where the other one ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers.nacha import file, plain
from parsers.documents import LINES, Document, Statement, drain, joined
from parsers.nacha.lines import lines_of
from parsers.nacha.records import stretches
from parsers.nacha.sheet import ADDENDA, between, control_characters, sheet_of
from parsers.nacha.statements import batches_of, fill
from parsers.sources import BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.nacha.records import Stretch
    from parsers.nacha.sheet import Sheet
    from parsers.nacha.state import State
    from parsers.records import Record
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
        self.records = []
        self.take(document)

    def take(self, document: Document) -> None:
        """A document whose statements are numbered on."""
        self.statements += len(document.statements)
        self.statement = document.statements[-1] if document.statements else self.statement
        self.held.append(document)

    def part(self) -> Document:
        """What is there to give out."""
        self.drain()
        document = joined(self.held or [Document(format=self.format)])
        self.held = []
        return document


def read(format_name: str, state: State, source: Source, block_bytes: int = BLOCK_BYTES) -> Iterator[Document]:
    """The file's documents, each of a few megabytes."""
    parts = _Parts(format_name)
    for stretch in stretches(source, block_bytes, control_characters):
        _read_stretch(parts, state, stretch)
        if parts.rows >= _ROWS_MIN:
            yield parts.part()
    parts.records.extend(file.end(state))
    yield parts.part()


def _read_stretch(parts: _Parts, state: State, stretch: Stretch) -> None:
    at, records = 0, len(stretch.kinds)
    if records >= plain.RECORDS_MIN:
        sheet = sheet_of(stretch)
        for first, end in plain.ranges(state, sheet):
            parts.records.extend(file.read(state, stretch, at, first))
            parts.records.extend(file.held_back(state))
            at = first
            if _goes_on(state, stretch.kinds[first]):
                _take_plain(parts, state, between(sheet, first, end), first, end)
                at = end
    parts.records.extend(file.read(state, stretch, at, records))


def _goes_on(state: State, kind: str) -> bool:
    """Whether a record may stand where the state is: a batch header between batches, an entry or a control inside one."""
    if kind == "5":
        return state.batch is None and not state.file.closed and (state.file.header is not None or state.file.headless)
    return state.batch is not None


def _take_plain(parts: _Parts, state: State, sheet: Sheet, first: int, end: int) -> None:
    """A range of plain records: its entries as a frame, with what stands around them."""
    parts.drain()
    batches = batches_of(state, sheet)
    lines = lines_of(sheet, batches.facts, batches.of)
    document = Document(format=parts.format, remittance=lines.remittance)
    opens = fill(document, parts.statement, state, sheet, batches, lines)
    numbers = pl.Series("statement", parts.statements - 1 + np.cumsum(opens), dtype=LINES["statement"])
    document.lines = lines.frame.insert_column(0, numbers).select(*LINES)
    parts.take(document)
    state.last = sheet.stretch.record(first + int(np.flatnonzero(sheet.types[first:end] != ADDENDA)[-1]))
    state.file.records += end - first
