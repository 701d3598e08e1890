"""The numbers that items go by, ready to be found: document number, purchase order, structured reference.

A number is read apart into letters and digits. The digits, as one integer, are the key under which it is found (leading zeros and
punctuation fall away); a number with letters behind digits (`24A17`) or with no digits at all has its whole spelling instead.

    INV-2024-00123   letters INV   keys 202400123 and 2024123
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from matching import normalize

SHORT_DIGITS = 5
"""Fewer digits than that are weak evidence when they stand in free text without the letters of the number."""

COMMON = 8
"""A key that more items share is looked up only among the items of the payer, or of the amount."""

LEARNED = "learned_shape"
"""The source of a number that a customer tells by a part of it."""

SOURCES = pl.Enum(["document_number", "po_number", "structured_reference", LEARNED])

SPELLED = {"i": pl.UInt32, "c": pl.UInt32, "source": SOURCES, "letters": pl.String, "squeezed": pl.String, "length": pl.UInt32, "open": pl.Int64}
KEYED = {"i": pl.UInt32, "c": pl.UInt32, "source": SOURCES, "letters": pl.Categorical, "length": pl.UInt32, "key": pl.UInt64, "open": pl.Int64}


@dataclass(frozen=True, slots=True)
class Numbers:
    """All numbers of a list of items; an item has a row for each way its number may be told."""

    by_digits: pl.DataFrame  # KEYED
    common: pl.DataFrame  # the keys that more than `COMMON` items share
    by_spelling: pl.DataFrame  # SPELLED: those with letters behind digits
    few_digits: pl.DataFrame  # SPELLED: those of so few digits that words of no more are not looked up by them
    prefixes: pl.Series  # the letters that numbers begin with
    shapes: pl.DataFrame  # letters, length, low, high: what a document number looks like in these books

    def spelled(self) -> pl.DataFrame:
        """SPELLED of the numbers that words are, letter by letter, without having their key."""
        return pl.concat([self.by_spelling, self.few_digits])

    def written(self, letters: pl.Series) -> pl.Series:
        """The numbers that begin with one of these letters and go on in figures, letter by letter."""
        own = self.by_digits.with_columns(pl.col("letters").cast(pl.String)).filter(pl.col("letters").is_in(letters.implode()))
        return own.select(pl.concat_str("letters", pl.col("key").cast(pl.String).str.zfill(pl.col("length")))).to_series()


def read(items: pl.DataFrame, learned: pl.DataFrame | None = None) -> Numbers:
    """The numbers of `items` (i, c, open, document_number, and po_number and structured_reference where they have them), and the parts by
    which their customers tell them (`learned`: c, form, start, stop)."""
    sources = [name for name in ("document_number", "po_number", "structured_reference") if name in items.columns]
    parts = pl.concat([_parts(items, source) for source in sources])
    digits = parts.filter(~pl.col("mixed"))
    as_written = digits.with_columns(normalize.digit_key(pl.col("digits")).alias("key"))
    gapped = digits.filter(pl.col("number").str.contains(r"[0-9][^0-9]+0"))
    closed_up = gapped.with_columns(
        normalize.digit_key(normalize.without_zeros(pl.col("number")).str.replace_all(r"[^0-9]", "")).alias("key"),
    )
    documents = as_written.filter(pl.col("source") == "document_number")
    number = ["i", "source", "key"]
    spread = closed_up.join(as_written.select(number).join(closed_up, on=number, how="semi"), on=number, how="anti")
    every = pl.concat([as_written, spread]).drop_nulls("key").select(*SPELLED, "key")
    if learned is not None and learned.height:
        every = pl.concat([every, _as_learned(parts, learned).join(every, on=["i", "key"], how="anti")])
    return Numbers(
        by_digits=every.select(pl.col("letters").cast(pl.Categorical) if name == "letters" else name for name in KEYED),
        common=_common(every["key"].sort()),
        by_spelling=parts.filter("mixed").select(list(SPELLED)),
        few_digits=every.filter(pl.col("length") < SHORT_DIGITS).select(list(SPELLED)),
        prefixes=documents["letters"].unique().sort(),
        shapes=documents.group_by("letters", "length").agg(pl.min("key").alias("low"), pl.max("key").alias("high")).sort("letters", "length"),
    )


def _common(keys: pl.Series) -> pl.DataFrame:
    """Of sorted keys those that stand there more than `COMMON` times."""
    return pl.DataFrame(keys.filter(keys == keys.shift(COMMON)).unique())


def _as_learned(parts: pl.DataFrame, learned: pl.DataFrame) -> pl.DataFrame:
    """SPELLED and `key` of the parts of numbers by which their customers tell them, where one part is one item's."""
    form = pl.col("squeezed").str.replace_all("[0-9]", "9").alias("form")
    told = parts.filter(pl.col("source") == "document_number").with_columns(form).join(learned, on=["c", "form"])
    piece = pl.col("squeezed").str.slice(pl.col("start"), pl.col("stop") - pl.col("start"))
    pieces = told.with_columns(piece.alias("squeezed"), pl.lit(LEARNED, SOURCES).alias("source"), pl.lit("").alias("letters"))
    keyed = pieces.with_columns(normalize.digit_key(pl.col("squeezed")).alias("key"), pl.col("squeezed").str.len_chars().alias("length")).drop_nulls("key")
    return keyed.unique(["i", "key"], keep="first", maintain_order=True).filter(pl.len().over("c", "key") == 1).select(*SPELLED, "key")


def _parts(items: pl.DataFrame, source: str) -> pl.DataFrame:
    told = items.filter(pl.col(source) != "")
    numbered = told.select("i", "c", "open", pl.lit(source, SOURCES).alias("source"), normalize.plain_numbers(told[source]).alias("number"))
    parts = normalize.number_parts(numbered).filter(pl.col("squeezed") != "")
    whole = pl.concat_str("letters", "digits")
    return parts.with_columns(
        pl.col("digits").str.len_chars().alias("length"),
        ((pl.col("squeezed") != whole) | (pl.col("digits") == "")).alias("mixed"),
    )
