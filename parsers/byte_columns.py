"""Columns of text that stay where they stand: places in a block of bytes instead of a string for each.

A block of a bank file is an array of bytes; a column of it is a pair of arrays, where each text starts and ends. Structure is
found by arithmetic on places, many entries at a time; the strings come into being last, all of a column at once, and share
the block's bytes. Texts that do not stand in the block are added behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Octets = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

BLANK = 0x20
PADDING = b" " * 64
"""Behind each block, so that a word may be looked at from any of its bytes."""

_MEMORY_KEPT = 62 * 1024 * 1024
_BYTES_OF_WORD = 8
_ZEROS = np.uint64(0x3030303030303030)
_HIGH_HALVES = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIX_EACH = np.uint64(0x0606060606060606)
_ONE_EACH = np.uint64(0x0101010101010101)
_TOP_EACH = np.uint64(0x8080808080808080)
_SHIFTS = np.array([64 - 8 * count for count in range(9)], np.uint64)
_OUTSIDE = ~(np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64))
_FILLERS = np.array([0x3030303030303030 & ((1 << (64 - 8 * count)) - 1) for count in range(9)], np.uint64)


class Places(NamedTuple):
    """A text column: where each text starts and ends in the block."""

    start: Ints
    end: Ints

    @property
    def is_filled(self) -> Flags:
        """Whether there is any text."""
        return self.end > self.start

    @property
    def length(self) -> Ints:
        """Bytes of each text."""
        return self.end - self.start


@dataclass(slots=True)
class Block:
    """Bytes to look at, one by one or as words of two, four and eight from any place on; `size` of them before the padding.
    `added` stands behind them all."""

    data: bytes | bytearray
    size: int
    octets: Octets
    pairs: npt.NDArray[np.uint16]
    quads: npt.NDArray[np.uint32]
    eights: Words
    added: bytearray = field(default_factory=bytearray)
    found: dict[str, Ints] = field(default_factory=dict)

    def text(self, start: int, end: int) -> str:
        """One text."""
        if start < self.size:
            return self.data[start:end].decode()
        return self.added[start - len(self.data):end - len(self.data)].decode()

    def places_of(self, mark: str) -> Ints:
        """Every place of a mark: one character, or several, which are rare."""
        if mark not in self.found:
            self.found[mark] = self._places_of(mark.encode())
        return self.found[mark]

    def _places_of(self, mark: bytes) -> Ints:
        octets = self.octets[:self.size]
        if len(mark) == 1:
            return np.flatnonzero(octets == mark[0])
        if mark[-1:] not in self.data:
            return np.zeros(0, np.int64)
        first = mark[:1].decode()
        if first in self.found:
            found = self.found[first]
        else:  # the last two characters are sought: most such marks are a word and a sign
            found = few((octets[:-1] == mark[-2]) & (octets[1:] == mark[-1])) + 2 - len(mark)
        for further, character in enumerate(mark):
            found = found[(self.octets[found + further] == character) & (found >= 0)]
        return found[found + len(mark) <= self.size]

    def find_both(self, one: str, other: str) -> None:
        """Look for two characters that differ in one bit, in one go, for `places_of`."""
        octets, either = self.octets[:self.size], np.uint8(ord(one) | ord(other))
        both = np.flatnonzero((octets | np.uint8(ord(one) ^ ord(other))) == either)
        is_one = octets[both] == ord(one)
        self.found[one], self.found[other] = both[is_one], both[~is_one]

    def add(self, text: str) -> tuple[int, int]:
        """The place of a text that does not stand in the block. Only `text` and `strings` know of it."""
        start = len(self.data) + len(self.added)
        self.added += text.encode()
        return start, len(self.data) + len(self.added)

    def add_all(self, texts: Iterable[str]) -> Places:
        """The places of such texts."""
        encoded = [text.encode() for text in texts]
        length = np.array([len(text) for text in encoded], np.int64)
        end = len(self.data) + len(self.added) + np.cumsum(length)
        self.added += b"".join(encoded)
        return Places(end - length, end)

    def column(self, places: Places) -> pl.Series:
        """The strings of a column."""
        return strings("text", places, slice(None), self.in_rows(places.start.size))

    def in_rows(self, rows: int) -> pl.DataFrame:
        """A frame whose one column `block` holds the block in each row, for `strings` to cut from."""
        return pl.DataFrame({"block": pl.Series("block", [b"".join((self.data, self.added))], dtype=pl.Binary).new_from_index(0, rows)})


def few(flags: Flags) -> Ints:
    """Where flags are set, of which few are: eight are looked at together."""
    whole = flags.size - flags.size % _BYTES_OF_WORD
    words = np.flatnonzero(flags[:whole].view(np.uint64) != 0)
    within = np.flatnonzero(flags[:whole].reshape(-1, _BYTES_OF_WORD)[words])
    return np.concatenate([words[within // _BYTES_OF_WORD] * _BYTES_OF_WORD + within % _BYTES_OF_WORD, whole + np.flatnonzero(flags[whole:])])


def block(padded: bytes | bytearray) -> Block:
    """Bytes to look at; `PADDING` stands behind them."""
    def words(width: int) -> npt.NDArray[np.void]:
        return np.ndarray((len(padded) - width + 1,), f"<u{width}", padded, strides=(1,))

    return Block(padded, len(padded) - len(PADDING), np.frombuffer(padded, np.uint8), words(2), words(4), words(8))  # type: ignore[arg-type]  # the width is in the name


def word(text: str) -> int:
    """Up to eight characters as the word that they make."""
    return int.from_bytes(text.encode("ascii"), "little")


def word_set(texts: Iterable[str]) -> npt.NDArray[np.uint32]:
    """Texts of four characters, to look quads up in."""
    return np.array(sorted(word(text) for text in texts), np.uint32)


def empty(rows: int) -> Places:
    """A column without any text."""
    return Places(np.zeros(rows, np.int64), np.zeros(rows, np.int64))


def chosen(which: Flags, one: Places, other: Places) -> Places:
    """Row by row the one or the other."""
    return Places(np.where(which, one.start, other.start), np.where(which, one.end, other.end))


def first_stated(*columns: Places) -> Places:
    """Row by row the first that has any text."""
    found = columns[-1]
    for column in reversed(columns[:-1]):
        found = chosen(column.is_filled, column, found)
    return found


def trimmed(text: Block, places: Places, blanks: str = " ") -> Places:
    """Without blanks at both ends."""
    start, end = places
    rows = np.flatnonzero(_are_any(text.octets[start], blanks))
    while (rows := rows[end[rows] > start[rows]]).size:
        start = start.copy() if start is places.start else start
        start[rows] += 1
        rows = rows[_are_any(text.octets[start[rows]], blanks)]
    rows = np.flatnonzero(_are_any(text.octets[end - 1], blanks))
    while (rows := rows[end[rows] > start[rows]]).size:
        end = end.copy() if end is places.end else end
        end[rows] -= 1
        rows = rows[_are_any(text.octets[end[rows] - 1], blanks)]
    return Places(start, end)


def _are_any(octets: Octets, characters: str) -> Flags:
    found: Flags = octets == ord(characters[0])
    for character in characters[1:]:
        found |= octets == ord(character)
    return found


def first_in(marks: Ints, start: Ints, end: Ints) -> Ints:
    """The first of the sorted marks in each `[start, end)`; -1 where there is none."""
    if not marks.size:
        return np.full(start.size, -1)
    found = marks[np.minimum(np.searchsorted(marks, start), marks.size - 1)]
    return np.where((found >= start) & (found < end), found, -1)


def rows_with(marks: Ints, start: Ints, end: Ints) -> Ints:
    """The row of each mark that stands in one; `start` is sorted and rows do not overlap."""
    if not start.size:
        return np.zeros(0, np.int64)
    row = np.searchsorted(start, marks, "right") - 1
    return row[(row >= 0) & (marks < end[row])]


def spread(start: Ints, count: Ints) -> tuple[Ints, Ints]:
    """`start, start + 1, …` for each row `count` times, and the rows they are of."""
    row = np.repeat(np.arange(start.size), count)
    before = np.cumsum(count) - count
    return np.arange(row.size) + (start - before)[row], row


def opening(text: Block, places: Places) -> Words:
    """The first eight characters of each text, shifted to the top where it is shorter: `opening_of` for many."""
    return text.eights[places.start] << _SHIFTS[np.minimum(places.length, _BYTES_OF_WORD)]


def opening_of(text: str) -> int:
    """A text of up to eight characters as `opening` gives it."""
    return word(text) << (64 - 8 * len(text)) if text else 0


def rows_holding(marks: Ints, places: Places) -> Ints:
    """The rows in whose text one of the marks stands."""
    filled = np.flatnonzero(places.is_filled)
    return filled[rows_with(marks, places.start[filled], places.end[filled])]


def equals(text: Block, start: Ints, length: Ints, value: str) -> Flags:
    """Whether texts are this one."""
    are: Flags = length == len(value)
    for offset in range(0, len(value), _BYTES_OF_WORD):
        piece = value[offset:offset + _BYTES_OF_WORD]
        are &= (text.eights[start + offset] & np.uint64((1 << 8 * len(piece)) - 1)) == np.uint64(word(piece))
    return are


def alike(text: Block, one: Places, other: Places) -> Flags:
    """Whether the texts of two columns are the same."""
    same: Flags = one.length == other.length
    offset, rows = 0, np.flatnonzero(same & (one.length > 0))
    while rows.size:
        left = np.minimum(one.length[rows] - offset, _BYTES_OF_WORD)
        differing = (text.eights[one.start[rows] + offset] ^ text.eights[other.start[rows] + offset]) << _SHIFTS[left]
        same[rows[differing != 0]] = False
        offset += _BYTES_OF_WORD
        rows = rows[one.length[rows] > offset]
    return same


def grouped(text: Block, places: Places, group: Ints) -> tuple[Ints, Ints]:
    """Rows of one group with the same text: a first row of each, and which of them every row is like."""
    like = np.zeros(group.size, np.int64)
    firsts: list[int] = []
    rows = np.arange(group.size)
    while rows.size:
        _, which = distinct(group[rows])
        first = np.full(which.max() + 1, rows[-1])
        first[which[::-1]] = rows[::-1]
        model = first[which]
        same = alike(text, Places(places.start[rows], places.end[rows]), Places(places.start[model], places.end[model]))
        like[rows[same]] = len(firsts) + which[same]
        firsts.extend(first.tolist())
        rows = rows[~same]
    return np.array(firsts, np.int64), like


def has_blank(text: Block, places: Places) -> Ints:
    """The rows in whose text a blank stands."""
    found = [np.zeros(0, np.int64)]
    offset, rows = 0, np.flatnonzero(places.is_filled)
    while rows.size:
        start = places.start[rows] + offset
        differing = (text.eights[start] ^ (_ONE_EACH * np.uint64(BLANK))) | _OUTSIDE[np.minimum(places.end[rows] - start, _BYTES_OF_WORD)]
        found.append(rows[((differing - _ONE_EACH) & ~differing & _TOP_EACH) != 0])
        offset += _BYTES_OF_WORD
        rows = rows[places.length[rows] > offset]
    return np.concatenate(found)


def distinct(values: Ints) -> tuple[Ints, Ints]:
    """The different values, and which of them each one is. Neighbours are mostly the same."""
    begins = np.concatenate([np.zeros(min(values.size, 1), np.int64), 1 + np.flatnonzero(values[1:] != values[:-1])])
    found, which = np.unique(values[begins], return_inverse=True)
    return found, np.repeat(which, np.diff(np.append(begins, values.size)))


def is_one_of(values: npt.NDArray[np.unsignedinteger], known: npt.NDArray[np.unsignedinteger]) -> Flags:
    """Whether each value is one of a few, which is quicker told than by `numpy.isin`."""
    found = np.zeros(values.size, np.bool_)
    for each in known:
        found |= values == each
    return found


def characters_before(words: Words, mark: str) -> Ints:
    """How many characters stand before the first mark in each word; 8 where there is none."""
    differing = words ^ (_ONE_EACH * np.uint64(ord(mark)))
    hit = (differing - _ONE_EACH) & ~differing & _TOP_EACH
    return np.where(hit == 0, _BYTES_OF_WORD, np.bitwise_count((hit & (~hit + np.uint64(1))) - np.uint64(1)) >> 3).astype(np.int64)


def numbers(words: Words, count: Ints | int) -> tuple[Ints, Flags]:
    """The first `count` characters of each word as a number, and whether all of them are digits."""
    kept = (words << _SHIFTS[count]) | _FILLERS[count]
    are_digits = ((kept & _HIGH_HALVES) == _ZEROS) & (((kept + _SIX_EACH) & _HIGH_HALVES) == _ZEROS)
    kept = (kept & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2561) >> np.uint64(8)
    kept = (kept & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601) >> np.uint64(16)
    kept = (kept & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001) >> np.uint64(32)
    return kept.astype(np.int64), are_digits


class Coded(NamedTuple):
    """A text column of few different texts: which of them each row has."""

    texts: list[str]
    which: Ints

    def code(self, text: str) -> int:
        """The number of a text, a new one where it is not yet known."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)


def strings(name: str, column: Places | Coded, kept: Ints | slice, block: pl.DataFrame) -> pl.Series:
    """The strings of a column's rows, those of places cut from the `block` column of `Block.in_rows`. One column at a time: the
    bytes are far apart, and two threads that reach for them are in each other's way."""
    if isinstance(column, Coded):
        return pl.Series(name, column.texts, pl.String).gather(column.which[kept])
    start, length = pl.Series("start", column.start[kept]), pl.Series("length", column.length[kept])
    cut = pl.col("block").bin.slice(pl.lit(start), pl.lit(length)).cast(pl.String)
    return block.select(cut.alias(name)).to_series()


def keep_freed_memory() -> None:
    """Let the memory of one block serve the next. glibc's malloc gives large freed pieces back to the system, which then hands them out
    again page by page: a third of the time. Once it has freed a piece it keeps twice its size (mallopt(3), dynamic threshold, up to 32 MiB)."""
    np.empty(_MEMORY_KEPT // 2, np.uint8)
