"""Cutting a NACHA file into its records of 94 columns, however its line ends and characters were treated on the way.

Lines may be trimmed, end in CR, LF or CRLF, hold several records glued together, or be missing altogether. Columns count
bytes in the standard. A name in UTF-8 either still fills its bytes (94 bytes, fewer characters) or was padded by a
program that counts characters (94 characters, more bytes): the record's own length tells which.

Records come in stretches of equal width, so that a reader can look at thousands of like ones together.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from parsers.sources import LINE_BYTES_MAX, SourceError, decode

if TYPE_CHECKING:
    from parsers.sources import Source

COLUMNS = 94
_BLOCK = COLUMNS * 256
_BLANK = b" \t\0\x1a\r\n"
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

    In a stretch of several records each takes `width` characters of `text` too: column c of record n is at n * width + c - 1.
    """

    number: int
    start: int
    width: int
    text: str
    kinds: str

    def record(self, nth: int) -> Record:
        """The nth record, from 0."""
        at = nth * self.width
        return Record(self.number + nth, self.start + at, self.start + at + self.width, self.text[at : at + COLUMNS])


def stretches(source: Source) -> Iterator[Stretch]:
    """The records in file order, without blank lines; a record's trailing blanks may be missing."""
    if len(source.head) > COLUMNS and b"\n" not in source.head and b"\r" not in source.head:
        return _unbroken(source)
    return _broken(source)


def records(source: Source) -> Iterator[Record]:
    """The records one by one."""
    for stretch in stretches(source):
        yield from map(stretch.record, range(len(stretch.kinds)))


def clean(text: str) -> str:
    """A field's text as a person reads it."""
    return text.replace(_FILLER, "").strip()


def _broken(source: Source) -> Iterator[Stretch]:
    """A file of lines."""
    number, offset, rest = 1, 0, b""
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            data = rest + block
            cut = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1  # a CR at the very end may be half of a CRLF
            rest = data[cut:]
            if len(rest) > LINE_BYTES_MAX:
                raise SourceError("hostile", f"line {number} is longer than {LINE_BYTES_MAX} bytes")
            for width, lines in groupby(data[:cut].splitlines(keepends=True), len):
                like = list(lines)
                yield from _like_lines(number, offset, width, like)
                number, offset = number + len(like), offset + width * len(like)
    for line in rest.splitlines(keepends=True):
        yield from _odd(number, offset, line)
        number, offset = number + 1, offset + len(line)


def _like_lines(number: int, offset: int, width: int, lines: list[bytes]) -> Iterator[Stretch]:
    data = b"".join(lines)
    if _is_even(data, width):
        yield _even(number, offset, width, data)
        return
    for nth, line in enumerate(lines):
        yield from _odd(number + nth, offset + nth * width, line)


def _is_even(data: bytes, width: int) -> bool:
    """Whether every `width` bytes are 94 columns of ASCII and a line end."""
    if width not in (COLUMNS + 1, COLUMNS + 2) or not data.isascii() or b"\r" in data[COLUMNS - 1 :: width]:
        return False
    return not any(data[at::width].strip(b"\r\n") for at in range(COLUMNS, width))


def _even(number: int, offset: int, width: int, data: bytes) -> Stretch:
    text = data.decode("ascii")
    return Stretch(number, offset, width, text, text[::width])


def _odd(number: int, offset: int, line: bytes) -> Iterator[Stretch]:
    """A trimmed line, a line of several records, one with blanks after column 94 or with characters beyond ASCII."""
    data = line.rstrip(_BLANK)
    text = _columns(data)
    for at in range(0, len(text), COLUMNS):
        piece = text[at : at + COLUMNS]
        width = len(piece) if len(text) == len(data) else len(piece.encode())
        width = width if at + COLUMNS < len(text) else len(line)
        yield Stretch(number, offset, width, piece, piece[0])
        offset, line = offset + width, line[width:]


def _columns(data: bytes) -> str:
    """One character for each column."""
    if data.isascii():
        return data.decode("ascii")
    text = decode(data)
    if len(text) == len(data) or len(text) % COLUMNS == 0:
        return text
    return "".join(character + _FILLER * (len(character.encode()) - 1) for character in text)


def _unbroken(source: Source) -> Iterator[Stretch]:
    """A file without any line end: every 94 columns are a record."""
    number, offset, rest = 1, 0, b""
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            data = rest + block
            at = 0
            even = data[: len(data) // COLUMNS * COLUMNS]
            if even and even.isascii():
                yield _even(number, offset, COLUMNS, even)
                number, at = number + len(even) // COLUMNS, len(even)
            while len(data) - at >= 5 * COLUMNS:  # leaves whole a record whose characters take up to four bytes
                piece = _next(data, at)
                yield Stretch(number, offset + at, len(piece), _columns(piece), chr(piece[0]))
                number, at = number + 1, at + len(piece)
            rest, offset = data[at:], offset + at
    at = 0
    while at < len(rest):
        piece = _next(rest, at)
        if text := _columns(piece.rstrip(_BLANK)):
            yield Stretch(number, offset + at, len(piece), text, text[0])
        number, at = number + 1, at + len(piece)


def _next(data: bytes, at: int) -> bytes:
    """The record at `at`: 94 bytes, or more where the next record begins only after 94 characters."""
    piece = data[at : at + COLUMNS]
    if piece.isascii() or data[at + COLUMNS : at + COLUMNS + 1] in (b"", b"5", b"6", b"7", b"8", b"9"):
        return piece
    wide = data[at : at + 4 * COLUMNS].decode("utf-8", "ignore")[:COLUMNS].encode()
    return wide if data[at + len(wide) : at + len(wide) + 1] in (b"", b"5", b"6", b"7", b"8", b"9") else piece
