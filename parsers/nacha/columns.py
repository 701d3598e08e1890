"""A NACHA file in columns: ranges of plain records as frames, all others through the record reader, in one state and one order.

A block of 4 MB is a sheet of bytes (parsers/nacha/sheet.py); its odd records (parsers/nacha/plain.py) cut it into ranges. Of a
range the entries become a frame (parsers/nacha/lines.py), while batches stay records: statements, controls, sums. The state is
the record reader's own, so that either way of reading can go on where the other one ends.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers.documents import LINES, Document
from parsers.nacha import file, plain
from parsers.nacha.lines import lines_of
from parsers.nacha.parts import Parts
from parsers.nacha.records import whole_entries
from parsers.nacha.sheet import ADDENDA, between, sheet_of
from parsers.nacha.statements import batches_of, fill

if TYPE_CHECKING:
    from parsers.nacha.records import Stretch
    from parsers.nacha.sheet import Sheet
    from parsers.nacha.state import State
    from parsers.records import Record
    from parsers.sources import Source

BLOCK_BYTES = 4 * 1024 * 1024
_PENDING_MAX = 50_000
"""So many records of the record reader at most are collected before they become a document."""


def read(format_name: str, state: State, source: Source) -> Iterator[Document]:
    """The file's documents: one for each range of plain records, one for the bank lines before it."""
    parts = Parts(format_name)
    pending: list[Record] = []
    for stretch, is_whole in whole_entries(source, BLOCK_BYTES):
        at, records = 0, len(stretch.kinds)
        for sheet, first, end in _ranges(state, stretch, is_whole):
            pending.extend(file.read(state, stretch, at, first))
            pending.extend(file.held_back(state))
            at = first
            if _goes_on(state, stretch.kinds[first]):
                with _collector_at_rest():
                    documents = _plain(parts, pending, state, between(sheet, first, end), first, end)
                yield from documents
                pending, at = [], end
        pending.extend(file.read(state, stretch, at, records))
        if len(pending) > _PENDING_MAX:
            yield parts.drained(pending)
            pending = []
    pending.extend(file.end(state))
    document, documents = parts.begun(pending)
    yield from documents or [document]


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Without garbage collection, which would look through the records of a range again and again while they are made: none of them is
    garbage, and none refers to itself. Frozen and let go they stand among the old objects, through which it looks seldom."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.unfreeze()
            gc.enable()


def _ranges(state: State, stretch: Stretch, is_whole: bool) -> Iterator[tuple[Sheet, int, int]]:
    if len(stretch.kinds) >= plain.RECORDS_MIN:
        sheet = sheet_of(stretch)
        for first, end in plain.ranges(state, sheet, is_whole):
            yield sheet, first, end


def _goes_on(state: State, kind: str) -> bool:
    """Whether a record may stand where the state is: a batch header between batches, an entry or a control inside one."""
    if kind == "5":
        return state.batch is None and not state.file.closed and (state.file.header is not None or state.file.headless)
    return state.batch is not None


def _plain(parts: Parts, before: list[Record], state: State, sheet: Sheet, first: int, end: int) -> list[Document]:
    """A range of plain records: its entries as a frame, with what stands around them, behind the records before."""
    document, documents = parts.begun(before)
    batches = batches_of(state, sheet)
    lines = lines_of(sheet, batches)
    lines.columns["statement"] = pl.Series(fill(parts, document, state, sheet, batches, lines), dtype=LINES["statement"])
    document.lines = pl.DataFrame({name: lines.columns[name] for name in LINES})
    document.remittance = lines.remittance
    state.last = sheet.stretch.record(first + int(np.flatnonzero(sheet.types[first:end] != ADDENDA)[-1]))
    state.file.records += end - first
    return [*documents, document]
