"""The entries of a block of an OFX file and the places of their leaves, found by arithmetic on its bytes.

An entry is outlined where the record reader, tag by tag, would see just the same: `<STMTTRN>`, everyday leaves, each at most once,
`</STMTTRN>`, and end tags in between, which say nothing. Any other tag, or a `<` that begins none, leaves the entry to it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parsers.byte_columns import Block, Flags, Ints, Places, empty, word
from parsers.ofx.elements import FIELDS, SILENT

_SLASH, _BANG, _ABOVE, _SPACE = b"/!> "
_PENDING = np.uint64(word("STMTTRNP"))
_END_BYTES = len("</STMTTRN>")
_BETWEEN_MAX = 256
"""Blanks between two entries; where more stand there, the entries are no neighbours."""

_CRLF = int.from_bytes(b"\r\n", "little")
_IS_BLANK = np.zeros(256, np.bool_)
_IS_BLANK[list(b" \t\n\r\v\f\x1c\x1d\x1e\x1f")] = True  # what `str.strip` takes off a text in ASCII
_IS_BETWEEN = np.zeros(256, np.bool_)
_IS_BETWEEN[list(b" \t\r\n")] = True


class Outline(NamedTuple):
    """The outlined entries of a block, one row each: `[start, end)` from tag to tag, whether the row follows the one before with
    nothing but blanks between, and the texts of FIELDS without white space around them. `begun` and `ended` count the tags of all entries."""

    begun: int
    ended: int
    start: Ints
    end: Ints
    follows: Flags
    texts: tuple[Places, ...]


class _Tags(NamedTuple):
    """All tags of a block: where each starts, and at last the block's end; where the text behind each ends, and where there may be more
    white space before that; which of them are known; the entry before each."""

    bounds: Ints
    text_ends: Ints
    may_be_blank: Flags | None
    begins: Ints
    ends: Ints
    leaves: dict[str, Ints]
    others: Ints
    entry: Ints


def outline(text: Block) -> Outline | None:
    """The entries that can be read in columns; None for a block whose tags are not all told by their `<`."""
    tags = _tags(text)
    if tags is None:
        return None
    begin = tags.begins
    end = np.append(tags.ends, tags.bounds.size - 1)[np.searchsorted(tags.ends, begin)]
    is_whole = end < np.append(begin[1:], tags.bounds.size - 1)
    is_whole[_odd_entries(tags, end)] = False
    rows = np.flatnonzero(is_whole)
    begin, end = begin[rows], end[rows]
    start, stop = tags.bounds[begin], tags.bounds[end] + _END_BYTES
    follows = np.zeros(rows.size, np.bool_)
    follows[1:] = begin[1:] == end[:-1] + 1
    _keep_blank(text, follows, start, stop)
    row_of = np.append(np.where(is_whole, np.cumsum(is_whole) - 1, -1), -1)  # the last is for what stands before all entries
    texts = tuple(_texts(text, tags, name, row_of[tags.entry[tags.leaves[name]]], rows.size) for name in FIELDS)
    return Outline(is_whole.size, tags.ends.size, start, stop, follows, texts)


def _tags(text: Block) -> _Tags | None:
    opening = text.places_of("<")
    words = text.eights[opening + 1]
    masked = {width: words & np.uint64((1 << 8 * width) - 1) for width in range(4, 8)} | {8: words}

    def places(name: str) -> Ints:
        head = f"{name}>"[:8]
        found = np.flatnonzero(masked[len(head)] == np.uint64(word(head)))
        return found if len(name) < 8 else found[text.octets[opening[found] + 1 + len(name)] == _ABOVE]

    begins, ends, leaves = places("STMTTRN"), places("/STMTTRN"), {name: places(name) for name in (*FIELDS, *SILENT)}
    first = words.astype(np.uint8)
    is_other = first != _SLASH
    others = begins[:0]
    if np.count_nonzero(is_other) > begins.size + sum(at.size for at in leaves.values()):
        for known in (begins, *leaves.values()):
            is_other[known] = False
        others = np.flatnonzero(is_other)
        if (first[others] == _BANG).any() or (words[others] == _PENDING).any():
            return None
    is_begin = np.zeros(opening.size, np.int32)
    is_begin[begins] = 1
    bounds = np.append(opening, text.size)
    text_ends = bounds[1:] - 2 * (text.pairs[bounds[1:] - 2] == _CRLF)  # most files end each line so, or have no line's end here
    may_be_blank = text.octets[text_ends - 1] <= _SPACE
    return _Tags(bounds, text_ends, may_be_blank if may_be_blank.any() else None, begins, ends, leaves, others, np.cumsum(is_begin) - 1)


def _odd_entries(tags: _Tags, end: Ints) -> Ints:
    """The entries with a leaf that stands twice, a leaf behind their end, or a tag that is not known before it."""
    others = tags.others[tags.entry[tags.others] >= 0]
    of = tags.entry[others]
    found = [of[others < end[of]]]
    for at in tags.leaves.values():
        of = tags.entry[at]
        if end.size:
            found += [of[1:][of[1:] == of[:-1]], of[at > end[of]]]
    return np.concatenate(found)


def _keep_blank(text: Block, follows: Flags, start: Ints, stop: Ints) -> None:
    """Takes back `follows` where something stands between the entries."""
    width = start[1:] - stop[:-1]
    follows[1:] &= width <= _BETWEEN_MAX
    rows = np.flatnonzero(follows[1:])
    for step in range(int(width[rows].max(initial=0))):
        rows = rows[width[rows] > step]
        follows[rows[~_IS_BETWEEN[text.octets[stop[rows] + step]]] + 1] = False


def _texts(text: Block, tags: _Tags, name: str, row: Ints, rows: int) -> Places:
    """The text of a leaf in each row, up to the next tag; empty where the row has no such leaf."""
    at = tags.leaves[name]
    start, end = tags.bounds[at] + len(name) + 2, tags.text_ends[at]
    if tags.may_be_blank is not None:
        rows_left = np.flatnonzero(tags.may_be_blank[at])
        while (rows_left := rows_left[_IS_BLANK[text.octets[end[rows_left] - 1]]]).size:  # the tag's own `>` is no blank
            end[rows_left] -= 1
    if (is_blank := text.octets[start] <= _SPACE).any():
        rows_left = np.flatnonzero(is_blank)
        while (rows_left := rows_left[_IS_BLANK[text.octets[start[rows_left]]] & (start[rows_left] < end[rows_left])]).size:
            start[rows_left] += 1
    if at.size == rows and (row >= 0).all():
        return Places(start, end)
    every = empty(rows)
    kept = row >= 0
    every.start[row[kept]], every.end[row[kept]] = start[kept], end[kept]
    return every
