"""Sets of one party's rows that make the amount of a single row: every set of neighbours in time, added up in columns.

A set is found by its first row: of it and the few rows of the party that follow, all sums are made, many rows at a time; most of them are no amount that is
looked for. What is left is held beside the single rows of that amount and of those days, and beside their words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.bank_book import subsets
from matching.bank_book.schema import MANY_TO_ONE
from matching.bank_book.ways import Way
from matching.bank_book.words import UNKNOWN
from matching.schema import Schema

_ROWS_MAX = 11
"""Rows of one party of which every set is looked at; of more, those of so many neighbours in time."""
_SUMS_AT_ONCE = 1 << 20
_NAME_MIN = 3
_DAYS = 1_000_000
"""More days than there are."""
SETS: Schema = {"single": pl.Int64, "parts": pl.List(pl.Int64), "amounts": pl.List(pl.Int64), "since": pl.Int64, "until": pl.Int64, "alike": pl.Int64}

_Numbers = npt.NDArray[np.int64]


def found(way: Way, alike_min: int) -> pl.DataFrame:
    """SETS: two and more rows of one party, neighbours in time, that make the amount of a single row near them which is so alike. A bank text that has no
    word of the books is nobody's name: `INTERNET TRF`."""
    nobody = [text for text in way.parts["words"].unique() if way.kind == MANY_TO_ONE and not way.lexicon.knows(text)]
    party = ["squeezed", "currency", "into"]
    rows = named(way.parts.filter(~pl.col("words").is_in(nobody))).select("squeezed", "currency", (pl.col("amount") > 0).alias("into"), "day", "place", "amount", "words")
    ordered = rows.sort(*party, "day", "place").with_columns(pl.col("words").first().over(party).alias("named"), pl.struct(party).rle_id().alias("party"))
    told = [pl.DataFrame(schema=SETS)]
    for (currency,), parts in sorted(ordered.partition_by("currency", maintain_order=True, as_dict=True).items()):
        singles = way.single.filter(pl.col("currency") == currency).sort("amount", "day", "place")
        if singles.height:
            beside = _Singles(way, singles, parts)
            told += [_told(beside.alike(hits, alike_min), parts) for hits in _hits(beside, parts)]
    return pl.concat(told).sort("single", "parts")


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that have a party, with its name (`squeezed`)."""
    return rows.with_columns(pl.col("words").str.replace_all(" ", "", literal=True).alias("squeezed")).filter(pl.col("squeezed").str.len_chars() >= _NAME_MIN)


class _Singles:
    """The single rows of a currency, by amount and day, beside the parts of which sums are made."""

    def __init__(self, way: Way, singles: pl.DataFrame, parts: pl.DataFrame) -> None:
        self._way, self._rows, self._named = way, singles, parts["named"]
        self.targets = subsets.Targets(singles["amount"].to_numpy())
        self._dated = self._key(np.searchsorted(self.targets.amounts, singles["amount"].to_numpy()), singles["day"].to_numpy())
        self._said, self._kept = _bits(way.single_words, singles["words"]), _bits(way.part_words, parts["named"])

    @staticmethod
    def _key(amount: _Numbers, day: _Numbers) -> _Numbers:
        """A number by which amounts, by their place, and days of them are in order."""
        return amount * _DAYS + day

    def near(self, first: _Numbers, mask: _Numbers, amount: _Numbers, since: _Numbers, until: _Numbers) -> pl.DataFrame:
        """single, words, named, first, mask: of these sets (the first row, and by its bits which of those that follow; the place of their amount among the
        targets; from when to when their rows are) each with every single row near it with whose words it has one in common."""
        low = np.searchsorted(self._dated, self._key(amount, until - self._way.last))
        high = np.searchsorted(self._dated, self._key(amount, since - self._way.first), "right")
        several = np.maximum(high - low, 0)
        nth = np.repeat(low, several) + np.arange(several.sum()) - np.repeat(np.cumsum(several) - several, several)
        first, mask = np.repeat(first, several), np.repeat(mask, several)
        shared = (self._said[nth] & self._kept[first]) != 0
        nth, first, mask = nth[shared], first[shared], mask[shared]
        single, words = (self._rows[name].gather(nth) for name in ("place", "words"))
        return pl.DataFrame({"single": single, "words": words, "named": self._named.gather(first), "first": first, "mask": mask})

    def alike(self, hits: pl.DataFrame, alike_min: int) -> pl.DataFrame:
        """The hits whose party's name is so `alike` to the words of the single row."""
        texts = hits.select("words", "named").unique()
        alike = pl.Series("alike", [self._way.likeness(*row) for row in texts.iter_rows()], dtype=pl.Int64).fill_null(UNKNOWN)
        return hits.join(texts.with_columns(alike).filter(pl.col("alike") >= alike_min), on=["words", "named"], maintain_order="left")


def _hits(beside: _Singles, parts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What `_Singles.near` has of all sets."""
    amounts, days, party = (parts[name].to_numpy() for name in ("amount", "day", "party"))
    width = np.minimum(np.searchsorted(party, party, "right") - np.arange(len(party)), _ROWS_MAX)
    last = np.array([mask.bit_length() for mask in range(1 << _ROWS_MAX - 1)])
    for size in range(2, _ROWS_MAX + 1):
        starts, at_once = np.flatnonzero(width == size), max(1, _SUMS_AT_ONCE >> size - 1)
        for some in (starts[start:start + at_once] for start in range(0, len(starts), at_once)):
            sums = amounts[some, None]
            for step in range(1, size):
                sums = np.concatenate([sums, sums + amounts[some + step, None]], axis=1)
            at, amount = beside.targets.among(sums)
            first, mask = some[at >> size - 1], at & (1 << size - 1) - 1
            several = mask > 0
            first, mask = first[several], mask[several]
            yield beside.near(first, mask, amount[several], days[first], days[first + last[mask]])


def _told(hits: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """The hits as SETS."""
    amounts, days, places = (parts[name].to_numpy() for name in ("amount", "day", "place"))
    chosen = [[first, *(first + 1 + n for n in subsets.members(mask))] for first, mask in hits.select("first", "mask").iter_rows()]
    return pl.DataFrame({
        "single": hits["single"], "parts": [sorted(places[rows].tolist()) for rows in chosen], "amounts": [sorted(amounts[rows].tolist()) for rows in chosen],
        "since": [int(days[rows[0]]) for rows in chosen], "until": [int(days[rows[-1]]) for rows in chosen], "alike": hits["alike"],
    }, schema=SETS)


def _bits(words_of: Callable[[str], Iterable[str]], texts: pl.Series) -> npt.NDArray[np.uint64]:
    """For each text 64 bits of which two texts have one in common that have a word in common, and few others; all of them where a text has no word."""
    bits = {text: reduce(or_, (1 << crc32(word.encode()) % 64 for word in words_of(text)), 0) or (1 << 64) - 1 for text in texts.unique()}
    return np.array([bits[text] for text in texts], dtype=np.uint64)
