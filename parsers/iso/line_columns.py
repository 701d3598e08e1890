"""The bank lines and remittance lines of a run of camt entries on their way to frames: each shape fills the rows of its entries.

Texts are places in the run's block until the frame is made (`parsers.byte_columns`), words of which there are few are numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import structured
from parsers.byte_columns import Coded, Flags, Ints, Places, empty, strings
from parsers.documents import LINES, REMITTANCE
from parsers.iso.leaf_columns import NO_DAY

if TYPE_CHECKING:
    from parsers.byte_columns import Block

_MAY_QUOTE = r"[rR][fF]|\+\+\+|\*\*\*|[^\x00-\x7f]"


@dataclass(slots=True)
class Told:
    """Remittance lines of one document of each entry of a shape: the `row` is the entry's; `is_amount_known` where there is one."""

    row: Ints
    start: Ints
    end: Ints
    document_number: Places
    document_type: Coded
    amount_minor: Ints
    is_amount_known: Flags
    discount_minor: Ints


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
    is_said: Flags = field(init=False)
    """Where the remittance text is the payer's, who may quote a reference in it."""
    texts: dict[str, Places] = field(default_factory=dict)
    words: dict[str, Coded] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known, self.is_instructed, self.is_said = (np.zeros(self.rows, np.bool_) for _ in range(3))
        self.amount_minor, self.instructed_minor = np.zeros(self.rows, np.int64), np.zeros(self.rows, np.int64)
        self.booking_date, self.value_date = np.full(self.rows, NO_DAY, np.int64), np.full(self.rows, NO_DAY, np.int64)

    def put_text(self, name: str, rows: Ints, places: Places) -> None:
        """The texts of a column in those rows."""
        if name not in self.texts:
            if rows.size == self.rows:
                self.texts[name] = places
                return
            self.texts[name] = empty(self.rows)
        whole = self.texts[name]
        whole.start[rows], whole.end[rows] = places

    def put_words(self, name: str, rows: Ints, texts: list[str], which: Ints | int) -> None:
        """The words of a column in those rows."""
        if name not in self.words:
            self.words[name] = Coded([""], np.zeros(self.rows, np.int64))
        column = self.words[name]
        codes = np.array([column.code(text) for text in texts])
        column.which[rows] = codes[which]

    def lines(self, kept: Ints, lines: Ints, spans: Places, statement: int) -> pl.DataFrame:
        """The frame of the bank lines of the rows that are kept; `lines` and `spans` are places in the file."""
        block, size = self.block.in_rows(kept.size), kept.size
        every = slice(None) if size == self.rows else kept
        made = {
            "statement": pl.Series(np.full(size, statement, np.int32)), "line": pl.Series(lines[every]),
            "byte_start": pl.Series(spans.start[every]), "byte_end": pl.Series(spans.end[every]),
            "amount_minor": pl.Series(self.amount_minor[every]), "booking_date": _dates(self.booking_date[every]),
            "value_date": _dates(self.value_date[every]), "fee_minor": pl.Series(np.zeros(size, np.int64)),
            "instructed_minor": _numbers(self.instructed_minor[every], self.is_instructed[every]),
            **{name: strings(name, column, every, block) for name, column in (*self.texts.items(), *self.words.items())},
        }
        if "remittance_text" in made and self.is_said.any():
            made["structured_reference"] = _with_quoted(made.get("structured_reference"), made["remittance_text"], self.is_said[every])
        silent = pl.Series([""], dtype=pl.String).new_from_index(0, size)
        nothing = pl.Series([None], dtype=pl.Int64).new_from_index(0, size)
        return pl.DataFrame([
            (made[name] if name in made else silent if dtype is pl.String else nothing).alias(name) for name, dtype in LINES.items()
        ])

    def remittance(self, lines: Ints, base: int) -> pl.DataFrame:
        """The frame of their remittance lines. `row` counts the bank lines that are kept; `lines` are those of `told`, one after the other."""
        if not self.told:
            return pl.DataFrame(schema=REMITTANCE)
        row = np.concatenate([one.row for one in self.told])
        order = np.argsort(row, kind="stable")
        order = order[self.known[row[order]]]
        size, block = order.size, self.block.in_rows(order.size)
        kinds = np.concatenate([one.document_type.which for one in self.told])
        number = Places(*(np.concatenate(every) for every in zip(*(one.document_number for one in self.told), strict=True)))
        amount, known, discount = (np.concatenate(every) for every in zip(
            *((one.amount_minor, one.is_amount_known, one.discount_minor) for one in self.told), strict=True))
        made = {
            "row": pl.Series((np.cumsum(self.known) - 1)[row[order]]), "line": pl.Series(lines[order]),
            "byte_start": pl.Series(np.concatenate([one.start for one in self.told])[order] + base),
            "byte_end": pl.Series(np.concatenate([one.end for one in self.told])[order] + base),
            "document_number": strings("document_number", number, order, block),
            "amount_minor": _numbers(amount[order], known[order]), "discount_minor": pl.Series(discount[order]),
            "deduction_minor": pl.Series(np.zeros(size, np.int64)),
            "document_type": strings("document_type", Coded(self.told[0].document_type.texts, kinds), order, block),
        }
        silent = pl.Series([""], dtype=pl.String).new_from_index(0, size)
        return pl.DataFrame([(made[name] if name in made else silent).alias(name) for name in REMITTANCE])


def _with_quoted(stated: pl.Series | None, said: pl.Series, is_said: Flags) -> pl.Series:
    """The stated references, and where there is none, those in the text that cannot be mistaken."""
    rows = np.flatnonzero(said.str.contains(_MAY_QUOTE).to_numpy() & is_said)
    if stated is None:
        stated = pl.Series([""], dtype=pl.String).new_from_index(0, len(said))
    if not rows.size:
        return stated
    found = [one or structured.find(text) for one, text in zip(stated.gather(rows), said.gather(rows), strict=True)]
    return stated.scatter(rows, pl.Series(found, dtype=pl.String))


def _dates(days: Ints) -> pl.Series:
    return _numbers(days, days != NO_DAY).cast(pl.Int32).cast(pl.Date)


def _numbers(values: Ints, known: Flags) -> pl.Series:
    if known.all():
        return pl.Series(values)
    if not known.any():
        return pl.Series([None], dtype=pl.Int64).new_from_index(0, values.size)
    return pl.Series(values).scatter(np.flatnonzero(~known), None)
