"""SWIFT statements as documents, the entries of a block at once: the columnar reader of MT940, MT942 and MT950.

A block (`parsers.swift.fields.blocks`) is looked at as columns: `parsers.swift.block_columns` finds its entries, `parsers.swift.mt86_columns` and
`parsers.swift.entry_columns` read them. The record reader is the definition of the format, and it reads what is not surely covered:
all fields but entries, the first entry of a statement, and entries in doubt. It goes through the block beside the columns,
stretch by stretch and on the same book, so that pages, controls and issues come from one place; what a stretch of sure
entries adds to the page's totals is added at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from parsers import documents
from parsers.amounts import AmountError, minor_digits
from parsers.byte_columns import PADDING, Coded, Flags, Ints, Places, block
from parsers.documents import Document, Statement
from parsers.records import BankLine, Control, Issue, Record, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.swift import block_columns, entry_columns, mt86_columns, statement
from parsers.swift.block_columns import Scan
from parsers.swift.fields import Cut, block_fields, blocks, line_fields, normalised
from parsers.swift.line_columns import Lines
from parsers.swift.statement import Book, Page

Reader = Callable[[Iterable[Cut], Book], Iterator[Record]]
"""The record reader: fields, and the book that they go on in."""

FORMAT = "mt940"
BYTES_MIN = 32 * 1024
"""A smaller block, such as the last one of a file, is read as fast record by record."""
_DIGITS = frozenset([0, 2])
"""Minor digits of the currencies whose amounts the columns can read."""


@dataclass(slots=True)
class _Drain:
    """Records into documents: the statements so far, the part at hand and its lines with their statements."""

    part: Document = field(default_factory=lambda: Document(format=FORMAT))
    opened: Statement | None = None
    statements: int = 0
    lines: list[BankLine] = field(default_factory=list)
    of_statements: list[int] = field(default_factory=list)

    def take(self, found: Iterable[Record]) -> None:
        """Records of the record reader, as `documents.drained` takes them."""
        for record in found:
            match record:
                case BankLine():
                    self.lines.append(record)
                    self.of_statements.append(self.statements - 1)
                case StatementOpened():
                    self.opened = Statement(record)
                    self.statements += 1
                    self.part.statements.append(self.opened)
                case StatementClosed():
                    assert self.opened is not None, "a statement closes that was never opened"
                    self.opened.closed = record
                case Control():
                    self.part.controls.append(record)
                    if not record.ties:
                        self.part.issues.append(documents.mismatch(record))
                case Issue():
                    self.part.issues.append(record)
                case _:
                    pass

    def filled(self, lines: Lines | None) -> Document:
        """The part with its lines, which leaves an empty one behind."""
        part, self.part = self.part, Document(format=FORMAT)
        if lines is None:
            lines = Lines(block(PADDING), np.zeros(len(self.lines), np.bool_), {}, {})
            rows = np.arange(len(self.lines))
        else:
            rows = np.searchsorted(lines.numbers["byte_start"], [line.span.start for line in self.lines])
        if self.lines:
            lines.put(rows, self.lines, self.of_statements)
        if lines.taken.any():
            part.lines = lines.frame()
        self.lines, self.of_statements = [], []
        return part


class _Sums(NamedTuple):
    """What the sure entries before each one, and in the end all, add up to."""

    credits: Ints
    credit_minor: Ints
    debits: Ints
    debit_minor: Ints
    fractions: Ints


@dataclass(slots=True)
class _Block:
    """A block's columns, what they add up to, and where the block stands in the file."""

    scan: Scan
    lines: Lines
    sums: _Sums
    doubtful: Ints
    offset: int
    line: int
    following: str

    def begin(self, line: int) -> None:
        """The block begins at this line of the file."""
        self.line = line
        self.lines.numbers["line"] += line


def read(source: Source, book: Book, reader: Reader, ending: Callable[[Book], Iterator[Record]]) -> Iterator[Document]:
    """The documents of a file, one for each block and one for what its end tells."""
    drain, line = _Drain(), 1
    for data, offset, following in blocks(source):
        columns = _columns(data, offset, following) if len(data) >= BYTES_MIN else None
        if columns is None:
            text = normalised(data)
            drain.take(reader(block_fields(text, offset, line, following), book))
            line += text.count("\n")
        else:
            columns.begin(line)
            _read_block(columns, drain, book, reader)
            line += columns.scan.returns.size
        yield drain.filled(columns.lines if columns else None)
    drain.take(ending(book))
    yield drain.filled(None)


def _columns(data: bytes, offset: int, following: str) -> _Block | None:
    """What the columns tell of a block, None where its structure is not plain; lines, statements and currencies are still open."""
    scan = block_columns.scan(data, following)
    if scan is None:
        return None
    entries = scan.entries
    unfolded = mt86_columns.unfold(scan)
    details = mt86_columns.read(scan, unfolded)
    read = entry_columns.read(unfolded, details, entries)
    numbers = {"statement": np.zeros(entries.rows, np.int64), "line": entries.line.copy(), "byte_start": entries.start + offset,
               "byte_end": entries.end + offset, "amount_minor": read.amount, "booking_date": read.booking, "value_date": read.value}
    texts: dict[str, Places | Coded] = {"currency": Coded([""], np.zeros(entries.rows, np.int64)), "kind": read.kind, "type_code": read.type_code,
             "bank_reference": read.bank_reference, "customer_reference": read.customer_reference, "check_number": read.check_number,
             "payer_name": details.name, "payer_account": details.account, "structured_reference": details.structured_reference,
             "remittance_text": read.text}
    lines = Lines(unfolded.text, entries.sure.copy(), numbers, texts)
    return _Block(scan, lines, _sums(read.amount, read.fraction, entries.sure), np.flatnonzero(~entries.sure), offset, 0, following)


