"""A NACHA file record by record: which record may stand where, the file's header (1), control (9) and filling. Columns 1-based.

    1  4-13 destination · 14-23 origin · 24-29 date · 34 modifier · 35-40 "094101"
    9  2-7 batches · 8-13 blocks · 14-21 entries and addenda · 22-31 hash · 32-43 debits · 44-55 credits

An entry is held back until a record that is no addenda shows that it is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parsers import issues
from parsers.dates import yymmdd
from parsers.nacha import batch
from parsers.nacha.addenda import span_of
from parsers.nacha.batch import HASH_MODULUS
from parsers.nacha.entry import routing_ties
from parsers.nacha.records import BLANKS, Stretch
from parsers.nacha.records import Record as Columns
from parsers.nacha.state import File, State
from parsers.records import Envelope, Record, Span

_FIGURES = (("batch count", ""), ("block count", ""), *batch.FIGURES[:4])
_ORIGIN = re.compile(r"[A-Z0-9]?\d{8,9}")


def read(state: State, stretch: Stretch, first: int, end: int) -> Iterator[Record]:
    """The records `first` to `end` of a stretch."""
    for nth in range(first, end):
        kind, record = stretch.kinds[nth], stretch.record(nth)
        if kind == "7" and state.entry is not None:
            state.addenda.append(record)
            continue
        if state.entry is not None:
            yield from held_back(state)
        if kind == "6" and state.batch is not None:
            state.entry = state.last = record
        elif record.text.strip(BLANKS):
            state.last = record
            yield from _structure(state, kind, record)


def held_back(state: State) -> list[Record]:
    """The entry that was held back, if any."""
    if state.entry is None:
        return []
    assert state.batch is not None, "an entry is held back in its batch"
    found = batch.entry_records(state, state.batch, state.entry, state.addenda)
    state.entry, state.addenda = None, []
    return found


def end(state: State) -> Iterator[Record]:
    """What is still open where the bytes end."""
    yield from held_back(state)
    yield from _end_of_file(state, span_of(state.last), "truncated")


def _structure(state: State, kind: str, record: Columns) -> Iterator[Record]:
    """Records that frame entries, and whatever stands where it should not."""
    place, text = span_of(record), record.text
    if kind == "9" and len(text) > 1 and not text.strip("9"):
        yield Envelope(place, "block filling")
        return
    if state.file.header is None and state.batch is None and kind not in "156789" and not state.file.headless:
        yield Envelope(place, "transmission line")
        return
    state.file.records += 1
    if kind == "1" and text[1:3].isdigit():
        yield from _file_header(state, record)
    elif state.file.closed and kind != "1":
        yield Envelope(place, "record after the file control")
        yield issues.error(place, "misplaced_record", "a record stands after the file control", text)
    elif kind == "5":
        yield from _batch_header(state, record)
    elif kind == "8" and state.batch is not None:
        yield from batch.closing(state, state.batch, record)
    elif kind == "9":
        yield from _file_control(state, record)
    elif kind in "678":
        yield Envelope(place, f"record {kind} outside its batch or entry")
        yield from _without_header(state, record)
        yield issues.error(place, "misplaced_record", f"a record {kind} stands outside its batch or entry", text)
    else:
        yield Envelope(place, "unknown record")
        yield issues.error(place, "unknown_record", f"a record of type {kind!r} is not NACHA's", text)


def _file_header(state: State, record: Columns) -> Iterator[Record]:
    if (state.file.header or state.file.headless) and not state.file.closed:
        yield from _end_of_file(state, span_of(record), "missing_record")
    state.file = File(record, yymmdd(record.text[23:29]), records=1)
    text, place = record.text, span_of(record)
    yield Envelope(place, "file header")
    if text[34:40] != "094101":
        yield issues.warning(place, "bad_record", f"record size, blocking and format are {text[34:40]!r} instead of '094101'", text)
    if state.file.date is None:
        yield issues.warning(place, "bad_date", f"the file's date {text[23:29]!r} is no date", text)
    if not _ORIGIN.fullmatch(text[13:23].strip()):
        yield issues.warning(place, "bad_reference", f"the origin {text[13:23]!r} is no routing or company number", text)
    if not routing_ties(text[3:13].strip()):
        yield issues.warning(place, "bad_reference", f"the check digit of the destination {text[3:13]!r} is wrong", text)


def _without_header(state: State, record: Columns) -> Iterator[Record]:
    if state.file.header is None and not state.file.headless:
        state.file.headless = True
        yield issues.error(span_of(record), "missing_record", "the file has no file header (record 1)")


def _batch_header(state: State, record: Columns) -> Iterator[Record]:
    yield from _without_header(state, record)
    yield from batch.unclosed(state, span_of(record), "missing_record")
    yield from batch.header_faults(record)
    state.batch = batch.opened(state, record)
    yield Envelope(span_of(record), "batch header")


def _file_control(state: State, record: Columns) -> Iterator[Record]:
    yield from _without_header(state, record)
    yield from batch.unclosed(state, span_of(record), "missing_record")
    yield Envelope(span_of(record), "file control")
    text, sums = record.text, state.file.sums
    debits, credits_ = (text[31:51], text[51:71]) if state.file.advices else (text[31:43], text[43:55])
    stated = (text[1:7], text[7:13], text[13:21], text[21:31], debits, credits_)
    blocks = -(-state.file.records // 10)
    ours = (state.file.batches, blocks, sums.entries, sums.hash % HASH_MODULUS, sums.debits, sums.credits)
    yield from batch.controls(record, "file", _FIGURES, stated, ours)
    state.file.closed = True


def _end_of_file(state: State, place: Span, code: str) -> Iterator[Record]:
    """What is still open where the file ends or the next one begins."""
    yield from batch.unclosed(state, place, code)
    if not state.file.closed:
        yield issues.error(place, code, "the file has no file control (record 9)")
