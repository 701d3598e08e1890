"""Both directions in which one row may stand for several: a line for entries, and an entry for lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from matching.bank_book.claims import Claim
from matching.bank_book.schema import MANY_TO_ONE, ONE_TO_MANY
from matching.bank_book.sides import Sides
from matching.bank_book.words import DISAGREES, Lexicon, Namesakes

EARLIER, LATER = 16, 3
"""Calendar days before and after the single row within which its parts lie (seen from the books to the bank)."""
CHANCE_MAX = 0.05
"""Sets that would make the amount by mere chance; above it a sum is no evidence."""
STRANGE_MAX = 0.002
"""Such sets where the rows are not of one party: many more sets were looked at."""
_IS_PAYMENT = pl.col("way").ne_missing("own")
"""Transfers between own accounts go one by one."""


class Way(NamedTuple):
    """One direction: the side whose single rows are explained, and the side whose rows are added up."""

    kind: str
    single: pl.DataFrame
    parts: pl.DataFrame
    single_numbers: pl.DataFrame
    part_numbers: pl.DataFrame
    lexicon: Lexicon
    first: int  # the parts lie from `first` to `last` days after the single row
    last: int

    def likeness(self, single: str, part: str) -> int | None:
        """How alike the words of a single row and of a part are."""
        return self.lexicon.likeness(single, part) if self.kind == ONE_TO_MANY else self.lexicon.likeness(part, single)

    def tells_apart(self, single: str, part: str) -> bool:
        """Whether the words of a single row and of a part are those of two parties."""
        alike = self.likeness(single, part)
        return alike is not None and alike < DISAGREES

    def single_words(self, text: str) -> Iterable[str]:
        """The books' words that a single row may hold."""
        return self.lexicon.words_of(text) if self.kind == ONE_TO_MANY else text.split()

    def part_words(self, text: str) -> Iterable[str]:
        """The books' words that a part may hold."""
        return text.split() if self.kind == ONE_TO_MANY else self.lexicon.words_of(text)

    def namesakes(self) -> Namesakes:
        """The texts of parts that a single row's is like."""
        keys = (self.lexicon.book_keys, self.lexicon.bank_keys)
        of_parts, of_singles = keys if self.kind == ONE_TO_MANY else keys[::-1]
        return Namesakes(self.parts["words"].unique(), of_parts, of_singles, self.likeness)

    def claim(self, single: int, parts: list[int], status: str, confidence: int, reason: str) -> Claim:
        """The claim with lines and entries where they belong."""
        lines, entries = ([single], parts) if self.kind == ONE_TO_MANY else (parts, [single])
        return Claim(lines, entries, self.kind, status, confidence, reason)


def ways(sides: Sides) -> tuple[Way, Way]:
    """A line for several entries, and an entry for several lines."""
    lines = sides.bank.filter(~pl.col("kind").str.contains("FEE|INTEREST") & _IS_PAYMENT)  # the bank's own charges are nobody's batch
    entries = sides.book.filter(_IS_PAYMENT)
    return (Way(ONE_TO_MANY, lines, entries, sides.bank_numbers, sides.book_numbers, sides.lexicon, -EARLIER, LATER),
            Way(MANY_TO_ONE, entries, lines, sides.book_numbers, sides.bank_numbers, sides.lexicon, -LATER, EARLIER))


def what_of(way: Way) -> str:
    """What the rows that are added up are called."""
    return "entries" if way.kind == ONE_TO_MANY else "bank lines"
