"""Rows of groups that stand together are counted and looked at as window functions would."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from matching.places import among, neighbour, nth

GROUPS = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 3)), st.integers(0, 2), st.integers(1, 4)), max_size=8, unique_by=lambda group: group[:2])


@given(GROUPS)
def test_rows_are_counted_in_their_group(groups: list[tuple[int | None, int, int]]) -> None:
    rows = [(k, part) for k, part, size in groups for _ in range(size)]
    frame = pl.DataFrame(rows, schema={"k": pl.Int64, "part": pl.Int64}, orient="row")
    counted = frame.with_columns(nth("k", "part").alias("nth"), pl.int_range(pl.len()).over("k", "part").alias("over"))
    assert counted["nth"].to_list() == counted["over"].to_list()


@given(st.lists(st.integers(1, 4), max_size=6), st.integers(-3, 3))
def test_the_neighbour_is_one_of_the_same_group(sizes: list[int], steps: int) -> None:
    frame = pl.DataFrame({"k": [k for k, size in enumerate(sizes) for _ in range(size)]}, schema={"k": pl.Int64}).with_row_index("value")
    shifted = frame.with_columns(neighbour("value", steps, "k").alias("neighbour"), pl.col("value").shift(steps).over("k").alias("over"))
    assert shifted["neighbour"].to_list() == shifted["over"].to_list()


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_a_row_is_among_those_that_a_join_finds(mine: list[int], theirs: list[int]) -> None:
    frame, others = (pl.DataFrame({"k": keys}, schema={"k": pl.UInt32}) for keys in (mine, theirs))
    assert frame.filter(among("k", others)).equals(frame.join(others, on="k", how="semi"))
