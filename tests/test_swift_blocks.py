"""Marks in a block of bytes, and a SWIFT file cut into blocks: both found quickly, and both where a plain search finds them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.byte_columns import PADDING, block, few
from parsers.sources import Source
from parsers.swift import fields


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
