"""What a list is stored from, who hears of it, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple, Protocol

from cashapp.imports.faults import Fault


class Stage(Protocol):
    """Who hears what is being done, and how much of how much is through."""

    def __call__(self, what: str, done: int = 0, total: int = 0, of: str = "bytes", /) -> None:
        """As `cashapp.daily.Watcher.stage`."""


def unwatched(_what: str, _done: int = 0, _total: int = 0, _of: str = "bytes", /) -> None:
    """Nobody hears it."""


class Source(NamedTuple):
    """The file that is imported, for whom and as of when."""

    name: str
    sha256: str
    base_currency: str
    as_of: dt.date
    actor: str
    stage: Stage = unwatched


class Stored(NamedTuple):
    """How many rows were new, changed, and as known before; and what was wrong with others."""

    new: int
    changed: int
    unchanged: int
    faults: list[Fault]
