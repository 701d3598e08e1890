"""The questions of `parsers.bank_text`, asked of a whole column of texts at once.

The patterns are the same ones, run by polars' engine; each function here answers what its namesake there does, for texts in ASCII
(the letters of other scripts have no simple capitals). A null is a text that nobody asks about, and has an empty answer.
"""

from __future__ import annotations

import re

import polars as pl

from parsers import bank_text

_WHITESPACE = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
_ACCOUNT_BEFORE_NAME = f"^{bank_text.ACCOUNT_BEFORE_NAME.pattern}"
_LABEL_AT_END = "(?i)(?:^| )(?:" + "|".join(re.escape(label) for label in sorted(bank_text.NEXT_LABELS)) + ")$"
_SLASH_AT_END = "/[A-Za-z0-9]{1,6}$"


def payer_name(words: pl.Series) -> pl.Series:
    """Who paid, in the bank's spelling; empty where no known label says so."""
    value = _first(bank_text.PAYER, words)
    asked_again = (value == "") & words.str.contains(" DES:", literal=True)
    if asked_again.any():
        value = _either(asked_again, _first(bank_text.NAME_FIRST, _only(asked_again, words)), value)
    return _name(value)


def returned_payer_name(words: pl.Series) -> pl.Series:
    """Whose payment came back."""
    name = _name(_first(bank_text.RETURNED_PAYER, words))
    unnamed = name == ""
    return _either(unnamed, payer_name(_only(unnamed, words)), name)


def clearing_reference(words: pl.Series) -> pl.Series:
    """The IMAD, trace number or Fed reference."""
    return _first(bank_text.CLEARING_REFERENCE, words)


def payer_reference(words: pl.Series) -> pl.Series:
    """The payer's own reference. Where the first candidate has no digit a later one may have, and `bank_text` goes on."""
    found = _first(bank_text.PAYER_REFERENCE, words)
    without_digit = (found != "") & ~found.str.contains("[0-9]")
    rows = without_digit.arg_true()
    return found.scatter(rows, [bank_text.payer_reference(text) for text in words.gather(rows)]) if len(rows) else found


def check_serial(words: pl.Series) -> pl.Series:
    """The number of the check, without leading zeros."""
    return _first(bank_text.SERIAL, words).str.strip_chars_start("0")


def original_trace(words: pl.Series) -> pl.Series:
    """The trace of the payment that a return takes back."""
    return _first(bank_text.ORIGINAL_TRACE, words)


def return_reason(words: pl.Series) -> pl.Series:
    """Why a payment came back."""
    stated = _first(bank_text.REASON, words)
    unstated = stated == ""
    return _either(unstated, _first(bank_text.REASON_WORDS, _only(unstated, words)), stated).str.strip_chars(_WHITESPACE)


def is_between_own_accounts(words: pl.Series) -> pl.Series:
    """Whether a book transfer says that it only moves our own money."""
    return words.str.contains(_in_polars(bank_text.OWN_ACCOUNTS)).fill_null(value=False)


def _first(pattern: re.Pattern[str], words: pl.Series) -> pl.Series:
    return words.str.extract(_in_polars(pattern)).fill_null("")


def _in_polars(pattern: re.Pattern[str]) -> str:
    """The pattern for text in any case without a space before it; polars' engine knows no look-ahead."""
    without_lookahead = re.sub(r"\(\?=[^)]*\)", "", pattern.pattern)
    before = bank_text.BEFORE if without_lookahead.startswith(bank_text.BEFORE) else " "
    return f"(?i)(?:^|{before}){without_lookahead.removeprefix(before)}"


def _name(value: pl.Series) -> pl.Series:
    """The name that a value begins with, as `bank_text` cuts it out: the account before it, the columns, labels and field after it."""
    name = _either(value.str.contains(_ACCOUNT_BEFORE_NAME), value.str.replace(_ACCOUNT_BEFORE_NAME, ""), value.str.strip_chars_start(_WHITESPACE))
    in_columns = name.str.contains("  ", literal=True)
    if in_columns.any():
        name = _either(in_columns, name.str.splitn("  ", 2).struct.field("field_0"), name)
    before_label = name.str.contains(_LABEL_AT_END)
    before_field = name.str.contains(_SLASH_AT_END) & ~before_label
    if before_label.any():
        name = _either(before_label, name.str.replace(_LABEL_AT_END, ""), name)
    if before_field.any():
        name = _either(before_field, name.str.replace(_SLASH_AT_END, ""), name)
    name = name.str.strip_chars(" /,:=-.\"'")
    return _either(name.str.contains("^[0-9 ]*$"), pl.Series([""]), name)


def _either(where: pl.Series, then: pl.Series, otherwise: pl.Series) -> pl.Series:
    return then.zip_with(where, otherwise)


def _only(where: pl.Series, words: pl.Series) -> pl.Series:
    """The texts that are asked about, null elsewhere."""
    return words.zip_with(where, pl.Series([None], dtype=pl.String))
