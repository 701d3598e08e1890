"""Documents put together from two sources: records of a record reader, and lines that a columnar reader has read beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from parsers import documents
from parsers.documents import Document
from parsers.records import BankLine

if TYPE_CHECKING:
    from parsers.documents import Statement
    from parsers.records import Record


@dataclass(slots=True)
class MixedParts:
    """The documents of a file so far: how many statements they open, and the last of these."""

    format_name: str
    statements: int = 0
    last: Statement | None = None

    def part(self, found: list[Record], lines: pl.DataFrame | None = None, remittance: pl.DataFrame | None = None) -> Document:
        """The next document: records, drained as if the open statement had been opened before them, and lines from columns among
        theirs in file order. `row` in the remittance counts from the first of these lines."""
        if not found and lines is not None:
            return Document(self.format_name, lines=lines, remittance=documents.NO_REMITTANCE if remittance is None else remittance)
        carried = self.last if self.last and self.last.closed is None else None
        whole = [carried.opened, *found] if carried else found
        part = next(documents.drained(self.format_name, whole, rows_max=len(whole) + 1))
        if carried:
            carried.closed = part.statements.pop(0).closed
        if part.lines.height:
            part.lines = part.lines.with_columns(pl.col("statement") + (self.statements - (carried is not None)))
        if lines is not None and lines.height:
            part.lines, part.remittance = _mixed(lines, part.lines, remittance, part.remittance)
        self.statements += len(part.statements)
        self.last = part.statements[-1] if part.statements else self.last
        return part


def every_column(lines: pl.DataFrame, **reckoned: pl.Expr) -> pl.DataFrame:
    """Bank lines with all their columns: those that the frame has not are reckoned, or as in a record that is silent about them."""
    of_frame = {name: pl.col(name) for name in lines.columns} | reckoned
    silent = BankLine._field_defaults
    return lines.select_seq((of_frame.get(name, pl.lit(silent.get(name), dtype=dtype))).alias(name) for name, dtype in documents.LINES.items())


def _mixed(
    lines: pl.DataFrame, others: pl.DataFrame, remittance: pl.DataFrame | None, other_remittance: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of two frames in file order, and their remittance lines."""
    if others.is_empty():
        return lines, documents.NO_REMITTANCE if remittance is None else remittance
    told = [remittance] if remittance is not None else []
    both, all_told = pl.concat([lines, others]), pl.concat([*told, other_remittance.with_columns(pl.col("row") + lines.height)])
    if lines["byte_start"][-1] < others["byte_start"][0]:
        return both, all_told
    order = both["byte_start"].arg_sort()
    place = pl.Series("row", range(both.height), dtype=pl.Int64).gather(order.arg_sort())
    return both[order], all_told.with_columns(place.gather(all_told["row"])).sort("row", maintain_order=True)
