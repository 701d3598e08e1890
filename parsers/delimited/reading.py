"""Where the reader of a bank's CSV stands: rows become entries, statements open as accounts change, figures are kept, the end proves them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import issues
from parsers.amounts import AmountError
from parsers.delimited.balances import BALANCE, CLOSING, CREDITS, DEBITS, OPENING, is_sum, label_of, prove
from parsers.delimited.entries import CsvEntryReader, Money
from parsers.delimited.layout import Layout
from parsers.delimited.rows import Row, fold
from parsers.delimited.words import status_of
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Record, Span, StatementClosed, StatementOpened
from parsers.written_amounts import looks_like_amount

if TYPE_CHECKING:
    from parsers.byte_columns import Flags, Ints


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Ledger:
    """What can be proven of one account: the amounts booked, the balance after each where it is told, and where each row stands.
    A file may have millions of rows, so they are machine's numbers."""

    amounts: array[int] = field(default_factory=_numbers)
    stated: array[int] = field(default_factory=_numbers)
    is_stated: bytearray = field(default_factory=bytearray)
    places: array[int] = field(default_factory=_numbers)
    """Line, start and end of each row, one after the other."""

    def add(self, amount_minor: int, balance_minor: int | None, span: Span) -> None:
        """One more row that is booked."""
        self.amounts.append(amount_minor)
        self.stated.append(balance_minor or 0)
        self.is_stated.append(balance_minor is not None)
        self.places.extend(span)

    def add_all(self, is_booked: Flags, amounts: Ints, balances: Ints, is_stated: Flags, places: Ints) -> None:
        """Many rows, of which those count that are booked; `places` has the three numbers of each row."""
        for column, values in ((self.amounts, amounts), (self.stated, balances), (self.places, places)):
            column.frombytes(values[is_booked].astype("=i8").tobytes())
        self.is_stated += is_stated[is_booked].astype("u1").tobytes()

    @property
    def balances(self) -> Sequence[int | None]:
        """The balance after each row; None where none is told."""
        if all(self.is_stated):
            return self.stated
        return [balance if is_stated else None for balance, is_stated in zip(self.stated, self.is_stated, strict=True)]

    def span(self, row: int) -> Span:
        """Where a row stands; -1 is the last one."""
        first = 3 * (row % len(self.amounts))
        return Span(*self.places[first : first + 3])


@dataclass(slots=True)
class Reading:
    """Where the reader stands; `told` are the records to hand out before the next line."""

    layout: Layout
    entries: CsvEntryReader
    told: list[Record] = field(default_factory=list)
    header: Row | None = None
    open: tuple[str, str] | None = None
    ledgers: dict[tuple[str, str], Ledger] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
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
            self.entries.told.clear()  # what moves no money may name any currency
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
            self.ledger.add(line.amount_minor, money.balance_minor, span)
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
        self.ledger = self.ledgers.setdefault(self.open, Ledger())
        self.told.append(StatementOpened(where, "", account, currency))

    def finish(self, profile: Profile) -> None:
        """The proof of each account and the end of the last statement."""
        last = self.last or Span(1, 0, 0)
        if self.open is None:
            self.told.append(issues.warning(last, "empty", "the file has no entries"))
            self._open(profile.account, self.entries.currency, last)
        elif self.entries.is_currency_assumed:
            where = self.header.span if self.header is not None else Span(1, 0, 0)
            self.told.append(issues.warning(where, "unknown_currency", f"the file names no currency; {self.entries.currency} is assumed"))
        closing = None
        for (account, currency), ledger in self.ledgers.items():
            name = f"running balance {account} {currency}" if len(self.ledgers) > 1 else "running balance"
            closing = self._prove_balances(ledger, currency, " ".join(name.split()))
        if len(self.ledgers) == 1 and self.open is not None:
            closing = self._prove_figures(self.ledger, self.open[1], closing)
        self.told.append(StatementClosed(last._replace(start=last.end), closing if len(self.ledgers) == 1 else None))

    def _prove_balances(self, ledger: Ledger, currency: str, name: str) -> int | None:
        """The running balance from the first row to the last; returns the closing balance it leads to."""
        found = prove(ledger.amounts, ledger.balances)
        if found is None:
            return None
        if found.broken_at is not None:
            at = found.broken_at
            self.told.append(Control(ledger.span(at), name, ledger.stated[at], found.expected_minor, currency))
        else:
            self.told.append(Control(ledger.span(-1), name, found.closing_minor, found.opening_minor + sum(ledger.amounts), currency))
            self._compare(OPENING, found.opening_minor, currency)
        return found.closing_minor

    def _prove_figures(self, ledger: Ledger, currency: str, closing: int | None) -> int | None:
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
