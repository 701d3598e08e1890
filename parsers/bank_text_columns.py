"""The questions of `parsers.bank_text`, asked of a whole column of texts at once.

The patterns are the same ones, run by polars' engine; each function here answers what its namesake there does, for texts in ASCII
(the letters of other scripts have no simple capitals).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers import bank_text

if TYPE_CHECKING:
    from collections.abc import Callable

_WHITESPACE = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
_ACCOUNT_BEFORE_NAME = f"^{bank_text.ACCOUNT_BEFORE_NAME.pattern}"
_LABEL_AT_END = "(?i)(?:^| )(?:" + "|".join(re.escape(label) for label in sorted(bank_text.NEXT_LABELS)) + ")[:=#]$"
AROUND_NAME = " /,:=-.\"'"
_CODES_OR_SIGN_AT_END = f"(?:{bank_text.CODE_AT_END.removesuffix('$')})?[:=#]$"
PLAIN_NAME = "^ *[A-Za-z][A-Za-z0-9&.,'()-]*(?: [A-Za-z0-9&.,'()-]+)* ?$"


def asked(question: Callable[[pl.Series], pl.Series], where: pl.Series, words: pl.Series, answers: pl.Series | None = None) -> pl.Series:
    """The answers (or empty ones), but where the condition holds, what the question finds in the words there."""
    others = pl.Series([""]).new_from_index(0, len(words)) if answers is None else answers.clone()
    rows = np.flatnonzero(where.to_numpy())
    return others.scatter(rows, question(words.filter(where))) if rows.size else others


def payer_name(words: pl.Series) -> pl.Series:
    """Who paid, in the bank's spelling; empty where no known label says so."""
    value = _value(bank_text.PAYER, words)
    return _name(asked(_name_before_des, value == "", words, value))


def returned_payer_name(words: pl.Series) -> pl.Series:
    """Whose payment came back."""
    name = _name(_value(bank_text.RETURNED_PAYER, words))
    return asked(payer_name, name == "", words, name)


def clearing_reference(words: pl.Series) -> pl.Series:
    """The IMAD, trace number or Fed reference."""
    return _first(bank_text.CLEARING_REFERENCE, words)


def payer_reference(words: pl.Series) -> pl.Series:
    """The payer's own reference. Where the first candidate has no digit a later one may have, so `bank_text` goes on."""
    found = _first(bank_text.PAYER_REFERENCE, words)
    return asked(_payer_reference_further_on, found.str.contains("^[^0-9]+$"), words, found)


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


def label_place(pattern: re.Pattern[str], words: pl.Series) -> pl.Series:
    """The byte at which the label of a pattern with a value is found, or the character before it; null where it is not."""
    return words.str.find(_label(pattern))


def _name_before_des(words: pl.Series) -> pl.Series:
    return asked(lambda found: _first(bank_text.NAME_FIRST, found), words.str.contains(" DES:", literal=True), words)


def _reason_in_words(words: pl.Series) -> pl.Series:
    return _first(bank_text.REASON_WORDS, words)


def _payer_reference_further_on(words: pl.Series) -> pl.Series:
    return pl.Series([bank_text.payer_reference(text) for text in words], dtype=pl.String)


def _answer(expression: pl.Expr, words: pl.Series) -> pl.Series:
    return words.to_frame("words").select(expression).to_series()


def _first(pattern: re.Pattern[str], words: pl.Series) -> pl.Series:
    """What the pattern's group finds. Most texts have nothing of the kind, which a search that does not look at what stands before the
    label tells in a fraction of the time."""
    extracted = pl.col("words").str.extract(_in_polars(pattern)).fill_null("")
    return asked(lambda found: _answer(extracted, found), words.str.contains(f"(?i){_label_on(pattern)}"), words)


def _value(pattern: re.Pattern[str], words: pl.Series) -> pl.Series:
    """What `_first` finds of a label with its value, in half the time: a label has no colon or equals sign, so one shows its end."""
    labelled = pl.col("words").str.slice(pl.col("words").str.find(_label(pattern)))
    return _answer(labelled.str.extract(f"^[^:=]*{bank_text.VALUE}").fill_null(""), words)


def _label(pattern: re.Pattern[str]) -> str:
    return f"(?-u){_in_polars(pattern).removesuffix(bank_text.VALUE)}[:=]"


def _in_polars(pattern: re.Pattern[str]) -> str:
    """The pattern for text in any case without a space before it."""
    before = bank_text.BEFORE if pattern.pattern.startswith(bank_text.BEFORE) else " "
    return f"(?i)(?:^|{before}){_label_on(pattern)}"


def _label_on(pattern: re.Pattern[str]) -> str:
    """The pattern from the label on; polars' engine knows no look-ahead."""
    without_lookahead = re.sub(r"\(\?=[^)]*\)", "", pattern.pattern)
    return without_lookahead.removeprefix(bank_text.BEFORE if without_lookahead.startswith(bank_text.BEFORE) else " ")


def _name(value: pl.Series) -> pl.Series:
    """The name that a value begins with; most values are a name and no more."""
    words = pl.col("words")
    is_more = ~words.str.contains(PLAIN_NAME)
    told = value.to_frame("words").select(is_more=is_more, name=words.str.strip_chars(AROUND_NAME))
    return asked(_name_within, told["is_more"], value, told["name"])


def _name_within(value: pl.Series) -> pl.Series:
    """As `bank_text` cuts it out: after an account, before columns, before labels or a field of codes, and no number."""
    words, name = pl.col("words"), pl.col("name")
    after_account = pl.when(words.str.contains(_ACCOUNT_BEFORE_NAME)).then(words.str.replace(_ACCOUNT_BEFORE_NAME, "")).otherwise(
        words.str.strip_chars_start(_WHITESPACE))
    before_label = pl.when(name.str.contains(_LABEL_AT_END)).then(name.str.replace(_LABEL_AT_END, "")).otherwise(
        name.str.replace(_CODES_OR_SIGN_AT_END, ""))
    before_columns = value.to_frame("words").select(name=after_account.str.splitn("  ", 2).struct.field("field_0"))
    return before_columns.select(before_label.str.strip_chars(AROUND_NAME).str.replace("^[0-9 ]+$", "")).to_series()
