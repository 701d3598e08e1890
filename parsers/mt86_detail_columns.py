"""What the dialects of `:86:` have in common, as columns: `parsers.mt86_details` for many entries at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers import mt86, mt86_details
from parsers.byte_columns import BLANK, Block, Flags, Ints, Places, chosen, empty, equals, rows_holding, word

_DIGITS_SAMPLED = 8
"""Of places that stand this far apart, a reference of 27 digits holds three and all that lies between."""


@dataclass(slots=True)
class DetailColumns:
    """What `:86:` tells of each entry, as `parsers.mt86_details.Details`; the business code as a number."""

    text: Places
    name: Places
    account: Places
    end_to_end: Places
    reference: Places
    structured_reference: Places
    posting: Places


def silent(rows: int) -> DetailColumns:
    """Nothing is told."""
    return DetailColumns(*(empty(rows) for _ in range(7)))


def either(which: Flags, one: DetailColumns, other: DetailColumns) -> DetailColumns:
    """Row by row the one or the other."""
    return DetailColumns(*(chosen(which, getattr(one, name), getattr(other, name)) for name in DetailColumns.__slots__))


def stated(text: Block, references: Places) -> Places:
    """References that say something: `NOTPROVIDED` and the like do not."""
    rows = np.flatnonzero(references.is_filled & (text.pairs[references.start] == word("NO")))
    for known in mt86_details.NO_REFERENCE:
        says_nothing = equals(text, references.start[rows], references.length[rows], known)
        references.end[rows[says_nothing]] = references.start[rows[says_nothing]]
        rows = rows[~says_nothing]
    for row in rows.tolist():  # a line end may have cut it
        if not mt86_details.stated(text.text(references.start[row], references.end[row])):
            references.end[row] = references.start[row]
    return references


def structured_references(text: Block, said: Places) -> Places:
    """The structured reference that stands in each text."""
    found = empty(said.start.size)
    for row in _suspects(text, said).tolist():
        put(text, found, row, mt86_details.structured_reference(text.text(said.start[row], said.end[row])))
    return found


def collapse(text: Block, said: Places) -> None:
    """One blank where several stand."""
    for row in np.unique(rows_holding(text.places_of("  "), said)).tolist():
        put(text, said, row, " ".join(text.text(said.start[row], said.end[row]).split()))


def put(text: Block, places: Places, row: int, value: str) -> None:
    """A text of one row that does not stand in the block."""
    places.start[row], places.end[row] = text.add(value) if value else (0, 0)


def dutch_suspects(text: Block, places: Places) -> Ints:
    """The rows whose text may hold a Dutch payment reference (`mt86.dutch_reference`) or another structured one."""
    marks = [text.places_of(first) for first in mt86.DUTCH_REFERENCE_MARKS]
    return np.union1d(_suspects(text, places), rows_holding(np.sort(np.concatenate(marks)), places))


def _suspects(text: Block, places: Places) -> Ints:
    """The rows whose text may hold a structured reference: `RF`, three of `+` or `*`, or a long run of digits and blanks."""
    found = [_long_numbers(text), *(text.places_of(mark) for mark in mt86_details.REFERENCE_MARKS)]
    return np.unique(np.concatenate([rows_holding(marks, places) for marks in found]))


def _long_numbers(text: Block) -> Ints:
    """Places inside of long runs of digits and blanks: three that stand so far apart are looked at first."""
    sample = text.octets[:text.size:_DIGITS_SAMPLED]
    may_be = ((sample - np.uint8(ord("0"))) < 10) | (sample == BLANK)
    middle = (1 + np.flatnonzero(may_be[:-2] & may_be[1:-1] & may_be[2:])) * _DIGITS_SAMPLED
    for distance in (*range(1 - _DIGITS_SAMPLED, 0), *range(1, _DIGITS_SAMPLED)):
        near = text.octets[middle + distance]
        middle = middle[((near - np.uint8(ord("0"))) < 10) | (near == BLANK)]
    return middle
