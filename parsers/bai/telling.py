"""What the plain details of a BAI2 block say: their texts as columns, and what stands labelled in them.

Each function answers what `parsers.bai.account.bank_line` does for one detail, with the same tables and patterns: questions that few
texts answer are put to those by `parsers.bank_text_columns`, and the payer, whom most name, is cut out by `parsers.bai.payers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import bank_text_columns as questions, byte_columns
from parsers.bai import codes, payers
from parsers.bai.records import BLANK
from parsers.byte_columns import PADDING, Places

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from parsers.byte_columns import Block as Text
    from parsers.byte_columns import Flags, Ints, Octets

_MEANINGS = [codes.type_code(code) for code in codes.details_with_money() if code]
_PLACE = np.full(1000, -1)
_PLACE[[int(meaning.code) for meaning in _MEANINGS]] = range(len(_MEANINGS))
_TYPE_CODE = pl.Series([meaning.code for meaning in _MEANINGS], dtype=pl.String)
_KIND = pl.Series([meaning.kind for meaning in _MEANINGS], dtype=pl.String)
_SIGN = np.array([meaning.sign for meaning in _MEANINGS])
_ARE_RETURNS = np.array([meaning.kind == "return" for meaning in _MEANINGS])
_NAME_PAYERS = np.array([meaning.names_payer for meaning in _MEANINGS]) & ~_ARE_RETURNS
_HAVE_SERIALS = np.array([meaning.code in codes.SERIAL_IS_CUSTOMER_REFERENCE for meaning in _MEANINGS])
_ARE_BOOK_TRANSFERS = np.array([meaning.code in codes.BOOK_TRANSFERS for meaning in _MEANINGS])
_TO_BLANK = np.uint8(ord(" ") - ord("\n"))


class Details(NamedTuple):
    """Plain details: type code, amount as written, stated value date, and where the texts stand, with blanks around."""

    code: Ints
    amount: Ints
    value_date: NDArray[np.datetime64]
    bank_reference: Places
    customer_reference: Places
    words: Places


def are_known(code: Ints) -> Flags:
    """Which type codes the table lists as details that move money."""
    known: Flags = _PLACE[code] >= 0
    return known


def told(octets: Octets, details: Details) -> pl.DataFrame:
    """The details as columns, without what their account adds: `octets` is the unfolded text that their places are in."""
    text, row = _text(octets), _PLACE[details.code]
    rows = text.in_rows(row.size)
    bank_reference, customer_reference, places = (byte_columns.trimmed(text, column, BLANK) for column in details[3:])
    words = _strings(places, rows)
    returned, has_serial, is_book_transfer = (pl.Series(kinds[row]) for kinds in (_ARE_RETURNS, _HAVE_SERIALS, _ARE_BOOK_TRANSFERS))
    reference = _strings(customer_reference, rows)
    number = _check_number(has_serial, returned, reference, words)
    payer = payers.payer_name(text, places, words, _NAME_PAYERS[row])
    original = questions.asked(questions.original_trace, returned, words)
    return pl.DataFrame({
        "type_code": _TYPE_CODE.gather(row),
        "amount_minor": details.amount * _SIGN[row],
        "sign": _SIGN[row],
        "kind": _with_own_transfers(_KIND.gather(row), is_book_transfer, words),
        "value_date": details.value_date,
        "bank_reference": questions.asked(questions.clearing_reference, _are_void(text, bank_reference), words, _strings(bank_reference, rows)),
        "customer_reference": questions.asked(questions.payer_reference, _are_void(text, customer_reference), words, reference),
        "check_number": number,
        "payer_name": questions.asked(questions.returned_payer_name, returned, words, payer),
        "remittance_text": _in_one_line(octets, places),
        "return_reason": questions.asked(questions.return_reason, returned, words),
        "original_reference": number.zip_with(returned & (original == ""), original),
    })


def _text(octets: Octets) -> Text:
    return byte_columns.block(b"".join((octets.data, PADDING)))


def _strings(places: Places, rows: pl.DataFrame) -> pl.Series:
    return byte_columns.strings("text", places, slice(None), rows)


def _in_one_line(octets: Octets, words: Places) -> pl.Series:
    """The words with a blank for each line break, without blanks and commas around."""
    text = _text(octets + (octets == ord("\n")) * _TO_BLANK)
    return text.column(byte_columns.trimmed(text, words, " ,"))


def _are_void(text: Text, references: Places) -> pl.Series:
    """Which references are empty or nothing but zeros."""
    void = ~references.is_filled
    rows = np.flatnonzero(text.octets[references.start] == ord("0"))
    void[rows] = ~byte_columns.trimmed(text, Places(references.start[rows], references.end[rows]), "0").is_filled
    return pl.Series(void)


def _check_number(has_serial: pl.Series, returned: pl.Series, reference: pl.Series, words: pl.Series) -> pl.Series:
    """The serial number: of a returned check as the text names it, of another as the reference says."""
    by_reference = questions.asked(_number_of, has_serial, reference)
    by_text = questions.asked(questions.check_serial, has_serial & (returned | (by_reference == "")), words)
    return by_text.zip_with(by_text != "", by_reference)


def _number_of(reference: pl.Series) -> pl.Series:
    return reference.str.extract("^0*([0-9]*)$").fill_null("")


def _with_own_transfers(kind: pl.Series, is_book_transfer: pl.Series, words: pl.Series) -> pl.Series:
    is_own = questions.is_between_own_accounts(words.filter(is_book_transfer))
    return kind.scatter(is_book_transfer.arg_true().filter(is_own), "transfer")
