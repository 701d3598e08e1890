"""The questions of `parsers.bank_text`, asked of a whole column of texts at once.

The patterns are the same ones, run by polars' engine; each function here answers what its namesake there does, for texts in ASCII
(the letters of other scripts have no simple capitals).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from parsers import bank_text

if TYPE_CHECKING:
    from collections.abc import Callable

_WHITESPACE = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
_ACCOUNT_BEFORE_NAME = f"^{bank_text.ACCOUNT_BEFORE_NAME.pattern}"
_LABEL_AT_END = "(?i)(?:^| )(?:" + "|".join(re.escape(label) for label in sorted(bank_text.NEXT_LABELS)) + ")$"
_SLASH_AT_END = "/[A-Za-z0-9]{1,6}$"


def asked(question: Callable[[pl.Series], pl.Series], where: pl.Series, words: pl.Series, answers: pl.Series | None = None) -> pl.Series:
    """The answers (or empty ones), but where the condition holds, what the question finds in the words there."""
    others = pl.repeat("", len(words), eager=True) if answers is None else answers
    rows = where.arg_true()
    return others.scatter(rows, question(words.gather(rows))) if len(rows) else others


def payer_name(words: pl.Series) -> pl.Series:
    """Who paid, in the bank's spelling; empty where no known label says so."""
    value = _first(bank_text.PAYER, words)
    return _name(asked(_name_before_des, (value == "") & words.str.contains(" DES:", literal=True), words, value))


def returned_payer_name(words: pl.Series) -> pl.Series:
    """Whose payment came back."""
    name = _name(_first(bank_text.RETURNED_PAYER, words))
    return asked(payer_name, name == "", words, name)


def clearing_reference(words: pl.Series) -> pl.Series:
    """The IMAD, trace number or Fed reference."""
    return _first(bank_text.CLEARING_REFERENCE, words)


def payer_reference(words: pl.Series) -> pl.Series:
    """The payer's own reference. Where the first candidate has no digit a later one may have, so `bank_text` goes on."""
    found = _first(bank_text.PAYER_REFERENCE, words)
    return asked(_payer_reference_further_on, (found != "") & ~found.str.contains("[0-9]"), words, found)


def check_serial(words: pl.Series) -> pl.Series:
    """The number of the check, without leading zeros."""
    return _first(bank_text.SERIAL, words).str.strip_chars_start("0")


def original_trace(words: pl.Series) -> pl.Series:
    """The trace of the payment that a return takes back."""
    return _first(bank_text.ORIGINAL_TRACE, words)


def return_reason(words: pl.Series) -> pl.Series:
    """Why a payment came back."""
    stated = _first(bank_text.REASON, words)
    return asked(_reason_in_words, stated == "", words, stated).str.strip_chars(_WHITESPACE)


def is_between_own_accounts(words: pl.Series) -> pl.Series:
    """Whether a book transfer says that it only moves our own money."""
    return words.str.contains(_in_polars(bank_text.OWN_ACCOUNTS))


def _name_before_des(words: pl.Series) -> pl.Series:
    return _first(bank_text.NAME_FIRST, words)


def _reason_in_words(words: pl.Series) -> pl.Series:
    return _first(bank_text.REASON_WORDS, words)


def _payer_reference_further_on(words: pl.Series) -> pl.Series:
    return pl.Series([bank_text.payer_reference(text) for text in words], dtype=pl.String)


def _first(pattern: re.Pattern[str], words: pl.Series) -> pl.Series:
    return words.str.extract(_in_polars(pattern)).fill_null("")


def _in_polars(pattern: re.Pattern[str]) -> str:
    """The pattern for text in any case without a space before it; polars' engine knows no look-ahead."""
    without_lookahead = re.sub(r"\(\?=[^)]*\)", "", pattern.pattern)
    before = bank_text.BEFORE if without_lookahead.startswith(bank_text.BEFORE) else " "
    return f"(?i)(?:^|{before}){without_lookahead.removeprefix(before)}"


def _name(value: pl.Series) -> pl.Series:
    """The name that a value begins with, as `bank_text` cuts it out: after an account, before columns, labels and a field of codes."""
    name = asked(_after_account, value.str.contains(_ACCOUNT_BEFORE_NAME), value, value.str.strip_chars_start(_WHITESPACE))
    name = asked(_before_columns, name.str.contains("  ", literal=True), name, name)
    is_before_label = name.str.contains(_LABEL_AT_END)
    is_before_field = name.str.contains(_SLASH_AT_END) & ~is_before_label
    name = asked(_before_label, is_before_label, name, name)
    name = asked(_before_field, is_before_field, name, name).str.strip_chars(" /,:=-.\"'")
    return name.set(name.str.contains("^[0-9 ]+$"), "")


def _after_account(value: pl.Series) -> pl.Series:
    return value.str.replace(_ACCOUNT_BEFORE_NAME, "")


def _before_columns(name: pl.Series) -> pl.Series:
    return name.str.splitn("  ", 2).struct.field("field_0")


def _before_label(name: pl.Series) -> pl.Series:
    return name.str.replace(_LABEL_AT_END, "")


def _before_field(name: pl.Series) -> pl.Series:
    return name.str.replace(_SLASH_AT_END, "")
