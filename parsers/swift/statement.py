"""The account of a SWIFT statement while it is read: pages, entries counted, balances, and how pages follow one another.

A message is a page: opening balance 60F or 60M, entries, closing balance 62F or 62M. A further page begins with the balance
that the page before ended with; a new statement should begin with the closing balance of the account's one before.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers import issues
from parsers.amounts import AmountError, is_currency
from parsers.dates import PIVOT, clamped, yymmdd
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, Span, StatementClosed, StatementOpened
from parsers.swift import entry as swift_entry
from parsers.swift import mt86
from parsers.swift.mt86_details import Details

START = Span(1, 0, 0)
"""Where a file begins."""

_BALANCE = re.compile(r"([CDcd])\s?(\d{6})([A-Za-z]{3})\s?([\d., ]+)")
_TAG_INSIDE = re.compile(r"\n:\d\d[A-Z]?:")


@dataclass(slots=True)
class Totals:
    """Entries by direction: how many and how much."""

    credits: int = 0
    credit_minor: int = 0
    debits: int = 0
    debit_minor: int = 0


@dataclass(slots=True)
class Page:
    """One message: a statement, or a page of one. `head` is the place of its fields up to the first entry."""

    head: Span
    message_type: str = ""
    in_block: bool = False
    reference: str = ""
    account: str = ""
    number: str = ""
    currency: str = ""
    opening_minor: int | None = None
    opening_date: dt.date | None = None
    opening_tag: str = ""
    interim: bool = False
    interim_date: dt.date | None = None
    intraday: bool = False
    opened: bool = False
    closed: bool = False
    entries: int = 0
    net_minor: int = 0
    totals: Totals = field(default_factory=Totals)


class Closing(NamedTuple):
    """How the account's page before ended."""

    balance_minor: int
    tag: str
    number: str
    totals: Totals


class Balance(NamedTuple):
    """60, 62, 64 or 65: money in the account is positive."""

    amount_minor: int
    currency: str
    date: dt.date | None


@dataclass(slots=True)
class Book:
    """What is known across the messages of a file. `at` is the place of the field read last, `notices` are issues that wait to
    be told behind the current record."""

    profile: Profile
    at: Span = START
    page: Page | None = None
    message_type: str = ""
    in_block: bool = False
    messages: int = 0
    encoding_told: bool = False
    notices: list[Issue] = field(default_factory=list)
    last: dict[tuple[str, str], Closing] = field(default_factory=dict)
    seen: set[tuple[object, ...]] = field(default_factory=set)


def begin(span: Span, reference: str, book: Book) -> Page:
    """A new page, current from now on."""
    book.messages += 1
    book.page = Page(span, book.message_type, book.in_block, reference)
    return book.page


def opened(page: Page, span: Span, book: Book) -> Iterator[Record]:
    """The opening of the statement, once, before its first entry or balance; and what its head lacks."""
    if page.opened:
        return
    page.opened = True
    page.intraday = page.message_type == "942" or (page.interim and page.opening_minor is None and not page.message_type)
    page.account, hanging = split_account(page.account, page.currency)
    currency = page.currency or hanging
    page.currency = currency or book.profile.currency
    yield StatementOpened(
        page.head, decoded(page.reference, page.head, book), page.account or book.profile.account, page.currency,
        "announcement" if page.intraday else "statement", page.number, page.opening_date, page.interim_date, page.opening_minor,
    )
    if not page.account:
        yield issues.warning(page.head, "missing_record", "the message names no account (:25:)")
    if page.opening_minor is None and not page.intraday:
        yield issues.error(span, "missing_record", "the statement has no opening balance (:60F: or :60M:)")
    if not currency:
        yield issues.warning(span, "unknown_currency", f"the message names no currency; {page.currency} is assumed")
    yield from _chained(page, book)


def split_account(account: str, currency: str) -> tuple[str, str]:
    """The account and a currency that hangs on its end: `NL68INGB0000012345EUR`, `UBRTHUHB/1234/HUF`, `NL50RABO0123456789 EUR`."""
    bare, hanging = account[:-3].rstrip(), account[-3:]
    if hanging == (currency or hanging) and (bare[-1:].isdecimal() or bare[-1:] == "/") and is_currency(hanging):
        return bare.rstrip("/"), hanging
    return account, ""


def _chained(page: Page, book: Book) -> Iterator[Record]:
    """A further page goes on where the page before ended, and counts on; a new statement should begin there too."""
    before = book.last.get((page.account, page.currency))
    if page.opening_minor is None:
        return
    if before is None:
        if page.opening_tag == "60M":
            yield issues.issue(page.head, "info", "sequence", f"page {page.number or page.reference} stands without the page before it")
        return
    same_statement = before.tag == "62M" or page.number.partition("/")[0] == before.number.partition("/")[0]
    if page.opening_tag == "60M" and same_statement:
        page.totals = before.totals
        yield Control(page.head, "opening balance carried from the page before", page.opening_minor, before.balance_minor, page.currency)
    elif before.balance_minor != page.opening_minor:
        message = f"statement {page.number or page.reference} does not begin with the closing balance of the account's one before"
        yield issues.warning(page.head, "sequence", message)


_CODED = re.compile(r"(\d{3})[^A-Za-z0-9\s]\d\d")


