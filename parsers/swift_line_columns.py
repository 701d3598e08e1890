"""The frame of bank lines from columns: a row for each entry of a block, told by the columns or by the record reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from parsers.byte_columns import Block, Flags, Ints, Places, sliced
from parsers.documents import LINES
from parsers.records import BankLine

EPOCH = dt.date(1970, 1, 1).toordinal()
UNTOLD = np.iinfo(np.int64).min
"""Stands for a number or a date that is not told."""

_DEFAULT_TEXTS = {"status": "booked"}
_DEFAULT_NUMBERS = {"fee_minor": 0}
_ALWAYS = ("statement", "line", "byte_start", "byte_end", "amount_minor", "booking_date", "value_date")


@dataclass(slots=True)
class Lines:
    """Bank lines, a row for each entry of a block; `taken` are the entries that became a line. Texts are places in `text`; a
    column that is not here has the same in each row."""

    text: Block
    taken: Flags
    numbers: dict[str, Ints]
    texts: dict[str, Places]

    def put(self, rows: Ints, lines: Sequence[BankLine], statements: Sequence[int]) -> None:
        """Lines of the record reader in the rows of their entries."""
        self.taken[rows] = True
        told = dict(zip(BankLine._fields, zip(*lines, strict=True), strict=True))
        told |= dict(zip(("line", "byte_start", "byte_end"), zip(*told["span"], strict=True), strict=True)) | {"statement": tuple(statements)}
        for name, dtype in LINES.items():
            if dtype == pl.String:
                self._put_texts(name, rows, told[name])
            else:
                self._put_numbers(name, rows, [_number(value) for value in told[name]])

    def _put_texts(self, name: str, rows: Ints, values: Sequence[str]) -> None:
        default = _DEFAULT_TEXTS.get(name, "")
        if name not in self.texts and any(value != default for value in values):
            start, end = self.text.add(default)
            self.texts[name] = Places(np.full(self.taken.size, start), np.full(self.taken.size, end))
        if name in self.texts:
            self.texts[name].start[rows], self.texts[name].end[rows] = self.text.add_all(values)

    def _put_numbers(self, name: str, rows: Ints, values: list[int]) -> None:
        default = _DEFAULT_NUMBERS.get(name, UNTOLD)
        if name not in self.numbers and any(value != default for value in values):
            self.numbers[name] = np.full(self.taken.size, default, np.int64)
        if name in self.numbers:
            self.numbers[name][rows] = values

    def frame(self) -> pl.DataFrame:
        """The lines as `documents.LINES`."""
        kept = slice(None) if self.taken.all() else np.flatnonzero(self.taken)
        rows = int(np.count_nonzero(self.taken))
        return self.text.strings(rows).select(
            [self._text(name, kept) if dtype == pl.String else self._number(name, kept, dtype) for name, dtype in LINES.items()])

    def _text(self, name: str, kept: Ints | slice) -> pl.Expr:
        if name not in self.texts:
            return pl.lit(_DEFAULT_TEXTS.get(name, "")).alias(name)
        return sliced(name, Places(self.texts[name].start[kept], self.texts[name].end[kept]))

    def _number(self, name: str, kept: Ints | slice, dtype: type[pl.DataType]) -> pl.Expr:
        if name not in self.numbers:
            return pl.lit(_DEFAULT_NUMBERS.get(name), dtype).alias(name)
        values = self.numbers[name][kept]
        untold = np.flatnonzero(values == UNTOLD)
        values[untold] = 0
        series = pl.Series(name, values.astype(np.int32) if dtype == pl.Date else values).cast(dtype)
        return pl.lit(series.scatter(untold, None) if untold.size else series)


def _number(value: object) -> int:
    if value is None:
        return UNTOLD
    return value.toordinal() - EPOCH if isinstance(value, dt.date) else int(str(value))
