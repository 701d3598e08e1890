"""MT940, MT942 and MT950: customer statement, interim transaction report and statement, of SWIFT.

Issuer: SWIFT, Standards MT category 9 (MT 940, 941, 942, 950); :86: by the rules of each country (`parsers.swift.mt86`).

    {1:F01BANKDEFFAXXX..}{2:I940..}{4:     envelope, or a bank's own lines (`ABNANL2A / 940 / ABNANL2A`, `0000 01INGBNL2A..`)
    :20:STARTUMS                           reference of the message
    :25:NL91ABNA0417164300EUR              account (BLZ/number, BIC/number, IBAN; a currency may hang on)
    :28C:00012/001                         statement and page number
    :60F:C260320EUR1000,00                 opening balance; 60M on a further page
    :61:2603200320C1250,50NTRFINV-7//B1    entry (`parsers.swift.entry`), with its :86: or :NS:
    :86:166?00GUTSCHRIFT?20EREF+E2E-1..
    :62F:C260321EUR2250,50                 closing balance; 62M when a page follows
    :64:  :65:  :86:                       available balances; information on the whole statement
    -                                      end of the message, `-}` in an envelope
    :34F:  :13D:  :90D:  :90C:             MT942: floor limit, date and time, number and sum of debits and credits

MT942 announces, the others are statements.

Controls: opening balance + entries = closing balance, page by page; a 60M is the 62M before it; 90D and 90C (MT942); the
totals that ING writes into the last :86: (`/SUM/` and `D..C..D..C..`). A statement that does not begin with the closing
balance of the account's one before it is told as a gap.

Tolerated: LF, CRLF, CR, `@@` or nothing between fields; preambles and trailers; messages without terminator; `-` inside
:86:; a point, one digit or no digit as decimals; impossible dates (clamped and told); missing :25: (told); text that
looks like a tag inside :86:; pages and accounts that follow one another without :20:. A message without opening or closing
balance is an error: it cannot be proven. So is a training message (trailer TNG): it stands for no money.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from parsers import issues
from parsers.amounts import AmountError, is_currency
from parsers.dates import yymmdd
from parsers.profile import Profile
from parsers.records import Control, Envelope, Record, Span, StatementClosed
from parsers.sources import Source
from parsers.swift import entry as swift_entry
from parsers.swift.fields import TAGS, TRAINING, Cut, Field, first_type, message_type, statement_fields
from parsers.swift.statement import Book, Page, balance, begin, decoded, entry, finished, opened, proven, unfinished

if TYPE_CHECKING:
    from parsers.documents import Document

NAME = "mt940"
TITLE = "SWIFT MT940, MT942, MT950 account statement"
IDENTIFIED_BY = "fields :60F:, :61:, :62F:, :34F: or :20: with :28C: at the start of a line, or a block 2 of type 940, 942 or 950"

_STATEMENT_TYPES = frozenset(["940", "941", "942", "950"])
_SNIFF_TAG = re.compile(r"(?:^|[\r\n]|@@|\{4:)\s*:(\d\d[A-Z]?):")
_GLUED_START = re.compile(rf"\s*(?:\{{[^\n]*?)?:20:[^\n]*?:(?:{TAGS}):")
_GLUED_TAG = re.compile(r":(\d\d[A-Z]?):")
_BALANCE_TAGS = frozenset(["60F", "60M", "62F", "62M"])
_OWN_TAGS = frozenset(["61", "34F", "90C", "90D"])
_FIRST_TAGS = frozenset(["25", "25P", "28", "28C", "60F", "60M"])
"""The fields of the head that begin a new page where the one before has its closing balance and :20: is left out."""

_PAYMENT_TAGS = frozenset(["32A", "32B", "23B", "50A", "50F", "50H", "50K", "59", "59A", "59F", "71A", "79"])
_SUMMARY = re.compile(r"(\d{0,5})([A-Z]{3})\s?([\d.,]+)")
_ING_SUM = re.compile(r"\s*/SUM/(\d{1,9})/(\d{1,9})/([\d.,]+)/([\d.,]+)/")
_ING_OLD_SUM = re.compile(r"\s*D(\d{6})C(\d{6})D([\d.,]+)C([\d.,]+)")
_BLOCK_4_REFERENCE = re.compile(r"\{4:\s*:20:([^\n]*)")


def sniff(head: bytes) -> bool:
    """Whether the bytes are a statement message and no payment message."""
    text = head.decode("latin-1")
    if stated := first_type(text):
        return stated in _STATEMENT_TYPES
    tags = set(_GLUED_TAG.findall(text) if _GLUED_START.match(text) else _SNIFF_TAG.findall(text))
    if tags & _BALANCE_TAGS:  # a payment has no balances, while a statement's texts may hold lines that look like a payment's fields
        return True
    return not tags & _PAYMENT_TAGS and (bool(tags & _OWN_TAGS) or ("20" in tags and bool(tags & {"28", "28C"})))


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The records of all messages of the file."""
    book = Book(profile)
    yield from _records(statement_fields(source), book)
    yield from _end(book)


