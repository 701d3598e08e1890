"""Why too little or too much came: the likeliest reasons for the difference of a first suggestion, in words, the likeliest first.

A hypothesis is arithmetic that comes out to the cent; where several do, all are told in this order:

    late_discount    the discount is right and its time is over, by so many days
    transposed       two neighbouring digits of the amount are swapped
    slipped          the decimal mark is off by one or two places
    sibling          somebody in the payer's family has an open item of exactly the amount
    old_invoice      a closed item of the payer has exactly the amount: paid again, or at the old price
    paid_twice       what is too much is a closed item, or the item itself a second time
    tax              the difference is the tax at a common rate that the gross amount contains
    round_part       the difference is a round percentage of what is open: a discount nobody gave, withholding, retention
    fee              a bank on the way may have taken it
    small            no reason comes out; the difference is less than one part in a hundred
    closed           what is named is closed, since when, and how much it was
    other_currency   what is named is in another currency and worth something else, or no rate is known (`exchange`)

Nothing here changes what is suggested or posted. Sources: common rates of VAT in Europe; ISO 20022 calls such differences
`AdjustmentAmountAndReason` (remt.001).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from matching import amounts, money
from matching.books import Books
from matching.places import nth
from matching.stages import Stage

HYPOTHESES = {"r": pl.UInt32, "rank": pl.Int64, "hypothesis": pl.String, "finding": pl.String}
TOLD_MAX = 3
DIFFERING = (amounts.SHORT, amounts.OVER, amounts.REST, amounts.LATE)
TAX_RATES = (190, 200, 210, 220, 70, 81, 100, 55, 90, 130, 170, 230, 240, 250)
"""In thousandths of the net amount."""
ROUND_PARTS = (10, 20, 30, 50, 100, 150, 15, 25, 40)
"""In thousandths of what is open."""
SMALL_PART = 100

Hypothesis = tuple[str, pl.DataFrame, pl.Expr]
"""Code, the cases in which it comes out, and the sentence."""


def explained(firsts: pl.DataFrame, suggested: Stage, books: Books) -> pl.DataFrame:
    """HYPOTHESES for the receipts among `firsts` (r, a, c, amount_evidence), waiting or posted with something left over, whose amount is not that of their items; at most `TOLD_MAX` each."""
    differing = firsts.filter(pl.col("amount_evidence").is_in(DIFFERING))
    cases = _cases(differing, suggested.lines, books)
    found = pl.concat([
        told.select("r", pl.lit(order, pl.Int64).alias("order"), pl.lit(code).alias("hypothesis"), sentence.alias("finding"))
        for order, (code, told, sentence) in enumerate((*_of_the_amount(cases), *_elsewhere(cases, books), *_taken_off(cases)))
    ])
    ranked = found.sort("r", "order").with_columns((nth("r") + 1).alias("rank"))
    return ranked.filter(pl.col("rank") <= TOLD_MAX).select(list(HYPOTHESES))


def closed(named: pl.DataFrame, books: Books) -> pl.DataFrame:
    """HYPOTHESES for receipts that name closed items (`named`: r, i, the place of the item in `books.closed`)."""
    of_item = books.closed.with_row_index("i").select(
        "i", pl.format("{} of {} is closed since {}", "document_number", money.as_text(pl.col("amount"), pl.col("currency")), "closed_on").alias("finding"))
    told = named.join(of_item, on="i").sort("r", "i").unique(["r", "finding"], keep="first", maintain_order=True)
    ranked = told.with_columns((nth("r") + 1).alias("rank"), pl.lit("closed").alias("hypothesis"))
    return ranked.filter(pl.col("rank") <= TOLD_MAX).select(list(HYPOTHESES))


def _cases(differing: pl.DataFrame, lines: pl.DataFrame, books: Books) -> pl.DataFrame:
    """First suggestions that do not come out: r, c, currency, amount (what came), date, fee_limit, open (on their items), late and ended (discounts
    that came too late, and when they ended), gap (what is missing, negative where it is too much); and the amounts as texts: came, owed, differing."""
    grace = pl.duration(days=books.policy.discount_grace_days)
    items = books.items.select("i", "open", "discount", "discount_date")
    priced = lines.join(differing.select("r", "a", "c"), on=["r", "a"]).join(items, on="i").join(books.receipts.select("r", "date"), on="r")
    late = (pl.col("discount") > 0) & (pl.col("date") > pl.col("discount_date") + grace)
    totals = priced.group_by("r").agg(
        pl.first("c"), pl.sum("open"), pl.col("discount").filter(late).sum().alias("late"), pl.col("discount_date").filter(late).min().alias("ended"))
    told = totals.join(books.receipts.select("r", "currency", "amount", "date", "fee_limit"), on="r")
    return told.with_columns((pl.col("open") - pl.col("amount")).alias("gap")).with_columns(
        money.as_text(pl.col(amount).abs() if amount == "gap" else pl.col(amount), pl.col("currency")).alias(text)
        for text, amount in (("came", "amount"), ("owed", "open"), ("differing", "gap")))


def _of_the_amount(cases: pl.DataFrame) -> Iterator[Hypothesis]:
    """What the two amounts themselves tell."""
    late = cases.filter((pl.col("late") > 0) & (pl.col("gap") == pl.col("late")))
    days = (pl.col("date") - pl.col("ended")).dt.total_days()
    yield "late_discount", late, pl.format("the discount of {} was taken {} days after its last day", "differing", days)
    shuffled = cases.filter((pl.col("gap") != 0) & (pl.col("gap") % 9 == 0))
    swapped = [_is_transposed(*amounts_told) for amounts_told in shuffled.select("open", "amount").iter_rows()]
    yield "transposed", shuffled.filter(pl.Series(swapped, dtype=pl.Boolean)), pl.format("two digits are swapped: {} came for {}", "came", "owed")
    amount, owed = pl.col("amount"), pl.col("open")
    slipped = pl.any_horizontal((amount * slip == owed) | (owed * slip == amount) for slip in (10, 100))
    yield "slipped", cases.filter(slipped), pl.format("the decimal mark slipped: {} came for {}", "came", "owed")


def _elsewhere(cases: pl.DataFrame, books: Books) -> Iterator[Hypothesis]:
    """The amount, or what is too much, is that of something else of the payer or its family."""
    roots = books.customers.select("c", "root")
    owed = books.items.filter(pl.col("open").is_in(cases["amount"].unique().implode())).select("i", "c", "currency", pl.col("open").alias("amount"), "document_number")
    family = cases.join(roots, on="c").join(owed.join(roots, on="c"), on=["root", "currency", "amount"], suffix="_other")
    others = family.filter((pl.col("c") != pl.col("c_other")) & (pl.col("document_number") != "")).sort("r", "i").unique("r", keep="first", maintain_order=True)
    yield "sibling", others, pl.format("{} of another company of the family has exactly the amount", "document_number")
    closed = books.closed.join(cases, on="c", how="semi").sort("c", "currency", "amount", "document_number").unique(
        ["c", "currency", "amount"], keep="last", maintain_order=True).select("c", "currency", "amount", pl.col("document_number").alias("closed")).filter(pl.col("closed") != "")
    old = cases.join(closed, on=["c", "currency", "amount"])
    yield "old_invoice", old, pl.format("{}, which is closed, had exactly the amount: it may be paid again, or at the old price", "closed")
    too_much = cases.filter((pl.col("gap") < 0) & pl.col("c").is_not_null()).with_columns((-pl.col("gap")).alias("more"))
    again = too_much.join(closed, left_on=["c", "currency", "more"], right_on=["c", "currency", "amount"], how="left")
    twice = again.filter(pl.col("closed").is_not_null() | (pl.col("more") == pl.col("open")))
    which = pl.coalesce(pl.col("closed") + ", which is closed", pl.lit("the same once more"))
    yield "paid_twice", twice, pl.format("what is too much is {}: it may be paid twice", which)


def _taken_off(cases: pl.DataFrame) -> Iterator[Hypothesis]:
    """What is missing is a known part of what is open, a fee, or hardly anything."""
    gap, owed = pl.col("gap"), pl.col("open")
    short = cases.filter(gap > 0)
    rate = pl.coalesce(pl.when(gap == money.half_up(owed * rate, 1000 + rate)).then(pl.lit(_percent(rate))) for rate in TAX_RATES)
    taxed = short.with_columns(rate.alias("share")).drop_nulls("share")
    yield "tax", taxed, pl.format("{} is the tax of {} in what is open: the net amount came", "differing", "share")
    part = pl.coalesce(pl.when(gap == money.half_up(owed * part, 1000)).then(pl.lit(_percent(part))) for part in ROUND_PARTS)
    parted = short.with_columns(part.alias("share")).drop_nulls("share")
    yield "round_part", parted, pl.format("{} is {} of what is open: a discount that nobody gave, or tax withheld", "differing", "share")
    charged = short.filter(pl.col("fee_limit").is_between(gap, gap * amounts.FEE_PARTS))
    yield "fee", charged, pl.format("{} may be what a bank on the way took", "differing")
    small = cases.filter((gap != 0) & (gap.abs() * SMALL_PART <= owed))
    yield "small", small, pl.format(f"the difference of {{}} is less than one part in {SMALL_PART}", "differing")


def _is_transposed(one: int, other: int) -> bool:
    """Equal but for two neighbouring digits that are swapped."""
    left, right = str(one), str(other)
    if len(left) != len(right) or (one - other) % 9 or one == other:
        return False
    differing = [at for at, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    first, last = differing[0], differing[-1]
    return len(differing) == 2 and last == first + 1 and left[first] == right[last] and left[last] == right[first]


def _percent(thousandths: int) -> str:
    return f"{thousandths // 10} %" if thousandths % 10 == 0 else f"{thousandths // 10}.{thousandths % 10} %"
