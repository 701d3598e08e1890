"""What matching must know about money: how many minor digits a currency has (ISO 4217), the policy's limits in minor units, and
amounts as a clerk reads them.

Amounts stay Int64 minor units everywhere; only an explanation turns them into text.
"""

from __future__ import annotations

from typing import TypeVar

import polars as pl

Whole = TypeVar("Whole", int, pl.Expr)

DEFAULT_DIGITS = 2
OTHER_DIGITS: dict[str, int] = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3) | dict.fromkeys(("CLF", "UYW"), 4)
"""Currencies that do not have two minor digits (ISO 4217 table A.1)."""


def minor_digits(currency: pl.Expr) -> pl.Expr:
    """Digits after the decimal mark, as Int64; an unknown code has two."""
    return currency.replace_strict(OTHER_DIGITS, default=DEFAULT_DIGITS, return_dtype=pl.Int64)


def limit_minor(currency: pl.Expr, limits: tuple[tuple[int, int], ...]) -> pl.Expr:
    """The policy's limit for the currency; nothing is tolerated in a currency whose minor digits the policy leaves out."""
    return minor_digits(currency).replace_strict(dict(limits), default=0, return_dtype=pl.Int64)


def as_text(amount_minor: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """`123450, "USD"` → `"USD 1234.50"`."""
    digits = minor_digits(currency)
    size = amount_minor.abs()
    sign = pl.when(amount_minor < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    figures = (
        pl.when(digits == 0).then(size.cast(pl.String)).when(digits == 3).then(_with_mark(size, 3)).when(digits == 4).then(_with_mark(size, 4))
        .otherwise(_with_mark(size, DEFAULT_DIGITS))
    )
    return pl.concat_str(currency, pl.lit(" "), sign, figures)


def digits(currency: str) -> int:
    """The same of one currency."""
    return OTHER_DIGITS.get(currency, DEFAULT_DIGITS)


def half_up(numerator: Whole, denominator: Whole | int) -> Whole:
    """The quotient to the nearest whole, a half upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


def shown(amount_minor: int, currency: str) -> str:
    """One amount as text: `shown(123450, "USD")` is `USD 1234.50`."""
    places = digits(currency)
    whole, part = divmod(abs(amount_minor), 10**places)
    sign = "-" if amount_minor < 0 else ""
    return f"{currency} {sign}{whole}.{part:0{places}}" if places else f"{currency} {sign}{whole}"


def _with_mark(size: pl.Expr, places: int) -> pl.Expr:
    unit = 10**places
    return pl.concat_str(size // unit, pl.lit("."), (size % unit).cast(pl.String).str.zfill(places))
