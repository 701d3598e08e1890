"""The bank lines and remittance lines of a run of camt entries on their way to frames: each shape fills the rows of its entries.

Texts are places in the run's block until the frame is made (`parsers.byte_columns`), words of which there are few are numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import payer_phrase_columns, structured_columns
from parsers.byte_columns import Coded, Flags, Ints, Places, empty
from parsers.documents import LINES, NO_REMITTANCE, REMITTANCE
from parsers.iso import remittance
from parsers.iso.leaf_columns import NO_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parsers.byte_columns import Block

DOCUMENT_TYPES: tuple[str, ...] = tuple(dict.fromkeys([*remittance.DOCUMENT_TYPES.values(), "other"]))


class Told(NamedTuple):
    """Remittance lines, one for each document: `row` is its entry's, `is_amount_known` where it tells an amount."""

    row: Ints
    start: Ints
    end: Ints
    number_start: Ints
    number_end: Ints
    document_type: Ints
    """Index into `DOCUMENT_TYPES`."""
    amount_minor: Ints
    is_amount_known: Flags
    discount_minor: Ints

    @classmethod
    def of_all(cls, several: Sequence[Told]) -> Told:
        """Several as one."""
        return cls(*(np.concatenate(every) for every in zip(*several, strict=True)))


@dataclass(slots=True)
class LineColumns:
    """A run's bank lines, column by column."""

    block: Block
    rows: int
    known: Flags = field(init=False)
    """The entries that are told here."""
    amount_minor: Ints = field(init=False)
    booking_date: Ints = field(init=False)
    value_date: Ints = field(init=False)
    instructed_minor: Ints = field(init=False)
    is_instructed: Flags = field(init=False)
    texts: dict[str, Places] = field(default_factory=dict)
    words: dict[str, Coded] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known, self.is_instructed = (np.zeros(self.rows, np.bool_) for _ in range(2))
        self.amount_minor, self.instructed_minor = np.zeros(self.rows, np.int64), np.zeros(self.rows, np.int64)
        self.booking_date, self.value_date = np.full(self.rows, NO_DAY, np.int64), np.full(self.rows, NO_DAY, np.int64)

    @classmethod
    def joined(cls, several: Sequence[LineColumns]) -> LineColumns:
        """Runs of one block as one."""
        if len(several) == 1:
            return several[0]
        whole = cls(several[0].block, sum(one.rows for one in several))
        first = 0
        for one in several:
            rows = np.arange(first, first + one.rows)
            for name in ("known", "amount_minor", "booking_date", "value_date", "instructed_minor", "is_instructed"):
                getattr(whole, name)[rows] = getattr(one, name)
            for name, places in one.texts.items():
                whole.put_text(name, rows, places)
            for name, (texts, which) in one.words.items():
                whole.put_words(name, rows, texts, which)
            whole.told += [told._replace(row=told.row + first) for told in one.told]
            first += one.rows
        return whole

    def put_text(self, name: str, rows: Ints, places: Places) -> None:
        """The texts of a column in those rows."""
        if name not in self.texts:
            if rows.size == self.rows:
                self.texts[name] = places
                return
            self.texts[name] = empty(self.rows)
        whole = self.texts[name]
        whole.start[rows], whole.end[rows] = places

    def put_words(self, name: str, rows: Ints, texts: list[str], which: Ints) -> None:
        """The words of a column in those rows."""
        if name not in self.words:
            if rows.size == self.rows:
                self.words[name] = Coded(list(texts), which)
                return
            self.words[name] = Coded([""], np.zeros(self.rows, np.int64))
        column = self.words[name]
        column.which[rows] = np.array([column.code(text) for text in texts])[which]

    def frames(self, lines: Ints, spans: Places, statement: Ints, told_lines: Ints, base: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The frames of the bank lines that are known and of their remittance lines, whose `row` counts these; `lines` and `spans` are
        places in the file, `statement` the number of each one's statement, `told_lines` the lines of all documents that are told, one after the other, `base` where the block stands."""
        content = b"".join((self.block.data, self.block.added)) if self.block.added else self.block.data
        rows = max(self.rows, *(told.row.size for told in self.told), 0)
        block = pl.Series("block", [content], dtype=pl.Binary).new_from_index(0, rows)
        return self._lines(block, lines, spans, statement), self._remittance(block, told_lines, base)

    def _lines(self, block: pl.Series, lines: Ints, spans: Places, statement: Ints) -> pl.DataFrame:
        kept = slice(None) if self.known.all() else np.flatnonzero(self.known)
        size = lines[kept].size
        made = {
            "statement": pl.Series(statement[kept].astype(np.int32)), "line": pl.Series(lines[kept]),
            "byte_start": pl.Series(spans.start[kept]), "byte_end": pl.Series(spans.end[kept]),
            "amount_minor": pl.Series(self.amount_minor[kept]), "booking_date": _dates(self.booking_date[kept]),
            "value_date": _dates(self.value_date[kept]), "fee_minor": pl.Series([0], dtype=pl.Int64).new_from_index(0, size),
            "instructed_minor": _numbers(self.instructed_minor[kept], self.is_instructed[kept]),
            **_texts(block, {name: Places(*(ends[kept] for ends in places)) for name, places in self.texts.items()}),
            **{name: _words(column.texts, column.which[kept]) for name, column in self.words.items()},
        }
        if "remittance_text" in made:
            made["structured_reference"] = structured_columns.with_quoted(made.get("structured_reference"), made["remittance_text"])
            made["payer_name"] = _with_payers(made)
        return _frame(made, LINES, size)

    def _remittance(self, block: pl.Series, told_lines: Ints, base: int) -> pl.DataFrame:
        if not self.told:
            return NO_REMITTANCE
        told = self.told[0] if len(self.told) == 1 else Told.of_all(self.told)
        order = np.argsort(told.row, kind="stable")
        order = order[self.known[told.row[order]]]
        made = {
            "row": pl.Series((np.cumsum(self.known) - 1)[told.row[order]]), "line": pl.Series(told_lines[order]),
            "byte_start": pl.Series(told.start[order] + base), "byte_end": pl.Series(told.end[order] + base),
            **_texts(block, {"document_number": Places(told.number_start[order], told.number_end[order])}),
            "document_type": _words(list(DOCUMENT_TYPES), told.document_type[order]),
            "amount_minor": _numbers(told.amount_minor[order], told.is_amount_known[order]), "discount_minor": pl.Series(told.discount_minor[order]),
            "deduction_minor": pl.Series([0], dtype=pl.Int64).new_from_index(0, order.size),
        }
        return _frame(made, REMITTANCE, order.size)


def _with_payers(made: dict[str, pl.Series]) -> pl.Series:
    """The payers' names, and where none stands in its own element, the one that the words of money in tell."""
    said = made["remittance_text"]
    names = made.get("payer_name", pl.Series([""], dtype=pl.String).new_from_index(0, len(said)))
    silent = ((names == "") & (made["amount_minor"] > 0) & ~made["kind"].is_in(["return", "reversal"])).arg_true()
    if silent.is_empty():
        return names
    return names.scatter(silent, payer_phrase_columns.with_payers(names.gather(silent), said.gather(silent)))


def _frame(made: dict[str, pl.Series], columns: Mapping[str, type[pl.DataType]], size: int) -> pl.DataFrame:
    """A frame of these columns; those that are not made are silent."""
    silent = pl.Series([""], dtype=pl.String).new_from_index(0, size)
    nothing = pl.Series([None], dtype=pl.Int64).new_from_index(0, size)
    others = {name: silent if dtype is pl.String else nothing for name, dtype in columns.items() if name not in made}
    return pl.DataFrame([(others | made)[name].alias(name) for name in columns])


def _texts(block: pl.Series, columns: dict[str, Places]) -> dict[str, pl.Series]:
    """The strings of all columns at once: each shares the bytes of the block, which stands in every row."""
    if not columns:
        return {}
    size = next(iter(columns.values())).start.size
    made = block.head(size).to_frame().select(
        pl.col("block").bin.slice(pl.Series(places.start), pl.Series(places.length)).cast(pl.String).alias(name) for name, places in columns.items()
    )
    return {name: made[name] for name in columns}


def _words(texts: list[str], which: Ints) -> pl.Series:
    words = pl.Series(texts, dtype=pl.String)
    if which.size and (which == which[0]).all():
        return words.new_from_index(int(which[0]), which.size)
    return words[which]


def _dates(days: Ints) -> pl.Series:
    return _numbers(days, days != NO_DAY).cast(pl.Int32).cast(pl.Date)


def _numbers(values: Ints, known: Flags) -> pl.Series:
    if known.all():
        return pl.Series(values)
    if not known.any():
        return pl.Series([None], dtype=pl.Int64).new_from_index(0, values.size)
    return pl.Series(values).scatter(np.flatnonzero(~known), None)
