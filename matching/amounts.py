"""How much: what a set of items amounts to beside the money that came.

An *answer* (r, a) is a set of items that a receipt may pay; `weigh` says how the amount speaks for it and splits the money over the
items. With gap = what is open minus what came, in this order:

    exact             gap = 0
    net_of_discount   gap = the discounts still earned on the receipt's date (plus grace days), or of some of the items
    rounding          0 < gap ≤ the policy's rounding difference: written off
    stated_fee        gap = the bank fee that the message states (after discounts, if any): written off
    late_discount     gap = discounts of which at least one is too late
    unstated_fee      gap ≤ the fee limit and nobody states a fee: only ever a further suggestion beside `short` (stages.with_fee)
    told_deduction, likely_deduction   the text names a reason for which payers deduct, with or without the gap: only ever a further
                      suggestion beside `short` (`deducted`)
    over              gap < 0: everything is paid, the rest stays unapplied
    with_rest         remittance lines pay their items to the cent and come to less than the money: the rest stays unapplied (`stated_amounts`)
    short             gap > 0: credits first, then the oldest items, as far as the money goes

A set of which nothing is owed, because its credits are larger, is no answer.

The four amounts of a line add up to what the item is reduced by; on a credit memo they are negative.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.books import Books

EXACT, NET, ROUNDING, FEE, LATE, OVER, REST, SHORT, UNSTATED_FEE, TOLD_DEDUCTION, LIKELY_DEDUCTION = (
    "exact", "net_of_discount", "rounding", "stated_fee", "late_discount", "over", "with_rest", "short", "unstated_fee", "told_deduction", "likely_deduction",
)
FEE_PARTS = 35
"""Less than so small a part of the fee limit is no bank's fee."""
DISCOUNTS_MAX = 12
"""Among more discounted items than that it is not tried which of them were paid net."""

LINES = {
    "r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32, "applied": pl.Int64, "discount": pl.Int64, "deduction": pl.Int64, "reason": pl.String,
    "write_off": pl.Int64,
}
WEIGHED = {"r": pl.UInt32, "a": pl.UInt32, "amount_evidence": pl.String, "gap": pl.Int64}


def terms(pairs: pl.DataFrame, books: Books) -> pl.DataFrame:
    """`pairs` (r, i, …) with the receipt's money and the item's: open, earned (discount in time), late (discount too late)."""
    receipts = books.receipts.select("r", "amount", "currency", "date", "fee", "rounding", "fee_limit")
    items = books.items.select("i", "open", "discount", "discount_date", "due_date", pl.col("currency").alias("item_currency"))
    grace = pl.duration(days=books.policy.discount_grace_days)
    in_time = (pl.col("date") <= pl.col("discount_date") + grace).fill_null(value=False)
    return (
        pairs.join(receipts, on="r").join(items, on="i")
        .with_columns(pl.when(in_time).then("discount").otherwise(0).alias("earned"), pl.when(in_time).then(0).otherwise("discount").alias("late"))
        .drop("discount", "discount_date", "date")
    )


def weigh(sets: pl.DataFrame, books: Books) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The evidence of the amount for each answer of `sets` (r, a, i), and its lines."""
    priced = _discounts_taken(terms(sets.select("r", "a", "i"), books))
    judged = _judged(priced)
    lines = priced.join(judged, on=["r", "a"])
    short = pl.col("amount_evidence") == SHORT
    return judged.select(list(WEIGHED)), pl.concat([_in_full(lines.filter(~short)), _as_far_as_it_goes(lines.filter(short))])


def _judged(priced: pl.DataFrame) -> pl.DataFrame:
    """r, a, amount_evidence, gap, and `surplus`: what of the gap discounts do not explain."""
    totals = priced.group_by("r", "a").agg(pl.sum("open", "earned", "late"), pl.first("amount", "fee", "rounding", "fee_limit"))
    totals = totals.filter(pl.col("open") > 0).with_columns((pl.col("open") - pl.col("amount")).alias("gap"))
    gap, earned, taken, rounding = pl.col("gap"), pl.col("earned"), pl.col("earned") + pl.col("late"), pl.col("rounding")
    fee = pl.when((pl.col("fee") > 0) & (pl.col("fee") <= pl.col("fee_limit"))).then(pl.col("fee"))
    near_net = (earned > 0) & ((gap - earned).abs() <= rounding)
    near_late = (pl.col("late") > 0) & ((gap - taken).abs() <= rounding)
    evidence = (
        pl.when(gap == 0).then(pl.lit(EXACT)).when((earned > 0) & (gap == earned)).then(pl.lit(NET))
        .when((gap == fee) | ((earned > 0) & (gap == earned + fee))).then(pl.lit(FEE))
        .when((gap > 0) & (gap <= rounding)).then(pl.lit(ROUNDING))
        .when((gap > 0) & near_net).then(pl.lit(NET)).when((gap > 0) & near_late).then(pl.lit(LATE))
        .when(gap < 0).then(pl.lit(OVER)).otherwise(pl.lit(SHORT))
    )
    told = totals.with_columns(evidence.alias("amount_evidence"))
    net = (pl.col("amount_evidence") == NET) | ((pl.col("amount_evidence") == FEE) & (gap != pl.col("fee")))
    discounts = pl.when(pl.col("amount_evidence") == LATE).then(taken).when(net).then(earned).otherwise(0)
    surplus = pl.when(pl.col("amount_evidence").is_in([OVER, SHORT])).then(0).otherwise(gap - discounts)
    return told.select("r", "a", "amount_evidence", "gap", net.alias("net"), surplus.alias("surplus"))


def _in_full(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that pay their items. What rounding and fees leave goes to the largest item; a discount that was figured a cent too low is
    lowered where it is largest."""
    discount = pl.when(pl.col("amount_evidence") == LATE).then(pl.col("earned") + pl.col("late")).when("net").then("earned").otherwise(0)
    discounted = lines.with_columns(discount.alias("discount"))
    uneven = discounted.filter(pl.col("surplus") != 0)
    bearer = uneven.group_by("r", "a").agg(
        pl.when(pl.first("surplus") > 0).then(pl.col("i").sort_by("open", "i", descending=[True, False]).first())
        .otherwise(pl.col("i").sort_by("discount", "i", descending=[True, False]).first()).alias("i"),
        pl.first("surplus").alias("borne"),
    )
    borne = pl.col("borne").fill_null(0)
    split = discounted.join(bearer, on=["r", "a", "i"], how="left").with_columns(
        (pl.col("discount") + pl.min_horizontal(borne, 0)).alias("discount"), pl.max_horizontal(borne, 0).alias("write_off"))
    return split.with_columns((pl.col("open") - pl.col("discount") - pl.col("write_off")).alias("applied")).pipe(_as_lines)


