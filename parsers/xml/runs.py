"""Runs of records in a large XML file, laid out by their bytes: where each begins and ends, and where the texts of its leaves stand.

A bank writes thousands of records one after the other with the same blanks between them. `Runs` finds such a run in a block in a
few passes over its bytes. `Skeleton` is a proven record without its texts (`parsers.xml.shapes`): a record of the run that has
the very same bytes between as many texts has the same tags, so that its texts are known by their places without reading it alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parsers.byte_columns import Block, Flags, Ints, Octets, Words, few
from parsers.xml.shapes import is_leaf, tags_and_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS_MIN = 120
"""A shorter run is not worth laying out."""
PADDING = 512
"""Bytes behind each block, so that words may be looked at wherever a piece of a record could stand."""
STRETCH = 32
DOUBLE = 16
_ROWS_AT_ONCE = 512
_BYTES_OF_WORD = 8
_BLANKS = b" \t\r\n"
_LESS_THAN, _GREATER_THAN, _AMPERSAND = b"<>&"
_TAB, _LINE_FEED, _RETURN, _SPACE = b"\t\n\r "
_FIRST_HIGH = 0x80
_BYTES_AT_ONCE = 256 * 1024
"""What a processor keeps at hand."""
_MEMORY_KEPT = 62 * 1024 * 1024
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_NONE: Ints = np.zeros(0, np.int64)
_FOREIGN_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A record's bytes without the texts of its leaves, in pieces, one more than there are leaves, each of which begins at a tag."""

    tags: int
    """How many tags the record has."""
    begins: Ints
    """The number of the tag at which each piece begins."""
    sizes: Ints
    """The bytes of each piece."""
    places: Ints
    """The pieces are compared in stretches of `STRETCH` bytes: of which piece each is, where in it, its words, and which bits of them count."""
    offsets: Ints
    words: Words
    masks: Words


def skeleton(record: str) -> Skeleton:
    """The skeleton of a well-formed record."""
    tags, between = tags_and_texts(record)
    pieces, piece = [], ""
    for tag, text, following in zip(tags, between[1:], [*tags[1:], ""], strict=True):
        piece += tag
        if is_leaf(tag, following):
            pieces.append(piece.encode())
            piece = ""
        else:
            piece += text
    pieces.append(piece.encode())
    sizes = [len(one) for one in pieces]
    counts = [one.count(b"<") for one in pieces]
    stretches = [(number, min(offset, max(0, size - STRETCH))) for number, size in enumerate(sizes) for offset in range(0, size, STRETCH)]
    parts = [pieces[number][offset : offset + STRETCH] for number, offset in stretches]
    masks = [(b"\xff" * len(part)).ljust(STRETCH, b"\0") for part in parts]
    return Skeleton(
        sum(counts), np.cumsum([0, *counts[:-1]]), np.array(sizes), np.array([number for number, _ in stretches]),
        np.array([offset for _, offset in stretches]), np.frombuffer(b"".join(part.ljust(STRETCH, b"\0") for part in parts), np.uint64),
        np.frombuffer(b"".join(masks), np.uint64),
    )


class Alike(NamedTuple):
    """Records of a run that have one skeleton: its number, which records they are, and where each piece stands in each of them, row by row."""

    number: int
    rows: Ints
    pieces: Ints


