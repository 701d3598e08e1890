"""What a list is stored from, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from cashapp.imports.faults import Fault
from matching.crew import Hearer, nobody


class Source(NamedTuple):
    """The file that is imported, for whom and as of when."""

    name: str
    sha256: str
    base_currency: str
    as_of: dt.date
    actor: str
    at: Hearer = nobody


class Stored(NamedTuple):
    """How many rows were new, changed, and as known before; and what was wrong with others."""

    new: int
    changed: int
    unchanged: int
    faults: list[Fault]
