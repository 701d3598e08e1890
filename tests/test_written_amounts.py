"""Amounts and dates as people write them, in tables."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from parsers.amounts import AMOUNT_LIMIT_MINOR, AmountError, is_currency, minor_digits, to_text
from parsers.written_amounts import AMBIGUOUS, currency_in, mark_in, mark_of, read_minor
from parsers.written_dates import is_ambiguous, order_of, written_date


def test_currencies_are_those_of_iso_4217() -> None:
    active = {currency.code: currency.exponent for currency in Currency}
    assert {code: minor_digits(code) if is_currency(code) else None for code in active} == active


@pytest.mark.parametrize(("code", "digits"), [("DEM", 2), ("ITL", 0), ("TRL", 0), ("HRK", 2), ("ANG", 2), ("BGN", 2), ("VEF", 2)])
def test_withdrawn_currencies_are_still_known(code: str, digits: int) -> None:
    assert is_currency(code)
    assert minor_digits(code) == digits


@pytest.mark.parametrize("code", ["", "usd", "XXX", "XAU", "EURO", "INV", "$"])
def test_what_is_no_currency(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(AmountError):
        minor_digits(code)


@pytest.mark.parametrize(("written", "mark"), [
    ("1,234.50", "."), ("1.234,50", ","), ("12.5", "."), ("12,5", ","), ("1500.0000", "."), ("1234,567", ","), ("0,123", ","),
    ("1,234,567", "."), ("1.234.567", ","), ("12", ""), ("1,234", AMBIGUOUS), ("1.234", AMBIGUOUS), ("12,345", AMBIGUOUS),
])
def test_an_amount_shows_its_decimal_mark_or_does_not(written: str, mark: str) -> None:
    assert mark_of(written) == mark


@pytest.mark.parametrize(("written", "mark", "minor"), [
    ("1,234.50", ".", 123450), ("1.234,50", ",", 123450), ("1'234.50", ".", 123450), ("1 234,5", ",", 123450), ("1\u00a0234,50", ",", 123450),
    ("1,234", ".", 123400), ("1.234", ",", 123400), ("1.234.567", ",", 123456700), ("1.234.567", "", 123456700), ("1,23,456.78", ".", 12345678),
    ("$20.00", ".", 2000), ("-$20.00", ".", -2000), ("$-20.00", ".", -2000), ("($20.00)", ".", -2000), ("20.00-", ".", -2000),
    ("20.00 CR", ".", 2000), ("20.00 DR", ".", -2000), ("20,00 S", ",", -2000), ("20,00 H", ",", 2000), ("+20.00", ".", 2000),
    ("−20.00", ".", -2000), ("12,50 EUR", ",", 1250), ("€ 12,50", ",", 1250), ("R$ 1.234,56", ",", 123456), ("CA$5.00", ".", 500),
    (".5", ".", 50), ("5.", ".", 500), ("5", "", 500),
])
def test_amounts_are_read(written: str, mark: str, minor: int) -> None:
    assert read_minor(written, "USD", mark) == minor


@pytest.mark.parametrize(("written", "mark", "why"), [
    ("1,234", "", "with and without decimals"), ("1,234", ",", "more digits than USD"), ("12.345", ".", "more digits than USD"),
    ("12,50", ".", "another decimal mark"), ("12..34", ".", "not an amount"), ("12,34.56", ".", "not an amount"), ("1,2,3", ".", "not an amount"),
    ("", ".", "not an amount"), ("-", ".", "not an amount"), ("-(3.00)", ".", "not an amount"), ("(3.00", ".", "not an amount"),
    ("-3.00-", ".", "more than one sign"), ("NaN", ".", "not an amount"), ("1e5", ".", "not an amount"), ("9" * 16, ".", "larger than any amount"),
])
def test_amounts_are_refused(written: str, mark: str, why: str) -> None:
    with pytest.raises(AmountError, match=why):
        read_minor(written, "USD", mark)


@given(st.integers(-AMOUNT_LIMIT_MINOR + 1, AMOUNT_LIMIT_MINOR - 1), st.sampled_from([(".", ","), (",", "."), (".", " "), (",", "'")]))
def test_what_is_written_with_thousands_reads_back(minor: int, marks: tuple[str, str]) -> None:
    decimal, thousands = marks
    whole, _, cents = to_text(abs(minor), "USD").partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands)
    assert read_minor(f"{'-' if minor < 0 else ''}{grouped}{decimal}{cents}", "USD", decimal) == minor


def test_a_symbol_is_no_decimal_mark_and_may_name_the_currency() -> None:
    assert [mark_in("Fr. 500"), mark_in("kr 5,50"), mark_in("five")] == ["", ",", ""]
    assert [currency_in("12,50 EUR"), currency_in("£5"), currency_in("$5"), currency_in("ABC 5"), currency_in("EUR")] == ["EUR", "GBP", "", "", ""]


DAY = dt.date(2026, 1, 5)


@pytest.mark.parametrize("written", [
    "2026-01-05", "2026/1/5", "2026.01.05.", "20260105", "2026-01-05T23:59:00+10:00", "2026-01-05 10:00", "05.01.2026", "5.1.26", "05/01/2026",
    "05-01-2026", "05 01 2026", "05 Jan 2026", "5-Jan-26", "5 janv. 2026", "Jan 5, 2026", "January 5, 2026", "Mon, 5 Jan 2026", "05/01/2026 12:00 PM",
])
def test_dates_are_read_day_first(written: str) -> None:
    assert written_date(written, "DMY") == DAY


@pytest.mark.parametrize(("written", "day"), [
    ("01/05/2026", DAY), ("1-5-26", DAY), ("05.01.2026", DAY), ("15 juil. 2026", dt.date(2026, 7, 15)), ("3 juin 2026", dt.date(2026, 6, 3)),
    ("31/12/99", None), ("31.02.2026", None), ("2026-13-01", None), ("2026-1-1-1", None), ("soon", None), ("", None), ("12.50", None),
])
def test_month_first_and_what_is_no_date(written: str, day: dt.date | None) -> None:
    assert written_date(written, "MDY") == day


@pytest.mark.parametrize(("column", "order"), [
    (["01/02/2026", "13/02/2026"], "DMY"), (["01/02/2026", "02/13/2026"], "MDY"), (["01/02/2026"], ""), (["2026-01-02"], ""), (["01.02.2026"], "DMY"),
])
def test_a_column_shows_its_order(column: list[str], order: str) -> None:
    assert order_of(column) == order


def test_only_some_dates_depend_on_the_order() -> None:
    assert [is_ambiguous(text) for text in ("01/02/2026", "02/02/2026", "13/02/2026", "01.02.2026", "2026-01-02")] == [True, False, False, False, False]
