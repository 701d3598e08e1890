"""One line for several entries, or several lines for one entry: deposits, payment runs, weeks of card sales.

Whole groups (what shares a number, a day and a party, a day) whose sum is the amount of one row on the other side, and subsets of a named party's
rows. A sum counts only if no other set makes it; among rows of equal amounts the earliest are taken, and said so. `ways.Way` turns the same code
round for the other direction.
"""

from __future__ import annotations

import polars as pl

from matching.bank_book import claims, party_sets
from matching.bank_book.claims import Claim
from matching.bank_book.sides import Sides
from matching.bank_book.ways import Way, ways, what_of
from matching.bank_book.words import AGREES, DISAGREES, UNKNOWN


def numbered(sides: Sides) -> pl.DataFrame:
    """Claims of groups that name one number: a deposit slip, a payment run."""
    found = _whole(sides, ("number",))
    return found.filter(pl.col("status") == claims.CERTAIN)


def whole(sides: Sides) -> pl.DataFrame:
    """Claims of groups of one number where others fit as well, and of groups of a day: one party's, one kind's, all."""
    return _whole(sides, ("number", "party", "day_kind", "day"))


def _whole(sides: Sides, kinds: tuple[str, ...]) -> pl.DataFrame:
    found: list[pl.DataFrame] = []
    for number in (0, 1):
        for by in kinds:
            way = ways(sides)[number]
            claimed = claims.frame(_of_groups(way, by))
            found.append(claimed)
            sides = claims.left(sides, claimed)
    return pl.concat(found)


def _of_groups(way: Way, by: str) -> list[Claim]:
    members = _members(way, by)
    groups = members.group_by("key", "currency").agg(
        pl.col("amount").sum(), pl.col("place").sort().alias("parts"), pl.col("day").min().alias("since"), pl.col("day").max().alias("until"),
        pl.col("words").unique().sort(), (pl.col("amount") > 0).all().alias("ins"), (pl.col("amount") < 0).all().alias("outs"),
        (pl.col("amount") % claims.ROUND == 0).all().alias("round"), pl.when((pl.col("way") == pl.col("way").first()).all()).then(pl.col("way").first()).alias("way"),
    ).filter((pl.col("parts").list.len() > 1) & (pl.col("ins") | pl.col("outs")))
    singles = way.single.select(pl.col("place").alias("single"), "currency", "amount", "day", pl.col("words").alias("words_single"), pl.col("way").alias("way_single"))
    fitting = groups.join(singles, on=["currency", "amount"]).filter(
        (pl.col("since") >= pl.col("day") + way.first) & (pl.col("until") <= pl.col("day") + way.last))
    liking = _least if by == "number" else _most
    likeness = [liking(_likenesses(way, *row)) for row in fitting.select("words_single", "words").iter_rows()]
    fitting = fitting.with_columns(pl.Series("alike", likeness, dtype=pl.Int64).fill_null(UNKNOWN))
    if by == "number":
        fitting = _named_first(way, fitting)
    else:
        same_way = (pl.col("way") == pl.col("way_single")).fill_null(value=False)
        is_telling = ~pl.col("round") | (pl.col("alike") >= AGREES) | same_way
        fitting = fitting.with_columns(pl.lit(value=False).alias("named")).filter((pl.col("alike") >= DISAGREES) & is_telling)
    best = fitting.sort("single", -pl.col("alike"), (pl.col("since") - pl.col("day")).abs(), "key")
    claimed: list[Claim] = []
    gone: set[int] = set()
    rivals = dict(best.group_by("single").agg(pl.col("parts").n_unique()).iter_rows())
    claimants = dict(best.group_by("key", "currency").agg(pl.col("single").n_unique()).select("key", "single").iter_rows())
    used: set[int] = set()
    for row in best.iter_rows(named=True):
        parts: list[int] = row["parts"]
        if row["single"] in used or gone & set(parts):
            continue
        clear = rivals[row["single"]] == 1 and claimants[row["key"]] == 1
        told = row["named"] or row["alike"] >= AGREES or by != "party"
        telling = not row["round"] or row["named"] or (row["ins"] and row["way"] == row["way_single"] == "paper")
        sure = clear and told and telling
        status, confidence = (claims.CERTAIN, _CONFIDENCE[by]) if sure else (claims.LIKELY, 740)
        claimed.append(way.claim(row["single"], parts, status, confidence, f"{len(parts)} {what_of(way)} {_BY[by]} add up to it{'' if clear else '; another group does so too'}"))
        used.add(row["single"])
        gone |= set(parts)
    return claimed


def _likenesses(way: Way, single: str, parts: list[str]) -> list[int]:
    """How alike a single row is to each of the parts' texts; nothing where a side says nothing."""
    return [alike for words in parts if (alike := way.likeness(single, words)) is not None]


