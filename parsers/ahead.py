"""Work on the blocks of a file some blocks ahead, in threads: numpy and polars let go of the interpreter while they reckon."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, repeat
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_THREADS = 2

Block = TypeVar("Block")
Made = TypeVar("Made")


def made_ahead(blocks: Iterable[Block], make: Callable[[Block], Made]) -> Iterator[tuple[Block, Made]]:
    """The blocks in order, each with what is made of it. They are drawn `_THREADS` blocks before they are yielded."""
    waiting: deque[tuple[Block, Future[Made]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        for block in chain(blocks, repeat(None, _THREADS)):
            if block is not None:
                waiting.append((block, pool.submit(make, block)))
            if waiting and (block is None or len(waiting) > _THREADS):
                first, made = waiting.popleft()
                yield first, made.result()