def _as_far_as_it_goes(lines: pl.DataFrame) -> pl.DataFrame:
    """Credits are used up, then the money goes to the items in order of due date until none is left."""
    answer = ["r", "a"]
    ordered = lines.sort("r", "a", "due_date", "i", nulls_last=True)
    credit = pl.when(pl.col("open") < 0).then(-pl.col("open")).otherwise(0)
    owed = pl.when(pl.col("open") > 0).then(pl.col("open")).otherwise(0)
    money = pl.col("amount") + credit.sum().over(answer)
    before = owed.cum_sum().over(answer) - owed
    applied = pl.when(pl.col("open") < 0).then(pl.col("open")).otherwise((money - before).clip(0, pl.col("open")))
    nil = pl.lit(0, pl.Int64)
    return ordered.with_columns(applied.alias("applied"), nil.alias("discount"), nil.alias("write_off")).pipe(_as_lines)


def _as_lines(split: pl.DataFrame) -> pl.DataFrame:
    return split.filter(pl.col("applied") != 0).select(
        "r", "a", "i", "applied", "discount", pl.lit(0, pl.Int64).alias("deduction"), pl.lit("").alias("reason"), "write_off")


def _discounts_taken(priced: pl.DataFrame) -> pl.DataFrame:
    """Where the gap is less than all earned discounts: the one selection of them that makes the amount, if there is just one."""
    offers = priced.filter(pl.col("earned") > 0).group_by("r", "a").agg(pl.len().alias("discounts")).filter(pl.col("discounts").is_between(2, DISCOUNTS_MAX))
    totals = priced.join(offers, on=["r", "a"], how="semi").group_by("r", "a").agg(pl.sum("open", "earned"), pl.first("amount", "rounding"))
    gap = pl.col("open") - pl.col("amount")
    partly = totals.filter((gap > pl.col("rounding")) & (gap < pl.col("earned") - pl.col("rounding")))
    if partly.is_empty():
        return priced
    offered = priced.join(partly.select("r", "a", gap.alias("gap")), on=["r", "a"]).filter(pl.col("earned") > 0).sort("r", "a", "i")
    declined: list[tuple[int, int, int]] = []
    for r, a, gap_minor, items, discounts in offered.group_by("r", "a", maintain_order=True).agg(pl.first("gap"), "i", "earned").iter_rows():
        taken = _only_selection(np.array(discounts, dtype=np.int64), gap_minor)
        declined += [(r, a, i) for i, yes in zip(items, taken, strict=True) if not yes] if taken is not None else []
    gross = pl.DataFrame(declined, schema={"r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32}, orient="row")
    marked = priced.join(gross.with_columns(pl.lit(value=True).alias("declined")), on=["r", "a", "i"], how="left")
    return marked.with_columns(pl.when("declined").then(0).otherwise("earned").alias("earned")).drop("declined")


def _only_selection(amounts: npt.NDArray[np.int64], target: int) -> npt.NDArray[np.int64] | None:
    choices = (np.arange(1 << len(amounts))[:, None] >> np.arange(len(amounts))) & 1
    found = np.flatnonzero(choices @ amounts == target)
    return choices[found[0]] if len(found) == 1 else None
