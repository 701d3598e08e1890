"""The same money at two amounts: digits exchanged or slipped, a digit keyed wrong, a fee that the bank kept back or added.

`named`: both name one number that nobody else names. `deducted`: a wire or a card settlement less a fee. `unnamed`: the party and the days agree, and the difference has one of the known
patterns; or the digits are the same and nothing rivals it. `left_over`: what nothing else explains, where days and a usual difference fit.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import polars as pl

from matching.bank_book import claims, lags, pairs
from matching.bank_book.schema import DIFFERENCE
from matching.bank_book.sides import Sides
from matching.bank_book.words import AGREES

FEE_MAX = 6_000
"""Minor units in currencies with two digits: what a bank takes for one payment."""
SHARE_MAX = 40
"""Thousandths of the amount that a card processor keeps back."""
_ERROR_SHARE = 5
FOREIGN_MAX = 30
"""Thousandths of the amount by which the bank's rate may differ from the books', where a row speaks of another currency."""
_CENTS, _USUAL_CENTS = 5, 25
"""A fee is a multiple of so many minor units, most are of the second; another difference may be anything."""
_SURE = 85
"""How alike the words must be for a difference without a number to be certain."""
TRANSPOSED, SLIPPED, FEE, SHARE, KEYED, RATE, SIGN, OTHER = "transposed", "slipped", "fee", "share", "keyed", "rate", "sign", "other"
_TOLD = {
    TRANSPOSED: "two digits are exchanged", SLIPPED: "the decimal point slipped", FEE: "the bank kept back or added a fee", SHARE: "the processor kept back its share",
    KEYED: "one digit differs", RATE: "the rate of exchange differs", SIGN: "the books have it with the opposite sign", OTHER: "the amounts differ",
}


def pattern(bank: pl.Expr, book: pl.Expr) -> pl.Expr:
    """How one of two amounts that differ may have become the other."""
    one, other, kept = bank.abs(), book.abs(), book - bank  # kept is positive where less came in, or more went out
    places = [10**place for place in range(_DIGITS_MAX)]
    same_length = one.cast(pl.String).str.len_chars() == other.cast(pl.String).str.len_chars()
    exchanged = pl.any_horizontal(_apart(one, other, place, 100) & (_digit(one, place) == _digit(other, 10 * place)) & (_digit(one, 10 * place) == _digit(other, place)) for place in places)
    keyed = pl.any_horizontal(_apart(one, other, place, 10) for place in places)
    return (
        pl.when(bank * book <= 0).then(pl.when(bank == -book).then(pl.lit(SIGN)).otherwise(pl.lit(OTHER)))
        .when(same_length & exchanged).then(pl.lit(TRANSPOSED)).when((one == 10 * other) | (other == 10 * one)).then(pl.lit(SLIPPED))
        .when(kept.is_between(1, FEE_MAX) & (kept * 5 <= other) & (kept % _CENTS == 0)).then(pl.lit(FEE))
        .when((book > 0) & (kept > 0) & (kept * 1000 <= book * SHARE_MAX)).then(pl.lit(SHARE)).when(same_length & keyed).then(pl.lit(KEYED)).otherwise(pl.lit(OTHER))
    )


def _digit(amount: pl.Expr, place: int) -> pl.Expr:
    return amount // place % 10


def _apart(one: pl.Expr, other: pl.Expr, place: int, digits: int) -> pl.Expr:
    """Whether the amounts are the same but for so many digits (10: one, 100: two) from a place on."""
    return (one // (digits * place) == other // (digits * place)) & (one % place == other % place)


def named(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of pairs that alone name a number."""
    lines = sides.bank_numbers.filter(pl.col("spread") <= 2).rename({"place": "b", "spread": "spread_bank"})
    entries = sides.book_numbers.filter(pl.col("spread") <= 2).rename({"place": "e", "spread": "spread_book"})
    likely = (pl.col("pattern") != OTHER) | (pl.col("gap") <= pl.col("amount").abs() // _ERROR_SHARE)
    found = _judged(lines.join(entries, on="number").select("b", "e").unique().sort("b", "e"), sides, costs, likely)
    return _claimed(found, sure=pl.col("pattern") != OTHER, confidence=930)


def deducted(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of wires and card settlements that a fee, the party and the days make certain."""
    lines = sides.bank.filter(pl.col("way").is_in(_DEDUCTED))
    return unnamed(replace(sides, bank=lines), costs).filter(pl.col("status") == claims.CERTAIN)


def unnamed(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of pairs whose party and days agree."""
    candidates = pl.concat([_of_one_party(sides), _of_exchanged_digits(sides), _of_one_way(sides)]).unique().sort("b", "e")
    party = pl.col("alike").fill_null(0) >= AGREES
    silent = ~party & ~pl.col("other")
    one_way = (pl.col("way") == pl.col("way_book")).fill_null(value=False) & pl.col("way").is_in(_DEDUCTED)
    near = pl.col("lag_cost") <= 5
    kept = (pl.col("pattern") != SHARE) | (pl.col("alike") >= _SURE) | one_way
    fits = (party & near & kept & ~pl.col("pattern").is_in([OTHER, KEYED])) | (party & (pl.col("pattern") == KEYED) & (pl.col("lag_cost") <= 3)) | (
        silent & (pl.col("pattern") == TRANSPOSED) & (pl.col("lag_cost") <= 3)) | (
        silent & one_way & pl.col("pattern").is_in([FEE, SHARE, RATE]) & (pl.col("lag_cost") <= 2))
    known = (pl.col("pattern") == TRANSPOSED) | ((pl.col("pattern") == FEE) & (pl.col("gap") % _USUAL_CENTS == 0))
    return _claimed(_judged(candidates, sides, costs, fits), sure=(pl.col("alike") >= _SURE) & known & (pl.col("lag_cost") <= 3), confidence=910)


def left_over(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of what nothing else explains: amounts whose difference has a usual pattern, where the days fit and nothing contradicts."""
    one_way = (pl.col("way") == pl.col("way_book")).fill_null(value=True)
    is_telling = (pl.col("amount") % claims.ROUND != 0) | (pl.col("amount_book") % claims.ROUND != 0)
    fits = one_way & is_telling & ~pl.col("other") & pl.col("pattern").is_in([TRANSPOSED, FEE, KEYED]) & (pl.col("lag_cost") <= _USUAL_LAG)
    near = _near(sides)
    found = _judged(near.pairs, sides, costs, fits)
    return _claimed(found, sure=pl.lit(value=False), confidence=700, rivalled=near.rivalled)


def wrong_sign(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of a line and an entry of the opposite amount whose party and days agree. What came back is no mistake."""
    of_banks, of_books = ({text: keys(text) for text in side["words"].unique()} for side, keys in ((sides.bank, sides.lexicon.bank_keys), (sides.book, sides.lexicon.book_keys)))
    lines = _keyed(sides.bank.filter(~pl.col("returned")), "b", of_banks)
    entries = _keyed(sides.book.filter(~pl.col("returned")), "e", of_books).with_columns(~pl.col("into"))
    near = pairs.joined(lines, entries, ["key", "currency", "into", "size"], (pl.col("day") - pl.col("day_book")).is_between(-4, 20)).unique().sort("b", "e")
    told = pairs.beside(near, sides, costs, lambda both: both.filter((pl.col("alike") >= AGREES) & (pl.col("lag_cost") <= 5)))
    return _claimed(told.with_columns(pl.lit(SIGN).alias("pattern")), sure=pl.lit(value=False), confidence=910)


def _judged(found: pl.DataFrame, sides: Sides, costs: lags.Costs, fits: pl.Expr) -> pl.DataFrame:
    """The pairs of two amounts with their evidence, `pattern` and `gap`, those that fit."""
    gap = (pl.col("amount") - pl.col("amount_book")).abs()
    at_a_rate = (pl.col("foreign") | pl.col("foreign_book")) & (gap * 1000 <= pl.col("amount_book").abs() * FOREIGN_MAX)

    def fitting(both: pl.DataFrame) -> pl.DataFrame:
        told = both.filter(
            (pl.col("currency") == pl.col("currency_book")) & (pl.col("amount") * pl.col("amount_book") > 0) & (pl.col("amount") != pl.col("amount_book"))
            & pl.col("lag").is_between(-10, 120) & ~pl.col("conflict")).with_columns(pattern(pl.col("amount"), pl.col("amount_book")).alias("pattern"), gap.alias("gap"))
        rated = at_a_rate & pl.col("pattern").is_in([OTHER, SHARE, KEYED])
        return told.with_columns(pl.when(rated).then(pl.lit(RATE)).otherwise("pattern").alias("pattern")).filter(fits)

    judged = pairs.beside(found, sides, costs, fitting)
    return judged.join(_made_up(judged, sides), on=["b", "e"], how="anti", maintain_order="left")


def _made_up(judged: pl.DataFrame, sides: Sides) -> pl.DataFrame:
    """The pairs (b, e) whose difference is a row of the smaller side, of the same days: the two rows together are no difference at all."""
    lines, entries = (
        side.filter(~pl.col("kind").str.contains("FEE|INTEREST") & (pl.col("amount") % claims.ROUND != 0)).select("currency", pl.col("day").alias("day_other"), pl.col("amount").alias("rest"))
        for side in (sides.bank, sides.book))
    missing = judged.with_columns((pl.col("amount_book") - pl.col("amount")).alias("rest"))
    at_bank = missing.filter(pl.col("rest") * pl.col("amount") > 0).join(lines, on=["currency", "rest"]).filter((pl.col("day") - pl.col("day_other")).abs() <= _BESIDE)
    in_books = missing.with_columns(-pl.col("rest")).filter(pl.col("rest") * pl.col("amount") > 0).join(entries, on=["currency", "rest"]).filter(
        (pl.col("day_book") - pl.col("day_other")).abs() <= _BESIDE)
    return pl.concat([at_bank.select("b", "e"), in_books.select("b", "e")]).unique()


def _claimed(found: pl.DataFrame, *, sure: pl.Expr, confidence: int, rivalled: pl.DataFrame | None = None) -> pl.DataFrame:
    """Claims of the pairs both of whose rows are in no other, nor the entry `rivalled` (e)."""
    alone = found.filter((pl.len().over("b") == 1) & (pl.len().over("e") == 1)).with_columns(sure.fill_null(value=False).alias("sure"))
    alone = alone if rivalled is None else alone.join(rivalled, on="e", how="anti", maintain_order="left")
    told = pl.col("pattern").replace_strict(_TOLD, return_dtype=pl.String)
    link = pl.when(pl.col("number") > 0).then(pl.lit("both name one number")).when(pl.col("alike") >= AGREES).then(pl.lit("the texts name the same party")).otherwise(pl.lit("the days fit"))
    return claims.of_pairs(alone.with_columns(
        pl.when("sure").then(pl.lit(claims.CERTAIN)).otherwise(pl.lit(claims.LIKELY)).alias("status"), pl.when("sure").then(confidence).otherwise(700).alias("confidence"),
        pl.format("{}: {}; at the bank {}", told, link, claims.days(pl.col("lag"))).alias("reason"),
    ), DIFFERENCE)


def _of_one_party(sides: Sides) -> pl.DataFrame:
    """Pairs near in time that share an entry's most telling words and are at most a fee, or a few digits, apart."""
    spread = {text: _pairs_of(sides.lexicon.rarest(text, 2)) for text in sides.book["words"].unique()}
    said = {text: _pairs_of(sorted(sides.lexicon.words_of(text))[:_WORDS_MAX]) for text in sides.bank["words"].unique()}
    entries, lines = _keyed(sides.book, "e", spread), _keyed(sides.bank, "b", said)
    common = _crowded(entries, ["key"], _COMMON)
    gap = (pl.col("size") - pl.col("size_book")).abs()
    same_length = pl.col("size").cast(pl.String).str.len_chars() == pl.col("size_book").cast(pl.String).str.len_chars()
    near = (pl.col("day") - pl.col("day_book")).is_between(-4, 30)
    fits = near & (_is_kept(gap) | (same_length & ((gap % 9 == 0) | gap.cast(pl.String).str.contains("^[1-9]0*$"))))
    key = ["key", "currency", "into"]
    told = pairs.joined(lines, entries.join(common, on="key", how="anti"), key, fits)
    several = common.filter(pl.col("key").str.contains(" ", literal=True))
    crowded = _of_near_amounts(lines.join(several, on="key", how="semi"), entries.join(several, on="key", how="semi"), key, near & _is_kept(gap))
    return pl.concat([told, crowded]).unique()


def _of_one_way(sides: Sides) -> pl.DataFrame:
    """Pairs of wires, and of card settlements, near in time of which one may be the other less what was kept back."""
    columns = ("currency", (pl.col("amount") > 0).alias("into"), "way", "day", pl.col("amount").abs().alias("size"))
    lines = sides.bank.filter(pl.col("way").is_in(_DEDUCTED)).select(pl.col("place").alias("b"), *columns)
    entries = sides.book.filter(pl.col("way").is_in(_DEDUCTED)).select(pl.col("place").alias("e"), *columns)
    of_days = lines.with_columns(pl.col("day") + pl.int_ranges(-_WAY_DAYS, 2)).explode("day")
    near = _of_near_amounts(of_days, entries, ["currency", "way", "into", "day"], _is_kept((pl.col("size") - pl.col("size_book")).abs()))
    return near.filter(pl.len().over("b") <= _NEAR_MAX)


def _is_kept(gap: pl.Expr) -> pl.Expr:
    """Whether an amount may be `size_book` less, or with, a fee or a share of it."""
    return (gap <= FEE_MAX) | (gap * 1000 <= pl.col("size_book") * SHARE_MAX)


class _Near(NamedTuple):
    """Pairs (b, e), and the entries (e) near to which there are lines that are in no pair, since too much is near to them."""

    pairs: pl.DataFrame
    rivalled: pl.DataFrame


def _near(sides: Sides) -> _Near:
    """Pairs of near days of which one amount may be the other with a fee, or with a digit or two keyed wrong."""
    near_day = (pl.col("day") - pl.col("day_book")).is_between(-1, pl.when(pl.col("is_check")).then(_CHECK_DAYS).otherwise(_WAY_DAYS))
    columns = ("currency", (pl.col("amount") > 0).alias("into"), "day", "is_check", pl.col("amount").abs().alias("size"))
    lines, entries = sides.bank.select(pl.col("place").alias("b"), *columns), sides.book.select(pl.col("place").alias("e"), *columns)
    kept = (pl.col("size_book") - pl.col("size")) * pl.when("into").then(1).otherwise(-1)
    fee = near_day & kept.is_between(1, FEE_MAX) & (kept % _CENTS == 0)
    ways = [(_beside(lines, _by_fee()), _at(entries, _by_fee()), ["currency", "into", "about"], fee),
            (_one_digit_masked(lines), _one_digit_masked(entries), ["currency", "into", "place", "rest"], near_day)]
    many = [(keyed.join(_crowded(others, key, _MANY), on=key, how="semi").select("b")) for keyed, others, key, _ in ways]
    crowded = pl.concat(many).unique()
    found = [pairs.joined(keyed.join(crowded, on="b", how="anti"), others, key, near) for keyed, others, key, near in ways]
    beside = [others.join(keyed.join(crowded, on="b", how="semi"), on=key, how="semi").select("e") for keyed, others, key, _ in ways]
    return _Near(pl.concat([_of_exchanged_digits(sides), *found]).unique(), pl.concat(beside).unique())


def _of_near_amounts(lines: pl.DataFrame, entries: pl.DataFrame, key: list[str], near: pl.Expr) -> pl.DataFrame:
    """Pairs (b, e) of one key that are near, and whose sizes are about FEE_MAX, or SHARE_MAX, apart."""
    found: list[pl.DataFrame] = []
    for about in (_by_fee(), pl.col("size").clip(1).log(1 + 1.25 * SHARE_MAX / 1000).floor().cast(pl.Int64)):
        others = _at(entries, about)
        calm = others.join(_crowded(others, [*key, "about"], _COMMON), on=[*key, "about"], how="anti")
        found.append(pairs.joined(_beside(lines, about), calm, [*key, "about"], near))
    return pl.concat(found).unique()


def _by_fee() -> pl.Expr:
    return pl.col("size") // FEE_MAX


def _at(rows: pl.DataFrame, about: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(about.alias("about"))


def _beside(rows: pl.DataFrame, about: pl.Expr) -> pl.DataFrame:
    """The rows about where they are, and one step to either side."""
    return pl.concat([rows.with_columns((about + step).alias("about")) for step in (-1, 0, 1)])


def _crowded(entries: pl.DataFrame, key: list[str], most: int) -> pl.DataFrame:
    """Keys that more entries share."""
    return entries.group_by(key).len().filter(pl.col("len") > most).select(key)


def _one_digit_masked(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, once for each digit of their amount: its `place`, and the amount without it (`rest`)."""
    return pl.concat([
        rows.filter(pl.col("size") >= place).with_columns(pl.lit(place, pl.Int64).alias("place"), (pl.col("size") // (10 * place) * place + pl.col("size") % place).alias("rest"))
        for place in (10**digits for digits in range(_DIGITS_MAX))
    ])


_DIGITS_MAX = 12
"""Digits of an amount that may be keyed wrong."""
_BESIDE = 1
"""Calendar days between two rows that are one money with a third."""
_CHECK_DAYS, _USUAL_LAG = 25, 3
_DEDUCTED, _WAY_DAYS = ("wire", "card"), 5
"""Ways on which something is kept back, and how many days before the bank's such an entry may stand."""
_NEAR_MAX = 100
"""Entries of its way near to a line; of more, none is told by its amount."""
_COMMON, _MANY, _WORDS_MAX = 300, 1_000, 12
"""Words, or a way and about one amount, that more entries share lead nowhere; so do amounts alone that so many are near to; of a bank text so many of the books'
words are looked at."""


def _pairs_of(words: list[str]) -> list[str]:
    """Each word, and each two of them."""
    ordered = sorted(words)
    return [*ordered, *(f"{one} {other}" for one, other in combinations(ordered, 2))]


def _keyed(rows: pl.DataFrame, name: str, keys: dict[str, list[str]]) -> pl.DataFrame:
    spread = pl.DataFrame({"words": list(keys), "key": list(keys.values())}, schema={"words": pl.String, "key": pl.List(pl.String)})
    told = rows.select(pl.col("place").alias(name), "currency", "day", pl.col("amount").abs().alias("size"), (pl.col("amount") > 0).alias("into"), "words")
    return told.join(spread, on="words").explode("key").drop_nulls("key").drop("words")


def _of_exchanged_digits(sides: Sides) -> pl.DataFrame:
    """Pairs near in time of which one amount has two digits beside each other exchanged."""
    columns = ("currency", (pl.col("amount") > 0).alias("into"), "day", pl.col("amount").abs().alias("size"))
    lines, entries = sides.bank.select(pl.col("place").alias("b"), *columns), sides.book.select(pl.col("place").alias("e"), *columns)
    size = pl.col("size")
    exchanged = pl.concat([
        lines.filter((size >= 10 * place) & (_digit(size, place) != _digit(size, 10 * place)) & ((size >= 100 * place) | (_digit(size, place) != 0)))
        .with_columns(size + (_digit(size, place) - _digit(size, 10 * place)) * 9 * place)
        for place in (10**digits for digits in range(_DIGITS_MAX))
    ])
    return pairs.joined(exchanged, entries, ["currency", "into", "size"], (pl.col("day") - pl.col("day_book")).is_between(-4, 20))
