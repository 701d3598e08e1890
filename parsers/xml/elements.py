"""XML as elements under local names, read by expat: nothing is fetched, nothing expanded, a DOCTYPE is refused unread.

`Tree` takes a document in chunks. Elements named as containers are told when they open and when they close (`Opened`,
`Closed`); a container's other children are told once they are complete (`Part`), so memory stays flat. `read_element` reads
one small complete element. Namespace prefixes and versions do not matter: the local name decides.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple
from xml.parsers import expat

from parsers.records import Span

DEPTH_MAX = 100
PART_ELEMENTS_MAX = 200_000
PADDING = b" \t\r\n\0\x1a"
"""What may follow a document without meaning anything."""

_DECLARED_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BEGINNING_OF_A_TAG = re.compile(rb"(?=<)")
_AFTER_THE_ROOT = frozenset({9, 17})
"""Expat's codes for content after the root element, and for an XML declaration that is not at the start."""


class XmlError(Exception):
    """The XML cannot be read further; `code` is one of `parsers.issues.REMEDIES`, `offset` counts from the file's start."""

    def __init__(self, code: str, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.offset = offset


class Element:
    """An element under its local name. `slot` numbers a record's leaves in document order; it is -1 for all that are none."""

    __slots__ = ("attributes", "children", "name", "slot", "start", "text")

    def __init__(self, name: str, attributes: dict[str, str], start: int) -> None:
        self.name = name
        self.attributes = attributes
        self.start = start
        self.children: list[Element] = []
        self.text = ""
        self.slot = -1

    def all(self, path: str) -> list[Element]:
        """The elements at `path` (`Strd/RfrdDocInf`), in document order."""
        found = [self]
        for name in path.split("/"):
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def first(self, *paths: str) -> Element | None:
        """The first element at the first of the paths that leads anywhere."""
        return next((found[0] for path in paths if (found := self.all(path))), None)

    def value(self, *paths: str) -> str:
        """The text at the first of the paths that has any, without blanks around it."""
        return next((text for path in paths for found in self.all(path) if (text := found.text.strip())), "")


class Opened(NamedTuple):
    """A container begins; the span is its start tag's."""

    span: Span
    name: str


class Part(NamedTuple):
    """A child of a container, complete."""

    span: Span
    element: Element


class Closed(NamedTuple):
    """A container ends; the span is its end tag's."""

    span: Span
    name: str


class Charset:
    """How a file's bytes become text: as declared, and where that fails in the bank's code page, which `repaired` tells."""

    def __init__(self, head: bytes, fallback: str) -> None:
        declared = _DECLARED_ENCODING.match(head)
        self.encoding = _known_encoding(declared[1].decode()) if declared else "utf-8"
        self.fallback = fallback
        self.newline = b"\n" if b"\n" in head else b"\r"
        self.repaired = False

    def text(self, data: bytes) -> str:
        """The text; never an error."""
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError:
            self.repaired = True
            return data.decode(self.fallback, "replace")

    def without_control_characters(self, text: str) -> str:
        """XML forbids control characters and banks send them: a blank stands for each."""
        cleaned, count = _CONTROL_CHARACTER.subn(" ", text)
        self.repaired = self.repaired or count > 0
        return cleaned


def _known_encoding(name: str) -> str:
    """Python's name for it; UTF-8 for a name it does not know, and for UTF-16, which `parsers.sources` has transcoded."""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    return "utf-8" if found.startswith(("utf-16", "utf-32")) else found


def read_element(text: str) -> tuple[Element, list[str]]:
    """One complete element as a tree, and the texts of its leaves by slot; `XmlError` when it is not well-formed."""
    tree = Tree(frozenset(), Charset(b"", "utf-8"))
    found = tree.feed(text.encode("utf-8", "replace"), Span(1, 0, 0))
    if tree.open_elements or len(found) != 1 or not isinstance(found[0], Part):
        raise XmlError("bad_record", "the element is not closed")
    return found[0].element, tree.values


class Tree:
    """One expat parser and the elements it has open. Without containers the root is the part."""

    def __init__(self, containers: frozenset[str], charset: Charset) -> None:
        self.values: list[str] = []
        self.found: list[Opened | Part | Closed] = []
        self.root_seen = False
        self._containers = containers
        self._charset = charset
        self._open: list[tuple[str, Element | None]] = []
        self._texts: list[list[str]] = []
        self._elements = 0
        self._part_start = Span(1, 0, 0)
        self._root_end = 0
        self._begin(b"", Span(1, 0, 0))

    @property
    def open_elements(self) -> list[str]:
        """The local names of the elements that are open, the root first."""
        return [name for name, _ in self._open]

    def feed(self, data: bytes, place: Span) -> list[Opened | Part | Closed]:
        """What the chunk opens, completes and closes. `place` is where the chunk stands in the file; `XmlError` ends the reading."""
        self.found = []
        data = data.rstrip(PADDING)
        utf8 = self._utf8(data)
        if utf8 == data:
            self._parse(data, place)
        else:  # feeding a transcoded chunk tag by tag keeps the offsets of the tags right
            for piece in _BEGINNING_OF_A_TAG.split(data):
                self._parse(self._utf8(piece), place)
                place = Span(place.line + piece.count(self._charset.newline), place.start + len(piece), place.end)
        return self.found

    def _utf8(self, data: bytes) -> bytes:
        return self._charset.without_control_characters(self._charset.text(data)).encode("utf-8", "replace")

    def _begin(self, data: bytes, place: Span) -> None:
        """A new document begins at its first tag; what stands before it is no XML."""
        self._parser = expat.ParserCreate("utf-8")  # whatever the declaration says: that is how the bytes come here
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._fed = 0
        skipped = data.find(b"<")
        if skipped >= 0:
            line = place.line + data.count(self._charset.newline, 0, skipped)
            self._parse(data[skipped:], Span(line, place.start + skipped, place.end))

    def _parse(self, data: bytes, place: Span) -> None:
        if not self._fed and not data.startswith(b"<"):
            if b"<" in data:
                self._begin(data, place)
            return
        self._chunk, self._start_of_chunk, self._counted, self._line = data, place.start, 0, place.line
        self._shift = place.start - self._fed
        self._fed += len(data)
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError as error:
            if self._open or error.code not in _AFTER_THE_ROOT:
                offset = self._shift + self._parser.ErrorByteIndex
                raise XmlError("truncated", f"the XML is broken: {expat.ErrorString(error.code)}", offset) from error
            self._after_the_root(data, place)

    def _after_the_root(self, data: bytes, place: Span) -> None:
        """Another document of the same file, or what does not belong there."""
        ended = max(0, self._root_end - place.start)
        rest = data[ended:].lstrip(PADDING)
        skipped = len(data) - len(rest)
        line = place.line + data.count(self._charset.newline, 0, skipped)
        if not rest.startswith(b"<"):
            raise XmlError("bad_record", "text stands after the end of the document", place.start + skipped)
        self._begin(rest, Span(line, place.start + skipped, place.end))

    def _here(self) -> int:
        return self._shift + self._parser.CurrentByteIndex

    def _end_of_tag(self) -> int:
        start = self._here() - self._start_of_chunk
        return self._start_of_chunk + self._chunk.find(b">", start) + 1

    def _line_of(self, offset: int) -> int:
        local = offset - self._start_of_chunk
        self._line += self._chunk.count(self._charset.newline, self._counted, local)
        self._counted = local
        return self._line

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.root_seen = True
        local = name.rpartition(":")[2]
        parent_name, parent = self._open[-1] if self._open else ("", None)
        here = self._here()
        if len(self._open) >= DEPTH_MAX or self._elements > PART_ELEMENTS_MAX:
            raise XmlError("hostile", "elements are nested or repeated beyond all measure", here)
        element = None
        if local in self._containers:
            self.found.append(Opened(Span(self._line_of(here), here, self._end_of_tag()), local))
        elif parent is not None:
            element = Element(local, attributes, here)
            parent.children.append(element)
        elif parent_name in self._containers or not (self._containers or self._open):
            element = Element(local, attributes, here)
            self._part_start = Span(self._line_of(here), here, here)
        self._elements += 1
        self._open.append((local, element))
        self._texts.append([])

    def _characters(self, text: str) -> None:
        if self._open and self._open[-1][1] is not None:
            self._texts[-1].append(text)

    def _end(self, _name: str) -> None:
        local, element = self._open.pop()
        texts = self._texts.pop()
        here, self._root_end = self._here(), self._end_of_tag()
        if element is not None:
            element.text = "".join(texts)
            if not element.children and here != element.start:
                element.slot = len(self.values)
                self.values.append(element.text)
            if not self._open or self._open[-1][1] is None:
                self._elements = 0
                self.found.append(Part(Span(self._part_start.line, self._part_start.start, self._root_end), element))
        elif local in self._containers:
            self.found.append(Closed(Span(self._line_of(here), here, self._root_end), local))

    def _doctype(self, *_declared: object) -> None:
        raise XmlError("hostile", "the XML declares a document type: no bank needs one, an attacker does", self._here())
