r"""BAI lockbox: the checks that a bank opened and deposited for us, in records of fixed columns.

After the Bank Administration Institute's "Lockbox Communications Standards for Banks"; every bank fills the columns its own
way, so `parsers.profile.LockboxColumns` says where things stand. 80 or 104 columns, trailing blanks may be missing:

    1 file header      2-3 priority, 4-13 destination, 14-23 origin, 24-29 YYMMDD, 30-33 HHMM
    2 service          2-21 destination and origin, 22-31 reference, 32-34 400, 35-37 record size, 38-41 block size
    5 lockbox header   2-4 batch, 5-7 reference, 8-14 lockbox, 15-20 deposit YYMMDD, 21-40 destination and origin
    6 check            2-4 batch, 5-7 item, 8-17 amount, 18-26 routing, 27-36 account, 37-46 check number, 53-82 remitter
    4 overflow         2-4 batch, 5-7 item, 8 continued record, 9-10 sequence (99 is followed by 01), 11 0 more / 9 last,
                       12-31 document, 32-41 amount; further pairs follow where the record has room (42-71, 72-101)
    7 batch total      8-14 lockbox, 15-20 date, 21-23 checks, 24-33 amount
    8 lockbox total    8-14 lockbox, 15-20 date, 21-24 checks, 25-34 amount
    9 trailer          2-7 number of records with 1 and 9

Order: 1 2 (5 (6 4*)* 7)* 8 ... 9. "BAI2 lockbox" (SAP's name) has one document in each record 4, with deduction and reason:
`overflow_invoice = [12, 27]`, `overflow_amount = [28, 37]`, `overflow_deduction = [38, 47]`, `overflow_reason = [48, 50]`.

A lockbox and deposit date is a statement, a check is a line. The money reaches the bank statement as one credit for lockbox and
date, not one for each batch (a batch is what one clerk opened, some fifty checks), so `batch_amount_minor` is that deposit and
`batch_reference` still says in which batch to look. Amounts are in the profile's currency, decimals implied unless a point is
written; a minus before or after, or an overpunched last digit, makes a credit memo.

Controls: checks and amount of 7, of 8 (a total since the 8 before it, for some banks send one for all boxes), records of 9. Banks
count checks, or checks with their overflow records: both tie. That the documents of a check do not add up to it is the payer's
business, not the file's, and is no issue here.

Tolerated: mailbox cards before the 1; records without line ends; 5 repeated for each batch; 7 or 8 missing (a missing 8 is told);
a document without amount, or with a field of zeros for it; an 8-digit routing number, which gets its check digit.

An example (trailing blanks left off):

    100FIRSTBANK 00999999992611200600
    2FIRSTBANK 00999999990000000000400104010401
    50000000022222261119FIRSTBANK 0099999999
    6001001000012500002100002100012345670000010421111826BETA INC
    40010016019INV-1001            0000125000
    700100000222222611190010000125000
    8000000002222226111900010000125000
    9000008
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from parsers import dates, issues
from parsers.lockbox.records import Places, cut, in_deposits, is_card, opens_lockbox_file, readable
from parsers.profile import NOT_SENT, LockboxColumns, Profile
from parsers.records import BankLine, Control, Envelope, Issue, Record, RemittanceLine, Span, StatementClosed, StatementOpened
from parsers.sources import Source, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "lockbox"
TITLE = "BAI lockbox (fixed width, 80 or 104 columns)"
IDENTIFIED_BY = "a first record 1 with date and time in columns 24-33, then a record 2 or 5, and no NACHA record size"

_START = Span(1, 0, 0)
DocumentType = Literal["invoice", "credit_memo", "other"]


def sniff(head: bytes) -> bool:
    """Whether the first record is a lockbox header, and a service record for lockboxes or a lockbox header follows."""
    return opens_lockbox_file(head)


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records; a check with its overflow records is one bank line."""
    book = _Book(profile, profile.lockbox, list(_deposit_totals(source, profile)))
    for deposit, line in in_deposits(source, profile.lockbox):
        code = line.data[:1]
        if book.check is not None and code != b"4":
            yield from _check_done(book, book.check)
        book.span = Span(line.number, line.start, line.end)
        if code in _HANDLERS:
            book.records += 1
            if not book.is_open and code != b"1":
                book.is_open = True
                yield issues.error(book.span, "missing_record", "a record stands outside a file: there is no record 1 before it", line.data)
            yield from _HANDLERS[code](book, deposit, decode(line.data, profile.encoding))
        elif is_card(line.data):
            yield Envelope(book.span, "preamble")
        else:
            book.records += 1
            yield Envelope(book.span, "unknown record")
            yield issues.warning(book.span, "unknown_record", f"{code.decode('latin-1')!r} is no record type of a lockbox file", line.data)
    yield from _end(book)


