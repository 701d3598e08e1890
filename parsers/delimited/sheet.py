"""A block of CSV rows as columns: what `parsers.delimited.entries` says of one row, said of thousands.

Only rows by the book are told: as wide as most, with a date, an amount that can be read, words that are known, no invoices, nothing that
comes back. All others are left to the record reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import payer_phrase_columns, structured_columns
from parsers.amounts import AmountError, minor_digits
from parsers.booking_text import INTEREST_STEMS, STEMS
from parsers.delimited.entries import CHECK_NUMBER, kind
from parsers.delimited.words import direction_of, is_debit_word, status_of
from parsers.written_dates import is_ambiguous, written_date

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from parsers.byte_columns import Flags, Ints
    from parsers.delimited.reading import Reading

_BY_SIGN = ("receipt", "disbursement", "other")
_WHITESPACE = "".join(filter(str.isspace, map(chr, range(0x3001))))
"""What `str.strip` takes off."""


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
    cells: pl.DataFrame
    good: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.good = np.ones(self.numbers.size, np.bool_)

    def at(self, place: int) -> pl.Series:
        """A column's cells without blanks around them; empty ones where there is no such column."""
        if 0 <= place < self.cells.width:
            return self.cells.to_series(place)
        return pl.Series([""], dtype=pl.String).new_from_index(0, self.numbers.size)

    def of(self, role: str) -> pl.Series:
        """The cells of a role."""
        return self.at(self.reading.layout[role])

    def is_there(self, role: str) -> bool:
        """Whether the rows have such a column."""
        return 0 <= self.reading.layout[role] < self.cells.width

    def only(self, holds: Flags) -> None:
        """Rows for which this does not hold are not by the book."""
        self.good &= holds


def sheet(rows: list[list[str]], reading: Reading, first_line: int) -> Sheet:
    """The rows of a block whose first row stands in that line."""
    columns = _columns(rows, reading, first_line)
    account, accounts = _accounts(columns)
    date, dates = _dates(columns)
    currency = pl.Series([currency for _, currency in accounts], dtype=pl.String)[account]
    money = [found for _, found in accounts]
    amount, debit_sign = _amounts(columns, currency, money)
    fee = np.abs(_minor(columns, "fee", currency, money)[0])
    balance, has_balance = _minor(columns, "balance", currency, money)
    amount = amount - fee
    status = _statuses(columns)
    columns.only((columns.of("invoices") == "").to_numpy())
    lines = pl.DataFrame({
        "amount_minor": pl.Series(amount), "currency": currency, **_words(columns, np.sign(amount)),
        "booking_date": pl.Series(dates, dtype=pl.Date)[date], "value_date": _value_dates(columns), "bank_reference": columns.of("reference"),
        "payer_account": columns.of("payer_account"), "fee_minor": pl.Series(fee), "status": status,
    })
    kept = np.flatnonzero(columns.good)
    numbers, account = columns.numbers[kept], account[kept]
    return Sheet(
        numbers, _run_ends(numbers, account), account, accounts, date[kept], dates, amount[kept], balance[kept], has_balance[kept],
        (status == "booked").to_numpy()[kept], debit_sign[kept], lines if kept.size == lines.height else lines[kept],
    )


def _columns(rows: list[list[str]], reading: Reading, first_line: int) -> _Columns:
    """The rows below the header that are as wide as most of the block, and no wider than the header."""
    layout = reading.layout
    widths = np.fromiter(map(len, rows), np.int64, len(rows))
    width = int(np.bincount(widths).argmax())
    numbers = np.flatnonzero((widths == width) & (np.arange(widths.size) + first_line > layout.header_line))
    alike = rows if numbers.size == len(rows) else [rows[number] for number in numbers.tolist()]
    cells = pl.DataFrame(alike, schema=dict.fromkeys(map(str, range(width)), pl.String), orient="row")
    columns = _Columns(reading, numbers, cells.with_columns(pl.all().str.strip_chars(_WHITESPACE)))
    for place in range(layout.width, width) if layout.width else ():
        columns.only((columns.at(place) == "").to_numpy())
    return columns


