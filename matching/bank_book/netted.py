"""One line for entries of one party that go both ways: card sales less the processor's fee, an invoice less a credit."""

from __future__ import annotations

from collections import Counter

import polars as pl

from matching.bank_book import claims, subsets
from matching.bank_book.claims import Claim
from matching.bank_book.schema import ONE_TO_MANY
from matching.bank_book.sides import CHARGE, Sides
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


def card_sales(sides: Sides) -> pl.DataFrame:
    """Claims of one day's card sales less the processor's charge, which the books have as an entry of its own: the only sales and the only
    charge of a usual share that make the line's amount."""
    found: list[Claim] = []
    by_day: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for currency, day, place, amount in sides.book.filter((pl.col("way") == "card") & (pl.col("amount") > 0)).select("currency", "day", "place", "amount").iter_rows():
        by_day.setdefault((currency, day), []).append((place, amount))
    for line, charge, gross, currency, day in _after_charge(sides).iter_rows():
        sales = [(place, amount) for place, amount in by_day.get((currency, day), ()) if amount <= gross]
        places, amounts = [place for place, _ in sales], [amount for _, amount in sales]
        if len(amounts) > subsets.ITEMS_MAX or 2.0 ** len(amounts) > _CHANCE_MAX * gross:
            continue
        found += [Claim([line], [*(places[n] for n in chosen), charge], ONE_TO_MANY, claims.LIKELY, 780, _SALES) for chosen in subsets.ways(amounts, gross, 1)]
    asked = Counter(place for claim in found for place in [("line", *claim.lines), *(("entry", entry) for entry in claim.entries)])
    return claims.frame([claim for claim in found if asked["line", *claim.lines] == 1 and all(asked["entry", entry] == 1 for entry in claim.entries)])


_SALES = "a day's card sales less the processor's charge make its amount"


def _after_charge(sides: Sides) -> pl.DataFrame:
    """Card settlements with a charge of their days that is a usual share of what it leaves: line, charge, gross, currency, day of the charge."""
    charges = sides.book.filter((pl.col("amount") < 0) & pl.col("charge") & (pl.col("way").is_null() | (pl.col("way") == "card"))).select(
        "currency", pl.col("day").alias("day_book"), pl.col("place").alias("charge"), pl.col("amount").alias("kept"))
    lines = sides.bank.filter((pl.col("way") == "card") & (pl.col("amount") > 0)).select(pl.col("place").alias("line"), "currency", "amount", "day")
    near = lines.with_columns((pl.col("day") - pl.int_ranges(-1, _SETTLED + 1)).alias("day_book")).explode("day_book").join(charges, on=["currency", "day_book"])
    gross = pl.col("amount") - pl.col("kept")
    usual = (pl.col("kept").abs() * 1000).is_between(gross * SHARE[0], gross * SHARE[1])
    return near.filter(usual).select("line", "charge", gross.alias("gross"), "currency", "day_book").sort("line", "charge")


SHARE = (5, 60)
"""Thousandths of card sales that a processor keeps, at least and at most."""
_SETTLED = 6
"""Calendar days from the sales to the bank."""
_CHANCE_MAX = 0.05
"""Sets that would make the amount by mere chance."""


def _fitting(sides: Sides) -> pl.DataFrame:
    """b, e, less and what their rows say: two entries of one party, or of one way where they name nobody, and the line that they make."""
    entries = sides.book.select(pl.col("place").alias("e"), *_COLUMNS, pl.col("words").str.replace_all(CHARGE, "").str.strip_chars().alias("party"))
    parties = entries["party"].unique()
    told = pl.DataFrame({"party": parties, "key": [sides.lexicon.rarest(text, 2) for text in parties]}, schema={"party": pl.String, "key": pl.List(pl.String)})
    keys = pl.when(pl.col("party") == "").then(pl.concat_list("way")).otherwise("key")
    spread = entries.join(told, on="party").with_columns(keys.alias("key"), (pl.col("amount") > 0).alias("into")).explode("key").drop_nulls("key")
    common = spread.group_by("key", "into").len().filter(pl.col("len") > _COMMON).select("key").unique()
    calm = spread.join(common, on="key", how="anti")
    less = calm.select(
        pl.col("e").alias("less"), "currency", "key", (~pl.col("into")).alias("into"), pl.col("amount").alias("amount_less"), pl.col("day").alias("day_less"), pl.col("party").alias("party_less"),
        pl.col("words").str.contains(CHARGE).alias("charge"))
    both = calm.join(less, on=["currency", "key", "into"]).filter(
        (pl.col("amount_less").abs() < pl.col("amount").abs()) & ((pl.col("day_less") - pl.col("day")).abs() <= APART)).unique(["e", "less"])
    sums = both.select("e", "less", "currency", (pl.col("amount") + pl.col("amount_less")).alias("amount"), pl.col("day").alias("day_book"), pl.col("words").alias("words_book"),
                       pl.col("way").alias("way_book"), "party", "party_less", "charge")
    lines = sides.bank.select(pl.col("place").alias("b"), *_COLUMNS)
    near = lines.join(sums, on=["currency", "amount"]).filter((pl.col("day") - pl.col("day_book")).is_between(-LATER, EARLIER) & (pl.col("amount") % claims.ROUND != 0))
    one = [set(party.split()) <= set(other.split()) or set(other.split()) <= set(party.split()) for party, other in near.select("party", "party_less").iter_rows()]
    return near.filter(pl.Series(one, dtype=pl.Boolean))


_COLUMNS = ("currency", "amount", "day", "words", "way")
