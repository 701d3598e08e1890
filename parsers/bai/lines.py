"""The lines of a block of a BAI2 file as columns, and its text unfolded: each record's words in one piece.

    16,165,10000,Z,REF77,,ORIG CO NAME:BETA/         16,165,10000,Z,REF77,,ORIG CO NAME:BETA
    88,INVOICE 4711/                            →    INVOICE 4711

Codes of 88 lines and the filling of all lines are left out, and so is the line end of a full line that an 88 line continues inside
a word, by the rule of `parsers.bai.records.glued`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import byte_columns
from parsers.bai.records import CODES, FILLING
from parsers.bank_text import LABELS_GO_ON_WITH, joint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.byte_columns import Block as Text
    from parsers.byte_columns import Flags, Ints, Octets

CODE_LENGTH = 3
_IS_FILLING = np.isin(np.arange(256), list(FILLING.encode()))
_LABEL_LENGTH_MAX = 27
_BYTES_OF_WORD = 8


_THREE_CAPITALS, _FACTOR, _SHIFT = np.uint32(0xDFDFDF), np.uint32(0x9E3779B1), np.uint32(16)


def _slot(opening: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Where in a table of 65,536 the first three characters stand, in capitals."""
    return (opening & _THREE_CAPITALS) * _FACTOR >> _SHIFT


_MAY_GO_ON = np.zeros(1 << 16, np.bool_)
_MAY_GO_ON[_slot(byte_columns.word_set(f"{each}{sign}"[:4] for each in LABELS_GO_ON_WITH for sign in (":  ", "=  ", "#  ", "   ")))] = True

_BEGINS_RECORD = np.zeros((256, 256), np.bool_)
for _code in (*CODES, "88"):
    _BEGINS_RECORD[tuple(_code.encode())] = True


class Lines(NamedTuple):
    """Lines: where each starts and ends, `filled_end` with its filling and `end` without, and its code: the first three bytes."""

    start: Ints
    filled_end: Ints
    end: Ints
    code: NDArray[np.uint32]

    def begin_with(self, code: str) -> Flags:
        """Which lines have this code."""
        found: Flags = self.code == code_number(code)
        return found


class Unfolded(NamedTuple):
    """A block without codes of 88 lines and filling, where its lines end, and how many bytes before the text of each line of the block
    are left out."""

    octets: Octets
    breaks: Ints
    omitted: Ints


def code_number(code: str) -> int:
    """The code of a line and its comma as a number."""
    return byte_columns.word(f"{code},")


def look(text: str) -> tuple[int, bool]:
    """How many line ends a text has, and whether a slash in it may be the end of a record that another one follows."""
    octets = np.frombuffer(b"".join((text.encode("latin-1"), b"/" * CODE_LENGTH)), np.uint8)
    after_slash = np.flatnonzero(octets[:-CODE_LENGTH] == ord("/")) + 1
    first, second, third = (octets[after_slash + place] for place in range(CODE_LENGTH))
    may_hold_several = (first == ord(" ")) | _BEGINS_RECORD[first, second] & (third == ord(","))
    return int(np.count_nonzero(octets == ord("\n"))), bool(may_hold_several.any())


def lines_of(text: Text) -> Lines:
    """The lines of a block."""
    breaks = text.places_of("\n")
    start, filled_end = np.append(0, breaks + 1), np.append(breaks, text.size)
    if start[-1] == text.size:
        start, filled_end = start[:-1], filled_end[:-1]
    return Lines(start, filled_end, _without_filling(text, start, filled_end), text.quads[start] & np.uint32(0xFFFFFF))


def _without_filling(text: Text, start: Ints, end: Ints) -> Ints:
    rows = np.flatnonzero(_IS_FILLING[text.octets[end - 1]] & (end > start))
    end = end.copy() if rows.size else end
    while rows.size:
        end[rows] -= 1
        rows = rows[_IS_FILLING[text.octets[end[rows] - 1]] & (end[rows] > start[rows])]
    return end


def unfolded(text: Text, lines: Lines, heads: Ints, width: int) -> Unfolded:
    """The block unfolded. `heads`: the lines without code 88; `width`: of a full line."""
    kept, filling = np.ones(text.size, np.bool_), lines.filled_end - lines.end
    filled = np.flatnonzero(filling)
    kept[byte_columns.spread(lines.end[filled], filling[filled])[0]] = False
    are_continuations = np.ones(lines.start.size, np.bool_)
    are_continuations[heads] = False
    code = lines.start[are_continuations]
    for place in range(CODE_LENGTH):
        kept[code + place] = False
    end_in_words, end_in_labels = _joints(text, lines, heads, width)
    kept[lines.filled_end[end_in_words]] = False
    omitted_behind = filling + end_in_words
    omitted = np.cumsum(omitted_behind + CODE_LENGTH * are_continuations) - omitted_behind
    left = pl.Series(text.octets[: text.size]).filter(pl.Series(kept)).to_numpy()  # `octets[kept]` takes three times as long
    ends = lines.end - omitted
    if end_in_labels.any():
        left = left.copy()
        left[ends[end_in_labels]] = ord(" ")
    return Unfolded(left, ends[~(end_in_words | end_in_labels)], omitted)


def _joints(text: Text, lines: Lines, heads: Ints, width: int) -> tuple[Flags, Flags]:
    """Which lines an 88 line goes on with inside a word, and which inside a label, as `bank_text.joint` says: only lines that open with a
    label, or like the rest of one, have to be looked at one by one."""
    are_full, end_in_labels = np.zeros((2, lines.start.size), np.bool_)
    full = _full(lines, heads, width)
    are_full[full] = True
    end_in_words = are_full.copy()
    asked = full[_may_be_labels(text, lines.start[full + 1] + CODE_LENGTH)]
    followed = np.flatnonzero(lines.begin_with("88")[1:])
    asked = np.union1d(asked, followed[_may_go_on(text, lines.start[followed + 1] + CODE_LENGTH)])
    for row in asked.tolist():
        before, after = (text.data[start:end].decode("latin-1") for start, end in (
            (lines.start[row], lines.end[row]), (lines.start[row + 1] + CODE_LENGTH, lines.end[row + 1])))
        found = joint(before, after, is_full=bool(are_full[row]))
        end_in_words[row], end_in_labels[row] = found == "", found == " "
    return end_in_words, end_in_labels


def _full(lines: Lines, heads: Ints, width: int) -> Ints:
    """The full lines before an 88 line, but for those of a record that has a fuller line."""
    length = lines.end - lines.start
    full = np.flatnonzero((length[:-1] == width) & lines.begin_with("88")[1:])
    fuller = np.flatnonzero(length > width)
    if fuller.size:
        record_of_full, record_of_fuller = (np.searchsorted(heads, found, "right") for found in (full, fuller))
        full = full[~np.isin(record_of_full, record_of_fuller)]
    return full


def _may_be_labels(text: Text, start: Ints) -> Flags:
    """Which lines may open with a label: its sign is near their start, or a slash there."""
    may: Flags = text.octets[start] == ord("/")
    for further in range(0, _LABEL_LENGTH_MAX, _BYTES_OF_WORD):
        piece = text.eights[np.minimum(start + further, text.size)]
        for sign in ":=":
            may |= byte_columns.characters_before(piece, sign) < _BYTES_OF_WORD
    return may


def _may_go_on(text: Text, start: Ints) -> Flags:
    """Which lines may open with a word that labels go on with, in capitals or not."""
    may: Flags = _MAY_GO_ON[_slot(text.quads[start])]
    return may
