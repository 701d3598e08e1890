"""What a reader of a NACHA file knows at a record: the file and the batch it is in, what was counted there, an entry held back.

Both ways of reading, record by record and in columns, go through a file with one and the same state.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from parsers.nacha.entry import Batch
from parsers.nacha.records import Record


@dataclass(slots=True)
class Sums:
    """What a control record states, as we count it."""

    entries: int = 0
    hash: int = 0
    debits: int = 0
    credits: int = 0

    def add(self, other: Sums) -> None:
        """Carries what is counted elsewhere into these sums."""
        self.entries += other.entries
        self.hash += other.hash
        self.debits += other.debits
        self.credits += other.credits


@dataclass(slots=True)
class OpenBatch:
    """The batch being read; `account`: whose statement is open, None before the first entry."""

    header: Record
    facts: Batch
    sums: Sums = field(default_factory=Sums)
    trace: str = ""
    account: str | None = None
    statements: int = 0


@dataclass(slots=True)
class File:
    """What was counted in the file being read; bytes may hold several."""

    header: Record | None = None
    date: dt.date | None = None
    sums: Sums = field(default_factory=Sums)
    batches: int = 0
    records: int = 0
    advices: bool = False
    closed: bool = False
    headless: bool = False

    @property
    def label(self) -> str:
        """The date and modifier of its header: `260130A`."""
        return (self.header.text[23:29] + self.header.text[33:34]).strip() if self.header else ""

_NOTHING = Record(1, 0, 0, "")


@dataclass(slots=True)
class State:
    """`account`: ours, where the profile names it. `banks_told`, `accounts_told`: those of which was said that their number cannot be.
    `entry`, `addenda`: read, not yet yielded, for more addenda may follow. `last`: the record before."""

    account: str
    individuals_pay: bool
    accounts_pay: bool
    file: File = field(default_factory=File)
    batch: OpenBatch | None = None
    banks_told: set[str] = field(default_factory=set)
    accounts_told: set[str] = field(default_factory=set)
    entry: Record | None = None
    addenda: list[Record] = field(default_factory=list)
    last: Record = _NOTHING
