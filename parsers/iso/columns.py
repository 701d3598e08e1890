"""camt files read in columns: runs of entries of known shapes at once, everything else by the record reader, in file order.

`parsers.xml.runs` lays a run of entries out and cuts the texts of their leaves into columns; `parsers.iso.entry_columns` makes bank
lines of them. An entry of a rare shape, a batch, or one whose texts are not plainly what the standard says goes to the record reader,
which also reads all that stands between the runs and learns the shapes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import documents
from parsers.byte_columns import Places
from parsers.iso import entry_columns
from parsers.iso.line_columns import LineColumns
from parsers.records import BankLine, Span
from parsers.xml.records import Record as RecordPiece
from parsers.xml.records import RecordRun, pieces_and_runs
from parsers.xml.runs import RECORDS_MIN, Runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parsers.byte_columns import Ints
    from parsers.documents import Document, Statement
    from parsers.formats.iso_camt import Reading
    from parsers.iso.entry_columns import Family, Shape
    from parsers.iso.statement import Statement as Account
    from parsers.records import Record
    from parsers.sources import Source
    from parsers.xml.records import Piece
    from parsers.xml.runs import Alike, Run

RecordsOf = Callable[["Reading", "Piece"], "Iterable[Record]"]
"""How the record reader answers a piece of the file."""
_TRIAL = 10_000
"""Entries after which it shows whether a file's shapes are few."""
_ACCOUNT_MAX = 64
"""Letters of our own account number; an IBAN has 34."""
_PENDING_MAX = 50_000
"""Records of the record reader that are collected before they become a document."""


def parts(source: Source, reading: Reading, containers: Iterable[str], records_of: RecordsOf, name: str = "camt") -> Iterator[Document]:
    """The file's documents: one for each run, one for what stands before it."""
    so_far, shapes, runs = _Parts(name), _Known(reading), Runs()

    def find(data: bytes, start: int, tag: bytes, closing: bytes) -> Run | None:
        if reading.charset.encoding != "utf-8" or reading.statement is None or not reading.statement.is_open:
            return None
        own = reading.statement.own.account
        has_shapes = shapes.refreshed()
        if not shapes.is_worthwhile or not own.isascii() or len(own) > _ACCOUNT_MAX:
            return None
        rows_max = min(documents.PART_ROWS, 4 * shapes.entries) if has_shapes else RECORDS_MIN
        return runs.find(data, start, tag, closing, rows_max)

    pending: list[Record] = []
    for piece in pieces_and_runs(source, reading.charset, containers, ("Ntry",), find):
        if isinstance(piece, RecordRun):
            if pending:
                yield so_far.part(pending)
                pending = []
            yield _of_run(piece, reading, shapes, so_far, records_of)
        else:
            pending += records_of(reading, piece)
            if len(pending) > _PENDING_MAX:
                yield so_far.part(pending)
                pending = []
    yield so_far.part(pending)


@dataclass(slots=True)
class _Known:
    """The shapes of entries that can be read in columns."""

    reading: Reading
    seen: int = 0
    entries: int = 0
    told: int = 0
    """Entries that came in runs since there are such shapes, and those of them that were read in columns."""
    shapes: list[Shape] = field(default_factory=list)

    @property
    def is_worthwhile(self) -> bool:
        """Whether enough entries of the file have such shapes: else laying out runs is work for nothing."""
        return (bool(self.shapes) or not self.seen) and (self.entries < _TRIAL or 4 * self.told >= self.entries)

    def refreshed(self) -> bool:
        """Whether there are any, with those that the record reader has proven meanwhile."""
        proven = self.reading.entries.proven
        for text, outline in proven[self.seen :]:
            if shape := entry_columns.shape(text, outline):
                self.shapes.append(shape)
        self.seen = len(proven)
        return bool(self.shapes)


@dataclass(slots=True)
class _Parts:
    """The documents so far: how many statements they open, and the last one."""

    format_name: str
    statements: int = 0
    last: Statement | None = None

    def part(self, found: list[Record]) -> Document:
        """The next document: records as if the open statement were opened before them."""
        carried = self.last if self.last and self.last.closed is None else None
        whole = [carried.opened, *found] if carried else found
        part = next(documents.drained(self.format_name, whole, rows_max=len(whole) + 1))
        if carried:
            carried.closed = part.statements.pop(0).closed
        offset = self.statements - (carried is not None)
        if offset:
            part.lines = part.lines.with_columns(pl.col("statement") + offset)
        self.statements += len(part.statements)
        self.last = part.statements[-1] if part.statements else self.last
        return part


