"""Text to minor units and back: the only two doors through which money passes.

Minor digits come from ISO 4217 (JPY 0, USD 2, KWD 3). More digits than the currency has are an error, never a rounding;
trailing zeros beyond them are harmless. No float touches money.
"""

from __future__ import annotations

import re
from functools import lru_cache

AMOUNT_LIMIT_MINOR = 10**15
"""No amount of a bank file or an invoice reaches it; a larger one is a broken field (it also keeps sums inside BIGINT)."""

_WITHDRAWN = {  # still found in archives; ISO 4217 table A.3
    "ATS": 2, "BEF": 0, "BGN": 2, "CYP": 2, "DEM": 2, "EEK": 2, "ESP": 0, "FIM": 2, "FRF": 2, "GRD": 0, "HRK": 2, "IEP": 2,
    "ITL": 0, "LTL": 2, "LUF": 0, "LVL": 2, "MTL": 2, "NLG": 2, "PTE": 0, "ROL": 2, "SIT": 2, "SKK": 2, "TRL": 0, "VEF": 2,
    "ZWL": 2, "ANG": 2, "CUC": 2,
}
_NUMBER = re.compile(r"([+-]?)([0-9]{0,40})(?:([.,])([0-9]{0,40}))?")


class AmountError(ValueError):
    """The text is no amount of that currency; the message says why in words for an operator."""


@lru_cache(maxsize=1)
def _table() -> dict[str, int]:
    from iso4217 import Currency  # noqa: PLC0415 - reads its table at import

    active = {c.code: c.exponent for c in Currency if c.exponent is not None}
    return _WITHDRAWN | active


@lru_cache(maxsize=512)
def minor_digits(currency: str) -> int:
    """Digits after the decimal mark; `AmountError` for a code that ISO 4217 does not list (or gives no digits: XAU, XXX)."""
    try:
        return _table()[currency]
    except KeyError:
        raise AmountError(f"unknown currency {currency!r}") from None


def is_currency(code: str) -> bool:
    """Whether ISO 4217 lists the code with minor digits."""
    return code in _table()


def to_minor(text: str, currency: str, *, decimal_marks: str = ".") -> int:
    """`"1234.5", "USD"` → 123450. No thousands separators: a format that has them strips them by its own rule first.

    `decimal_marks`: the characters that may stand as the decimal mark, `","` for SWIFT, `".,"` where banks send both.
    """
    digits = minor_digits(currency)
    found = _NUMBER.fullmatch(text.strip())
    if found is None or not (found[2] or found[4]) or (found[3] and found[3] not in decimal_marks):
        raise AmountError(f"{text!r} is not an amount")
    sign, whole, _, fraction = found.groups(default="")
    kept = fraction.rstrip("0") if len(fraction) > digits else fraction
    if len(kept) > digits:
        raise AmountError(f"{text!r} has more digits than {currency} has ({digits})")
    minor = int((whole + kept.ljust(digits, "0")) or "0")
    return within_limit(-minor if sign == "-" else minor, text)


def implied_minor(text: str, currency: str, places: int | None = None) -> int:
    """Digits with an implied decimal mark: `"0000012500"` → 12500. `places` when the format implies another number of
    decimals than the currency has (NACHA: 2, always)."""
    stripped = text.strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,40}", stripped):
        raise AmountError(f"{text!r} is not an amount of digits")
    digits = minor_digits(currency)
    value = int(stripped)
    if places is None or places == digits:
        return within_limit(value, text)
    scaled, rest = divmod(abs(value) * 10**digits, 10**places)
    if rest:
        raise AmountError(f"{text!r} has more digits than {currency} has ({digits})")
    return within_limit(scaled if value >= 0 else -scaled, text)


def within_limit(minor: int, text: str) -> int:
    """The amount itself, or `AmountError` at `AMOUNT_LIMIT_MINOR` and above."""
    if abs(minor) >= AMOUNT_LIMIT_MINOR:
        raise AmountError(f"{text!r} is larger than any amount can be")
    return minor


def to_text(minor: int, currency: str) -> str:
    """123450, "USD" → `"1234.50"`: the currency's own digits, `.` as the mark, no grouping."""
    digits = minor_digits(currency)
    if digits == 0:
        return str(minor)
    whole, fraction = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{fraction:0{digits}d}"
