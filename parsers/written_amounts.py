"""Amounts as people, spreadsheets and web banks write them: signs, currency symbols, thousands, two decimal marks.

`1,234.50` and `1.234,50` say themselves which mark is the decimal one; `1,234` does not: the other cells of its column tell
(`mark_of` over them, the first that is certain), or it is refused. Nothing is ever guessed.
"""

from __future__ import annotations

import re

from parsers.amounts import AmountError, is_currency, minor_digits, to_minor

AMBIGUOUS = "?"

_GROUPING_BLANKS = re.compile(r"[\s\u00a0\u202f'’]")  # they may group thousands and are never a decimal mark
_SYMBOL = r"(?:[A-Z]{3}|[A-Z]{0,2}[$]|[$€£¥￥₹₽₺₩฿₪₴₫₮]|円|元|원|руб\.?|грн\.?|лв\.?|zł|kr\.?|Kč|Fr\.?|EUROS?|[A-Z]{3}\$)?"
_WRITTEN = re.compile(
    rf"(?P<open>\()?(?P<sign>[+\-−–]?){_SYMBOL}(?P<inner>[+\-−–]?){_SYMBOL}(?P<number>[0-9.,]*[0-9][0-9.,]*){_SYMBOL}"
    rf"(?P<trail>[+\-−–]|CR|DR|C|D|H|S)?{_SYMBOL}(?P<close>\))?",
)
_EVERYDAY = re.compile(r"-?[0-9]{1,12}([.,])[0-9]{2}")
_COMMA_IS_DECIMAL = re.compile(r"\d*,(?:\d{0,2}|\d{4,})|\d{4,},\d{3}|0*,\d{3}")
_GROUPS = re.compile(r"\d*|\d{1,3}([.,])(?:\d{2,3}\1)*\d{3}")  # India groups by two
_MINUS = frozenset("-−–DS")
_SYMBOLS = {"€": "EUR", "£": "GBP", "R$": "BRL", "₹": "INR", "₽": "RUB", "₺": "TRY", "zł": "PLN", "Kč": "CZK", "₪": "ILS", "₴": "UAH",
            "₩": "KRW", "฿": "THB", "₫": "VND", "円": "JPY", "원": "KRW", "руб": "RUB", "грн": "UAH", "лв": "BGN"}


def mark_of(text: str) -> str:
    """Which character is the decimal mark of this amount: `"."`, `","`, `""` where it has none, AMBIGUOUS for `1,234`."""
    point, comma = text.rfind("."), text.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    if point < 0 and comma < 0:
        return ""
    mark, other = (".", ",") if point >= 0 else (",", ".")
    if text.count(mark) > 1:  # a mark that repeats groups thousands, so the decimal mark is the other one
        return other
    digits = "".join(character for character in text if character.isdecimal() or character == mark)
    return mark if _COMMA_IS_DECIMAL.fullmatch(digits.replace(".", ",")) else AMBIGUOUS


def mark_in(cell: str) -> str:
    """`mark_of` the number in a cell that may hold a sign, a symbol or a currency code; empty where it holds no amount."""
    found = _WRITTEN.fullmatch(_GROUPING_BLANKS.sub("", cell))
    return mark_of(found["number"]) if found else ""


def currency_in(cell: str) -> str:
    """The currency that the cell names beside its amount (`12,50 EUR`, `£5`); a dollar sign names none."""
    found = re.search(r"[A-Z]{3}", cell)
    code = currency_of_symbol(cell) or (found[0] if found else "")
    return code if is_currency(code) and looks_like_amount(cell) else ""


def currency_of_symbol(text: str) -> str:
    """The currency whose own sign stands in a text (`Importe (€)`); a dollar sign or a crown may be several's."""
    return next((code for symbol, code in _SYMBOLS.items() if symbol in text), "")


def looks_like_amount(text: str) -> bool:
    """Whether a cell is written as an amount, whatever its decimal mark."""
    return _WRITTEN.fullmatch(_GROUPING_BLANKS.sub("", text)) is not None


def read_minor(text: str, currency: str, mark: str) -> int:
    """`"($1,234.50)", "USD", "."` → -123450. Parentheses, a minus on either side, `DR`, `D` and `S` (Soll) take money out.

    `mark` is the column's decimal mark, empty where it is not known; an amount that is clear by itself must agree with it.
    """
    everyday = _EVERYDAY.fullmatch(text)
    if everyday and mark in {everyday[1], ""} and is_currency(currency) and minor_digits(currency) == 2:
        return int(text.replace(everyday[1], ""))
    found = _WRITTEN.fullmatch(_GROUPING_BLANKS.sub("", text))
    if found is None or (found["open"] is None) != (found["close"] is None):
        raise AmountError(f"{text!r} is not an amount")
    signs = [sign for sign in (found["sign"], found["inner"], found["trail"], found["open"]) if sign]
    if len(signs) > 1:
        raise AmountError(f"{text!r} has more than one sign")
    plain = _without_thousands(found["number"], mark, text, currency)
    try:
        minor = to_minor(plain, currency)
    except AmountError as reason:
        raise AmountError(f"{text!r} {str(reason).removeprefix(f'{plain!r} ')}") from None
    return -minor if signs and (signs[0] == "(" or signs[0][0] in _MINUS) else minor


def _without_thousands(number: str, mark: str, text: str, currency: str) -> str:
    """The digits with `.` as the decimal mark, the thousands checked and taken out; a lone mark groups where the currency has no decimals."""
    own = mark_of(number)
    if own == AMBIGUOUS and not mark and minor_digits(currency):
        raise AmountError(f"{text!r} can be read with and without decimals")
    has_decimals = own not in {"", AMBIGUOUS} and own in number
    if has_decimals and mark and own != mark:
        raise AmountError(f"{text!r} has another decimal mark than the amounts around it")
    decimal = own if has_decimals else mark
    whole, _, fraction = number.partition(decimal) if decimal else (number, "", "")
    if not _GROUPS.fullmatch(whole) or not (fraction.isdecimal() or not fraction):
        raise AmountError(f"{text!r} is not an amount")
    return f"{whole.replace('.', '').replace(',', '')}.{fraction}"
