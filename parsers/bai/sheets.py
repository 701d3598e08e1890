"""A block of a BAI2 file as a sheet: where each logical record stands, and the plain details in columns.

A detail is plain if it is in ASCII, its type code is listed and moves money, and its amount, funds type and references stand on its
first line and are as usual; all others are for the long road of `parsers.bai.details`:

    16,165,10000,Z,REF77,,ORIG CO NAME:BETA INC
    88,INVOICE 4711

The commas say where its fields stand; then the block, with marks for the three commas before texts and without codes and filling of
88 lines, is one table for polars to read. What a plain detail says is the same here and on the long road, for tables, patterns and
the rule that glues cut words are shared, and a differential test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.bai import codes, records as bai_records
from parsers import bank_text_columns as questions
from parsers.bai.levels import date_of, line_width
from parsers.bai.records import BLANK, CODES, FILLING, Block
from parsers.bank_text import LABEL
from parsers.digit_columns import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.digit_columns import Flags, Letters, Numbers


def _code(code: str) -> int:
    """The code of a line as a number."""
    return int.from_bytes(f"{code},".encode())


_RECORDS = [_code(code) for code in CODES]
_FILE_HEADER, _DETAIL, _CONTINUATION = _code("01"), _code("16"), _code("88")
_FIELD, _RECORD = "\x1f", "\x1e"
_TEXTS = ["head", "bank_reference", "customer_reference", "words"]
_IS_FILLING = np.isin(np.arange(256), list(FILLING.encode()))
_IS_FUNDS = np.isin(np.arange(256), list(b"Z012"))
_BEYOND = 9
"""So many letters stand behind the text that one may look a little beyond its end."""

_DIGITS_MAX = 12
"""A longer amount takes the long road, so that the sums of a block stay far inside 64 bits."""

_MEANINGS = [codes.type_code(code) for code in codes.details_with_money() if code]
_PLACE = np.full(1000, -1)
_PLACE[[int(meaning.code) for meaning in _MEANINGS]] = range(len(_MEANINGS))
_ITEM = np.full(1000, -1)
_ITEM[[int(code) for code in codes.ITEM_OF_PACKAGE]] = [int(item) for item in codes.ITEM_OF_PACKAGE.values()]
_TYPE_CODE = pl.Series([meaning.code for meaning in _MEANINGS], dtype=pl.String)
_KIND = pl.Series([meaning.kind for meaning in _MEANINGS], dtype=pl.String)
_SIGN = np.array([meaning.sign for meaning in _MEANINGS])
_IS_RETURN = np.array([meaning.kind == "return" for meaning in _MEANINGS])
_NAMES_PAYER = np.array([meaning.names_payer for meaning in _MEANINGS]) & ~_IS_RETURN
_HAS_SERIAL = np.array([meaning.code in codes.SERIAL_IS_CUSTOMER_REFERENCE for meaning in _MEANINGS])
_IS_BOOK_TRANSFER = np.array([meaning.code in codes.BOOK_TRANSFERS for meaning in _MEANINGS])


class Sheet(NamedTuple):
    """The logical records of a block in order: `start` and `end` in its text, number of the first line, whether it is a plain detail.
    `details` has a row for each that is one: columns of `documents.LINES`, `sign`, and how many lines count as records (`counted`)."""

    start: Numbers
    end: Numbers
    line: Numbers
    is_plain: Flags
    details: pl.DataFrame


class _Lines(NamedTuple):
    """The lines of a block: its bytes, where each line starts and ends (at its line end), and its code: the first three bytes."""

    letters: Letters
    start: Numbers
    end: Numbers
    code: Numbers


class _Fields(NamedTuple):
    """The fields of records that may be details: type code and amount as numbers, the stated value date, where the texts begin, and
    whether all is as usual."""

    code: Numbers
    amount: Numbers
    value_date: NDArray[np.datetime64]
    bank_reference: Numbers
    customer_reference: Numbers
    words: Numbers
    is_usual: Flags


def sheet(block: Block, width: int) -> Sheet | None:
    """The sheet of a block whose lines are full at `width`, if no 01 record in it says otherwise; None where only the record reader
    knows (several records on a line, control characters that are our marks, files of two widths) or is faster: few plain details."""
    if block.breaks or _FIELD in block.text or _RECORD in block.text:
        return None
    lines = _lines(block.text)
    is_head = lines.code != _CONTINUATION
    is_head[0] = True
    is_record = np.logical_or.reduce([lines.code == code for code in _RECORDS])
    records = np.flatnonzero(is_record)
    widths = _widths(block, lines, records, width)
    if not records.size or len(widths) > 1:
        return None
    start, end = lines.start[records], np.append(lines.start[records[1:]], len(block.text))
    fields = _fields(lines, records)
    head = np.cumsum(is_head)
    has_codes = np.diff(head[records], append=head[-1] + 1) == 1
    is_plain = fields.is_usual & has_codes & ~_is_followed_by_item(fields.code) & _is_ascii(lines, start)
    is_plain[-1] = False  # nobody knows what follows it
    if 2 * is_plain.sum() < len(records):
        return None
    chosen, fields = pl.Series(is_plain), _Fields(*(column[is_plain] for column in fields))
    texts = _table(_kept(block.text, lines, is_head, widths.pop()), lines, start, fields).filter(chosen)
    places = pl.DataFrame({
        "line": records + block.line, "counted": np.diff(records, append=len(lines.start)),
        "byte_start": start + block.offset, "byte_end": end + block.offset,
    })
    return Sheet(start, end, records + block.line, is_plain, places.filter(chosen).hstack(_told(texts, fields)))


def _lines(text: str) -> _Lines:
    letters = np.full(len(text) + _BEYOND, ord("."), np.uint8)
    letters[: len(text)] = np.frombuffer(text.encode("latin-1"), np.uint8)
    breaks = np.flatnonzero(letters == ord("\n"))
    start, end = np.append(0, breaks + 1), np.append(breaks, len(text))
    lines = slice(0, -1 if text.endswith("\n") else None)
    first, second, third = (letters[start + place].astype(np.int64) for place in range(3))
    return _Lines(letters, start[lines], end[lines], ((first << 16) + (second << 8) + third)[lines])


def _widths(block: Block, lines: _Lines, records: Numbers, width: int) -> set[int]:
    """The widths of full lines in the files that the block holds parts of."""
    headers = records[lines.code[records] == _FILE_HEADER]
    stated = {line_width(bai_records.logical_at(block, int(start))) for start in lines.start[headers]}
    return stated if headers.size and headers[0] == records[0] else stated | {width}


def _fields(lines: _Lines, records: Numbers) -> _Fields:
    letters, start, end = lines.letters, lines.start[records], lines.end[records]
    commas = np.append(np.flatnonzero(letters == ord(",")), np.full(9, len(letters) - 3))
    first = np.searchsorted(commas, start)
    code, has_code = number(letters, start + 3, commas[first + 1], 3)
    has_code &= (lines.code[records] == _DETAIL) & (commas[first + 1] == start + 6)
    amount, has_amount = number(letters, commas[first + 1] + 1, commas[first + 2], _DIGITS_MAX)
    funds = letters[commas[first + 2] + 1]
    funds_length = commas[first + 3] - commas[first + 2] - 1
    is_valued = (funds_length == 1) & (funds == ord("V"))
    has_funds = (funds_length == 0) | (funds_length == 1) & _IS_FUNDS[funds] | is_valued
    value_date, has_date = _value_dates(letters, commas[first + 3] + 1, commas[first + 4], is_valued)
    bank, customer, words = (commas[first + place + 2 * is_valued] + 1 for place in (3, 4, 5))
    code = np.where(has_code, code, 0)
    is_usual = (_PLACE[code] >= 0) & has_amount & has_funds & has_date & (words <= end)
    return _Fields(code, amount, value_date, bank, customer, words, is_usual)


def _value_dates(letters: Letters, start: Numbers, end: Numbers, is_valued: Flags) -> tuple[NDArray[np.datetime64], Flags]:
    """The dates of value, where the funds type has one, and whether each of these is empty or a date."""
    dates, is_date = np.full(len(start), np.datetime64("NaT"), "datetime64[D]"), ~is_valued | (start == end)
    rows = np.flatnonzero(is_valued & (end - start == 6))
    stated, has_digits = number(letters, start[rows], end[rows], 6)
    for digits in np.unique(stated[has_digits]).tolist():
        if date := date_of(f"{digits:06d}"):
            found = rows[has_digits & (stated == digits)]
            dates[found], is_date[found] = date, True
    return dates, is_date


def _is_followed_by_item(code: Numbers) -> Flags:
    """Which details are deposits whose items follow."""
    following: Flags = _ITEM[code] == np.append(code[1:], 0)
    return following


def _is_ascii(lines: _Lines, start: Numbers) -> Flags:
    """Which records have no letter outside ASCII."""
    outside, found = np.flatnonzero(lines.letters > 127), np.ones(len(start), np.bool_)
    found[np.searchsorted(start, outside[outside >= start[0]], side="right") - 1] = False
    return found


def _kept(text: str, lines: _Lines, is_head: Flags, width: int) -> Flags:
    """Which bytes are left when codes of 88 lines and filling of all lines are taken out; and the line end of a full line that an 88
    line continues inside a word, as `bai_records.glued` has it: not before a label, and not in a record that has a fuller line."""
    kept, end = np.ones(len(text), np.bool_), lines.end.copy()
    for place in range(3):
        kept[lines.start[~is_head] + place] = False
    filled = np.flatnonzero(_IS_FILLING[lines.letters[end - 1]])
    while filled.size:
        end[filled] -= 1
        kept[end[filled]] = False
        filled = filled[_IS_FILLING[lines.letters[end[filled] - 1]]]
    length, record = end - lines.start, np.cumsum(is_head)
    is_wrapped = np.ones(record[-1] + 1, np.bool_)
    is_wrapped[record[length > width]] = False
    for line in np.flatnonzero((length == width)[:-1] & ~is_head[1:] & is_wrapped[record[:-1]]).tolist():
        if not LABEL.match(text[lines.start[line + 1] + 3 : end[line + 1]]):
            kept[lines.end[line]] = False
    return kept


def _table(kept: Flags, lines: _Lines, start: Numbers, fields: _Fields) -> pl.DataFrame:
    """The texts of the chosen fields, a row for each record. The marks go into the letters, which nobody needs afterwards."""
    letters = lines.letters
    if letters.max() > 127:
        letters[letters > 127] = ord("?")  # in no plain detail
    letters[start[1:] - 1] = ord(_RECORD)
    for begin in (fields.bank_reference, fields.customer_reference, fields.words):
        letters[begin - 1] = ord(_FIELD)
    header = f"{_FIELD.join(_TEXTS)}{_RECORD}".encode()
    return pl.read_csv(
        b"".join((header, letters[start[0] : len(kept)][kept[start[0] :]].data)), separator=_FIELD, eol_char=_RECORD, quote_char=None,
        schema=dict.fromkeys(_TEXTS, pl.String), columns=_TEXTS[1:], truncate_ragged_lines=True, empty_string_is_null=False,
    )


def _told(texts: pl.DataFrame, fields: _Fields) -> pl.DataFrame:
    """What the details say, as `bai_account.bank_line` reads it, apart from what their account adds."""
    asked, place, text = questions.asked, _PLACE[fields.code], pl.col("words")
    stripped = texts.select(pl.all().str.strip_chars(BLANK))
    asks = stripped.select(pl.exclude("words").str.contains("^0*$"))
    words, reference = stripped["words"], stripped["customer_reference"]
    is_return, code = pl.Series(_IS_RETURN[place]), pl.Series(place)
    number = _check_number(pl.Series(_HAS_SERIAL[place]), is_return, reference, words)
    payer = asked(questions.payer_name, pl.Series(_NAMES_PAYER[place]), words)
    original = asked(questions.original_trace, is_return, words)
    return pl.DataFrame({
        "type_code": _TYPE_CODE.gather(code),
        "amount_minor": fields.amount * _SIGN[place],
        "sign": _SIGN[place],
        "kind": _with_own_transfers(_KIND.gather(code), pl.Series(_IS_BOOK_TRANSFER[place]), words),
        "value_date": fields.value_date,
        "bank_reference": asked(questions.clearing_reference, asks["bank_reference"], words, stripped["bank_reference"]),
        "customer_reference": asked(questions.payer_reference, asks["customer_reference"], words, reference),
        "check_number": number,
        "payer_name": asked(questions.returned_payer_name, is_return, words, payer),
        "remittance_text": stripped.select(text.str.replace_all("\n", " ", literal=True).str.strip_chars(" ,")).to_series(),
        "return_reason": asked(questions.return_reason, is_return, words),
        "original_reference": number.zip_with(is_return & (original == ""), original),
    })


def _check_number(has_serial: pl.Series, is_return: pl.Series, reference: pl.Series, words: pl.Series) -> pl.Series:
    """The serial number: of a returned check as the text names it, of another as the reference says."""
    by_reference = questions.asked(_number_of, has_serial, reference)
    by_text = questions.asked(questions.check_serial, has_serial & (is_return | (by_reference == "")), words)
    return by_text.zip_with(by_text != "", by_reference)


def _number_of(reference: pl.Series) -> pl.Series:
    return reference.str.extract("^0*([0-9]*)$").fill_null("")


def _with_own_transfers(kind: pl.Series, is_book_transfer: pl.Series, words: pl.Series) -> pl.Series:
    is_own = questions.is_between_own_accounts(words.filter(is_book_transfer))
    return kind.scatter(is_book_transfer.arg_true().filter(is_own), "transfer")
