"""CSV exports of bank accounts and cards, from any web bank or spreadsheet: one row an entry, told by its header.

There is no standard. Which column is what comes from a profile in `cashapp.toml`, a shipped layout (`parsers.delimited.profiles`) or
the header's own words in nine languages (`parsers.delimited.layout`); a file without header is read where its content leaves no
doubt. A file whose header names no date and no amount is not claimed, nor is one of a payment processor.

    preamble      rows before the header: the bank's name, account, period, balances
    header        the names of the columns; the first row that names a date and an amount (or credit and debit)
    entry         a date, an amount and words
    figure        a row that states a balance or a total, before or after the entries

Controls: the running balance, whichever row comes first and also when rows of a day stand out of order; stated opening and
closing balances and totals. A file without any of these proves nothing.

Quirks tolerated: comma, semicolon, tab and bar; UTF-8 or the bank's code page; currency symbols, thousands, parentheses, a
minus behind, CR and DR; a debit column with or without signs; several accounts or currencies in a file (one statement each
time the account changes); pending and declined rows (by the status column); headers repeated inside; totals below. Never guessed:
`1,234` without another amount that shows the decimal mark, a debit column with both signs, a row with an amount and no date or
with more cells than the header.
Days and months that no cell tells apart are read day first where the decimal mark is a comma or the header is not English, else in
the order that is usual for the currency, which is told.

    Date,Description,Amount,Balance
    01/31/2026,ACME INC INVOICE 100234,"1,250.00","9,300.00"
    02/02/2026,WIRE FEE,(15.00),"9,285.00"
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers import issues
from parsers.amounts import AmountError
from parsers.delimited.balances import BALANCE, CLOSING, CREDITS, DEBITS, OPENING, is_sum, label_of, prove
from parsers.delimited.entries import Conventions, CsvEntryReader, Money
from parsers.delimited.layout import Layout, find_layout
from parsers.delimited.rows import Row, fold, rows
from parsers.delimited.words import status_of
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Record, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.written_amounts import AMBIGUOUS, currency_in, looks_like_amount, mark_in
from parsers.written_dates import Order, needs_order, order_of

NAME = "csv"
TITLE = "CSV exports of bank and card accounts"
IDENTIFIED_BY = "a header row that names a date and an amount (or credit and debit), and rows that read as such"

_MONEY = ("amount", "credit", "debit", "balance")


def sniff(head: bytes) -> bool:
    """Whether a layout is found by content."""
    return find_layout(head, Profile()) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records in order."""
    layout = find_layout(source.head, profile)
    if layout is None:
        span = Span(1, 0, len(source.read()))
        yield issues.error(span, "bad_record", "no row names a date and an amount: give the columns in the profile")
        yield Envelope(span, "unread")
        return
    reading = _Reading(layout, CsvEntryReader(layout, profile, _survey(source, layout, profile)))
    told = reading.told
    for row in rows(source, layout.delimiter, profile.encoding):
        line = reading.row(row)
        if told:
            yield from told
            told.clear()
        if line is not None:
            yield line
    reading.finish(profile)
    yield from told


def _survey(source: Source, layout: Layout, profile: Profile) -> Conventions:
    """The currency that the first entry names, and from the first cells that show them the decimal mark and the date order."""
    rules = layout.rules
    mark, order, currency = rules.decimal_mark, _order_of_format(rules.date_format), layout.unit or rules.currency_code
    places = [place for role in _MONEY if (place := layout[role]) >= 0]
    for row in rows(source, layout.delimiter, profile.encoding):
        if row.span.line <= layout.header_line or layout["date"] >= len(row.cells):
            continue
        cells = [row.cells[place] for place in places if place < len(row.cells)]
        currency = currency or next((found for cell in cells if (found := currency_in(cell))), profile.currency)
        order = order or order_of((row.cells[layout["date"]],))
        is_order_open = not order and needs_order(row.cells[layout["date"]])
        mark = mark or next((found for cell in cells if (found := mark_in(cell)) not in {"", AMBIGUOUS}), "")
        if mark and not is_order_open:
            break
    is_english = layout.date_name == "" or "date" in layout.date_name
    return Conventions(mark, order or ("DMY" if mark == "," or not is_english else ""), currency or profile.currency)


