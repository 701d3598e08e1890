"""What the dialects of `:86:` have in common, as columns: `parsers.swift.mt86_details` for many entries at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parsers.byte_columns import Block, Flags, Ints, Places, chosen, empty, equals, word
from parsers.swift import mt86, mt86_details

_SUSPECT = "|".join([*(re.escape(mark) for mark in mt86_details.REFERENCE_MARKS), mt86_details.LONG_NUMBER])
"""What a text has that may hold a structured reference, for many at a time."""
_DUTCH_SUSPECT = "|".join([_SUSPECT, *mt86.DUTCH_REFERENCE_MARKS])


@dataclass(slots=True)
class DetailColumns:
    """What `:86:` tells of each entry, as `parsers.swift.mt86_details.Details`; the business code as a number."""

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
    rows, told = suspects(text, said, _SUSPECT)
    put(text, found, rows, [mt86_details.structured_reference(each) for each in told])
    return found


def dutch_references(text: Block, said: Places, source: Places) -> Places:
    """The same, or a Dutch payment reference in the `source` of the text, the remittance information that it was taken from."""
    found = empty(said.start.size)
    rows, told = suspects(text, source, _DUTCH_SUSPECT)
    put(text, found, rows, [mt86.dutch_reference(each) or mt86_details.structured_reference(text.text(said.start[row], said.end[row]))
                            for row, each in zip(rows.tolist(), told, strict=True)])
    return found


def collapse(text: Block, said: Places) -> None:
    """One blank where several stand."""
    rows, told = suspects(text, said, "  ")
    put(text, said, rows, [" ".join(each.split()) for each in told])


def suspects(text: Block, places: Places, pattern: str) -> tuple[Ints, list[str]]:
    """The rows whose text has the pattern, which must be as broad as what is then looked for one by one."""
    column = text.column(places)
    rows = column.str.contains(pattern).arg_true()
    return rows.to_numpy().astype(np.int64), column.gather(rows).to_list()


def put(text: Block, places: Places, rows: Ints, values: Sequence[str]) -> None:
    """Texts of some rows that do not stand in the block."""
    places.start[rows], places.end[rows] = text.add_all(values)
