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

from parsers import bank_text, bank_text_columns, byte_columns, payer_phrase_columns, payer_phrases
from parsers.booking_text import RETURN, is_return
from parsers.byte_columns import Block as Text
from parsers.byte_columns import Flags, Ints, Places, Words, chosen, few, numbers, rows_holding, word
from parsers.dates import yyyymmdd
from parsers.ofx.elements import ENTITY, Block, clean
from parsers.ofx.entries import KNOWN_TYPES, contradicts, kind_of, return_labels
from parsers.ofx.fitids import WORD_MASKS, hashes
from parsers.ofx.outline import outline

_WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_BEYOND_ASCII = r"[^\x00-\x7f]"
_SAID = ("payer_name", "remittance_text")
_TEXTS = ("bank_reference", "customer_reference", "check_number", *_SAID)
_RETURN_COLUMNS = (bank_text_columns.return_reason, bank_text_columns.original_trace, bank_text_columns.check_serial)
_PLUS, _MINUS, _POINT, _COMMA, _ZERO, _LF, _CR = b"+-.,0\n\r"
_ASCII_END = 0x80
_WORD_BYTES = 8
_WHOLE_DIGITS_MAX = 12
NO_DAY = -(2**31)
_EPOCH = dt.date(1970, 1, 1)

TYPES = sorted(KNOWN_TYPES - {"HOLD"})
_TYPE_LENGTHS = np.array([len(name) for name in TYPES])
_TYPE_HEADS, _TYPE_TAILS = (np.array([word(name[part]) for name in TYPES], np.uint64) for part in (slice(8), slice(8, 16)))
_UPPER = np.uint64(0xDFDFDFDFDFDFDFDF)
KINDS = ("receipt", "disbursement", "return", "fee", "interest", "transfer", "other")
_RETURN, _DISBURSEMENT = KINDS.index("return"), KINDS.index("disbursement")
_KIND_OF = np.array([[KINDS.index(kind_of(code, sign)) for sign in (-1, 0, 1)] for code in TYPES])
_CONTRADICTS = np.array([[contradicts(code, sign) for sign in (-1, 0, 1)] for code in TYPES])


class Sheet(NamedTuple):
    """The plain entries of a block in their order, with places in the block.

    begun, ended: tags of all entries, plain or not. breaks: lines that end in the block. line: how many end before a row. follows: whether
    a row stands behind the one before with nothing but blanks between. hundredths: of the currency's unit. days: from 1970 on. code: in
    `TYPES`. kind: in `KINDS`. fitids: hashes, 0 for none. texts: the columns of a bank line that are text.
    """

    begun: int
    ended: int
    breaks: int
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
    texts: dict[str, pl.Series]


def sheet(block: Block, newline: str, page: str) -> Sheet | None:
    """The plain entries of a block; None where all of it must be read tag by tag."""
    text = byte_columns.block(block.data)
    found = outline(text, newline)
    if found is None:
        return None
    trntype, posted, available, written, fitid, reference, check, name, memo = found.texts
    hundredths, is_amount = _hundredths(text, written)
    days, is_day = _days(text, posted)
    value_days, is_value_day = _days(text, available)
    code, is_code = _types(text, trntype)
    sign = np.sign(hundredths) + 1
    marks = _Marks(text, block.data, has_inner_breaks=found.has_inner_breaks)
    is_plain = is_amount & is_day & (is_value_day | ~available.is_filled) & is_code & ~_CONTRADICTS[code, sign]
    for places in (fitid, reference, check):
        is_plain[_rows_holding(marks.places, places)] = False
        is_plain[_rows_holding(marks.beyond_ascii, places)] = False
    follows = found.follows.copy()
    follows[1:] &= is_plain[:-1]
    rows = slice(None) if is_plain.all() else np.flatnonzero(is_plain)
    fitid, reference, check, name, memo = (Places(*(each[rows] for each in places)) for places in (fitid, reference, check, name, memo))
    check = _without_zeros(text, check)
    columns = (fitid, chosen(reference.is_filled, reference, check), check, name, memo)
    texts = dict(zip(_TEXTS, marks.strings(columns, page), strict=True))
    kind = _KIND_OF[code[rows], sign[rows]]
    _with_labels(texts, kind)
    return Sheet(found.begun, found.ended, found.breaks, found.start[rows], found.end[rows], found.line[rows], follows[rows], hundredths[rows],
                 days[rows], value_days[rows], code[rows], kind, hashes(text, fitid), texts)


def date_of(day: np.int64) -> dt.date:
    """The date of a day counted from 1970 on."""
    return _EPOCH + dt.timedelta(days=int(day))


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
    is_filled = places.is_filled
    if not is_filled.any():
        return np.full(is_filled.size, NO_DAY), is_filled
    words = np.where(is_filled, text.eights[places.start], np.uint64(0))
    heads = np.flatnonzero(np.append(True, words[1:] != words[:-1]))
    values, which = np.unique(words[heads], return_inverse=True)
    known = [yyyymmdd(value.to_bytes(_WORD_BYTES, "little").decode("latin-1")) for value in values.tolist()]
    day_of = np.array([(day - _EPOCH).days if day else NO_DAY for day in known])
    days = np.repeat(day_of[which], np.diff(heads, append=words.size))
    return days, days != NO_DAY