@dataclass(slots=True)
class _Sums:
    """What a trailer states of the records since the one before it."""

    checks: int = 0
    overflows: int = 0
    total: int = 0


@dataclass(slots=True)
class _Check:
    """A check record and what its overflow records have brought so far."""

    span: Span
    end: int
    data: str
    minor: int
    remittance: list[RemittanceLine] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    more_announced: bool = False

    @property
    def batch_item(self) -> str:
        """Batch and item number, by which overflow records name their check."""
        return self.data[1:7]


@dataclass(slots=True)
class _Book:
    """Where we are in the file."""

    profile: Profile
    columns: LockboxColumns
    totals: list[int]
    span: Span = _START
    records: int = 0
    is_open: bool = False
    has_files: bool = False
    created: dt.date | None = None
    deposit: int = -1
    lockbox: str = ""
    date: dt.date | None = None
    header_line: int = 0
    has_statement: bool = False
    batch: _Sums = field(default_factory=_Sums)
    service: _Sums = field(default_factory=_Sums)
    check: _Check | None = None
    skipped: str = ""
    layout_doubted: bool = False
    in_check: Places | None = None
    in_overflow: Places | None = None

    def __post_init__(self) -> None:
        columns = self.columns
        self.in_check = Places.of((columns.detail_invoice, columns.detail_amount, NOT_SENT, NOT_SENT, NOT_SENT), columns.detail_pairs)
        self.in_overflow = Places.of((columns.overflow_invoice, columns.overflow_amount, columns.overflow_discount,
                                      columns.overflow_deduction, columns.overflow_reason), columns.overflow_pairs)


def _deposit_totals(source: Source, profile: Profile) -> Iterator[int]:
    """The sum of the checks of each deposit: a reading ahead, so that every check can name the deposit it is part of."""
    current, total, start, end = -1, 0, *profile.lockbox.check_amount
    for deposit, line in in_deposits(source, profile.lockbox):
        while current < deposit:
            if current >= 0:
                yield total
            current, total = current + 1, 0
        if line.data[:1] == b"6":
            total += readable(line.data[start - 1 : end].decode("latin-1").strip(), profile.currency) or 0
    yield total


def _file_header(book: _Book, _: int, data: str) -> Iterator[Record]:
    yield from _deposit_closed(book)
    if book.is_open:
        yield issues.error(book.span, "truncated", "a new file begins, and the one before it has no record 9")
    book.is_open, book.records, book.created = True, 1, dates.yymmdd(data[23:29])
    yield Envelope(book.span, "file header")
    if book.created is None:
        yield issues.warning(book.span, "bad_date", "the file header has no creation date", data[23:29])


def _service(book: _Book, _: int, __: str) -> Iterator[Record]:
    yield Envelope(book.span, "service record")


def _lockbox_header(book: _Book, deposit: int, data: str) -> Iterator[Record]:
    if deposit == book.deposit:
        yield Envelope(book.span, "lockbox header")
        return
    yield from _deposit_closed(book)
    book.lockbox, day = cut(data, book.columns.lockbox), cut(data, book.columns.deposit_date)
    book.date = dates.yymmdd(day)
    if book.date is None:
        book.date = book.created
        if book.created:
            yield issues.warning(book.span, "bad_date", f"lockbox {book.lockbox} has no deposit date; the file's date stands in", day)
        else:
            yield issues.error(book.span, "bad_date", f"neither lockbox {book.lockbox} nor the file has a date", day)
    yield from _deposit_opened(book, deposit)


