"""How wrong may something be that was wrong k times in n: exact binomial bounds after Clopper and Pearson (Biometrika 26, 1934).

No approximation is used, since the counts that matter here are 0, 1 and 2. The bound is found by halving the interval until
it is known to twelve digits.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p

HALVINGS = 60
TERM_MIN = 1e-17


def upper_bound(errors: int, trials: int, confidence: float) -> float:
    """The largest rate that `errors` in `trials` do not contradict at this one-sided confidence; 1.0 where nothing was tried.

    >>> round(upper_bound(0, 59, 0.95), 4)
    0.0495
    """
    if trials == 0 or errors >= trials:
        return 1.0
    return _solve(errors, trials, 1 - confidence)


def lower_bound(hits: int, trials: int, confidence: float) -> float:
    """The smallest rate that `hits` in `trials` do not contradict at this one-sided confidence; 0.0 where nothing was tried.

    >>> round(lower_bound(59, 59, 0.95), 4)
    0.9505
    """
    return 1 - upper_bound(trials - hits, trials, confidence)


def interval(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The two-sided interval: each bound at half of what is left to chance."""
    one_sided = (1 + confidence) / 2
    return lower_bound(hits, trials, one_sided), upper_bound(hits, trials, one_sided)


def _solve(errors: int, trials: int, chance: float) -> float:
    """The rate at which no more than `errors` in `trials` have this chance."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(errors, trials, middle) > chance else (low, middle)
    return high


def _at_most(errors: int, trials: int, rate: float) -> float:
    """The chance of no more than `errors` in `trials` at `rate`: summed from the bound outwards on the side where terms fall."""
    if errors > trials * rate:
        return 1 - _falling(trials - errors - 1, trials, 1 - rate)
    return _falling(errors, trials, rate)


def _falling(count: int, trials: int, rate: float) -> float:
    """The chance of no more than `count`, which lies below the mean: terms fall from `count` down to none."""
    term = exp(lgamma(trials + 1) - lgamma(count + 1) - lgamma(trials - count + 1) + count * log(rate) + (trials - count) * log1p(-rate))
    total = term
    while count > 0 and term > total * TERM_MIN:
        term *= count / (trials - count + 1) * (1 - rate) / rate
        total += term
        count -= 1
    return total
