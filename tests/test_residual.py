"""Why too little or too much came, as tables: what is open, what came, and the reasons that come out, the likeliest first.

The payer is Acme, its sister is Acme West, the day 2026-11-01. `closed` is an item that was paid before.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cashapp import config
from cashapp.errors import UsageError
from matching import engine, money, residual
from matching.schema import Inputs
from tests.test_matching_tables import Table, read

CASES = [
    ("a late discount", "A INV-1001 500.00 discount=10.00 until=2026-10-20", "", "490.00", ["the discount of USD 10.00 was taken 12 days after its last day", "USD 10.00 is 2 % of what is open: a discount that nobody gave, or tax withheld", "USD 10.00 may be what a bank on the way took"]),
    ("swapped digits", "A INV-1001 5432.10", "", "4532.10", ["two digits are swapped: USD 4532.10 came for USD 5432.10"]),
    ("a slipped decimal mark", "A INV-1001 500.00", "", "50.00", ["the decimal mark slipped: USD 50.00 came for USD 500.00"]),
    ("the sister's invoice", "A INV-1001 500.00\nW INV-2001 321.00", "", "321.00", ["INV-2001 of another company of the family has exactly the amount"]),
    ("paid again", "A INV-1001 500.00", "A INV-0900 444.00", "444.00", ["INV-0900, which is closed, had exactly the amount: it may be paid again, or at the old price"]),
    ("twice at once", "A INV-1001 500.00", "", "1000.00", ["what is too much is the same once more: it may be paid twice"]),
    ("together with what was paid", "A INV-1001 500.00", "A INV-0900 33.30", "533.30", ["what is too much is INV-0900, which is closed: it may be paid twice"]),
    ("without the tax", "A INV-1001 1190.00", "", "1000.00", ["USD 190.00 is the tax of 19 % in what is open: the net amount came"]),
    ("with a tax withheld", "A INV-1001 1000.00", "", "850.00", ["USD 150.00 is 15 % of what is open: a discount that nobody gave, or tax withheld"]),
    ("a fee", "A INV-1001 777.00", "", "759.50", ["USD 17.50 may be what a bank on the way took"]),
    ("nearly all", "A INV-1001 99999.00", "", "99900.00", ["the difference of USD 99.00 is less than one part in 100"]),
    ("for no reason", "A INV-1001 500.00", "", "237.77", []),
]


def tables(items: str, closed: str, amount: str) -> Table:
    shut = f"closed\n{closed}\n" if closed else ""
    return read(f"customers\nP | Acme Holding\nA | Acme Trading Inc. | parent=P\nW | Acme West Trading Inc. | parent=P\nitems\n{items}\n{shut}receipts\n"
                f"{amount} | Acme Trading Inc. | INV-1001 => x")


def findings(inputs: Inputs) -> list[str]:
    evidence = engine.propose(inputs).evidence.filter(pl.col("question") == "difference").sort("step")
    return [text[0].lower() + text[1:-1] if not text.startswith(("USD", "INV")) else text[:-1] for text in evidence["finding"]]


@pytest.mark.parametrize(("why", "items", "closed", "amount", "expected"), CASES)
def test_what_explains_the_difference(why: str, items: str, closed: str, amount: str, expected: list[str]) -> None:
    assert findings(tables(items, closed, amount).inputs()) == expected, why


def test_a_fee_is_a_suggestion_with_its_line() -> None:
    outcome = engine.propose(tables("A INV-1001 777.00", "", "759.50").inputs())
    heads = outcome.proposals.sort("rank").head(2).select("rule", "amount_evidence", "unattended").rows()
    assert heads == [("reference_exact", "short", False), ("reference_exact", "unstated_fee", False)]
    lines = outcome.lines.filter(pl.col("rank") <= 2).sort("rank").select("applied_minor", "write_off_minor").rows()
    assert lines == [(75_950, 0), (75_950, 1_750)]


def test_above_the_limit_it_is_no_fee() -> None:
    outcome = engine.propose(tables("A INV-1001 777.00", "", "741.99").inputs())
    assert outcome.proposals["amount_evidence"].to_list() == ["short", "none"]


@pytest.mark.parametrize(("one", "other", "swapped"), [(543210, 453210, True), (543210, 543210, False), (543210, 345210, False), (120, 210, True), (1200, 120, False), (18, 27, False)])
def test_swapped_digits(one: int, other: int, *, swapped: bool) -> None:
    assert residual._is_transposed(one, other) == swapped


@pytest.mark.parametrize(("minor", "currency", "text"), [(123450, "USD", "USD 1234.50"), (-5, "EUR", "EUR -0.05"), (1200, "JPY", "JPY 1200"), (1500, "KWD", "KWD 1.500")])
def test_amounts_in_words(minor: int, currency: str, text: str) -> None:
    assert money.shown(minor, currency) == text


def test_nothing_is_said_where_nothing_differs() -> None:
    assert findings(tables("A INV-1001 500.00", "", "500.00").inputs()) == []


def test_reasons_for_deductions_are_settings(tmp_path: Path) -> None:
    path = tmp_path / "cashapp.toml"
    path.write_text('[[deductions]]\ncode = "slotting"\nname = "shelf space"\nwords = ["shelf"]\n[[deductions]]\ncode = "freight"\nname = "our carrier"\n')
    reasons = {reason.code: reason for reason in config.load(path).matching_policy().deductions}
    assert (reasons["slotting"].words, reasons["freight"].name, reasons["freight"].words, reasons["damage"].name) == (("SHELF",), "our carrier", (), "goods damaged or defective")
    path.write_text('[[deductions]]\ncode = "Free words"\nname = "x"\n')
    with pytest.raises(UsageError, match="'Free words' is no code"):
        config.load(path)
