"""What the suggestions of one receipt tell about each other: which of them comes first, beside how likely each is by itself.

    the payer's name is the beginning of one customer's only     that customer's before equally likely ones
    an advice is found in part, other items make up the amount   the whole before the part
    the text takes back the one item that it names               that item after leaving the money on account
    the text speaks of paying ahead and names an open item       a part of that item, no prepayment

Nothing here grants anything: only what waits for a person is ranked.
"""

from __future__ import annotations

import polars as pl

from matching import amounts, certainty, normalize, stages, stated_amounts
from matching.books import Books
from matching.hearing import Heard
from matching.places import nth
from matching.stages import Stage

BEGUN_MIN = 4
"""A payer's name of fewer letters begins too many customers' names."""
TAKEN_BACK = 200
"""How likely an item is that the text takes back: less than leaving the money on account."""
REFERRED = certainty.EXPLICIT | frozenset((certainty.DIGITS, certainty.SHORT))


def by_beginning(suggested: Stage, books: Books) -> Stage:
    """Of equally likely customers the one whose name begins as the payer's is written, `THE` and all, comes first; what a name is like tells nothing
    against a bank account."""
    several = (pl.col("c").min().over("r") < pl.col("c").max().over("r")) & (pl.col("payer_evidence") != "disputed").all().over("r")
    rivals = suggested.answers.filter(several & ~pl.col("granted")).select("r", "c").unique()
    payers = rivals.join(books.receipts.select("r", "payer_name"), on="r").join(books.customers.select("c", "name"), on="c")
    spelled = payers.with_columns(normalize.plain(payers[name]).str.strip_chars().alias(name) for name in ("payer_name", "name"))
    begun = spelled.filter((pl.col("payer_name").str.len_chars() >= BEGUN_MIN) & pl.col("name").str.starts_with(pl.col("payer_name")))
    answers = suggested.answers.join(begun.select("r", "c", pl.lit(1, pl.Int64).alias("more")), on=["r", "c"], how="left", maintain_order="left")
    more = pl.when("granted").then(0).otherwise(pl.col("more").fill_null(0))
    return Stage(answers.with_columns((pl.col("confidence") + more).alias("confidence")).drop("more"), suggested.lines)


def completed(suggested: Stage) -> Stage:
    """Where lines of an advice were found in part and the payer's items make up the whole amount with what was found, the whole comes first."""
    parts = suggested.answers.filter(pl.col("amount_evidence") == stated_amounts.PARTLY_FOUND).select("r", pl.col("a").alias("part"), pl.col("confidence").alias("of_part"))
    whole = suggested.answers.filter(pl.col("amount_evidence").is_in(sorted(certainty.SETTLED))).select("r", "a")
    found = parts.join(suggested.lines.select("r", pl.col("a").alias("part"), "i"), on=["r", "part"])
    held = found.join(whole, on="r").join(suggested.lines.select("r", "a", "i"), on=["r", "a", "i"], how="left", coalesce=False)
    covering = held.group_by("r", "part", "a").agg(pl.col("a_right").is_not_null().all().alias("all"), pl.first("of_part")).filter("all")
    raised = covering.group_by("r", "a").agg(pl.max("of_part"))
    answers = suggested.answers.join(raised, on=["r", "a"], how="left", maintain_order="left")
    first = pl.max_horizontal("confidence", pl.col("of_part") + 1)
    return Stage(answers.with_columns(first.alias("confidence")).drop("of_part"), suggested.lines)


def taken_back_last(suggested: Stage, withheld_from: pl.DataFrame, heard: Heard) -> Stage:
    """For receipts `withheld_from` (r) an invoice: the one item that the text names comes after leaving the money on account; where several are
    named, it may be any of them."""
    hits = heard.text_hits.join(withheld_from, on="r", how="semi")
    only = hits.filter(pl.col("m").n_unique().over("r") == 1).select("r", "i").unique()
    back = suggested.lines.join(only, on=["r", "i"], how="semi").select("r", "a").unique().with_columns(pl.lit(TAKEN_BACK, pl.Int64).alias("back"))
    answers = suggested.answers.join(back, on=["r", "a"], how="left", maintain_order="left")
    return Stage(answers.with_columns(pl.min_horizontal("confidence", "back").alias("confidence")).drop("back"), suggested.lines)


def paid_in_part(suggested: Stage) -> pl.DataFrame:
    """R of the receipts that name an open item of their payer's and pay less than it is: whatever they call it, it is a part of that item."""
    own = pl.col("payer_evidence").is_in(sorted(certainty.AGREEING)) & pl.col("rule").is_in(sorted(REFERRED))
    return suggested.answers.filter(own & (pl.col("amount_evidence") == amounts.SHORT)).select("r").unique()


def best_few(suggested: Stage, waiting: pl.DataFrame, books: Books) -> Stage:
    """The likeliest different answers of each waiting receipt, as many as the policy wants; where several customers fit the payer, each
    one's best before the second best of any."""
    answers = suggested.answers.join(waiting, on="r", how="semi")
    lines = suggested.lines.join(answers, on=["r", "a"], how="semi")
    sets = stages.item_sets(lines)
    distinct = answers.join(sets, on=["r", "a"]).with_columns(
        pl.when(pl.col("amount_evidence").is_in(sorted(certainty.TAKEN_OFF))).then(pl.concat_str("set", pl.lit(" less "), "amount_evidence")).otherwise("set").alias("set"))
    distinct = distinct.sort("r", "confidence", "a", descending=[False, True, False]).unique(
        ["r", "set"], keep="first", maintain_order=True)
    rivalling = pl.col("payer_evidence").is_in(sorted(certainty.RIVALLED))
    turn = pl.when(rivalling.any().over("r")).then(pl.int_range(pl.len()).over("r", "c")).otherwise(0).alias("turn")
    chosen = distinct.with_columns(turn).sort("r", "turn", maintain_order=True).filter(nth("r") < books.policy.proposals)
    few = chosen.drop("set", "turn")
    return Stage(few, lines.join(few, on=["r", "a"], how="semi"))