def _types(text: Text, places: Places) -> tuple[Ints, Flags]:
    """The place of each type in `TYPES`, in capitals or not, and which have one."""
    start, length = places.start, places.length
    head_bytes = np.minimum(length, _WORD_BYTES)
    tail_bytes = np.minimum(length - head_bytes, _WORD_BYTES)
    head, tail = (text.eights[at] & _UPPER & WORD_MASKS[count] for at, count in ((start, head_bytes), (start + head_bytes, tail_bytes)))
    code = _TYPE_ORDER[np.minimum(np.searchsorted(_TYPE_KEYS, _type_keys(head, tail)), len(TYPES) - 1)]
    return code, (length == _TYPE_LENGTHS[code]) & (head == _TYPE_HEADS[code]) & (tail == _TYPE_TAILS[code])


def _type_keys(head: Words, tail: Words) -> Words:
    return head + tail * np.uint64(3)


_TYPE_ORDER = np.argsort(_type_keys(_TYPE_HEADS, _TYPE_TAILS))
_TYPE_KEYS = _type_keys(_TYPE_HEADS, _TYPE_TAILS)[_TYPE_ORDER]


def _without_zeros(text: Text, check: Places) -> Places:
    """Check numbers; one of zeros only is none."""
    rows = np.flatnonzero(check.is_filled & (text.octets[check.start] == _ZERO))
    zeros = [row for row in rows.tolist() if not text.data[int(check.start[row]) : int(check.end[row])].strip(b"0")]
    check.end[zeros] = check.start[zeros]
    return check


# -- texts -----------------------------------------------------------------------------------------------------------


class _Marks:
    """Where texts may be more than the bytes to be cut out: beyond ASCII, with `&`, or with a line's end inside."""

    def __init__(self, text: Text, data: bytes, *, has_inner_breaks: bool) -> None:
        self.text, self.whole = text, pl.Series([data], dtype=pl.Binary)
        octets, nowhere = text.octets[: text.size], np.zeros(0, np.int64)
        self.beyond_ascii = nowhere if data.isascii() else few(octets >= _ASCII_END)
        self.is_utf8 = not self.beyond_ascii.size or _is_utf8(self.whole)
        marks = [text.places_of("&")] if b"&" in data else []
        marks += [np.flatnonzero((octets == _LF) | (octets == _CR))] if has_inner_breaks else []
        marks += [] if self.is_utf8 else [self.beyond_ascii]
        self.places = np.sort(np.concatenate(marks)) if marks else nowhere

    def strings(self, columns: tuple[Places, ...], page: str) -> list[pl.Series]:
        """The texts of the columns; those of the last two, name and memo, as the record reader has them where it is more than cutting."""
        *plain, name, memo = columns
        odd = [np.union1d(_rows_holding(self.places, places), self._beyond_ascii_at_ends(places)) for places in (name, memo)]
        cut = _cut(self.whole, [*plain, *(_without(places, rows) for places, rows in zip((name, memo), odd, strict=True))])
        for place, (rows, places) in enumerate(zip(odd, (name, memo), strict=True), len(plain)):
            if rows.size:
                cut[place] = cut[place].scatter(rows, self._cleaned(Places(places.start[rows], places.end[rows]), page))
        return cut

    def _beyond_ascii_at_ends(self, places: Places) -> Ints:
        """White space of other alphabets may have to be taken off there."""
        if not self.beyond_ascii.size:
            return self.beyond_ascii
        octets = self.text.octets
        return np.flatnonzero(places.is_filled & ((octets[places.start] >= _ASCII_END) | (octets[places.end - 1] >= _ASCII_END)))

    def _cleaned(self, places: Places, page: str) -> pl.Series:
        """What `elements.clean` makes of each text, the everyday cases by columns."""
        if not self.is_utf8:
            return self._cleaned_one_by_one(places, page)
        said = pl.col("said")
        found = _cut(self.whole, [places])[0].to_frame("said").with_columns(said.str.replace_many(list(_ENTITIES), list(_ENTITIES.values()))).select(
            said=said.str.strip_chars(_WHITE_SPACE), is_odd=said.str.contains("[\r\n]") | said.str.contains(ENTITY.pattern))
        rows = found["is_odd"].arg_true().to_numpy()
        return found["said"].scatter(rows, self._cleaned_one_by_one(Places(places.start[rows], places.end[rows]), page)) if rows.size else found["said"]

    def _cleaned_one_by_one(self, places: Places, page: str) -> pl.Series:
        data = self.text.data
        said = [data[start:end].decode("latin-1") for start, end in zip(places.start.tolist(), places.end.tolist(), strict=True)]
        return pl.Series([clean(each, page) for each in said], dtype=pl.String)


