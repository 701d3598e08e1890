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

_PIECE_BYTES = 256 * 1024
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

    `data` begin with the bytes of even records, 94 columns of ASCII each: column c of record n is at n * width + c - 1. An odd
    record is alone in its stretch and has its `text` instead.
    """

    number: int
    start: int
    width: int
    data: bytes
    kinds: str
    text: str = ""
    is_text: bool = False

    def record(self, nth: int) -> Record:
        """The nth record, from 0."""
        at = nth * self.width
        text = self.text or self.data[at : at + COLUMNS].decode("ascii")
        return Record(self.number + nth, self.start + at, self.start + at + self.width, text)

    def columns(self, nth: int, start: int, stop: int) -> str:
        """The text in some columns of the nth record, from `start` (0-based)."""
        at = nth * self.width
        return self.text[start:stop] or self.data[at + start : at + stop].decode("ascii")


def stretches(source: Source) -> Iterator[Stretch]:
    """The records in file order, without blank lines; a record's trailing blanks may be missing."""
    if _is_unbroken(source):
        return _unbroken(source, BLOCK_BYTES)
    return _broken(source, BLOCK_BYTES, _line_ends, _end_of_lines)


def whole_entries(source: Source, block_bytes: int) -> Iterator[tuple[Stretch, bool]]:
    """The same in larger stretches, with whether each one ends with a whole entry, if with any. Where a block holds control characters
    among its text it is looked at line by line."""
    cut = _unbroken(source, block_bytes) if _is_unbroken(source) else _broken(source, block_bytes, _control_characters, _end_of_entries)
    stretch: Stretch | None = None
    for following in cut:
        if stretch:
            yield stretch, following.kinds[0] != "7"
        stretch = following
    if stretch:
        yield stretch, True


def _is_unbroken(source: Source) -> bool:
    return len(source.head) > COLUMNS and b"\n" not in source.head and b"\r" not in source.head


def records(source: Source) -> Iterator[Record]:
    """The records one by one."""
    for stretch in stretches(source):
        yield from map(stretch.record, range(len(stretch.kinds)))


def clean(text: str) -> str:
    """A field's text as a person reads it."""
    return text.replace(_FILLER, "").strip()


def _broken(source: Source, block_bytes: int, count: Callable[[bytes, int], int], end_of: Callable[[bytes], int]) -> Iterator[Stretch]:
    """A file of lines, in blocks that end where `end_of` says; `count` counts the characters that are no text of a line."""
    number, offset, wanted = 1, 0, block_bytes
    with source.open() as stream:
        while data := stream.read(wanted):
            end = end_of(data) if len(data) == wanted else len(data)
            if end < len(data):
                stream.seek(offset + end)
            if not end:
                if len(data) > LINE_BYTES_MAX:
                    raise _too_long(number)
                wanted = 2 * len(data)
                continue
            wanted = block_bytes
            width = data.find(b"\n", 0, end) + 1 or data.find(b"\r", 0, end) + 1
            if _are_even(data, end, width, count):
                yield _even(number, offset, width, data, end)._replace(is_text=count is _control_characters)
                number, offset = number + end // width, offset + end
                continue
            for even_width, lines in groupby(data[:end].splitlines(keepends=True), _even_width):
                like = list(lines)
                yield from _like_lines(number, offset, even_width, like)
                number, offset = number + len(like), offset + sum(map(len, like))


def _end_of_lines(data: bytes) -> int:
    """Where the last whole line ends. A CR at the very end may be half of a CRLF."""
    return data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1


def _end_of_entries(data: bytes) -> int:
    """Where the last entry begins, so that no entry is without its addenda; without any the end of the last whole line."""
    return data.rfind(b"\n6") + 1 or data.rfind(b"\r6") + 1 or _end_of_lines(data)


def _too_long(number: int) -> SourceError:
    return SourceError("hostile", f"line {number} is longer than {LINE_BYTES_MAX} bytes")


def _line_ends(data: bytes, end: int) -> int:
    """How many bytes are line ends."""
    return data.count(b"\n", 0, end) + (data.count(b"\r", 0, end) if b"\r" in data else 0)


def _control_characters(data: bytes, end: int) -> int:
    """How many bytes are line ends or other control characters; counted in pieces that stay in the processor's cache."""
    import numpy as np  # a small file does without

    found = np.empty(_PIECE_BYTES, np.bool_)
    octets = np.frombuffer(data, np.uint8, end)
    pieces = (octets[at : at + _PIECE_BYTES] for at in range(0, end, _PIECE_BYTES))
    return sum(int(np.count_nonzero(np.less(piece, ord(" "), out=found[: len(piece)]))) for piece in pieces)


def _even_width(line: bytes) -> int:
    """The length of a line that holds 94 columns of ASCII and its line end; 0 for any other. It depends on nothing but the line."""
    return len(line) if _are_even(line, len(line), len(line), _line_ends) else 0


def _are_even(lines: bytes, end: int, width: int, count: Callable[[bytes, int], int]) -> bool:
    """Whether every `width` bytes up to the end are 94 columns of ASCII and a line end, and nothing else counts."""
    if width not in _WIDTHS or end % width or not lines.isascii():
        return False
    ends = lines[COLUMNS:end:width]
    if width > COLUMNS + 1 and (ends.strip(b"\r") or lines[COLUMNS + 1 : end : width].strip(b"\n")):
        return False
    return not ends.strip(b"\r\n") and count(lines, end) == len(ends) * (width - COLUMNS)


def _like_lines(number: int, offset: int, even_width: int, lines: list[bytes]) -> Iterator[Stretch]:
    if even_width:
        data = b"".join(lines)
        yield _even(number, offset, even_width, data, len(data))
        return
    for nth, line in enumerate(lines):
        if len(line) > LINE_BYTES_MAX:
            raise _too_long(number + nth)
        yield from _odd(number + nth, offset, line)
        offset += len(line)


def _even(number: int, offset: int, width: int, data: bytes, end: int) -> Stretch:
    return Stretch(number, offset, width, data, data[:end:width].decode("ascii"))


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
                yield _even(number, offset, COLUMNS, even, len(even))
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
