"""The ways out of a difference, in the order in which the customer's earlier payments were settled."""

from __future__ import annotations

import datetime as dt

import pytest

from cashapp.remainders import Money, Part, ways

ON = dt.date(2026, 11, 20)
SHORT = [Part("INV-1", "C-1", 1000_00, 980_00, 20_00, dt.date(2026, 11, 10))]
MORE = [Part("INV-1", "C-1", 1000_00, 1000_00, 0, None)]
OTHERS = [Part("INV-2", "C-1", 50_00, 0, 0, None)]

WAYS = [  # parts, what came, largest bank fee, habits: what is offered, in order
    (SHORT, 980_00, 25_00, {}, ["discount", "fee", "deduction", "part"]),
    (SHORT, 980_00, 5_00, {}, ["discount", "deduction", "part"]),
    (SHORT, 980_00, 25_00, {"unstated_fee": 2}, ["fee", "discount", "deduction", "part"]),
    (SHORT, 980_00, 25_00, {"short": 1, "late_discount": 3}, ["discount", "part", "fee", "deduction"]),
    (SHORT, 980_00, 25_00, {"deduction:shortage": 2, "deduction:freight": 5}, ["deduction:freight", "deduction:shortage", "discount", "fee", "deduction", "part"]),
    (SHORT, 980_00, 5_00, {"deduction:a": 1, "deduction:b": 1, "deduction:c": 1}, ["deduction:a", "deduction:b", "discount", "deduction", "part"]),
    (MORE, 1050_00, 25_00, {}, ["item", "rest"]),
    (MORE, 1050_00, 25_00, {"over": 1}, ["rest", "item"]),
    (MORE, 1000_00, 25_00, {"over": 1}, []),
]


@pytest.mark.parametrize(("parts", "came", "fee", "habits", "offered"), WAYS)
def test_the_usual_way_comes_first(parts: list[Part], came: int, fee: int, habits: dict[str, int], offered: list[str]) -> None:
    found = ways(parts, OTHERS, Money(came, "USD", fee), habits, ON)
    assert [way.code for way in found] == offered
    for way in found:
        cash = sum(int(share.amount.replace(".", "")) for share in way.shares)
        assert cash == came, way
        assert way.needs_reason == any(bool(share.deduction) and not share.reason for share in way.shares), way