def _of_run(piece: RecordRun, reading: Reading, shapes: _Known, so_far: _Parts, records_of: RecordsOf) -> Document:
    """The document of a run: what columns cannot tell stands among the rest where the file has it."""
    run, statement = piece.run, reading.statement
    assert statement is not None, "a run stands in a statement"
    is_known = shapes.refreshed()
    columns = _columns(run, shapes.shapes, statement)
    lines = run.lines(reading.charset.newline, piece.span.line)
    told = np.flatnonzero(columns.known)
    if is_known:
        shapes.entries += columns.rows
        shapes.told += told.size
    found: list[Record] = []
    order: list[int] = []
    for row in np.flatnonzero(~columns.known).tolist():
        span = Span(int(lines[row]), int(run.starts[row]) + piece.base, int(run.ends[row]) + piece.base)
        for record in records_of(reading, RecordPiece(span, run.record(row))):
            found.append(record)
            if isinstance(record, BankLine):
                order.append(row)
    if not told.size:
        return so_far.part(found)
    places = Places(run.starts + piece.base, run.ends + piece.base)
    frame, remittance = columns.frames(lines, places, so_far.statements - 1, _document_lines(run, columns, lines), piece.base)
    if not found:
        return documents.Document(so_far.format_name, lines=frame, remittance=remittance)
    part = so_far.part(found)
    _merge(part, frame, remittance, told, np.array(order, np.int64))
    return part


def _columns(run: Run, shapes: list[Shape], statement: Account) -> LineColumns:
    """The entries of known shapes; they count into the statement."""
    columns = LineColumns(run.block, run.starts.size)
    families: dict[Family, list[tuple[Alike, Shape]]] = defaultdict(list)
    for alike in run.alike([shape.skeleton for shape in shapes]):
        families[shapes[alike.number].family].append((alike, shapes[alike.number]))
    for members in families.values():
        entry_columns.read(run, members, statement.own, columns)
    _count(columns, statement)
    return columns


def _count(columns: LineColumns, statement: Account) -> None:
    """The entries into the statement's figures."""
    if not columns.known.any():
        return
    currencies, statuses = columns.words["currency"], columns.words["status"]
    keys = (currencies.which * len(statuses.texts) + statuses.which) * 2 + (columns.amount_minor >= 0)
    for key in np.unique(keys[columns.known]).tolist():
        amounts = columns.amount_minor[columns.known & (keys == key)]
        currency, status = divmod(key // 2, len(statuses.texts))
        figure = currencies.texts[currency], statuses.texts[status] == "booked", bool(key % 2)
        statement.counts[figure] = statement.counts.get(figure, 0) + amounts.size
        statement.sums[figure] = statement.sums.get(figure, 0) + int(amounts.sum())


def _document_lines(run: Run, columns: LineColumns, lines: Ints) -> Ints:
    """The lines of the documents: those of their records and the line ends before them in these."""
    if not columns.told:
        return np.zeros(0, np.int64)
    rows, starts = (np.concatenate([told[part] for told in columns.told]) for part in (0, 1))
    found: Ints = lines[rows] + run.lines(b"\n", 0, starts) - run.lines(b"\n", 0)[rows]
    return found


def _merge(part: Document, frame: pl.DataFrame, remittance: pl.DataFrame, told: Ints, order: Ints) -> None:
    """Put the lines from columns, of the records `told`, among the part's own ones, which are of the records that `order` names."""
    keys = np.concatenate([order, told])
    sorted_keys = np.argsort(keys, kind="stable")
    places = np.empty(keys.size, np.int64)
    places[sorted_keys] = np.arange(keys.size)
    own = part.remittance["row"].to_numpy()
    rows = np.concatenate([places[own], places[remittance["row"].to_numpy() + order.size]])
    part.lines = pl.concat([part.lines, frame])[pl.Series(sorted_keys)]
    if rows.size:
        every = pl.concat([part.remittance, remittance]).with_columns(row=pl.Series(rows))
        part.remittance = every[pl.Series(np.argsort(rows, kind="stable"))]
