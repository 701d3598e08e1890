"""A block of SWIFT statement messages as columns: where its lines, its fields and its entries stand.

An entry is a :61: and the :86: behind it. What is by the book is told apart from what is not, quickly and with a heavy hand:
an entry that is not `sure` goes to the record reader (`parsers.swift.fields`), as do all other fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from parsers.byte_columns import PADDING, Block, Flags, Ints, block, rows_with, word
from parsers.swift.fields import INSIDE, TAGS

_TAG = re.compile(rf":({TAGS}):".encode())
_FIELDS_MIN = 3
"""Two fields in lines of their own, and the one behind the block."""
_LF, _CR, _PRINTABLE = 0x0A, 0x0D, (0x20, 0x7E)
_ENTRY, _DETAILS, _FURTHER, _INSIDE, _OUTSIDE = range(5)
"""What a field is for the entry before it: the next one, its :86:, its :NS:, or a field before which a lone `-` is text or not."""


class Fields(NamedTuple):
    """The fields of a block, and behind the last one the field that follows the block."""

    start: Ints
    line: Ints
    part: Ints


@dataclass(slots=True)
class Entries:
    """The entries of a block, one row each. Lines are counted from 0; `details` is the line of :86:, `after` the one behind it.
    `plain` are entries that are nothing but a :61: and its :86:, `sure` those of them that the columns can read."""

    field: Ints
    start: Ints
    end: Ints
    line: Ints
    has_details: Flags
    details: Ints
    after: Ints
    plain: Flags
    sure: Flags

    @property
    def rows(self) -> int:
        """How many entries there are."""
        return self.start.size

    def doubt(self, rows: Ints | Flags) -> None:
        """Leave these entries to the record reader."""
        self.sure[rows] = False


class Scan(NamedTuple):
    """A block with its lines, fields and entries. `returns` tells which lines end in CR LF; `odd` is what is not printable. The
    columns work on `text` and change it, `data` stays as it is."""

    data: bytes
    text: Block
    line_start: Ints
    line_end: Ints
    returns: Ints
    odd: Ints
    fields: Fields
    entries: Entries


def scan(data: bytes, following: str) -> Scan | None:
    """The block's structure; None where its fields do not stand in lines that end in LF or CR LF. `following` is the tag
    behind the block."""
    text = block(bytearray().join((data, PADDING)))
    octets = text.octets[:text.size]
    line_feeds = text.places_of("\n")
    returns = (text.octets[line_feeds - 1] == _CR).astype(np.int64)
    is_odd = (octets - np.uint8(_PRINTABLE[0])) > _PRINTABLE[1] - _PRINTABLE[0]
    odd = np.zeros(0, np.int64)
    if np.count_nonzero(is_odd) != line_feeds.size + np.count_nonzero(returns):
        odd = np.flatnonzero(is_odd & (octets != _LF))
        controls = octets[odd] == _CR
        if np.count_nonzero(controls) != np.count_nonzero(returns):
            return None
        odd = odd[~controls]
    if b"@" in data and b"@@" in data:
        return None
    starts = np.concatenate([np.zeros(1, np.int64), line_feeds + 1])
    starts = starts[:-1] if starts[-1] == text.size else starts
    ends = np.append(line_feeds - returns, text.size)[:starts.size]
    fields, texts = _fields(text, starts, following)
    if fields.start.size < _FIELDS_MIN:
        return None
    entries = _entries(fields)
    for doubtful in (odd, texts):
        entries.doubt(rows_with(doubtful, entries.start, entries.end))
    return Scan(data, text, starts, ends, returns, odd, fields, entries)


def _fields(text: Block, line_start: Ints, following: str) -> tuple[Fields, Ints]:
    """The fields, and the places of lines that only look like one."""
    line = np.flatnonzero(text.octets[line_start] == ord(":"))
    start = line_start[line]
    tag = text.quads[start]
    part = np.where(tag == word(":61:"), _ENTRY, np.where(tag == word(":86:"), _DETAILS, _OUTSIDE))
    is_field = np.ones(line.size, np.bool_)
    for index in np.flatnonzero(part == _OUTSIDE).tolist():
        found = _TAG.match(text.data, start[index])
        is_field[index] = found is not None
        if found is not None:
            part[index] = _part(found[1].decode())
    texts = start[~is_field]
    if texts.size:
        start, line, part = start[is_field], line[is_field], part[is_field]
    behind = np.array([text.size]), np.array([line_start.size]), np.array([_part(following[:2])])
    return Fields(*(np.concatenate(pair) for pair in zip((start, line, part), behind, strict=True))), texts


def _part(tag: str) -> int:
    if tag in {"61", "86", "NS"}:
        return {"61": _ENTRY, "86": _DETAILS, "NS": _FURTHER}[tag]
    return _INSIDE if tag in INSIDE else _OUTSIDE


def _entries(fields: Fields) -> Entries:
    """Each :61: with the one :86: behind it. In a plain one what follows stands in the block and lets a lone `-` be text."""
    own = np.flatnonzero(fields.part[:-1] == _ENTRY)
    has_details = (fields.part[own + 1] == _DETAILS) & (own + 2 < fields.part.size)
    behind = own + 1 + has_details
    after = fields.part[behind]
    plain = ((after == _ENTRY) | (after == _INSIDE)) & (behind + 1 < fields.part.size)
    if own.size and own[0] == 0 and fields.start[0] > 0:
        plain[0] = False
    return Entries(own, fields.start[own], fields.start[behind], fields.line[own], has_details, fields.line[own + 1],
                   fields.line[behind], plain, plain.copy())
