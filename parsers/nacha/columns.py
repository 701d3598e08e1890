"""A NACHA file in columns: ranges of plain records as frames, all others through the record reader, in one state and one order.

A block of 8 MB is a sheet of bytes (parsers/nacha/sheet.py); its odd records (parsers/nacha/plain.py) cut it into ranges. Of a
range the entries become a frame (parsers/nacha/lines.py), while batches stay records: statements, sums, controls where they are asked for. The state is
the record reader's own, so that either way of reading can go on where the other one ends.

A thread looks at the next block ahead, as far as the state has no say in it: its sheet, and what its addenda tell (parsers/nacha/notes.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import collector
from parsers.ahead import made_ahead
from parsers.documents import LINES, Document
from parsers.nacha import file, plain
from parsers.nacha.lines import lines_of
from parsers.nacha.notes import notes_of
from parsers.nacha.parts import Parts
from parsers.nacha.records import whole_entries
from parsers.nacha.sheet import ADDENDA, between, sheet_of
from parsers.nacha.statements import batches_of, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.nacha.notes import Notes
    from parsers.nacha.plain import Odd
    from parsers.nacha.records import Stretch
    from parsers.nacha.sheet import Sheet
    from parsers.nacha.state import State
    from parsers.records import Record
    from parsers.sources import Source

BLOCK_BYTES = 8 * 1024 * 1024
_PENDING_MAX = 50_000
"""So many records of the record reader at most are collected before they become a document."""


class _Range(NamedTuple):
    """A range of plain records: a sheet of its own, and what its addenda say."""

    sheet: Sheet
    notes: Notes


class _Seen(NamedTuple):
    """A stretch that is looked at: its sheet, what is odd in it, and the ranges, by first and end, that are plain as far as that goes."""

    sheet: Sheet
    odd: Odd
    ranges: dict[tuple[int, int], _Range]


def read(format_name: str, state: State, source: Source) -> Iterator[Document]:
    """The file's documents: one for each range of plain records, one for the bank lines before it."""
    parts = Parts(format_name)
    pending: list[Record] = []
    for (stretch, is_whole), seen in made_ahead(whole_entries(source, BLOCK_BYTES), _seen, _is_large):
        at, records = 0, len(stretch.kinds)
        for found, first, end in _ranges(state, seen, is_whole):
            pending.extend(file.read(state, stretch, at, first))
            pending.extend(file.held_back(state))
            at = first
            if _goes_on(state, stretch.kinds[first]):
                with collector.at_rest():
                    documents = _plain(parts, pending, state, found, first, end)
                yield from documents
                pending, at = [], end
        pending.extend(file.read(state, stretch, at, records))
        if len(pending) > _PENDING_MAX:
            yield parts.drained(pending)
            pending = []
    pending.extend(file.end(state))
    document, documents = parts.begun(pending)
    yield from documents or [document]


def _is_large(block: tuple[Stretch, bool]) -> bool:
    return len(block[0].kinds) >= plain.RECORDS_MIN


def _seen(block: tuple[Stretch, bool]) -> _Seen:
    """What is to be seen of a stretch without the state."""
    stretch, is_whole = block
    sheet = sheet_of(stretch)
    odd = plain.odd_records(sheet)
    return _Seen(sheet, odd, {(first, end): _range(sheet, first, end) for first, end in plain.ranges(sheet, odd.marks, is_whole)})


def _range(sheet: Sheet, first: int, end: int) -> _Range:
    within = between(sheet, first, end)
    return _Range(within, notes_of(within))


def _ranges(state: State, seen: _Seen | None, is_whole: bool) -> Iterator[tuple[_Range, int, int]]:
    """The ranges of plain records where the state is, first and end."""
    if seen is None:
        return
    for first, end in plain.ranges(seen.sheet, plain.odd_here(state, seen.sheet, seen.odd), is_whole):
        yield seen.ranges.get((first, end)) or _range(seen.sheet, first, end), first, end


def _goes_on(state: State, kind: str) -> bool:
    """Whether a record may stand where the state is: a batch header between batches, an entry or a control inside one."""
    if kind == "5":
        return state.batch is None and not state.file.closed and (state.file.header is not None or state.file.headless)
    return state.batch is not None


def _plain(parts: Parts, before: list[Record], state: State, found: _Range, first: int, end: int) -> list[Document]:
    """A range of plain records: its entries as a frame, with what stands around them, behind the records before."""
    document, documents = parts.begun(before)
    sheet, notes = found
    batches = batches_of(state, sheet)
    lines = lines_of(sheet, batches, notes)
    lines.columns["statement"] = pl.Series(fill(parts, document, state, sheet, batches, lines), dtype=LINES["statement"])
    document.lines = pl.DataFrame({name: lines.columns[name] for name in LINES})
    document.remittance = lines.remittance
    state.last = sheet.stretch.record(first + int(np.flatnonzero(sheet.types[first:end] != ADDENDA)[-1]))
    state.file.records += end - first
    return [*documents, document]
