"""The garbage collector rests while a part is made, and is afterwards as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from parsers import documents
from parsers.records import Envelope, Record, Span


@pytest.fixture(params=[True, False], ids=["collecting", "not collecting"])
def was_enabled(request: pytest.FixtureRequest) -> Iterator[bool]:
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_it_rests_while_records_come(*, was_enabled: bool) -> None:
    def records() -> Iterator[Record]:
        yield Envelope(Span(1, 0, 1), "a header")
        assert not gc.isenabled()

    for _ in documents.drained("x", records()):
        assert gc.isenabled() is was_enabled
    assert gc.isenabled() is was_enabled


def test_an_error_among_the_records_leaves_it_as_it_was(*, was_enabled: bool) -> None:
    def records() -> Iterator[Record]:
        raise ValueError("the records break here")
        yield

    with pytest.raises(ValueError, match="the records break here"):
        list(documents.drained("x", records()))
    assert gc.isenabled() is was_enabled
