"""One row of a bank's CSV as a bank line: date, money, words, status. What stands where is told by a `Layout`."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from parsers import bank_text, issues, payer_phrases, structured
from parsers.amounts import AmountError, is_currency, minor_digits
from parsers.booking_text import kind_of
from parsers.delimited.layout import Layout
from parsers.delimited.rows import Row
from parsers.delimited.words import direction_of, is_debit_word, status_of
from parsers.profile import Profile
from parsers.records import BankLine, Issue, Kind, RemittanceLine, Span, Status
from parsers.written_amounts import read_minor
from parsers.written_dates import Order, is_ambiguous, written_date

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NONE = frozenset({"", "-", "--", "n/a"})
_MEANT_AS_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?")
CHECK_NUMBER = r"0*[1-9][0-9]{2,}|[A-Za-z-]*[0-9]{3,}"
"""A number of one or two digits counts the deposit slips."""

_CHECK = re.compile(CHECK_NUMBER)
_INVOICES = re.compile(r"\s*[,;|]\s*|\s+")


class Money(NamedTuple):
    """What a row moves, and the balance after it; None where the row has no such cell filled."""

    amount_minor: int | None
    fee_minor: int
    balance_minor: int | None


class Conventions(NamedTuple):
    """How the whole file writes: its decimal mark, that of its balances, and its order of day and month (empty: no cell shows it), its default
    currency, whether that is only assumed because neither the file nor a bank's profile names one, and the currency of its first entry."""

    mark: str
    balance_mark: str
    order: Order
    currency: str
    is_currency_assumed: bool = False
    first_currency: str = ""


