"""Lines and entries of equal amount: one to one, by number, by words, by the lag, and in their order where nothing else tells them apart.

`strong` takes a pair when a number or words speak for it, `quiet` when nothing else has its amount or the order of dates fits, and nothing
speaks against it. `weak` takes, at the end, what has no rival though its words differ; such a pair is a suggestion, and a round amount is not enough for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import polars as pl

from matching.bank_book import assign, claims, lags, pairs
from matching.bank_book.doubts import APART
from matching.bank_book.schema import ONE_TO_ONE
from matching.bank_book.sides import Sides
from matching.bank_book.words import AGREES, DISAGREES

NEAR = (-10, 20)
NEAR_CHECK = (-5, 75)
FAR = (-20, 120)
"""Calendar days from the book's date to the bank's within which an equal amount is looked for; FAR where a number speaks for it."""
OVERLAP_MAX = 1_600
"""Lines times entries of one amount up to which the best assignment is computed exactly."""
CROWDED = 20_000
"""Lines times entries of one amount above which only those that share a telling word or a number are looked at."""
MARGIN = 15.0
OTHER_WAY = 12.0
"""Points that it costs where the two sides say that the money went different ways: a check, a clearing house, a wire."""
SAME_WAY = 8.0
"""Points for the same way on both sides."""
TWICE = 30.0
"""Points for each time that the same entry, number and all, stands in the books before: the bank paid the first."""
CLEAR = 90
"""How alike the words of a round amount must be: others of the same name's beginning have it too."""
_NAMED = 1_000
"""More than any likeness: what a number that both name is worth."""
_LONG = 6
"""Digits and letters of a number that no other number happens to equal."""
_FORBIDDEN = assign.FORBIDDEN


def named(sides: Sides) -> pl.DataFrame:
    """Pairs that share a number and the amount, where neither has a rival: claims."""
    key = ["currency", "amount", "number"]
    lines = sides.bank_numbers.filter(pl.col("spread") <= 40).join(sides.bank.select("place", "currency", "amount", "day", "check"), on="place")
    entries = sides.book_numbers.filter(pl.col("spread") <= 40).join(sides.book.select("place", "currency", "amount", "day", "check"), on="place")
    found = lines.rename({"place": "b"}).join(entries.rename({"place": "e", "day": "day_book", "spread": "spread_book"}), on=key)
    found = found.with_columns((pl.col("day") - pl.col("day_book")).alias("lag")).filter(
        pl.col("lag").is_between(*FAR) & (pl.col("check").eq_missing(pl.col("check_right")) | pl.any_horizontal(pl.col("check", "check_right").is_null())))
    best = found.group_by("b", "e").agg(
        pl.col("number").sort_by(pl.col("spread") + pl.col("spread_book"), -pl.col("number").str.len_chars().cast(pl.Int64), "number").first(), pl.col("lag").first())
    alone = best.filter((pl.len().over("b") == 1) & (pl.len().over("e") == 1)).sort("b")
    told = alone.join(pairs.beside(alone, sides, lags.expected()).select("b", "e", "other", "check", "check_book"), on=["b", "e"])
    short = (pl.col("number").str.len_chars() < _LONG) & (pl.col("check") != pl.col("check_book")).fill_null(value=True)
    meant = told.filter(~short | (~pl.col("other") & (pl.col("lag") >= NEAR_CHECK[0])))
    reason = pl.format("same amount, both name {}; at the bank {}", "number", claims.days(pl.col("lag")))
    return claims.of_pairs(meant.with_columns(pl.lit(claims.CERTAIN).alias("status"), pl.lit(990).alias("confidence"), reason.alias("reason")), ONE_TO_ONE)


