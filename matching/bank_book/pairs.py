"""One bank line and one entry: what speaks for and against their being the same money.

Evidence is a number both name, the words both use, and the lag between their dates. A bank text that names somebody else of the books
disagrees; one that names nobody the books know is merely cryptic. Two different check numbers are never the same money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl
from rapidfuzz.distance import OSA

from matching.bank_book import lags
from matching.bank_book.sides import Sides
from matching.bank_book.words import DISAGREES, Lexicon

RARE = 3
"""A number that more rows of a side name is no longer one payment's own."""
_LAST_DIGITS = 3
"""So many of a check number's last digits stand for it."""
_JOINED_AT_ONCE = 1_000_000
_PAIRS_AT_ONCE = 100_000
_BANK = ("currency", "amount", "date", "day", "words", "check", "is_check", "returned", "foreign", "way")


def beside(pairs: pl.DataFrame, sides: Sides, costs: lags.Costs, kept: Callable[[pl.DataFrame], pl.DataFrame] = lambda told: told) -> pl.DataFrame:
    """`pairs` (b, e) with both rows' columns (the book's as `…_book`) and the evidence: `number` (2: a rare number is shared, 1: a common
    one, 0: none), `alike` (0..100, null where a side says nothing), `other` (the bank names somebody else), `conflict` (other check
    numbers), `lag_cost`, `lag` in calendar days, `lag_banking` in banking days; and of these what is `kept`. So many pairs at a time, since the evidence is
    much more than the pairs."""
    lines = sides.bank.select(pl.col("place").alias("b"), *_BANK)
    entries = sides.book.select(pl.col("place").alias("e"), "again", *(pl.col(name).alias(f"{name}_book") for name in _BANK))
    blocks = (pairs.slice(first, _PAIRS_AT_ONCE).select("b", "e") for first in range(0, max(pairs.height, 1), _PAIRS_AT_ONCE))
    return pl.concat([kept(_evidence(block, lines, entries, sides, costs)) for block in blocks])


def _evidence(pairs: pl.DataFrame, lines: pl.DataFrame, entries: pl.DataFrame, sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """What `beside` gives, of some of the pairs."""
    both = pairs.join(lines, on="b", maintain_order="left").join(entries, on="e", maintain_order="left")
    both = both.with_columns((pl.col("is_check") | (pl.col("is_check_book") & (pl.col("amount") < 0))).alias("is_check"))
    told = both.with_columns(_alike(both, sides.lexicon), lags.cost(both, costs), (pl.col("day") - pl.col("day_book")).alias("lag"), pl.Series("lag_banking", lags.banking_days(both)), _conflict(both))
    named = told.join(shared_numbers(pairs, sides), on=["b", "e"], how="left", maintain_order="left").with_columns(pl.col("number").fill_null(0))
    return named.with_columns((pl.col("alike") < DISAGREES).fill_null(value=False).alias("other"))


def joined(lines: pl.DataFrame, entries: pl.DataFrame, key: list[str], near: pl.Expr) -> pl.DataFrame:
    """Pairs (b, e) of lines (b …) and entries (e …; `…_book` where both sides have a column) that have one key and are near: of the rows of a key most are
    weeks apart, and all of its pairs are not held at once."""
    return pl.concat([block.join(entries, on=key, suffix="_book").filter(near).select("b", "e") for block in _blocks(lines, entries, key)])


def _blocks(lines: pl.DataFrame, entries: pl.DataFrame, key: list[str]) -> Iterator[pl.DataFrame]:
    """The lines that have a partner, in pieces of which each meets so many entries of its keys, or is one line."""
    met = lines.join(entries.group_by(key).len("met"), on=key)
    piece = (pl.col("met").cast(pl.Int64).cum_sum() - 1) // _JOINED_AT_ONCE
    yield from met.with_columns(piece.alias("piece")).drop("met").partition_by("piece", maintain_order=True, include_key=False) or [met.drop("met")]


def shared_numbers(pairs: pl.DataFrame, sides: Sides) -> pl.DataFrame:
    """b, e, number for the pairs that share one: 2 where few rows of either side name it, else 1."""
    lines = sides.bank_numbers.rename({"place": "b", "spread": "spread_bank", "number": "told"})
    entries = sides.book_numbers.rename({"place": "e", "spread": "spread_book", "number": "told"})
    rare = (pl.col("spread_bank") <= RARE) & (pl.col("spread_book") <= RARE)
    shared = pairs.select("b", "e").join(lines, on="b").join(entries, on=["e", "told"])
    return shared.group_by("b", "e").agg(pl.when(rare.any()).then(2).otherwise(1).cast(pl.Int64).alias("number"))


def _alike(both: pl.DataFrame, lexicon: Lexicon) -> pl.Series:
    """How alike the words of each pair are (`words.Lexicon.likeness`), each two texts once."""
    texts = both.select("words", "words_book").unique()
    scored = texts.with_columns(pl.Series("alike", [lexicon.likeness(bank, book) for bank, book in texts.iter_rows()], dtype=pl.Int64))
    return both.select("words", "words_book").join(scored, on=["words", "words_book"], how="left", maintain_order="left")["alike"]


def _conflict(both: pl.DataFrame) -> pl.Series:
    """Two check numbers that no slip of the pen makes one, and of which neither is the other's last digits."""
    known = [
        one is not None and other is not None and one != other and not _is_end(one, other) and OSA.distance(one, other, score_cutoff=1) > 1
        for one, other in both.select("check", "check_book").iter_rows()
    ]
    return pl.Series("conflict", known, dtype=pl.Boolean)


def _is_end(one: str, other: str) -> bool:
    """Whether the shorter number is the longer one's last digits."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _LAST_DIGITS and long.endswith(short)