class CsvEntryReader:
    """Reads entry rows; `told` collects what is wrong with them."""

    def __init__(self, layout: Layout, profile: Profile, conventions: Conventions) -> None:
        self.told: list[Issue] = []
        self.currency = conventions.currency
        self._layout, self._profile = layout, profile
        self._mark, self._balance_mark = conventions.mark, conventions.balance_mark
        self.is_currency_assumed, self.is_order_assumed = conventions.is_currency_assumed, not conventions.order
        self._first_currency = conventions.first_currency or conventions.currency
        self.order: Order = conventions.order or ("MDY" if self._first_currency == "USD" else "DMY")
        self._cents, self._balance_cents = (re.compile(rf"[+-]?[0-9]{{1,12}}[{mark or '.'}][0-9]{{2}}") for mark in (self._mark, self._balance_mark))
        self._cells = max(layout.width, *layout.columns.values()) + 2
        self.last_date: dt.date | None = None
        self._debit_sign = 0
        (self._date, self._value_date, self._amount, self._credit, self._debit, self._fee, self._direction, self._balance, self._currency_at,
         self._account, self._payer, self._payee, self._payer_account, self._reference, self._customer_reference, self._check, self._type,
         self._status, self._invoices) = (layout[role] for role in (
             "date", "value_date", "amount", "credit", "debit", "fee", "direction", "balance", "currency", "account", "payer_name", "payee_name",
             "payer_account", "reference", "customer_reference", "check_number", "type_code", "status", "invoices"))

    def cells(self, row: Row) -> list[str]:
        """The cells, stripped, and empty ones behind, so that a column which is not there (-1) reads an empty cell."""
        return [*map(str.strip, row.cells), *[""] * max(1, self._cells - len(row.cells))]

    def is_dated(self, cells: list[str]) -> bool:
        """Whether the row has a date, or what was meant as one (`31.02.2026`)."""
        written = cells[self._date]
        return written_date(written, self.order) is not None or _MEANT_AS_DATE.fullmatch(written) is not None

    def is_unbooked(self, cells: list[str]) -> bool:
        """Whether the row's status, or a word in the place of its date, says that it is not booked; such a row may have no date yet."""
        return any(cells[place] != "" and status_of(cells[place]) in {"pending", "info"} for place in (self._status, self._date))

    def account_and_currency(self, cells: list[str], span: Span) -> tuple[str, str]:
        """Whose row it is; the currency of its own column, else of the header, the layout or the profile."""
        account, currency = self.known_account_and_currency(cells[self._account], cells[self._currency_at])
        if not currency:
            code = cells[self._currency_at].upper()
            self.told.append(issues.error(span, "unknown_currency", f"{code!r} is no currency of ISO 4217", code))
        return account, currency or self.currency

    def known_account_and_currency(self, account: str, currency: str) -> tuple[str, str]:
        """The same from the two cells; no currency where the cell holds none of ISO 4217."""
        code = currency.upper()
        return account.lstrip("'") or self._profile.account, (code if is_currency(code) else "") if code else self.currency

    def money(self, cells: list[str], currency: str, span: Span) -> Money | None:
        """Amount, fee and balance; None where one of them cannot be read, which is told."""
        try:
            amount = self._signed(cells, currency)
            fee = abs(self.minor(cells[self._fee], currency) or 0)
            balance = self.minor(cells[self._balance], currency, "balance")
        except AmountError as reason:
            self.told.append(issues.error(span, "bad_amount", str(reason)))
            return None
        return Money(None if amount is None else amount - fee, fee, balance)

    def takes_debits(self, signs: NDArray[np.int8]) -> bool:
        """Whether rows with these signs in the debit column (0: none) fit those before them; if so they count as read."""
        found = {int(sign) for sign in (signs.min(), signs.max()) if sign}
        if len(found) > 1 or (self._debit_sign and found - {self._debit_sign}):
            return False
        self._debit_sign = next(iter(found), self._debit_sign)
        return True

    def minor(self, cell: str, currency: str, role: str = "amount") -> int | None:
        """Minor units by the column's decimal mark; None for an empty cell."""
        if cell in _NONE:
            return None
        if self.cents(role).fullmatch(cell) and minor_digits(currency) == 2:
            return int(cell[:-3] + cell[-2:])
        return read_minor(cell, currency, self._balance_mark if role == "balance" else self._mark)

    def cents(self, role: str) -> re.Pattern[str]:
        """An amount with two decimals and nothing else, as that column writes it."""
        return self._balance_cents if role == "balance" else self._cents

    def _signed(self, cells: list[str], currency: str) -> int | None:
        """Money in is positive: by the amount's sign or direction, or by the column that is filled."""
        if self._amount < 0:
            return self._of_pair(self.minor(cells[self._credit], currency), self.minor(cells[self._debit], currency))
        amount = self.minor(cells[self._amount], currency)
        word = cells[self._direction]
        direction = direction_of(word) if word else 1
        if not direction:
            raise AmountError(f"{word!r} says neither credit nor debit")
        if amount is None:
            return None
        if self._layout.rules.negate:
            return -amount
        if amount > 0 and self._direction < 0 and is_debit_word(cells[self._type]):
            raise AmountError(f"{cells[self._amount]!r} has no minus and its row says {cells[self._type]!r}: name the column as direction in the profile")
        return -abs(amount) if direction < 0 else amount

    def _of_pair(self, credit: int | None, debit: int | None) -> int | None:
        """A credit and a debit column: banks write debits with or without a minus, but one column must do it one way."""
        if credit is None and debit is None:
            return None
        if credit and debit:
            raise AmountError("both a credit and a debit are filled")
        if not debit:
            return abs(credit or 0)
        sign = 1 if debit > 0 else -1
        if self._debit_sign == -sign:
            raise AmountError("the debit column holds both signs")
        self._debit_sign = sign
        return -abs(debit)

    def line(self, cells: list[str], span: Span, currency: str, money: Money) -> BankLine:
        """The bank line of a row whose money has been read."""
        date = written_date(cells[self._date], self.order)
        if date is None and cells[self._date] and status_of(cells[self._date]) is None:
            date = self._neighbouring_date(cells[self._date], span)
        if self.is_order_assumed and is_ambiguous(cells[self._date]):
            self._tell_assumed_order(cells[self._date], span)
        self.last_date = date or self.last_date
        amount = money.amount_minor or 0
        text = " ".join([cells[place] for place in self._layout.texts if place < len(cells) and cells[place]])
        if "\t" in text or "\n" in text:
            text = " ".join(text.split())
        name, type_code = cells[self._payee if amount < 0 and self._payee >= 0 else self._payer], cells[self._type]
        check = cells[self._check] if _CHECK.fullmatch(cells[self._check]) else ""
        value_date = cells[self._value_date]
        line = BankLine(
            span, amount, currency, kind(type_code, text or name, amount), date,
            written_date(value_date, self.order) if value_date else None, type_code, cells[self._reference],
            cells[self._customer_reference] or check, check, name, cells[self._payer_account], structured.find(text), text,
            fee_minor=money.fee_minor, status=self._status_of(cells, span),
        )
        if line.kind == "return" or not name:
            line = _with_bank_labels(line)
        return line._replace(remittance=self._remittance(cells[self._invoices], span)) if cells[self._invoices] else line

    def _status_of(self, cells: list[str], span: Span) -> Status:
        word = cells[self._status] or (cells[self._date] if status_of(cells[self._date]) else "")
        status = status_of(word) if word else "booked"
        if status is None:
            self.told.append(issues.warning(span, "bad_record", f"the status {word!r} is not known; the row counts as booked", word))
        return status or "booked"

    def _neighbouring_date(self, written: str, span: Span) -> dt.date | None:
        self.told.append(issues.warning(span, "bad_date", f"{written!r} is no date", written))
        return self.last_date

    def _tell_assumed_order(self, written: str, span: Span) -> None:
        """Once a file: no date in it shows which number is the month."""
        self.is_order_assumed = False
        means = "the month" if self.order == "MDY" else "the day"
        message = f"{written} is read with {means} first, as is usual for {self._first_currency}; set date_format in the profile if it is not"
        self.told.append(issues.warning(span, "bad_date", message, written))

    @staticmethod
    def _remittance(cell: str, span: Span) -> tuple[RemittanceLine, ...]:
        return tuple(RemittanceLine(span, number) for number in _INVOICES.split(cell) if number)


@lru_cache(maxsize=4096)
def kind(type_code: str, text: str, amount: int) -> Kind:
    """The bank's type says more than its words."""
    by_type = kind_of(type_code, amount) if type_code else "other"
    return by_type if by_type in {"fee", "interest", "return"} else kind_of(text, amount)


def _with_bank_labels(line: BankLine) -> BankLine:
    """What banks say inside the text: the payer, the reason of a return and what it takes back."""
    text = line.remittance_text
    if line.kind != "return":
        return line._replace(payer_name=payer_phrases.payer_told(text))
    return line._replace(
        payer_name=line.payer_name or bank_text.returned_payer_name(text), return_reason=bank_text.return_reason(text),
        original_reference=bank_text.original_trace(text), check_number=line.check_number or bank_text.check_serial(text),
    )