def _sums(amount: Ints, fraction: Ints, sure: Flags) -> _Sums:
    is_debit = amount < 0
    debit, credit = np.where(is_debit & sure, -amount, 0), np.where(is_debit | ~sure, 0, amount)
    return _Sums(*(np.concatenate([np.zeros(1, np.int64), np.cumsum(column)])
                   for column in (sure & ~is_debit, credit, sure & is_debit, debit, sure & (fraction > 0))))


def _read_block(block: _Block, drain: _Drain, book: Book, reader: Reader) -> None:
    """Stretches of plain entries by the columns, what lies between them by the record reader."""
    fields, entries = block.scan.fields, block.scan.entries
    last = fields.start.size - 1
    is_plain = np.zeros(last, np.bool_)
    plain = entries.field[entries.plain]
    is_plain[plain] = True
    is_plain[plain[entries.has_details[entries.plain]] + 1] = True
    edges = np.concatenate([np.zeros(1, np.int64), 1 + np.flatnonzero(is_plain[1:] != is_plain[:-1]), np.array([last])])
    rows = np.searchsorted(entries.field, edges).tolist()
    for (first, behind), (begin, end) in zip(pairwise(edges.tolist()), pairwise(rows), strict=True):
        if is_plain[first]:
            _read_entries(block, begin, end, drain, book, reader)
        else:
            drain.take(reader(_fields(block, first, behind), book))


def _read_entries(block: _Block, begin: int, end: int, drain: _Drain, book: Book, reader: Reader) -> None:
    """Plain entries: the first one of a statement by the record reader with what it asks of the page, then the sure ones by the
    columns and the others one by one."""
    while begin < end and not _is_open(book.page):
        drain.take(reader(_fields(block, *_fields_of(block, begin)), book))
        block.lines.taken[begin] = False
        begin += 1
    if begin < end and book.page is not None:
        doubtful = block.doubtful[slice(*np.searchsorted(block.doubtful, [begin, end]))] if _taken(block, begin, end, book.page, drain) else range(begin, end)
        for row in doubtful:
            drain.take(_entry(block, row, book))
        book.at = _span(block, end - 1)


def _fields_of(block: _Block, row: int) -> tuple[int, int]:
    first = int(block.scan.entries.field[row])
    return first, first + 1 + int(block.scan.entries.has_details[row])


def _is_open(page: Page | None) -> bool:
    return page is not None and page.opened and not page.closed


def _taken(block: _Block, begin: int, end: int, page: Page, drain: _Drain) -> bool:
    """Whether the sure entries of a stretch became lines of the page, which counts them as `statement.entry` does."""
    lines, sums = block.lines, block.sums
    try:
        digits = minor_digits(page.currency)
    except AmountError:
        digits = -1
    credited, credit_minor, debited, debit_minor, fractions = (int(column[end] - column[begin]) for column in sums)
    if digits not in _DIGITS or (not digits and fractions):
        lines.taken[begin:end] = False
        return False
    unit = 10 ** (2 - digits)
    if unit > 1:
        lines.numbers["amount_minor"][begin:end] //= unit
    page.entries += credited + debited
    page.net_minor += (credit_minor - debit_minor) // unit
    page.totals.credits += credited
    page.totals.credit_minor += credit_minor // unit
    page.totals.debits += debited
    page.totals.debit_minor += debit_minor // unit
    lines.numbers["statement"][begin:end] = drain.statements - 1
    currency = lines.texts["currency"]
    assert isinstance(currency, Coded)
    currency.which[begin:end] = currency.code(page.currency)
    return True


def _entry(block: _Block, row: int, book: Book) -> Iterator[Record]:
    """A plain entry by the record reader, without the way over its fields."""
    data, entries = block.scan.data, block.scan.entries
    start, details, end = (int(column[place]) for column, place in (
        (entries.start, row), (block.scan.fields.start, entries.field[row] + 1), (entries.end, row)))
    text = data[start + 4:details - 1].decode("latin-1").replace("\r", "")
    said = data[details + 4:end - 1].decode("latin-1").replace("\r", "") if entries.has_details[row] else ""
    line = statement.entry(text, said, "", _span(block, row), book)
    if line is not None:
        yield line
    yield from book.notices
    book.notices.clear()


def _span(block: _Block, row: int) -> Span:
    entries = block.scan.entries
    return Span(block.line + int(entries.line[row]), block.offset + int(entries.start[row]), block.offset + int(entries.end[row]))


def _fields(block: _Block, first: int, behind: int) -> Iterator[Cut]:
    """The fields of a part of the block, each cut as if it were in the whole."""
    fields, data = block.scan.fields, block.scan.data
    start, end = int(fields.start[first]) if first else 0, int(fields.start[behind])
    is_last = behind == fields.start.size - 1
    tag = 0 if is_last else data.index(b":", end + 1) + 1 - end
    text = data[start:len(data) if is_last else end + tag].decode("latin-1")
    line = block.line + (int(fields.line[first]) if first else 0)
    cuts = line_fields(text, block.offset + start, line, block.following if is_last else "")
    return cuts if is_last else _all_but_last(cuts)


def _all_but_last(cuts: Iterator[Cut]) -> Iterator[Cut]:
    """Without the field that was only read to see where the one before it ends."""
    before = next(cuts)
    for cut in cuts:
        yield before
        before = cut
