"""The statement line `:61:` as columns: the reading of `parsers.swift.entry`, many entries at a time.

    :61:2509040904CR1500,00NTRFINV-4711//BANK-REF-1      value date, entry date, mark, funds code, amount, type, references

Covered: the marks C and D, an amount of up to 13 digits with its comma, a type of four characters, at most one further line.
Entries that are told otherwise, returns, reversals and instructed amounts are doubted, which leaves them to the record
reader. Amounts are read with two minor digits; `fraction` says how many stand in the file.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np

from parsers import booking_text
from parsers.byte_columns import (
    Block,
    Coded,
    Flags,
    Ints,
    Places,
    alike,
    characters_before,
    distinct,
    equals,
    first_in,
    first_stated,
    grouped,
    is_one_of,
    numbers,
    opening,
    opening_of,
    rows_with,
    trimmed,
    word,
    word_set,
)
from parsers.records import Kind
from parsers.swift import entry as swift_entry
from parsers.swift import mt86_subfields
from parsers.swift.block_columns import Entries
from parsers.swift.mt86_columns import Unfolded
from parsers.swift.mt86_detail_columns import DetailColumns, put, texts
from parsers.swift.mt86_details import is_iban

Days = Ints
"""Dates as days since 1970."""

KINDS: tuple[Kind, ...] = ("receipt", "disbursement", "return", "reversal", "fee", "interest", "transfer", "lockbox_deposit", "payout", "other")
_NOT_READ_HERE = frozenset({"return", "reversal"})
_TYPE = re.compile("[SNF][A-Z0-9]{3}")
_DATE_WIDTH, _ENTRY_DATE_WIDTH, _TYPE_WIDTH, _WORD = 6, 4, 4, 8
_WHOLE_DIGITS_MAX = 13
_EPOCH = dt.date(1970, 1, 1).toordinal()
_NO_BUSINESS = 1000
_SHORT_POINTERS = np.array([opening_of(pointer) for pointer in swift_entry.POINTERS if 0 < len(pointer) <= _WORD], np.uint64)
_INSTRUCTED = word_set(["OCMT", "CHGS"])
_INSTRUCTED_FIRST = np.array([ord("O"), ord("C")], np.uint8)
_LONG_POINTERS = [pointer for pointer in swift_entry.POINTERS if len(pointer) > _WORD]


@dataclass(slots=True)
class LineColumns:
    """The bank lines of all entries."""

    amount: Ints
    fraction: Ints
    booking: Days
    value: Days
    kind: Coded
    type_code: Coded
    bank_reference: Places
    customer_reference: Places
    check_number: Places
    text: Places


def read(unfolded: Unfolded, details: DetailColumns, entries: Entries) -> LineColumns:
    """The bank line of each entry but for what `:86:` alone tells."""
    text, head = unfolded.text, unfolded.head
    booking, value, at = _dates(text, head.start, entries)
    is_debit, amount, fraction, at = _amounts(text, at, entries)
    behind = at + _TYPE_WIDTH
    entries.doubt(behind > head.end)
    stated, bank_reference = _references(text, unfolded.slashes, Places(behind, np.maximum(head.end, behind)))
    amount = np.where(is_debit, -amount, amount)
    type_code, kind = _types_and_kinds(unfolded, details, at, is_debit, amount, entries)
    _doubt_instructed(unfolded, entries)
    said = _with_further_line(unfolded, details, entries)
    _add_end_to_end(text, said, stated, details.end_to_end, entries)
    return LineColumns(amount, fraction, booking, value, Coded(list(KINDS), kind), type_code, bank_reference,
                       first_stated(stated, details.end_to_end, details.reference), _check_numbers(text, at, stated), said)


def _dates(text: Block, start: Ints, entries: Entries) -> tuple[Days, Days, Ints]:
    """Booking and value date by `swift_entry.entry_dates`, and where the mark stands."""
    value, are_digits = numbers(text.eights[start], _DATE_WIDTH)
    behind = start + _DATE_WIDTH
    entry, has_entry = numbers(text.eights[behind], _ENTRY_DATE_WIDTH)
    bare = np.flatnonzero(~has_entry)
    width = np.where(has_entry, _ENTRY_DATE_WIDTH, 0)
    width[bare[text.quads[behind[bare]] == word("    ")]] = _ENTRY_DATE_WIDTH
    entries.doubt(~are_digits)
    both, of = distinct(np.where(are_digits, np.where(has_entry, value * 10_000 + entry, -1 - value), 0))
    dates = [swift_entry.entry_dates(f"{code // 10_000:06}", f"{code % 10_000:04}") if code >= 0 else swift_entry.entry_dates(f"{-1 - code:06}", "")
             for code in both.tolist()]
    entries.doubt(np.array([found.impossible for found in dates], np.bool_)[of])
    booking, value_date = (np.array([day.toordinal() - _EPOCH if day else 0 for day in days], np.int64)[of]
                           for days in ([found.booking for found in dates], [found.value for found in dates]))
    return booking, value_date, behind + width


def _amounts(text: Block, at: Ints, entries: Entries) -> tuple[Flags, Ints, Ints, Ints]:
    """Whether it is a debit, the amount with two minor digits and how many stand there, and where the type stands."""
    mark = text.octets[at]
    is_debit = mark == ord("D")
    entries.doubt(~is_debit & (mark != ord("C")))
    at = at + 1 + (text.octets[at + 1] - np.uint8(ord("A")) < 26)
    digits = characters_before(text.eights[at], ",")
    whole, are_digits = numbers(text.eights[at], digits)
    long = np.flatnonzero(digits == _WORD)
    if long.size:
        more = characters_before(text.eights[at[long] + _WORD], ",")
        behind, also_digits = numbers(text.eights[at[long] + _WORD], more)
        whole[long] = whole[long] * 10 ** more + behind
        are_digits[long] &= also_digits
        digits[long] += more
    comma = at + digits
    minor, is_minor = (text.octets[comma + place] - np.uint8(ord("0")) for place in (1, 2)), [np.ones(at.size, np.bool_)]
    cents = np.zeros(at.size, np.int64)
    for digit, worth in zip(minor, (10, 1), strict=True):
        is_minor.append(is_minor[-1] & (digit < 10))
        cents += is_minor[-1] * worth * digit.astype(np.int64)
    fraction = is_minor[1].astype(np.int64) + is_minor[2]
    too_many = is_minor[2] & (text.octets[comma + 3] - np.uint8(ord("0")) < 10)
    entries.doubt(~are_digits | (digits == 0) | (digits > _WHOLE_DIGITS_MAX) | too_many)
    return is_debit, whole * 100 + cents, fraction, comma + 1 + fraction


def _references(text: Block, slashes: Ints, places: Places) -> tuple[Places, Places]:
    """The customer's reference and the bank's behind `//`, where they say something."""
    doubles = slashes[:-1][slashes[1:] == slashes[:-1] + 1]
    cut = first_in(doubles, places.start, places.end - 1)
    customer = trimmed(text, Places(places.start, np.where(cut < 0, places.end, cut)))
    bank = trimmed(text, Places(np.where(cut < 0, places.end, cut + 2), places.end))
    return _without_pointers(text, customer), _without_pointers(text, bank)


def _without_pointers(text: Block, references: Places) -> Places:
    """The references that are no pointer to nowhere, or to the text."""
    points = (references.length <= _WORD) & is_one_of(opening(text, references), _SHORT_POINTERS)
    for pointer in _LONG_POINTERS:
        points |= equals(text, references.start, references.length, pointer)
    return Places(np.where(points, references.end, references.start), references.end)


def _types_and_kinds(unfolded: Unfolded, details: DetailColumns, at: Ints, is_debit: Flags, amount: Ints, entries: Entries) -> tuple[Coded, Ints]:
    """Type and kind by `swift_entry.kind_of`, once for all entries that are alike in what they depend on."""
    text = unfolded.text
    business = np.where(unfolded.is_subfields, numbers(text.eights[unfolded.details.start], 3)[0], _NO_BUSINESS)
    alike = text.quads[at].astype(np.int64) | is_debit.astype(np.int64) << 32 | (amount != 0).astype(np.int64) << 33 | business << 34
    first, of = grouped(text, details.posting, alike)
    types, kinds, refused = [], [], []
    for row in first.tolist():
        told = "" if business[row] == _NO_BUSINESS else f"{business[row]:03}"
        is_return = told in mt86_subfields.RETURN_BUSINESS or mt86_subfields.says_return(text.text(details.posting.start[row], details.posting.end[row]))
        types.append(text.text(at[row], at[row] + _TYPE_WIDTH))
        kind = swift_entry.kind_of("D" if is_debit[row] else "C", types[-1][1:], told, is_return, int(np.sign(amount[row])))
        kinds.append(KINDS.index(kind))
        refused.append(kind in _NOT_READ_HERE or _TYPE.fullmatch(types[-1]) is None)
    entries.doubt(np.array(refused, np.bool_)[of])
    kind_of_row = np.array(kinds, np.int64)[of]
    _refine(unfolded, details, at, amount, kind_of_row, entries)
    return Coded(types, of), kind_of_row


def _refine(unfolded: Unfolded, details: DetailColumns, at: Ints, amount: Ints, kind: Ints, entries: Entries) -> None:
    """Where nothing but free text tells what was booked, its wording says which kind (`booking_text`)."""
    text, may_be = unfolded.text, unfolded.is_free & entries.sure
    if not may_be.any():
        return
    is_untold = is_one_of(text.quads[at] >> np.uint32(8), word_set(code for code in swift_entry.UNTOLD if code))
    is_open = (kind == KINDS.index("disbursement")) | ((kind == KINDS.index("receipt")) & is_untold)
    for row in np.flatnonzero(may_be & is_open).tolist():
        found = booking_text.kind_of(text.text(details.text.start[row], details.text.end[row]), int(amount[row]))
        kind[row] = KINDS.index(found)
        entries.sure[row] = found not in _NOT_READ_HERE


def _doubt_instructed(unfolded: Unfolded, entries: Entries) -> None:
    """An entry that states what was instructed or charged."""
    slashes = unfolded.slashes
    slashes = slashes[is_one_of(unfolded.text.octets[slashes + 1], _INSTRUCTED_FIRST)]
    found = is_one_of(unfolded.text.quads[slashes + 1], _INSTRUCTED)
    entries.doubt(rows_with(slashes[found], unfolded.head.start, np.maximum(unfolded.details.end, unfolded.further.end)))


def _check_numbers(text: Block, at: Ints, stated: Places) -> Places:
    """The reference of a check is its number."""
    end = stated.start.copy()
    filled = np.flatnonzero(stated.is_filled)
    for row in filled[text.quads[at[filled]] >> np.uint32(8) == word("CHK")].tolist():
        if text.text(stated.start[row], stated.end[row]).isdecimal():
            end[row] = stated.end[row]
    return Places(stated.start, end)


def _with_further_line(unfolded: Unfolded, details: DetailColumns, entries: Entries) -> Places:
    """The text of :86:, behind the line below :61: where that is not in code words."""
    text, further, said = unfolded.text, unfolded.further, details.text
    for row in np.flatnonzero(further.is_filled & entries.sure).tolist():
        told = " ".join(text.text(further.start[row], further.end[row]).split())
        if told.startswith("//") or (details.account.start[row] == details.account.end[row] and is_iban(told)):
            entries.sure[row] = False
        elif told and not swift_entry.CODED_SUPPLEMENT.match(told):
            said.start[row], said.end[row] = text.add(f"{told} {text.text(said.start[row], said.end[row])}".strip())
    return said


def _add_end_to_end(text: Block, said: Places, stated: Places, end_to_end: Places, entries: Entries) -> None:
    """The end-to-end id behind the text, where :61: names another reference."""
    rows = np.flatnonzero(stated.is_filled & end_to_end.is_filled & entries.sure)
    named, told = (Places(column.start[rows], column.end[rows]) for column in (stated, end_to_end))
    rows = rows[~alike(text, named, told)]
    put(text, said, rows, [f"{before} {swift_entry.END_TO_END_MARK}{each}".lstrip()
                           for before, each in zip(texts(text, said, rows), texts(text, end_to_end, rows), strict=True)])
