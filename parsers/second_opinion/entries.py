"""The words in which two readings of one file are set side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from parsers.documents import Document
from parsers.profile import Profile
from parsers.sources import Source


class Entry(NamedTuple):
    """One booked entry, as either reader has it; only what both can say."""

    amount: Decimal
    booking_date: dt.date | None = None
    value_date: dt.date | None = None
    bank_reference: str = ""
    customer_reference: tuple[str, ...] = ()
    check_number: str = ""


class Told(NamedTuple):
    """What the library says of one statement: its entries, the words for those that it refuses, or why it gave up."""

    entries: list[Entry]
    refused: tuple[str, ...] = ()
    failure: str = ""
    known_fault: str = ""
    account: str = ""


class Answer(NamedTuple):
    """What the library says of a file: one `Told` for each of our statements, in their order, what it finds beyond them behind;
    or why it says nothing of the whole file."""

    statements: list[Told]
    failure: str = ""
    known_fault: str = ""


class Disagreement(NamedTuple):
    """One thing that the two read differently. `known_fault` names the library's fault, where it is one that is known."""

    line: int
    what: str
    ours: str
    theirs: str
    known_fault: str = ""


class Opinion(NamedTuple):
    """What `reader` (the library and its version) reads: how many lines, and what it reads differently."""

    reader: str
    lines: int
    disagreements: list[Disagreement]


class Library(NamedTuple):
    """A library behind its module. `compared` names the fields of `Entry` that it can tell.

    `read` never raises. `fault` names what is known of a disagreement: what differs, the raw text of our line, our entry and theirs.
    """

    name: str
    compared: tuple[str, ...]
    read: Callable[[Source, Document, Profile], Answer]
    fault: Callable[[str, str, Entry | None, Entry | None], str]


def squeezed(text: str) -> str:
    """The text without its blanks and line ends: both come and go where lines are folded."""
    return "".join(text.split())
