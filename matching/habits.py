"""What payers are in the habit of (`schema.HABITS`) ranks their suggestions; it identifies nobody and posts nothing.

    late_discount, unstated_fee, short, over    the evidence of the amount that persons accepted before
    statement_total                             everything that is open is paid at once
    deduction:CODE                              something is taken off for this reason
    oldest_first                                the oldest items are paid as far as the money goes

What counts here are the lessons that act; `cashapp.learning` gathers them from persons' decisions.
"""

from __future__ import annotations

import polars as pl

from matching import amounts, certainty, unnamed
from matching.books import Books
from matching.schema import DEDUCTS, OLDEST_FIRST, STATEMENT_TOTAL
from matching.stages import ACCOUNT_FROM, ANSWERS, UNJUDGED, Stage

LIFT, MOST = 60, 899
"""What a habit adds to the likelihood of an answer, and what a suggestion's can come to."""
OLDEST_FROM = ACCOUNT_FROM + 1


def oldest(payers: pl.DataFrame, books: Books) -> Stage:
    """The oldest items as far as the money goes, for `payers` (r, c, evidence) that are in the habit of paying so."""
    usual = books.habits.filter(pl.col("habit") == OLDEST_FIRST).select("c")
    asked = payers.join(usual, on="c", how="semi").select("r", "c", pl.col("evidence").alias("payer_evidence"))
    owed = books.items.filter(pl.col("open") > 0).select("i", "c", "currency", "open", "due_date")
    walked = asked.join(books.receipts.select("r", "amount", "currency"), on="r").join(owed, on=["c", "currency"]).sort("r", "due_date", "i", nulls_last=True)
    reached = walked.filter(pl.col("open").cum_sum().over("r") - pl.col("open") < pl.col("amount")).with_columns(pl.lit(OLDEST_FROM, pl.UInt32).alias("a"))
    weighed, lines = amounts.weigh(reached, books)
    told = weighed.join(asked, on="r").with_columns(pl.lit(unnamed.OLDEST).alias("rule"), pl.lit(0, pl.Int64).alias("rivals"))
    return Stage(certainty.judge(told.select(list(UNJUDGED)), books.policy).select(list(ANSWERS)), lines)


def ranked(suggested: Stage, books: Books) -> Stage:
    """The suggestions, those likelier that are as the payer is used to pay."""
    if books.habits.is_empty():
        return suggested
    why = suggested.lines.filter(pl.col("reason") != "").group_by("r", "a").agg(pl.lit(DEDUCTS) + pl.col("reason").sort().first())
    told = suggested.answers.join(why.rename({"literal": "deducted"}), on=["r", "a"], how="left", maintain_order="left")
    shown = pl.when(pl.col("rule") == unnamed.EVERYTHING).then(pl.lit(STATEMENT_TOTAL)).otherwise(pl.coalesce("deducted", "amount_evidence")).alias("habit")
    known = books.habits.select("c", "habit", pl.lit(value=True).alias("usual"))
    fitting = told.with_columns(shown).join(known, on=["c", "habit"], how="left", maintain_order="left")
    lifted = pl.when(pl.col("usual").fill_null(value=False) & ~pl.col("granted")).then(pl.min_horizontal(pl.col("confidence") + LIFT, MOST))
    return Stage(fitting.with_columns(lifted.otherwise(pl.col("confidence")).alias("confidence")).select(list(ANSWERS)), suggested.lines)
