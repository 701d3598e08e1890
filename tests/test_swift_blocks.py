"""Marks in a block of bytes, and a SWIFT file cut into blocks: both found quickly, and both where a plain search finds them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.byte_columns import PADDING, block, few
from parsers.formats import swift_mt103
from parsers.profile import Profile
from parsers.records import BankLine
from parsers.sources import Source
from parsers.swift import fields
from tests.conftest import FIXTURES


def plainly(text: str, mark: str) -> list[int]:
    return [place for place in range(len(text)) if text.startswith(mark, place)]


@given(st.text("RFG:+/M*TL ", max_size=80), st.booleans())
def test_marks_are_found_wherever_they_stand(text: str, both: bool) -> None:
    data = block(text.encode() + PADDING)
    if both:
        data.find_both("+", "/")
    for mark in ("+", "/", "RF", "+++", "***", "G:", "MTLG:"):
        assert data.places_of(mark).tolist() == plainly(text, mark), mark


@given(st.lists(st.booleans(), max_size=70))
def test_few_flags_are_all_found(flags: list[bool]) -> None:
    assert few(np.array(flags, np.bool_)).tolist() == [place for place, flag in enumerate(flags) if flag]


@given(st.lists(st.sampled_from([b"\n:61:", b"\r:20:", b"\n:86:", b":61:", b"\n", b":", b"61", b"some text"]), max_size=30), st.integers(1, 40))
def test_blocks_are_the_file_cut_before_entries_and_messages(pieces: list[bytes], block_bytes: int) -> None:
    content = b"".join(pieces)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(fields, "BLOCK_BYTES", block_bytes)
        found = list(fields.blocks(Source(content)))
    assert b"".join(data for data, _, _ in found) == content
    for (data, offset, following), (after, next_offset, _) in pairwise(found):
        assert data[-1:] in {b"\n", b"\r"}
        assert next_offset == offset + len(data)
        assert after[:4] == f":{following}:".encode()
        assert following in {"61", "20"}


class SmallBlocks(Source):
    """A file that is read in blocks of so few bytes."""

    block_bytes = 1

    def marked_blocks(self, mark: bytes) -> Iterator[bytes]:
        """As in any source."""
        content = b"".join(super().marked_blocks(mark))
        yield from (content[start : start + self.block_bytes] for start in range(0, len(content), self.block_bytes))
        yield b""


PAYMENTS = sorted(path.read_bytes() for path in FIXTURES.glob("swift_mt103/**/*") if path.suffix in {".fin", ".txt"})
WRITTEN = {
    "as it is": lambda content: content,
    "CR": lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "block 4 alone": lambda content: b"\n".join(part.partition(b"-}")[0].strip() for part in content.split(b"{4:")[1:]),
    "in JSON": lambda content: b'["' + content.replace(b"\r\n", b"\n").replace(b"\n", b"\\n") + b'"]',
}


@given(st.sampled_from(PAYMENTS), st.sampled_from(PAYMENTS), st.sampled_from(sorted(WRITTEN)), st.integers(1, 400))
def test_payments_are_the_same_in_blocks_of_any_size(first: bytes, second: bytes, written: str, block_bytes: int) -> None:
    content = WRITTEN[written](first + b"\n" + second)
    source = SmallBlocks(content)
    source.block_bytes = block_bytes
    assert list(swift_mt103.parse(source, Profile())) == list(swift_mt103.parse(Source(content), Profile()))


@pytest.mark.parametrize("block_bytes", [1, 7, 40])
def test_payments_between_at_signs_are_cut_apart(block_bytes: int) -> None:
    source = SmallBlocks(b"".join(b":20:REF-%d@@:32A:260320EUR%d,@@:50K:ACME@@-@@" % (number, number) for number in (1, 2, 3)))
    source.block_bytes = block_bytes
    found = [record for record in swift_mt103.parse(source, Profile()) if isinstance(record, BankLine)]
    assert [(line.bank_reference, line.amount_minor, line.payer_name) for line in found] == [
        ("REF-1", 1_00, "ACME"), ("REF-2", 2_00, "ACME"), ("REF-3", 3_00, "ACME"),
    ]