@dataclass
class Run:
    """Records that follow one another in a block: each from its start to its end, their first tags and numbers of tags."""

    laid: Laid
    first_tags: Ints
    tag_counts: Ints
    starts: Ints
    ends: Ints

    @property
    def block(self) -> Block:
        """The bytes."""
        return self.laid.block

    @property
    def first(self) -> Run:
        """The first record alone."""
        return Run(self.laid, self.first_tags[:1], self.tag_counts[:1], self.starts[:1], self.ends[:1])

    @property
    def end(self) -> int:
        """Where the last record ends."""
        return int(self.ends[-1])

    def lines(self, newline: bytes, line: int, places: Ints | None = None) -> Ints:
        """The line of each record, or of other places in the run, where the first record stands in `line`."""
        breaks = self.laid.breaks(newline)
        found: Ints = np.searchsorted(breaks, self.starts if places is None else places)
        return found + (line - int(np.searchsorted(breaks, self.starts[0])))

    def line_after(self, newline: bytes, line: int) -> int:
        """The line in which the last record ends, where the first one stands in `line`."""
        return int(self.lines(newline, line, self.ends[-1:])[0])

    def record(self, row: int) -> bytes:
        """The bytes of one record."""
        return bytes(self.block.data[int(self.starts[row]) : int(self.ends[row])])

    def alike(self, skeletons: list[Skeleton]) -> Iterator[Alike]:
        """The records of each skeleton, but those with an entity that is not XML's own."""
        is_open = self._is_readable
        for number, one in enumerate(skeletons):
            rows = np.flatnonzero(is_open & (self.tag_counts == one.tags))
            if int(one.sizes.max()) > PADDING or (rows.size and self.starts[rows[0]] + one.sizes[0] < DOUBLE):
                continue
            found = [self._alike(rows[first : first + _ROWS_AT_ONCE], number, one) for first in range(0, rows.size, _ROWS_AT_ONCE)]
            if sum(each.rows.size for each in found):
                alike = Alike(number, *(np.concatenate(every) for every in ([each[part] for each in found] for part in (1, 2))))
                is_open[alike.rows] = False
                yield alike

    def _alike(self, rows: Ints, number: int, one: Skeleton) -> Alike:
        """Those of the records that have the skeleton: all bytes of its pieces, as near to each other as they stand."""
        pieces = self.laid.brackets[self.first_tags[rows, None] + one.begins]
        words = self.laid.stretches[pieces.take(one.places, axis=1) + one.offsets].view(np.uint64)
        words ^= one.words
        words &= one.masks
        stands = np.bitwise_or.reduce(words, axis=1) == 0
        return Alike(number, rows, pieces) if stands.all() else Alike(number, rows[stands], pieces[stands])

    @cached_property
    def _is_readable(self) -> Flags:
        readable = np.ones(self.starts.size, np.bool_)
        data = self.block.data
        for place in _FOREIGN_ENTITY.finditer(data, int(self.starts[0]), self.end) if self.laid.has_entities else ():
            readable[np.searchsorted(self.starts, place.start(), side="right") - 1] = False
        return readable


class Laid:
    """A block of bytes, gone through: where its tags are, and after which of them odd text stands."""

    def __init__(self, data: bytes) -> None:
        padded = data + b"<" * (PADDING + STRETCH)
        octets: Octets = np.frombuffer(padded, np.uint8)
        self.block = Block(padded, len(data), octets, _words(padded, 2), _words(padded, 4), _words(padded, 8))
        self.stretches = np.ndarray((len(data) + PADDING,), f"V{STRETCH}", padded, strides=(1,))
        self.doubles = np.ndarray((len(data) + PADDING,), f"V{DOUBLE}", padded, strides=(1,))
        pieces = [(first, octets[first : min(first + _BYTES_AT_ONCE, len(data))]) for first in range(0, len(data) or 1, _BYTES_AT_ONCE)]
        self.brackets = np.concatenate([np.flatnonzero(piece == _LESS_THAN) + first for first, piece in pieces])
        self._marks = np.concatenate([few(piece.view(np.int8) < _SPACE) + first for first, piece in pieces])
        self._closing_brackets = sum(np.count_nonzero(piece == _GREATER_THAN) for _, piece in pieces)
        self._marked = octets[self._marks]
        self.has_entities = b"&" in data
        self.is_clean = self._is_clean(data)
        self.odd_tags = self._odd_tags(data) if self.is_clean else _NONE

    def breaks(self, newline: bytes) -> Ints:
        """Where lines end."""
        found: Ints = self._marks[self._marked == newline[0]]
        return found

    def _is_clean(self, data: bytes) -> bool:
        """Whether the block is UTF-8 without what XML forbids; its last character may be torn."""
        marked = self._marked
        if ((marked < _SPACE) & (marked != _LINE_FEED) & (marked != _RETURN) & (marked != _TAB)).any():
            return False
        high = self._marks[marked >= _FIRST_HIGH]
        high = high[: np.searchsorted(high, data.rfind(b">"))]
        octets = self.block.octets[high]
        continues = octets & 0xC0 == _FIRST_HIGH
        if (np.diff(high)[continues[1:]] != 1).any():
            return False
        try:
            octets.tobytes().decode()
        except UnicodeDecodeError:
            return False
        return not any(one in data for one in _NO_CHARACTERS if (octets == one[0]).any())

    def _odd_tags(self, data: bytes) -> Ints:
        """The tags after which a text has something else than ASCII's letters in it, not counting blanks that it begins with."""
        marks, octets = self._marks, self.block.octets
        if self._closing_brackets == np.searchsorted(self.brackets, data.rfind(b">")):  # each ends a tag: none stands in a text
            before, further = octets[marks - 1], octets[marks - 2]
            marks = marks[(before != _GREATER_THAN) & ((before != _RETURN) | (further != _GREATER_THAN))]
        if self.has_entities:
            marks = np.concatenate([marks, np.flatnonzero(octets == _AMPERSAND)])
        tags = np.unique(np.searchsorted(self.brackets, marks) - 1)
        return tags[tags >= 0]

    def tags(self, literal: bytes) -> Ints:
        """The numbers of the tags that begin with this literal of an end tag, whose slash half of all tags have."""
        found = np.flatnonzero(self.block.octets[2:][self.brackets] == literal[2])
        for offset in (*range(3, len(literal)), 1):
            found = found[self.block.octets[offset:][self.brackets[found]] == literal[offset]]
        return found


