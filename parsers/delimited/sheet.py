"""A block of CSV rows as columns: what `parsers.delimited.entries` says of one row, said of thousands.

Only rows by the book are told: as wide as most, with a date, an amount that can be read, words that are known, no invoices, nothing that
comes back. All others are left to the record reader.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import bank_text
from parsers.amounts import AmountError, minor_digits
from parsers.booking_text import STEMS
from parsers.delimited.entries import is_check_number, kind
from parsers.delimited.words import direction_of, is_debit_word, status_of
from parsers.written_dates import is_ambiguous, written_date

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from parsers.byte_columns import Flags, Ints
    from parsers.delimited.reading import Reading


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a block that read by the book, column by column."""

    rows: Ints
    """Which rows of the block they are."""
    run_ends: Ints
    """Of each the end of the run of neighbours of one account that it is in."""
    account: Ints
    accounts: list[tuple[str, str]]
    """Account and currency of each, and what the numbers mean."""
    date: Ints
    dates: list[dt.date | None]
    amount_minor: Ints
    balance_minor: Ints
    has_balance: Flags
    is_booked: Flags
    debit_sign: np.ndarray[tuple[int], np.dtype[np.int8]]
    """The sign in the debit column; 0 where nothing stands there."""
    lines: pl.DataFrame


@dataclass(slots=True)
class _Columns:
    """The cells of the rows that are as wide as most, by role, and which rows are by the book so far."""

    reading: Reading
    numbers: Ints
    cells: list[tuple[str, ...]]
    made: dict[int, list[str]] = field(default_factory=dict)
    good: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.good = np.ones(self.numbers.size, np.bool_)

    def at(self, place: int) -> list[str]:
        """A column's cells without blanks around them; empty ones where there is no such column."""
        if place not in self.made:
            is_there = 0 <= place < len(self.cells)
            self.made[place] = list(map(str.strip, self.cells[place])) if is_there else [""] * self.numbers.size
        return self.made[place]

    def of(self, role: str) -> list[str]:
        """The cells of a role."""
        return self.at(self.reading.layout[role])

    def is_there(self, role: str) -> bool:
        """Whether the rows have such a column."""
        return 0 <= self.reading.layout[role] < len(self.cells)

    def only(self, holds: Flags) -> None:
        """Rows for which this does not hold are not by the book."""
        self.good &= holds


def sheet(rows: list[list[str]], reading: Reading, first_line: int) -> Sheet:
    """The rows of a block whose first row stands in that line."""
    columns = _columns(rows, reading, first_line)
    account, accounts = _accounts(columns)
    date, dates = _dates(columns)
    digits = {currency: minor_digits(currency) for _, currency in accounts if currency}
    currencies = [accounts[number][1] for number in account.tolist()] if len(digits) > 1 else [accounts[0][1] if accounts else ""] * account.size
    amount, debit_sign = _amounts(columns, currencies)
    fee, _ = _minor(columns, "fee", currencies)
    fee = np.abs(fee)
    balance, has_balance = _minor(columns, "balance", currencies)
    status = _statuses(columns)
    texts, names = _texts(columns), columns.of("payer_name")
    amount = amount - fee
    kinds = _kinds(columns, [text or name for text, name in zip(texts, names, strict=True)], np.sign(amount))
    columns.only(np.array([not invoices for invoices in columns.of("invoices")], np.bool_))
    names = [bank_text.payer_name(text) if ":" in text and not name else name for text, name in zip(texts, names, strict=True)]
    checks = [check if check and is_check_number(check) else "" for check in columns.of("check_number")]
    lines = pl.DataFrame({
        "amount_minor": pl.Series(amount), "currency": pl.Series(currencies, dtype=pl.String), "kind": pl.Series(kinds, dtype=pl.String),
        "booking_date": pl.Series(dates, dtype=pl.Date)[date], "value_date": _value_dates(columns), "type_code": _strings(columns.of("type_code")),
        "bank_reference": _strings(columns.of("reference")),
        "customer_reference": _strings([own or check for own, check in zip(columns.of("customer_reference"), checks, strict=True)]),
        "check_number": _strings(checks), "payer_name": _strings(names), "payer_account": _strings(columns.of("payer_account")),
        "remittance_text": _strings(texts), "fee_minor": pl.Series(fee), "status": _strings(status),
    })
    kept = np.flatnonzero(columns.good)
    numbers, account = columns.numbers[kept], account[kept]
    return Sheet(
        numbers, _run_ends(numbers, account), account, accounts, date[kept], dates, amount[kept], balance[kept], has_balance[kept],
        np.array([one == "booked" for one in status], np.bool_)[kept], debit_sign[kept], lines[kept],
    )


