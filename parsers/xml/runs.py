"""Runs of records in a large XML file, laid out by their bytes: where each begins and ends, and which texts its leaves hold.

A bank writes thousands of records one after the other with the same blanks between them. `Runs` finds such a run in a block in a
few passes over its bytes. `Skeleton` is a proven record without its texts (`parsers.xml.shapes`): a record of the run that has
the very same bytes between as many texts has the same tags, so that its texts are cut out of the block without reading it alone.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers.xml.shapes import is_leaf, tags_and_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Offsets = NDArray[np.int64]
    Mask = NDArray[np.bool_]

RECORDS_MIN = 500
"""A shorter run is not worth the start of the engine."""
_LESS_THAN = ord("<")
_BLANKS = b" \t\r\n"
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_FIELD, _RECORD = 0x1F, 0x1E
_FOREIGN_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A record's bytes without the texts of its leaves: one piece more than there are leaves."""

    pieces: tuple[bytes, ...]

    @property
    def tags(self) -> int:
        """How many tags the record has."""
        return sum(piece.count(b"<") for piece in self.pieces)


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
    return Skeleton((*pieces, piece.encode()))


@dataclass(slots=True)
class Run:
    """Records that follow one another in `data`: each from its start to its end, their first tags and numbers of tags."""

    data: bytes
    array: NDArray[np.uint8]
    opening_brackets: Offsets
    first_tags: Offsets
    tag_counts: Offsets
    starts: Offsets
    ends: Offsets

    @property
    def start(self) -> int:
        """Where the first record begins."""
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """Where the last record ends."""
        return int(self.ends[-1])

    def lines(self, newline: bytes, line: int) -> Offsets:
        """The line of each record, where the first one stands in `line`."""
        breaks = np.flatnonzero(self.array[self.start : self.end] == newline[0]) + self.start
        return np.searchsorted(breaks, self.starts) + line

    def record(self, index: int) -> bytes:
        """The bytes of one record."""
        return self.data[int(self.starts[index]) : int(self.ends[index])]

    def kinds(self, skeletons: list[Skeleton]) -> NDArray[np.int32]:
        """Which of the skeletons each record has; -1 for none, or where an entity is not XML's own."""
        found = np.full(len(self.starts), -1, dtype=np.int32)
        for number, one in enumerate(skeletons):
            rows = np.flatnonzero((self.tag_counts == one.tags) & (found < 0))
            tags = self.first_tags[rows]
            for piece in one.pieces:
                kept = _stands_at(self.data, self.opening_brackets[tags], piece)
                rows, tags = rows[kept], tags[kept] + piece.count(b"<")
            found[rows] = number
        for place in _FOREIGN_ENTITY.finditer(self.data, self.start, self.end) if b"&" in self.data else ():
            found[np.searchsorted(self.starts, place.start(), side="right") - 1] = -1
        return found

    def _pieces(self, rows: Offsets, one: Skeleton) -> list[tuple[Offsets, bytes]]:
        """Where the pieces of the skeleton would stand in the records: each begins at a bracket."""
        tag, found = self.first_tags[rows], []
        for piece in one.pieces:
            found.append((self.opening_brackets[tag], piece))
            tag = tag + piece.count(b"<")
        return found

    def texts(self, kinds: NDArray[np.int32], skeletons: list[Skeleton]) -> pl.DataFrame:
        """The texts of the leaves of each record, with the entities as they are: a row for each record, nulls where it has no kind."""
        marked = self.array.copy()
        marked[self.ends - 1] = _RECORD
        for number, one in enumerate(skeletons):
            rows = np.flatnonzero(kinds == number)
            if not len(rows):
                continue
            found = self._pieces(rows, one)
            for places, piece in found[:-1]:
                marked[places + (len(piece) - 1)] = _FIELD
            for places, _ in found[1:]:
                marked[places] = _FIELD
        fields = max((len(skeletons[number].pieces) for number in np.unique(kinds) if number >= 0), default=1) - 1
        widest = bytes([_FIELD]) * (2 * fields) + bytes([_RECORD])  # the engine takes the number of fields from the first row
        content = widest + marked[self.start : self.end].tobytes()
        names = {str(place): pl.String() for place in range(2 * fields + 1)}
        frame = pl.read_csv(
            io.BytesIO(content), has_header=False, separator=chr(_FIELD), eol_char=chr(_RECORD), quote_char=None, schema=names,
            columns=list(range(1, 2 * fields, 2)), empty_string_is_null=False, extra_columns="ignore",
        )
        return frame[1:].rename({str(2 * place + 1): str(place) for place in range(fields)})