def _looked_up(cells: pl.Series, question: Callable[[str], object]) -> tuple[Ints, list[object]]:
    """Which answer each cell gets: the same words come again and again."""
    words = cells.unique(maintain_order=True)
    which: Ints = cells.replace_strict(words, pl.Series(np.arange(len(words))), return_dtype=pl.Int64).to_numpy().astype(np.int64, copy=False)
    return which, [question(word) for word in words]


def _flags(answers: list[object], which: Ints) -> Flags:
    """Whether each row's answer is true."""
    return np.array([bool(answer) for answer in answers], np.bool_)[which]


def _accounts(columns: _Columns) -> tuple[Ints, list[tuple[str, str]]]:
    """Account and currency of each row, by number, and what the numbers mean. A row whose currency is none is not by the book."""
    entries = columns.reading.entries
    (which, accounts), (currency, codes) = (_looked_up(columns.of(role), str) for role in ("account", "currency"))
    pairs, pair = np.unique(which * len(codes) + currency, return_inverse=True)
    known = [entries.known_account_and_currency(str(accounts[one // len(codes)]), str(codes[one % len(codes)])) for one in pairs.tolist()]
    columns.only(_flags([found for _, found in known], pair))
    whole = [(account, found or entries.currency) for account, found in known]
    number = {key: place for place, key in enumerate(dict.fromkeys(whole))}
    return np.array([number[key] for key in whole], np.int64)[pair], list(number)


def _dates(columns: _Columns) -> tuple[Ints, list[dt.date | None]]:
    entries = columns.reading.entries
    which, found = _looked_up(columns.of("date"), lambda cell: written_date(cell, entries.order))
    columns.only(_flags(found, which))
    if entries.is_order_assumed:
        columns.only(~_flags(_looked_up(columns.of("date"), is_ambiguous)[1], which))
    return which, found  # type: ignore[return-value]  # what `written_date` answers


def _value_dates(columns: _Columns) -> pl.Series:
    order = columns.reading.entries.order
    which, found = _looked_up(columns.of("value_date"), lambda cell: written_date(cell, order) if cell else None)
    return pl.Series(found, dtype=pl.Date)[which]


def _statuses(columns: _Columns) -> pl.Series:
    which, found = _looked_up(columns.of("status"), lambda cell: status_of(cell) if cell else "booked")
    columns.only(_flags(found, which))
    return pl.Series(found, dtype=pl.String)[which].fill_null("")


def _amounts(columns: _Columns, currency: pl.Series, currencies: list[str]) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.int8]]]:
    """Signed amounts, and the sign in the debit column. A row without one, or with one that contradicts itself, is not by the book."""
    if columns.reading.layout["amount"] < 0:
        credit, debit = (_minor(columns, role, currency, currencies) for role in ("credit", "debit"))
        columns.only((credit[1] | debit[1]) & ((credit[0] == 0) | (debit[0] == 0)))
        return np.where(debit[0] == 0, np.abs(credit[0]), -np.abs(debit[0])), np.sign(debit[0]).astype(np.int8)
    amount, is_stated = _minor(columns, "amount", currency, currencies)
    columns.only(is_stated)
    which, found = _looked_up(columns.of("direction"), lambda word: direction_of(word) if word else 1)
    direction = np.array(found, np.int64)[which]
    columns.only(direction != 0)
    if columns.reading.layout.rules.negate:
        amount = -amount
    elif columns.reading.layout["direction"] >= 0:
        amount = np.where(direction < 0, -np.abs(amount), amount)
    else:
        which, found = _looked_up(columns.of("type_code"), is_debit_word)
        columns.only((amount <= 0) | ~_flags(found, which))
    return amount, np.zeros(amount.size, np.int8)


def _minor(columns: _Columns, role: str, currency: pl.Series, currencies: list[str]) -> tuple[Ints, Flags]:
    """Amounts in minor units, and which cells hold any. A cell that cannot be read makes its row one that is not by the book."""
    if not columns.is_there(role):
        return np.zeros(columns.numbers.size, np.int64), np.zeros(columns.numbers.size, np.bool_)
    entries, cells = columns.reading.entries, columns.of(role)
    plain = cells.str.contains(f"^{entries.cents(role).pattern}$") & all(minor_digits(one) == 2 for one in currencies)
    digits = cells.str.replace("[.,]", "").str.strip_prefix("+")
    found = digits.set(~plain, "0").cast(pl.Int64).to_numpy().copy()
    is_stated = plain.to_numpy().copy()
    rows = np.flatnonzero(~is_stated)
    for row, cell, code in zip(rows.tolist(), cells.gather(rows), currency.gather(rows), strict=True):
        try:
            minor = entries.minor(cell, code, role)
        except AmountError:
            columns.good[row] = False
            continue
        if minor is not None:
            found[row], is_stated[row] = minor, True
    return found, is_stated


def _words(columns: _Columns, signs: Ints) -> dict[str, pl.Series]:
    """The columns of words: what the bank calls the entry, who paid, the text, the references, and the kind that follows from them."""
    texts, names, types = _texts(columns), columns.of("payer_name"), columns.of("type_code")
    if columns.reading.layout["payee_name"] >= 0:
        names = columns.of("payee_name").zip_with(pl.Series(signs < 0), names)
    check = columns.of("check_number")
    check = check.set(~check.str.contains(f"^(?:{CHECK_NUMBER})$"), "")
    own = columns.of("customer_reference")
    return {
        "kind": _kinds(columns, types, texts.zip_with(texts != "", names), signs), "type_code": types,
        "customer_reference": own.zip_with(own != "", check), "check_number": check, "payer_name": payer_phrase_columns.with_payers(names, texts), "remittance_text": texts,
        "structured_reference": structured_columns.with_quoted(None, texts),
    }


def _texts(columns: _Columns) -> pl.Series:
    places = [columns.at(place) for place in columns.reading.layout.texts if place < columns.cells.width]
    if len(places) > 1:
        parts = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in (str(number) for number in range(len(places)))]
        texts = pl.DataFrame({str(number): place for number, place in enumerate(places)}).select(
            pl.concat_str(parts, separator=" ", ignore_nulls=True).fill_null("")).to_series()
    else:
        texts = places[0] if places else columns.at(-1)
    columns.only(~texts.str.contains("[\t\n]").to_numpy())
    return texts


