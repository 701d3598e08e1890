"""Why a person must decide: one code of `schema.REASONS` for every receipt that does not post.

What is told is the first thing a clerk would have to clear up: a limit or a quarrel over an item, then what is wrong with the items named,
then the payer, then which items it is about.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from matching import amounts, certainty, customers, stated_amounts, unnamed
from matching.books import Books
from matching.hearing import Heard

BY_REFERENCE = frozenset((
    certainty.ADVICE, certainty.STRUCTURED, certainty.NUMBER, certainty.DIGITS, certainty.ORDER, certainty.RANGE, certainty.NEAR, certainty.SHORT,
    certainty.WITH_CREDIT, certainty.WITH_MORE, certainty.PART, certainty.MEANT,
))
OF_AMOUNT = {
    amounts.LATE: "late_discount", amounts.OVER: "over_payment", amounts.REST: "over_payment", amounts.SHORT: "short_payment", stated_amounts.MISMATCH: "remittance_mismatch",
    amounts.TOLD_DEDUCTION: "deduction", amounts.LIKELY_DEDUCTION: "deduction", amounts.UNSTATED_FEE: "short_payment", stated_amounts.DEDUCTION: "deduction", stated_amounts.CLAIM: "deduction", stated_amounts.CREDIT: "deduction", stated_amounts.ANOTHERS: "remittance_mismatch", stated_amounts.PARTLY_FOUND: "reference_not_found",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Receipts (r) with what is known of them beside their answers."""

    limited: pl.DataFrame  # the answer is above the limit
    contested: pl.DataFrame  # another receipt claims the item as well
    paid: pl.DataFrame  # what is named is closed, or was closed by this run
    unresolved: pl.DataFrame  # a number that looks like one of these books hits nothing
    paid_before: pl.DataFrame  # the payer has paid just this amount lately, and nothing open fits
    shared_number: pl.DataFrame  # the number is borne by items of several customers


def reasons(rest: pl.DataFrame, firsts: pl.DataFrame, heard: Heard, books: Books, known: Circumstances) -> pl.DataFrame:
    """The code (r, reason) for each of the receipts `rest`; `firsts` are their first answers as far as they have one."""
    flags = {
        "limited": known.limited, "contested": known.contested, "paid": known.paid, "unresolved": known.unresolved,
        "paid_before": known.paid_before, "shared_number": known.shared_number, "foreign": heard.foreign.select("r").unique(),
        "lined": books.remittance.select("r").unique(), "named": heard.text_hits.select("r").unique(),
    }
    told = rest.join(firsts, on="r", how="left").join(_payer(heard.candidates), on="r", how="left")
    for name, receipts in flags.items():
        told = told.with_columns(pl.col("r").is_in(receipts["r"].implode()).alias(name))
    return told.select("r", _code().alias("reason"))


def _payer(candidates: pl.DataFrame) -> pl.DataFrame:
    """R and what is known of the payer: certain, likely, or two that fit."""
    certain, similar = pl.col("level") >= customers.CERTAIN, pl.col("level") == customers.SIMILAR
    return candidates.group_by("r").agg(
        (certain.sum() == 1).alias("certain"), ((certain.sum() == 0) & (similar.sum() == 1)).alias("likely"),
        ((certain.sum() > 1) | ((certain.sum() == 0) & (similar.sum() > 1)) | (pl.col("evidence") == "name_twin").any()).alias("several"),
    )


def _code() -> pl.Expr:
    by_reference = pl.col("rule").is_in(sorted(BY_REFERENCE)).fill_null(value=False)
    settled = pl.col("amount_evidence").is_in(sorted(certainty.SETTLED)).fill_null(value=False)
    known = pl.col("certain").fill_null(value=False) | pl.col("likely").fill_null(value=False)
    return (
        pl.when("limited").then(pl.lit("amount_limit"))
        .when("contested").then(pl.lit("contested_item"))
        .when(by_reference).then(_about_what_is_named(settled))
        .when("paid").then(pl.lit("already_paid"))
        .when("foreign").then(pl.lit("currency_mismatch"))
        .when(pl.col("several").fill_null(value=False) | pl.col("payer_evidence").is_in(["name_twin", "ambiguous"]).fill_null(value=False)).then(pl.lit("ambiguous_payer"))
        .when(~known).then(pl.lit("unknown_payer"))
        .when(pl.col("unresolved") | pl.col("lined")).then(pl.lit("reference_not_found"))
        .when(settled & (pl.col("rivals") > 0)).then(pl.lit("ambiguous_items"))
        .when(settled & (pl.col("rule") != unnamed.LOOSE_SET)).then(pl.lit("weak_evidence"))
        .when((pl.col("rule") == certainty.ABROAD_BY_AMOUNT).fill_null(value=False)).then(pl.lit("currency_mismatch"))
        .when("paid_before").then(pl.lit("already_paid"))
        .otherwise(pl.lit("no_reference"))
    )


def _about_what_is_named(settled: pl.Expr) -> pl.Expr:
    not_open = pl.col("amount_evidence").is_in([amounts.OVER, amounts.REST, stated_amounts.PARTLY_FOUND]) | (pl.col("rule") == certainty.WITH_MORE)
    return (
        pl.when(pl.col("payer_evidence") == "contradicted").then(pl.lit("third_party_payer"))
        .when(not_open & pl.col("paid")).then(pl.lit("already_paid"))
        .when(not_open & pl.col("unresolved")).then(pl.lit("reference_not_found"))
        .when("shared_number").then(pl.lit("ambiguous_payer"))
        .when(pl.col("rule") == certainty.WITH_MORE).then(pl.lit("over_payment"))
        .when((pl.col("rule") == certainty.MEANT) | ((pl.col("rule") == certainty.PART) & pl.col("lined"))).then(pl.lit("remittance_mismatch"))
        .when((pl.col("rule") == certainty.WITH_CREDIT) & pl.col("lined")).then(pl.lit("deduction"))
        .when(pl.col("rule").is_in([certainty.WITH_CREDIT, certainty.PART])).then(pl.lit("short_payment"))
        .when(settled & (pl.col("rivals") > 0)).then(pl.lit("ambiguous_items"))
        .otherwise(pl.col("amount_evidence").replace_strict(OF_AMOUNT, default="weak_evidence", return_dtype=pl.String))
    )
