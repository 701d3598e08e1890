"""A stretch of NACHA records as a sheet of bytes, a row for each record, and its figures as arrays.

Columns are 0-based here. A figure that cannot be read is marked; what it then holds means nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from parsers.nacha.entry import DIRECTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.nacha.records import Stretch

    Cells: TypeAlias = NDArray[np.uint8]
    Numbers: TypeAlias = NDArray[np.int64]
    Marks: TypeAlias = NDArray[np.bool_]

FILE_HEADER, HEADER, ENTRY, ADDENDA, CONTROL = b"15678"
ZERO = ord("0")
KINDS = ("other", "receipt", "disbursement", "reversal", "return")
OTHER, RECEIPT, DISBURSEMENT, REVERSAL, RETURN = range(len(KINDS))

_STATED = ((4, 10), (10, 20), (20, 32), (32, 44), (1, 4), (87, 94))
"""Columns of a batch control, in the order of `nacha_batch.FIGURES`."""
_FORM = ((50, 63), (69, 78))
"""Columns of a batch header that hold entry class and description, effective date and settlement day."""
_UNKNOWN = -1
_SIGNS = np.zeros(100, np.int64)
_KINDS = np.full(100, _UNKNOWN)
for _code, (_sign, _kind) in DIRECTIONS.items():
    _SIGNS[int(_code)], _KINDS[int(_code)] = _sign, KINDS.index(_kind)


class Sheet(NamedTuple):
    """A stretch in columns.

    `types`: the first byte of each record. `headers`, `entries`, `addenda`, `controls`: the rows of records 5, 6, 7, 8. `form_firsts`: of
    the headers that say different things, but for company and number, the first, by index; `form`: which of them each one is like. `owners`:
    for each addenda the index of its entry, -1 where it has none. For each entry: `own` its cells, `counts` its addenda, `batches`
    the headers before it in the stretch, `codes`, `hashes`, `traces`, and `amounts` as signed by its code; `kinds` what it is by its code;
    `back` whether it came back; `readable` whether all that is so. For each control: `stated` its figures, `proves` whether they are.
    """

    stretch: Stretch
    cells: Cells
    types: Cells
    headers: Numbers
    entries: Numbers
    addenda: Numbers
    controls: Numbers
    form: Numbers
    form_firsts: Numbers
    owners: Numbers
    own: Cells
    counts: Numbers
    batches: Numbers
    codes: Numbers
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
    types = np.ascontiguousarray(cells[:, 0])
    headers, entries, addenda, controls = (np.flatnonzero(types == kind) for kind in (HEADER, ENTRY, ADDENDA, CONTROL))
    owners = _owners(types, addenda)
    counts = np.bincount(owners[owners >= 0], minlength=len(entries))
    own = np.take(cells, entries, axis=0)
    figures = [number(own, *columns) for columns in ((1, 3), (3, 11), (29, 39), (79, 94))]
    (codes, coded), (hashes, _), (amounts, _), (traces, _) = figures
    codes = np.where(coded, codes, 0)
    kinds = _KINDS[codes]
    said = np.where(counts > 0, addenda_types(cells[:, :3][entries + counts]), 0)
    totals = np.take(cells, controls, axis=0)
    form_firsts, form = alike(np.take(cells, headers, axis=0), *_FORM)
    stated = [number(totals, *columns) for columns in _STATED]
    return Sheet(
        stretch, cells, types, headers, entries, addenda, controls, form, form_firsts, owners, own, counts, np.searchsorted(headers, entries),
        codes, hashes, amounts * _SIGNS[codes], traces, kinds, (kinds == RETURN) | (said == 98) | (said == 99),
        np.logical_and.reduce([kinds != _UNKNOWN, *(readable for _, readable in figures)]),
        np.column_stack([value for value, _ in stated]), np.logical_and.reduce([readable for _, readable in stated]),
    )


def between(sheet: Sheet, first: int, end: int) -> Sheet:
    """The sheet without the entries, headers, addenda and controls outside the rows `first` to `end`, which cut no entry apart."""
    (headers, entries, addenda, controls) = (
        slice(*np.searchsorted(rows, (first, end)).tolist()) for rows in (sheet.headers, sheet.entries, sheet.addenda, sheet.controls)
    )
    form_firsts, form = alike(np.take(sheet.cells, sheet.headers[headers], axis=0), *_FORM)
    return sheet._replace(
        headers=sheet.headers[headers], entries=sheet.entries[entries], addenda=sheet.addenda[addenda], controls=sheet.controls[controls],
        form=form, form_firsts=form_firsts, owners=sheet.owners[addenda] - entries.start, own=sheet.own[entries], counts=sheet.counts[entries], batches=sheet.batches[entries] - headers.start,
        codes=sheet.codes[entries], hashes=sheet.hashes[entries], amounts=sheet.amounts[entries], traces=sheet.traces[entries],
        kinds=sheet.kinds[entries], back=sheet.back[entries], readable=sheet.readable[entries],
        stated=sheet.stated[controls], proves=sheet.proves[controls],
    )


def _owners(types: Cells, addenda: Numbers) -> Numbers:
    """The index of the entry that each addenda follows, directly or after other addenda."""
    before = np.maximum.accumulate(np.where(types != ADDENDA, np.arange(len(types)), 0))[addenda]
    nth = np.cumsum(types == ENTRY) - 1
    return np.where(types[before] == ENTRY, nth[before], -1)


def addenda_types(cells: Cells) -> Numbers:
    """The type codes of addenda (5, 99); -1 for what is no number."""
    value, readable = number(cells, 1, 3)
    return np.where(readable, value, -1)


def number(cells: Cells, start: int, stop: int) -> tuple[Numbers, Marks]:
    """The number in some columns of each row, and whether they are all digits."""
    digits = np.ascontiguousarray(cells[:, start:stop].T) - ZERO
    value = np.zeros(len(cells), np.int64)
    for digit in digits:
        value *= 10
        value += digit
    readable: Marks = (digits <= 9).all(axis=0)
    return value, readable


def alike(cells: Cells, *columns: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """Rows that are alike in some columns: the first of each kind, and which kind every row is of."""
    found: dict[bytes, int] = {}
    width = sum(stop - start for start, stop in columns)
    data = np.concatenate([cells[:, start:stop] for start, stop in columns], axis=1).tobytes()
    kinds = [found.setdefault(data[at : at + width], len(found)) for at in range(0, len(data), width)]
    which = np.array(kinds, np.int64)
    return np.unique(which, return_index=True)[1], which


def texts(cells: Cells, start: int, stop: int) -> pl.Series:
    """The text in some columns of each row, with the blanks around it."""
    if not len(cells):
        return pl.Series([], dtype=pl.String)
    return pl.Series(np.ascontiguousarray(cells[:, start:stop])).cast(pl.List(pl.UInt8)).cast(pl.Binary).cast(pl.String)


def holds_digit(cells: Cells, start: int, stop: int) -> Marks:
    """Whether any of the columns is a digit."""
    found: Marks = (cells[:, start:stop] - ZERO <= 9).any(axis=1)
    return found
