"""Cutting a NACHA file into its records of 94 columns, however its line ends and characters were treated on the way.

Lines may be trimmed, end in CR, LF or CRLF, hold several records glued together, or be missing altogether. Columns count
bytes in the standard. A name in UTF-8 either still fills its bytes (94 bytes, fewer characters) or was padded by a
program that counts characters (94 characters, more bytes): the record's own length tells which.

Records come in stretches of equal width, so that a reader can look at thousands of like ones together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from parsers.sources import LINE_BYTES_MAX, SourceError, decode

if TYPE_CHECKING:
    from parsers.sources import Source

COLUMNS = 94
BLOCK_BYTES = COLUMNS * 256
"""A reader that looks at record after record wants its text near at hand; one that reads whole columns asks for larger blocks."""

_WIDTHS = (COLUMNS + 1, COLUMNS + 2)
_BLANK = b" \t\0\x1a\r\n"
BLANKS = " \t\0\x1a"
"""A record of nothing else is no record."""

_FILLER = "\0"
"""Stands in columns that a multi-byte character takes beyond its first; `clean` takes it out of the text."""


class Record(NamedTuple):
    """One record: its number in the file, its bytes `[start, end)`, its text with one character for each column."""

    number: int
    start: int
    end: int
    text: str


class Stretch(NamedTuple):
    """Records that follow each other with `width` bytes each; `kinds` are their first characters.

    `data` are the bytes of even records, 94 columns of ASCII each: column c of record n is at n * width + c - 1. An odd record
    is alone in its stretch and has its `text` instead.
    """

    number: int
    start: int
    width: int
    data: bytes
    kinds: str
    text: str = ""

    def record(self, nth: int) -> Record:
        """The nth record, from 0."""
        at = nth * self.width
        text = self.text or self.data[at : at + COLUMNS].decode("ascii")
        return Record(self.number + nth, self.start + at, self.start + at + self.width, text)

    def columns(self, nth: int, start: int, stop: int) -> str:
        """The text in some columns of the nth record, from `start` (0-based)."""
        at = nth * self.width
        return self.text[start:stop] or self.data[at + start : at + stop].decode("ascii")


def line_ends(data: bytes) -> int:
    """How many bytes are line ends."""
    return data.count(b"\n") + (data.count(b"\r") if b"\r" in data else 0)


def stretches(source: Source, block_bytes: int = BLOCK_BYTES, count: Callable[[bytes], int] = line_ends) -> Iterator[Stretch]:
    """The records in file order, without blank lines; a record's trailing blanks may be missing. `count` counts line ends, and may
    count other control characters too: then a block that holds some is looked at line by line."""
    if len(source.head) > COLUMNS and b"\n" not in source.head and b"\r" not in source.head:
        return _unbroken(source, block_bytes)
    return _broken(source, block_bytes, count)


def records(source: Source) -> Iterator[Record]:
    """The records one by one."""
    for stretch in stretches(source):
        yield from map(stretch.record, range(len(stretch.kinds)))


def clean(text: str) -> str:
    """A field's text as a person reads it."""
    return text.replace(_FILLER, "").strip()


