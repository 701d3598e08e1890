"""Entries of the books that cancel out and never reach the bank: a payment and its void, an entry and its correction.

`explicit`, before amounts are compared: the later entry says that it takes something back, or names the number of the entry it cancels. A
returned deposit is no void: the bank shows both of it. `silent`, at the end: two entries of one party that nothing at the bank explains.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from matching.bank_book import claims, pairs
from matching.bank_book.claims import Claim
from matching.bank_book.schema import OFFSET
from matching.bank_book.sides import RETURNED, TAKEN_BACK, VOIDED, Sides

DAYS_MAX = 120
DAYS_SILENT = 35
_SAME_TEXT = 80
"""How alike the words of two entries of the same books must be (rapidfuzz token_set_ratio)."""


def explicit(sides: Sides) -> pl.DataFrame:
    """Claims of entries with their own void or reversal."""
    told = _opposites(sides, DAYS_MAX)
    void, back, returned = (pl.col("full_late").str.contains(words) for words in (VOIDED, TAKEN_BACK, RETURNED))
    speaks = (back & ~returned) | void | pl.col("full").str.contains(VOIDED)
    linked = pl.col("number") | (pl.col("alike") >= _SAME_TEXT) | pl.col("alike").is_null()
    wanted = told.filter(((speaks & linked) | (pl.col("rare") & ~returned)) & (void | ~pl.col("at_bank")))
    return _chosen(wanted, "an entry and its own void or correction: they cancel out and never reach the bank")


def silent(sides: Sides) -> pl.DataFrame:
    """Claims of entries that cancel out though none says so; and of entries over nothing."""
    told = _opposites(sides, DAYS_SILENT).filter(
        (pl.col("number") | (pl.col("alike") >= _SAME_TEXT)) & ~pl.col("full_late").str.contains(RETURNED))
    nothing = [
        Claim([], [place], OFFSET, claims.CERTAIN, 990, "an entry over zero: nothing is to clear")
        for place in sides.book.filter(pl.col("amount") == 0)["place"].sort()
    ]
    return pl.concat([_chosen(told, "equal and opposite entries of one party, neither of which the bank knows", 760), claims.frame(nothing)])


def _opposites(sides: Sides, days: int) -> pl.DataFrame:
    """Pairs of entries (e, l: the later) of opposite amounts with what links them."""
    columns = ("currency", "amount", "day", "full", "words", "squeezed")
    early = sides.book.filter(pl.col("amount") != 0).select(pl.col("place").alias("e"), *columns)
    late = early.select(pl.col("e").alias("l"), "currency", (-pl.col("amount")).alias("amount"), *(pl.col(n).alias(f"{n}_late") for n in columns[2:]))
    found = early.join(late, on=["currency", "amount"]).filter(
        (pl.col("l") != pl.col("e")) & (pl.col("day_late") - pl.col("day")).is_between(0, days)
        & ((pl.col("day_late") > pl.col("day")) | (pl.col("l") > pl.col("e"))))
    both_ways = found.filter(pl.col("day_late") == pl.col("day"))
    turned = both_ways.filter(pl.col("full").str.contains(TAKEN_BACK) & ~pl.col("full_late").str.contains(TAKEN_BACK)).select(
        pl.col("l").alias("e"), "currency", (-pl.col("amount")).alias("amount"), "day", pl.col("full_late").alias("full"), pl.col("words_late").alias("words"),
        pl.col("squeezed_late").alias("squeezed"), pl.col("e").alias("l"), "day_late", pl.col("full").alias("full_late"), pl.col("words").alias("words_late"),
        pl.col("squeezed").alias("squeezed_late"))
    found = pl.concat([found.join(turned.select(pl.col("l").alias("e"), pl.col("e").alias("l")), on=["e", "l"], how="anti"), turned.select(found.columns)])
    numbers = sides.book_numbers
    shared = found.select("e", "l").join(numbers.rename({"place": "e"}), on="e").join(numbers.rename({"place": "l"}), on=["l", "number"])
    rare = shared.group_by("e", "l").agg((pl.col("spread") <= pairs.RARE).any().alias("rare"))
    at_bank = found.select("e", "l", "currency", "amount", "day_late").join(
        sides.bank.select("currency", (-pl.col("amount")).alias("amount"), pl.col("day").alias("day_bank")), on=["currency", "amount"],
    ).filter((pl.col("day_bank") - pl.col("day_late")).is_between(-5, 12)).select("e", "l").unique().with_columns(pl.lit(value=True).alias("at_bank"))
    told = found.join(rare, on=["e", "l"], how="left").join(at_bank, on=["e", "l"], how="left").sort("e", "l")
    alike = np.maximum(process.cpdist(told["words"].to_list(), told["words_late"].to_list(), scorer=fuzz.token_set_ratio),
                       process.cpdist(told["squeezed"].to_list(), told["squeezed_late"].to_list(), scorer=fuzz.partial_ratio)) if told.height else np.zeros(0)
    silent_words = (pl.col("squeezed") == "") | (pl.col("squeezed_late") == "")
    return told.with_columns(pl.Series("alike", alike.astype(np.int64))).with_columns(
        pl.when(~silent_words).then("alike").alias("alike"), pl.col("rare").is_not_null().alias("number"), pl.col("rare").fill_null(value=False),
        pl.col("at_bank").fill_null(value=False))


def _chosen(wanted: pl.DataFrame, reason: str, confidence: int = 970) -> pl.DataFrame:
    """Each void with one original: the one whose number it names, then the one whose text is likest, then the nearest before it."""
    ordered = wanted.sort(~pl.col("rare"), ~pl.col("number"), -pl.col("alike").fill_null(50), pl.col("day_late") - pl.col("day"), "l", "e")
    gone: set[int] = set()
    found: list[Claim] = []
    for early, late, links in ordered.select("e", "l", pl.col("number") | (pl.col("alike") >= _SAME_TEXT).fill_null(value=False)).iter_rows():
        if early in gone or late in gone:
            continue
        gone |= {early, late}
        sure = links and confidence > 900
        found.append(Claim([], [early, late], OFFSET, claims.CERTAIN if sure else claims.LIKELY, confidence if sure else min(confidence, 760), reason))
    return claims.frame(found)
