"""What is missing as a deduction: where the text gives a reason of the closed list, or the payer is used to deduct for one.

A suggestion beside the part payment, never posted unattended: the items in full, the difference with its reason code. Where the text
says the amount as well, it is the likelier of the two.
"""

from __future__ import annotations

import re

import polars as pl

from matching import amounts, certainty, money, normalize
from matching.books import Books
from matching.deduction_codes import code_of
from matching.schema import DEDUCTS
from matching.stages import ANSWERS, DEDUCTION_FROM, UNJUDGED, Stage, shifted

SHARE_MAX = 2
"""More than one part in so many of what is open is no deduction but a part payment."""


def suggested(short: pl.DataFrame, stage: Stage, books: Books) -> Stage:
    """For the likeliest short answers (r, a, c): the same items in full, the difference deducted."""
    lines = stage.lines.join(short.select("r", "a"), on=["r", "a"]).join(books.items.select("i", "open"), on="i")
    rest = pl.col("open") - pl.sum_horizontal("applied", "discount", "deduction", "write_off")
    missing = lines.with_columns(rest.alias("rest"), rest.sum().over("r").alias("gap"), pl.col("open").sum().over("r").alias("owed"))
    few = missing.filter((pl.col("gap") > 0) & (pl.col("gap") * SHARE_MAX <= pl.col("owed")))
    why = _reasons(few.group_by("r").agg(pl.first("gap")), short, books)
    chosen = few.join(why, on="r")
    answers = stage.answers.join(chosen.select("r", "a", "evidence").unique(), on=["r", "a"]).with_columns(pl.col("evidence").alias("amount_evidence"))
    judged = certainty.judge(answers.select(list(UNJUDGED)), books.policy).select(list(ANSWERS))
    taken_off = pl.col("deduction") + pl.col("rest")
    in_full = chosen.with_columns(taken_off.alias("deduction"), pl.when(taken_off != 0).then("code").otherwise(pl.lit("")).alias("reason"))
    return shifted(Stage(judged, in_full.select(list(amounts.LINES))), DEDUCTION_FROM)


def _reasons(gaps: pl.DataFrame, short: pl.DataFrame, books: Books) -> pl.DataFrame:
    """r, code, evidence of the receipts whose text gives a reason, or whose payer is used to one."""
    used = books.habits.filter(pl.col("habit").str.starts_with(DEDUCTS)).sort("c", "times", "habit", descending=[False, True, False]).unique(
        "c", keep="first", maintain_order=True)
    told = gaps.join(books.receipts.select("r", "text", "currency"), on="r").join(short.select("r", "c"), on="r").join(used, on="c", how="left").sort("r")
    said = normalize.plain(told["text"])
    words = [word for reason in books.policy.deductions for word in (reason.code.upper(), *reason.words)]
    hinted = said.str.contains_any(pl.Series(words, dtype=pl.String).implode())
    rows = []
    for (r, gap, currency, habit), text, is_hinted in zip(told.select("r", "gap", "currency", "habit").iter_rows(), said, hinted, strict=True):
        code = code_of(text, books.policy.deductions) if is_hinted else ""
        if code:
            rows.append((r, code, amounts.TOLD_DEDUCTION if _names_amount(text, gap, currency) else amounts.LIKELY_DEDUCTION))
        elif habit:
            rows.append((r, habit.removeprefix(DEDUCTS), amounts.LIKELY_DEDUCTION))
    return pl.DataFrame(rows, schema={"r": pl.UInt32, "code": pl.String, "evidence": pl.String}, orient="row")


def _names_amount(text: str, minor: int, currency: str) -> bool:
    """Whether the amount stands in the text, with a point or a comma before its minor digits, or without them where they are nought.

    >>> _names_amount("LESS 1,020.50 FREIGHT", 102050, "USD"), _names_amount("LESS 20 FRT", 2000, "USD"), _names_amount("LESS 120", 2000, "USD")
    (True, True, False)
    """
    whole, _, part = money.shown(minor, currency).partition(" ")[2].partition(".")
    cents = rf"[.,]{part}" if part.strip("0") else rf"(?:[.,]{part})?" if part else ""
    bare = re.sub(r"(?<=[0-9])[.,'](?=[0-9]{3}(?![0-9]))", "", text)
    return re.search(rf"(?<![0-9.,]){whole}{cents}(?![0-9]|[.,][0-9])", bare) is not None
