r"""BAI2: cash management balance reporting, prior-day statements and intraday reports.

Issued by the Bank Administration Institute ("Cash Management Balance Reporting Specifications, Version 2"); the layouts are in
its chapter 3, the type codes in appendix A. Fields are separated by commas, a slash ends a record, amounts are whole numbers
of the currency's smallest unit:

    01 file header       sender, receiver, created YYMMDD, HHMM, file id, [line length], [block size], version 2
    02 group header      [receiver], originator, status 1-4, as of YYMMDD, [HHMM], [currency], [modifier 1-4]
    03 account           account, [currency], then any number of: type code, amount, [items], [funds type ...]
    16 detail            type code, amount, [funds type ...], [bank reference], [customer reference], [text]
    88 continuation      of the record before it, from the next field on, or of its text
    49 account trailer   total of all amounts of 03 and 16 as written, number of records
    98 group trailer     total of the 49, number of accounts, number of records
    99 file trailer      total of the 98, number of groups, number of records

A funds type S is followed by three amounts, V by value date and time, D by n and n pairs of days and amount.

Report: modifiers 1 and 2 (previous day) make a statement, 3 and 4 (same day) an announcement; without one, current balances
(030, 059, 060) and no closing balance mean the running day. Group status 2 (delete) is an error, for a person must undo what was
taken before; 3 (correct) gives its lines and a warning, for they replace earlier ones; 4 (test) gives no lines and a warning.

Sign and kind come from the type code (`parsers.bai.codes`); a minus on a detail turns both. Payer, check number, trace and reason
come from the text where the bank labels them (`parsers.bank_text`). The references are those of the 16 record; where it has none,
a clearing or end-to-end reference from the text. Items (116 ...) that add up to the deposit (115 ...) before them are the lines,
and the deposit is their batch.

Controls: totals and counts of 49, 98 and 99; opening ledger (010) and entries against closing ledger (015) where the account lists
its entries, else against its own totals (100, 400). An account whose ledger balances are both zero does not report balances.

Tolerated: what `parsers.bai.records` lists; surplus empty fields; a missing funds type; empty trailer totals; decimal points.

An example:

    01,121000248,ACME,261120,0600,1,,,2/
    02,ACME,121000248,1,261119,2400,USD,2/
    03,1234567890,,010,100000,,,015,110000,,/
    16,165,10000,Z,REF77,,ORIG CO NAME:BETA INC
    49,220000,3/
    98,220000,1,5/
    99,220000,1,7/
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import dates, issues
from parsers.amounts import AmountError, implied_minor, is_currency, to_minor
from parsers.bai import codes as bai_codes
from parsers.bai import records as bai_records
from parsers.bai.account import Account, Tally, bank_line, in_package, proofs, unpacked
from parsers.bai.codes import type_code
from parsers.bai.records import FILLING, Block, Logical
from parsers.profile import Profile
from parsers.records import Control, Envelope, Issue, Record, Report, Span, StatementClosed, StatementOpened
from parsers.sources import Source, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

NAME = "bai2"
TITLE = "BAI2 cash management balance reporting (prior day and intraday)"
IDENTIFIED_BY = "a first record 01,sender,receiver,date,time,... that ends with a slash or is followed by a 02"

_START = Span(1, 0, 0)
_DELETION, _CORRECTION, _TEST = "2", "3", "4"
_AMOUNT = re.compile(r"[+-]?\d{1,30}")
_ITEM_AFTER = {package: f"16,{item}," for package, item in bai_codes.ITEM_OF_PACKAGE.items()}


def sniff(head: bytes) -> bool:
    """Whether a 01 record stands at the start of a line, after nothing but mailbox cards."""
    text = head.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    found = bai_records.HEADER.search(text)
    before = text[: found.start()].split("\n") if found else []
    return found is not None and all(line.lstrip()[:2] in {"", "$$", "//"} or line.startswith("*") for line in before)


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records; details as bank lines in file order."""
    book = _Book(profile)
    for block in bai_records.blocks(source):
        yield from _records_of(block, book)
    yield from _end(book)