def _deposit_opened(book: _Book, deposit: int) -> Iterator[Record]:
    book.deposit, book.header_line, book.has_statement, book.batch = deposit, book.span.line, True, _Sums()
    statement_id = "-".join(filter(None, [book.lockbox, f"{book.date:%y%m%d}" if book.date else ""]))
    yield StatementOpened(book.span, statement_id, book.lockbox, book.profile.currency, "cash_report",
                          from_date=book.date, to_date=book.date, lockbox=book.lockbox)


def _deposit_closed(book: _Book) -> Iterator[Record]:
    if book.has_statement:
        yield StatementClosed(book.span, None, book.date)
    book.has_statement = False


def _check(book: _Book, deposit: int, data: str) -> Iterator[Record]:
    columns, currency = book.columns, book.profile.currency
    if not book.has_statement or deposit != book.deposit:
        book.lockbox, book.date = book.profile.account, book.created
        if not book.lockbox:
            yield issues.error(book.span, "missing_record", "a check stands outside a lockbox: its record 5 is missing")
        yield from _deposit_opened(book, deposit)
    batch, item, amount = data[1:4].strip(), data[4:7].strip(), cut(data, columns.check_amount)
    book.skipped = ""
    minor = readable(amount, currency) if len(data) >= columns.check_amount[1] else None
    if minor is None:
        book.skipped = data[1:7]
        yield issues.error(book.span, "bad_amount", f"check {item} of batch {batch}: {amount!r} is not an amount", data)
        return
    for sums in (book.batch, book.service):
        sums.checks += 1
        sums.total += minor
    book.check = _Check(book.span, book.span.end, data, minor)
    if book.in_check:
        yield from _documents(book, book.check, data, book.in_check)


def _overflow(book: _Book, _: int, data: str) -> Iterator[Record]:
    for sums in (book.batch, book.service):
        sums.overflows += 1
    if data[1:7] == book.skipped:
        yield Envelope(book.span, "overflow of an unreadable check")
        return
    check = book.check
    if check is None or check.batch_item != data[1:7]:
        yield issues.warning(book.span, "misplaced_record", f"the overflow record of batch {data[1:4]} item {data[4:7]} does not follow its check", data)
        return
    check.more_announced = data[10:11] == "0"
    check.end = book.span.end
    if book.in_overflow:
        yield from _documents(book, check, data, book.in_overflow)
    if text := cut(data, book.columns.overflow_text):
        check.texts.append(text)


def _documents(book: _Book, check: _Check, data: str, places: Places) -> Iterator[Record]:
    """The documents that a record lists. One after the first counts only if it is whole, for other text may stand there."""
    currency = book.profile.currency
    for nth, shift in enumerate(places.shifts):
        if len(data) < places.start + shift:
            return
        number, amount, discount, deduction, reason = (cut(data, columns, shift) for columns in places.columns)
        number = number if number.strip("0") else ""
        paid, taken_discount, taken_deduction = (readable(text, currency, signed=True) for text in (amount, discount, deduction))
        if nth and (not number or paid is None):
            check.texts += [data[places.start + shift - 1 :].strip()] if book.columns.overflow_text == NOT_SENT else []
            return
        if not (number or paid or (amount and paid is None)):
            return
        if (amount and paid is None) or (discount and taken_discount is None) or (deduction and taken_deduction is None):
            check.texts.append(data[places.start - 1 :].strip())
            yield issues.warning(book.span, "bad_amount", f"document {number}: an amount is unreadable; the check itself is right", data)
        if not amount and number.isdecimal() and len(number) == places.number_width > 15 and not book.layout_doubted:
            book.layout_doubted = True
            yield issues.warning(book.span, "bad_record", f"document {number}: a number this long may be two fields; compare the columns of the profile")
        taken_discount, taken_deduction = abs(taken_discount or 0), abs(taken_deduction or 0)
        if paid is not None and book.columns.amounts_are_gross:
            paid -= taken_discount + taken_deduction
        if not (paid or taken_discount or taken_deduction):
            paid = None
        document_type: DocumentType = "other" if not number else "credit_memo" if paid is not None and paid < 0 else "invoice"
        check.remittance.append(RemittanceLine(book.span, number, paid, taken_discount, taken_deduction, reason, document_type))


