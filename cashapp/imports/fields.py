"""The columns of a kind of list: which there are, how each is read, which must be filled.

`typed` turns a table of text into typed columns: an amount `x` becomes `x_minor` (null where empty), a date a date (null
where empty), all else text ("" where empty). A row with a fault is not among the rows any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import polars as pl

from cashapp.imports import columns, faults
from cashapp.imports.faults import Fault, FileFault
from cashapp.imports.tables import Table

Reads = Literal["text", "prose", "list", "amount", "date", "currency", "kind"]
LENGTHS_MAX: dict[str, int] = {"text": 200, "prose": 4000, "list": 20000}
"""Letters a cell may have; `text` may stand in a key of the database, `prose` never does, a `list` holds several texts."""


class Field(NamedTuple):
    """One column of a list."""

    name: str
    reads: Reads = "text"
    required: bool = False
    kinds: tuple[str, ...] = ()  # what a `kind` may be; the first is meant where it is empty

    @property
    def column(self) -> str:
        """Its name among the typed columns."""
        return f"{self.name}_minor" if self.reads == "amount" else self.name


class Batch(NamedTuple):
    """The rows that can be read, the typed columns that the file lacks, and what is wrong with the other rows."""

    rows: pl.DataFrame
    absent: frozenset[str]
    faults: list[Fault]


def typed(table: Table, fields: Sequence[Field], base_currency: str) -> Batch:
    """Typed columns; raises FileFault where a required column is missing."""
    missing = [field.name for field in fields if field.required and field.name not in table.rows.columns]
    if missing:
        raise FileFault("missing_column", f"there is no column {missing[0]}")
    lacking = [field for field in fields if field.name not in table.rows.columns]
    text = table.rows.with_columns(pl.lit("").alias(field.name) for field in lacking)
    found = [*table.faults, *_unfit_cells(text, fields)]
    values: list[pl.Series] = [text["line"]]
    currency = _amount_currencies(text, base_currency)
    for field in fields:
        reading = _read(text[field.name], field, currency)
        words = pl.DataFrame({"line": text["line"], "what": reading.wrong})
        found += faults.where(words, pl.col("what").is_not_null(), _CODES[field.reads], pl.lit(f"{field.name} ") + pl.col("what"))
        values.append(reading.values.alias(field.column))
    return Batch(faults.without(pl.DataFrame(values), found), frozenset(field.column for field in lacking), found)


def together(batches: Iterable[Batch]) -> Batch:
    """The pieces of one file as one."""
    rows, absent, found = zip(*batches, strict=True)
    return Batch(pl.concat(rows, rechunk=False), absent[0], [fault for faults in found for fault in faults])


_CODES: dict[str, str] = {
    "text": "bad_text", "prose": "bad_text", "list": "bad_text", "amount": "bad_amount", "date": "bad_date", "currency": "unknown_currency", "kind": "unknown_kind",
}


def _read(cells: pl.Series, field: Field, currencies: pl.Series) -> columns.Reading:
    match field.reads:
        case "amount":
            return columns.amounts(cells, currencies)
        case "date":
            return columns.dates(cells)
        case "currency":
            read = columns.currencies(cells)
            return columns.Reading(read.values.fill_null(""), read.wrong)
        case "kind":
            read = columns.kinds(cells, field.kinds)
            return columns.Reading(read.values.fill_null(field.kinds[0]), read.wrong)
        case _:
            return columns.Reading(cells, pl.Series([None], dtype=pl.String).new_from_index(0, len(cells)))


def _amount_currencies(text: pl.DataFrame, base_currency: str) -> pl.Series:
    """The currency by which a row's amounts are read: its own, else the base; null where its own is unknown."""
    if "currency" not in text.columns:
        return pl.Series("currency", [base_currency]).new_from_index(0, text.height)
    own = columns.currencies(text["currency"]).values
    return pl.DataFrame({"text": text["currency"], "own": own}).select(
        pl.when(pl.col("text") == "").then(pl.lit(base_currency)).otherwise(pl.col("own")).alias("currency"),
    ).to_series()


def _unfit_cells(text: pl.DataFrame, fields: Sequence[Field]) -> list[Fault]:
    """Empty cells that must be filled, and text that no database takes."""
    found: list[Fault] = []
    for field in fields:
        cell = pl.col(field.name)
        if field.required:
            found += faults.where(text, cell == "", "missing_value", pl.lit(f"{field.name} is empty"))
        found += faults.where(text, cell.str.contains("\0", literal=True), "bad_text", pl.lit(f"{field.name} holds a NUL character"))
        if field.reads in LENGTHS_MAX:
            most = LENGTHS_MAX[field.reads]
            found += faults.where(text, cell.str.len_chars() > most, "bad_text", pl.lit(f"{field.name} is longer than {most} letters"))
    return found


def first_of_each(batch: Batch, key: Sequence[str]) -> tuple[Batch, int]:
    """One row for each key. A later row that says the same is dropped and counted; one that differs is refused."""
    first = batch.rows.select(pl.struct(key).is_first_distinct()).to_series()
    if first.all():
        return batch, 0
    later = batch.rows.filter(~first).join(batch.rows.filter(first), on=key, suffix="_first", maintain_order="left")
    others = [name for name in batch.rows.columns if name not in {*key, "line"}]
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_first")) for name in others)
    what = pl.format("line {} says something else of the same {}", "line_first", pl.lit(" and ".join(key)))
    found = faults.where(later, differs, "repeated_key", what)
    return batch._replace(rows=batch.rows.filter(first), faults=[*batch.faults, *found]), later.height - len(found)
