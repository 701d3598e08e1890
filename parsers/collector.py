"""Python's garbage collector, kept from looking through records while they are made."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


MANY = 20_000
"""So many new objects are more than the collector should look through at once."""


@contextmanager
def at_rest() -> Iterator[None]:
    """Without collections, which would look through the records of a part again and again, for up to a third of the time, and find none
    to collect: no record refers to itself. Many, frozen and let go, stand among the old objects, through which it looks seldom. Few stay among the
    young ones, for what does refer to itself there, an error with its frames and the block of a file that they hold, would hardly ever be collected."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if gc.get_count()[0] > MANY:
                gc.freeze()
                gc.unfreeze()
            gc.enable()
