"""OFX bytes as a flat stream of elements: tags with the text behind them, and whole statement entries as field tables.

OFX 1.x is SGML whose leaves need no end tag, OFX 2.x is XML, and banks mix the two; what both have in common is that a
tag is followed by its text. So one tokeniser reads both, tolerating what banks send: leaves closed or not, self-closed
tags, CDATA, comments, a bare `&` or `<` in a name, lower-case tags, any or no line ends, any or no header.

Positions are byte offsets: the bytes are looked at as Latin-1, one character each, and only a field's text is decoded.
The entries of a file are laid out alike, so a layout once met is learned as one regular expression (`_Layout`) that reads
the next entry in one step; an entry of a new layout is read tag by tag. Both ways give the same fields.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import BinaryIO, Literal, NamedTuple

from parsers.sources import LINE_BYTES_MAX, Source, decode

FIELDS = ("TRNTYPE", "DTPOSTED", "DTAVAIL", "TRNAMT", "FITID", "REFNUM", "CHECKNUM", "NAME", "MEMO")
"""The everyday leaves of an entry, in the order of `Entry.values`."""

SILENT = ("DTUSER", "SIC", "SRVRTID", "PAYEEID")
"""Leaves that nothing is taken from: an entry with only these beside FIELDS needs no table of the others."""

_BLANKS = " \t\r\n\0\x1a"  # bytes; as Latin-1 text others would count as white space too
_LAYOUTS_MAX = 24
BLOCK_BYTES = 4 * 1024 * 1024
_LOOK_BYTES = 256 * 1024
_TAG_BYTES = len("<STMTTRN>")
_LAYOUT_TAGS_MAX = 80

_TEXT = r"[^<]*+(?:(?:<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(?![/A-Z!?]))[^<]*+)*+"
_TAG = re.compile(rf"<(/?)([A-Z][A-Z0-9._-]*)\s*(/?)>({_TEXT})", re.DOTALL)
_MARKUP = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_ANY_CASE_TAG = re.compile(rb"</?[A-Za-z][A-Za-z0-9._-]*")
_CHARSET = re.compile(rb"CHARSET\s*[:=]\s*\"?([A-Za-z0-9_-]+?)(?=COMPRESSION|[\s<\"?]|$)", re.IGNORECASE)


class Element(NamedTuple):
    """A tag and the raw text behind it (`/NAME` for an end tag); the name is empty for text that no tag owns."""

    line: int
    start: int
    end: int
    name: str
    text: str


class Entry(NamedTuple):
    """A `<STMTTRN>` (booked) or `<STMTTRNP>` (pending): the raw text of FIELDS, and of all fields where it has others."""

    line: int
    start: int
    end: int
    values: tuple[str, ...]
    others: dict[str, str] | None
    name: str = "STMTTRN"
    end_tag: Literal["present", "missing", "cut off"] = "present"
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A stretch of the file with its tags in upper case, and where it begins. `data` may have padding behind its `size`."""

    data: bytes
    size: int
    offset: int

    @cached_property
    def text(self) -> str:
        """The bytes as Latin-1, one character each."""
        return self.data[: self.size].decode("latin-1")

    def stretch(self, start: int, stop: int) -> Block:
        """A part of the block, with the tag that begins behind it."""
        data = self.data[start : min(stop + _TAG_BYTES, self.size)]
        return Block(data, len(data), self.offset + start)


class _Layout(NamedTuple):
    """The tags of an entry in their order: a pattern with one group for each field and an empty one at the end tag."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    pick: Callable[[tuple[str, ...]], tuple[str, ...]]
    has_others: bool


def odd_case(head: bytes) -> bool:
    """Whether the tags are not in upper case, as the standard has them."""
    return b"<OFX" not in head and b"<ofx" in head.lower()


def code_page(head: bytes, fallback: str) -> str:
    """The code page of text that is no UTF-8: what CHARSET announces where it is one, else the profile's."""
    found = _CHARSET.search(head)
    name = found[1].decode("ascii") if found else ""
    try:
        page = f"cp{name}" if name.isdigit() else name
        return page if page and b"x".decode(page) == "x" else fallback
    except (LookupError, UnicodeDecodeError):
        return fallback


def clean(raw: str, page: str) -> str:
    """A field as a person reads it: CDATA and entities resolved once, decoded, on one line."""
    if "<" in raw:
        raw = _MARKUP.sub(lambda found: found[1] or "", raw)
    if not raw.isascii():
        raw = decode(raw.encode("latin-1"), page)
    if "&" in raw:
        raw = ENTITY.sub(lambda found: html.unescape(found[0]), raw)
    text = raw.strip()
    return " ".join(text.split()) if "\n" in text or "\r" in text else text


