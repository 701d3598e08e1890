"""The answers that remittance lines give: each line's item, what the payer says it pays for it, and lines that are only a deduction.

A line that may mean several items means the one whose open amount it pays, and then the one of the customer to whom most lines lead; where
every line gives number and amount of one customer's item, a number that others bear as well is as good as any. A line that takes money off and names no open credit is a
deduction from the largest invoice of the receipt; with a number of its own it is a claim that a person must look at. Lines for which nothing is found leave the answer incomplete.
"""

from __future__ import annotations

import polars as pl

from matching import amounts, near_references, normalize, references
from matching.agreement import ALIKE
from matching.books import Books
from matching.named import MEMBERS

STATED = {
    "r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32, "stated": pl.Int64, "stated_discount": pl.Int64, "stated_deduction": pl.Int64,
    "reason": pl.String, "complete": pl.Boolean, "claim": pl.Boolean,
}
AS_STATED, AS_NAMED, AS_MEANT = 0, 1, 2
LINES_SHIFT = 1 << 20


def line_tokens(remittance: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
    """m, r, token of the lines that hit nothing."""
    number = normalize.plain_numbers(remittance["document_number"]).str.replace_all(r"[^A-Z0-9]", "").alias("token")
    tokens = remittance.select("r", (pl.col("r").cast(pl.Int64) * LINES_SHIFT + pl.col("line")).alias("m")).with_columns(number)
    return tokens.filter(pl.col("token") != "").join(hits.select("m").unique(), on="m", how="anti").select(list(near_references.TOKENS))


def resolved(hits: pl.DataFrame, books: Books) -> pl.DataFrame:
    """One item for each line (r, line, i, c, source, strength, grade, payer_evidence), where it can be told."""
    lines = books.remittance.with_columns((pl.col("r").cast(pl.Int64) * LINES_SHIFT + pl.col("line")).alias("m"))
    best = pl.col("grade").max().over("m")
    speaking = amounts.terms(hits.filter((best < ALIKE) | (pl.col("grade") == best)), books).join(lines.drop("r"), on="m")
    gross = pl.col("stated") + pl.col("stated_discount") + pl.col("stated_deduction")
    pays = ((gross == pl.col("open")) | ((pl.col("earned") > 0) & (pl.col("stated") == pl.col("open") - pl.col("earned")))).fill_null(value=False)
    several = pl.len().over("m") > 1
    marked = speaking.with_columns(
        pays.alias("pays"), pl.when(several).then(pl.min_horizontal("strength", pl.lit(references.SHORT, pl.Int8))).otherwise("strength").alias("strength"),
    )
    narrowed = marked.filter(pl.col("pays") | ~pl.col("pays").any().over("m"))
    covering = narrowed.with_columns(pl.col("m").n_unique().over("r", "c").alias("lines"))
    together = covering.filter(pl.col("lines") == pl.col("lines").max().over("m"))
    one = together.filter(pl.len().over("m") == 1)
    consistent = (pl.col("lines") > 1) & pl.col("pays").all().over("r") & (pl.col("c").min().over("r") == pl.col("c").max().over("r"))
    lifted = one.with_columns(
        pl.when(consistent).then(pl.max_horizontal("strength", pl.lit(references.DIGITS, pl.Int8))).otherwise("strength").alias("strength"),
    )
    return lifted.sort("r", "line").select("r", "line", "i", "c", "source", "strength", "grade", "payer_evidence")


def answers(chosen: pl.DataFrame, books: Books) -> tuple[pl.DataFrame, pl.DataFrame]:
    """MEMBERS of the receipts with lines, and STATED for the answers whose lines have amounts.

    Answer `AS_STATED` takes the lines at their word, `AS_NAMED` only the numbers. An item that several lines lead to is told as well as by the weakest.
    """
    chosen = _without_claims(chosen, books)
    lines = books.remittance.join(chosen.select("r").unique(), on="r", how="semi").join(chosen.select("r", "line", "i"), on=["r", "line"], how="left")
    deductions = lines.filter(pl.col("i").is_null() & (pl.col("stated") < 0))
    rest = lines.join(deductions.select("r", "line"), on=["r", "line"], how="anti")
    whole = rest.with_columns(pl.col("i").is_not_null().all().over("r").alias("complete"))
    found = whole.drop_nulls("i")
    priced = found.filter(pl.col("stated").is_not_null().all().over("r")).pipe(_deducted, deductions)
    stated = priced.with_columns(pl.lit(AS_STATED, pl.UInt32).alias("a")).select(list(STATED))
    named = chosen.with_columns(pl.col("strength").min().over("r", "i")).unique(["r", "i"], keep="first", maintain_order=True)
    complete = whole.filter("complete").select("r").unique()
    as_stated = named.join(stated.select("r").unique(), on="r", how="semi").with_columns(pl.lit(AS_STATED, pl.UInt32).alias("a"))
    as_named = named.join(complete, on="r", how="semi").join(deductions.select("r").unique(), on="r", how="anti").with_columns(
        pl.lit(AS_NAMED, pl.UInt32).alias("a"))
    return pl.concat([as_stated, as_named]).select(list(MEMBERS)), stated


def _without_claims(chosen: pl.DataFrame, books: Books) -> pl.DataFrame:
    """`chosen` without the lines that take money off and name an invoice: what is claimed there is no payment of it."""
    lines = books.remittance.filter(pl.col("stated") < 0).select("r", "line").join(chosen, on=["r", "line"])
    claims = lines.join(books.items.select("i", "open"), on="i").filter(pl.col("open") > 0)
    return chosen.join(claims, on=["r", "line"], how="anti", maintain_order="left")


def _deducted(found: pl.DataFrame, deductions: pl.DataFrame) -> pl.DataFrame:
    """The lines with what deduction lines take off moved to the largest of the receipt."""
    off = deductions.group_by("r").agg((-pl.col("stated").sum()).alias("off"), _reason().filter(_reason() != "").sort().first().alias("why"),
                                      (_number() != "").any().alias("claim"))
    marked = found.join(off, on="r", how="left").with_columns(pl.col("claim").fill_null(value=False))
    largest = pl.col("off").is_not_null() & (pl.col("line") == pl.col("line").sort_by("stated", "line", descending=[True, False]).first().over("r"))
    moved = pl.when(largest).then("off").otherwise(0)
    return marked.with_columns(
        (pl.col("stated") - moved).alias("stated"), (pl.col("stated_deduction") + moved).alias("stated_deduction"),
        pl.when(largest & (pl.col("reason") == "")).then(pl.col("why").fill_null("")).otherwise("reason").alias("reason"),
    ).drop("off", "why")


def _number() -> pl.Expr:
    return pl.col("document_number").str.strip_chars()


def _reason() -> pl.Expr:
    """Why a line takes money off; its number, where it gives no reason."""
    return pl.when(pl.col("reason") == "").then(_number()).otherwise("reason")
