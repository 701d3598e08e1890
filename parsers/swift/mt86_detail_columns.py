"""What the dialects of `:86:` have in common, as columns: `parsers.swift.mt86_details` for many entries at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parsers import structured
from parsers.byte_columns import BLANK, Block, Flags, Ints, Places, chosen, empty, equals, few, rows_holding, word
from parsers.swift import mt86, mt86_details

_BYTES_OF_WORD = 8
_ALL = np.uint64(0x0101010101010101)


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
    rows = _with_marks(text, said, structured.MARK)
    put(text, found, rows, [structured.find(each) for each in texts(text, said, rows)])
    return found


def dutch_references(text: Block, where: Places, source: Places, said: Places) -> Places:
    """The same, or a Dutch payment reference in the `source` of the text; `where` it stands in the block."""
    found = empty(said.start.size)
    rows = _with_marks(text, where, "|".join((structured.MARK, *mt86.DUTCH_REFERENCE_MARKS)))
    put(text, found, rows, [mt86.dutch_reference(told) or structured.find(each)
                            for told, each in zip(texts(text, source, rows), texts(text, said, rows), strict=True)])
    return found


def _with_marks(text: Block, places: Places, pattern: str) -> Ints:
    """The rows whose text has one of the marks, or so many digits in a row that a structured reference may be among them."""
    marked = suspects(text, places, pattern)[0]
    if (places.length >= structured.LONG_NUMBER_DIGITS).any():
        return np.union1d(marked, rows_holding(_long_numbers(text), places))
    return marked


def _long_numbers(text: Block) -> Ints:
    """Places in numbers of at least 27 digits with blanks among them: of two neighbouring words of the block that are full of them."""
    octets = text.octets[:text.size - text.size % _BYTES_OF_WORD]
    is_full = (((octets - np.uint8(ord("0"))) < 10) | (octets == BLANK)).view(np.uint64) == _ALL
    return _BYTES_OF_WORD * (1 + few(is_full[:-1] & is_full[1:]))


def texts(text: Block, places: Places, rows: Ints) -> list[str]:
    """The texts of some rows."""
    return [text.text(start, end) for start, end in zip(places.start[rows].tolist(), places.end[rows].tolist(), strict=True)]


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
