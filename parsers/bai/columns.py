"""BAI2 files read in columns, a block of some megabytes after the other: the documents of the record reader, only faster.

`parsers.bai.sheets` lays a block out. Runs of plain details count into their account by sums; between the runs each other record takes
the long road of `parsers.bai.details`, in its order and with the same book, so that headers, trailers, controls, issues and dialects
are decided in one place. A block that cannot be laid out goes to the record reader as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.ahead import made_ahead
from parsers.bai import details as bai_details
from parsers.bai import levels, records, sheets
from parsers.bai.levels import Book
from parsers.bai.lines import look
from parsers.mixed_parts import MixedParts, every_column
from parsers.records import StatementOpened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from parsers.bai.account import Account
    from parsers.bai.records import Block
    from parsers.bai.sheets import Sheet
    from parsers.documents import Document
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source

BLOCK_BYTES = 4 * 1024 * 1024


class _Run(NamedTuple):
    """Plain details that follow one another in a statement: `height` rows of the sheet's details from `first` on."""

    first: int
    height: int
    account: Account
    statement: int


def parts(source: Source, profile: Profile, format_name: str, block_bytes: int = BLOCK_BYTES) -> Iterator[Document]:
    """The file's documents: one for each block, one for what its end says."""
    book, so_far = Book(profile), MixedParts(format_name)
    for block, sheet in _sheets(records.blocks(source, block_bytes, look), book):
        if sheet is None:
            yield so_far.part(list(bai_details.records_of(block, book)))
        else:
            found, runs = _counted(block, sheet, book, so_far.statements)
            yield so_far.part(found, _lines(sheet.details, runs) if runs else None)
    yield so_far.part(list(levels.ended(book)))


def _sheets(blocks: Iterator[Block], book: Book) -> Iterator[tuple[Block, Sheet | None]]:
    """The blocks in order with their sheets, made ahead for the width of full lines that the book knows by then, and again if a file
    header in between has changed it."""
    known = ((block, book.width) for block in blocks)
    for (block, width), made in made_ahead(known, lambda each: sheets.sheet(*each), lambda _: True):
        yield block, made if width == book.width else sheets.sheet(block, book.width)


def _counted(block: Block, sheet: Sheet, book: Book, statements: int) -> tuple[list[Record], list[_Run]]:
    """What the records say that are no plain details, and the runs between them, counted into their accounts."""
    sums = _sums(sheet.details)
    row_of = np.append(0, np.cumsum(sheet.is_plain)).tolist()
    others = [*np.flatnonzero(~sheet.is_plain).tolist(), len(sheet.is_plain)]
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
            book.span = sheet.span(block, stop - 1)
            at = stop
            continue
        record = records.logical(block, int(sheet.start[at]), int(sheet.end[at]), int(sheet.line[at]))
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
    row = np.concatenate([np.arange(run.first, run.first + run.height) for run in runs])
    run_of = np.repeat(np.arange(len(runs)), [run.height for run in runs])
    of_accounts = (
        pl.Series("statement", [run.statement for run in runs], pl.Int32), pl.Series("currency", [run.account.currency for run in runs], pl.String),
        pl.Series("booking_date", [run.account.as_of for run in runs], pl.Date),
    )
    told = (details if row.size == details.height else details[row]).hstack([column.gather(run_of) for column in of_accounts])
    return every_column(told, value_date=pl.max_horizontal("value_date", "booking_date"))
