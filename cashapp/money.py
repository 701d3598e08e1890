"""Minor units as decimal text, for whole columns; single amounts go through `parsers.amounts`.

The two are held equal by a property test.
"""

from __future__ import annotations

import polars as pl

from parsers.amounts import minor_digits, to_text


def digits_of(currencies: pl.Series) -> pl.Series:
    """The minor digits of each row's currency."""
    known = {code: minor_digits(code) for code in currencies.unique().drop_nulls() if code}
    return currencies.replace_strict(known, default=None, return_dtype=pl.Int64)


def text(minor: pl.Series, currencies: pl.Series) -> pl.Series:
    """Amounts as decimal text in their currency's own digits: 123450 USD → `1234.50`; null stays null."""
    digits = digits_of(currencies)
    frame = pl.DataFrame({"minor": minor, "digits": digits})
    power = pl.lit(10, dtype=pl.Int64).pow(pl.col("digits")).cast(pl.Int64)
    whole, fraction = pl.col("minor").abs() // power, pl.col("minor").abs() % power
    sign = pl.when(pl.col("minor") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    padded = fraction.cast(pl.String).str.zfill(pl.col("digits"))
    tail = pl.when(pl.col("digits") == 0).then(pl.lit("")).otherwise(pl.lit(".") + padded)
    return frame.select((sign + whole.cast(pl.String) + tail).alias(minor.name)).to_series()


def shown(minor: int | None, currency: str | None) -> str:
    """One amount for a screen or a sentence, `1234.50 USD`; empty where there is none."""
    return f"{to_text(minor, currency)} {currency}" if minor is not None and currency else ""
