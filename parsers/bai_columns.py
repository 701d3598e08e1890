"""BAI2 files read in columns, a block of some megabytes after the other: the documents of the record reader, only faster.

`parsers.bai_sheets` lays a block out. Runs of plain details count into their account by sums; between the runs each other record takes
the long road of `parsers.bai_details`, in its order and with the same book, so that headers, trailers, controls, issues and dialects
are decided in one place. A block that cannot be laid out goes to the record reader as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import bai_details, bai_levels, bai_records, bai_sheets, documents
from parsers.bai_levels import Book
from parsers.records import BankLine, StatementOpened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from parsers.bai_account import Account
    from parsers.bai_records import Block
    from parsers.bai_sheets import Sheet
    from parsers.documents import Document, Statement
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source


BLOCK_BYTES = 2 * 1024 * 1024
_THREADS = 2


class _Run(NamedTuple):
    """Plain details that follow one another in a statement: `height` rows of the sheet's details from `first` on."""

    first: int
    height: int
    account: Account
    statement: int


@dataclass(slots=True)
class _Parts:
    """The documents so far: how many statements they open, and the last one."""

    format_name: str
    statements: int = 0
    last: Statement | None = None

    @property
    def open_statement(self) -> Statement | None:
        """The statement that the next record belongs to."""
        return self.last if self.last and self.last.closed is None else None

    def part(self, found: list[Record], lines: pl.DataFrame | None = None) -> Document:
        """The next document: records as if the open statement were opened before them, and the lines of plain details among theirs."""
        carried = self.open_statement
        whole = [carried.opened, *found] if carried else found
        part = next(documents.drained(self.format_name, whole, rows_max=len(whole) + 1))
        if carried:
            carried.closed = part.statements.pop(0).closed
        told = part.lines.with_columns(pl.col("statement") + (self.statements - (carried is not None)))
        part.lines = told if lines is None else _in_file_order(lines, told)
        self.statements += len(part.statements)
        self.last = part.statements[-1] if part.statements else self.last
        return part


def parts(source: Source, profile: Profile, format_name: str, block_bytes: int = BLOCK_BYTES) -> Iterator[Document]:
    """The file's documents: one for each block, one for what its end says."""
    book, so_far = Book(profile), _Parts(format_name)
    for block, sheet in _sheets(bai_records.blocks(source, block_bytes), book):
        if sheet is None:
            yield so_far.part(list(bai_details.records_of(block, book)))
        else:
            found, runs = _counted(block, sheet, book, so_far.statements)
            yield so_far.part(found, _lines(sheet.details, runs) if runs else None)
    yield so_far.part(list(bai_levels.ended(book)))


def _sheets(blocks: Iterator[Block], book: Book) -> Iterator[tuple[Block, Sheet | None]]:
    """The blocks in order with their sheets, which two threads make some blocks ahead."""
    waiting: deque[tuple[Block, int, Future[Sheet | None]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        more = True
        while more or waiting:
            block = next(blocks, None) if more else None
            if block is not None:
                waiting.append((block, book.width, pool.submit(bai_sheets.sheet, block, book.width)))
            more = block is not None
            if waiting and (len(waiting) > _THREADS or not more):
                block, width, future = waiting.popleft()
                yield block, future.result() if width == book.width else bai_sheets.sheet(block, book.width)


def _counted(block: Block, sheet: Sheet, book: Book, statements: int) -> tuple[list[Record], list[_Run]]:
    """What the records say that are no plain details, and the runs between them, counted into their accounts."""
    sums = _sums(sheet.details)
    row_of = np.append(0, np.cumsum(sheet.is_plain)).tolist()
    others = np.flatnonzero(~sheet.is_plain).tolist()
    found: list[Record] = []
    runs: list[_Run] = []
    at = 0
    while at < len(sheet.is_plain):
        account = book.account
        stop = others[bisect_left(others, at)]
        if stop > at and account is not None and account.takes_plain_details:
            first, end = row_of[at], row_of[stop]
            account.entered(*(int(column[end] - column[first]) for column in sums))
            runs.append(_Run(first, end - first, account, statements - 1))
            at = stop
            continue
        record = bai_records.logical(block, int(sheet.start[at]), int(sheet.end[at]), int(sheet.line[at]))
        for told in bai_details.on_the_long_road(record, book):
            found.append(told)
            statements += isinstance(told, StatementOpened)
        at += 1
    book.started = True
    return found, runs


def _sums(details: pl.DataFrame) -> list[NDArray[np.int64]]:
    """What the rows before each row add up to: credits and how many, debits and how many, records."""
    amount, is_credit = details["amount_minor"].to_numpy(), details["sign"].to_numpy() > 0
    columns = amount * is_credit, is_credit, amount * ~is_credit * -1, ~is_credit, details["counted"].to_numpy()
    return [np.append(0, np.cumsum(column)) for column in columns]


def _lines(details: pl.DataFrame, runs: list[_Run]) -> pl.DataFrame:
    """The plain details of the runs as bank lines."""
    statements = pl.DataFrame(
        [(run.height, run.statement, run.account.currency, run.account.as_of) for run in runs], orient="row",
        schema={"height": pl.Int64, "statement": pl.Int32, "currency": pl.String, "booking_date": pl.Date},
    )
    run_of = statements.select(pl.int_range(pl.len()).repeat_by("height").explode()).to_series()
    told = pl.concat([details.slice(run.first, run.height) for run in runs], rechunk=True).hstack(statements.drop("height")[run_of])
    told = told.with_columns(value_date=pl.max_horizontal("value_date", "booking_date"))
    silent = {name: pl.lit(default, dtype=documents.LINES[name]) for name, default in BankLine._field_defaults.items()
              if name in documents.LINES and name not in told.columns}
    return told.with_columns(**silent).select(list(documents.LINES))


def _in_file_order(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Two frames of lines as one."""
    if first.is_empty() or second.is_empty():
        return first if second.is_empty() else second
    both = pl.concat([first, second])
    return both if first["byte_start"][-1] < second["byte_start"][0] else both.sort("byte_start")
