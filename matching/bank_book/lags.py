"""How long this account's items take from the books to the bank, learned from the pairs that are certain already.

Checks out, other money out and money in have a history each: how many of the certain pairs took so many banking days. Where there are few,
an expectation stands in: checks 3 to 14 days, electronic money 0 to 4. The cost of a lag is how much rarer it is than the commonest one.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl

CLASSES = ("check", "out", "in")
EARLIEST, LATEST = -15, 150
"""Banking days looked at; beyond them no pair is likely."""
COST_MAX = 9.0
_PRIOR_WEIGHT = 20.0
_EPOCH = dt.date(1970, 1, 1)

Costs = npt.NDArray[np.float64]


def expected() -> Costs:
    """The costs by class and lag before anything is known of the account."""
    return _costs(np.zeros((len(CLASSES), LATEST - EARLIEST + 1)))


def learned(pairs: pl.DataFrame) -> Costs:
    """The costs from certain pairs (`is_check`, `amount` of the line, `day` of the line, `day_book`)."""
    counted = np.zeros((len(CLASSES), LATEST - EARLIEST + 1))
    if pairs.height:
        np.add.at(counted, (class_of(pairs), np.clip(banking_days(pairs) - EARLIEST, 0, LATEST - EARLIEST)), 1.0)
    return _costs(counted)


def class_of(pairs: pl.DataFrame) -> npt.NDArray[np.int64]:
    """The place in CLASSES of each pair."""
    chosen = pl.when(pl.col("is_check")).then(0).when(pl.col("amount") < 0).then(1).otherwise(2)
    return pairs.select(chosen.cast(pl.Int64).alias("c"))["c"].to_numpy()


def banking_days(pairs: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Monday to Friday from the book's day to the bank's; negative where the bank was first."""
    book = pairs["day_book"].to_numpy().astype("datetime64[D]")
    bank = pairs["day"].to_numpy().astype("datetime64[D]")
    return np.busday_count(book, bank).astype(np.int64)


def cost(pairs: pl.DataFrame, costs: Costs) -> pl.Series:
    """The cost of each pair's lag: 0 for the commonest, COST_MAX for what never happens."""
    lag = banking_days(pairs)
    inside = (lag >= EARLIEST) & (lag <= LATEST)
    found = costs[class_of(pairs), np.clip(lag, EARLIEST, LATEST) - EARLIEST]
    return pl.Series("lag_cost", np.where(inside, found, COST_MAX))


def _costs(counted: Costs) -> Costs:
    lag = np.arange(EARLIEST, LATEST + 1)
    prior = np.stack([_bump(lag, 2, 10, 6.0), _bump(lag, 0, 3, 1.3), _bump(lag, 0, 3, 1.3)])
    prior /= prior.sum(axis=1, keepdims=True)
    padded = np.pad(counted, ((0, 0), (1, 1)), mode="edge")
    smooth = 0.25 * padded[:, :-2] + 0.5 * padded[:, 1:-1] + 0.25 * padded[:, 2:]
    blended = smooth + _PRIOR_WEIGHT * prior
    share = blended / blended.max(axis=1, keepdims=True)
    costs: Costs = np.minimum(-np.log(np.maximum(share, 1e-9)), COST_MAX)
    return costs


def _bump(lag: npt.NDArray[np.int64], first: int, last: int, decay: float) -> Costs:
    """One on a plateau, falling away on both sides; faster before it, because money seldom clears before it is booked."""
    before, after = np.maximum(first - lag, 0), np.maximum(lag - last, 0)
    bump: Costs = np.exp(-before / 1.2) * np.exp(-after / decay)
    return bump
