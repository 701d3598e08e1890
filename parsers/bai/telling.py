"""What the plain details of a BAI2 block say: their texts as columns, and what stands labelled in them.

Each function answers what `parsers.bai.account.bank_line` does for one detail, with the same tables and patterns: questions that few
texts answer are put to those by `parsers.bank_text_columns`, and the payer, whom most name, is cut out by `parsers.bai.payers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import bank_text_columns as questions
from parsers import byte_columns
from parsers.bai import codes, payers
from parsers.bai.payers import Labelled
from parsers.bai.records import BLANK
from parsers.byte_columns import PADDING, Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from parsers.bai.lines import Unfolded
    from parsers.byte_columns import Block as Text
    from parsers.byte_columns import Flags, Ints

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


def told(unfolded: Unfolded, details: Details) -> list[pl.Series]:
    """The details as columns, without what their account adds. Their texts stand in the unfolded block."""
    text, row = byte_columns.block(b"".join((unfolded.octets.data, PADDING))), _PLACE[details.code]
    bank_reference, customer_reference, places = (_trimmed(text, column) for column in details[3:])
    blocks = text.in_rows(row.size)
    words, bank, customer = _strings((places, bank_reference, customer_reference), blocks)
    asked, returned = _Asked(words, pl.Series([""]).new_from_index(0, row.size)), _ARE_RETURNS[row]
    number = _check_number(asked, _HAVE_SERIALS[row], returned, customer)
    payer = payers.payer_name(Labelled(text, unfolded.breaks, places, words, blocks), _NAME_PAYERS[row])
    columns = {
        "type_code": _TYPE_CODE.gather(row),
        "amount_minor": pl.Series(details.amount * _SIGN[row]),
        "sign": pl.Series(_SIGN[row]),
        "kind": _with_own_transfers(_KIND.gather(row), _ARE_BOOK_TRANSFERS[row], words),
        "value_date": pl.Series(details.value_date),
        "bank_reference": asked.of(questions.clearing_reference, _are_void(text, bank_reference), bank),
        "customer_reference": asked.of(questions.payer_reference, _are_void(text, customer_reference), customer),
        "check_number": number,
        "payer_name": asked.of(questions.returned_payer_name, returned, payer),
        "remittance_text": _in_one_line(text, places, words),
        "return_reason": asked.of(questions.return_reason, returned),
        "original_reference": _original_reference(asked, returned, number),
    }
    return [column.alias(name) for name, column in columns.items()]


def _trimmed(text: Text, places: Places) -> Places:
    """Without blanks around, which few texts have."""
    may_have_some = (text.octets[places.start] <= ord(" ")) | (text.octets[places.end - 1] <= ord(" "))
    return byte_columns.trimmed(text, places, BLANK) if may_have_some.any() else places


def _strings(columns: Iterable[Places], blocks: pl.DataFrame) -> list[pl.Series]:
    """The strings of several columns, with less ado than one by one."""
    cuts = [pl.col("block").bin.slice(pl.lit(pl.Series(start)), pl.lit(pl.Series(end - start))).cast(pl.String) for start, end in columns]
    return blocks.select_seq(cut.alias(str(number)) for number, cut in enumerate(cuts)).get_columns()


class _Asked(NamedTuple):
    """The words of all details, and the answers of those that are silent."""

    words: pl.Series
    silence: pl.Series

    def of(self, question: Callable[[pl.Series], pl.Series], where: Flags, otherwise: pl.Series | None = None) -> pl.Series:
        """What a question finds in the words where the condition holds, and elsewhere another answer or silence."""
        answers = self.silence if otherwise is None else otherwise
        return questions.asked(question, pl.Series(where), self.words, answers) if where.any() else answers


def _in_one_line(text: Text, places: Places, words: pl.Series) -> pl.Series:
    """The words with a blank for each line break, without blanks and commas around. There are no blanks where there is no comma."""
    told = words.str.replace_all("\n", " ", literal=True)
    have_commas = (text.octets[places.start] == ord(",")) | (text.octets[places.end - 1] == ord(","))
    return told.str.strip_chars(" ,") if have_commas.any() else told


def _are_void(text: Text, references: Places) -> Flags:
    """Which references are empty or nothing but zeros."""
    void = ~references.is_filled
    rows = np.flatnonzero(text.octets[references.start] == ord("0"))
    void[rows] = ~byte_columns.trimmed(text, Places(references.start[rows], references.end[rows]), "0").is_filled
    return void


def _check_number(asked: _Asked, have_serials: Flags, returned: Flags, reference: pl.Series) -> pl.Series:
    """The serial number: of a returned check as the text names it, of another as the reference says."""
    if not have_serials.any():
        return asked.silence
    by_reference = _Asked(reference, asked.silence).of(_number_of, have_serials)
    by_text = asked.of(questions.check_serial, have_serials & (returned | (by_reference == "").to_numpy()))
    return by_text.zip_with(by_text != "", by_reference)


def _number_of(reference: pl.Series) -> pl.Series:
    return reference.str.extract("^0*([0-9]*)$").fill_null("")


def _original_reference(asked: _Asked, returned: Flags, number: pl.Series) -> pl.Series:
    """The trace of the payment that came back, or the number of the check that did."""
    if not returned.any():
        return asked.silence
    original = asked.of(questions.original_trace, returned)
    return number.zip_with(pl.Series(returned) & (original == ""), original)


def _with_own_transfers(kind: pl.Series, are_book_transfers: Flags, words: pl.Series) -> pl.Series:
    rows = np.flatnonzero(are_book_transfers)
    return kind.scatter(rows[questions.is_between_own_accounts(words.gather(rows)).to_numpy()], "transfer") if rows.size else kind
