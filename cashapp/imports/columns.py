"""Columns of text read as amounts, dates, currencies and kinds, a whole column at a time.

Amounts are exact: digits are moved as digits, never through a float. What is written plainly is read by column
expressions; every other text goes to `parsers.amounts`, which defines what an amount is and says what is wrong with it.
Relaxations: currencies and kinds may be written in any case, kinds with blanks or dashes (`Credit Memo`); a date may
have no dashes (`20260131`) or a time behind it (`2026-01-31 00:00:00`), which does not move it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import NamedTuple

import polars as pl

from parsers import dates as calendar
from parsers.amounts import AMOUNT_LIMIT_MINOR, AmountError, is_currency, minor_digits, to_minor

_PLAIN_AMOUNT = r"^([+-]?)([0-9]{1,14})(?:\.([0-9]{0,8}))?$"
_DATE = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ]\d\d[\d:.,]*(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)


class Reading(NamedTuple):
    """The values of a column, null where the text is empty or wrong; `wrong` has words where it is wrong, else null."""

    values: pl.Series
    wrong: pl.Series


def amounts(texts: pl.Series, currencies: pl.Series) -> Reading:
    """Minor units of each row's currency; a row whose currency is null is not judged."""
    frame = pl.DataFrame({"text": texts, "currency": currencies}).with_row_index("row")
    asked = frame.filter(pl.col("text") != "", pl.col("currency").is_not_null())
    quick = asked.with_columns(_plain_minor(asked["currency"]).alias("minor"))
    slow = _defined(quick.filter(pl.col("minor").is_null()).drop("minor"))
    read = pl.concat([quick.filter(pl.col("minor").is_not_null()).select("row", "minor", pl.lit(None, pl.String).alias("wrong")), slow])
    both = frame.select("row").join(read, on="row", how="left", maintain_order="left")
    return Reading(both["minor"].alias(texts.name), both["wrong"])


def _plain_minor(currencies: pl.Series) -> pl.Expr:
    """Digits, a point, no more digits than the currency has; null for everything else."""
    known = {code: minor_digits(code) for code in currencies.unique()}
    digits = pl.col("currency").replace_strict(known, default=None, return_dtype=pl.Int64)
    parts = pl.col("text").str.extract_groups(_PLAIN_AMOUNT)
    whole = parts.struct.field("2").cast(pl.Int64)
    fraction = parts.struct.field("3").fill_null("").str.strip_chars_end("0")
    missing = digits - fraction.str.len_bytes().cast(pl.Int64)
    tail = pl.when(fraction == "").then(pl.lit("0")).otherwise(fraction).cast(pl.Int64) * _power_of_ten(missing)
    minor = whole * _power_of_ten(digits) + tail
    signed = pl.when(parts.struct.field("1") == "-").then(-minor).otherwise(minor)
    return pl.when(missing >= 0, minor < AMOUNT_LIMIT_MINOR).then(signed)


def _power_of_ten(exponent: pl.Expr) -> pl.Expr:
    return exponent.replace_strict({n: 10**n for n in range(5)}, default=0, return_dtype=pl.Int64)


def _defined(asked: pl.DataFrame) -> pl.DataFrame:
    """What is not written plainly, by the definition of an amount."""
    def read(text: str, currency: str) -> tuple[int | None, str | None]:
        try:
            return to_minor(text, currency), None
        except AmountError as error:
            return None, str(error)

    found = [(row, *read(text, currency)) for row, text, currency in asked.iter_rows()]
    return pl.DataFrame(found, schema={"row": asked.schema["row"], "minor": pl.Int64, "wrong": pl.String}, orient="row")


def dates(texts: pl.Series) -> Reading:
    """Calendar dates as written; a time behind the date does not move it."""
    known = {text: _date(text) for text in texts.unique() if text}
    values = texts.replace_strict(known, default=None, return_dtype=pl.Date)
    return _judged(texts, values, "'{}' is not a date of the calendar")


def _date(text: str) -> dt.date | None:
    found = _DATE.fullmatch(text)
    return calendar.of_parts(int(found[1]), int(found[3]), int(found[4])) if found else None


def currencies(texts: pl.Series) -> Reading:
    """Codes that ISO 4217 lists, in upper case."""
    known = {text: text.upper() for text in texts.unique() if is_currency(text.upper())}
    values = texts.replace_strict(known, default=None, return_dtype=pl.String)
    return _judged(texts, values, "'{}' is not a currency of ISO 4217")


def kinds(texts: pl.Series, allowed: Collection[str]) -> Reading:
    """One of the kinds allowed."""
    plain = {text: re.sub(r"[\s-]+", "_", text.lower()) for text in texts.unique()}
    known = {text: kind for text, kind in plain.items() if kind in allowed}
    values = texts.replace_strict(known, default=None, return_dtype=pl.String)
    return _judged(texts, values, f"'{{}}' is none of {', '.join(allowed)}")


def _judged(texts: pl.Series, values: pl.Series, words: str) -> Reading:
    frame = pl.DataFrame({"text": texts, "value": values})
    wrong = pl.when(pl.col("text") != "", pl.col("value").is_null()).then(pl.format(words, pl.col("text").str.slice(0, 60)))
    return Reading(values, frame.select(wrong.alias("wrong")).to_series())
