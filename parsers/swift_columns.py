"""SWIFT statements as documents, the entries of a block at once: the columnar reader of MT940, MT942 and MT950.

A block (`parsers.swift_fields.blocks`) is looked at as columns: `swift_block_columns` finds its entries, `mt86_columns` and
`swift_entry_columns` read them. The record reader is the definition of the format, and it reads what is not surely covered:
all fields but entries, the first entry of a statement, and entries in doubt. It goes through the block beside the columns,
stretch by stretch and on the same book, so that pages, controls and issues come from one place; what a stretch of sure
entries adds to the page's totals is added at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from parsers import documents, mt86_columns, swift_block_columns, swift_entry_columns
from parsers.amounts import AmountError, minor_digits
from parsers.byte_columns import PADDING, Flags, Ints, Places, block, empty
from parsers.documents import Document, Statement
from parsers.records import BankLine, Control, Issue, Record, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.swift_block_columns import Scan
from parsers.swift_entry_columns import KINDS
from parsers.swift_fields import Cut, block_fields, blocks, line_fields, normalised
from parsers.swift_line_columns import Lines
from parsers.swift_statement import Book, Page

Reader = Callable[[Iterable[Cut], Book], Iterator[Record]]
"""The record reader: fields, and the book that they go on in."""

FORMAT = "mt940"


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


@dataclass(slots=True)
class _Block:
    """A block's columns, and where it stands in the file. `is_fraction` says whether an amount has minor digits."""

    scan: Scan
    lines: Lines
    has_fraction: Flags
    offset: int
    line: int
    following: str


def read(source: Source, book: Book, reader: Reader, ending: Callable[[Book], Iterator[Record]]) -> Iterator[Document]:
    """The documents of a file, one for each block and one for what its end tells."""
    drain, line = _Drain(), 1
    for data, offset, following in blocks(source):
        scan = swift_block_columns.scan(data, following)
        if scan is None:
            text = normalised(data)
            drain.take(reader(block_fields(text, offset, line, following), book))
            yield drain.filled(None)
            line += text.count("\n")
        else:
            columns = _columns(scan, offset, line, following)
            _read_block(columns, drain, book, reader)
            yield drain.filled(columns.lines)
            line += scan.returns.size
    drain.take(ending(book))
    yield drain.filled(None)


def _columns(scan: Scan, offset: int, line: int, following: str) -> _Block:
    """What the columns tell of a block; statements and currencies are still open."""
    entries = scan.entries
    unfolded = mt86_columns.unfold(scan)
    details = mt86_columns.read(scan, unfolded)
    read = swift_entry_columns.read(unfolded, details, entries)
    text = unfolded.text
    kind_start, kind_end = (np.array(column)[read.kind] for column in zip(*(text.add(kind) for kind in KINDS), strict=True))
    numbers = {"statement": np.zeros(entries.rows, np.int64), "line": entries.line + line, "byte_start": entries.start + offset,
               "byte_end": entries.end + offset, "amount_minor": read.amount, "booking_date": read.booking, "value_date": read.value}
    texts = {"currency": empty(entries.rows), "kind": Places(kind_start, kind_end), "type_code": read.type_code,
             "bank_reference": read.bank_reference, "customer_reference": read.customer_reference, "check_number": read.check_number,
             "payer_name": details.name, "payer_account": details.account, "structured_reference": details.structured_reference,
             "remittance_text": read.text}
    lines = Lines(text, np.zeros(entries.rows, np.bool_), numbers, texts)
    return _Block(scan, lines, read.fraction > 0, offset, line, following)


def _read_block(block: _Block, drain: _Drain, book: Book, reader: Reader) -> None:
    """Stretches of sure entries by the columns, what lies between them by the record reader."""
    fields, entries = block.scan.fields, block.scan.entries
    last = fields.start.size - 1
    is_sure = np.zeros(last, np.bool_)
    sure = entries.field[entries.sure]
    is_sure[sure] = True
    is_sure[sure[entries.has_details[entries.sure]] + 1] = True
    edges = [0, *(1 + np.flatnonzero(is_sure[1:] != is_sure[:-1])).tolist(), last]
    for first, behind in pairwise(edges):
        if first < last and is_sure[first]:
            begin, end = np.searchsorted(entries.field, [first, behind]).tolist()
            begin = _first_entry(block, begin, drain, book, reader)
            if begin < end and _taken(block, begin, end, drain, book):
                continue
            first = int(entries.field[begin]) if begin < end else behind
        if first < behind or not last:
            drain.take(reader(_fields(block, first, behind), book))


def _first_entry(block: _Block, begin: int, drain: _Drain, book: Book, reader: Reader) -> int:
    """The entry with which the columns go on: the first one of a statement is the record reader's."""
    if _is_open(book.page):
        return begin
    field = int(block.scan.entries.field[begin])
    drain.take(reader(_fields(block, field, field + 1 + int(block.scan.entries.has_details[begin])), book))
    return begin + 1


def _is_open(page: Page | None) -> bool:
    return page is not None and page.opened and not page.closed


def _taken(block: _Block, begin: int, end: int, drain: _Drain, book: Book) -> bool:
    """Whether a stretch of sure entries became lines of the statement at hand; the page's totals are then added to."""
    page, lines = book.page, block.lines
    if page is None or not _is_open(page):
        return False
    try:
        digits = minor_digits(page.currency)
    except AmountError:
        return False
    if digits != 2 and (digits or block.has_fraction[begin:end].any()):
        return False
    amount = lines.numbers["amount_minor"][begin:end]
    if not digits:
        amount //= 100
    _count(page, amount)
    lines.taken[begin:end] = True
    lines.numbers["statement"][begin:end] = drain.statements - 1
    lines.texts["currency"].start[begin:end], lines.texts["currency"].end[begin:end] = lines.text.add(page.currency)
    entries = block.scan.entries
    book.at = Span(block.line + int(entries.line[end - 1]), block.offset + int(entries.start[end - 1]), block.offset + int(entries.end[end - 1]))
    return True


def _count(page: Page, amount: Ints) -> None:
    """What `swift_statement.entry` adds to a page for each entry."""
    debit = amount[amount < 0]
    credits, debits = amount.size - debit.size, debit.size
    net, debit_minor = int(amount.sum()), -int(debit.sum())
    page.entries += amount.size
    page.net_minor += net
    page.totals.credits += credits
    page.totals.credit_minor += net + debit_minor
    page.totals.debits += debits
    page.totals.debit_minor += debit_minor


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