def _order_of_format(text: str) -> Order:
    """`"DMY"` and `"MDY"` as they are; of a pattern such as `%m/%d/%Y` the order of its parts."""
    if text == "MDY" or 0 <= text.find("%m") < text.find("%d"):
        return "MDY"
    return "DMY" if text == "DMY" or 0 <= text.find("%d") < text.find("%m") else ""


@dataclass(slots=True)
class _Ledger:
    """What can be proven of one account: the amounts booked, the balance after each where it is told."""

    amounts: list[int] = field(default_factory=list)
    balances: list[int | None] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """Where the reader stands; `told` are the records to hand out before the next line."""

    layout: Layout
    entries: CsvEntryReader
    told: list[Record] = field(default_factory=list)
    header: Row | None = None
    open: tuple[str, str] | None = None
    ledgers: dict[tuple[str, str], _Ledger] = field(default_factory=dict)
    ledger: _Ledger = field(default_factory=_Ledger)
    figures: dict[str, tuple[Span, str]] = field(default_factory=dict)
    last: Span | None = None

    def row(self, row: Row) -> BankLine | None:
        """An entry's line; every other row is an envelope, with an issue where it should have been an entry."""
        self.last = row.span
        if row.span.line == self.layout.header_line:
            self.header = row
            return None
        cells = self.entries.cells(row)
        if row.is_open:
            self.told.append(issues.error(row.span, "bad_record", "a quote is opened here and never closed; the rest of the file is not read"))
            self.told.append(Envelope(row.span, "unread"))
            return None
        if self.layout.header_line < row.span.line and 0 < self.layout.width < len(row.cells) and any(cells[self.layout.width :]):
            message = f"the row has {len(row.cells)} cells and the header {self.layout.width}: a separator inside a cell is not quoted"
            self.told += [issues.error(row.span, "bad_record", message, ",".join(row.cells)), Envelope(row.span, "unread")]
            return None
        is_below = row.span.line > self.layout.header_line
        if is_below and (self.entries.is_dated(cells) or self.entries.is_unbooked(cells)):
            return self._entry(row, cells)
        self._without_date(row, cells)
        return None

    def _entry(self, row: Row, cells: list[str]) -> BankLine | None:
        """A row with a date. Without an amount it may still state a balance (`Beginning balance as of …`)."""
        span = row.span
        account, currency = self.entries.account_and_currency(cells, span)
        money = self.entries.money(cells, currency, span)
        if money is not None and money.amount_minor is None:
            self._without_amount(row, cells, money)
            return None
        line = self.entries.line(cells, span, currency, money) if money is not None else None
        if (account, currency) != self.open:
            self._open(account, currency, span)
        self.told += self.entries.told
        self.entries.told.clear()
        if line is None or money is None:
            self.told.append(Envelope(span, "unread"))
            return None
        if line.status == "booked":
            self.ledger.amounts.append(line.amount_minor)
            self.ledger.balances.append(money.balance_minor)
            self.ledger.spans.append(span)
        return line

    def _without_amount(self, row: Row, cells: list[str], money: Money) -> None:
        status = status_of(cells[self.layout["status"]]) or "booked"
        label = label_of(cells)
        if label:
            self._figure(label, row.span, cells)
        elif money.balance_minor is None and status == "booked":
            self.told.append(issues.error(row.span, "bad_amount", "the row has a date and no amount", ",".join(row.cells)))
        self.told.append(Envelope(row.span, label or "row without amount"))

    def _without_date(self, row: Row, cells: list[str]) -> None:
        """A preamble, a figure, a sum, a repeated header, a blank row; an amount without any of these must not get lost."""
        label = label_of(cells)
        is_before = row.span.line <= self.layout.header_line
        is_header = self.header is not None and [fold(cell) for cell in row.cells] == [fold(cell) for cell in self.header.cells]
        if label:
            self._figure(label, row.span, cells)
        elif not is_before and not is_header and not is_sum(cells) and self._has_amount(cells):
            self.told.append(issues.error(row.span, "bad_date", "the row has an amount and no date", ",".join(row.cells)))
        name = "header" if is_header else "preamble" if is_before else "row without date"
        self.told.append(Envelope(row.span, label or name))

    def _has_amount(self, cells: list[str]) -> bool:
        return any(looks_like_amount(cells[self.layout[role]]) for role in ("amount", "credit", "debit"))

    def _figure(self, label: str, span: Span, cells: list[str]) -> None:
        """Keeps the last amount in a labelled row."""
        written = next((cell for cell in reversed(cells) if looks_like_amount(cell)), "")
        if written:
            self.figures[label] = (span, written)

    # -- statements and their proof --------------------------------------------------------------------------------

    def _open(self, account: str, currency: str, span: Span) -> None:
        """A new statement each time the account or the currency changes."""
        here = span._replace(end=span.start)
        if self.open is not None:
            self.told.append(StatementClosed(here))
        where = self.header.span if self.header is not None and not self.ledgers else here
        self.open = (account, currency)
        self.ledger = self.ledgers.setdefault(self.open, _Ledger())
        self.told.append(StatementOpened(where, "", account, currency))

    def finish(self, profile: Profile) -> None:
        """The proof of each account and the end of the last statement."""
        last = self.last or Span(1, 0, 0)
        if self.open is None:
            self.told.append(issues.warning(last, "empty", "the file has no entries"))
            self._open(profile.account, self.entries.currency, last)
        closing = None
        for (account, currency), ledger in self.ledgers.items():
            name = f"running balance {account} {currency}" if len(self.ledgers) > 1 else "running balance"
            closing = self._prove_balances(ledger, currency, " ".join(name.split()))
        if len(self.ledgers) == 1 and self.open is not None:
            closing = self._prove_figures(self.ledger, self.open[1], closing)
        self.told.append(StatementClosed(last._replace(start=last.end), closing if len(self.ledgers) == 1 else None))

    def _prove_balances(self, ledger: _Ledger, currency: str, name: str) -> int | None:
        """The running balance from the first row to the last; returns the closing balance it leads to."""
        found = prove(ledger.amounts, ledger.balances)
        if found is None:
            return None
        if found.broken_at is not None:
            at = found.broken_at
            self.told.append(Control(ledger.spans[at], name, ledger.balances[at] or 0, found.expected_minor, currency))
        else:
            self.told.append(Control(ledger.spans[-1], name, found.closing_minor, found.opening_minor + sum(ledger.amounts), currency))
            self._compare(OPENING, found.opening_minor, currency)
        return found.closing_minor

    def _prove_figures(self, ledger: _Ledger, currency: str, closing: int | None) -> int | None:
        """Balances and totals that the bank states above or below the table; returns the closing balance, stated or reached."""
        opening = self._figure_minor(OPENING, currency)
        reached = opening + sum(ledger.amounts) if opening is not None else closing
        if reached is not None:
            self._compare(CLOSING, reached, currency)
        self._compare(CREDITS, sum(amount for amount in ledger.amounts if amount > 0), currency)
        self._compare(DEBITS, sum(amount for amount in ledger.amounts if amount < 0), currency)
        stated = self._figure_minor(CLOSING, currency)
        return next((known for known in (stated, closing, self._figure_minor(BALANCE, currency)) if known is not None), None)

    def _compare(self, label: str, computed: int, currency: str) -> None:
        """A stated figure beside the computed one; banks write a total of debits with or without a minus."""
        stated = self._figure_minor(label, currency)
        if stated is not None:
            is_total = label in {CREDITS, DEBITS}
            self.told.append(Control(
                self.figures[label][0], label, abs(stated) if is_total else stated, abs(computed) if is_total else computed, currency,
            ))

    def _figure_minor(self, label: str, currency: str) -> int | None:
        if label not in self.figures:
            return None
        span, written = self.figures[label]
        try:
            return self.entries.minor(written, currency)
        except AmountError as reason:
            self.told.append(issues.warning(span, "bad_amount", f"{label}: {reason}", written))
            return None
