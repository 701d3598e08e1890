"""How much, where the payer itemises: each remittance line gives the net cash for its document, discount and deduction beside it.

A line that pays its item in full, with an earned discount or a deduction it names, is taken as it stands. Less than that is the
payer's part payment (`short`); a discount that the terms do not give is `late_discount`; more than is open pays what is open, unless several
lines lead to the item: then one of them may mean another, and it is a `mismatch`. The lines must add up to the receipt, but for a stated bank
fee or a rounding difference. Lines that pay their items exactly may come to less than the receipt: the rest stays unapplied (`with_rest`). If
they come to more, the answer is not made here: `amounts` then looks at the items as if they had only been named.

A line whose amount is not that of the item it names but exactly that of another one of the lines' customers has the wrong number or the wrong
amount (`anothers_amount`); one that deducts just what is open as a credit may mean that credit (`credit_deducted`). A person looks at both.
"""

from __future__ import annotations

import polars as pl

from matching import amounts
from matching.books import Books, with_items_of

DEDUCTION, CREDIT, CLAIM, ANOTHERS, MISMATCH, PARTLY_FOUND = (
    "stated_deduction", "credit_deducted", "claimed_deduction", "anothers_amount", "mismatch", "partly_found",
)
WORSE = (
    amounts.EXACT, amounts.NET, amounts.ROUNDING, amounts.FEE, DEDUCTION, CREDIT, CLAIM, amounts.OVER, amounts.LATE, amounts.SHORT, ANOTHERS, MISMATCH, PARTLY_FOUND,
)
"""The evidence of an answer is that of its worst line."""


def weigh(named: pl.DataFrame, books: Books) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As `amounts.weigh`, for answers whose lines (r, a, i, stated, stated_discount, stated_deduction, reason, complete, claim)
    have amounts. `complete` is false for an answer that leaves out lines because nothing was found for them; `claim` is true where a line
    takes money off by a number that is not known.
    """
    judged = _judged(named, books).pipe(_contradicted, books)
    totals = judged.group_by("r", "a").agg(
        (pl.col("stated").sum() - pl.first("amount")).alias("excess"), pl.sum("too_much"), pl.first("fee", "rounding", "fee_limit"), pl.col("complete").all(), pl.col("claim").any(),
        pl.col("worst").max(), pl.col("i").sort_by("stated", "i", descending=[True, False]).first().alias("largest"), pl.sum("stated").alias("paid"),
    ).filter(pl.col("paid") > 0)
    excess = pl.col("excess")
    fee = (pl.col("fee") > 0) & (pl.col("fee") <= pl.col("fee_limit")) & (excess == pl.col("fee"))
    allowed = (excess <= 0) | fee | (excess <= pl.col("rounding"))
    overall = (
        pl.when(~pl.col("complete")).then(pl.lit(PARTLY_FOUND)).when((excess < 0) & (pl.col("worst") <= WORSE.index(amounts.NET)) & ~pl.col("claim")).then(pl.lit(amounts.REST))
        .when(excess < 0).then(pl.lit(MISMATCH))
        .when("claim").then(_worse_than(CLAIM)).when(fee).then(_worse_than(amounts.FEE)).when(excess > 0).then(_worse_than(amounts.ROUNDING)).otherwise(_worse_than(amounts.EXACT))
    )
    kept = totals.filter(allowed).with_columns(overall.alias("amount_evidence"), (excess - pl.col("too_much")).alias("gap"))
    return kept.select(list(amounts.WEIGHED)), _split(judged.join(kept.select("r", "a", "excess", "largest"), on=["r", "a"]))


def meant(named: pl.DataFrame, members: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Of `members` (of the answers in `named`, as for `weigh`) those in whose answer a line states another item's amount or deducts an open credit, with
    the items that have these amounts: in the place of the named one (`source` is `stated`), or beside it (`credit`)."""
    judged = _judged(named, books)
    key = ["r", "a", "i"]
    instead = _anothers(judged, books, (amounts.ROUNDING, amounts.OVER, amounts.SHORT)).filter(pl.len().over(key) == 1)
    beside = _credits(judged, books).unique(["r", "a", "other"]).filter(pl.len().over(key) == 1)
    kept = members.join(pl.concat([instead.select("r", "a"), beside.select("r", "a")]).unique(), on=["r", "a"], how="semi")
    owners = kept.select("r", "a", "c", "grade", "payer_evidence").unique()
    replacing = kept.drop("c", "grade", "payer_evidence").join(instead, on=key).join(owners, on=["r", "a", "c"])
    replaced = replacing.with_columns(pl.col("other").alias("i"), pl.lit("stated").alias("source"))
    added = kept.join(beside, on=key).with_columns(pl.col("other").alias("i"), pl.lit("credit").alias("source"))
    every = pl.concat([part.select(members.columns) for part in (kept.join(instead, on=key, how="anti"), replaced, added)])
    return every.filter((pl.col("i").n_unique() == pl.len()).over("r", "a"))


def _judged(named: pl.DataFrame, books: Books) -> pl.DataFrame:
    """What the lines say of each item, with the item's terms and `_line_evidence`."""
    per_item = named.group_by("r", "a", "i").agg(
        pl.sum("stated", "stated_discount", "stated_deduction"), pl.col("reason").sort().filter(pl.col("reason").sort() != "").first().fill_null(""),
        pl.col("complete").all(), pl.col("claim").any(), pl.len().alias("told"),
    )
    return amounts.terms(per_item, books).with_columns(_line_evidence())