def _columns(rows: list[list[str]], reading: Reading, first_line: int) -> _Columns:
    """The rows below the header that are as wide as most of the block, and no wider than the header."""
    layout = reading.layout
    widths = np.array([len(cells) for cells in rows])
    width = Counter(widths.tolist()).most_common(1)[0][0]
    numbers = np.flatnonzero((widths == width) & (np.arange(widths.size) + first_line > layout.header_line))
    cells = list(zip(*(rows[number] for number in numbers.tolist()), strict=True))
    columns = _Columns(reading, numbers, cells)
    for place in range(layout.width, width) if layout.width else ():
        columns.only(np.array([not cell for cell in columns.at(place)], np.bool_))
    return columns


def _looked_up(cells: list[str], question: Callable[[str], object]) -> tuple[Ints, list[object]]:
    """Which answer each cell gets: the same words come again and again."""
    number = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    return np.array([number[cell] for cell in cells], np.int64), [question(cell) for cell in number]


def _accounts(columns: _Columns) -> tuple[Ints, list[tuple[str, str]]]:
    """Account and currency of each row; of one whose currency is none, it says so by an empty one."""
    entries = columns.reading.entries
    keys = list(zip(columns.of("account"), columns.of("currency"), strict=True))
    number = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    known = [entries.known_account_and_currency(*key) for key in number]
    which = np.array([number[key] for key in keys], np.int64)
    columns.only(np.array([bool(currency) for _, currency in known], np.bool_)[which] if known else np.zeros(0, np.bool_))
    default = next((currency for _, currency in known if currency), entries.currency)
    merged = list(dict.fromkeys((account, currency or default) for account, currency in known))
    return np.array([merged.index((account, currency or default)) for account, currency in known], np.int64)[which] if known else which, merged


def _dates(columns: _Columns) -> tuple[Ints, list[dt.date | None]]:
    entries = columns.reading.entries
    which, found = _looked_up(columns.of("date"), lambda cell: written_date(cell, entries.order))
    columns.only(np.array([day is not None for day in found], np.bool_)[which])
    if entries.is_order_assumed:
        _, doubtful = _looked_up(columns.of("date"), is_ambiguous)
        columns.only(~np.array(doubtful, np.bool_)[which])
    return which, found  # type: ignore[return-value]  # what `written_date` answers


def _value_dates(columns: _Columns) -> pl.Series:
    order = columns.reading.entries.order
    which, found = _looked_up(columns.of("value_date"), lambda cell: written_date(cell, order) if cell else None)
    return pl.Series(found, dtype=pl.Date)[which]


def _statuses(columns: _Columns) -> list[str]:
    which, found = _looked_up(columns.of("status"), lambda cell: status_of(cell) if cell else "booked")
    columns.only(np.array([status is not None for status in found], np.bool_)[which])
    return [str(found[number]) for number in which.tolist()]


def _amounts(columns: _Columns, currencies: Sequence[str]) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.int8]]]:
    """Signed amounts, and the sign in the debit column. A row without one, or with one that contradicts itself, is not by the book."""
    if not columns.is_there("amount") and columns.reading.layout["amount"] < 0:
        credit, debit = (_minor(columns, role, currencies) for role in ("credit", "debit"))
        columns.only((credit[1] | debit[1]) & ((credit[0] == 0) | (debit[0] == 0)))
        return np.where(debit[0] == 0, np.abs(credit[0]), -np.abs(debit[0])), np.sign(debit[0]).astype(np.int8)
    amount, is_stated = _minor(columns, "amount", currencies)
    columns.only(is_stated)
    which, found = _looked_up(columns.of("direction"), lambda word: direction_of(word) if word else 1)
    direction = np.array(found, np.int64)[which]
    columns.only(direction != 0)
    if columns.reading.layout.rules.negate:
        amount = -amount
    elif columns.is_there("direction"):
        amount = np.where(direction < 0, -np.abs(amount), amount)
    else:
        which, found = _looked_up(columns.of("type_code"), is_debit_word)
        columns.only((amount <= 0) | ~np.array(found, np.bool_)[which])
    return amount, np.zeros(amount.size, np.int8)


