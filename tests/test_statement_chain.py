"""`cashapp check` on the chain of statements: a day's files in any order, one told twice, one missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_daily import DAY, drop, mt940
from tests.workspaces import cashapp


def statement(number: int, opening: int, amount: str) -> str:
    return mt940([(amount, f"BR{number}", f"PAYER {number}")], number=str(number), opening=opening)


FIRST, SECOND, THIRD = statement(1, 0, "1,00"), statement(2, 100, "2,00"), statement(3, 300, "3,00")
SECOND_AGAIN = SECOND.replace("STMT2", "STMT9")


@pytest.mark.parametrize(("order", "holds"), [
    ([FIRST, SECOND, THIRD], True), ([THIRD, FIRST, SECOND], True), ([SECOND, THIRD, FIRST], True),
    ([FIRST, SECOND, SECOND_AGAIN, THIRD], True), ([THIRD, SECOND, FIRST, SECOND_AGAIN], True),
    ([FIRST, THIRD], False), ([THIRD, FIRST], False), ([FIRST, SECOND.replace("C261108USD1,00", "C261108USD1,01").replace("C261109USD3,00", "C261109USD3,01")], False),
], ids=["in order", "the last first", "the first last", "one twice", "one twice, backwards", "one missing", "one missing, backwards", "a cent off"])
def test_statements_of_a_day_chain_in_whatever_order_they_came(home: Path, order: list[str], *, holds: bool) -> None:
    for number, text in enumerate(order):
        drop(home, f"{number}.sta", text)
    assert cashapp(home, "run", "--as-of", DAY).exit_code == 0
    checked = cashapp(home, "check")
    assert checked.exit_code == (0 if holds else 4), checked.stdout
    assert ("the one before closed at" in checked.stdout) is not holds
