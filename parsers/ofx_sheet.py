"""A block of an OFX file as columns: its plain entries, one row each, with all that an entry says by itself.

An entry is plain when the record reader would take it without a word: an amount that can be read one way only, dates of the
calendar, a type of the standard that agrees with the sign. All other entries are left to that reader.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import polars as pl

from parsers import bank_text, bank_text_columns
from parsers.booking_text import RETURN, is_return
from parsers.byte_columns import PADDING, Block, Flags, Ints, Places, Words, block, numbers, rows_with, word
from parsers.dates import yyyymmdd
from parsers.ofx_elements import ENTITY, clean
from parsers.ofx_entries import KNOWN_TYPES, contradicts, kind_of, return_labels
from parsers.ofx_fitids import WORD_MASKS, hashes
from parsers.ofx_outline import Outline, outline

_IS_BLANK = np.zeros(256, np.bool_)
_IS_BLANK[list(b" \t\n\r\v\f\x1c\x1d\x1e\x1f")] = True  # what `str.strip` takes off texts in ASCII
_WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_BEYOND_ASCII = r"[^\x00-\x7f]"
_NOT_PLAIN = rf"[&\r\n]|{_BEYOND_ASCII}"
_BELOW, _PLUS, _MINUS, _POINT, _COMMA, _ZERO = b"<+-.,0"
_CRLF = int.from_bytes(b"\r\n", "little")
_ASCII_END = 0x80
_WORD_BYTES = 8
_WHOLE_DIGITS_MAX = 12
_NO_DAY = -(2**31)
_EPOCH = dt.date(1970, 1, 1)

_TYPES = sorted(KNOWN_TYPES - {"HOLD"})
_TYPE_NAMES = pl.Series(_TYPES, dtype=pl.String)
_UPPER = np.uint64(0xDFDFDFDFDFDFDFDF)
_KINDS = ("receipt", "disbursement", "return", "fee", "interest", "transfer", "other")
_KIND_NAMES = pl.Series(_KINDS, dtype=pl.String)
_RETURN, _DISBURSEMENT = _KINDS.index("return"), _KINDS.index("disbursement")
_KIND_OF = np.array([[_KINDS.index(kind_of(code, sign)) for sign in (-1, 0, 1)] for code in _TYPES])
_CONTRADICTS = np.array([[contradicts(code, sign) for sign in (-1, 0, 1)] for code in _TYPES])


class Sheet(NamedTuple):
    """The plain entries of a block in their order, with places in the block.

    begun, ended: tags of all entries, plain or not. breaks: where lines end. follows: whether a row stands behind the one before with
    nothing but blanks between. hundredths: of the currency's unit. days: the booking date, from 1970 on. fitids: hashes, 0 for none.
    """

    begun: int
    ended: int
    breaks: Ints
    start: Ints
    end: Ints
    follows: Flags
    hundredths: Ints
    days: Ints
    fitids: Words
    texts: pl.DataFrame


def sheet(content: str, newline: str, page: str) -> Sheet | None:
    """The plain entries of a block, given as Latin-1 text; None where all of it must be read tag by tag."""
    text = block(content.encode("latin-1") + PADDING)
    found = outline(text)
    if found is None:
        return None
    breaks = text.places_of(newline)
    trntype, posted, available, written, *said = (_stripped(text, places) for places in found.texts)
    hundredths, is_amount = _hundredths(text, written)
    days, is_day = _days(text, posted)
    value_days, is_value_day = _days(text, available)
    code, is_code = _types(text, trntype)
    is_plain = is_amount & is_day & (is_value_day | ~available.is_filled) & is_code & ~_CONTRADICTS[code, np.sign(hundredths) + 1]
    is_odd = _odd_rows(text, content, newline, breaks, found, said)
    is_plain &= ~_is_odd_fitid(text, said[0], is_odd)
    rows = np.flatnonzero(is_plain)
    if rows.size < is_plain.size:
        said = [Places(places.start[rows], places.end[rows]) for places in said]
    kind = _KIND_OF[code, np.sign(hundredths) + 1][rows]
    texts = _texts(text, said, np.flatnonzero(is_odd[rows]), page).with_columns(
        booking_date=_dates(days[rows]), value_date=_dates(value_days[rows]), type_code=_TYPE_NAMES.gather(code[rows]))
    follows = found.follows.copy()
    follows[1:] &= is_plain[:-1]
    return Sheet(found.begun, found.ended, breaks, found.start[rows], found.end[rows], follows[rows], hundredths[rows], days[rows],
                 hashes(text, said[0]), _with_kinds(texts, kind))


# -- single fields ---------------------------------------------------------------------------------------------------


def _stripped(text: Block, places: Places) -> Places:
    """Without white space at both ends."""
    start, end = places
    if not places.is_filled.any():
        return places
    end = end - 2 * ((text.pairs[end - 2] == _CRLF) & (end >= start + 2))
    while (is_blank := _IS_BLANK[text.octets[end - 1]] & (end > start)).any():
        end = end - is_blank
    while (is_blank := _IS_BLANK[text.octets[start]] & (end > start)).any():
        start = start + is_blank
    return Places(start, end)


def _hundredths(text: Block, written: Places) -> tuple[Ints, Flags]:
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


def _days(text: Block, places: Places) -> tuple[Ints, Flags]:
    """Dates by their first eight digits, in days from 1970 on, and which are dates. Entries of one day mostly stand together."""
    if not places.is_filled.any():
        return np.full(places.start.size, _NO_DAY), np.zeros(places.start.size, np.bool_)
    number, are_digits = numbers(text.eights[places.start], _WORD_BYTES)
    number = np.where(are_digits & places.is_filled, number, 0)
    heads = np.flatnonzero(np.append(True, number[1:] != number[:-1]))
    values, which = np.unique(number[heads], return_inverse=True)
    known = [yyyymmdd(f"{value:08d}") for value in values.tolist()]
    day_of = np.array([(day - _EPOCH).days if day else _NO_DAY for day in known])
    days = np.repeat(day_of[which], np.diff(heads, append=number.size))
    return days, days != _NO_DAY


def _dates(days: Ints) -> pl.Series:
    """Days as dates; what is no day is null."""
    dates = pl.Series(days.astype(np.int32)).cast(pl.Date)
    return dates.set(pl.Series(days == _NO_DAY), None) if (days == _NO_DAY).any() else dates


def _types(text: Block, places: Places) -> tuple[Ints, Flags]:
    """The place of each type in `_TYPES`, in capitals or not, and which have one."""
    length = np.minimum(places.length, 2 * _WORD_BYTES)
    first = text.eights[places.start] & _UPPER & WORD_MASKS[np.minimum(length, _WORD_BYTES)]
    code = np.full(length.size, -1)
    for number, name in enumerate(_TYPES):
        rows = np.flatnonzero((first == np.uint64(word(name[:_WORD_BYTES]))) & (length == len(name)))
        if rows.size and len(name) > _WORD_BYTES:
            rest = text.eights[places.start[rows] + _WORD_BYTES] & _UPPER & WORD_MASKS[len(name) - _WORD_BYTES]
            rows = rows[rest == np.uint64(word(name[_WORD_BYTES:]))]
        code[rows] = number
    return code, code >= 0


# -- texts -----------------------------------------------------------------------------------------------------------


def _odd_rows(text: Block, content: str, newline: str, breaks: Ints, found: Outline, said: list[Places]) -> Flags:
    """The rows whose texts may be more than bytes to be cut out: not in ASCII, with `&`, or with a line's end inside."""
    is_odd = np.zeros(found.start.size, np.bool_)
    if "&" in content:
        is_odd[rows_with(text.places_of("&"), found.start, found.end)] = True
    if not content.isascii():
        is_odd[rows_with(np.flatnonzero(text.octets[: text.size] >= _ASCII_END), found.start, found.end)] = True
    inner = breaks[:-1] if breaks.size and breaks[-1] == text.size - 1 else breaks
    if (text.octets[inner + 1] != _BELOW).any():
        for places in said:
            is_odd |= np.searchsorted(breaks, places.start) < np.searchsorted(breaks, places.end)
    other = ord("\r" if newline == "\n" else "\n")
    if np.count_nonzero(text.octets == other) != np.count_nonzero(text.octets[breaks - 1] == other):
        is_odd[:] = True
    return is_odd


