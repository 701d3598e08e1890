"""The frame of bank lines from columns: a row for each entry of a block, told by the columns or by the record reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from parsers.byte_columns import Block, Coded, Flags, Ints, Places, strings
from parsers.documents import LINES
from parsers.records import BankLine

EPOCH = dt.date(1970, 1, 1).toordinal()
UNTOLD = np.iinfo(np.int64).min
"""Stands for a number or a date that is not told."""

_DEFAULT_TEXTS = {"status": "booked"}
_DEFAULT_NUMBERS = {"fee_minor": 0}


@dataclass(slots=True)
class Lines:
    """Bank lines, a row for each entry of a block; `taken` are the entries that became a line. Texts are places in `text`, or
    codes where there are few different ones; a column that is not here has the same in each row."""

    text: Block
    taken: Flags
    numbers: dict[str, Ints]
    texts: dict[str, Places | Coded]

    def put(self, rows: Ints, lines: Sequence[BankLine], statements: Sequence[int]) -> None:
        """Lines of the record reader in the rows of their entries."""
        self.taken[rows] = True
        told = dict(zip(BankLine._fields, zip(*lines, strict=True), strict=True))
        told |= dict(zip(("line", "byte_start", "byte_end"), zip(*told["span"], strict=True), strict=True)) | {"statement": tuple(statements)}
        for name, dtype in LINES.items():
            if dtype == pl.String:
                self._put_texts(name, rows, told[name])
            else:
                self._put_numbers(name, rows, told[name])

    def _put_texts(self, name: str, rows: Ints, values: Sequence[str]) -> None:
        column, default = self.texts.get(name), _DEFAULT_TEXTS.get(name, "")
        if column is None and set(values) == {default}:
            return
        if column is None:
            column = self.texts[name] = Coded([default], np.zeros(self.taken.size, np.int64))
        if isinstance(column, Coded):
            column.which[rows] = [column.code(value) for value in values]
        else:
            column.start[rows], column.end[rows] = self.text.add_all(values)

    def _put_numbers(self, name: str, rows: Ints, values: Sequence[int | dt.date | None]) -> None:
        column, default = self.numbers.get(name), _DEFAULT_NUMBERS.get(name)
        if column is None and set(values) == {default}:
            return
        if column is None:
            column = self.numbers[name] = np.full(self.taken.size, UNTOLD if default is None else default, np.int64)
        column[rows] = [UNTOLD if value is None else value.toordinal() - EPOCH if isinstance(value, dt.date) else value for value in values]

    def frame(self) -> pl.DataFrame:
        """The lines as `documents.LINES`."""
        kept = slice(None) if self.taken.all() else np.flatnonzero(self.taken)
        block = self.text.in_rows(int(np.count_nonzero(self.taken)))
        return pl.DataFrame([self._text(name, block, kept) if dtype == pl.String else self._number(name, block.height, kept, dtype)
                             for name, dtype in LINES.items()])

    def _text(self, name: str, block: pl.DataFrame, kept: Ints | slice) -> pl.Series:
        column = self.texts.get(name)
        if column is None or (isinstance(column, Places) and not column.is_filled.any()):
            return pl.Series(name, [_DEFAULT_TEXTS.get(name, "")], pl.String).new_from_index(0, block.height)
        return strings(name, column, kept, block)

    def _number(self, name: str, rows: int, kept: Ints | slice, dtype: type[pl.DataType]) -> pl.Series:
        if name not in self.numbers:
            return pl.Series(name, [_DEFAULT_NUMBERS.get(name)], dtype).new_from_index(0, rows)
        values = self.numbers[name][kept]
        untold = np.flatnonzero(values == UNTOLD)
        values[untold] = 0
        series = pl.Series(name, values.astype(np.int32) if dtype == pl.Date else values).cast(dtype)
        return series.scatter(untold, None) if untold.size else series
