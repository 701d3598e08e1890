"""The entries of a block of an OFX file and the places of their leaves, found by arithmetic on its bytes.

An entry is outlined where the record reader, tag by tag, would see just the same: `<STMTTRN>`, everyday leaves, each at most once,
`</STMTTRN>`, and end tags in between, which say nothing. Any other tag, or a `<` that begins none, leaves the entry to it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parsers.byte_columns import Block, Flags, Ints, Octets, Places, Words, empty, word
from parsers.ofx.elements import FIELDS, SILENT

_NAMES = ("", "STMTTRN", *FIELDS, *SILENT)  # no name: a tag that is none of the others
_BEGIN, _LEAF = 1, 2
_HEADS = [f"{name}>"[:8] for name in _NAMES]
_WORDS = np.array([word(head) for head in _HEADS], np.uint64)
_MASKS = np.array([(1 << 8 * len(head)) - 1 for head in _HEADS], np.uint64)
_LONG = [number for number, name in enumerate(_NAMES) if len(name) == len(_HEADS[number])]
"""Names whose `>` stands beyond their head."""

_SLASH, _BANG, _ABOVE, _SPACE, _LF, _CR, _S = b"/!> \n\rS"
_PENDING, _ENDED = (np.uint64(word(head)) for head in ("STMTTRNP", "STMTTRN>"))
_END_BYTES = len("</STMTTRN>")
_BETWEEN_MAX = 256
"""Blanks between two entries; where more stand there, the entries are no neighbours."""

_IS_BLANK = np.zeros(256, np.bool_)
_IS_BLANK[list(b" \t\n\r\v\f\x1c\x1d\x1e\x1f")] = True  # what `str.strip` takes off a text in ASCII
_IS_BETWEEN = np.zeros(256, np.bool_)
_IS_BETWEEN[list(b" \t\r\n")] = True


class Outline(NamedTuple):
    """The outlined entries of a block, one row each: `[start, end)` from tag to tag, the lines that end before it, whether it follows the
    row before with nothing but blanks between, and the texts of FIELDS without white space around them.

    `begun` and `ended` count the tags of all entries, `breaks` the ends of all lines. `has_inner_breaks`: lines may end elsewhere than
    before a tag, or other control characters stand among the tags.
    """

    begun: int
    ended: int
    breaks: int
    has_inner_breaks: bool
    start: Ints
    end: Ints
    line: Ints
    follows: Flags
    texts: tuple[Places, ...]


class _Tags(NamedTuple):
    """All tags of a block: where each starts, and at last the block's end; the bytes of a line's end before it; and which of them begin
    and end an entry."""

    bounds: Ints
    break_bytes: Octets
    begins: Ints
    ends: Ints


class _Leaf(NamedTuple):
    """The tags of one name (or of none), and the entry of each, from 1 on; 0 before all entries."""

    at: Ints
    entry: Ints


def _slots() -> Octets:
    """Which of `_NAMES` a tag may have, by its slot."""
    slots, places = np.zeros(256, np.uint8), _slot(_WORDS[1:])
    assert np.unique(places).size == places.size, "two names share a slot: another factor is needed"
    slots[places] = np.arange(1, len(_NAMES))
    return slots


def _slot(words: Words) -> Octets:
    """A number for the first four bytes of a tag."""
    return (words.astype(np.uint32) * np.uint32(0xC2B2AE3D) >> np.uint32(24)).astype(np.uint8)


_SLOTS = _slots()


def outline(text: Block, newline: str) -> Outline | None:
    """The entries that can be read in columns; None for a block whose tags are not all told by their `<`."""
    opening = text.places_of("<")
    is_end = text.octets[opening + 1] == _SLASH
    heads = np.flatnonzero(~is_end)
    words = text.eights[opening[heads] + 1]
    names, at = _named(text, opening[heads], words)
    unnamed = np.flatnonzero(names == 0)
    if not opening.size or (words[unnamed].astype(np.uint8) == _BANG).any() or (words[unnamed] == _PENDING).any():
        return None
    before = text.octets[opening - 1]
    has_break, has_crlf = before == ord(newline), (before == _LF) & (text.octets[opening - 2] == _CR)
    break_bytes = np.append(has_crlf.view(np.uint8) + has_break.view(np.uint8), np.uint8(0))
    begun = np.cumsum(names == _BEGIN)
    tags = _Tags(np.append(opening, text.size), break_bytes, heads[at[_BEGIN]], _ends(text, opening, is_end))
    others, *leaves = (_Leaf(heads[places], begun[places]) for places in (unnamed, *at[_LEAF:]))
    begin, end, row_of = _entries(tags, leaves, others)
    start, stop = opening[begin], opening[end] + _END_BYTES
    texts = tuple(_texts(text, tags, leaf, len(name) + 2, row_of, begin.size) for leaf, name in zip(leaves, FIELDS, strict=False))
    breaks, are_inside, line = _breaks(text, newline, tags, begin)
    follows = _follows(text, begin, end, start, stop)
    return Outline(tags.begins.size, tags.ends.size, breaks, are_inside, start, stop, line, follows, texts)


def _named(text: Block, opening: Ints, words: Words) -> tuple[Octets, list[Ints]]:
    """Which of `_NAMES` each tag has that ends nothing, and the tags of each name."""
    names = _SLOTS[_slot(words)]
    every = [names[:0].astype(np.int64)]
    for number in range(1, len(_NAMES)):
        at = np.flatnonzero(names == number)
        is_it = words[at] & _MASKS[number] == _WORDS[number]
        if number in _LONG:
            is_it &= text.octets[opening[at] + len(_NAMES[number]) + 1] == _ABOVE
        if not is_it.all():
            names[at[~is_it]] = 0
            at = at[is_it]
        every.append(at)
    return names, every


def _ends(text: Block, opening: Ints, is_end: Flags) -> Ints:
    """The tags that end an entry."""
    ends = np.flatnonzero(is_end)
    ends = ends[text.octets[opening[ends] + 2] == _S]
    found: Ints = ends[text.eights[opening[ends] + 2] == _ENDED]
    return found


def _entries(tags: _Tags, leaves: list[_Leaf], others: _Leaf) -> tuple[Ints, Ints, Ints]:
    """The tags where the outlined entries begin and end, and which row each entry of the block is, -1 for none. No row is an entry with a
    leaf that stands twice, a leaf behind its end, or a tag before it that is no leaf."""
    after_all = tags.bounds.size - 1
    begin, ends = tags.begins, np.append(tags.ends, after_all)
    end = ends[np.searchsorted(ends, begin)]
    is_whole = np.append(False, end < np.append(begin[1:], after_all))
    end_of = np.append(after_all, end)
    for at, entry in leaves:
        is_whole[entry[1:][entry[1:] == entry[:-1]]] = False
        is_whole[entry[at > end_of[entry]]] = False
    at, entry = others
    is_whole[entry[at < end_of[entry]]] = False
    is_whole[0] = False
    return begin[is_whole[1:]], end[is_whole[1:]], np.where(is_whole, np.cumsum(is_whole) - 1, -1)


def _follows(text: Block, begin: Ints, end: Ints, start: Ints, stop: Ints) -> Flags:
    """Whether each entry stands behind the one before with nothing but blanks between."""
    follows = np.zeros(begin.size, np.bool_)
    width = start[1:] - stop[:-1]
    follows[1:] = (begin[1:] == end[:-1] + 1) & (width <= _BETWEEN_MAX)
    rows = np.flatnonzero(follows[1:])
    for step in range(int(width[rows].max(initial=0))):
        rows = rows[width[rows] > step]
        follows[rows[~_IS_BETWEEN[text.octets[stop[rows] + step]]] + 1] = False
    return follows


def _breaks(text: Block, newline: str, tags: _Tags, begin: Ints) -> tuple[int, bool, Ints]:
    """How many lines end in the block; whether one may end elsewhere than before a tag; how many end before each entry."""
    first, last = int(tags.bounds[0]), int(tags.bounds[-2])
    octets, has_break = text.octets[: text.size], tags.break_bytes[1:-1] != 0
    if np.count_nonzero(octets[first:last] < _SPACE) != int(tags.break_bytes[1:-1].sum()):
        places = text.places_of(newline)
        return places.size, True, np.searchsorted(places, tags.bounds[begin]).astype(np.int64)
    line = np.append(0, np.cumsum(has_break)) + np.count_nonzero(octets[:first] == ord(newline))
    return int(line[-1]) + int(np.count_nonzero(octets[last:] == ord(newline))), False, line[begin]


def _texts(text: Block, tags: _Tags, leaf: _Leaf, tag_bytes: int, row_of: Ints, rows: int) -> Places:
    """The text of a leaf in each row, up to the next tag; empty where the row has no such leaf."""
    row = row_of[leaf.entry]
    is_everywhere = row.size == rows and (row >= 0).all()
    kept = leaf.at if is_everywhere else leaf.at[row >= 0]
    following = kept + 1
    start, end = tags.bounds[kept] + tag_bytes, tags.bounds[following] - tags.break_bytes[following]
    last = np.flatnonzero(text.octets[end - 1] <= _SPACE)
    while (last := last[_IS_BLANK[text.octets[end[last] - 1]]]).size:  # the tag's own `>` is no blank
        end[last] -= 1
    first = np.flatnonzero(text.octets[start] <= _SPACE)
    while (first := first[_IS_BLANK[text.octets[start[first]]] & (start[first] < end[first])]).size:
        start[first] += 1
    if is_everywhere:
        return Places(start, end)
    every = empty(rows)
    row = row[row >= 0]
    every.start[row], every.end[row] = start, end
    return every
