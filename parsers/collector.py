"""Python's garbage collector, kept from looking through records while they are made."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def at_rest() -> Iterator[None]:
    """Without collections, which would look through the records of a part again and again, for up to a third of the time, and find none
    to collect: no record refers to itself. Frozen and let go they stand among the old objects, through which it looks seldom."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.unfreeze()
            gc.enable()