def entry(text: str, said: str, further: str, span: Span, book: Book) -> BankLine | None:
    """The bank line of a :61:, counted; None with a notice when it cannot be taken."""
    page = book.page
    assert page is not None
    if not (text.isascii() and said.isascii()):
        text, said = decoded(text, span, book), decoded(said, span, book)
    details = mt86.read(said)
    if further:
        details, said = _further(decoded(further, span, book), said, details, span, book)
    try:
        line, impossible = swift_entry.read(text, details, said, page.currency, span)
    except swift_entry.EntryError as problem:
        book.notices.append(issues.error(span, problem.code, str(problem), text))
        return None
    page.entries += 1
    amount, totals = line.amount_minor, page.totals
    if amount < 0:
        totals.debits += 1
        totals.debit_minor -= amount
    else:
        totals.credits += 1
        totals.credit_minor += amount
    page.net_minor += amount
    if impossible:
        book.notices.append(issues.warning(span, "bad_date", "no calendar has a date of the entry; the nearest day stands", text))
    if "\n:" in said and _TAG_INSIDE.search(said):
        book.notices.append(issues.warning(span, "bad_record", "a line that looks like a field was read as text of :86:", said))
    return line


def _further(further: str, said: str, details: Details, span: Span, book: Book) -> tuple[Details, str]:
    """:NS: of MultiCash in the place of :86:, and a second :86:. Polish banks send one with the transaction code alone or with its name before
    the one in subfields; any other has its text kept, and is told."""
    for piece in further.split("\n:86:")[1:]:
        piece = piece.partition("\n:NS:")[0]  # noqa: PLW2901 - what follows is no part of it
        before, said = said, f"{said}\n{piece}"
        if (coded := _CODED.match(piece)) and before.startswith(coded[1]) and not _CODED.match(before):
            details = mt86.read(piece)
            details = details._replace(text=f"{' '.join(before[len(coded[1]):].split())} {details.text}".strip())
            continue
        book.notices.append(issues.warning(span, "misplaced_record", "the entry has a second :86:", piece))
        details = details._replace(text=f"{details.text} {mt86.read(piece).text}".strip())
    own = further.partition("\n:NS:")[2]
    return (mt86.read_ns(own), said) if own and not said else (details, said)


def decoded(text: str, span: Span, book: Book) -> str:
    """The text as its bytes mean it: UTF-8, else the bank's code page, which is told once."""
    if text.isascii():
        return text
    data = text.encode("latin-1")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        plain = data.decode(book.profile.encoding, "replace")
    if not book.encoding_told:
        book.encoding_told = True
        message = f"the text is not UTF-8 and was read as {book.profile.encoding}"
        fits = "\ufffd" not in plain
        book.notices.append(issues.issue(span, "info" if fits else "warning", "encoding", message if fits else f"{message}, which does not fit", plain))
    return plain


def balance(tag: str, text: str, span: Span, book: Book) -> Balance | None:
    """A balance field; what is wrong with it becomes a notice."""
    found = _BALANCE.match(text)
    if found is None:
        book.notices.append(issues.error(span, "bad_record", f"the balance :{tag}: cannot be read", text))
        return None
    mark, date_text, currency, amount_text = found.groups()
    currency = currency.upper()
    date = yymmdd(date_text)
    if date is None:
        year = int(date_text[:2])
        date = clamped(year + (2000 if year < PIVOT else 1900), int(date_text[2:4]), int(date_text[4:]))
        book.notices.append(issues.warning(span, "bad_date", f"no calendar has the balance date {date_text}", text))
    if not is_currency(currency):
        book.notices.append(issues.error(span, "unknown_currency", f"{currency} is no currency", text))
        return None
    try:
        amount = swift_entry.minor(amount_text.strip(), currency)
    except AmountError as problem:
        book.notices.append(issues.error(span, "bad_amount", str(problem), text))
        return None
    return Balance(-amount if mark in "Dd" else amount, currency, date)


def proven(page: Page, closing: Balance, tag: str, span: Span, book: Book) -> Iterator[Record]:
    """The closing balance against opening and entries; and whether the same statement has been in the file before."""
    if page.opening_minor is not None and closing.currency == page.currency:
        yield Control(span, "closing balance", closing.amount_minor, page.opening_minor + page.net_minor, closing.currency)
    elif page.opening_minor is not None:
        yield issues.error(span, "bad_record", f"the closing balance is in {closing.currency}, the statement in {page.currency}")
    yield StatementClosed(span, closing.amount_minor, closing.date)
    key = (page.account, page.number, page.reference, page.opening_minor, closing, page.entries, page.opening_date)
    if page.entries and key in book.seen:
        yield issues.warning(span, "duplicate", f"statement {page.number or page.reference} stands in the file twice")
    book.seen.add(key)
    book.last[page.account, page.currency] = Closing(closing.amount_minor, tag, page.number, page.totals)


def finished(book: Book, end: Span) -> Iterator[Record]:
    """The message ends with the next :20: or the file; one without its closing balance has lost its end."""
    page = book.page
    if page is None:
        return
    book.page = None
    yield from opened(page, page.head, book)
    if not page.closed:
        yield StatementClosed(end)
        if not page.intraday:
            name = page.number or page.reference or "without number"
            yield issues.error(end, "truncated", f"statement {name} has no closing balance (:62F: or :62M:)")
    if page.in_block:
        yield issues.warning(end, "missing_record", "block 4 of the message is not closed by -}")


def unfinished(book: Book, end: Span) -> Iterator[Record]:
    """At the end of the file: statements whose last page says that another follows."""
    for (account, _), closing in book.last.items():
        if closing.tag == "62M":
            yield issues.warning(end, "sequence", f"statement {closing.number} of {account} goes on, but the file has no further page")