def strong(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of equal amount with a number or words that speak for them."""
    return _assigned(sides, costs).filter("speaks").drop("speaks")


def quiet(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """Claims of equal amount with nothing that speaks against them, where the amount is one that chance does not repeat."""
    return _assigned(replace(sides, bank=sides.bank.filter(pl.col("amount") % claims.ROUND != 0)), costs).drop("speaks")


def common(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """The same where the amount is round."""
    return _assigned(sides, costs).drop("speaks")


def weak(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """What is left and has no rival of its amount, though the words differ."""
    meant = ~pl.col("conflict") & ~pl.col("other") & (pl.col("amount") % claims.ROUND != 0) & (pl.col("lag_cost") < 6)
    candidates = pl.concat(found.filter(meant) for found in _candidates(sides, costs))
    alone = candidates.filter((pl.len().over("b") == 1) & (pl.len().over("e") == 1))
    reason = pl.format("nothing else has this amount, but the texts differ; at the bank {}", claims.days(pl.col("lag")))
    return claims.of_pairs(alone.with_columns(pl.lit(claims.LIKELY).alias("status"), pl.lit(600).alias("confidence"), reason.alias("reason")), ONE_TO_ONE)


def _candidates(sides: Sides, costs: lags.Costs) -> Iterator[pl.DataFrame]:
    """All pairs of equal amount that lie near enough, with their evidence: those of some amounts after those of others."""
    lines = sides.bank.select(pl.col("place").alias("b"), *_KEY, "day", "is_check")
    entries = sides.book.select(pl.col("place").alias("e"), *_KEY, pl.col("day").alias("day_book"), pl.col("is_check").alias("is_check_book"))
    check = pl.col("is_check") | (pl.col("is_check_book") & (pl.col("amount") < 0))
    near = pl.when(check).then(_LAG.is_between(*NEAR_CHECK)).otherwise(_LAG.is_between(*NEAR))
    crowded = _crowded(lines, entries, _KEY)
    calm = pairs.joined(lines.join(crowded, on=_KEY, how="anti"), entries, _KEY, near | _LAG.is_between(*FAR))
    within = pl.when("is_check").then(pl.col("lag").is_between(*NEAR_CHECK)).otherwise(pl.col("lag").is_between(*NEAR))
    close = within | (pl.col("number") == 2) | ((pl.col("number") == 1) & (pl.col("alike") >= AGREES) & (pl.col("lag") > 0) & pl.col("is_check"))
    for some in _by_amount(pl.concat([calm, _speaking(sides, crowded)]).unique(), lines):
        yield pairs.beside(some, sides, costs, lambda both: both.filter(close))


_KEY = ["currency", "amount"]
_LAG = pl.col("day") - pl.col("day_book")
_AT_ONCE = 100_000
"""So many pairs are assigned at once, and those that have their amounts."""


def _by_amount(found: pl.DataFrame, lines: pl.DataFrame) -> list[pl.DataFrame]:
    """The pairs (b, e) in pieces, all of an amount in one."""
    told = found.join(lines.select("b", *_KEY), on="b").sort(*_KEY, "b", "e").with_row_index("nth")
    return told.select("b", "e", (pl.col("nth").first().over(_KEY) // _AT_ONCE).alias("piece")).partition_by("piece", maintain_order=True, include_key=False) or [found]


def _speaking(sides: Sides, crowded: pl.DataFrame) -> pl.DataFrame:
    """Pairs (b, e) of a crowded amount that share a telling word or a number: nothing else can tell them apart. Where very many have the word as well, of
    those that share all that tells of the entry; where very many have that, too, of those of a few days."""
    lines = sides.bank.join(crowded, on=_KEY, how="semi").select(pl.col("place").alias("b"), *_KEY, "day", "words")
    entries = sides.book.join(crowded, on=_KEY, how="semi").select(pl.col("place").alias("e"), *_KEY, pl.col("day").alias("day_book"), pl.col("words").alias("words_book"))
    said = {text: sorted(sides.lexicon.words_of(text)) for text in lines["words"].unique()}
    told = {text: sorted(sides.lexicon.rarest(text, 2)) for text in entries["words_book"].unique()}
    word, name = [*_KEY, "telling"], [*_KEY, "telling", "day_book"]
    by_word = (_telling(lines, "words", said), _telling(entries, "words_book", told))
    by_name = (_telling(lines, "words", {text: [*words, *map(" ".join, combinations(words, 2))] for text, words in said.items()}),
               _telling(entries, "words_book", {text: [" ".join(words)] for text, words in told.items() if words}))
    by_number = (sides.bank_numbers.rename({"place": "b", "number": "telling"}).join(lines, on="b"), sides.book_numbers.rename({"place": "e", "number": "telling"}).join(entries, on="e"))
    many = by_name[0].join(_crowded(*by_name, word), on=word, how="semi").with_columns((pl.col("day") - pl.int_ranges(-1, _FEW_DAYS)).alias("day_book")).explode("day_book")
    return pl.concat([_calm(*by_word, word, NEAR), _calm(*by_name, word, NEAR), _calm(*by_number, word, FAR), _calm(many, by_name[1], name, NEAR)]).unique()


_FEW_DAYS = 5
"""Days after an entry's within which its bank line is looked for where very many are alike."""


def _telling(rows: pl.DataFrame, column: str, words: dict[str, list[str]]) -> pl.DataFrame:
    """The rows, one for each of their words (`telling`)."""
    spread = pl.DataFrame({column: list(words), "telling": list(words.values())}, schema={column: pl.String, "telling": pl.List(pl.String)})
    return rows.join(spread, on=column).explode("telling").drop_nulls("telling").drop(column)


def _calm(lines: pl.DataFrame, entries: pl.DataFrame, key: list[str], lag: tuple[int, int]) -> pl.DataFrame:
    """Pairs (b, e) of one key, where no very many have it, so many days apart."""
    return pairs.joined(lines.join(_crowded(lines, entries, key), on=key, how="anti"), entries, key, _LAG.is_between(*lag))


def _crowded(lines: pl.DataFrame, entries: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Keys that very many rows have."""
    both = lines.group_by(key).len("n").join(entries.group_by(key).len("n_book"), on=key)
    return both.filter(pl.col("n").cast(pl.Int64) * pl.col("n_book").cast(pl.Int64) > CROWDED).select(key)


def _score() -> pl.Expr:
    """What speaks for a pair in points, less what its lag costs; in order of dates where all else is equal."""
    words = pl.when(pl.col("alike") >= AGREES).then(pl.col("alike") - 30).when(pl.col("alike") < DISAGREES).then(5).otherwise(20).fill_null(20)
    numbers = pl.when(pl.col("number") == 2).then(100).when(pl.col("number") == 1).then(25).otherwise(0)
    days = pl.col("lag_banking").abs().clip(0, 6)
    other_way = pl.when(pl.col("way") != pl.col("way_book")).then(OTHER_WAY).when(pl.col("way") == pl.col("way_book")).then(-SAME_WAY).otherwise(0.0)
    steady = pl.when("is_check").then(0.1).otherwise(1.0) * days**2  # of two ways to pair a series the one with equal lags
    return (words + numbers - other_way - 8.0 * pl.col("lag_cost") - steady - TWICE * pl.col("again") + 60.0).alias("score")


def _assigned(sides: Sides, costs: lags.Costs) -> pl.DataFrame:
    """The best pairs of equal amount, each judged; `speaks` tells whether a number or words speak for it."""
    return pl.concat(_of_some(candidates) for candidates in _candidates(sides, costs))


def _of_some(candidates: pl.DataFrame) -> pl.DataFrame:
    """What `_assigned` tells of the amounts of these candidates."""
    scored = candidates.filter(~pl.col("conflict") & ~pl.col("other")).with_columns(_score())
    single = (pl.len().over("b") == 1) & (pl.len().over("e") == 1)
    alone = scored.filter(single & (pl.col("score") > 0)).with_columns(pl.lit(1e3).alias("margin"))
    chosen = pl.concat([alone, _best(scored.filter(~single))])
    disputed = candidates.filter("other").group_by("b").agg(pl.lit(value=True).alias("has_other"))
    return _judged(_rivalled(chosen, scored).join(disputed, on="b", how="left", maintain_order="left"))


def _rivalled(chosen: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """The chosen pairs with `by_days`: less than a week away there is another line, or another entry, whose words fit as well and which has no
    better place, so that days alone tell it apart."""
    others = scored.filter(pl.col("alike") >= AGREES).join(chosen, on=["b", "e"], how="anti")
    doubted = chosen
    for side, other, least in (("b", "e", pl.col("alike_mine")), ("e", "b", pl.lit(AGREES))):
        mine = chosen.filter(pl.col("alike") >= AGREES).select(side, pl.col("alike").alias("alike_mine"), pl.col("lag").alias("lag_mine"), pl.col("again").alias("again_mine"))
        elsewhere = chosen.select(other, pl.when(pl.col("number") == 2).then(_NAMED).otherwise("alike").alias("elsewhere"))
        rivals = others.join(mine, on=side).join(elsewhere, on=other, how="left").filter(
            ((pl.col("lag") - pl.col("lag_mine")).abs() <= APART) & (pl.col("again") <= pl.col("again_mine")) & (pl.col("alike") >= least) & (pl.col("elsewhere").fill_null(0) < pl.col("alike")))
        doubted = doubted.join(rivals.select(side, pl.lit(value=True).alias(f"doubt_{side}")).unique(), on=side, how="left", maintain_order="left")
    return doubted.with_columns(pl.any_horizontal(pl.col("doubt_b", "doubt_e").fill_null(value=False)).alias("by_days")).drop("doubt_b", "doubt_e")


def _best(rivals: pl.DataFrame) -> pl.DataFrame:
    """For each amount the best assignment; `margin` is how far each pair is ahead of its best rival."""
    ranked = rivals.with_columns((pl.col(side).rank("dense").over(_KEY).cast(pl.Int64) - 1).alias(f"nth_{side}") for side in ("b", "e")).with_columns(
        ((pl.max("nth_b") + 1) * (pl.max("nth_e") + 1)).over(_KEY).alias("size"))
    many = ranked.filter(pl.col("size") > OVERLAP_MAX).drop("nth_b", "nth_e", "size")
    few = ranked.filter(pl.col("size") <= OVERLAP_MAX).sort(_KEY, maintain_order=True)
    b, e, row, column, score = (few[name].to_numpy() for name in ("b", "e", "nth_b", "nth_e", "score"))
    ends = np.cumsum(few.group_by(_KEY, maintain_order=True).len()["len"].to_numpy()).tolist()
    taken: list[tuple[int, int, float]] = []
    for start, end in pairwise([0, *ends]):
        rows, columns = row[start:end], column[start:end]
        scores = np.full((int(rows.max()) + 1, int(columns.max()) + 1), _FORBIDDEN)
        scores[rows, columns] = score[start:end]
        at = {(x, y): n for n, (x, y) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True), start)}
        taken += [(int(b[at[pair]]), int(e[at[pair]]), _margin(scores, *pair)) for pair in assign.best(scores)]
    told = pl.DataFrame(taken, schema={"b": pl.Int64, "e": pl.Int64, "margin": pl.Float64}, orient="row")
    return pl.concat([rivals.join(told, on=["b", "e"]), *(_mutual(group) for group in many.partition_by(_KEY, maintain_order=True))])


def _margin(score: np.ndarray[tuple[int, int], np.dtype[np.float64]], row: int, column: int) -> float:
    mine, score[row, column] = score[row, column], -np.inf
    best = max(score[row].max(), score[:, column].max())
    score[row, column] = mine
    return min(float(mine - best), 1e3)


def _mutual(group: pl.DataFrame) -> pl.DataFrame:
    """Where very many have one amount: again and again the pairs that are the best of both their rows. What was taken before stays a rival."""
    parts: list[pl.DataFrame] = []
    rest = group.filter(pl.col("score") > 0)
    while rest.height:
        order = ["score", "day_book", "day", "b", "e"]
        ranked = rest.sort(order, descending=[True, False, False, False, False])
        best = ranked.filter((pl.int_range(pl.len()).over("b") == 0) & (pl.int_range(pl.len()).over("e") == 0))
        parts.append(best)
        rest = rest.join(best.select("b"), on="b", how="anti").join(best.select("e"), on="e", how="anti")
    chosen = pl.concat(parts) if parts else group.clear()
    others = group.join(chosen.select("b", "e"), on=["b", "e"], how="anti")
    rival = [others.group_by(side).agg(pl.col("score").max().alias(f"rival_{side}")) for side in ("b", "e")]
    beside = chosen.join(rival[0], on="b", how="left", maintain_order="left").join(rival[1], on="e", how="left", maintain_order="left")
    margin = (pl.col("score") - pl.max_horizontal("rival_b", "rival_e")).fill_null(1e3)
    return beside.with_columns(margin.alias("margin")).drop("rival_b", "rival_e")


def _judged(chosen: pl.DataFrame) -> pl.DataFrame:
    """Status, confidence and reason of the chosen pairs."""
    ahead = pl.col("margin") >= MARGIN
    by_number, by_words, silent = pl.col("number") == 2, pl.col("alike").fill_null(0) >= AGREES, pl.col("alike").is_null()
    clear = (pl.col("amount") % claims.ROUND != 0) | (pl.col("alike") >= CLEAR)
    single = pl.col("margin") >= 500
    usual = (pl.col("amount") % claims.ROUND != 0) & (pl.col("lag_cost") <= pl.when(pl.col("way") == pl.col("way_book")).then(4).otherwise(1.5))
    near = pl.col("lag_cost") <= pl.when(pl.col("amount") % claims.ROUND == 0).then(1).otherwise(6)
    one_kind = pl.col("returned") == pl.col("returned_book")  # money taken back is another thing than money paid
    one_way = (pl.col("way") == pl.col("way_book")).fill_null(value=True)
    certain = (by_number | (by_words & clear & near & one_kind & ~pl.col("by_days")) | (silent & single & usual & one_way & pl.col("has_other").is_null())) & ahead
    confidence = (
        pl.when(~ahead).then(700).when(by_number).then(985).when(by_words & (pl.col("lag_cost") <= 5)).then(960).when(by_words).then(930)
        .when(certain).then(900).when(single).then(800).otherwise(750)
    )
    what = (
        pl.when(by_number).then(pl.lit("same amount, and a number that both name"))
        .when(by_words).then(pl.lit("same amount, and the texts name the same party"))
        .when(single).then(pl.lit("nothing else has this amount in these weeks"))
        .otherwise(pl.lit("same amount; the days fit this pair best"))
    )
    doubt = pl.when(ahead).then(pl.lit("")).otherwise(pl.lit("; others of the same amount fit as well: taken in order of their dates"))
    judged = chosen.with_columns(
        pl.when(certain).then(pl.lit(claims.CERTAIN)).otherwise(pl.lit(claims.LIKELY)).alias("status"), confidence.alias("confidence"),
        pl.format("{}; at the bank {}{}", what, claims.days(pl.col("lag")), doubt).alias("reason"),
    )
    return claims.of_pairs(judged, ONE_TO_ONE).with_columns(judged.select((by_number | by_words).alias("speaks"))["speaks"])