def parse_columns(source: Source, profile: Profile) -> Iterator[Document]:
    """The same as documents, the entries of a block of the file at once."""
    from parsers.swift import columns

    return columns.read(source, Book(profile), _records, _end)


def _records(cuts: Iterable[Cut], book: Book) -> Iterator[Record]:
    """The records of these fields, which go on where the book stands."""
    for tag, text, information, further, span in cuts:
        book.at = span
        if tag == "61":
            if book.page is None or not book.page.opened or book.page.closed:
                yield from _before_entry(text, span, book)
            line = entry(text, information, further, span, book)
            if line is not None:
                yield line
        else:
            yield from _other_field(Field(tag, text, span), book)
        if book.notices:
            yield from book.notices
            book.notices.clear()


def _end(book: Book) -> Iterator[Record]:
    """What is to be told behind the last field."""
    end = Span(book.at.line, book.at.end, book.at.end)
    yield from finished(book, end)
    yield from unfinished(book, end)
    yield from book.notices
    if not book.messages:
        yield issues.error(Span(1, 0, 0), "unrecognised", "there is no statement message in the file")


def _before_entry(text: str, span: Span, book: Book) -> Iterator[Record]:
    """What has to be said before an entry that is not the second or later one of an open statement."""
    page = book.page or begin(span._replace(end=span.start), "", book)
    if page.closed:
        yield issues.error(span, "misplaced_record", "an entry stands behind the closing balance", text)
    else:
        yield from opened(page, span, book)


def _other_field(each: Field, book: Book) -> Iterator[Record]:
    if not each.tag:
        yield from _between(each, book)
    elif each.tag == "20":
        yield from finished(book, each.span._replace(end=each.span.start))
        yield from _begun(each, book)
    elif book.page is None and book.message_type and book.message_type not in _STATEMENT_TYPES:
        yield Envelope(each.span, f"field {each.tag} of MT{book.message_type}")
    else:
        if book.page is not None and book.page.closed and each.tag in _FIRST_TAGS:
            yield from _next_page(each, book.page, book)
        page = book.page or begin(each.span, "", book)
        yield from _HANDLERS.get(each.tag, _unknown)(each, page, book)


def _next_page(each: Field, before: Page, book: Book) -> Iterator[Record]:
    """A message that goes on behind its closing balance without another :20:, with the next page or the next account."""
    start = each.span._replace(end=each.span.start)
    before.in_block = False
    yield from finished(book, start)
    begin(start, before.reference, book).account = before.account


def _begun(each: Field, book: Book) -> Iterator[Record]:
    """:20: begins a message. A message of another type inside the file is not read, and that is told."""
    if book.message_type and book.message_type not in _STATEMENT_TYPES:
        yield Envelope(each.span, f"field 20 of MT{book.message_type}")
        yield issues.warning(each.span, "unknown_record", f"an MT{book.message_type} among statements was not read", each.text)
        return
    begin(each.span, _first_line(each.text), book)


def _between(each: Field, book: Book) -> Iterator[Record]:
    """Envelopes, terminators and headers between messages; a :20: glued to its block 4 begins the message."""
    yield Envelope(each.span, "envelope" if each.text.strip() else "blank lines")
    if "-}" in each.text and book.page is not None:
        book.page.in_block = False
    if TRAINING in each.text:
        yield issues.error(each.span, "test_file", "the message is a training message (TNG) and books nothing", each.text)
    book.message_type = message_type(each.text) or book.message_type
    book.in_block = each.text.rfind("{4:") > each.text.rfind("-}")
    if found := _BLOCK_4_REFERENCE.search(each.text):
        yield from finished(book, each.span._replace(end=each.span.start))
        begin(each.span._replace(start=each.span.end), _first_line(found[1]), book)


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip()


def _head_field(each: Field, page: Page, _book: Book) -> Iterator[Record]:
    """A field of the head belongs to the place of the statement's opening; behind it, it is out of place."""
    if page.opened:
        yield Envelope(each.span, f"field {each.tag}")
        if each.tag != "13D":  # some banks close an interim report with its time
            yield issues.warning(each.span, "misplaced_record", f":{each.tag}: stands behind the head of the statement", each.text)
    else:
        page.head = page.head._replace(end=each.span.end)


def _account(each: Field, page: Page, book: Book) -> Iterator[Record]:
    yield from _head_field(each, page, book)
    if not page.opened:
        page.account = decoded(_first_line(each.text), each.span, book).lstrip("/")


