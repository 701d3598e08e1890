"""The records of a BAI lockbox file and their columns: cut from lines or from one long line, numbered by deposit, amounts read."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from parsers.amounts import implied_minor, to_minor
from parsers.sources import Line, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.profile import LockboxColumns

_WIDTHS = (80, 104)
_BLANK = b" \t\0\x1a"
_HEADER = re.compile(rb"1[\d ]{2}.{20}\d{6}(?:\d{4}| {4}|$)", re.DOTALL)
_NACHA_SIZE = b"094"
_SERVICE = re.compile(rb"2.{20}", re.DOTALL)
_LOCKBOX_SERVICE = re.compile(rb"2.{30}(?:.{10})?400", re.DOTALL)
_LOCKBOX_HEADER = re.compile(rb"5[\d ]{6}[\dA-Z ]{7}\d{6}")
_CARD = re.compile(rb"\s*(?:\$\$|//|\*)")
_MINUS_OVERPUNCH = str.maketrans("}JKLMNOPQR", "0123456789")
_PLUS_OVERPUNCH = str.maketrans("{ABCDEFGHI", "0123456789")


def opens_lockbox_file(head: bytes) -> bool:
    """Whether the first record is a lockbox header, and a service record for lockboxes or a lockbox header follows."""
    found = [record.data for record in islice((record for record in records(Source(head)) if not is_card(record.data)), 3)]
    if len(found) < 2 or not _is_header(found[0]):
        return False
    header_at = 2 if _SERVICE.match(found[1]) else 1
    return _LOCKBOX_SERVICE.match(found[1]) is not None or (
        header_at < len(found) and _LOCKBOX_HEADER.match(found[header_at]) is not None)


def is_card(data: bytes) -> bool:
    """Whether a mailbox or job card stands where a record should."""
    return _CARD.match(data) is not None


def records(source: Source) -> Iterator[Line]:
    """The records: lines, or pieces of a line that holds many."""
    for line in source.lines():
        if not line.data.strip(_BLANK):
            continue
        width = _glued_width(line.data) if line.data[:1] == b"1" else 0
        if not width:
            yield line
            continue
        ends = [*range(width, len(line.data), width), len(line.data)]
        for number, end in enumerate(ends):
            piece = line.data[number * width : end]
            if piece.strip(_BLANK):
                yield Line(line.number + number, line.start + number * width, line.start + end, piece)


def _glued_width(data: bytes) -> int:
    """The record width of a line in which records follow one another without line ends; 0 where the line is one record."""
    for width in _WIDTHS:
        if len(data) > width and _is_header(data) and data[width : width + 1] in {b"2", b"5"}:
            return width
    return 0


def _is_header(data: bytes) -> bool:
    return _HEADER.match(data) is not None and data[34:37] != _NACHA_SIZE


def in_deposits(source: Source, columns: LockboxColumns) -> Iterator[tuple[int, Line]]:
    """Each record with the number of its deposit: a lockbox and date, whose header may be repeated for each batch."""
    deposit, key = -1, b""
    for line in records(source):
        code = line.data[:1]
        if code == b"5":
            box_and_date = line.data[columns.lockbox[0] - 1 : columns.deposit_date[1]]
            if box_and_date != key:
                deposit, key = deposit + 1, box_and_date
        elif code == b"6" and not key:
            deposit, key = deposit + 1, b"without header"
        elif code in {b"8", b"9", b"1"}:
            yield deposit, line
            key = b""
            continue
        yield deposit, line


def cut(data: str, columns: tuple[int, int], shift: int = 0) -> str:
    """The text in 1-based inclusive columns; empty where the bank does not send the field."""
    start, end = columns
    return data[start - 1 + shift : end + shift].strip() if start else ""


class Places(NamedTuple):
    """Where the documents of a record stand: columns of number, amount, discount, deduction and reason of the first, and by how
    many columns each further one is moved."""

    columns: tuple[tuple[int, int], ...]
    start: int
    shifts: tuple[int, ...]
    number_width: int

    @classmethod
    def of(cls, columns: tuple[tuple[int, int], ...], pairs: int) -> Places | None:
        """The places by the columns of the first document; None where the bank sends none. A field that is not sent takes no room."""
        if not any(first for first, _ in columns):
            return None
        start = min(first for first, _ in columns if first)
        width = max(1, max(last for _, last in columns) - start + 1)
        return cls(columns, start, tuple(range(0, pairs * width, width)), columns[0][1] - columns[0][0] + 1)


def readable(text: str, currency: str, *, signed: bool = False) -> int | None:
    """Minor units; None for what is no amount. Where it may be signed, a minus stands before or after, or the last digit is overpunched."""
    if text.isdecimal() and len(text) < 15:
        return int(text)
    if not text or not (signed or text[0].isdecimal()):
        return None
    sign, digits = 1, text
    if signed and text.endswith("-"):
        sign, digits = -1, text[:-1]
    elif signed and text[:-1].isdecimal() and text[-1] in "}JKLMNOPQR":
        sign, digits = -1, text.translate(_MINUS_OVERPUNCH)
    elif signed and text[:-1].isdecimal() and text[-1] in "{ABCDEFGHI":
        digits = text.translate(_PLUS_OVERPUNCH)
    try:
        return sign * (to_minor(digits, currency) if "." in digits else implied_minor(digits, currency))
    except ValueError:
        return None
