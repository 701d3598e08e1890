"""Entries of the books that cancel out and never reach the bank: a payment and its void, an entry and its correction.

`explicit`, before amounts are compared: the later entry says that it takes something back, or names the number of the entry it cancels. A
returned deposit is no void: the bank shows both of it. `silent`, at the end: two entries of one party that nothing at the bank explains.
"""

from __future__ import annotations

import polars as pl

from matching.bank_book import claims
from matching.bank_book.claims import Claim
from matching.bank_book.pairs import RARE
from matching.bank_book.schema import OFFSET
from matching.bank_book.sides import Sides

DAYS_MAX = 120
DAYS_SILENT = 35
_SAME_PARTY = 85
"""How alike (`words.Lexicon.likeness`) the words of two entries must be."""
_ROUND = 10_000
_COMMON = 100
"""A number that more entries name links nothing."""
_CROWDED = 40_000
"""Pairs of one amount above which nothing can be told by the amount."""


def explicit(sides: Sides) -> pl.DataFrame:
    """Claims of entries with their own void or reversal."""
    told = _linked(_opposites(sides, sides.book.filter("taken_back"), DAYS_MAX), sides)
    void, returned = pl.col("voided_late"), pl.col("returned_late")
    linked = pl.col("rare") | (pl.col("alike") >= _SAME_PARTY) | pl.col("alike").is_null()
    return _chosen(told.filter(linked & (~returned | void) & (void | ~pl.col("at_bank"))), _TOLD, 970)


def silent(sides: Sides) -> pl.DataFrame:
    """Claims of entries that cancel out though none says so; and of entries over nothing."""
    told = _linked(_opposites(sides, sides.book, DAYS_SILENT), sides)
    one_party = (pl.col("alike") >= _SAME_PARTY) & (pl.col("amount") % _ROUND != 0)
    nothing = [
        Claim([], [place], OFFSET, claims.CERTAIN, 990, "an entry over zero: nothing is to clear")
        for place in sides.book.filter(pl.col("amount") == 0)["place"].sort()
    ]
    return pl.concat([_chosen(told.filter((pl.col("rare") | one_party) & ~pl.col("returned_late")), _SILENT, 760), claims.frame(nothing)])


_TOLD = "an entry and its own void or correction: they cancel out and never reach the bank"
_SILENT = "equal and opposite entries of one party, neither of which the bank knows"
_COLUMNS = ("currency", "amount", "day", "voided", "taken_back", "returned", "words")


def _opposites(sides: Sides, backs: pl.DataFrame, days: int) -> pl.DataFrame:
    """Pairs of an entry (e) and one of `backs` (l) of the opposite amount, on the same day or later."""
    early = sides.book.filter(pl.col("amount") != 0).select(pl.col("place").alias("e"), *_COLUMNS)
    late = backs.filter(pl.col("amount") != 0).select(
        pl.col("place").alias("l"), "currency", (-pl.col("amount")).alias("amount"), *(pl.col(name).alias(f"{name}_late") for name in _COLUMNS[2:]))
    crowded = early.group_by("currency", "amount").len("n").join(late.group_by("currency", "amount").len("k"), on=["currency", "amount"])
    calm = crowded.filter(pl.col("n").cast(pl.Int64) * pl.col("k").cast(pl.Int64) <= _CROWDED).select("currency", "amount")
    found = early.join(calm, on=["currency", "amount"], how="semi").join(late, on=["currency", "amount"]).filter(
        (pl.col("l") != pl.col("e")) & (pl.col("day_late") - pl.col("day")).is_between(0, days))
    same_day = (pl.col("day_late") == pl.col("day")) & pl.col("taken_back")
    return found.filter(~(same_day & (~pl.col("taken_back_late") | (pl.col("l") < pl.col("e")))))


def _linked(found: pl.DataFrame, sides: Sides) -> pl.DataFrame:
    """The pairs with what links them: `shared_by`, how many entries name the rarest number of both; `rare`, whether they are few; `alike`, how like their words are; `at_bank`, whether the
    bank shows money that fits the later entry."""
    numbers = sides.book_numbers.filter(pl.col("spread") <= _COMMON)
    shared = found.select("e", "l").join(numbers.rename({"place": "e"}), on="e").join(numbers.rename({"place": "l"}), on=["l", "number"])
    rare = shared.group_by("e", "l").agg(pl.col("spread").min().alias("shared_by")).with_columns((pl.col("shared_by") <= RARE + 1).alias("rare"))
    asked = found.select("currency", "amount", "day_late").unique()
    shown = asked.join(sides.bank.select("currency", (-pl.col("amount")).alias("amount"), pl.col("day").alias("day_bank")), on=["currency", "amount"]).filter(
        (pl.col("day_bank") - pl.col("day_late")).is_between(-5, 12)).select("currency", "amount", "day_late").unique()
    at_bank = found.join(shown, on=["currency", "amount", "day_late"], how="semi").select("e", "l", pl.lit(value=True).alias("at_bank"))
    told = found.join(rare, on=["e", "l"], how="left").join(at_bank, on=["e", "l"], how="left").sort("e", "l")
    alike = [sides.lexicon.likeness(*row) for row in told.select("words_late", "words").iter_rows()]
    return told.with_columns(pl.Series("alike", alike, dtype=pl.Int64), pl.col("rare", "at_bank").fill_null(value=False))


def _chosen(wanted: pl.DataFrame, reason: str, confidence: int) -> pl.DataFrame:
    """Each void with one original: the one whose number it names, then the one whose text is likest, then the nearest of the days before it; one of its own day
    may be what replaces the voided entry, and is the last."""
    ago = pl.col("day_late") - pl.col("day")
    ordered = wanted.sort(pl.col("shared_by").fill_null(_COMMON + 1), -pl.col("alike").fill_null(50), ago == 0, ago, "l", "e")
    gone: set[int] = set()
    found: list[Claim] = []
    for early, late, links in ordered.select("e", "l", pl.col("rare") | (pl.col("alike") >= _SAME_PARTY).fill_null(value=False)).iter_rows():
        if early in gone or late in gone:
            continue
        gone |= {early, late}
        sure = links and confidence > 900
        found.append(Claim([], [early, late], OFFSET, claims.CERTAIN if sure else claims.LIKELY, confidence if sure else min(confidence, 760), reason))
    return claims.frame(found)
