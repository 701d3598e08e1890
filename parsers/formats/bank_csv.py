"""CSV exports of bank accounts and cards, from any web bank or spreadsheet: one row an entry, told by its header.

There is no standard. Which column is what comes from a profile in `cashapp.toml`, a shipped layout (`parsers.delimited.profiles`) or
the header's own words (`parsers.delimited.layout`); a file without header is read where its content leaves no doubt. A file whose
header names no date and no amount is not claimed, nor is one that names payouts or settlements: its gross sales stood on no bank account.

    preamble      rows before the header: the bank's name, account, period, balances
    header        the names of the columns; the first row that names a date and an amount (or credit and debit)
    entry         a date, an amount and words
    figure        a row that states a balance or a total, before or after the entries

Controls: the running balance, whichever row comes first and also when rows of a day stand out of order; stated opening and
closing balances and totals. A file without any of these proves nothing.

Where payer and payee have columns of their own, the other side is the payer of money in and the payee of money out. A currency
that neither the file nor a profile names is the profile's default, which is told.

Quirks tolerated: comma, semicolon, tab and bar; UTF-8 or the bank's code page, found by its header (1250 to 1256, 874, GB 18030,
Big5, Shift JIS, Korean 949); a direction in an unnamed column behind the amount; text that goes on in unnamed columns, or in rows below that have
nothing else (where the first rows show it); currency
symbols, thousands, parentheses, a minus behind, CR and DR; a debit column with or without signs; balances with another decimal
mark than the amounts; dates in the Japanese era since 2019 and with Buddhist years; several accounts or currencies in a file (one
statement each time the account changes); pending and declined rows (by the status column); headers repeated inside; totals below.
Never guessed: `1,234` without another amount that shows the decimal mark (unless the currency has no decimals), a debit column
with both signs, a row with an amount and no date or with more cells than the header.
Days and months that no cell tells apart are read day first where the decimal mark is a comma or the header is not English, else in
the order that is usual for the currency, which is told.

    Date,Description,Amount,Balance
    01/31/2026,ACME INC INVOICE 100234,"1,250.00","9,300.00"
    02/02/2026,WIRE FEE,(15.00),"9,285.00"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from parsers import issues
from parsers.delimited.continued import has_continued_rows, joined
from parsers.delimited.entries import Conventions, CsvEntryReader
from parsers.delimited.layout import Layout, find_layout, with_code_page
from parsers.delimited.reading import Reading
from parsers.delimited.rows import Row, rows
from parsers.profile import Profile
from parsers.records import Envelope, Record, Span
from parsers.sources import Source
from parsers.written_amounts import AMBIGUOUS, currency_in, mark_in
from parsers.written_dates import Order, needs_order, order_of

if TYPE_CHECKING:
    from parsers.documents import Document

NAME = "csv"
TITLE = "CSV exports of bank and card accounts"
IDENTIFIED_BY = "a header row that names a date and an amount (or credit and debit), and rows that read as such"

_ENGLISH = ("date", "as of", "posted", "booked", "created", "timestamp")
_MONEY = ("amount", "credit", "debit", "balance")


def sniff(head: bytes) -> bool:
    """Whether a layout is found by content."""
    return find_layout(head, with_code_page(head, Profile())) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records in order."""
    profile = with_code_page(source.head, profile)
    layout = find_layout(source.head, profile)
    if layout is None:
        span = Span(1, 0, len(source.read()))
        yield issues.error(span, "bad_record", "no row names a date and an amount: give the columns in the profile")
        yield Envelope(span, "unread")
        return
    reading = Reading(layout, CsvEntryReader(layout, profile, survey(source, layout, profile)))
    told = reading.told
    found = rows(source, layout.delimiter, profile.encoding)
    for row in joined(found, layout) if has_continued_rows(source.head, layout, profile.encoding) else found:
        line = reading.row(row)
        if told:
            yield from told
            told.clear()
        if line is not None:
            yield line
    reading.finish(profile)
    yield from told


def parse_columns(source: Source, profile: Profile) -> Iterator[Document]:
    """The same as documents, rows of the usual form at once."""
    from parsers import documents
    from parsers.delimited import columns

    profile = with_code_page(source.head, profile)
    layout = find_layout(source.head, profile)
    if layout is None:
        yield from documents.drained(NAME, parse(source, profile))
        return
    reading = Reading(layout, CsvEntryReader(layout, profile, survey(source, layout, profile)))
    yield from columns.parts(source, reading, profile, NAME)


def survey(source: Source, layout: Layout, profile: Profile) -> Conventions:
    """The currency that the first entry names, and from the first cells that show them the decimal marks and the date order."""
    rules = layout.rules
    mark, order, currency = rules.decimal_mark, _order_of_format(rules.date_format), layout.unit or rules.currency_code
    balance_mark, first_currency = "", ""
    places = [place for role in _MONEY if (place := layout[role]) >= 0]
    for row in rows(source, layout.delimiter, profile.encoding):
        if row.span.line <= layout.header_line or layout["date"] >= len(row.cells):
            continue
        cells = [row.cells[place] for place in places if place < len(row.cells)]
        currency = currency or next((found for cell in cells if (found := currency_in(cell))), "")
        order = order or order_of((row.cells[layout["date"]],))
        is_order_open = not order and needs_order(row.cells[layout["date"]])
        mark = mark or next((found for cell in cells if (found := mark_in(cell)) not in {"", AMBIGUOUS}), "")
        balance_mark = balance_mark or mark_in(_cell(row, layout["balance"])).strip(AMBIGUOUS)
        first_currency = first_currency or _cell(row, layout["currency"]).upper()
        if mark and not is_order_open:
            break
    is_assumed = not currency and layout["currency"] < 0 and profile.name == Profile().name
    is_english = layout.date_name == "" or any(word in layout.date_name for word in _ENGLISH)
    return Conventions(mark, balance_mark or mark, order or ("DMY" if mark == "," or not is_english else ""), currency or profile.currency, is_assumed, first_currency)


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if 0 <= place < len(row.cells) else ""


def _order_of_format(text: str) -> Order:
    """`"DMY"` and `"MDY"` as they are; of a pattern such as `%m/%d/%Y` the order of its parts."""
    if text == "MDY" or 0 <= text.find("%m") < text.find("%d"):
        return "MDY"
    return "DMY" if text == "DMY" or 0 <= text.find("%d") < text.find("%m") else ""
