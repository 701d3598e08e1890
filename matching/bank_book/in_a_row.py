"""A deposit that was entered in one go: its entries follow one another in the books."""

from __future__ import annotations

import numpy as np
import polars as pl

from matching.bank_book import claims, subsets
from matching.bank_book.sides import Sides
from matching.bank_book.ways import CHANCE_MAX, Way, ways
from matching.schema import Schema

_RUN_MIN, _RUN_MAX = 2, 40
"""Entries that follow one another of which sums are looked at."""
_RUN_DAYS, _RUN_SPREAD = 5, 3
"""Calendar days from such entries to the bank, and from the first of them to the last."""


def entries(sides: Sides) -> pl.DataFrame:
    """Claims of entries of a few days that follow one another in the books, nothing between them: a deposit that was entered in one go."""
    way, _ = ways(sides)
    singles = way.single.select(pl.col("place").alias("single"), "currency", "amount", "day", "words")
    lag = pl.col("day") - pl.col("until")
    fitting = _runs(way).join(singles, on=["currency", "amount"]).filter(lag.is_between(0, _RUN_DAYS) & ~pl.col("round"))
    days = np.sort(way.parts["day"].to_numpy())
    until = fitting["until"].to_numpy()
    near = np.searchsorted(days, until, "right") - np.searchsorted(days, until - _RUN_DAYS, "left")
    chance = pl.Series("near", near) * pl.col("parts").list.len() / pl.col("amount").abs()
    likely = fitting.filter((chance <= CHANCE_MAX) | (pl.col("since") == pl.col("until")))
    meant = [not any(way.tells_apart(one, other) for other in words) for one, words in likely.select("words", "words_book").iter_rows()]
    alone = likely.filter(pl.Series(meant, dtype=pl.Boolean)).filter(pl.len().over("single") == 1).sort("single")
    crossing = alone.select("single", pl.col("parts")).explode("parts").filter(pl.len().over("parts") > 1).select("single").unique()
    return claims.frame([
        way.claim(single, parts, claims.LIKELY, 800, f"{len(parts)} entries that follow one another in the books add up to it")
        for single, parts in alone.join(crossing, on="single", how="anti", maintain_order="left").select("single", "parts").iter_rows()
    ])


def _runs(way: Way) -> pl.DataFrame:
    """currency, amount, since, until, parts, words_book, round: entries that follow one another and make the amount of some single row."""
    rows = way.parts.sort("order").with_columns((pl.col("amount") > 0).alias("into"))
    changes = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in ("currency", "into"))
    apart = (pl.col("order").diff() != 1) | (pl.col("day").diff().abs() > _RUN_SPREAD) | changes
    numbered = rows.with_columns(apart.fill_null(value=True).cum_sum().alias("run"))
    found: list[tuple[str, int, int, int, list[int], list[str], bool]] = []
    for (currency,), group in sorted(numbered.partition_by("currency", maintain_order=True, as_dict=True).items()):
        asked = way.single.filter(pl.col("currency") == currency)["amount"]
        if asked.is_empty():
            continue
        targets = subsets.Targets(asked.to_numpy())
        run, total = group["run"].to_numpy(), np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(group["amount"].to_numpy())])
        places, amounts, words, days = (group[name].to_list() for name in ("place", "amount", "words", "day"))
        for length in range(_RUN_MIN, min(_RUN_MAX, group.height) + 1):
            starts = np.flatnonzero(run[length - 1:] == run[:group.height - length + 1])
            made = total[starts + length] - total[starts]
            hits, _ = targets.among(made)
            for start, amount in zip(starts[hits].tolist(), made[hits].tolist(), strict=True):
                end = start + length
                since, until = min(days[start:end]), max(days[start:end])
                if until - since <= _RUN_SPREAD:
                    is_round = all(part % claims.ROUND == 0 for part in amounts[start:end])
                    found.append((currency, amount, since, until, sorted(places[start:end]), words[start:end], is_round))
    shape: Schema = {"currency": pl.String, "amount": pl.Int64, "since": pl.Int64, "until": pl.Int64, "parts": pl.List(pl.Int64), "words_book": pl.List(pl.String), "round": pl.Boolean}
    return pl.DataFrame(found, schema=shape, orient="row")