def _is_odd_fitid(text: Block, fitid: Places, is_odd: Flags) -> Flags:
    rows = np.flatnonzero(is_odd)
    found = np.zeros(is_odd.size, np.bool_)
    if rows.size:
        [raw] = _cut(text, [Places(fitid.start[rows], fitid.end[rows])])
        found[rows] = raw.cast(pl.String, strict=False).str.contains(_NOT_PLAIN).fill_null(value=True).to_numpy()
    return found


def _cut(text: Block, columns: list[Places]) -> list[pl.Series]:
    """The bytes of each column."""
    whole = pl.lit(pl.Series([text.data], dtype=pl.Binary))
    return pl.select(
        whole.bin.slice(pl.lit(pl.Series(places.start)), pl.lit(pl.Series(places.length))).alias(str(number)) for number, places in enumerate(columns)
    ).get_columns()


def _texts(text: Block, said: list[Places], odd: Ints, page: str) -> pl.DataFrame:
    """References, name and memo as a person reads them. `odd`: the rows where that is more than cutting them out."""
    columns = []
    for raw in _cut(text, said):
        column = raw.cast(pl.String, strict=False)
        columns.append(column.scatter(odd, _cleaned(raw.gather(odd), page)) if odd.size else column)
    fitid, reference, check, name, memo = columns
    if said[2].is_filled.any():
        check = check.set(check.str.strip_chars("0") == "", "")
        reference = reference.zip_with(reference != "", check)
    return pl.DataFrame({"bank_reference": fitid, "customer_reference": reference, "check_number": check, "payer_name": name, "remittance_text": memo})


