"""The questions of `parsers.bank_text`, asked of a whole column of texts at once.

The patterns are the same ones, run by polars' engine; each function here answers what its namesake there does, for texts in ASCII
(the letters of other scripts have no simple capitals). Where one pattern cannot tell alone, the answer is null, and the caller asks
the namesake for that text.
"""

from __future__ import annotations

import re

import polars as pl

from parsers import bank_text

_WHITESPACE = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
_LABEL_AT_END = "(?i)(?:^| )(?:" + "|".join(re.escape(label) for label in sorted(bank_text.NEXT_LABELS)) + ")$"
_SLASH_AT_END = "/[A-Za-z0-9]{1,6}$"


def payer_name(words: pl.Expr) -> pl.Expr:
    """Who paid, in the bank's spelling; empty where no known label says so."""
    value = _first(bank_text.PAYER, words)
    name_first = pl.when((value == "") & words.str.contains(" DES:", literal=True)).then(words)
    return _name(pl.when(value == "").then(_first(bank_text.NAME_FIRST, name_first)).otherwise(value))


def returned_payer_name(words: pl.Expr) -> pl.Expr:
    """Whose payment came back."""
    name = _name(_first(bank_text.RETURNED_PAYER, words))
    return pl.when(name == "").then(payer_name(words)).otherwise(name)


def clearing_reference(words: pl.Expr) -> pl.Expr:
    """The IMAD, trace number or Fed reference."""
    return _first(bank_text.CLEARING_REFERENCE, words)


def payer_reference(words: pl.Expr) -> pl.Expr:
    """The payer's own reference; null where the first candidate has no digit, for a later one may have."""
    found = _first(bank_text.PAYER_REFERENCE, words)
    return pl.when((found == "") | found.str.contains("[0-9]")).then(found)


def check_serial(words: pl.Expr) -> pl.Expr:
    """The number of the check, without leading zeros."""
    return _first(bank_text.SERIAL, words).str.strip_chars_start("0")


def original_trace(words: pl.Expr) -> pl.Expr:
    """The trace of the payment that a return takes back."""
    return _first(bank_text.ORIGINAL_TRACE, words)


def return_reason(words: pl.Expr) -> pl.Expr:
    """Why a payment came back."""
    stated = _first(bank_text.REASON, words)
    return pl.when(stated == "").then(_first(bank_text.REASON_WORDS, words)).otherwise(stated).str.strip_chars(_WHITESPACE)


def is_between_own_accounts(words: pl.Expr) -> pl.Expr:
    """Whether a book transfer says that it only moves our own money."""
    return words.str.contains(_in_polars(bank_text.OWN_ACCOUNTS)).fill_null(value=False)


def _first(pattern: re.Pattern[str], words: pl.Expr) -> pl.Expr:
    return words.str.extract(_in_polars(pattern)).fill_null("")


def _in_polars(pattern: re.Pattern[str]) -> str:
    """The pattern for text in any case without a space before it; polars' engine knows no look-ahead."""
    ahead = re.sub(r"\(\?=[^)]*\)", "", pattern.pattern)
    before = bank_text.BEFORE if ahead.startswith(bank_text.BEFORE) else " "
    return f"(?i)(?:^|{before}){ahead.removeprefix(before)}"


def _name(value: pl.Expr) -> pl.Expr:
    """The name that a value begins with, as `bank_text` cuts it out."""
    account = "^" + bank_text.ACCOUNT_BEFORE_NAME.pattern
    name = pl.when(value.str.contains(account)).then(value.str.replace(account, "")).otherwise(value.str.strip_chars_start(_WHITESPACE))
    name = pl.when(name.str.contains("  ", literal=True)).then(name.str.splitn("  ", 2).struct.field("field_0")).otherwise(name)
    ends_with_label = name.str.contains(_LABEL_AT_END)
    name = (pl.when(ends_with_label).then(name.str.replace(_LABEL_AT_END, ""))
            .when(name.str.contains(_SLASH_AT_END)).then(name.str.replace(_SLASH_AT_END, "")).otherwise(name))
    name = name.str.strip_chars(" /,:=-.\"'")
    return pl.when(name.str.contains("^[0-9 ]*$")).then(pl.lit("")).otherwise(name)
