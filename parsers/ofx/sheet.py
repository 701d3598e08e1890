"""A block of an OFX file as columns: its plain entries, one row each, with all that an entry says by itself.

An entry is plain when the record reader would take it without a word: an amount that can be read one way only, dates of the
calendar, a type of the standard that agrees with the sign. All other entries are left to that reader.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl

from parsers import bank_text, bank_text_columns, byte_columns
from parsers.booking_text import RETURN, is_return
from parsers.byte_columns import Block as Text
from parsers.byte_columns import Flags, Ints, Places, Words, chosen, numbers, rows_holding, word
from parsers.dates import yyyymmdd
from parsers.ofx.elements import ENTITY, Block, clean
from parsers.ofx.entries import KNOWN_TYPES, contradicts, kind_of, return_labels
from parsers.ofx.fitids import WORD_MASKS, hashes
from parsers.ofx.outline import outline

_WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_BEYOND_ASCII = r"[^\x00-\x7f]"
_WORDS = pl.col("payer_name") + " " + pl.col("remittance_text")
_TEXTS = ("bank_reference", "customer_reference", "check_number", "payer_name", "remittance_text")
_RETURN_COLUMNS = (bank_text_columns.return_reason, bank_text_columns.original_trace, bank_text_columns.check_serial)
_MARKS_MAX = 8
_BELOW, _PLUS, _MINUS, _POINT, _COMMA, _ZERO = b"<+-.,0"
_ASCII_END = 0x80
_WORD_BYTES = 8
_WHOLE_DIGITS_MAX = 12
NO_DAY = -(2**31)
_EPOCH = dt.date(1970, 1, 1)

TYPES = sorted(KNOWN_TYPES - {"HOLD"})
_UPPER = np.uint64(0xDFDFDFDFDFDFDFDF)
KINDS = ("receipt", "disbursement", "return", "fee", "interest", "transfer", "other")
_RETURN, _DISBURSEMENT = KINDS.index("return"), KINDS.index("disbursement")
_KIND_OF = np.array([[KINDS.index(kind_of(code, sign)) for sign in (-1, 0, 1)] for code in TYPES])
_CONTRADICTS = np.array([[contradicts(code, sign) for sign in (-1, 0, 1)] for code in TYPES])


class Sheet(NamedTuple):
    """The plain entries of a block in their order, with places in the block.

    begun, ended: tags of all entries, plain or not. breaks: where lines end. line: how many end before a row. follows: whether a row stands
    behind the one before with nothing but blanks between. hundredths: of the currency's unit. days: from 1970 on. code: in `TYPES`.
    kind: in `KINDS`. fitids: hashes, 0 for none. texts: the columns of a bank line that are text.
    """

    begun: int
    ended: int
    breaks: Ints
    start: Ints
    end: Ints
    line: Ints
    follows: Flags
    hundredths: Ints
    days: Ints
    value_days: Ints
    code: Ints
    kind: Ints
    fitids: Words
    texts: pl.DataFrame


def sheet(block: Block, newline: str, page: str) -> Sheet | None:
    """The plain entries of a block; None where all of it must be read tag by tag."""
    text = byte_columns.block(block.data)
    found = outline(text)
    if found is None:
        return None
    breaks = text.places_of(newline)
    trntype, posted, available, written, fitid, reference, check, name, memo = found.texts
    hundredths, is_amount = _hundredths(text, written)
    days, is_day = _days(text, posted)
    value_days, is_value_day = _days(text, available)
    code, is_code = _types(text, trntype)
    sign = np.sign(hundredths) + 1
    odd = _Oddities(text, block.data, newline, breaks)
    is_plain = is_amount & is_day & (is_value_day | ~available.is_filled) & is_code & ~_CONTRADICTS[code, sign]
    for places in (fitid, reference, check):
        is_plain[odd.rows(places)] = False
    rows = np.flatnonzero(is_plain)
    check = _without_zeros(text, check)
    said = [_at(places, rows) for places in (fitid, chosen(reference.is_filled, reference, check), check, name, memo)]
    whole = pl.lit(pl.Series([text.data], dtype=pl.Binary))
    columns = _cut(whole, said)
    for column, places in zip(columns[-2:], said[-2:], strict=True):
        if (odd_rows := odd.rows(places)).size:
            column.scatter(odd_rows, _cleaned(text, whole, _at(places, odd_rows), page))
    texts = pl.DataFrame(dict(zip(_TEXTS, columns, strict=True)))
    kind = _KIND_OF[code[rows], sign[rows]]
    texts = _with_labels(texts, kind)
    follows = found.follows.copy()
    follows[1:] &= is_plain[:-1]
    start = found.start[rows]
    return Sheet(found.begun, found.ended, breaks, start, found.end[rows], np.searchsorted(breaks, start), follows[rows], hundredths[rows],
                 days[rows], value_days[rows], code[rows], kind, hashes(text, said[0]), texts)


def date_of(day: np.int64) -> dt.date:
    """The date of a day counted from 1970 on."""
    return _EPOCH + dt.timedelta(days=int(day))


def _at(places: Places, rows: Ints) -> Places:
    return places if rows.size == places.start.size else Places(places.start[rows], places.end[rows])


# -- single fields ---------------------------------------------------------------------------------------------------


def _hundredths(text: Text, written: Places) -> tuple[Ints, Flags]:
    """Amounts with at most two decimals and no thousands, which can be read one way only; the others are not."""
    start, end = written
    first, third, second = text.octets[start], text.octets[end - 3], text.octets[end - 2]
    start = start + ((first == _PLUS) | (first == _MINUS))
    is_cents = (third == _POINT) | (third == _COMMA)
    is_tenths = ~is_cents & ((second == _POINT) | (second == _COMMA))
    whole_end = end - 3 * is_cents - 2 * is_tenths
    digits = whole_end - start
    is_amount = (digits >= 1) & (digits <= _WHOLE_DIGITS_MAX)
    digits = np.where(is_amount, digits, 1)
    low_digits = np.minimum(digits, _WORD_BYTES)
    whole, are_digits = numbers(text.eights[whole_end - low_digits], low_digits)
    is_amount &= are_digits
    large = np.flatnonzero(digits > _WORD_BYTES)
    if large.size:
        high, are_digits = numbers(text.eights[start[large]], digits[large] - _WORD_BYTES)
        whole[large] += high * 10**_WORD_BYTES
        is_amount[large] &= are_digits
    tens, ones = second - np.uint8(_ZERO), text.octets[end - 1] - np.uint8(_ZERO)
    is_amount &= (~is_cents | (tens <= 9)) & (~(is_cents | is_tenths) | (ones <= 9))
    hundredths = whole * 100 + np.where(is_cents, tens * np.int64(10) + ones, np.where(is_tenths, ones * np.int64(10), 0))
    return np.where(first == _MINUS, -hundredths, hundredths) * is_amount, is_amount


def _days(text: Text, places: Places) -> tuple[Ints, Flags]:
    """Dates by their first eight digits, in days from 1970 on, and which are dates. Entries of one day mostly stand together."""
    if not places.is_filled.any():
        return np.full(places.start.size, NO_DAY), np.zeros(places.start.size, np.bool_)
    number, are_digits = numbers(text.eights[places.start], _WORD_BYTES)
    number = np.where(are_digits & places.is_filled, number, 0)
    heads = np.flatnonzero(np.append(True, number[1:] != number[:-1]))
    values, which = np.unique(number[heads], return_inverse=True)
    known = [yyyymmdd(f"{value:08d}") for value in values.tolist()]
    day_of = np.array([(day - _EPOCH).days if day else NO_DAY for day in known])
    days = np.repeat(day_of[which], np.diff(heads, append=number.size))
    return days, days != NO_DAY


def _types(text: Text, places: Places) -> tuple[Ints, Flags]:
    """The place of each type in `TYPES`, in capitals or not, and which have one."""
    length = np.minimum(places.length, 2 * _WORD_BYTES)
    first = text.eights[places.start] & _UPPER & WORD_MASKS[np.minimum(length, _WORD_BYTES)]
    code = np.full(length.size, -1)
    for number, name in enumerate(TYPES):
        rows = np.flatnonzero((first == np.uint64(word(name[:_WORD_BYTES]))) & (length == len(name)))
        if rows.size and len(name) > _WORD_BYTES:
            rest = text.eights[places.start[rows] + _WORD_BYTES] & _UPPER & WORD_MASKS[len(name) - _WORD_BYTES]
            rows = rows[rest == np.uint64(word(name[_WORD_BYTES:]))]
        code[rows] = number
    return code, code >= 0


def _without_zeros(text: Text, check: Places) -> Places:
    """Check numbers; one of zeros only is none."""
    rows = np.flatnonzero(check.is_filled & (text.octets[check.start] == _ZERO))
    zeros = [row for row in rows.tolist() if not text.data[int(check.start[row]) : int(check.end[row])].strip(b"0")]
    check.end[zeros] = check.start[zeros]
    return check


# -- texts -----------------------------------------------------------------------------------------------------------


class _Oddities:
    """Where texts may be more than bytes to be cut out: not in ASCII, with `&`, or with a line's end inside."""

    def __init__(self, text: Text, data: bytes, newline: str, breaks: Ints) -> None:
        marks = [text.places_of("&")] if b"&" in data else []
        marks += [] if data.isascii() else [np.flatnonzero(text.octets[: text.size] >= _ASCII_END)]
        self.marks = np.sort(np.concatenate(marks)) if marks else breaks[:0]
        inner = breaks[:-1] if breaks.size and breaks[-1] == text.size - 1 else breaks
        self.breaks = breaks if (text.octets[inner + 1] != _BELOW).any() else breaks[:0]
        other = ord("\r" if newline == "\n" else "\n")
        self.is_everywhere = np.count_nonzero(text.octets == other) != np.count_nonzero(text.octets[breaks - 1] == other)

    def rows(self, places: Places) -> Ints:
        """The rows of a column that need a look."""
        if self.is_everywhere or self.marks.size > _MARKS_MAX * places.start.size:
            return np.flatnonzero(places.is_filled)
        has_mark = np.zeros(places.start.size, np.bool_)
        if self.marks.size:
            has_mark[rows_holding(self.marks, places)] = True
        if self.breaks.size:
            has_mark |= np.searchsorted(self.breaks, places.start) < np.searchsorted(self.breaks, places.end)
        return np.flatnonzero(has_mark)