def _most(likenesses: list[int]) -> int | None:
    """One party of a day's may be the only one that the bank names."""
    return max(likenesses, default=None)


def _least(likenesses: list[int]) -> int | None:
    """A number that rows of several parties happen to have makes no group of them."""
    return min(likenesses, default=None)


def _named_first(way: Way, fitting: pl.DataFrame) -> pl.DataFrame:
    """Where a single row names the number of a group, no other group is its; one that names somebody else is not a group's that it does
    not name by number."""
    number = pl.col("key").str.split("|").list.first()
    named = fitting.with_columns(number.alias("number")).join(
        way.single_numbers.select(pl.col("place").alias("single"), "number", pl.lit(value=True).alias("named")), on=["single", "number"], how="left", maintain_order="left")
    told = pl.col("named").fill_null(value=False)
    return named.filter(told | (~told.any().over("single") & (pl.col("alike") >= DISAGREES))).drop("number").with_columns(told.alias("named"))


_CONFIDENCE = {"number": 985, "party": 960, "day_kind": 940, "day": 930}
_BY = {"number": "that name one number", "party": "of one party", "day_kind": "of one day and kind", "day": "of one day"}


def _members(way: Way, by: str) -> pl.DataFrame:
    """The parts with the `key` of the group they are in."""
    rows = way.parts.with_columns((pl.col("amount") > 0).alias("into"))
    match by:
        case "number":
            spread = way.part_numbers.filter((pl.col("spread") > 1) & (pl.col("spread") <= 200))
            return spread.join(rows, on="place").with_columns(pl.concat_str("number", pl.lit("|"), "into").alias("key"))
        case "party":
            return party_sets.named(rows).with_columns(pl.concat_str("squeezed", pl.lit("|"), "day", pl.lit("|"), "into").alias("key"))
        case "day_kind":
            return rows.filter(pl.col("kind") != "").with_columns(pl.concat_str("day", pl.lit("|"), "kind", pl.lit("|"), "into").alias("key"))
        case _:
            return rows.with_columns(pl.concat_str("day", pl.lit("|"), "into").alias("key"))


def of_named_parties(sides: Sides) -> pl.DataFrame:
    """Claims of subsets of one party's rows for single rows whose texts name that party."""
    return _subsets_of_parties(sides, AGREES)


def of_parties(sides: Sides) -> pl.DataFrame:
    """Claims of subsets of one party's rows, whatever the single row says: few enough sets to be evidence where only one fits."""
    return _subsets_of_parties(sides, DISAGREES)


def _subsets_of_parties(sides: Sides, alike_min: int) -> pl.DataFrame:
    found: list[pl.DataFrame] = []
    for number in (0, 1):
        claimed = claims.frame(_of_parties(ways(sides)[number], alike_min))
        found.append(claimed)
        sides = claims.left(sides, claimed)
    return pl.concat(found)


def _of_parties(way: Way, alike_min: int) -> list[Claim]:
    told = party_sets.found(way, alike_min)
    if told.is_empty():
        return []
    told = told.with_columns((pl.col("alike") >= AGREES).alias("same")).filter(pl.col("same") | ~pl.col("same").any().over("single"))
    told = told.with_columns(pl.len().over("single", "amounts").alias("equal")).sort("since", "until", "parts").unique(
        ["single", "amounts"], keep="first", maintain_order=True)
    told = told.with_columns(pl.col("amounts").list.eval(pl.element() % claims.ROUND == 0).list.sum().alias("rounds"), pl.len().over("single").alias("rivals"),
                             pl.col("single").n_unique().over("parts").alias("claimants"))
    telling = pl.col("same") | (pl.col("rounds") < pl.col("amounts").list.len())
    claimed: list[Claim] = []
    gone: set[int] = set()
    for row in told.filter((pl.col("rivals") == 1) & telling).sort(~pl.col("same"), "single").iter_rows(named=True):
        parts: list[int] = row["parts"]
        if gone & set(parts):
            continue
        gone |= set(parts)
        clear = row["claimants"] == 1 and row["equal"] == 1
        sure = row["same"] and clear and row["rounds"] < 2  # others may make the same round sum
        confidence = 950 if sure else 800 if clear else 700
        doubt = "" if row["equal"] == 1 else "; rows of equal amounts taken in order of their dates"
        told_by = "the texts name the same party" if row["same"] else "no other party's do"
        claimed.append(way.claim(row["single"], parts, claims.CERTAIN if sure else claims.LIKELY, confidence,
                                 f"{len(parts)} of one party's {what_of(way)} add up to it, and {told_by}{doubt}"))
    return claimed