def _broken(source: Source, block_bytes: int, count: Callable[[bytes], int]) -> Iterator[Stretch]:
    """A file of lines."""
    number, offset, rest = 1, 0, b""
    line_bytes = source.head.find(b"\n") + 1 or COLUMNS + 1
    block_bytes = max(block_bytes // line_bytes, 1) * line_bytes  # whole records, so that blocks need no copying
    with source.open() as stream:
        while block := stream.read(block_bytes - len(rest) if len(rest) < block_bytes else block_bytes):
            data = rest + block
            cut = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1  # a CR at the very end may be half of a CRLF
            rest = data[cut:]
            if len(rest) > LINE_BYTES_MAX:
                raise _too_long(number)
            width = data.find(b"\n", 0, cut) + 1 or data.find(b"\r", 0, cut) + 1
            if _are_even(data[:cut], width, count):
                yield _even(number, offset, width, data[:cut])
                number, offset = number + cut // width, offset + cut
                continue
            for even_width, lines in groupby(data[:cut].splitlines(keepends=True), _even_width):
                like = list(lines)
                yield from _like_lines(number, offset, even_width, like)
                number, offset = number + len(like), offset + sum(map(len, like))
    for line in rest.splitlines(keepends=True):
        yield from _odd(number, offset, line)
        number, offset = number + 1, offset + len(line)


def _too_long(number: int) -> SourceError:
    return SourceError("hostile", f"line {number} is longer than {LINE_BYTES_MAX} bytes")


def _even_width(line: bytes) -> int:
    """The length of a line that holds 94 columns of ASCII and its line end; 0 for any other. It depends on nothing but the line."""
    return len(line) if _are_even(line, len(line), line_ends) else 0


def _are_even(lines: bytes, width: int, count: Callable[[bytes], int]) -> bool:
    """Whether every `width` bytes are 94 columns of ASCII and a line end, and nothing else is a line end."""
    if width not in _WIDTHS or len(lines) % width or not lines.isascii():
        return False
    ends = lines[COLUMNS::width]
    if width > COLUMNS + 1 and (ends.strip(b"\r") or lines[COLUMNS + 1 :: width].strip(b"\n")):
        return False
    return not ends.strip(b"\r\n") and count(lines) == len(ends) * (width - COLUMNS)


def _like_lines(number: int, offset: int, even_width: int, lines: list[bytes]) -> Iterator[Stretch]:
    if even_width:
        yield _even(number, offset, even_width, b"".join(lines))
        return
    for nth, line in enumerate(lines):
        if len(line) > LINE_BYTES_MAX:
            raise _too_long(number + nth)
        yield from _odd(number + nth, offset, line)
        offset += len(line)


def _even(number: int, offset: int, width: int, data: bytes) -> Stretch:
    return Stretch(number, offset, width, data, data[::width].decode("ascii"))


def _odd(number: int, offset: int, line: bytes) -> Iterator[Stretch]:
    """A trimmed line, a line of several records, one with blanks after column 94 or with characters beyond ASCII."""
    data = line.rstrip(_BLANK)
    text = _columns(data)
    for at in range(0, len(text), COLUMNS):
        piece = text[at : at + COLUMNS]
        width = len(piece) if len(text) == len(data) else len(piece.encode())
        width = width if at + COLUMNS < len(text) else len(line)
        yield Stretch(number, offset, width, b"", piece[0], piece)
        offset, line = offset + width, line[width:]


def _columns(data: bytes) -> str:
    """One character for each column."""
    if data.isascii():
        return data.decode("ascii")
    text = decode(data)
    if len(text) == len(data) or len(text) % COLUMNS == 0:
        return text
    return "".join(character + _FILLER * (len(character.encode()) - 1) for character in text)


def _unbroken(source: Source, block_bytes: int) -> Iterator[Stretch]:
    """A file without any line end: every 94 columns are a record."""
    number, offset, rest = 1, 0, b""
    block_bytes = max(block_bytes // COLUMNS, 1) * COLUMNS
    with source.open() as stream:
        while block := stream.read(block_bytes):
            data = rest + block
            at = 0
            even = data[: len(data) // COLUMNS * COLUMNS]
            if even and even.isascii():
                yield _even(number, offset, COLUMNS, even)
                number, at = number + len(even) // COLUMNS, len(even)
            while len(data) - at >= 5 * COLUMNS:  # leaves whole a record whose characters take up to four bytes
                piece = _next(data, at)
                yield Stretch(number, offset + at, len(piece), b"", chr(piece[0]), _columns(piece))
                number, at = number + 1, at + len(piece)
            rest, offset = data[at:], offset + at
    at = 0
    while at < len(rest):
        piece = _next(rest, at)
        if text := _columns(piece if len(piece) >= COLUMNS else piece.rstrip(_BLANK)):
            yield Stretch(number, offset + at, len(piece), b"", text[0], text)
        number, at = number + 1, at + len(piece)


def _next(data: bytes, at: int) -> bytes:
    """The record at `at`: 94 bytes, or more where the next record begins only after 94 characters."""
    piece = data[at : at + COLUMNS]
    if piece.isascii() or data[at + COLUMNS : at + COLUMNS + 1] in (b"", b"5", b"6", b"7", b"8", b"9"):
        return piece
    wide = data[at : at + 4 * COLUMNS].decode("utf-8", "ignore")[:COLUMNS].encode()
    return wide if data[at + len(wide) : at + len(wide) + 1] in (b"", b"5", b"6", b"7", b"8", b"9") else piece