def _kinds(columns: _Columns, types: pl.Series, texts: pl.Series, signs: Ints) -> pl.Series:
    """By sign, but where the type or the text may say more; what comes back is not by the book."""
    which, words = _looked_up(types, str)
    pairs, pair = np.unique(which * 3 + signs + 1, return_inverse=True)
    of_type = [kind(str(words[one // 3]), "", one % 3 - 1) for one in pairs.tolist()]
    asked = texts.str.contains_any(list(INTEREST_STEMS), ascii_case_insensitive=True) | (texts.str.len_bytes() != texts.str.len_chars())
    money_out = np.flatnonzero(signs < 0)
    asked = asked.scatter(money_out, texts.gather(money_out).str.contains_any(list(STEMS), ascii_case_insensitive=True) | asked.gather(money_out))
    rows = np.flatnonzero(asked.to_numpy() | _flags([one not in _BY_SIGN for one in of_type], pair))
    found = [kind(*each) for each in zip(types.gather(rows), texts.gather(rows), signs[rows].tolist(), strict=True)]
    kinds: pl.Series = pl.Series(of_type, dtype=pl.String)[pair].scatter(rows, pl.Series(found, dtype=pl.String))
    columns.only((kinds != "return").to_numpy())
    return kinds


def _run_ends(numbers: Ints, account: Ints) -> Ints:
    breaks = np.flatnonzero((np.diff(numbers) != 1) | (np.diff(account) != 0)) + 1
    ends = np.append(breaks, numbers.size)
    return np.repeat(ends, np.diff(np.append(0, ends)))
