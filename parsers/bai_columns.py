"""BAI2 files read in columns, a block of some megabytes after the other: the documents of the record reader, only faster.

`parsers.bai_sheets` lays a block out. Runs of plain details count into their account by sums; between the runs each other record takes
the long road of `parsers.bai_details`, in its order and with the same book, so that headers, trailers, controls, issues and dialects
are decided in one place. A block that cannot be laid out goes to the record reader as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import bai_details, bai_levels, bai_records, bai_sheets, documents
from parsers.bai_account import Account
from parsers.bai_levels import Book
from parsers.bai_records import Block
from parsers.bai_sheets import Sheet
from parsers.documents import Document, Statement
from parsers.profile import Profile
from parsers.records import Record, StatementOpened
from parsers.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

@dataclass(slots=True)
class _Run:
    """Plain details that follow one another in an account: records `[start, stop)` of a sheet."""

    start: int
    stop: int
    account: Account
    statement: int


@dataclass(slots=True)
class _File:
    """Where we are: the record reader's book, the statements so far and the last of them."""

    format_name: str
    book: Book
    statements: int = 0
    last: Statement | None = None


def parts(source: Source, profile: Profile, format_name: str, block_bytes: int | None = None) -> Iterator[Document]:
    """The file's documents, one for each block."""
    file = _File(format_name, Book(profile))
    for block in bai_records.blocks(source, block_bytes):
        sheet = bai_sheets.sheet(block, file.book.width)
        if sheet is None:
            yield _part(file, list(bai_details.records_of(block, file.book)), None)
        else:
            found, runs = _counted(file, block, sheet)
            yield _part(file, found, _lines(sheet, block, runs))
    yield _part(file, list(bai_levels.ended(file.book)), None)


def _counted(file: _File, block: Block, sheet: Sheet) -> tuple[list[Record], list[_Run]]:
    """What the records that are no plain details say, and the runs between them, counted into their accounts."""
    book = file.book
    credit, debit = (np.append(0, np.cumsum(np.where(sheet.sign == sign, sheet.amount, 0))) for sign in (1, -1))
