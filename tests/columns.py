"""A columnar reader held against the record reader of its format."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from polars.testing import assert_frame_equal

from parsers import documents
from parsers.documents import Document
from parsers.records import Record


def assert_same(parts: Iterable[Document], format_name: str, records: Iterable[Record]) -> Document:
    """The parts, joined, are what the records come to; returns that document."""
    found, expected = documents.joined(parts), documents.drain(format_name, records)
    assert found.format == expected.format
    assert found.statements == expected.statements
    assert_frame_equal(found.lines, expected.lines)
    assert_frame_equal(found.remittance, expected.remittance)
    assert_same_controls(found, expected)
    assert found.issues == expected.issues
    assert found.changes == expected.changes
    return expected


def assert_same_controls(found: Document, expected: Document) -> None:
    """The controls of two documents are the same, as records, as columns and as those that do not tie."""
    assert found.controls == expected.controls
    assert len(found.controls) == len(expected.controls)
    assert_frame_equal(found.controls.frame(), expected.controls.frame())
    assert list(found.controls.untied()) == [control for control in expected.controls if not control.ties]


def damaged(content: bytes, seed: int, count: int, likely: bytes) -> Iterator[bytes]:
    """Copies of a file with some bytes changed, to one of the likely ones or to any, or with its end cut off."""
    chance = random.Random(seed)
    for _ in range(count):
        copy = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            copy[chance.randrange(len(copy))] = chance.choice(likely) if chance.random() < 0.7 else chance.randrange(256)
        yield bytes(copy if chance.random() < 0.7 else copy[: chance.randrange(len(copy))])
