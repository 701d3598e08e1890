"""The frame of bank lines from columns: a row for each entry of a block, told by the columns or by the record reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from parsers.byte_columns import Block, Coded, Flags, Ints, Places
from parsers.documents import LINES
from parsers.records import BankLine

EPOCH = dt.date(1970, 1, 1).toordinal()
UNTOLD = np.iinfo(np.int64).min
"""Stands for a number or a date that is not told."""

_NOWHERE = np.zeros(0, np.int64)
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
    untold: set[str] = field(default_factory=set)
    """The numbers and dates that a line may lack."""

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
        if None in values or (column is None and default is None):
            self.untold.add(name)
        if column is None:
            column = self.numbers[name] = np.full(self.taken.size, UNTOLD if default is None else default, np.int64)
        column[rows] = [UNTOLD if value is None else value.toordinal() - EPOCH if isinstance(value, dt.date) else value for value in values]

    def frame(self) -> pl.DataFrame:
        """The lines as `documents.LINES`."""
        kept = slice(None) if self.taken.all() else np.flatnonzero(self.taken)
        rows = int(np.count_nonzero(self.taken))
        placed = self._placed({name: column for name, column in self.texts.items() if isinstance(column, Places) and column.is_filled.any()}, kept, rows)
        silent: dict[object, pl.Series] = {}
        columns = []
        for name, dtype in LINES.items():
            if name in placed:
                columns.append(placed[name].alias(name))
            elif name in self.numbers:
                columns.append(self._number(name, kept, dtype))
            elif isinstance(coded := self.texts.get(name), Coded):
                columns.append(_coded(coded, kept, rows).alias(name))
            else:
                default = _DEFAULT_TEXTS.get(name, "") if dtype == pl.String else _DEFAULT_NUMBERS.get(name)
                if (dtype, default) not in silent:
                    silent[dtype, default] = pl.Series("", [default], dtype).new_from_index(0, rows)
                columns.append(silent[dtype, default].alias(name))
        return pl.DataFrame(columns)

    def _placed(self, columns: dict[str, Places], kept: Ints | slice, rows: int) -> dict[str, pl.Series]:
        """The strings of all columns of places, cut in one go."""
        start, end = (np.concatenate([column[side][kept] for column in columns.values()] or [_NOWHERE]) for side in (0, 1))
        places = pl.lit(pl.Series(start)), pl.lit(pl.Series((end - start).view(np.uint64)))
        found = self.text.in_rows(start.size).select(pl.col("block").bin.slice(*places).cast(pl.String)).to_series()
        return {name: found.slice(number * rows, rows) for number, name in enumerate(columns)}

    def _number(self, name: str, kept: Ints | slice, dtype: type[pl.DataType]) -> pl.Series:
        values = self.numbers[name][kept]
        untold = np.flatnonzero(values == UNTOLD) if name in self.untold else _NOWHERE
        values[untold] = 0
        series = pl.Series(name, values if dtype == pl.Int64 else values.astype(np.int32))
        series = series.cast(dtype) if series.dtype != dtype else series
        return series.scatter(untold, None) if untold.size else series


def _coded(column: Coded, kept: Ints | slice, rows: int) -> pl.Series:
    """The texts of a column of few different ones."""
    which = column.which[kept]
    if rows and (which == which[0]).all():
        return pl.Series("", [column.texts[which[0]]], pl.String).new_from_index(0, rows)
    return pl.Series("", column.texts, pl.String)[which]
