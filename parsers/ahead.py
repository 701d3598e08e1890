"""Work on the blocks of a file ahead, in a thread: numpy and polars let go of the interpreter while they reckon. A second thread would
mostly wait for the interpreter, and hold another block in memory."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Block = TypeVar("Block")
Made = TypeVar("Made")


def made_ahead(blocks: Iterable[Block], make: Callable[[Block], Made], is_large: Callable[[Block], bool]) -> Iterator[tuple[Block, Made | None]]:
    """The blocks in order, each with what is made of it, or None where it is not large enough; the next one is drawn and begun before."""
    begun: tuple[Block, Future[Made] | None] | None = None
    with ThreadPoolExecutor(1) as pool:
        for block in blocks:
            before, begun = begun, (block, pool.submit(make, block) if is_large(block) else None)
            if before:
                yield before[0], before[1].result() if before[1] else None
        if begun:
            yield begun[0], begun[1].result() if begun[1] else None
