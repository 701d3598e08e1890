"""A stretch of NACHA records as a sheet of bytes, a row for each record, and its figures as arrays.

Columns are 0-based here. A figure that cannot be read is marked; what it then holds means nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from parsers.byte_columns import numbers, word
from parsers.nacha.entry import DIRECTIONS
from parsers.nacha.records import COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.nacha.records import Stretch

    Cells: TypeAlias = NDArray[np.uint8]
    Numbers: TypeAlias = NDArray[np.int64]
    Marks: TypeAlias = NDArray[np.bool_]
    Pairs: TypeAlias = NDArray[np.uint16]
    Words: TypeAlias = NDArray[np.uint64]

FILE_HEADER, HEADER, ENTRY, ADDENDA, CONTROL = b"15678"
ZERO = ord("0")
_DIGITS = 8
"""So many digits are read together."""
KINDS = ("other", "receipt", "disbursement", "reversal", "return")
OTHER, RECEIPT, DISBURSEMENT, REVERSAL, RETURN = range(len(KINDS))

_STATED = ((4, 10), (10, 20), (20, 32), (32, 44), (1, 4), (87, 94))
"""Columns of a batch control, in the order of `nacha_batch.FIGURES`."""
_FORM = ((50, 63), (69, 78))
"""Columns of a batch header that hold entry class and description, effective date and settlement day."""
_UNKNOWN = -1
_SIGNS = np.zeros(1 << 16, np.int64)
_KINDS = np.full(1 << 16, _UNKNOWN)
for _code, (_sign, _kind) in DIRECTIONS.items():
    _SIGNS[word(_code)], _KINDS[word(_code)] = _sign, KINDS.index(_kind)
NOTE, CHANGE, BACK = word("05"), word("98"), word("99")
"""Types of addenda as pairs."""


class Sheet(NamedTuple):
    """A stretch in columns.

    Of each record: `types` its first byte, `pairs` the next two as a number, `tails` its last seven. `headers`, `entries`, `addenda`,
    `controls`: the rows of records 5, 6, 7, 8. `forms`: rows of headers that say different things, but for company and number; `form`:
    which of them each header is like. `owners`: for each addenda the index of its entry, -1 where it has none. For each entry: `own` its
    cells, `counts` its addenda, `batches` the headers before it in the stretch, `hashes`, `traces`, and `amounts` as signed by its code;
    `kinds` what it is by its code; `back` whether it came back; `readable` whether all that is so. For each control: `stated` its figures,
    `proves` whether they are.
    """

    stretch: Stretch
    cells: Cells
    types: Cells
    pairs: Pairs
    tails: Words
    headers: Numbers
    entries: Numbers
    addenda: Numbers
    controls: Numbers
    form: Numbers
    forms: Numbers
    owners: Numbers
    own: Cells
    counts: Numbers
    batches: Numbers
    hashes: Numbers
    amounts: Numbers
    traces: Numbers
    kinds: Numbers
    back: Marks
    readable: Marks
    stated: Numbers
    proves: Marks


def sheet_of(stretch: Stretch) -> Sheet:
    """A stretch in columns."""
    cells = np.frombuffer(stretch.data, np.uint8, len(stretch.kinds) * stretch.width).reshape(-1, stretch.width)
    types, pairs = np.ascontiguousarray(cells[:, 0]), np.ascontiguousarray(cells[:, 1:3]).view(np.uint16).ravel()
    headers, entries, addenda, controls = (np.flatnonzero(types == kind) for kind in (HEADER, ENTRY, ADDENDA, CONTROL))
    owners = _owners(types, addenda)
    counts = np.bincount(owners[owners >= 0], minlength=len(entries))
    own, codes, said = np.take(cells, entries, axis=0), pairs[entries], np.where(counts > 0, pairs[entries + counts], 0)
    figures = [number(own, *columns) for columns in ((3, 11), (29, 39), (79, 94))]
    (hashes, _), (amounts, _), (traces, _) = figures
    kinds = _KINDS[codes]
    firsts, form = alike(np.take(cells, headers, axis=0), *_FORM)
    totals = np.take(cells, controls, axis=0)
    stated = [number(totals, *columns) for columns in _STATED]
    return Sheet(
        stretch, cells, types, pairs, words(cells, 86) >> np.uint64(8), headers, entries, addenda, controls, form, headers[firsts], owners, own,
        counts, np.searchsorted(headers, entries), hashes, amounts * _SIGNS[codes], traces, kinds,
        (kinds == RETURN) | (said == CHANGE) | (said == BACK),
        np.logical_and.reduce([kinds != _UNKNOWN, *(readable for _, readable in figures)]),
        np.column_stack([value for value, _ in stated]), np.logical_and.reduce([readable for _, readable in stated]),
    )


def between(sheet: Sheet, first: int, end: int) -> Sheet:
    """The sheet without the entries, headers, addenda and controls outside the rows `first` to `end`, which cut no entry apart."""
    (headers, entries, addenda, controls) = (
        slice(*np.searchsorted(rows, (first, end)).tolist()) for rows in (sheet.headers, sheet.entries, sheet.addenda, sheet.controls)
    )
    return sheet._replace(
        headers=sheet.headers[headers], entries=sheet.entries[entries], addenda=sheet.addenda[addenda], controls=sheet.controls[controls],
        form=sheet.form[headers], owners=sheet.owners[addenda] - entries.start, own=sheet.own[entries], counts=sheet.counts[entries],
        batches=sheet.batches[entries] - headers.start, hashes=sheet.hashes[entries], amounts=sheet.amounts[entries], traces=sheet.traces[entries],
        kinds=sheet.kinds[entries], back=sheet.back[entries], readable=sheet.readable[entries],
        stated=sheet.stated[controls], proves=sheet.proves[controls],
    )


def _owners(types: Cells, addenda: Numbers) -> Numbers:
    """The index of the entry that each addenda follows, directly or after other addenda."""
    before = np.maximum.accumulate(np.where(types != ADDENDA, np.arange(len(types)), 0))[addenda]
    nth = np.cumsum(types == ENTRY) - 1
    return np.where(types[before] == ENTRY, nth[before], -1)


def number(cells: Cells, start: int, stop: int) -> tuple[Numbers, Marks]:
    """The number in some columns of each row, and whether they are all digits."""
    value, readable = np.zeros(len(cells), np.int64), np.ones(len(cells), np.bool_)
    while start < stop:
        digits = (stop - start) % _DIGITS or _DIGITS
        at = min(start, COLUMNS - _DIGITS)
        piece, are_digits = numbers(words(cells, at) >> np.uint64(8 * (start - at)), digits)
        value, readable = value * 10**digits + piece, readable & are_digits
        start += digits
    return value, readable


def words(cells: Cells, start: int) -> Words:
    """Eight columns of each row as a number."""
    return np.ascontiguousarray(cells[:, start : start + _DIGITS]).view(np.uint64).ravel()


def alike(cells: Cells, *columns: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """Rows that are alike in some columns: the first of each kind, and which kind every row is of."""
    chosen = np.concatenate([cells[:, start:stop] for start, stop in columns], axis=1)
    begins = np.concatenate((np.zeros(min(len(chosen), 1), np.int64), 1 + np.flatnonzero((chosen[1:] != chosen[:-1]).any(axis=1))))
    found: dict[bytes, int] = {}
    data, width = chosen[begins].tobytes(), chosen.shape[1]
    kinds = np.array([found.setdefault(data[at : at + width], len(found)) for at in range(0, len(data), width)], np.int64)
    return begins[np.unique(kinds, return_index=True)[1]], np.repeat(kinds, np.diff(np.append(begins, len(chosen))))


def texts(cells: Cells, start: int, stop: int) -> pl.Series:
    """The text in some columns of each row, with the blanks around it."""
    if not len(cells):
        return pl.Series([], dtype=pl.String)
    return pl.Series(np.ascontiguousarray(cells[:, start:stop])).cast(pl.List(pl.UInt8)).cast(pl.Binary).cast(pl.String)


def strings(cells: Cells, start: int, stop: int) -> list[str]:
    """The text in some columns of each row, without the blanks around it."""
    written, width = cells[:, start:stop].tobytes().decode("ascii"), stop - start
    return list(map(str.strip, map(written.__getitem__, map(slice, range(0, len(written), width), range(width, len(written) + 1, width)))))


def holds_digit(cells: Cells, start: int, stop: int) -> Marks:
    """Whether any of the columns is a digit."""
    return any_of_row(cells[:, start:stop] - ZERO <= 9)


def any_of_row(marks: Marks) -> Marks:
    """Whether any mark of each row is set."""
    found: Marks = np.logical_or.reduce(marks, axis=1)
    return found
