"""A large XML file cut at its records by bytes, what stands between them read by expat, every byte with its place.

A bank's XML is a thin envelope around thousands of records of one kind (`Ntry` in camt, `CdtTrfTxInf` in pacs). `pieces`
finds the records by their tags, outside comments and CDATA, and hands each out as bytes; who reads it proves it well-formed
(`parsers.xml.shapes`). All else goes through one `parsers.xml.elements.Tree`, which proves the nesting of the whole. So
positions are exact, memory is flat in the size of the file, and only the records cost time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

from parsers.records import Span
from parsers.sources import LINE_BYTES_MAX, Source, refuse_unmarked
from parsers.xml.elements import Charset, Closed, Opened, Part, Tree, XmlError

if TYPE_CHECKING:
    from parsers.xml.runs import Run

BLOCK_BYTES = 6 * 1024 * 1024
"""An entry takes about a kilobyte: a block is some thousands of them."""
RECORD_BYTES_MAX = 256 * 1024 * 1024

_SKIPPED = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_OPEN = (b"<!--", b"<![")


class Record(NamedTuple):
    """A record's bytes, from its start tag to its end tag."""

    span: Span
    data: bytes


class RecordRun(NamedTuple):
    """Many records that follow one another, laid out together; the offsets of the run count from `base`."""

    span: Span
    run: Run
    base: int


class _Stretch(NamedTuple):
    """Non-blank bytes outside the records, or those of a record that the file's end tears."""

    span: Span
    data: bytes
    is_torn: bool


class Between(NamedTuple):
    """Non-blank bytes outside the records; comes before the pieces that were found in them."""

    span: Span


class Trouble(NamedTuple):
    """An error: the XML breaks here, the span reaches to the end of the file, nothing follows. A warning: read, but repaired."""

    span: Span
    severity: Literal["error", "warning"]
    code: str
    message: str


Piece = Opened | Part | Record | Closed | Between | Trouble
FindRun = Callable[[bytes, int, bytes, bytes], "Run | None"]
"""Lays out a run of records in a block: from an offset on, records that begin with one tag and end with another."""


def pieces(source: Source, charset: Charset, containers: Iterable[str], records: Iterable[str]) -> Iterator[Piece]:
    """The file cut at its records, in file order. `containers` and `records` are local names; prefixes do not matter.

    That text had to be repaired, here or by who reads the records with the same `charset`, is told once.
    """
    return (piece for piece in pieces_and_runs(source, charset, containers, records, None) if not isinstance(piece, RecordRun))


def pieces_and_runs(
    source: Source, charset: Charset, containers: Iterable[str], records: Iterable[str], find_run: FindRun | None,
) -> Iterator[Piece | RecordRun]:
    """The same, with records in runs where `find_run` finds any."""
    opening = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?(?:%b))(?:\s[^>]*)?/?>" % b"|".join(name.encode() for name in records))
    tree = Tree(frozenset(containers), charset)
    is_told = False
    span, line = Span(1, 0, 0), 1
    with source.open() as stream:
        for piece in _cut(stream, opening, charset.newline, find_run):
            if isinstance(piece, Record | RecordRun):
                yield piece
            else:
                span, line = piece.span, piece.span.line + piece.data.count(charset.newline)
                if piece.is_torn:
                    yield Trouble(span, "error", "truncated", "the file ends inside a record")
                    return
                yield Between(span)
                try:
                    yield from tree.feed(piece.data, span)
                except XmlError as error:
                    yield from tree.found
                    yield Trouble(_to_the_end(error.offset, piece, stream, charset), "error", error.code, str(error))
                    return
            if charset.repaired and not is_told:
                is_told = True
                yield Trouble(piece.span, "warning", "encoding", f"what is no {charset.encoding} text was read as {charset.fallback}, or as blanks")
    if tree.open_elements or not tree.root_seen:
        what = f"{tree.open_elements[-1]} is not closed" if tree.open_elements else "there is no element"
        yield Trouble(Span(line, span.end, span.end), "error", "truncated", f"the file ends too early: {what}")