def _cut(whole: pl.Expr, columns: list[Places]) -> list[pl.Series]:
    """The bytes of each column as text; null where they are no UTF-8."""
    start, length = (pl.lit(pl.Series(np.concatenate(which))) for which in ([each.start for each in columns], [each.length for each in columns]))
    every = pl.select(whole.bin.slice(start, length).cast(pl.String, strict=False)).to_series()
    height = columns[0].start.size
    return [every.slice(number * height, height) for number in range(len(columns))]


def _cleaned(text: Text, whole: pl.Expr, places: Places, page: str) -> pl.Series:
    """What `ofx_elements.clean` makes of each text, the everyday cases by columns."""
    said = pl.col("said")
    found = _cut(whole, [places])[0].to_frame("said").with_columns(said.str.replace_many(list(_ENTITIES), list(_ENTITIES.values()))).select(
        said=said.str.strip_chars(_WHITE_SPACE), is_odd=said.is_null() | said.str.contains("[\r\n]") | said.str.contains(ENTITY.pattern))
    rows = found["is_odd"].fill_null(value=True).arg_true()
    if rows.is_empty():
        return found["said"]
    start, end = places
    again = [clean(text.data[start[row] : end[row]].decode("latin-1"), page) for row in rows]
    return found["said"].scatter(rows, pl.Series(again, dtype=pl.String))


