"""Text to minor units and back: the only two doors through which money passes.

Minor digits come from ISO 4217 (JPY 0, USD 2, KWD 3). More digits than the currency has are an error, never a rounding;
trailing zeros beyond them are harmless. No float touches money.
"""

from __future__ import annotations

import re

AMOUNT_LIMIT_MINOR = 10**15
"""No amount of a bank file or an invoice reaches it; a larger one is a broken field (it also keeps sums inside BIGINT)."""

_ACTIVE = {  # ISO 4217 table A.1 as of 2026-01-01; a test holds it equal to the package `iso4217`, which takes 10 ms to load
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU "
       "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
       "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
       "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
       "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_WITHDRAWN = {  # table A.3: still found in archives
    0: "BEF ESP GRD ITL LUF PTE TRL",
    2: "ANG ATS BGN CUC CYP DEM EEK FIM FRF HRK IEP LTL LVL MTL NLG ROL SIT SKK VEF ZWL",
}
_DIGITS = {code: digits for table in (_WITHDRAWN, _ACTIVE) for digits, codes in table.items() for code in codes.split()}
_NUMBER = re.compile(r"([+-]?)([0-9]{0,40})(?:([.,])([0-9]{0,40}))?")


class AmountError(ValueError):
    """The text is no amount of that currency; the message says why in words for an operator."""


def minor_digits(currency: str) -> int:
    """Digits after the decimal mark; `AmountError` for a code that ISO 4217 does not list (or gives no digits: XAU, XXX)."""
    try:
        return _DIGITS[currency]
    except KeyError:
        raise AmountError(f"unknown currency {currency!r}") from None


def currencies(digits: int) -> list[str]:
    """The codes of the currencies with so many minor digits."""
    return sorted(code for code, kept in _DIGITS.items() if kept == digits)


def is_currency(code: str) -> bool:
    """Whether ISO 4217 lists the code with minor digits."""
    return code in _DIGITS


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
