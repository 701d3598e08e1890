"""camt files read in columns: runs of entries of known shapes at once, everything else by the record reader, in file order.

`parsers.xml.runs` lays a run of entries out and cuts the texts of their leaves into columns; `parsers.iso.entry_columns` makes bank
lines of them. An entry of a rare shape, a batch, or one whose texts are not plainly what the standard says goes to the record reader,
which also reads all that stands between the runs and learns the shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import documents
from parsers.iso import entry_columns
from parsers.records import BankLine, Span
from parsers.xml.records import Record as RecordPiece
from parsers.xml.records import RecordRun, pieces_and_runs
from parsers.xml.runs import RECORDS_MIN, Runs, skeleton

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parsers.documents import Document, Statement
    from parsers.formats.iso_camt import Reading
    from parsers.iso.entry_outline import EntryOutline
    from parsers.records import Record
    from parsers.sources import Source
    from parsers.xml.records import Piece
    from parsers.xml.runs import Run, Skeleton

RecordsOf = Callable[["Reading", "Piece"], "Iterable[Record]"]
"""How the record reader answers a piece of the file."""
BYTES_MIN = 32 * 1024 * 1024
"""A smaller file is read as fast record by record."""
_PENDING_MAX = 50_000
"""Records of the record reader that are collected before they become a document."""


def parts(source: Source, reading: Reading, containers: Iterable[str], records_of: RecordsOf, name: str = "camt") -> Iterator[Document]:
    """The file's documents: one for each run, one for what stands before it."""
    so_far, shapes, runs = _Parts(name), _Known(reading), Runs()

    def find(data: bytes, start: int, tag: bytes, closing: bytes) -> Run | None:
        if reading.charset.encoding != "utf-8" or reading.statement is None or not reading.statement.is_open:
            return None
        if not shapes.is_worthwhile:
            return None
        return runs.find(data, start, tag, closing, documents.PART_ROWS if shapes.refreshed() else RECORDS_MIN)

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
    skeletons: list[Skeleton] = field(default_factory=list)
    outlines: list[EntryOutline] = field(default_factory=list)

    @property
    def is_worthwhile(self) -> bool:
        """Whether most entries of the file have such shapes: else laying out runs is work for nothing."""
        return 4 * self.told >= 3 * self.entries and (not self.seen or bool(self.skeletons))

    def refreshed(self) -> bool:
        """Whether there are any, with those that the record reader has proven meanwhile."""
        proven = self.reading.entries.proven
        for text, outline in proven[self.seen :]:
            if entry_columns.is_plain(outline):
                self.skeletons.append(skeleton(text))
                self.outlines.append(outline)
        self.seen = len(proven)
        return bool(self.skeletons)


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
    lines = run.lines(reading.charset.newline, piece.span.line)
    kinds = run.kinds(shapes.skeletons)
    texts = run.texts(kinds, shapes.skeletons) if (kinds >= 0).any() else pl.DataFrame()
    places = pl.DataFrame({"row": np.arange(len(kinds)), "line": lines, "byte_start": run.starts + piece.base, "byte_end": run.ends + piece.base})
    frames = []
    for number in np.unique(kinds[kinds >= 0]):
        rows = pl.Series(np.flatnonzero(kinds == number))
        leaves = len(shapes.skeletons[number].pieces) - 1
        plain = texts[:, :leaves] if len(rows) == len(kinds) else texts[:, :leaves][rows]
        frames.append(entry_columns.lines(plain, places[rows], shapes.outlines[number], statement, so_far.statements - 1))
    told = np.concatenate([frame["row"].to_numpy() for frame in frames]) if frames else np.zeros(0, dtype=np.int64)
    if is_known:
        shapes.entries += len(kinds)
        shapes.told += len(told)
    untold = np.ones(len(kinds), dtype=np.bool_)
    untold[told] = False
    found: list[Record] = []
    order: list[int] = []
    for row in np.flatnonzero(untold).tolist():
        span = Span(int(lines[row]), int(run.starts[row]) + piece.base, int(run.ends[row]) + piece.base)
        for record in records_of(reading, RecordPiece(span, run.record(row))):
            found.append(record)
            if isinstance(record, BankLine):
                order.append(row)
    part = so_far.part(found)
    if frames:
        _merge(part, pl.concat(frames), np.array(order, dtype=np.int64))
    return part


def _merge(part: Document, frame: pl.DataFrame, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    """Put the lines from columns among the part's own ones, which stand in the records that `order` names."""
    keys = np.concatenate([order, frame["row"].to_numpy()])
    every = pl.concat([part.lines, frame.drop("row")])
    if (keys[1:] < keys[:-1]).any():
        sorted_keys = np.argsort(keys, kind="stable")
        every = every[pl.Series(sorted_keys)]
        if part.remittance.height:
            places = np.empty(len(keys), dtype=np.int64)
            places[sorted_keys] = np.arange(len(keys))
            part.remittance = part.remittance.with_columns(pl.Series("row", places[part.remittance["row"].to_numpy()]))
    part.lines = every