def _worse_than(evidence: str) -> pl.Expr:
    return pl.max_horizontal(pl.col("worst"), pl.lit(WORSE.index(evidence), pl.Int64)).replace_strict(dict(enumerate(WORSE)), return_dtype=pl.String)


def _line_evidence() -> list[pl.Expr]:
    """`worst` (place in WORSE) and what the line reduces its item by beside cash: discount, deduction, write-off; and cash over."""
    gross = pl.col("stated") + pl.col("stated_discount") + pl.col("stated_deduction")
    missing, rounding, none = pl.col("open") - gross, pl.col("rounding"), pl.col("stated_discount") == 0
    owed = pl.col("open") > 0
    untold_net = owed & none & (pl.col("earned") > 0) & (missing > 0) & ((missing - pl.col("earned")).abs() <= rounding)
    untold_late = owed & none & (pl.col("late") > 0) & (missing > 0) & ((missing - pl.col("late")).abs() <= rounding)
    rounded = owed & (missing > 0) & (missing <= rounding) & ~untold_net
    unearned = pl.col("stated_discount") > pl.col("earned") + rounding
    odd = (pl.col("stated_discount") < 0) | (pl.col("stated_deduction") < 0) | (owed & (pl.col("stated") + pl.min_horizontal(missing, 0) < 0))
    doubled = owed & (missing < 0) & (pl.col("told") > 1)
    place = {name: pl.lit(at, pl.Int64) for at, name in enumerate(WORSE)}
    worst = (
        pl.when(odd | (~owed & ((gross < pl.col("open")) | (gross >= 0))) | doubled).then(place[MISMATCH]).when(~owed).then(place[amounts.EXACT])
        .when(untold_late | unearned).then(place[amounts.LATE])
        .when((missing > 0) & ~untold_net & ~rounded).then(place[amounts.SHORT])
        .when(missing < 0).then(place[amounts.OVER]).when(pl.col("stated_deduction") != 0).then(place[DEDUCTION])
        .when(rounded).then(place[amounts.ROUNDING])
        .when(untold_net | (pl.col("stated_discount") != 0)).then(place[amounts.NET]).otherwise(place[amounts.EXACT])
    )
    untold = pl.when(untold_net).then(pl.min_horizontal(missing, "earned")).when(untold_late).then(pl.min_horizontal(missing, "late")).otherwise(0)
    rest = pl.when(untold_net | untold_late).then(missing - untold).when(rounded).then(missing).otherwise(0)
    return [
        worst.alias("worst"), (pl.col("stated_discount") + untold).alias("taken"), rest.alias("rest"),
        pl.when(owed & (missing < 0)).then(-missing).otherwise(0).alias("too_much"),
    ]


def _contradicted(judged: pl.DataFrame, books: Books) -> pl.DataFrame:
    """The lines, `worst` for those that would be taken but state another item's amount or deduct what is open as a credit."""
    refused = [
        pairs.select("r", "a", "i").unique().with_columns(pl.lit(WORSE.index(objection), pl.Int64).alias("objection"))
        for pairs, objection in ((_anothers(judged, books, (amounts.ROUNDING, amounts.OVER)), ANOTHERS), (_credits(judged, books), CREDIT))
    ]
    told = judged.join(pl.concat(refused), on=["r", "a", "i"], how="left")
    return told.with_columns(pl.max_horizontal("worst", "objection").alias("worst")).drop("objection")


def _anothers(judged: pl.DataFrame, books: Books, evidence: tuple[str, ...]) -> pl.DataFrame:
    """r, a, i, other, c: the lines of the `evidence` with each other item, of customer `c` of the answer, that has just the amount stated, net or with
    what is taken off."""
    net, gross = pl.col("stated"), pl.col("stated") + pl.col("stated_discount") + pl.col("stated_deduction")
    owners = judged.select("r", "a", "i").join(books.items.select("i", "c", "currency"), on="i").drop("i").unique()
    odd = _of_evidence(judged, evidence).join(owners, on=["r", "a"])
    ways = pl.concat([odd.select("r", "a", "i", "c", "currency", way.alias("open")) for way in (net, gross)]).unique()
    return with_items_of(ways, books).filter(pl.col("other") != pl.col("i")).select("r", "a", "i", "other", "c").unique()


def _credits(judged: pl.DataFrame, books: Books) -> pl.DataFrame:
    """r, a, i, other: the lines with a deduction, and the open credits of the customer that are as large and have no line of their own."""
    deducting = _of_evidence(judged, (DEDUCTION,)).join(books.items.select("i", "c", "currency"), on="i")
    alike = with_items_of(deducting.with_columns((-pl.col("stated_deduction")).alias("open")), books)
    return alike.join(judged.select("r", "a", pl.col("i").alias("other")), on=["r", "a", "other"], how="anti").select("r", "a", "i", "other")


def _of_evidence(judged: pl.DataFrame, evidence: tuple[str, ...]) -> pl.DataFrame:
    return judged.filter(pl.col("worst").is_in([WORSE.index(name) for name in evidence])).drop("open")


def _split(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines as stated; what came less than stated (fee, rounding) is written off on the largest."""
    less = pl.when((pl.col("excess") > 0) & (pl.col("i") == pl.col("largest"))).then("excess").otherwise(0)
    return lines.sort("r", "a", "due_date", "i", nulls_last=True).select(
        "r", "a", "i", (pl.col("stated") - pl.col("too_much") - less).alias("applied"), pl.col("taken").alias("discount"),
        pl.col("stated_deduction").alias("deduction"), "reason", (pl.col("rest") + less).alias("write_off"),
    ).select(list(amounts.LINES))
