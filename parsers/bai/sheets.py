"""A block of a BAI2 file as a sheet: where each logical record stands, and the plain details in columns.

A detail is plain if it is in ASCII, its type code is listed and moves money, and its amount, funds type and references stand on its
first line and are as usual; all others are for the long road of `parsers.bai.details`:

    16,165,10000,Z,REF77,,ORIG CO NAME:BETA INC
    88,INVOICE 4711

Commas and line ends say where its fields stand, `parsers.bai.lines` lays its words out in one piece, and `parsers.bai.telling` reads
them. What a plain detail says is the same here and on the long road, for tables, patterns and rules are shared, and a differential
test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import byte_columns
from parsers.bai import codes, telling
from parsers.bai import records as bai_records
from parsers.bai.levels import date_of, line_width
from parsers.bai.lines import CODE_LENGTH, code_number, lines_of, unfolded
from parsers.bai.records import CODES
from parsers.bai.telling import Details
from parsers.byte_columns import PADDING, Places, numbers
from parsers.records import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.bai.lines import Lines, Unfolded
    from parsers.bai.records import Block
    from parsers.byte_columns import Block as Text
    from parsers.byte_columns import Flags, Ints

_RECORDS = np.array([code_number(code) for code in CODES], np.uint32)
_IS_FUNDS = np.isin(np.arange(256), list(b"Z012"))
_BEYOND = 8
"""So far behind the text a comma is pretended to stand where a record lacks some."""

_ASCII_MAX = 127
_DIGITS_OF_WORD = 8
_DIGITS_MAX = 12
"""A longer amount takes the long road, so that the sums of a block stay far inside 64 bits."""

_ITEM = np.full(1000, -1)
_ITEM[[int(code) for code in codes.ITEM_OF_PACKAGE]] = [int(item) for item in codes.ITEM_OF_PACKAGE.values()]


class Sheet(NamedTuple):
    """The logical records of a block in order: `start` and `end` in its text, number of the first line, whether it is a plain detail.
    `details` has a row for each that is one: columns of `documents.LINES`, `sign`, and how many lines count as records (`counted`)."""

    start: Ints
    end: Ints
    line: Ints
    is_plain: Flags
    details: pl.DataFrame

    def span(self, block: Block, record: int) -> Span:
        """Where a record stands in the file."""
        return Span(int(self.line[record]), block.offset + int(self.start[record]), block.offset + int(self.end[record]))


class _Records(NamedTuple):
    """The logical records: the line that each begins with, its last line, and whether all its lines but the first have code 88."""

    first: Ints
    last: Ints
    are_whole: Flags

    def chosen(self, rows: Ints) -> _Records:
        """Some of them."""
        return _Records(self.first[rows], self.last[rows], self.are_whole[rows])


class _Fields(NamedTuple):
    """The fields of 16 records: type code and amount (some number where they are odd), the stated value date, where bank reference,
    customer reference and words start, a comma after the text before, and whether all is as usual."""

    code: Ints
    amount: Ints
    value_date: NDArray[np.datetime64]
    bank_reference: Ints
    customer_reference: Ints
    words: Ints
    are_usual: Flags

    def chosen(self, rows: Ints) -> _Fields:
        """Those of some records."""
        return _Fields(self.code[rows], self.amount[rows], self.value_date[rows], self.bank_reference[rows], self.customer_reference[rows],
                       self.words[rows], self.are_usual[rows])


def sheet(block: Block, width: int) -> Sheet | None:
    """The sheet of a block whose lines are full at `width`, if no 01 record in it says otherwise; None where only the record reader
    knows (several records on a line, files of two widths) or is faster: few plain details."""
    if block.breaks:
        return None
    text = byte_columns.block(b"".join((block.text.encode("latin-1"), PADDING)))
    lines = lines_of(text)
    heads = np.flatnonzero(~lines.begin_with("88") | (lines.start == 0))
    records = _records(lines, heads)
    widths = _widths(block, lines, records.first, width)
    if not records.first.size or len(widths) > 1:
        return None
    details = np.flatnonzero(lines.code[records.first] == code_number("16"))
    fields = _fields(text, lines, records.first[details])
    usual = np.flatnonzero(fields.are_usual & _may_be_plain(block, text, lines, records)[details] & ~_may_be_packages(details, fields.code, records.first.size))
    if 2 * usual.size < records.first.size:
        return None
    plain = details[usual]
    told = _told(unfolded(text, lines, heads, widths.pop()), lines, records.chosen(plain), fields.chosen(usual))
    return _laid_out(block, text, lines, records, plain, told)


def _laid_out(block: Block, text: Text, lines: Lines, records: _Records, plain: Ints, told: list[pl.Series]) -> Sheet:
    start, line = lines.start[records.first], records.first + block.line
    end = np.append(start[1:], text.size)
    places = {
        "line": line[plain], "counted": records.last[plain] - records.first[plain] + 1,
        "byte_start": start[plain] + block.offset, "byte_end": end[plain] + block.offset,
    }
    is_plain = np.zeros(start.size, np.bool_)
    is_plain[plain] = True
    return Sheet(start, end, line, is_plain, pl.DataFrame([*(pl.Series(name, column) for name, column in places.items()), *told]))


def _records(lines: Lines, heads: Ints) -> _Records:
    are_records = np.flatnonzero(np.isin(lines.code[heads], _RECORDS))
    first = heads[are_records]
    return _Records(first, np.append(first[1:], lines.start.size) - 1, np.diff(are_records, append=heads.size) == 1)


def _widths(block: Block, lines: Lines, first: Ints, width: int) -> set[int]:
    """The widths of full lines in the files that the block holds parts of."""
    headers = first[lines.code[first] == code_number("01")]
    stated = {line_width(bai_records.logical_at(block, start)) for start in lines.start[headers].tolist()}
    return stated if headers.size and headers[0] == first[0] else stated | {width}


def _may_be_plain(block: Block, text: Text, lines: Lines, records: _Records) -> Flags:
    """Which records have all their codes and are in ASCII."""
    if block.text.isascii():
        return records.are_whole
    may, start = records.are_whole.copy(), lines.start[records.first]
    outside = np.flatnonzero(text.octets > _ASCII_MAX)
    may[np.searchsorted(start, outside[outside >= start[0]], side="right") - 1] = False
    return may


def _may_be_packages(details: Ints, code: Ints, records: int) -> Flags:
    """Which details are deposits whose items follow, or may follow in the next block."""
    item = _ITEM[code]
    may = np.append((details[1:] == details[:-1] + 1) & (item[:-1] == code[1:]), False)
    if details.size and details[-1] == records - 1:
        may[-1] = item[-1] >= 0
    return may


def _fields(text: Text, lines: Lines, first: Ints) -> _Fields:
    start, end = lines.start[first], lines.end[first]
    commas = np.append(text.places_of(","), np.full(9, text.size + _BEYOND))
    comma = np.searchsorted(commas, start)
    after_code, after_amount, after_funds = (commas[comma + place] for place in (1, 2, 3))
    code, have_code = numbers(text.eights[start + CODE_LENGTH], 3)
    amount, have_amount = _amounts(text, after_code + 1, after_amount)
    funds, funds_length = text.octets[after_amount + 1], after_funds - after_amount - 1
    are_valued = (funds_length == 1) & (funds == ord("V"))
    have_funds = (funds_length == 0) | (funds_length == 1) & _IS_FUNDS[funds] | are_valued
    value_date, have_date = _value_dates(text, after_funds + 1, commas[comma + 4], are_valued)
    bank, customer, words = (commas[comma + place + 2 * are_valued] + 1 for place in (3, 4, 5))
    have_code &= after_code == start + CODE_LENGTH + 3
    code[~have_code] = 0
    are_usual = telling.are_known(code) & have_amount & have_funds & have_date & (words <= end)
    return _Fields(code, amount, value_date, bank, customer, words, are_usual)


def _amounts(text: Text, start: Ints, end: Ints) -> tuple[Ints, Flags]:
    """The amounts, and whether each is digits and not too many."""
    length = np.minimum(end - start, _DIGITS_MAX)
    low = np.minimum(length, _DIGITS_OF_WORD)
    amount, are_numbers = numbers(text.eights[end - low], low)
    rows = np.flatnonzero(length > _DIGITS_OF_WORD)
    high, are_digits = numbers(text.eights[start[rows]], length[rows] - _DIGITS_OF_WORD)
    amount[rows] += high * 10**_DIGITS_OF_WORD
    are_numbers[rows] &= are_digits
    return amount, are_numbers & (end - start <= _DIGITS_MAX) & (end > start)


def _value_dates(text: Text, start: Ints, end: Ints, are_valued: Flags) -> tuple[NDArray[np.datetime64], Flags]:
    """The dates of value, where the funds type has one, and whether each of these is empty or a date."""
    dates, are_dates = np.full(start.size, np.datetime64("NaT"), "datetime64[D]"), ~are_valued | (start == end)
    rows = np.flatnonzero(are_valued & (end - start == 6))
    stated, have_digits = numbers(text.eights[start[rows]], 6)
    for digits in np.unique(stated[have_digits]).tolist():
        if date := date_of(f"{digits:06d}"):
            found = rows[have_digits & (stated == digits)]
            dates[found], are_dates[found] = date, True
    return dates, are_dates


def _told(text: Unfolded, lines: Lines, records: _Records, fields: _Fields) -> list[pl.Series]:
    """What plain details say, their texts sought where they stand in the unfolded block."""
    before, words_end = text.omitted[records.first], lines.end[records.last] - text.omitted[records.last]
    bank, customer, words = (start - before for start in (fields.bank_reference, fields.customer_reference, fields.words))
    return telling.told(text, Details(
        fields.code, fields.amount, fields.value_date, Places(bank, customer - 1), Places(customer, words - 1), Places(words, words_end)))