class Runs:
    """Finds the runs of one block after the other."""

    def __init__(self) -> None:
        np.empty(_MEMORY_KEPT // 2, np.uint8)  # glibc's malloc gives freed memory back page by page until it has freed a large piece
        self._data = b""
        self._laid = Laid(b"")
        self._refused = 0
        self._lasts: Ints = np.zeros(0, np.int64)
        self._ends: Ints = np.zeros(0, np.int64)

    def find(self, data: bytes, start: int, tag: bytes, closing: bytes, records_max: int) -> Run | None:
        """The run of records that begin with `tag` and end with `closing`, from `start` on; None where it is too short."""
        if data is not self._data:
            self._take(data, closing)
        if start < self._refused:
            return None
        place = int(np.searchsorted(self._ends, start, side="right"))
        first = int(np.searchsorted(self._laid.brackets, start))
        for size in (RECORDS_MIN, max(records_max, RECORDS_MIN)):
            run = self._laid_out(first, self._lasts[place : place + size], tag, closing)
            if run is None or run.starts.size < RECORDS_MIN:
                self._refused = run.end if run and run.starts.size > 1 else start + 1
                return None
        return run

    def _laid_out(self, first: int, lasts: Ints, tag: bytes, closing: bytes) -> Run | None:
        """The records that end with those tags, as far as they follow one another with the same blanks between them."""
        if lasts.size < RECORDS_MIN:
            return None
        data, brackets = self._data, self._laid.brackets
        ends = brackets[lasts] + len(closing)
        firsts = np.concatenate([np.full(1, first, np.int64), lasts[:-1] + 1])
        starts = brackets[firsts]
        between = data[int(ends[0]) : int(starts[1])]
        if between.strip(_BLANKS):
            return None
        broken = np.flatnonzero(~_stands_at(self._laid.block, ends[:-1], between + tag))
        count = int(broken[0]) + 1 if broken.size else starts.size
        return Run(self._laid, firsts[:count], (lasts - firsts + 1)[:count], starts[:count], ends[:count])

    def _take(self, data: bytes, closing: bytes) -> None:
        self._data, self._refused = data, len(data)
        self._laid = Laid(data)
        if not self._laid.is_clean:
            return
        self._refused = 0
        self._lasts = self._laid.tags(closing)
        self._ends = self._laid.brackets[self._lasts] + len(closing)


def _words(data: bytes, width: int) -> np.ndarray[tuple[int], np.dtype[np.unsignedinteger]]:
    """The words of so many bytes that begin at each byte."""
    return np.ndarray((len(data) - width + 1,), f"<u{width}", data, strides=(1,))


def _stands_at(block: Block, places: Ints, literal: bytes) -> Flags:
    """Whether the literal stands at each of the places."""
    stands = places <= block.size - len(literal)
    rows = np.flatnonzero(stands)
    for offset in range(0, len(literal), _BYTES_OF_WORD):
        piece = literal[offset : offset + _BYTES_OF_WORD]
        kept, wanted = (np.uint64(int.from_bytes(part, "little")) for part in (b"\xff" * len(piece), piece))
        stands[rows] = block.eights[places[rows] + offset] & kept == wanted
        rows = rows[stands[rows]]
    return stands