class Runs:
    """Finds the runs of one block after the other."""

    def __init__(self) -> None:
        self._data = b""
        self._refused = 0
        self._lasts = np.zeros(0, dtype=np.int64)
        self._ends = np.zeros(0, dtype=np.int64)
        self._array = np.zeros(0, dtype=np.uint8)
        self._brackets = np.zeros(0, dtype=np.int64)

    def find(self, data: bytes, start: int, tag: bytes, closing: bytes, records_max: int) -> Run | None:
        """The run of records that begin with `tag` and end with `closing`, from `start` on; None where it is too short."""
        if data is not self._data:
            self._take(data, closing)
        if start < self._refused:
            return None
        place = int(np.searchsorted(self._ends, start, side="right"))
        first = int(np.searchsorted(self._brackets, start))
        for size in (RECORDS_MIN, max(records_max, RECORDS_MIN)):
            run = self._laid_out(first, self._lasts[place : place + size], tag, closing)
            if run is None or len(run.starts) < RECORDS_MIN:
                self._refused = run.end if run and len(run.starts) > 1 else start + 1
                return None
        return run

    def _laid_out(self, first: int, lasts: Offsets, tag: bytes, closing: bytes) -> Run | None:
        """The records that end with those tags, as far as they follow one another with the same blanks between them."""
        if len(lasts) < RECORDS_MIN:
            return None
        data = self._data
        ends = self._brackets[lasts] + len(closing)
        firsts = np.concatenate([np.full(1, first, dtype=np.int64), lasts[:-1] + 1])
        starts = self._brackets[firsts]
        between = data[int(ends[0]) : int(starts[1])]
        if between.strip(_BLANKS):
            return None
        broken = np.flatnonzero(~_stands_at(data, ends[:-1], between + tag))
        count = int(broken[0]) + 1 if len(broken) else len(starts)
        return Run(data, self._array, self._brackets, firsts[:count], (lasts - firsts + 1)[:count], starts[:count], ends[:count])

    def _take(self, data: bytes, closing: bytes) -> None:
        self._data = data
        self._array = np.frombuffer(data, dtype=np.uint8)
        self._refused = 0 if _is_clean(data, self._array) else len(data)
        self._brackets = np.flatnonzero(self._array == _LESS_THAN)
        self._lasts = np.flatnonzero(_stands_at(data, self._brackets, closing))
        self._ends = self._brackets[self._lasts] + len(closing)


def _is_clean(data: bytes, array: NDArray[np.uint8]) -> bool:
    """Whether the block is UTF-8 without what XML forbids; its last character may be torn."""
    if np.count_nonzero(array < 32) != sum(data.count(blank) for blank in (b"\t", b"\r", b"\n")):
        return False
    if data.isascii():
        return True
    if b"\xef" in data and any(one in data for one in _NO_CHARACTERS):
        return False
    try:
        data[: data.rfind(b">") + 1].decode()
    except UnicodeDecodeError:
        return False
    return True


def _stands_at(data: bytes, places: Offsets, literal: bytes) -> Mask:
    """Whether the literal stands at each of the places: compared in words of eight bytes, the last one overlapping."""
    size = len(literal)
    width = 8 if size >= 8 else 4 if size >= 4 else 2 if size >= 2 else 1
    words = np.ndarray((len(data) - width + 1,), dtype=f"<u{width}", buffer=data, strides=(1,))
    if len(data) < size:
        return np.zeros(len(places), dtype=np.bool_)
    stands = places <= len(data) - size
    places = np.minimum(places, len(data) - size)
    for offset in sorted({*range(0, size - width + 1, width), size - width}):
        stands &= words[places + offset] == int.from_bytes(literal[offset : offset + width], "little")
    return stands
