"""The documents of a file that is read in columns, part by part: lines that come as a frame among those that come as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from parsers import documents
from parsers.documents import Document, Statement

if TYPE_CHECKING:
    from parsers.records import Record


@dataclass(slots=True)
class Parts:
    """The documents so far: how many statements they open, and the last one."""

    format_name: str
    statements: int = 0
    last: Statement | None = None

    def part(self, found: list[Record], lines: pl.DataFrame | None = None) -> Document:
        """The next document: `found` as if the open statement were opened before, `lines` among its bank lines by their place. A frame's
        `statement` counts through the file; its lines have no remittance, and where there are some, those of `found` have none either."""
        if lines is not None and not found:
            return Document(self.format_name, lines=lines)
        carried = self.last if self.last and self.last.closed is None else None
        whole = [carried.opened, *found] if carried else found
        part = next(documents.drained(self.format_name, whole, rows_max=len(whole) + 1))
        if carried:
            carried.closed = part.statements.pop(0).closed
        offset = self.statements - (carried is not None)
        part.lines = part.lines.with_columns(pl.col("statement") + offset) if offset and part.lines.height else part.lines
        part.lines = part.lines if lines is None else _in_file_order(lines, part.lines)
        self.statements += len(part.statements)
        self.last = part.statements[-1] if part.statements else self.last
        return part


def _in_file_order(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    if first.is_empty() or second.is_empty():
        return first if second.is_empty() else second
    return pl.concat([first, second]).sort("byte_start")