def elements(source: Source) -> Iterator[Element | Entry]:
    """The file in order, in time linear in its size and memory flat."""
    reader, line = BlockReader(newline_of(source.head)), 1
    for block in blocks(source):
        yield from reader.pieces(block, line)
        line += block.text.count(reader.newline)


def newline_of(head: bytes) -> str:
    """The character that ends a line, by which lines are counted."""
    return "\n" if b"\n" in head else "\r"


def blocks(source: Source, padding: bytes = b"") -> Iterator[Block]:
    """The file in stretches of some megabytes, each cut where an entry begins or has ended. They are read into one buffer, again and
    again: new memory costs more than the reading."""
    is_odd = odd_case(source.head)
    buffer, filled, offset = bytearray(min(source.size, BLOCK_BYTES) + _LOOK_BYTES), 0, 0
    with source.open() as stream:
        while True:
            if len(buffer) < filled + BLOCK_BYTES and offset + len(buffer) < source.size + len(padding):
                buffer = buffer[:filled] + bytearray(filled + BLOCK_BYTES + _LOOK_BYTES)
            stop = min(filled + BLOCK_BYTES, len(buffer) - len(padding))
            read = stream.readinto(memoryview(buffer)[filled:stop])  # type: ignore[attr-defined]  # all of our streams have it
            if not read:
                break
            filled += read
            if is_odd:
                buffer[:filled] = _capital(bytes(memoryview(buffer)[:filled]), is_odd=True)
            cut = _cut(buffer, filled)
            rest = bytes(memoryview(buffer)[cut:filled])
            if cut:
                yield _block(buffer, cut, offset, padding)
                buffer[: len(rest)] = rest
            offset, filled = offset + cut, len(rest)
    if filled:
        yield _block(buffer, filled, offset, padding)


def _block(buffer: bytearray, size: int, offset: int, padding: bytes) -> Block:
    buffer[size : size + len(padding)] = padding
    return Block(bytes(memoryview(buffer)[: size + len(padding)]), size, offset)


def block_at(stream: BinaryIO, start: int, end: int, *, is_odd: bool) -> Block:
    """A stretch of the file by its place; `is_odd` as `odd_case` has it."""
    stream.seek(start)
    return Block(_capital(stream.read(end - start), is_odd=is_odd), end - start, start)


def _capital(data: bytes, *, is_odd: bool) -> bytes:
    return _ANY_CASE_TAG.sub(lambda found: found[0].upper(), data) if is_odd else data


def _cut(data: bytearray, size: int) -> int:
    """Where a block may end: where an entry begins or has ended, else before the last tag; 0 while too little is there to say.
    An entry or a text larger than any line may be is cut anywhere."""
    last_end = data.rfind(b"</STMTTRN", 0, size)
    between_entries = max(data.rfind(b"<STMTTRN", 0, size), data.find(b">", last_end, size) + 1 if last_end >= 0 else 0)
    if between_entries > 0:
        return between_entries
    if size < LINE_BYTES_MAX:
        return 0 if data.startswith(b"<STMTTRN") else max(data.rfind(b"<", 0, size), 0)
    return max(data.rfind(b"<", 0, size), 0) or size


@dataclass(slots=True)
class BlockReader:
    """Reads blocks tag by tag. The layouts learned are kept across blocks, the one used last in front."""

    newline: str
    _layouts: list[_Layout] = field(default_factory=list)

    def pieces(self, block: Block, line: int, stop: int | None = None) -> Iterator[Element | Entry]:
        """What stands in a block that begins on that line, or in it up to `stop`, where an entry begins or has ended."""
        text, offset, newline, layouts = block.text, block.offset, self.newline, self._layouts
        position, size = 0, len(text) if stop is None else stop
        while position < size:
            begin = position
            if text.startswith("<STMTTRN>", position):
                layout: _Layout | None
                for known in layouts:
                    if found := known.pattern.match(text, position):
                        groups = found.groups()
                        layout, others = known, dict(zip(known.names, groups, strict=False)) if known.has_others else None
                        yield Entry(line, offset + position, offset + found.end(len(groups)), known.pick(groups), others)
                        position = found.end()
                        break
                else:
                    layout, entry, position = _new_entry(text, position, "STMTTRN", may_learn=len(layouts) < _LAYOUTS_MAX)
                    yield entry._replace(line=line, start=offset + begin, end=offset + position)
                if layout is not None and (not layouts or layout is not layouts[0]):
                    layouts[:] = [layout, *(other for other in layouts if other is not layout)]
            elif (tag := _TAG.match(text, position)) is None:
                later = _TAG.search(text, position)
                position = later.start() if later else size
                if between := text[begin:position].strip(_BLANKS):
                    start = text.index(between, begin)
                    yield Element(line + text.count(newline, begin, start), offset + start, offset + start + len(between), "", between)
            elif tag[2] in {"STMTTRN", "STMTTRNP"} and not tag[1]:
                _, entry, position = _new_entry(text, position, tag[2], may_learn=False)
                yield entry._replace(line=line, start=offset + begin, end=offset + position)
            else:
                position = tag.end()
                yield Element(line, offset + begin, offset + position, tag[1] + tag[2], tag[4])
                if tag[3]:
                    yield Element(line, offset + begin, offset + position, "/" + tag[2], "")
            line += text.count(newline, begin, position)