def _cleaned(raw: pl.Series, page: str) -> pl.Series:
    """What `ofx_elements.clean` makes of each text, the everyday cases by columns."""
    column = raw.cast(pl.String, strict=False)
    is_odd = column.is_null() | column.str.contains("[\r\n]")
    if column.str.contains("&", literal=True).any():
        column = column.str.replace_many(list(_ENTITIES), list(_ENTITIES.values()))
        is_odd |= column.str.contains(ENTITY.pattern)
    column = column.str.strip_chars(_WHITE_SPACE)
    rows = is_odd.fill_null(value=True).arg_true()
    if rows.is_empty():
        return column
    return column.scatter(rows, pl.Series([clean(each.decode("latin-1"), page) for each in raw.gather(rows)], dtype=pl.String))


# -- what the texts say ----------------------------------------------------------------------------------------------


def _with_kinds(texts: pl.DataFrame, kind: Ints) -> pl.DataFrame:
    """The kinds, of which money out may be a return, and what banks label in the texts."""
    out = np.flatnonzero(kind == _DISBURSEMENT)
    words = _words(texts, out)
    maybe = (words.str.to_uppercase().str.contains(RETURN.pattern) | words.str.contains(_BEYOND_ASCII)).arg_true()
    returned = out[maybe.filter([is_return(said.upper()) for said in words.gather(maybe)]).to_numpy()]
    kind[returned] = _RETURN
    columns = {"kind": _KIND_NAMES.gather(kind), "return_reason": pl.repeat("", texts.height, eager=True)}
    columns["original_reference"] = columns["return_reason"]
    is_labelled = texts["payer_name"].str.contains(":", literal=True)
    if is_labelled.any():
        labelled = np.flatnonzero(is_labelled.to_numpy() & (kind != _RETURN))
        columns["payer_name"] = _payers(texts, labelled)
    return texts.with_columns(**columns, **(_return_labels(texts, returned) if returned.size else {}))


def _words(texts: pl.DataFrame, rows: Ints) -> pl.Series:
    return texts["payer_name"].gather(rows) + " " + texts["remittance_text"].gather(rows)


def _payers(texts: pl.DataFrame, labelled: Ints) -> pl.Series:
    """The names, in the rows with a label the one that it stands before. The engine is asked where all is in ASCII."""
    words, names = _words(texts, labelled), texts["payer_name"].gather(labelled)
    if words.str.contains(_BEYOND_ASCII).any():
        found = pl.Series([bank_text.payer_name(said) for said in words], dtype=pl.String)
    else:
        found = bank_text_columns.payer_name(words)
    return texts["payer_name"].clone().scatter(labelled, found.zip_with(found != "", names))


def _return_labels(texts: pl.DataFrame, returned: Ints) -> dict[str, pl.Series]:
    """Reason and original of returns, and their check number where they had none."""
    words, check = _words(texts, returned), texts["check_number"].gather(returned)
    if words.str.contains(_BEYOND_ASCII).any():
        labels = [return_labels(said) for said in words]
        reason, original, serial = (pl.Series(column, dtype=pl.String) for column in zip(*labels, strict=True))
    else:
        reason, original, serial = (ask(words) for ask in (bank_text_columns.return_reason, bank_text_columns.original_trace, bank_text_columns.check_serial))
    silent = pl.repeat("", texts.height, eager=True)
    return {"return_reason": silent.clone().scatter(returned, reason), "original_reference": silent.scatter(returned, original),
            "check_number": texts["check_number"].clone().scatter(returned, check.zip_with(check != "", serial))}