@dataclass(slots=True)
class _Group:
    """A group between its 02 and its 98."""

    status: str = "1"
    as_of: dt.date | None = None
    currency: str = ""
    modifier: str = ""
    tally: Tally = field(default_factory=Tally)


@dataclass(slots=True)
class _Book:
    """Where we are in the file."""

    profile: Profile
    span: Span = _START
    started: bool = False
    has_records: bool = False
    tally: Tally | None = None
    file_id: str = ""
    created: dt.date | None = None
    width: int = 80
    group: _Group | None = None
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


def _records_of(block: Block, book: _Book) -> Iterator[Record]:
    """The records of one block: a plain detail of an open account on the short road, everything else through its handler."""
    text, offset, line = block.text, block.offset, block.line
    meanings = bai_codes.details_with_money()
    at = 0 if book.started else bai_records.preamble_length(text)
    if at:
        book.span = Span(line, offset, offset + at)
        yield Envelope(book.span, "preamble")
        line += bai_records.lines_in(block, 0, at)
    account, all_ascii = book.account, text.isascii()
    is_open = account is not None and account.takes_plain_details and not block.breaks
    incomes = outgoes = income_count = outgo_count = record_count = 0
    for found in bai_records.RECORD.finditer(text, at):
        start, end = found.span()
        code, amount, bank_reference, customer_reference, first, second, more = found.groups()
        meaning = meanings.get(code) if is_open else None
        if meaning is None or account is None or (code in _ITEM_AFTER and text.startswith(_ITEM_AFTER[code], end)):
            if account is not None:
                account.entered(incomes, income_count, outgoes, outgo_count, record_count)
                incomes = outgoes = income_count = outgo_count = record_count = 0
            record = bai_records.logical(block, start, end, line)
            book.span, book.has_records = record.span, True
            yield from _uncoded_lines(record)
            yield from _HANDLERS[record.code](book, record)
            account = book.account
            is_open = account is not None and account.takes_plain_details and not block.breaks
            line += bai_records.lines_in(block, start, end)
            continue
        if second is None:
            words, records = first.rstrip(FILLING), 1
        elif first or more:
            words = bai_records.glued([first, second, *more.split("\n88,")[1:]], found.start(5) - start - 3, book.width)
            records = 2 + more.count("\n")
        else:
            words, records = second.rstrip(FILLING), 2
        if not all_ascii:
            bank_reference, customer_reference, words = book.decoded(bank_reference, customer_reference, words)
        minor = int(amount)
        if meaning.sign > 0:
            incomes += minor
            income_count += 1
        else:
            outgoes += minor
            outgo_count += 1
        yield bank_line(Span(line, offset + start, offset + end), account, meaning, minor, account.as_of,
                        bank_reference.strip(), customer_reference.strip(), words)
        record_count += records
        line += records
    if account is not None:
        account.entered(incomes, income_count, outgoes, outgo_count, record_count)
    book.started = True


def _uncoded_lines(record: Logical) -> Iterator[Record]:
    for number in record.uncoded:
        yield issues.warning(record.span._replace(line=number), "bad_record",
                             f"the line has no record code; it was read as the continuation of the {record.code} record before it")


def _file_header(book: _Book, record: Logical) -> Iterator[Record]:
    if book.tally is not None:
        yield from _open_levels_closed(book, "file")
        yield issues.error(record.span, "truncated", "a new file begins, and the one before it has no 99 record")
    fields = record.fields(9)
    book.tally = Tally()
    book.tally.count(record)
    book.file_id, book.created = fields[4], _date(fields[2])
    book.width = int(fields[5]) if fields[5].isdecimal() and len(fields[5]) < 4 else 80
    book.currencies = set()
    yield Envelope(record.span, "file header")
    if book.created is None:
        yield issues.warning(record.span, "bad_date", "the file header has no creation date", fields[2])


