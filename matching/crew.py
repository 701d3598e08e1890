"""Who does a run's work in parts: this process, one part after the other, or other processes that share none of its memory.

What `share` and `each` return may be nothing but a claim on what stands elsewhere: only `each` and `told` take it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

P = TypeVar("P")
R = TypeVar("R")

THREADS = 2
"""So many parts are in hand at once in one process: while one is at work in Python, the columns of the other are."""


class Hearer(Protocol):
    """Who hears what is being done, and how much of how much is through."""

    def __call__(self, what: str, done: int = 0, total: int = 0, of: str = "bytes", /) -> None:
        """`done` of `total`, where that is known; `of` says of what."""


def nobody(_what: str, _done: int = 0, _total: int = 0, _of: str = "bytes", /) -> None:
    """Hears nothing."""


class Crew(Protocol):
    """Applies a step to each of many parts. Steps are pure functions on module level: one may run twice, and anywhere. A part may be a list of
    what was made of others."""

    hands: int
    """So many parts are worked on at the same time."""
    at: Hearer

    def share(self, thing: P, /) -> P:
        """What every part's step is given, brought to the workers once."""

    def each(self, step: Callable[..., R], parts: Iterable[object], *shared: object) -> list[R]:
        """`step(part, *shared)` of each part, in order; the results stay where they were made."""

    def told(self, step: Callable[[P], R], parts: list[P]) -> list[R]:
        """`step(part)` of each part, brought here."""


class Alone:
    """One process does all of it."""

    hands = THREADS

    def __init__(self, at: Hearer = nobody) -> None:
        self.at = at

    def share(self, thing: P, /) -> P:
        """The thing itself."""
        return thing

    def each(self, step: Callable[..., R], parts: Iterable[object], *shared: object) -> list[R]:
        """As `in_order` goes."""
        return list(in_order(step, parts, *shared))

    def told(self, step: Callable[[P], R], parts: list[P]) -> list[R]:
        """One part after the other."""
        return [step(part) for part in parts]


def in_order(step: Callable[..., R], parts: Iterable[object], *shared: object) -> Iterator[R]:
    """`step(part, *shared)` of each part, in order, `THREADS` of them ahead of what is taken; no part is made before its turn."""
    with ThreadPoolExecutor(THREADS) as pool:
        begun: deque[Future[R]] = deque()
        for part in parts:
            begun.append(pool.submit(step, part, *shared))
            if len(begun) > THREADS:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
