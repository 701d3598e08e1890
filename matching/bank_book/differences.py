"""The same money at two amounts: digits exchanged or slipped, a digit keyed wrong, a fee that the bank kept back or added.

`named`: both name one number that nobody else names. `deducted`: a wire or a card settlement less a fee. `unnamed`: the party and the days agree, and the difference has one of the known
patterns; or the digits are the same and nothing rivals it. `left_over`: what nothing else explains, where days and a usual difference fit.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

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


def pattern(bank: int, book: int) -> str:
    """How one amount may have become the other.

    >>> pattern(-58210, -52810), pattern(99500, 101000), pattern(12000, 1200), pattern(45670, 45170), pattern(500, -500), pattern(500, 99900)
    ('transposed', 'fee', 'slipped', 'keyed', 'sign', 'other')
    """
    if bank * book <= 0:
        return SIGN if bank == -book else OTHER
    one, other = str(abs(bank)), str(abs(book))
    differing = [place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    if len(one) == len(other) and len(differing) == 2 and differing[1] == differing[0] + 1 and one[differing[0]] == other[differing[1]] and one[differing[1]] == other[differing[0]]:
        return TRANSPOSED
    if abs(bank) == 10 * abs(book) or abs(book) == 10 * abs(bank):
        return SLIPPED
    kept = book - bank  # positive: less came in, or more went out
    if 0 < kept <= FEE_MAX and kept * 5 <= abs(book) and kept % _CENTS == 0:
        return FEE
    if book > 0 and 0 < kept * 1000 <= book * SHARE_MAX:
        return SHARE
    if len(one) == len(other) and len(differing) == 1:
        return KEYED
    return OTHER


def named(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of pairs that alone name a number."""
    lines = sides.bank_numbers.filter(pl.col("spread") <= 2).rename({"place": "b", "spread": "spread_bank"})
    entries = sides.book_numbers.filter(pl.col("spread") <= 2).rename({"place": "e", "spread": "spread_book"})
    found = _judged(lines.join(entries, on="number").select("b", "e").unique().sort("b", "e"), sides, costs)
    likely = found.filter((pl.col("pattern") != OTHER) | (pl.col("gap") <= pl.col("amount").abs() // _ERROR_SHARE))
    return _claimed(likely, sure=pl.col("pattern") != OTHER, confidence=930)


def deducted(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of wires and card settlements that a fee, the party and the days make certain."""
    lines = sides.bank.filter(pl.col("way").is_in(_DEDUCTED))
    return unnamed(replace(sides, bank=lines), costs).filter(pl.col("status") == claims.CERTAIN)


def unnamed(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of pairs whose party and days agree."""
    candidates = pl.concat([_of_one_party(sides), _of_equal_digits(sides), _of_one_way(sides)]).unique().sort("b", "e")
    found = _judged(candidates, sides, costs)
    party = pl.col("alike").fill_null(0) >= AGREES
    silent = ~party & ~pl.col("other")
    one_way = (pl.col("way") == pl.col("way_book")).fill_null(value=False) & pl.col("way").is_in(_DEDUCTED)
    near = pl.col("lag_cost") <= 5
    kept = (pl.col("pattern") != SHARE) | (pl.col("alike") >= _SURE) | one_way
    fits = (party & near & kept & ~pl.col("pattern").is_in([OTHER, KEYED])) | (party & (pl.col("pattern") == KEYED) & (pl.col("lag_cost") <= 3)) | (
        silent & (pl.col("pattern") == TRANSPOSED) & (pl.col("lag_cost") <= 3)) | (
        silent & one_way & pl.col("pattern").is_in([FEE, SHARE, RATE]) & (pl.col("lag_cost") <= 2))
    known = (pl.col("pattern") == TRANSPOSED) | ((pl.col("pattern") == FEE) & (pl.col("gap") % _USUAL_CENTS == 0))
    return _claimed(found.filter(fits), sure=(pl.col("alike") >= _SURE) & known & (pl.col("lag_cost") <= 3), confidence=910)


def left_over(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of what nothing else explains: amounts whose difference has a usual pattern, where the days fit and nothing contradicts."""
    found = _judged(_near(sides), sides, costs)
    one_way = (pl.col("way") == pl.col("way_book")).fill_null(value=True)
    is_telling = (pl.col("amount") % claims.ROUND != 0) | (pl.col("amount_book") % claims.ROUND != 0)
    fits = one_way & is_telling & ~pl.col("other") & pl.col("pattern").is_in([TRANSPOSED, FEE, KEYED]) & (pl.col("lag_cost") <= _USUAL_LAG)
    return _claimed(found.filter(fits), sure=pl.lit(value=False), confidence=700)


def wrong_sign(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of a line and an entry of the opposite amount whose party and days agree. What came back is no mistake."""
    lines = sides.bank.filter(~pl.col("returned")).select(pl.col("place").alias("b"), "currency", "amount", "day")
    entries = sides.book.filter(~pl.col("returned")).select(pl.col("place").alias("e"), "currency", (-pl.col("amount")).alias("amount"), pl.col("day").alias("day_book"))
    near = lines.join(entries, on=["currency", "amount"]).filter((pl.col("day") - pl.col("day_book")).is_between(-4, 20)).select("b", "e").sort("b", "e")
    told = pairs.beside(near, sides, costs).filter((pl.col("alike") >= AGREES) & (pl.col("lag_cost") <= 5)).with_columns(pl.lit(SIGN).alias("pattern"))
    return _claimed(told, sure=pl.lit(value=False), confidence=910)


def _judged(found: pl.DataFrame, sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    told = pairs.beside(found, sides, costs).filter(
        (pl.col("currency") == pl.col("currency_book")) & (pl.col("amount") * pl.col("amount_book") > 0) & (pl.col("amount") != pl.col("amount_book"))
        & pl.col("lag").is_between(-10, 120) & ~pl.col("conflict"))
    patterns = [pattern(bank, book) for bank, book in told.select("amount", "amount_book").iter_rows()]
    gap = (pl.col("amount") - pl.col("amount_book")).abs()
    at_a_rate = (pl.col("foreign") | pl.col("foreign_book")) & (gap * 1000 <= pl.col("amount_book").abs() * FOREIGN_MAX)
    kept = pl.Series("pattern", patterns, dtype=pl.String)
    judged = told.with_columns(pl.when(at_a_rate & kept.is_in([OTHER, SHARE, KEYED])).then(pl.lit(RATE)).otherwise(kept).alias("pattern"), gap.alias("gap"))
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


def _claimed(found: pl.DataFrame, *, sure: pl.Expr, confidence: int) -> pl.DataFrame:
    alone = found.filter((pl.len().over("b") == 1) & (pl.len().over("e") == 1)).with_columns(sure.fill_null(value=False).alias("sure"))
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
    common = entries.group_by("key").len().filter(pl.col("len") > _COMMON)
    gap = (pl.col("amount") - pl.col("amount_book")).abs()
    same_length = pl.col("amount").abs().cast(pl.String).str.len_chars() == pl.col("amount_book").abs().cast(pl.String).str.len_chars()
    near = (pl.col("day") - pl.col("day_book")).is_between(-4, 30)
    fits = near & ((gap <= FEE_MAX) | (gap * 1000 <= pl.col("amount_book").abs() * SHARE_MAX) | (same_length & ((gap % 9 == 0) | gap.cast(pl.String).str.contains("^[1-9]0*$"))))
    return pairs.joined(lines, entries.join(common, on="key", how="anti"), ["key", "currency", "into"], fits).unique()


def _of_one_way(sides: Sides) -> pl.DataFrame:
    """Pairs of wires, and of card settlements, near in time of which one may be the other less what was kept back."""
    key = ["currency", "way", "into"]
    lines = sides.bank.filter(pl.col("way").is_in(_DEDUCTED)).select(pl.col("place").alias("b"), "currency", "way", "day", "amount", (pl.col("amount") > 0).alias("into"))
    entries = sides.book.filter(pl.col("way").is_in(_DEDUCTED)).select(pl.col("place").alias("e"), "currency", "way", "day", "amount", (pl.col("amount") > 0).alias("into"))
    joined = lines.with_columns(pl.col("day") + pl.int_ranges(-_WAY_DAYS, 2)).explode("day").join(entries, on=[*key, "day"], suffix="_book")
    kept = pl.col("amount_book") - pl.col("amount")
    return joined.filter((kept.abs() <= FEE_MAX) | (kept.abs() * 1000 <= pl.col("amount_book").abs() * SHARE_MAX)).select("b", "e")


def _near(sides: Sides) -> pl.DataFrame:
    """Pairs of near days of which one amount may be the other with a fee, or with a digit or two keyed wrong."""
    near_day = (pl.col("day") - pl.col("day_book")).is_between(-1, pl.when(pl.col("is_check")).then(_CHECK_DAYS).otherwise(_WAY_DAYS))
    columns = ("currency", (pl.col("amount") > 0).alias("into"), "day", "is_check", pl.col("amount").abs().alias("size"))
    lines, entries = sides.bank.select(pl.col("place").alias("b"), *columns), sides.book.select(pl.col("place").alias("e"), *columns)
    kept = (pl.col("size_book") - pl.col("size")) * pl.when("into").then(1).otherwise(-1)
    beside = pl.concat([lines.with_columns((pl.col("size") // FEE_MAX + step).alias("key")) for step in (-1, 0, 1)])
    fees = pairs.joined(beside, entries.with_columns((pl.col("size") // FEE_MAX).alias("key")), ["currency", "into", "key"], near_day & kept.is_between(1, FEE_MAX) & (kept % _CENTS == 0))
    keyed = pairs.joined(_one_digit_masked(lines), _one_digit_masked(entries), ["currency", "into", "key"], near_day)
    return pl.concat([_of_equal_digits(sides), fees, keyed]).unique()


def _one_digit_masked(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, once for each digit of their amount, with the amount without that digit as `key`."""
    text = pl.col("size").cast(pl.String)
    masked = [
        rows.with_columns(pl.format("{}_{}", text.str.slice(0, place), text.str.slice(place + 1)).alias("key")).filter(pl.col("size") >= 10**place)
        for place in range(_DIGITS_MAX)
    ]
    return pl.concat(masked)


_DIGITS_MAX = 12
"""Digits of an amount that may be keyed wrong."""
_BESIDE = 1
"""Calendar days between two rows that are one money with a third."""
_CHECK_DAYS, _USUAL_LAG = 25, 3
_DEDUCTED, _WAY_DAYS = ("wire", "card"), 5
"""Ways on which something is kept back, and how many days before the bank's such an entry may stand."""
_COMMON, _WORDS_MAX = 300, 12
"""A key that more entries share leads nowhere; of a bank text so many of the books' words are looked at."""


def _pairs_of(words: list[str]) -> list[str]:
    """Each word, and each two of them."""
    ordered = sorted(words)
    return [*ordered, *(f"{one} {other}" for one, other in combinations(ordered, 2))]


def _keyed(rows: pl.DataFrame, name: str, keys: dict[str, list[str]]) -> pl.DataFrame:
    spread = pl.DataFrame({"words": list(keys), "key": list(keys.values())}, schema={"words": pl.String, "key": pl.List(pl.String)})
    told = rows.select(pl.col("place").alias(name), "currency", "day", "amount", (pl.col("amount") > 0).alias("into"), "words")
    return told.join(spread, on="words").explode("key").drop_nulls("key").drop("words")


def _of_equal_digits(sides: Sides) -> pl.DataFrame:
    """Pairs near in time whose amounts have the same digits."""
    def digits(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.select(pl.col("place").alias(name), "currency", "day", (pl.col("amount") > 0).alias("into"),
                            pl.col("amount").abs().cast(pl.String).str.split("").list.sort().list.join("").alias("digits"))

    return pairs.joined(digits(sides.bank, "b"), digits(sides.book, "e"), ["currency", "into", "digits"], (pl.col("day") - pl.col("day_book")).is_between(-4, 20))
