"""The garbage collector rests while a part is made, and is afterwards as it was."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from parsers import collector, documents
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


class Thing:
    """Refers to itself."""

    def __init__(self) -> None:
        self.myself = self


@pytest.mark.parametrize(("others", "is_gone"), [(0, True), (collector.MANY, False)])
def test_only_many_objects_are_put_among_the_old_ones(others: int, *, is_gone: bool) -> None:
    """What refers to itself in a small file is collected soon."""
    gc.collect()
    with collector.at_rest():
        thing = weakref.ref(Thing())
        kept = [[n] for n in range(others)]
    gc.collect(1)
    assert (thing() is None) is is_gone
    assert len(kept) == others
    gc.collect()
    assert thing() is None
