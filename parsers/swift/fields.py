"""SWIFT FIN messages as text: line ends made one, envelopes told apart, fields cut, every position kept in bytes.

Structure is looked at in Latin-1, where one character is one byte; a field's text is decoded when it is read.

    {1:F01BANKDEFFAXXX0000000000}{2:I940BANKDEFFXXXXN}{4:      envelope; banks often send block 4 alone
    :20:STARTUMS                                               field: colon, tag, colon at the start of a line
    -}{5:{CHK:...}}                                            end; `-` alone without an envelope
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from parsers.records import Span
from parsers.sources import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.sources import Source

BLOCK_BYTES = 3 * 512 * 1024
"""What is read at once: so large that the steps of a block do not count beside those of its entries, so small that it stays in a cache."""

MESSAGE_BYTES_MAX = 64 * 1024 * 1024
"""A stretch without any :20: or :61: cannot be longer: it is no message."""

TAGS = "20|21|25P?|28C?|60[FM]|61|62[FM]|64|65|86|34F|13D?|90[CD]|NS[A-Z]?"
"""The fields of MT940, MT941, MT942 and MT950, and the banks' own :NS:. Any other tag at the start of a line is text."""

TRAINING = "{TNG:"
"""The trailer of a test and training message."""

_MARK_BYTES = len(b"\n:61:")
_FIELD = re.compile(rf"\n:({TAGS}):")
_GLUED_FIELD = re.compile(rf":({TAGS}):")
INSIDE = frozenset(["61", "86", "62F", "62M", "64", "65", "90C", "90D", "NS"])
"""Fields that may follow an entry in the same message: before them a lone `-` is text, before others it ends the message."""

_END = re.compile(r"(?:^|\n)[ \t]*(?:-(?:\}[^\n]*)?|-?.{0,2}XXX|\x1a|\{1:[^\n]*)[ \t]*\r?(?=\n|$)|-\}(?=\s*(?:\{[15S]:|\$|$))")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_AT_SEPARATED = re.compile(rb"@@:\d\d[A-Z]?:")
_BLOCK_2 = re.compile(r"\{2:[IO]?(\d{3})")
_TYPE_LINE = re.compile(r"^:?(94[0-9]|950)(?::| \d\d)?\s*$", re.MULTILINE)


Cut = tuple[str, str, str, str, Span]
"""Tag, text, the :86: that belongs to an entry :61:, further :86: and :NS: of it, and the place of all. Texts have LF line
ends. The tag is empty for what stands between messages: envelopes, terminators, the banks' own headers."""


class Field(NamedTuple):
    """One field: its text with LF line ends and its place."""

    tag: str
    text: str
    span: Span


def normalised(data: bytes) -> str:
    """The text, character for byte: a lone CR and the `@@` of some banks become line ends of the same length."""
    if b"@" in data and b"@@" in data and _AT_SEPARATED.search(data):
        data = data.replace(b"@@", b"\r\n")
    if data.count(b"\r") != data.count(b"\r\n"):
        data = _LONE_RETURN.sub(b"\n", data)
    return data.decode("latin-1")


def first_type(text: str) -> str:
    """The type of the first message that has a block 2; empty without one."""
    found = _BLOCK_2.search(text)
    return found[1] if found else ""


def message_type(envelope: str) -> str:
    """`940` of `{2:I940...`, or of a line `940` as Dutch banks write it; empty when the envelope does not say."""
    found = _BLOCK_2.findall(envelope) or _TYPE_LINE.findall(envelope)
    return found[-1] if found else ""  # the last one: an acknowledgement may stand before the message


def statement_fields(source: Source) -> Iterator[Cut]:
    """The fields of all statement messages of a file, in order and without a gap between their spans but for line ends."""
    line = 1
    for data, offset, following in blocks(source):
        text = normalised(data)
        yield from block_fields(text, offset, line, following)
        line += text.count("\n")


def block_fields(text: str, offset: int, line: int, following: str) -> Iterator[Cut]:
    """The fields of one normalised block that stands at this offset and line; `following` is the tag behind it. Blocks are cut at line
    ends, so the fields of a file of several blocks are not glued."""
    if offset or following or "\n" in text.strip():
        yield from line_fields(text, offset, line, following)
    else:
        yield from _cut(text, 0, offset, line, following)


