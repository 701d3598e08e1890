"""The levels of a BAI2 file: what opens a file, a group and an account, what closes them, and what their trailers prove."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import dates, issues
from parsers.amounts import AmountError, implied_minor, is_currency, to_minor
from parsers.bai import codes as bai_codes
from parsers.bai import records
from parsers.bai.account import Account, Tally, proofs, unpacked
from parsers.bai.records import Logical
from parsers.profile import Profile
from parsers.records import Control, Envelope, Issue, Record, Report, Span, StatementClosed, StatementOpened
from parsers.sources import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

LINE_WIDTH = 80
_START = Span(1, 0, 0)
_DELETION, _CORRECTION, _TEST = "2", "3", "4"
_REPORTS: dict[str, Report] = {"1": "announcement", "2": "statement", "3": "announcement", "4": "announcement"}
"""By as-of-date modifier: only final data of the previous day is booked as it stands."""
_AMOUNT = re.compile(r"[+-]?\d{1,30}(?:\.\d\d)?")


@dataclass(slots=True)
class Group:
    """A group between its 02 and its 98."""

    status: str = "1"
    as_of: dt.date | None = None
    currency: str = ""
    modifier: str = ""
    tally: Tally = field(default_factory=Tally)


@dataclass(slots=True)
class Book:
    """Where we are in the file."""

    profile: Profile
    span: Span = _START
    started: bool = False
    has_records: bool = False
    tally: Tally | None = None
    file_id: str = ""
    created: dt.date | None = None
    width: int = LINE_WIDTH
    group: Group | None = None
    account: Account | None = None
    currencies: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)

    @property
    def control_currency(self) -> str:
        """The currency of totals over accounts; empty where they mix."""
        return next(iter(self.currencies)) if len(self.currencies) == 1 else ""

    def decoded(self, *parts: str) -> Iterator[str]:
        """Text was cut as Latin-1, a character for each byte; here it gets its own letters."""
        return (part if part.isascii() else decode(part.encode("latin-1"), self.profile.encoding) for part in parts)


def _file_header(book: Book, record: Logical) -> Iterator[Record]:
    if book.tally is not None:
        yield from _open_levels_closed(book, "file")
        yield issues.error(record.span, "truncated", "a new file begins, and the one before it has no 99 record")
    fields = record.fields(9)
    book.tally = Tally()
    book.tally.count(record)
    book.file_id, book.created = fields[4], date_of(fields[2])
    book.width = line_width(record)
    book.currencies = set()
    yield Envelope(record.span, "file header")
    if book.created is None:
        yield issues.warning(record.span, "bad_date", "the file header has no creation date", fields[2])


def line_width(header: Logical) -> int:
    """The width of a full line, as a 01 record states it."""
    stated = header.fields(9)[5]
    return int(stated) if stated.isdecimal() and len(stated) < 4 else LINE_WIDTH


def _group_header(book: Book, record: Logical) -> Iterator[Record]:
    yield from _open_levels_closed(book, "group")
    if book.tally is None:
        yield issues.error(record.span, "missing_record", "the file does not begin with a 01 record")
        book.tally = Tally()
    fields = record.fields(7)
    as_of = date_of(fields[3])
    book.group = group = Group(fields[2] or "1", as_of or book.created, fields[5].upper(), fields[6])
    group.tally.count(record)
    yield Envelope(record.span, "group header")
    if as_of is None and book.created is None:
        yield issues.error(record.span, "bad_date", "neither the group header nor the file header has a date", fields[3])
    elif as_of is None:
        yield issues.warning(record.span, "bad_date", "the group header has no as-of date; the file's date stands in", fields[3])
    yield from _status_told(record, group)


def _status_told(record: Logical, group: Group) -> Iterator[Record]:
    day = f"as of {group.as_of}"
    if group.status == _DELETION:
        yield issues.error(record.span, "withdrawn", f"group status 2: the bank deletes all it reported {day} for these accounts")
    elif group.status == _CORRECTION:
        yield issues.warning(record.span, "correction", f"group status 3: these lines replace all that was reported {day} for these accounts")
    elif group.status == _TEST:
        yield issues.warning(record.span, "test_file", f"group status 4: the group {day} is a test")
    elif group.status != "1":
        yield issues.warning(record.span, "bad_record", f"group status {group.status!r} is none of 1-4; it was read as 1 (update)")


def _account_header(book: Book, record: Logical) -> Iterator[Record]:
    yield from _open_levels_closed(book, "account")
    if book.group is None:
        yield issues.error(record.span, "missing_record", "an account stands outside a group: its 02 record is missing")
        book.group = Group(as_of=book.created)
    group = book.group
    fields, summaries, misfits = records.split_account(record)
    currency = fields[1].upper() or group.currency or book.profile.currency
    if not is_currency(currency):
        yield issues.error(record.span, "unknown_currency", f"account {fields[0]}: {currency!r} is no currency of ISO 4217")
        currency = book.profile.currency
    book.currencies.add(currency)
    balances, item_counts, tally = {}, {}, Tally()
    tally.count(record)
    for code, text, items in summaries:
        try:
            balances[code] = amount_minor(text, currency) if text else 0
            tally.total += balances[code]
            item_counts[code] = int(items) if items.isdecimal() and len(items) < 16 else None
        except AmountError as problem:
            yield issues.error(record.span, "bad_amount", f"account {fields[0]}, type code {code}: {problem}", text)
    for misfit in misfits:
        yield issues.warning(record.span, "bad_record", f"account {fields[0]}: {misfit!r} stands where a type code should")
    report = _report(group.modifier, balances.keys())
    number = fields[0] or book.profile.account
    book.account = Account(number, currency, group.as_of, report, group.status not in {_DELETION, _TEST}, balances, item_counts, tally)
    if not book.account.taken:
        yield Envelope(record.span, "account")
        return
    statement_id = "-".join(filter(None, [f"{group.as_of:%y%m%d}" if group.as_of else "", book.file_id]))
    yield StatementOpened(record.span, statement_id, number, currency, report, from_date=group.as_of, to_date=group.as_of,
                          opening_minor=balances.get(bai_codes.OPENING_LEDGER), copy="correction" if group.status == _CORRECTION else "")


def _report(modifier: str, codes: AbstractSet[str]) -> Report:
    if modifier in _REPORTS:
        return _REPORTS[modifier]
    return "announcement" if codes & bai_codes.CURRENT and not codes & bai_codes.CLOSING else "statement"


def _account_trailer(book: Book, record: Logical) -> Iterator[Record]:
    account = book.account
    if account is None:
        yield issues.error(record.span, "misplaced_record", "a 49 record closes no account", "49," + record.pieces[0])
        return
    yield from unpacked(account)
    account.tally.count(record)
    if not account.taken:
        yield Envelope(record.span, "account trailer")
    stated_total, stated_records = record.fields(2)[:2]
    name = f"account {account.number}"
    yield from _total(record, f"{name} control total", stated_total, account.tally.total, account.currency)
    yield from _count(record, f"{name} records", stated_records, account.tally.records, account.tally.uncoded)
    yield from _account_closed(book, account, record.span, stated_total)


def _account_closed(book: Book, account: Account, span: Span, stated_total: str = "") -> Iterator[Record]:
    assert book.group is not None
    if account.taken:
        for name, stated, computed in proofs(account):
            yield Control(span, f"account {account.number} {name}", stated, computed, account.currency)
        yield StatementClosed(span, account.balances.get(bai_codes.CLOSING_LEDGER), account.as_of)
    book.group.tally.take_in(account.tally, _stated(stated_total, account.tally.total, account.currency))
    book.account = None


def _group_trailer(book: Book, record: Logical) -> Iterator[Record]:
    yield from _open_levels_closed(book, "account")
    group = book.group
    if group is None or book.tally is None:
        yield issues.error(record.span, "misplaced_record", "a 98 record closes no group", "98," + record.pieces[0])
        return
    group.tally.count(record)
    stated_total, stated_accounts, stated_records = record.fields(3)[:3]
    name = f"group {book.tally.members + 1}"
    yield Envelope(record.span, "group trailer")
    yield from _total(record, f"{name} control total", stated_total, group.tally.total, book.control_currency)
    yield from _count(record, f"{name} accounts", stated_accounts, group.tally.members)
    yield from _count(record, f"{name} records", stated_records, group.tally.records, group.tally.uncoded)
    book.tally.take_in(group.tally, _stated(stated_total, group.tally.total, book.control_currency))
    book.group = None


def _file_trailer(book: Book, record: Logical) -> Iterator[Record]:
    yield from _open_levels_closed(book, "group")
    if book.tally is None:
        yield issues.error(record.span, "misplaced_record", "a 99 record closes no file", "99," + record.pieces[0])
        return
    book.tally.count(record)
    fields = record.fields()
    stated_total, stated_groups, stated_records = record.fields(3)[:3]
    yield Envelope(record.span, "file trailer")
    if len(fields) < 3:
        yield issues.error(record.span, "truncated", "the file ends inside its 99 record", "99," + record.pieces[0])
    yield from _total(record, "file control total", stated_total, book.tally.total, book.control_currency)
    yield from _count(record, "file groups", stated_groups, book.tally.members)
    yield from _count(record, "file records", stated_records, book.tally.records, book.tally.uncoded)
    book.tally = None


def _open_levels_closed(book: Book, down_to: str) -> Iterator[Record]:
    """An error for each trailer that is missing before a record of level `down_to` may come; the levels are closed all the same."""
    if book.account is not None:
        yield issues.error(book.span, "missing_record", f"account {book.account.number} has no 49 record")
        yield from unpacked(book.account)
        yield from _account_closed(book, book.account, book.span)
    if book.group is not None and down_to != "account":
        yield issues.error(book.span, "missing_record", "the group has no 98 record")
        if book.tally is not None:
            book.tally.take_in(book.group.tally, book.group.tally.total)
        book.group = None


def ended(book: Book) -> Iterator[Record]:
    """The file ends: the deposit that is held back, and what is missing."""
    if book.account is not None:
        yield from unpacked(book.account)
    if book.tally is not None or book.group is not None or book.account is not None:
        yield issues.error(book.span, "truncated", "the file ends without its 99 record")
    elif not book.has_records:
        yield issues.error(book.span, "missing_record", "the file has no BAI2 record")


def _total(record: Logical, name: str, stated: str, computed: int, currency: str) -> Iterator[Control | Issue]:
    """The control of a total; none where the bank left it empty."""
    minor = _total_minor(stated, currency)
    if minor is not None:
        yield Control(record.span, name, minor, computed, currency)
    elif stated:
        yield issues.error(record.span, "bad_amount", f"{name}: {stated[:40]!r} is not an amount", stated)


def _count(record: Logical, name: str, stated: str, computed: int, uncoded: int = 0) -> Iterator[Control | Issue]:
    """The control of a count. Lines without a record code may have been counted by the sender or not."""
    if stated.isdecimal() and len(stated) < 16:
        count = int(stated)
        yield Control(record.span, name, count, count if computed <= count <= computed + uncoded else computed)
    elif stated:
        yield issues.warning(record.span, "bad_record", f"{name}: {stated[:40]!r} is not a number", stated)


def _total_minor(text: str, currency: str) -> int | None:
    """A total as written, with a decimal point where the bank writes amounts so; None where it is none."""
    try:
        return (amount_minor(text, currency) if "." in text else int(text)) if _AMOUNT.fullmatch(text) else None
    except AmountError:
        return None


def _stated(text: str, computed: int, currency: str) -> int:
    minor = _total_minor(text, currency)
    return computed if minor is None else minor


def amount_minor(text: str, currency: str) -> int:
    """Minor units as written; a decimal point, where a bank writes one, stands where it stands."""
    if len(text) > 40:
        raise AmountError(f"{text[:40]!r} is too long for an amount")
    return to_minor(text, currency) if "." in text else implied_minor(text, currency)


def date_of(text: str) -> dt.date | None:
    """YYMMDD or, of some banks, YYYYMMDD."""
    return dates.yyyymmdd(text) if len(text) == 8 else dates.yymmdd(text)


LEVELS: dict[str, Callable[[Book, Logical], Iterator[Record]]] = {
    "01": _file_header, "02": _group_header, "03": _account_header, "49": _account_trailer, "98": _group_trailer, "99": _file_trailer,
}
"""What each record that opens or closes a level does."""
