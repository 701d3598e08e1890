"""Records of one shape, read by one expression: a bank writes the same tags again and again, only the texts between differ.

The first records of a shape are read by expat, which proves them well-formed, and outlined: a format's `outline` looks up once
where in the record each field stands (a *slot*, the number of a leaf). From then on the shape's own tags, literally, are an
expression that captures the texts of its leaves; it is kept only if it gives back what expat read. A record that an expression
matches has the tags of a proven one and texts without `<`, foreign entities or control characters: it needs no parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, TypeVar

from parsers.xml.elements import Charset, Element, read_element

Outline = TypeVar("Outline")
Values = tuple[str, ...]
"""A record's texts by slot; the last one is empty and stands for what the record does not say (slot -1)."""

_SEEN_BEFORE_COMPILING = 12
_SHAPES_MAX = 1024
_TAG = re.compile(r"<[^>]*>")
_LEAF_TEXT = "([^<\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*)"
_ENTITY = re.compile("&(amp|lt|gt|quot|apos);")
_FOREIGN_ENTITY = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class Shapes(Generic[Outline]):
    """What has been learned of a file's records. `outline` says where a format's fields stand in a record of one shape."""

    def __init__(self, outline: Callable[[Element], Outline], charset: Charset) -> None:
        self._outline = outline
        self._charset = charset
        self._expressions: dict[int, list[tuple[re.Pattern[str], Outline]]] = {}  # by the number of tags
        self._outlines: dict[tuple[str, ...], Outline] = {}
        self._seen: dict[tuple[str, ...], int] = {}
        self.proven: list[tuple[str, Outline]] = []
        """One record of each shape that has its expression."""

    def read(self, data: bytes) -> tuple[Outline, Values]:
        """Where the record's fields stand, and their texts; `XmlError` when it is not well-formed."""
        text = self._charset.text(data)
        for expression, outline in self._expressions.get(text.count("<"), ()):
            if found := expression.fullmatch(text):
                if "&" not in text:
                    return outline, found.groups()
                if not _FOREIGN_ENTITY.search(text):
                    return outline, _resolved(found.groups())
        return self._learn(text)

    def _learn(self, text: str) -> tuple[Outline, Values]:
        text = self._charset.without_control_characters(text)
        element, leaves = read_element(text)
        values = (*leaves, "")
        if "<!" in text or "<?" in text:
            return self._outline(element), values
        tags = tuple(_TAG.findall(text))
        outline = self._outlines.get(tags)
        if outline is None:
            outline = self._outline(element)
            if len(self._outlines) < _SHAPES_MAX:
                self._outlines[tags] = outline
                self._seen[tags] = 0
        elif not _FOREIGN_ENTITY.search(text):
            self._seen[tags] += 1
            if self._seen[tags] == _SEEN_BEFORE_COMPILING:
                self._compile(text, outline, values)
        return outline, values

    def _compile(self, text: str, outline: Outline, values: Values) -> None:
        expression = _expression(text)
        found = expression.fullmatch(text)
        if found and _resolved(found.groups()) == values:
            self._expressions.setdefault(text.count("<"), []).append((expression, outline))
            self.proven.append((text, outline))


def resolved(text: str) -> str:
    """A text with XML's own five entities resolved."""
    return _ENTITY.sub(lambda found: _CHARACTERS[found[1]], text) if "&" in text else text


def _resolved(texts: Values) -> Values:
    return tuple(map(resolved, texts))


def _expression(text: str) -> re.Pattern[str]:
    """The record's tags as an expression: the texts of leaves are captured, blanks may differ where there are some; the last
    group is always empty."""
    tags, between = tags_and_texts(text)
    made = []
    for tag, blanks, following in zip(tags, between[1:], [*tags[1:], ""], strict=True):
        made.append(re.escape(tag) + (_LEAF_TEXT if is_leaf(tag, following) else r"\s*" if blanks else ""))
    return re.compile("".join(made) + "()")


def tags_and_texts(record: str) -> tuple[list[str], list[str]]:
    """A record's tags, and what stands before, between and behind them."""
    return _TAG.findall(record), _TAG.split(record)


def is_leaf(tag: str, following: str) -> bool:
    """Whether a tag and the next one are those of an element without elements."""
    return not tag.startswith("</") and not tag.endswith("/>") and following.startswith("</")