def _minor(columns: _Columns, role: str, currencies: Sequence[str]) -> tuple[Ints, Flags]:
    """Amounts in minor units, and which cells hold any. A cell that cannot be read makes its row one that is not by the book."""
    if not columns.is_there(role):
        return np.zeros(columns.numbers.size, np.int64), np.zeros(columns.numbers.size, np.bool_)
    entries, cells = columns.reading.entries, columns.of(role)
    written = pl.Series(cells, dtype=pl.String)
    are_cents = np.array([minor_digits(currency) == 2 for currency in dict.fromkeys(currencies)], np.bool_)
    plain = written.str.contains(f"^{entries.cents}$").to_numpy() if are_cents.all() else np.zeros(len(cells), np.bool_)
    digits = written.str.replace(r"[.,]", "").str.strip_prefix("+")
    found = digits.set(pl.Series(~plain), "0").cast(pl.Int64).to_numpy().copy()
    is_stated = plain.copy()
    for row in np.flatnonzero(~plain).tolist():
        try:
            minor = entries.minor(cells[row], currencies[row])
        except AmountError:
            columns.good[row] = False
            continue
        if minor is not None:
            found[row], is_stated[row] = minor, True
    return found, is_stated


def _texts(columns: _Columns) -> list[str]:
    places = [place for place in columns.reading.layout.texts if place < len(columns.cells)]
    if len(places) == 1:
        texts = columns.at(places[0])
    else:
        texts = [" ".join(filter(None, parts)) for parts in zip(*map(columns.at, places), strict=True)] if places else columns.at(-1)
    columns.only(np.array([not ("\t" in text or "\n" in text) for text in texts], np.bool_))
    return texts


def _kinds(columns: _Columns, texts: list[str], signs: Ints) -> list[str]:
    """By sign, but where the type or the text may say more; what comes back is not by the book."""
    types = columns.of("type_code")
    told = pl.Series(texts, dtype=pl.String).str
    asked = told.contains_any(list(STEMS), ascii_case_insensitive=True).to_numpy() | (told.len_bytes() != told.len_chars()).to_numpy()
    which, _ = _looked_up(types, bool)
    of_type = {(number, sign): kind(types[row], "", sign) for number, sign, row in _firsts(which, signs)}
    by_sign = {-1: "disbursement", 0: "other", 1: "receipt"}
    found: list[str] = [of_type[key] for key in zip(which.tolist(), signs.tolist(), strict=True)]
    for row in np.flatnonzero(asked | np.array([one not in by_sign.values() for one in found], np.bool_)).tolist():
        found[row] = kind(types[row], texts[row], int(signs[row]))
    columns.only(np.array([one != "return" for one in found], np.bool_))
    return found


def _firsts(which: Ints, signs: Ints) -> list[tuple[int, int, int]]:
    """Each pair of numbers that occurs, with a row in which it does."""
    pairs, rows = np.unique(which * 3 + signs, return_index=True)
    return [(int(which[row]), int(signs[row]), int(row)) for _, row in zip(pairs, rows, strict=True)]


def _run_ends(numbers: Ints, account: Ints) -> Ints:
    breaks = np.flatnonzero((np.diff(numbers) != 1) | (np.diff(account) != 0)) + 1
    ends = np.append(breaks, numbers.size)
    return np.repeat(ends, np.diff(np.append(0, ends)))


def _strings(texts: list[str]) -> pl.Series:
    return pl.Series(texts, dtype=pl.String)
