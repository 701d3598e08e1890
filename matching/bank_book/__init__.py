"""Bank lines against the entries of a cash book: which are the same money, how sure that is, and why.

    named → voids → batches of one number → equal amounts → an entry less its fee → whole batches → subsets of a named party → entries in a row
    → wires less a fee → telling equal amounts that nothing contradicts → differences by number → subsets → differences → round equal amounts
    → what cancels out silently → the wrong sign → what is left

Each step claims only from what the steps before left; what rests on a number or on words comes before what rests on an amount alone. Two
answers that fit equally well are never `matched`: rows that are interchangeable are suggested in order of their dates, others left open.
Pure: the same rows in any order give the same answer.
"""

from __future__ import annotations

import polars as pl

from matching.bank_book import (
    batches,
    claims,
    differences,
    doubts,
    equal,
    gathered,
    in_a_row,
    lags,
    netted,
    offsets,
    pairs,
    sides,
)
from matching.bank_book.schema import BANK, BOOK, MATCHES, MEMBERS, UNMATCHED_BANK, UNMATCHED_BOOK
from matching.bank_book.sides import Sides
from matching.schema import check

UNMATCHED = "unmatched"


def reconcile(bank: pl.DataFrame, book: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """MATCHES and MEMBERS for the bank lines (BANK) and the entries (BOOK) of one account; every row is in exactly one match."""
    lines, entries = sides.in_order(check(bank, BANK, "bank"), "line_id"), sides.in_order(check(book, BOOK, "book"), "entry_id")
    whole = rest = sides.read(lines, entries)
    line_ids, entry_ids = lines["line_id"], entries["entry_id"]
    del lines, entries
    found: list[pl.DataFrame] = []

    def take(claimed: pl.DataFrame) -> None:
        nonlocal rest
        found.append(claimed)
        rest = claims.left(rest, claimed)

    take(equal.named(rest))
    costs = _learned(found[0], whole)
    take(offsets.explicit(rest))
    take(batches.numbered(rest))
    take(equal.strong(rest, costs))
    take(netted.pairs(rest))
    take(netted.card_sales(rest))
    take(batches.whole(rest))
    take(batches.of_named_parties(rest))
    take(in_a_row.entries(rest))
    take(differences.deducted(rest, costs))
    take(equal.quiet(rest, costs))
    take(differences.named(rest, costs))
    take(batches.of_parties(rest))
    take(differences.unnamed(rest, costs))
    take(gathered.subset_sums(rest))
    take(equal.common(rest, costs))
    take(offsets.silent(rest))
    take(differences.wrong_sign(rest, costs))
    take(equal.weak(rest, costs))
    take(differences.left_over(rest, costs))
    return _answer(doubts.weighed(pl.concat(found), whole), rest, line_ids, entry_ids)


def _learned(named: pl.DataFrame, whole: Sides) -> lags.Costs:
    """The account's own lags, from the pairs that a number proves."""
    if named.is_empty():
        return lags.expected()
    certain = named.select(pl.col("lines").list.first().alias("b"), pl.col("entries").list.first().alias("e"))
    return lags.learned(pairs.beside(certain, whole, lags.expected()))


def _answer(found: pl.DataFrame, rest: Sides, lines: pl.Series, entries: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Matches numbered in order of their first line, then of their first entry; what is left becomes a match of its own."""
    alone = pl.concat([_alone(rest.bank, "lines", UNMATCHED_BANK), _alone(rest.book, "entries", UNMATCHED_BOOK)])
    ordered = pl.concat([found, alone]).sort(pl.col("lines").list.min(), pl.col("entries").list.min(), nulls_last=True).with_row_index("m").with_columns(pl.col("m").cast(pl.Int64))
    of_lines, of_entries = (ordered.select("m", pl.col(name).alias("place")).explode("place").drop_nulls() for name in ("lines", "entries"))
    line_ids = of_lines.select("m", lines.gather(of_lines["place"]).alias("line_id"), pl.lit(None, pl.String).alias("entry_id"))
    entry_ids = of_entries.select("m", pl.lit(None, pl.Int64).alias("line_id"), entries.gather(of_entries["place"]).alias("entry_id"))
    return ordered.select(list(MATCHES)), pl.concat([line_ids, entry_ids]).sort("m", "line_id", "entry_id", nulls_last=True).select(list(MEMBERS))


def _alone(rows: pl.DataFrame, side: str, kind: str) -> pl.DataFrame:
    own, other = ("lines", "entries") if side == "lines" else ("entries", "lines")
    what = "the books have nothing for it yet" if side == "lines" else "the bank has not shown it yet"
    return rows.select(
        pl.concat_list("place").alias(own), pl.lit([], pl.List(pl.Int64)).alias(other), pl.lit(kind).alias("kind"), pl.lit(UNMATCHED).alias("status"),
        pl.lit(0, pl.Int64).alias("confidence"), pl.lit(what).alias("reason"),
    ).select(list(claims.CLAIMS))
