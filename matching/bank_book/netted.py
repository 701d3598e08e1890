"""One line for entries of one party that go both ways: card sales less the processor's fee, an invoice less a credit."""

from __future__ import annotations

import polars as pl

from matching.bank_book import claims
from matching.bank_book.claims import Claim
from matching.bank_book.schema import ONE_TO_MANY
from matching.bank_book.sides import Sides
from matching.bank_book.words import AGREES

EARLIER, LATER = 16, 3
"""Calendar days before and after the line within which its entries lie."""
APART = 5
"""Days between the two entries."""
_COMMON = 300
"""A word that more entries of one direction share leads nowhere."""


def pairs(sides: Sides) -> pl.DataFrame:
    """Claims of an entry and a smaller one of the opposite direction whose difference is the amount of a line that names their party, or
    says nothing where the entries go the same way as it does."""
    fitting = _fitting(sides)
    if fitting.is_empty():
        return claims.frame([])
    texts = fitting.select("words", "words_book").unique()
    alike = texts.with_columns(pl.Series("alike", [sides.lexicon.likeness(*row) for row in texts.iter_rows()], dtype=pl.Int64))
    told = fitting.join(alike, on=["words", "words_book"], nulls_equal=True)
    meant = told.filter((pl.col("alike") >= AGREES) | (pl.col("alike").is_null() & (pl.col("way") == pl.col("way_book"))))
    alone = meant.filter((pl.len().over("b") == 1) & (pl.len().over("e") == 1) & (pl.len().over("less") == 1)).sort("b")
    return claims.frame([
        Claim([line], [entry, less], ONE_TO_MANY, claims.CERTAIN if sure else claims.LIKELY, 940 if sure else 760, _TOLD)
        for line, entry, less, sure in alone.select("b", "e", "less", pl.col("charge") & (pl.col("alike").fill_null(0) >= AGREES)).iter_rows()
    ])


_TOLD = "an entry less another of the same party makes its amount"


def _fitting(sides: Sides) -> pl.DataFrame:
    """b, e, less and what their rows say: two entries of one party, or of one way where they name nobody, and the line that they make."""
    entries = sides.book.select(pl.col("place").alias("e"), *_COLUMNS, pl.col("words").str.replace_all(_CHARGE, "").str.strip_chars().alias("party"))
    parties = entries["party"].unique()
    told = pl.DataFrame({"party": parties, "key": [sides.lexicon.rarest(text, 2) for text in parties]}, schema={"party": pl.String, "key": pl.List(pl.String)})
    keys = pl.when(pl.col("party") == "").then(pl.concat_list("way")).otherwise("key")
    spread = entries.join(told, on="party").with_columns(keys.alias("key"), (pl.col("amount") > 0).alias("into")).explode("key").drop_nulls("key")
    common = spread.group_by("key", "into").len().filter(pl.col("len") > _COMMON).select("key").unique()
    calm = spread.join(common, on="key", how="anti")
    less = calm.select(
        pl.col("e").alias("less"), "currency", "key", (~pl.col("into")).alias("into"), pl.col("amount").alias("amount_less"), pl.col("day").alias("day_less"), pl.col("party").alias("party_less"),
        pl.col("words").str.contains(_CHARGE).alias("charge"))
    both = calm.join(less, on=["currency", "key", "into"]).filter(
        (pl.col("amount_less").abs() < pl.col("amount").abs()) & ((pl.col("day_less") - pl.col("day")).abs() <= APART)).unique(["e", "less"])
    sums = both.select("e", "less", "currency", (pl.col("amount") + pl.col("amount_less")).alias("amount"), pl.col("day").alias("day_book"), pl.col("words").alias("words_book"),
                       pl.col("way").alias("way_book"), "party", "party_less", "charge")
    lines = sides.bank.select(pl.col("place").alias("b"), *_COLUMNS)
    near = lines.join(sums, on=["currency", "amount"]).filter((pl.col("day") - pl.col("day_book")).is_between(-LATER, EARLIER) & (pl.col("amount") % _ROUND != 0))
    one = [set(party.split()) <= set(other.split()) or set(other.split()) <= set(party.split()) for party, other in near.select("party", "party_less").iter_rows()]
    return near.filter(pl.Series(one, dtype=pl.Boolean))


_COLUMNS = ("currency", "amount", "day", "words", "way")
_CHARGE = r"\b(?:FEES?|CHARGES?|COMMISSIONS?|CREDITS?|MEMOS?|REFUNDS?|REBATES?)\b"
_ROUND = 1_000
"""Minor units; multiples of it are differences that chance makes."""