def _number(each: Field, page: Page, book: Book) -> Iterator[Record]:
    yield from _head_field(each, page, book)
    page.number = page.number or "".join(each.text.split())


def _opening(each: Field, page: Page, book: Book) -> Iterator[Record]:
    yield from _head_field(each, page, book)
    stated = None if page.opened else balance(each.tag, each.text, each.span, book)
    if stated is not None:
        page.opening_minor, page.currency, page.opening_date = stated
        page.opening_tag = each.tag


def _floor_limit(each: Field, page: Page, book: Book) -> Iterator[Record]:
    yield from _head_field(each, page, book)
    page.interim = True
    if is_currency(each.text[:3]):
        page.currency = page.currency or each.text[:3]


def _date_time(each: Field, page: Page, book: Book) -> Iterator[Record]:
    yield from _head_field(each, page, book)
    page.interim = True
    page.interim_date = yymmdd(each.text[:6])


def _closing(each: Field, page: Page, book: Book) -> Iterator[Record]:
    """62F or 62M: the statement is proven and ends."""
    yield from opened(page, each.span, book)
    if page.closed:
        yield Envelope(each.span, "second closing balance")
        yield issues.warning(each.span, "misplaced_record", "the statement has a second closing balance", each.text)
        return
    page.closed = True
    stated = balance(each.tag, each.text, each.span, book)
    if stated is None:
        yield StatementClosed(each.span)
    else:
        yield from proven(page, stated, each.tag, each.span, book)


def _summary(each: Field, page: Page, book: Book) -> Iterator[Record]:
    """90D or 90C: number and sum of the entries. Where a message has the sums and no entries (MT941), they are the entries."""
    page.interim = True
    found = _SUMMARY.match(each.text)
    if found and is_currency(found[2]):
        page.currency = page.currency or found[2]
    yield from opened(page, each.span, book)
    yield Envelope(each.span, f"field {each.tag}")
    try:
        stated = swift_entry.minor(found[3], found[2]) if found else None
    except AmountError:
        stated = None
    if found is None or stated is None:
        yield issues.warning(each.span, "bad_record", f":{each.tag}: is not number, currency and amount", each.text)
        return
    is_debit, totals = each.tag == "90D", page.totals
    if page.opening_minor is not None and not page.entries:
        page.net_minor += -stated if is_debit else stated
        return
    name = "debit" if is_debit else "credit"
    if found[1]:
        yield Control(each.span, f"{name} count", int(found[1]), totals.debits if is_debit else totals.credits)
    yield Control(each.span, f"{name} total", stated, totals.debit_minor if is_debit else totals.credit_minor, found[2])


def _statement_information(each: Field, page: Page, book: Book) -> Iterator[Record]:
    """:86: that belongs to no entry: on the whole statement behind the closing balance, lost before it."""
    if not page.closed and not page.intraday:
        yield from opened(page, each.span, book)
        yield issues.warning(each.span, "misplaced_record", ":86: stands without an entry", each.text)
    yield Envelope(each.span, "information on the statement")
    found = _ING_SUM.match(each.text) or _ING_OLD_SUM.match(each.text)
    if found is None:
        return
    totals = page.totals
    try:
        debit, credit = (swift_entry.minor(text, page.currency) for text in (found[3], found[4]))
    except AmountError as problem:
        yield issues.warning(each.span, "bad_amount", f"the bank's totals: {problem}", each.text)
        return
    yield Control(each.span, "debit count", int(found[1]), totals.debits)
    yield Control(each.span, "credit count", int(found[2]), totals.credits)
    yield Control(each.span, "debit total", debit, totals.debit_minor, page.currency)
    yield Control(each.span, "credit total", credit, totals.credit_minor, page.currency)


def _available(each: Field, page: Page, book: Book) -> Iterator[Record]:
    """64 and 65: available balances are no booked money; only their form is checked."""
    yield from opened(page, each.span, book)
    yield Envelope(each.span, "available balance")
    balance(each.tag, each.text, each.span, book)


def _unknown(each: Field, page: Page, book: Book) -> Iterator[Record]:
    """:NS: and the like: in the head a part of it, behind it an envelope."""
    if page.opened:
        yield Envelope(each.span, f"field {each.tag}")
    else:
        yield from _head_field(each, page, book)


_HANDLERS: dict[str, Callable[[Field, Page, Book], Iterator[Record]]] = {
    "21": _head_field, "25": _account, "25P": _account, "28": _number, "28C": _number, "60F": _opening, "60M": _opening,
    "34F": _floor_limit, "13": _date_time, "13D": _date_time, "62F": _closing, "62M": _closing, "64": _available, "65": _available,
    "86": _statement_information, "90C": _summary, "90D": _summary,
}
