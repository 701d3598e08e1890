"""Clopper–Pearson bounds, against figures from published tables and against the binomial law itself."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import binomial


@pytest.mark.parametrize(("hits", "trials", "low", "high"), [
    (0, 10, 0.0, 0.30850),
    (1, 10, 0.00253, 0.44502),
    (3, 10, 0.06674, 0.65245),
    (5, 10, 0.18709, 0.81291),
    (10, 10, 0.69150, 1.0),
    (0, 0, 0.0, 1.0),
    (4999, 5000, 0.99889, 0.99999),
])
def test_the_two_sided_interval(hits: int, trials: int, low: float, high: float) -> None:
    assert binomial.interval(hits, trials) == pytest.approx((low, high), abs=6e-6)


@pytest.mark.parametrize(("errors", "trials", "bound"), [(0, 59, 0.0495), (0, 299, 0.00997), (0, 5990, 0.0005), (1, 9486, 0.0005)])
def test_how_many_right_ones_a_budget_needs(errors: int, trials: int, bound: float) -> None:
    assert binomial.upper_bound(errors, trials, 0.95) == pytest.approx(bound, rel=0.01)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))), st.floats(0.5, 0.999))
def test_at_the_bound_so_few_errors_have_just_the_chance_that_is_left(case: tuple[int, int], confidence: float) -> None:
    errors, trials = case
    rate = binomial.upper_bound(errors, trials, confidence)
    chance = sum(comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(errors + 1))
    assert chance == pytest.approx(1 - confidence, rel=1e-6)