def _check_done(book: _Book, check: _Check) -> Iterator[Record]:
    book.check = None
    data, columns = check.data, book.columns
    batch, item = data[1:4].strip(), data[4:7].strip()
    number = cut(data, columns.check_number).lstrip("0")
    batch_reference = f"{book.lockbox}-{batch}" if book.lockbox else batch
    yield BankLine(
        Span(check.span.line, check.span.start, check.end), check.minor, book.profile.currency, "receipt" if check.minor else "other",
        book.date, book.date, "lockbox", f"{batch_reference}-{item}", number, number, cut(data, columns.remitter),
        _payer_account(cut(data, columns.routing), cut(data, columns.account)), remittance_text=" ".join(filter(None, check.texts)),
        batch_reference=batch_reference, batch_amount_minor=book.totals[book.deposit], batch_key=book.header_line,
        remittance=tuple(check.remittance),
    )
    if check.more_announced:
        yield issues.warning(check.span, "missing_record", f"check {batch_reference}-{item}: more overflow records are announced than follow")


def _batch_total(book: _Book, _: int, data: str) -> Iterator[Record]:
    columns = book.columns
    yield Envelope(book.span, "batch total")
    yield from _controls(book, f"batch {data[1:4].strip()}", book.batch, cut(data, columns.batch_count), cut(data, columns.batch_total))
    book.batch = _Sums()


def _lockbox_total(book: _Book, _: int, data: str) -> Iterator[Record]:
    columns = book.columns
    yield from _controls(book, f"lockbox {cut(data, columns.lockbox) or book.lockbox}", book.service, cut(data, columns.lockbox_count), cut(data, columns.lockbox_total))
    yield Envelope(book.span, "lockbox total")
    yield from _deposit_closed(book)
    book.service = _Sums()


def _trailer(book: _Book, _: int, data: str) -> Iterator[Record]:
    if book.service.checks:
        yield issues.warning(book.span, "missing_record", f"lockbox {book.lockbox} has no total (record 8)")
    yield from _deposit_closed(book)
    yield Envelope(book.span, "trailer")
    stated = cut(data, book.columns.file_records)
    if stated.isdecimal():
        yield Control(book.span, "file records", int(stated), book.records)
    elif stated:
        yield issues.warning(book.span, "bad_record", f"the number of records {stated!r} is not a number", data)
    book.is_open, book.has_files, book.service, book.records = False, True, _Sums(), 0


def _end(book: _Book) -> Iterator[Record]:
    if book.check is not None:
        yield from _check_done(book, book.check)
    if book.has_statement or book.is_open:
        yield issues.error(book.span, "truncated", "the file ends without its trailer (record 9)")
    elif not book.has_files:
        yield issues.error(book.span, "missing_record", "the file has no lockbox record")


def _controls(book: _Book, name: str, sums: _Sums, count: str, total: str) -> Iterator[Control | Issue]:
    """Checks and amount; a bank may count the overflow records with the checks."""
    if count.isdecimal():
        stated = int(count)
        yield Control(book.span, f"{name} checks", stated, stated if stated == sums.checks + sums.overflows else sums.checks)
    elif count:
        yield issues.warning(book.span, "bad_record", f"{name}: the number of checks {count!r} is not a number")
    minor = readable(total, book.profile.currency) if total else None
    if minor is not None:
        yield Control(book.span, f"{name} total", minor, sums.total, book.profile.currency)
    elif total:
        yield issues.error(book.span, "bad_amount", f"{name}: the total {total!r} is not an amount")


def _payer_account(routing: str, account: str) -> str:
    """`routing/account` of the check's MICR line; nothing where the bank could not read it."""
    if not routing.strip("0") and not account.strip("0"):
        return ""
    return f"{_with_check_digit(routing)}/{account}"


def _with_check_digit(routing: str) -> str:
    """An ABA routing number of eight digits is completed: weights 3, 7, 1, the sum a multiple of ten."""
    if len(routing) != 8 or not routing.isdecimal():
        return routing
    return routing + str(-sum(int(digit) * weight for digit, weight in zip(routing, (3, 7, 1, 3, 7, 1, 3, 7), strict=True)) % 10)


_HANDLERS: dict[bytes, Callable[[_Book, int, str], Iterator[Record]]] = {
    b"1": _file_header, b"2": _service, b"5": _lockbox_header, b"6": _check, b"4": _overflow,
    b"7": _batch_total, b"8": _lockbox_total, b"9": _trailer,
}