def _group_header(book: _Book, record: Logical) -> Iterator[Record]:
    yield from _open_levels_closed(book, "group")
    if book.tally is None:
        yield issues.error(record.span, "missing_record", "the file does not begin with a 01 record")
        book.tally = Tally()
    fields = record.fields(7)
    as_of = _date(fields[3])
    book.group = group = _Group(fields[2] or "1", as_of or book.created, fields[5].upper(), fields[6])
    group.tally.count(record)
    yield Envelope(record.span, "group header")
    if as_of is None and book.created is None:
        yield issues.error(record.span, "bad_date", "neither the group header nor the file header has a date", fields[3])
    elif as_of is None:
        yield issues.warning(record.span, "bad_date", "the group header has no as-of date; the file's date stands in", fields[3])
    yield from _status_told(record, group)


def _status_told(record: Logical, group: _Group) -> Iterator[Record]:
    day = f"as of {group.as_of}"
    if group.status == _DELETION:
        yield issues.error(record.span, "withdrawn", f"group status 2: the bank deletes all it reported {day} for these accounts")
    elif group.status == _CORRECTION:
        yield issues.warning(record.span, "correction", f"group status 3: these lines replace all that was reported {day} for these accounts")
    elif group.status == _TEST:
        yield issues.warning(record.span, "test_file", f"group status 4: the group {day} is a test")
    elif group.status != "1":
        yield issues.warning(record.span, "bad_record", f"group status {group.status!r} is none of 1-4; it was read as 1 (update)")


def _account_header(book: _Book, record: Logical) -> Iterator[Record]:
    yield from _open_levels_closed(book, "account")
    if book.group is None:
        yield issues.error(record.span, "missing_record", "an account stands outside a group: its 02 record is missing")
        book.group = _Group(as_of=book.created)
    group, fields = book.group, record.fields(2)
    currency = fields[1].upper() or group.currency or book.profile.currency
    if not is_currency(currency):
        yield issues.error(record.span, "unknown_currency", f"account {fields[0]}: {currency!r} is no currency of ISO 4217")
        currency = book.profile.currency
    book.currencies.add(currency)
    balances, item_counts, tally = {}, {}, Tally()
    tally.count(record)
    summaries, misfits = bai_records.split_summaries(fields[2:])
    for code, text, items in summaries:
        try:
            balances[code] = _amount(text, currency) if text else 0
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
                          opening_minor=balances.get(bai_codes.OPENING_LEDGER))


def _report(modifier: str, codes: AbstractSet[str]) -> Report:
    if modifier:
        return "announcement" if modifier in {"3", "4"} else "statement"
    return "announcement" if codes & bai_codes.CURRENT and not codes & bai_codes.CLOSING else "statement"


def _detail(book: _Book, record: Logical) -> Iterator[Record]:
    """A 16 record on the long road: any funds type, fields in 88 lines, deposits with items, details without money."""
    account = book.account
    if account is None:
        yield issues.error(record.span, "misplaced_record", "a detail stands outside an account", "16," + record.pieces[0])
        return
    account.tally.count(record)
    told = bai_records.split_detail(record, book.width)
    if told.funds_type_missing:
        yield issues.warning(record.span, "bad_record", "the detail has no funds type; its references were read in its place", record.pieces[0])
    meaning = type_code(told.code)
    try:
        minor = _amount(told.amount, account.currency) if told.amount else None
    except AmountError as problem:
        yield issues.error(record.span, "bad_amount", f"detail {told.code}: {problem}", "16," + record.pieces[0])
        return
    if minor is None or meaning.sign == 0 or not account.taken:
        account.tally.total += minor or 0
        yield Envelope(record.span, "message or detail without money" if account.taken else "detail not to be taken")
        if account.taken and meaning.code != bai_codes.MESSAGE:
            yield issues.warning(record.span, "bad_record", f"detail {told.code} has no amount or no direction and is no bank line", record.pieces[0])
        return
    if not bai_codes.is_detail(meaning.code) and meaning.code not in book.unlisted:
        book.unlisted.add(meaning.code)
        yield issues.warning(record.span, "bad_record", f"{meaning.code} is no type code of a detail; sign and kind were taken by its range", record.pieces[0])
    value_date = _date(told.value_date)
    if told.value_date and value_date is None:
        yield issues.warning(record.span, "bad_date", "the value date is no date; the as-of date stands in", told.value_date)
    if account.as_of and (value_date is None or value_date < account.as_of):  # the standard: an earlier value date counts as the as-of date
        value_date = account.as_of
    bank_reference, customer_reference, words = book.decoded(told.bank_reference, told.customer_reference, told.text)
    account.enter(meaning.sign, minor)
    yield from in_package(account, bank_line(record.span, account, meaning, minor, value_date, bank_reference, customer_reference, words))