# -- what the texts say ----------------------------------------------------------------------------------------------


def _with_labels(texts: pl.DataFrame, kind: Ints) -> pl.DataFrame:
    """What banks label in the texts. `kind`: money out becomes a return where they say so."""
    out = np.flatnonzero(kind == _DISBURSEMENT)
    asked = texts[out].select(words=_WORDS).with_row_index().filter(
        pl.col("words").str.to_uppercase().str.contains(RETURN.pattern) | pl.col("words").str.contains(_BEYOND_ASCII))
    returned = out[[row for row, said in asked.iter_rows() if is_return(said.upper())]]
    kind[returned] = _RETURN
    if returned.size:
        texts = _with_return_labels(texts, returned)
    is_labelled = texts["payer_name"].str.contains(":", literal=True)
    if is_labelled.any():
        labelled = np.flatnonzero(is_labelled.to_numpy() & (kind != _RETURN))
        [payer] = _labels(texts[labelled], (bank_text_columns.payer_name,), lambda said: (bank_text.payer_name(said),))
        names = texts["payer_name"].gather(labelled)
        texts = texts.with_columns(texts["payer_name"].clone().scatter(labelled, payer.zip_with(payer != "", names)))
    return texts


def _with_return_labels(texts: pl.DataFrame, returned: Ints) -> pl.DataFrame:
    """Reason and original of returns, and their check number where they had none."""
    reason, original, serial = _labels(texts[returned], _RETURN_COLUMNS, return_labels)
    check, silent = texts["check_number"].gather(returned), pl.repeat("", texts.height, eager=True)
    return texts.with_columns(
        return_reason=silent.clone().scatter(returned, reason), original_reference=silent.scatter(returned, original),
        check_number=texts["check_number"].clone().scatter(returned, check.zip_with(check != "", serial)),
    )


def _labels(texts: pl.DataFrame, by_columns: tuple[Callable[[pl.Series], pl.Series], ...], one_by_one: Callable[[str], tuple[str, ...]]) -> list[pl.Series]:
    """What the labels in name and memo say: by columns where all is in ASCII, else text by text."""
    found = texts.select(words=_WORDS).with_columns(is_beyond=pl.col("words").str.contains(_BEYOND_ASCII))
    words, beyond = found["words"], found["is_beyond"].arg_true()
    columns = [ask(words) for ask in by_columns]
    if beyond.is_empty():
        return columns
    again = zip(*(one_by_one(said) for said in words.gather(beyond)), strict=True)
    return [column.scatter(beyond, pl.Series(told, dtype=pl.String)) for column, told in zip(columns, again, strict=True)]
