"""camt files read in columns: runs of entries of known shapes at once, everything else by the record reader, in file order.

`parsers.xml.runs` lays a run of entries out and cuts the texts of their leaves into columns; `parsers.iso.entry_columns` makes bank
lines of them. An entry of a rare shape, a batch, or one whose texts are not plainly what the standard says goes to the record reader,
which also reads all that stands between the runs and learns the shapes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.ahead import made_ahead
from parsers.byte_columns import Places
from parsers.iso import entry_columns
from parsers.iso.line_columns import LineColumns
from parsers.iso.statement import announced
from parsers.mixed_parts import MixedParts
from parsers.records import BankLine, Span, StatementOpened
from parsers.xml.records import Record as RecordPiece
from parsers.xml.records import RecordRun, pieces_and_runs
from parsers.xml.runs import RECORDS_MIN, Runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parsers.byte_columns import Ints
    from parsers.documents import Document
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
_PART_ROWS = 50_000
"""Entries that are laid out together."""
_PENDING_MAX = 50_000
"""Records of the record reader that are collected before they become a document."""


def parts(source: Source, reading: Reading, containers: Iterable[str], records_of: RecordsOf, name: str = "camt") -> Iterator[Document]:
    """The file's documents: one for the runs of each block with what stands between them. A thread puts the texts of each one together
    while the next block is gone through."""
    for begun, whole in made_ahead(_begun(source, reading, containers, records_of, name), _whole, lambda begun: bool(begun.runs)):
        yield whole or begun.document


def _begun(source: Source, reading: Reading, containers: Iterable[str], records_of: RecordsOf, name: str) -> Iterator[_Begun]:
    shapes, runs = _Known(reading), Runs()

    def find(data: bytes, start: int, tag: bytes, closing: bytes) -> Run | None:
        if reading.charset.encoding != "utf-8" or reading.statement is None:
            return None
        has_shapes = shapes.refreshed()
        if not shapes.is_worthwhile or not (has_shapes or reading.statement.is_open):
            return None
        run = runs.find(data, start, tag, closing, min(_PART_ROWS, 4 * shapes.entries) if has_shapes else RECORDS_MIN)
        is_readable = run is None or reading.statement.is_open or shapes.first_currency(run) is not None
        return run if is_readable else None

    waiting = _Waiting(name)
    for piece in pieces_and_runs(source, reading.charset, containers, ("Ntry",), find):
        if isinstance(piece, RecordRun):
            if waiting.is_full(piece.run):
                yield waiting.part()
            _take_run(piece, reading, shapes, waiting, records_of)
        else:
            waiting.take(records_of(reading, piece))
            if len(waiting.found) > _PENDING_MAX:
                yield waiting.part()
    yield waiting.part()


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

    def first_currency(self, run: Run) -> str | None:
        """The currency of the run's first entry; None where that has none of these shapes."""
        return next((self.shapes[alike.number].family.currency for alike in run.first.alike([shape.skeleton for shape in self.shapes])), None)

    def refreshed(self) -> bool:
        """Whether there are any, with those that the record reader has proven meanwhile."""
        proven = self.reading.entries.proven
        for text, outline in proven[self.seen :]:
            if shape := entry_columns.shape(text, outline):
                self.shapes.append(shape)
        self.seen = len(proven)
        return bool(self.shapes)


@dataclass(slots=True)
class _Taken:
    """A run whose entries have been read in columns: their lines in the file, the lines of their documents, their statement, and their
    places among all lines."""

    run: Run
    base: int
    columns: LineColumns
    lines: Ints
    document_lines: Ints
    statement: int
    keys: Ints


class _Begun(NamedTuple):
    """A document without the lines of its runs, the places of its own lines, and these runs."""

    document: Document
    keys: list[int]
    runs: list[_Taken]


@dataclass(slots=True)
class _Waiting:
    """What has been read and is in no document yet: records, and runs of one block, which become a frame together: a file of many small
    statements would else be many small frames."""

    format_name: str
    so_far: MixedParts = field(init=False)
    found: list[Record] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    """The place of each bank line among the records."""
    runs: list[_Taken] = field(default_factory=list)
    opened: int = 0
    """Statements that are opened among the records."""
    seq: int = 0

    def __post_init__(self) -> None:
        self.so_far = MixedParts(self.format_name)

    @property
    def statement(self) -> int:
        """The number of the statement that is open."""
        return self.so_far.statements + self.opened - 1

    def is_full(self, run: Run) -> bool:
        """Whether a document must be made before this run."""
        rows = sum(taken.columns.rows for taken in self.runs) + len(self.keys)
        return rows + run.starts.size > _PART_ROWS or (bool(self.runs) and self.runs[0].run.laid is not run.laid)

    def take(self, records: Iterable[Record], key: int | None = None) -> None:
        """More records; `key`: the place of their bank lines, else the next ones."""
        for record in records:
            self.found.append(record)
            if isinstance(record, BankLine):
                self.keys.append(self.seq if key is None else key)
                self.seq += key is None
            elif isinstance(record, StatementOpened):
                self.opened += 1

    def part(self) -> _Begun:
        """The next document."""
        found, keys, runs = self.found, self.keys, self.runs
        self.found, self.keys, self.runs, self.opened = [], [], [], 0
        return _Begun(self.so_far.part(found), keys, runs)


def _whole(begun: _Begun) -> Document:
    """The document with the lines of its runs."""
    document, keys, runs = begun
    columns = LineColumns.joined([taken.columns for taken in runs])
    places = Places(*(np.concatenate([ends + taken.base for taken, ends in zip(runs, every, strict=True)])
                      for every in ([taken.run.starts for taken in runs], [taken.run.ends for taken in runs])))
    statement = np.repeat([taken.statement for taken in runs], [taken.columns.rows for taken in runs])
    lines, document_lines = (np.concatenate(every) for every in ([taken.lines for taken in runs], [taken.document_lines for taken in runs]))
    frame, remittance = columns.frames(lines, places, statement, document_lines, runs[0].base)
    if keys:
        _merge(document, frame, remittance, np.concatenate([taken.keys for taken in runs])[columns.known], np.array(keys, np.int64))
    else:
        document.lines, document.remittance = frame, remittance
    return document


def _take_run(piece: RecordRun, reading: Reading, shapes: _Known, waiting: _Waiting, records_of: RecordsOf) -> None:
    """A run: what columns cannot tell stands among the rest where the file has it."""
    run, statement = piece.run, reading.statement
    assert statement is not None, "a run stands in a statement"
    is_known = shapes.refreshed()
    if not statement.is_open:
        waiting.take(announced(statement, reading.profile, shapes.first_currency(run) or ""))
    columns = _columns(run, shapes.shapes if _is_plain(statement.own.account) else [], statement)
    lines = run.lines(reading.charset.newline, piece.span.line)
    told = int(np.count_nonzero(columns.known))
    if is_known:
        shapes.entries += columns.rows
        shapes.told += told
    for row in np.flatnonzero(~columns.known).tolist():
        span = Span(int(lines[row]), int(run.starts[row]) + piece.base, int(run.ends[row]) + piece.base)
        waiting.take(records_of(reading, RecordPiece(span, run.record(row))), waiting.seq + row)
    if told:
        keys = waiting.seq + np.arange(columns.rows)
        waiting.runs.append(_Taken(run, piece.base, columns, lines, _document_lines(run, columns, lines), waiting.statement, keys))
    waiting.seq += columns.rows


def _is_plain(account: str) -> bool:
    """Whether our own account number is one that can be sought in columns."""
    return account.isascii() and len(account) <= _ACCOUNT_MAX


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