def _new_entry(text: str, position: int, name: str, *, may_learn: bool) -> tuple[_Layout | None, Entry, int]:
    """An entry read tag by tag: its layout for the next one (None where it cannot be learned), itself, and where it ends."""
    following = text.find(f"<{name}>", position + 1)
    limit = following if following >= 0 else len(text)
    end = text.find(f"</{name}>", position, limit)
    stop = end if end >= 0 else _open_end(text, position, limit)
    tags = list(_TAG.finditer(text, position, stop))[1:]
    fields: dict[str, str] = {}
    repeated = []
    for tag in tags:
        if tag[1]:
            continue
        if fields.get(tag[2], "").strip():
            repeated.append(tag[2])
            fields[tag[2]] += " " + tag[4]
        else:
            fields[tag[2]] = tag[4]
    has_others = bool(repeated) or not fields.keys() <= {*FIELDS, *SILENT}
    values = tuple(fields.get(field, "") for field in FIELDS)
    entry = Entry(0, 0, 0, values, fields if has_others else None, name, "present", tuple(repeated))
    if end < 0:
        return None, entry._replace(end_tag="cut off" if stop == len(text) else "missing"), stop
    stop += len(name) + 3
    layout = _learned(text[position:stop], tags, has_others=has_others) if may_learn and not repeated else None
    return layout, entry, stop


def _open_end(text: str, position: int, limit: int) -> int:
    """Where an entry without end tag stops: at the end of its list, or where the next one begins."""
    ends = (text.find(tag, position, limit) for tag in ("</BANKTRANLIST", "</INVBANKTRAN", "</STMTRS", "</CCSTMTRS"))
    return min((end for end in ends if end >= 0), default=limit)


def _learned(raw: str, tags: list[re.Match[str]], *, has_others: bool) -> _Layout | None:
    """The layout of an entry: the next one with the same tags in the same order matches its pattern."""
    if len(tags) > _LAYOUT_TAGS_MAX:
        return None
    names = tuple(tag[2] for tag in tags if not tag[1])
    parts = [rf"</{re.escape(tag[2])}>[ \t\r\n]*" if tag[1] else rf"<{re.escape(tag[2])}>([^<]*)" for tag in tags]
    pattern = re.compile(rf"<STMTTRN>[ \t\r\n]*{''.join(parts)}</STMTTRN>()[ \t\r\n]*")
    if len(set(names)) < len(names) or not pattern.fullmatch(raw):
        return None
    places = [names.index(field) if field in names else -1 for field in FIELDS]  # -1: the empty group at the end tag
    return _Layout(pattern, names, itemgetter(*places), has_others)


def occurrences(source: Source, *words: bytes) -> tuple[int, ...]:
    """How often each word stands in the file, counted in the bytes alone: the other side of what the reader found."""
    is_odd = odd_case(source.head)
    counts, tail = [0] * len(words), b""
    with source.open() as stream:
        while block := stream.read(BLOCK_BYTES):
            text = tail + (block.upper() if is_odd else block)
            counts = [had + text.count(word) - tail.count(word) for had, word in zip(counts, words, strict=True)]
            tail = text[-64:]
    return tuple(counts)


def mentions(source: Source, word: bytes) -> bool:
    """Whether the word stands anywhere in the file."""
    is_odd, tail = odd_case(source.head), b""
    with source.open() as stream:
        while block := stream.read(_LOOK_BYTES):
            text = block.upper() if is_odd else block
            seam = tail + text[: len(word)]
            if word in text or word in seam:
                return True
            tail = (seam if len(text) < len(word) else text)[1 - len(word) :]
    return False


def corrected_in_file(source: Source) -> frozenset[tuple[str, str]]:
    """(account, FITID) of the entries that a later or earlier entry of the same file replaces or deletes."""
    account = ""
    there: set[tuple[str, str]] = set()
    corrected: set[tuple[str, str]] = set()
    for piece in elements(source):
        if isinstance(piece, Element):
            account = piece.text.strip() if piece.name == "ACCTID" else account
            continue
        own = piece.values[FIELDS.index("FITID")].strip()
        other = (piece.others or {}).get("CORRECTFITID", "").strip()
        if other:
            corrected.add((account, other))
        if other != own:
            there.add((account, own))
    return frozenset(there & corrected)