def cuts(data: bytes, name: bytes) -> list[tuple[int, int]]:
    """Where the elements of that tag name (with its prefix) stand in a record without comments: offsets from its start."""
    closing = b"</" + name + b">"
    found: list[tuple[int, int]] = []
    position = 0
    for start in re.compile(b"<" + re.escape(name) + rb"(?:\s[^>]*)?>").finditer(data):
        if start.start() >= position and not start[0].endswith(b"/>"):
            end = data.find(closing, start.end())
            if end < 0:
                break
            position = end + len(closing)
            found.append((start.start(), position))
    return found


def _to_the_end(offset: int, stretch: _Stretch, stream: BinaryIO, charset: Charset) -> Span:
    line = stretch.span.line + stretch.data.count(charset.newline, 0, max(0, offset - stretch.span.start))
    return Span(line, offset, stream.seek(0, io.SEEK_END))


def _cut(stream: BinaryIO, opening: re.Pattern[bytes], newline: bytes, find_run: FindRun | None) -> Iterator[Record | RecordRun | _Stretch]:
    """The records, and what stands between them unless it is blank."""
    rest, offset, line, block = b"", 0, 1, b"first"
    tag = closing = b"<\0"
    while block:
        block = stream.read(BLOCK_BYTES)
        if len(block) >= LINE_BYTES_MAX:
            refuse_unmarked(block, b"<", offset + len(rest))
        data = rest + block
        commented = b"!" in data and b"<!" in data  # one byte is found much faster than two
        position = settled = 0
        while True:
            settled = data.find(b"<", position)
            if not commented and data.startswith(tag, settled) and (close := data.find(closing, settled)) >= 0:
                end = close + len(closing)  # one more like the last
            else:
                found, settled = _next_record(opening, data, position, commented)
                end = _end_of_record(found, data, commented) if found else -1
                if found is None or end < 0:
                    break
                if found.end() == found.end(1) + 1:
                    tag, closing = found[0], b"</" + found[1] + b">"
            if settled > position:
                between = data[position:settled]
                if not between.isspace():
                    yield _Stretch(Span(line, offset + position, offset + settled), between, is_torn=False)
                line += between.count(newline)
            if find_run and not commented and data.startswith(tag, settled) and (run := find_run(data, settled, tag, closing)):
                end = run.end
                yield RecordRun(Span(line, offset + settled, offset + end), run, offset)
                line = run.line_after(newline, line)
                position = end
                continue
            record = data[settled:end]
            yield Record(Span(line, offset + settled, offset + end), record)
            line += record.count(newline)
            position = end
        if (found is None and not block) or len(data) - position > RECORD_BYTES_MAX:
            settled = len(data)
        between = data[position:settled]
        if between.strip():
            yield _Stretch(Span(line, offset + position, offset + settled), between, is_torn=False)
        line += between.count(newline)
        rest, offset = data[settled:], offset + settled
    if rest:
        yield _Stretch(Span(line, offset, offset + len(rest)), rest, is_torn=True)


def _next_record(opening: re.Pattern[bytes], data: bytes, position: int, commented: bool) -> tuple[re.Match[bytes] | None, int]:
    """The next record's start tag, and up to where what precedes it is settled: to it, or to the last tag that is complete."""
    found = opening.search(data, position)
    searched = position
    while commented and (mark := data.find(b"<!", searched, found.start() if found else len(data))) >= 0:
        skipped = _SKIPPED.match(data, mark)
        if skipped is None and data.startswith(_OPEN, mark):
            return None, mark
        searched = skipped.end() if skipped else mark + 2
        if found and searched > found.start():
            found = opening.search(data, searched)
    return found, found.start() if found else max(position, data.rfind(b">", position) + 1)


def _end_of_record(found: re.Match[bytes], data: bytes, commented: bool) -> int:
    """The offset after the record's end tag, -1 while it is not there."""
    if found[0].endswith(b"/>"):
        return found.end()
    closing = b"</" + found[1] + b">"
    end = data.find(closing, found.end())
    if end < 0:
        spaced = re.compile(b"</" + re.escape(found[1]) + rb"\s+>").search(data, found.end())
        return spaced.end() if spaced else -1
    searched = found.end()
    while commented and (mark := data.find(b"<!", searched, end)) >= 0:
        skipped = _SKIPPED.match(data, mark)
        if skipped is None and data.startswith(_OPEN, mark):
            return -1
        searched = skipped.end() if skipped else mark + 2
        if searched > end:
            end = data.find(closing, searched)
            if end < 0:
                return -1
    return end + len(closing)
