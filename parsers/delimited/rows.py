"""Delimited text as rows with positions: which delimiter, where the header stands, which bytes a row came from.

A row may run over several lines (a line break inside quotes), so its span covers them all. RFC 4180 is the base; tolerated
are any of `, ; tab |`, blanks behind the delimiter, rows without all cells, quotes inside a cell, a `^Z` at the end. Header
names are compared in folded form: without case, accents, punctuation and camel humps.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

from parsers.records import Span
from parsers.sources import HEAD_BYTES, Line, Source, decode

DELIMITERS = ",;\t|"
_BLANKS = b" \t\r\n\0\x1a"
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_WORD = re.compile(r"(?:[^\w#\u0900-\u0e7f]|_)+")
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]")
"""Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic; marks of other scripts make letters of their own (`ガ`)."""

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "œ": "oe", "ł": "l", "Ł": "l", "đ": "d", "ı": "i"})


class Row(NamedTuple):
    """The cells of one row. `is_open`: a quote in it is never closed, so that it swallowed what follows."""

    span: Span
    cells: list[str]
    is_open: bool = False


@lru_cache(maxsize=1024)
def fold(name: str) -> str:
    """A header name for comparison: `"Gläubiger-ID"` → `"glaubiger id"`, `"RunningBalance"` → `"running balance"`."""
    spaced = _HUMP.sub(" ", name) if " " not in name else name.lstrip("#* ")
    plain = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", spaced.translate(_LETTERS))))
    return _NOT_WORD.sub(" ", plain.lower()).strip(" #") + (" #" if name.endswith("#") else "")


class HeadRow(NamedTuple):
    """A row of the head: the line it begins on and its cells, stripped."""

    line: int
    cells: list[str]


def head_rows(head: bytes, delimiter: str, page: str, count: int = 60) -> list[HeadRow]:
    """The first rows that are not blank, as far as `head` reaches; a last line that the head has cut is left out."""
    lines = head.splitlines(keepends=True)
    if len(lines) > 1 and len(head) >= HEAD_BYTES and not head.endswith((b"\n", b"\r")):
        lines.pop()
    reader = row_reader([decode(line, page) for line in lines[:count]], delimiter)
    found, line = [], 1
    for cells in reader:  # the head is too small for a cell that `csv` refuses
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            found.append(HeadRow(line, stripped))
        line = reader.line_num + 1
    return found


def rows(source: Source, delimiter: str, page: str, first: int = 1, start: int = 0) -> Iterator[Row]:
    """Every row of the file that is not blank, from the line `first` on, which begins at the byte `start`."""
    taken: list[Line] = []
    has_ended = False

    def texts() -> Iterator[str]:
        nonlocal has_ended
        for line in source.lines(first, start):
            taken.append(line)
            yield (line.data.decode("ascii") if line.data.isascii() else decode(line.data, page)) + "\n"
        has_ended = True

    reader = row_reader(texts(), delimiter)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:  # a cell beyond 128 kB: only an unclosed quote makes one
            cells, has_ended = [], True
        if cells is None:
            return
        span = Span(taken[0].number, taken[0].start, taken[-1].end)
        is_open = has_ended  # the reader asks for a line after the last one only while a quote is open
        if len(cells) > 1 or is_open or not all(is_blank(line.data) for line in taken):
            yield Row(span, cells, is_open)
        taken.clear()


def is_blank(line: bytes) -> bool:
    """Whether a line is empty, for a spreadsheet at least."""
    return not line.strip(_BLANKS)


class _LineCounter(Protocol):
    """What csv.reader returns: rows, and how many lines they took."""

    @property
    def line_num(self) -> int:
        """Lines read so far."""

    def __iter__(self) -> Iterator[list[str]]:
        """Itself."""

    def __next__(self) -> list[str]:
        """The next row."""


def row_reader(lines: Iterable[str], delimiter: str) -> _LineCounter:
    """The rows of lines, as the standard library cuts them."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
