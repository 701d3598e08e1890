"""The quality benchmark: what counts as right, what the baselines answer, and that our engine is the best of them on a small world."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from benchmarks import baselines, quality, scores, seen
from benchmarks.baselines import Answer
from benchmarks.books import Applied, Item, Receipt
from benchmarks.seen import Shares
from benchmarks.world import Dials, World, build
from matching.schema import Inputs

DAY = dt.date(2026, 11, 9)
ITEM = Item("INV-1", "C1", "US01", "USD", 10_000, 10_000, DAY, DAY)
OTHER = Item("INV-2", "C1", "US01", "USD", 10_000, 10_000, DAY, DAY)
ONE, TWO = ({seen.key(item): Shares(10_000)} for item in (ITEM, OTHER))


def paid(item: Item | None, **about: object) -> Receipt:
    applied = (Applied(item, item.open_minor),) if item else ()
    return Receipt("case", 10_000, "USD", DAY, "ACME", applied=applied, **about)


@pytest.mark.parametrize(("why", "receipt", "answer", "expected"), [
    ("posted and right", paid(ITEM), Answer(posted=True, suggestions=[ONE]), {"straight_receipts": 1, "enough_straight": 1, "wrong_receipts": 0, "pairs_right": 1}),
    ("posted and wrong", paid(ITEM), Answer(posted=True, suggestions=[TWO]), {"straight_receipts": 0, "wrong_receipts": 1, "wrong_lines": 1, "pairs_right": 0}),
    ("posted a cent short", paid(ITEM), Answer(posted=True, suggestions=[{next(iter(ONE)): Shares(9_999)}]), {"wrong_lines": 1, "pairs_right": 1}),
    ("posted though it is nobody's", paid(None), Answer(posted=True, suggestions=[ONE]), {"wrong_receipts": 1, "wrong_lines": 1}),
    ("asked, first suggestion right", paid(ITEM, expected="ask"), Answer(suggestions=[ONE, TWO]), {"waiting": 1, "hit_first": 1, "hit_three": 1, "enough": 0}),
    ("asked, second right", paid(ITEM, expected="ask"), Answer(suggestions=[TWO, ONE]), {"hit_first": 0, "hit_three": 1}),
    ("asked, nothing suggested", paid(ITEM), Answer(), {"waiting": 1, "hit_three": 0, "enough": 1, "enough_straight": 0}),
    ("left alone, as is right", paid(None, expected="ask", sufficient=False), Answer(), {"waiting": 0, "traps": 1, "traps_posted": 0, "pairs_told": 0}),
    ("posted in a trap by luck", paid(ITEM, expected="ask", sufficient=False), Answer(posted=True, suggestions=[ONE]), {"traps_posted": 1, "traps_wrong": 0}),
])
def test_what_counts(why: str, receipt: Receipt, answer: Answer, expected: dict[str, int]) -> None:
    score = scores.score([receipt], [answer])
    assert {name: getattr(score, name) for name in expected} == expected, why


@pytest.mark.parametrize(("why", "days", "answers", "right", "told"), [
    ("the second has the invoice", (DAY, DAY), ([{}], [ONE]), 1, 1),
    ("the first has the invoice", (DAY, DAY), ([ONE], [{}]), 1, 1),
    ("both have it", (DAY, DAY), ([ONE], [ONE]), 1, 2),
    ("neither has it", (DAY, DAY), ([{}], [{}]), 0, 0),
    ("the day tells them apart", (DAY, DAY + dt.timedelta(1)), ([{}], [ONE]), 0, 1),
])
def test_payments_that_are_alike_may_change_places(
    why: str, days: tuple[dt.date, dt.date], answers: tuple[list[dict[str, Shares]], ...], right: int, told: int,
) -> None:
    receipts = [replace(paid(item), day=day) for item, day in zip((ITEM, None), days, strict=True)]
    score = scores.score(receipts, [Answer(suggestions=suggested) for suggested in answers])
    assert (score.pairs_true, score.pairs_right, score.pairs_told) == (1, right, told), why


@pytest.fixture(scope="module")
def small() -> tuple[World, Inputs]:
    world = build(Dials(seed=77, receipts=500, customers=250, days=2))
    return world, seen.inputs(world)


def test_our_engine_posts_more_than_each_baseline_and_nothing_wrong(small: tuple[World, Inputs]) -> None:
    world, frames = small
    ours = scores.score(world.receipts, quality.ours(frames))
    assert ours.wrong_receipts == 0
    for name, engine in baselines.ENGINES.items():
        theirs = scores.score(world.receipts, engine(frames))
        assert 0 < theirs.straight_receipts < ours.straight_receipts, name
        assert theirs.f1 < ours.f1, name


def test_the_page_and_its_charts(small: tuple[World, Inputs]) -> None:
    world, frames = small
    answers = {name: quality.ours(frames) if name == quality.OURS else baselines.ENGINES[name](frames) for name in quality.NAMES}
    truths, results = dict.fromkeys(quality.MESS, world.receipts), dict.fromkeys(quality.MESS, answers)
    page = quality.document(truths, results, "the command")
    assert page.count("| cashapp |") == len(quality.MESS)
    assert "exact reference" in page
    chart = quality.behaviour_chart(scores.by_behaviour(world.receipts, answers[quality.OURS]))
    assert ET.fromstring(chart).tag.endswith("svg")


@pytest.mark.parametrize(("rate", "shown"), [(1.0, "100"), (0.99999, "99.99"), (0.5, "50.00"), (0.0, "0.00")])
def test_only_all_is_a_hundred(rate: float, shown: str) -> None:
    assert quality.percent(rate) == shown