def line_fields(text: str, offset: int, line: int, following: str) -> Iterator[Cut]:
    """The same of a part of a block whose fields stand at the start of lines."""
    return _cut("\n" + text, 1, offset - 1, line - 1, following)


def blocks(source: Source) -> Iterator[tuple[bytes, int, str]]:
    """A file's bytes in blocks, each with its offset and the tag that follows it. They begin at the file's start, a :20: or a
    :61:, so an entry and its :86: are never apart."""
    rest, offset = b"", 0
    with source.open() as stream:
        while read := stream.read(BLOCK_BYTES):
            cut = _last_field(read)
            if not cut:  # then one begins where both meet, or none is there
                before = rest[-_MARK_BYTES + 1:]
                cut = _last_field(before + read[:_MARK_BYTES - 1])
                cut += (len(rest) - len(before)) * (cut > 0)
                read, rest = rest + read, b""
            if cut:
                data = b"".join((rest, memoryview(read)[:cut]))
                yield data, offset, read[cut + 1:cut + 3].decode("latin-1")
                offset += len(data)
            elif len(read) > MESSAGE_BYTES_MAX:
                raise SourceError("hostile", f"no field of a statement in {MESSAGE_BYTES_MAX} bytes")
            rest = read[cut:]
    yield rest, offset, ""


def _last_field(data: bytes) -> int:
    """Where the last :20: or :61: at the start of a line begins; 0 when there is none behind the first byte."""
    last = -1
    for mark in (b"\n", b"\r", b"@"):
        for tag in (b":61:", b":20:"):
            last = max(last, data.rfind(mark + tag, last + 1))
    return 1 + last


def _cut(text: str, lead: int, at: int, line: int, following: str) -> Iterator[Cut]:
    """One block into fields; `at` and `line` are those of the text's first character. `lead` is 1 where the line end before a
    field is cut off with its tag, 0 where fields are glued. A field reaches to the next one, its line end included, be that in
    this block or the `following` one."""
    goes_on = lead * (following != "" and text[-1] == "\n")
    pieces = (_FIELD if lead else _GLUED_FIELD).split(text[:-1] if goes_on else text)
    has_returns = "\r" in text
    first = pieces[0]
    last = len(pieces)
    if len(first) > lead:
        yield "", first, "", "", Span(line + lead, at + lead, at + len(first) + (lead if last > 1 else goes_on))
    at += len(first)
    line += first.count("\n")
    index = 1
    while index < last:
        tag, body = pieces[index], pieces[index + 1]
        line += lead
        start, first_line = at + lead, line
        at += lead + 2 + len(tag) + len(body)
        line += body.count("\n")
        index += 2
        information = further = ""
        next_tag = pieces[index] if index < last else following
        while tag == "61" and index < last and (next_tag == "86" or next_tag == "NS"):  # noqa: PLR1714 - runs for every entry
            more = pieces[index + 1]
            if next_tag == "86" and not information:
                information = more
            else:
                further += f"\n:{next_tag}:{more}"
            at += lead + 2 + len(next_tag) + len(more)
            line += lead + more.count("\n")
            index += 2
            next_tag = pieces[index] if index < last else following
        tail = ""
        if next_tag not in INSIDE:
            body, information, tail = _without_end(body, information)
        if has_returns:
            body, information, further = body.replace("\r", ""), information.replace("\r", ""), further.replace("\r", "")
        end = at + (lead if index < last else goes_on)
        if tail:
            yield tag, body, information, further, Span(first_line, start, at - len(tail))
            yield "", tail, "", "", Span(line - tail.count("\n") + tail.startswith("\n"), at - len(tail), end)
        else:
            yield tag, body, information, further, Span(first_line, start, end)


def _without_end(body: str, information: str) -> tuple[str, str, str]:
    """A message's last field without the terminator and what follows it up to the next message."""
    text = information or body
    found = _END.search(text)
    if found is None:
        return body, information, ""
    kept, tail = text[:found.start()], text[found.start():]
    return (body, kept, tail) if information else (kept, "", tail)
