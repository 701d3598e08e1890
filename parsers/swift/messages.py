r"""Single SWIFT messages of a file (MT103, MT910 ..), in memory flat in its size: cut apart, each with its fields and the places of its parts.

    {1:F01BANKDEFFAXXX..}{2:O1031101051102..}{3:{119:STP}}{4:     header
    :20:SENDERS-REF                                               body: the fields of block 4
    -}{5:{CHK:..}}                                                trailer, up to the next message

A file's messages begin where its outermost blocks do: at `{1:`, else at `{2:`, else at `{4:`, else at :20: at the start of a line. A message
kept in JSON has its line ends as two characters, `\n`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from parsers.records import Span
from parsers.sources import SourceError, decode
from parsers.swift.fields import MESSAGE_BYTES_MAX, Field, message_type, normalised

if TYPE_CHECKING:
    from parsers.profile import Profile
    from parsers.sources import Source

_BLOCK_MARKS = (b"{1:", b"{2:", b"{4:")
_REFERENCE_MARK = b":20:"
_STARTS = {_REFERENCE_MARK: re.compile(r"(?:^|(?<=\n)):20:")} | {mark: re.compile(re.escape(mark.decode())) for mark in _BLOCK_MARKS}
_BEFORE_REFERENCE = (b"\n", b"\r", b"@@")
_JSON_LINE_END = b"\\n"
_FIELD = re.compile(r"\n[ \t]*:(\d\d[A-Z]?):")
_BARE_END = re.compile(r"\n[-$]\s*(?:\n|$)")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: header, fields and the first of each tag, and the places of its three parts."""

    type: str
    fields: list[Field]
    firsts: dict[str, Field]
    header: Span
    body: Span
    trailer: Span
    trailer_text: str
    closed: bool

    def first(self, *tags: str) -> Field | None:
        """The first field that has one of the tags."""
        found = [self.firsts[tag] for tag in tags if tag in self.firsts]
        return min(found, key=lambda each: each.span.start) if found else None

    def text(self, *tags: str) -> str:
        """The text of that field, empty without one."""
        found = self.first(*tags)
        return found.text if found else ""


class Between(NamedTuple):
    """What stands between messages: acknowledgements, separators, envelopes without fields."""

    span: Span
    text: str


def messages(source: Source, profile: Profile) -> Iterator[Message | Between]:
    """All of them in order, without a gap between their spans."""
    mark = _outermost_mark(source)
    in_json = source.head.lstrip()[:1] in (b"{", b"[") and _JSON_LINE_END + _REFERENCE_MARK in source.head
    line = 1
    for data, offset in _blocks(source, mark, _BEFORE_REFERENCE + (_JSON_LINE_END,) * in_json):
        lines = normalised(data)
        text = lines.replace("\\r\\n", "  \r\n").replace("\\n", "\r\n") if in_json else lines
        for start, end in pairwise(sorted({0, *(found.start() for found in _STARTS[mark].finditer(text)), len(text)})):
            yield _message(text[start:end], lines[start:end], Span(line, offset + start, offset + end), profile)
            line += lines.count("\n", start, end)


def _outermost_mark(source: Source) -> bytes:
    """What the messages of a file begin with."""
    unseen, before = list(_BLOCK_MARKS), b""
    for block in source.marked_blocks(b":"):
        unseen = [mark for mark in unseen if mark not in block and mark not in before + block[:2]]
        if _BLOCK_MARKS[0] not in unseen:
            return _BLOCK_MARKS[0]
        before = (before + block[-2:])[-2:]
    return next((mark for mark in _BLOCK_MARKS if mark not in unseen), _REFERENCE_MARK)


def _blocks(source: Source, mark: bytes, before_reference: tuple[bytes, ...]) -> Iterator[tuple[bytes, int]]:
    """The file's bytes in blocks of whole messages, each with its offset."""
    rest, offset = b"", 0
    for block in source.marked_blocks(b":"):
        data = rest + block
        cut = _last_start(data, mark, before_reference) if block else len(data)
        if cut:
            yield data[:cut], offset
        rest, offset = data[cut:], offset + cut
        if len(rest) > MESSAGE_BYTES_MAX:
            raise SourceError("hostile", f"no message ends in the {len(rest)} bytes from byte {offset} on")


def _last_start(data: bytes, mark: bytes, before_reference: tuple[bytes, ...]) -> int:
    """Where the last message begins; 0 where none does behind the first byte."""
    if mark != _REFERENCE_MARK:
        return max(data.rfind(mark), 0)
    return max((at + len(before) for before in before_reference if (at := data.rfind(before + mark)) >= 0), default=0)


def _message(segment: str, lines: str, span: Span, profile: Profile) -> Message | Between:
    """Header, block 4 and trailers of what stands at `span`; `lines`: the same with the file's own line ends."""
    opening = segment.find("{4:")
    body_at = opening + 3 if opening >= 0 else 0
    end = max(segment.rfind("\n-}"), 0) or max(segment.rfind("-}"), 0)
    if end <= body_at:
        end = _bare_end(segment, body_at)
    body = Span(span.line + lines.count("\n", 0, body_at), span.start + body_at, span.start + end)
    fields = list(_fields(segment[body_at:end], body, profile))
    if not fields:
        return Between(span, segment)
    return Message(
        message_type(segment[:body_at]) or _inferred(fields), fields, {each.tag: each for each in reversed(fields)}, Span(span.line, span.start, body.start), body,
        Span(body.line + lines.count("\n", body_at, end), body.end, span.end), segment[end:],
        closed=opening < 0 or segment.startswith(("\n-}", "-}"), end),
    )


def _bare_end(segment: str, body_at: int) -> int:
    """Where a block 4 without terminator ends: at a line `-` or `$`, else at the end."""
    found = _BARE_END.search(segment, body_at)
    return found.start() if found else len(segment.rstrip())


def _fields(body: str, place: Span, profile: Profile) -> Iterator[Field]:
    """Block 4 into fields."""
    led = "\n" + body
    line, told = place.line, 0
    matches = list(_FIELD.finditer(led))
    for index, match in enumerate(matches):
        end = matches[index + 1].start() if index + 1 < len(matches) else len(led)
        clean = led[match.end():end].replace("\r", "").rstrip()
        said = clean if clean.isascii() else decode(clean.encode("latin-1"), profile.encoding)
        line += led.count("\n", told + 1, match.start() + 1)
        told = match.start()
        yield Field(match[1], said, Span(line, place.start + match.start(), place.start + end - 1))


def _inferred(fields: list[Field]) -> str:
    """The type of a message without block 2, by its fields."""
    tags = {each.tag for each in fields}
    if tags & {"58A", "58D"}:
        return "202"
    if tags & {"25", "25P"} and "32A" in tags:
        return "910"
    return "103" if tags & {"23B", "59", "59A", "59F", "32A"} else "199"