def _account_trailer(book: _Book, record: Logical) -> Iterator[Record]:
    account = book.account
    if account is None:
        yield issues.error(record.span, "misplaced_record", "a 49 record closes no account", "49," + record.pieces[0])
        return
    yield from unpacked(account)
    account.tally.count(record)
    stated_total, stated_records = record.fields(2)[:2]
    name = f"account {account.number}"
    yield from _total(record, f"{name} control total", stated_total, account.tally.total, account.currency)
    yield from _count(record, f"{name} records", stated_records, account.tally.records, account.tally.uncoded)
    yield from _account_closed(book, account, record.span, stated_total)


def _account_closed(book: _Book, account: Account, span: Span, stated_total: str = "") -> Iterator[Record]:
    assert book.group is not None
    if account.taken:
        for name, stated, computed in proofs(account):
            yield Control(span, f"account {account.number} {name}", stated, computed, account.currency)
        yield StatementClosed(span, account.balances.get(bai_codes.CLOSING_LEDGER), account.as_of)
    book.group.tally.take_in(account.tally, _stated(stated_total, account.tally.total))
    book.account = None


def _group_trailer(book: _Book, record: Logical) -> Iterator[Record]:
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
    book.tally.take_in(group.tally, _stated(stated_total, group.tally.total))
    book.group = None


def _file_trailer(book: _Book, record: Logical) -> Iterator[Record]:
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


def _open_levels_closed(book: _Book, down_to: str) -> Iterator[Record]:
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


def _end(book: _Book) -> Iterator[Record]:
    if book.account is not None:
        yield from unpacked(book.account)
    if book.tally is not None or book.group is not None or book.account is not None:
        yield issues.error(book.span, "truncated", "the file ends without its 99 record")
    elif not book.has_records:
        yield issues.error(book.span, "missing_record", "the file has no BAI2 record")


def _total(record: Logical, name: str, stated: str, computed: int, currency: str) -> Iterator[Control | Issue]:
    """The control of a total; none where the bank left it empty."""
    if _AMOUNT.fullmatch(stated):
        yield Control(record.span, name, int(stated), computed, currency)
    elif stated:
        yield issues.error(record.span, "bad_amount", f"{name}: {stated[:40]!r} is not an amount", stated)


def _count(record: Logical, name: str, stated: str, computed: int, uncoded: int = 0) -> Iterator[Control | Issue]:
    """The control of a count. Lines without a record code may have been counted by the sender or not."""
    if stated.isdecimal() and len(stated) < 16:
        count = int(stated)
        yield Control(record.span, name, count, count if computed <= count <= computed + uncoded else computed)
    elif stated:
        yield issues.warning(record.span, "bad_record", f"{name}: {stated[:40]!r} is not a number", stated)


def _stated(text: str, computed: int) -> int:
    return int(text) if _AMOUNT.fullmatch(text) else computed


def _amount(text: str, currency: str) -> int:
    """Minor units as written; a decimal point, where a bank writes one, stands where it stands."""
    if len(text) > 40:
        raise AmountError(f"{text[:40]!r} is too long for an amount")
    return to_minor(text, currency) if "." in text else implied_minor(text, currency)


def _date(text: str) -> dt.date | None:
    return dates.yyyymmdd(text) if len(text) == 8 else dates.yymmdd(text)


_HANDLERS: dict[str, Callable[[_Book, Logical], Iterator[Record]]] = {
    "01": _file_header, "02": _group_header, "03": _account_header, "16": _detail,
    "49": _account_trailer, "98": _group_trailer, "99": _file_trailer,
}