def _rows_holding(marks: Ints, places: Places) -> Ints:
    """The rows in whose text one of the marks stands, of which there may be more than rows."""
    if marks.size <= places.start.size:
        return rows_holding(marks, places)
    return np.flatnonzero(np.searchsorted(marks, places.start) < np.searchsorted(marks, places.end))


def _is_utf8(whole: pl.Series) -> bool:
    try:
        whole.cast(pl.String)
    except pl.exceptions.ComputeError:
        return False
    return True


def _without(places: Places, rows: Ints) -> Places:
    """The column without the text of some rows."""
    if not rows.size:
        return places
    end = places.end.copy()
    end[rows] = places.start[rows]
    return Places(places.start, end)


def _cut(whole: pl.Series, columns: list[Places]) -> list[pl.Series]:
    """The bytes of each column as text."""
    height, filled = columns[0].start.size, [number for number, column in enumerate(columns) if column.is_filled.any()]
    if not filled:
        return [_silent(height) for _ in columns]
    start, length = (pl.lit(pl.Series(np.concatenate(which)))
                     for which in ([columns[number].start for number in filled], [columns[number].length for number in filled]))
    every = pl.DataFrame().select_seq(pl.lit(whole).bin.slice(start, length).cast(pl.String)).to_series()
    return [every.slice(filled.index(number) * height, height) if number in filled else _silent(height) for number in range(len(columns))]


def _silent(height: int) -> pl.Series:
    return pl.Series([""]).new_from_index(0, height)


# -- what the texts say ----------------------------------------------------------------------------------------------


def _with_labels(texts: dict[str, pl.Series], kind: Ints) -> None:
    """What banks label in the texts, put into them. `kind`: money out becomes a return where they say so."""
    returned = _returned(texts, np.flatnonzero(kind == _DISBURSEMENT))
    kind[returned] = _RETURN
    if returned.size:
        _with_return_labels(texts, returned)
    names = texts["payer_name"]
    words = names.zip_with(names != "", texts["remittance_text"])
    labelled = np.flatnonzero(words.str.contains(":", literal=True).to_numpy())
    labelled = labelled[kind[labelled] != _RETURN]
    if labelled.size:
        [payer] = _labels(_words(texts, labelled), (bank_text_columns.payer_name,), lambda said: (bank_text.payer_name(said),))
        names = names.scatter(labelled, payer.zip_with(payer != "", names.gather(labelled)))
    in_phrases = payer_phrase_columns.may_tell(words).arg_true().to_numpy()
    in_phrases = in_phrases[kind[in_phrases] != _RETURN]
    if in_phrases.size:
        told = [payer_phrases.payer_name(said) or name for said, name in zip(words.gather(in_phrases), names.gather(in_phrases), strict=True)]
        names = names.scatter(in_phrases, told)
    texts["payer_name"] = names


def _returned(texts: dict[str, pl.Series], rows: Ints) -> Ints:
    """Those rows of money out that are a return."""
    words = _words(texts, rows)
    may_be = pl.col("words").str.to_uppercase().str.contains(RETURN.pattern) | pl.col("words").str.contains(_BEYOND_ASCII)
    asked = np.flatnonzero(words.to_frame("words").select_seq(may_be).to_series().to_numpy())
    return rows[[row for row, said in zip(asked.tolist(), words.gather(asked), strict=True) if is_return(said.upper())]]


def _with_return_labels(texts: dict[str, pl.Series], returned: Ints) -> None:
    """Reason and original of returns, and their check number where they had none."""
    reason, original, serial = _labels(_words(texts, returned), _RETURN_COLUMNS, return_labels)
    check = texts["check_number"]
    had = check.gather(returned)
    texts["check_number"] = check.scatter(returned, had.zip_with(had != "", serial))
    texts["return_reason"] = _silent(check.len()).scatter(returned, reason)
    texts["original_reference"] = _silent(check.len()).scatter(returned, original)


def _words(texts: dict[str, pl.Series], rows: Ints) -> pl.Series:
    """Name and memo of the rows, as the labels are sought in them."""
    name, memo = (pl.col(column).gather(rows) for column in _SAID)
    return pl.DataFrame({column: texts[column] for column in _SAID}).select_seq(name + " " + memo).to_series()


def _labels(words: pl.Series, by_columns: tuple[Callable[[pl.Series], pl.Series], ...], one_by_one: Callable[[str], tuple[str, ...]]) -> list[pl.Series]:
    """What the labels in name and memo say: by columns where all is in ASCII, else text by text."""
    beyond = words.str.contains(_BEYOND_ASCII).arg_true()
    columns = [ask(words) for ask in by_columns]
    if beyond.is_empty():
        return columns
    again = zip(*(one_by_one(said) for said in words.gather(beyond)), strict=True)
    return [column.scatter(beyond, pl.Series(told, dtype=pl.String)) for column, told in zip(columns, again, strict=True)]
