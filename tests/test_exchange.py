"""Money that pays items in another currency: what is suggested, at which rate, and why nothing is. Then what becomes of it in the books.

In the tables a day is 2026-11-01; a euro is worth USD 1.0870 since 2026-10-30, a yen 0.0065, a Kuwaiti dinar 3.25, a pound 1.25 since August only.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashapp import config
from cashapp.errors import UsageError
from matching import engine, exchange, money
from matching.schema import Exchange, Outcome, Policy, Rates
from tests.test_matching_tables import Table, read

SUMMER = Rates(dt.date(2026, 8, 1), {"USD": 1_000_000, "EUR": 1_000_000, "GBP": 1_250_000})
AUTUMN = Rates(dt.date(2026, 10, 30), {"USD": 1_000_000, "EUR": 1_087_000, "JPY": 6_500, "KWD": 3_250_000})
WINTER = Rates(dt.date(2026, 12, 1), {"USD": 1_000_000, "EUR": 2_000_000})
RATES = Exchange((SUMMER, AUTUMN, WINTER))
POLICY = Policy(exchange=RATES)

HEAD = """
    customers
        A | Acme Trading Inc.
        B | Globex Corporation
    items
"""
CASES = [  # why, items, the receipt, suggestions with an exchange, the reason
    ("what came is worth the invoice", "A INV-1001 1000.00", "920.00 | Acme Trading Inc. | INV-1001 | in=EUR", ["INV-1001 EUR 920.00 = USD 1000.00 at 1.0870"], "currency_mismatch"),
    ("less the bank's share, one per cent", "A INV-1001 1000.00", "910.76 | Acme Trading Inc. | INV-1001 | in=EUR", ["INV-1001 EUR 910.76 = USD 1000.00 at 1.0870"], "currency_mismatch"),
    ("less than that is a part", "A INV-1001 1000.00", "910.75 | Acme Trading Inc. | INV-1001 | in=EUR", ["INV-1001 EUR 910.75 = USD 989.99 at 1.0870"], "currency_mismatch"),
    ("half of it", "A INV-1001 1000.00", "500.00 | Acme Trading Inc. | INV-1001 | in=EUR", ["INV-1001 EUR 500.00 = USD 543.50 at 1.0870"], "currency_mismatch"),
    ("more than it", "A INV-1001 1000.00", "1000.00 | Acme Trading Inc. | INV-1001 | in=EUR", ["INV-1001 EUR 919.96 = USD 1000.00 at 1.0870"], "currency_mismatch"),
    ("two that are named", "A INV-1001 600.00\nA INV-1002 400.00", "920.00 | Acme Trading Inc. | INV-1001 INV-1002 | in=EUR",
     ["INV-1001 EUR 552.00 = USD 600.00 at 1.0870, INV-1002 EUR 368.00 = USD 400.00 at 1.0870"], "currency_mismatch"),
    ("an invoice less a credit", "A INV-1001 600.00\nA CN-1002 -100.00", "460.00 | Acme Trading Inc. | INV-1001 CN-1002 | in=EUR",
     ["CN-1002 EUR -92.00 = USD -100.00 at 1.0870, INV-1001 EUR 552.00 = USD 600.00 at 1.0870"], "currency_mismatch"),
    ("a part of two is nobody's guess", "A INV-1001 600.00\nA INV-1002 400.00", "700.00 | Acme Trading Inc. | INV-1001 INV-1002 | in=EUR", [], "currency_mismatch"),
    ("an advice names it", "A INV-1001 1000.00", "920.00 | Acme Trading Inc. | | in=EUR\n- INV-1001 920.00", ["INV-1001 EUR 920.00 = USD 1000.00 at 1.0870"], "currency_mismatch"),
    ("nobody is known, the number says it", "A INV-1001 1000.00", "920.00 | | INV-1001 | in=EUR", ["INV-1001 EUR 920.00 = USD 1000.00 at 1.0870"], "currency_mismatch"),
    ("a known payer who names nothing", "A INV-1001 1000.00\nA INV-1002 5000.00", "920.00 | Acme Trading Inc. | | in=EUR", ["INV-1001 EUR 920.00 = USD 1000.00 at 1.0870"], "currency_mismatch"),
    ("two items may be meant", "A INV-1001 1000.00\nA INV-1002 1001.00", "920.00 | Acme Trading Inc. | | in=EUR",
     ["INV-1001 EUR 920.00 = USD 1000.00 at 1.0870", "INV-1002 EUR 920.00 = USD 1001.00 at 1.0870"], "currency_mismatch"),
    ("nobody is known and nothing is named", "A INV-1001 1000.00", "920.00 | | | in=EUR", [], "unknown_payer"),
    ("one number, two customers", "A INV-1001 1000.00\nB INV-1001 1000.00", "920.00 | | INV-1001 | in=EUR",
     ["INV-1001 EUR 920.00 = USD 1000.00 at 1.0870", "INV-1001 EUR 920.00 = USD 1000.00 at 1.0870"], "currency_mismatch"),
    ("yen have no minor digits", "A INV-1001 153846 in=JPY", "1000.00 | Acme Trading Inc. | INV-1001", ["INV-1001 USD 1000.00 = JPY 153846 at 153.8461538462"], "currency_mismatch"),
    ("paid in yen", "A INV-1001 1000.00", "153846 | Acme Trading Inc. | INV-1001 | in=JPY", ["INV-1001 JPY 153846 = USD 1000.00 at 0.0065"], "currency_mismatch"),
    ("dinars have three", "A INV-1001 1000.00", "307.69 | Acme Trading Inc. | INV-1001 | in=KWD", ["INV-1001 KWD 307.690 = USD 1000.00 at 3.2500"], "currency_mismatch"),
    ("between two currencies that are not the books' own", "A INV-1001 100000 in=JPY", "598.00 | Acme Trading Inc. | INV-1001 | in=EUR",
     ["INV-1001 EUR 598.00 = JPY 100000 at 167.2307692308"], "currency_mismatch"),
    ("no rate at all", "A INV-1001 1000.00", "920.00 | Acme Trading Inc. | INV-1001 | in=CHF", [], "currency_mismatch"),
    ("the last rate is too old", "A INV-1001 1000.00", "800.00 | Acme Trading Inc. | INV-1001 | in=GBP", [], "currency_mismatch"),
    ("a rate of later counts for nothing", "A INV-1001 1000.00", "500.00 | Acme Trading Inc. | INV-1001 | in=EUR", ["INV-1001 EUR 500.00 = USD 543.50 at 1.0870"], "currency_mismatch"),
]


def table(items: str, receipt: str) -> Table:
    head, _, lines = receipt.partition("\n")
    return _in_own_digits(read(f"{HEAD}{items}\nreceipts\n{head} => x\n{lines}"))


def _in_own_digits(told: Table) -> Table:
    """The table's amounts, which it reads with two digits, in those of their currency."""
    for rows, name in ((told.rows["items"], "open_minor"), (told.rows["receipts"], "amount_minor")):
        for row in rows:
            digits = money.digits(str(row["currency"]))
            assert digits in (2, 3) or int(str(row[name])) % 100 == 0
            row[name] = int(str(row[name])) * 10**digits // 100
    return told


def exchanged(told: Table, outcome: Outcome) -> list[str]:
    """The suggestions that exchange money, in words."""
    items = {row["item_id"]: row for row in told.rows["items"]}
    came = str(told.rows["receipts"][0]["currency"])
    lines = outcome.lines.filter(pl.col("item_minor").is_not_null()).with_columns(
        pl.col("item_id").replace_strict({key: str(row["document_number"]) for key, row in items.items()}, return_dtype=pl.String).alias("number"))
    answers: dict[int, list[str]] = {}
    for line in lines.sort("rank", "number").iter_rows(named=True):
        theirs = str(items[line["item_id"]]["currency"])
        answers.setdefault(line["rank"], []).append(
            f"{line['number']} {money.shown(line['applied_minor'], came)} = {money.shown(line['item_minor'], theirs)} at {line['rate']}")
    return [", ".join(answer) for _, answer in sorted(answers.items())]


@pytest.mark.parametrize(("why", "items", "receipt", "suggested", "reason"), CASES, ids=[case[0] for case in CASES])
def test_what_is_suggested(why: str, items: str, receipt: str, suggested: list[str], reason: str) -> None:
    told = table(items, receipt)
    outcome = engine.propose(told.inputs(POLICY))
    assert exchanged(told, outcome) == suggested, why
    assert outcome.verdicts["reason"].to_list() == [reason]
    assert not outcome.proposals["unattended"].any()


@pytest.mark.parametrize(("items", "receipt", "finding"), [
    ("A INV-1001 1000.00", "920.00 | Acme Trading Inc. | INV-1001 | in=CHF", "Of INV-1001 USD 1000.00 is open; no rate from CHF to USD is known for 2026-11-01."),
    ("A INV-1001 1000.00", "800.00 | Acme Trading Inc. | INV-1001 | in=GBP", "Of INV-1001 USD 1000.00 is open; the last rate from GBP to USD is of 2026-08-01, 92 days before."),
    ("A INV-1001 600.00\nA INV-1002 400.00", "700.00 | Acme Trading Inc. | INV-1001 INV-1002 | in=EUR",
     "EUR 700.00 at 1.0870 of 2026-10-30 is USD 760.90; of INV-1001, INV-1002 USD 1000.00 is open."),
])
def test_why_nothing_is_suggested(items: str, receipt: str, finding: str) -> None:
    outcome = engine.propose(table(items, receipt).inputs(POLICY))
    assert outcome.evidence.filter(pl.col("question") == "difference")["finding"].to_list() == [finding]


def test_the_sum_stands_in_the_suggestion() -> None:
    outcome = engine.propose(table("A INV-1001 1000.00", "920.00 | Acme Trading Inc. | INV-1001 | in=EUR").inputs(POLICY))
    assert outcome.proposals["explanation"][0].startswith(
        "What is named is in another currency: INV-1001; EUR 920.00 at 1.0870 of 2026-10-30 is USD 1000.04, and USD 1000.00 is open; the payer's name is exactly")


def test_what_is_named_in_another_currency_keeps_the_amount_from_posting_elsewhere() -> None:
    told = table("A INV-1001 700.00\nA INV-1002 500.00 in=EUR", "500.00 | Acme Trading Inc. | INV-1001 | in=EUR")
    outcome = engine.propose(told.inputs(POLICY))
    assert outcome.verdicts["reason"].to_list() == ["currency_mismatch"]
    assert engine.propose(table("A INV-1002 500.00 in=EUR", "500.00 | Acme Trading Inc. | | in=EUR").inputs(POLICY)).verdicts["reason"].to_list() == [""]


def test_a_payer_who_names_nothing_and_owes_the_amount_pays_that() -> None:
    told = table("A INV-1001 543.50\nA INV-1002 500.00 in=EUR", "500.00 | Acme Trading Inc. | | in=EUR")
    assert exchanged(told, engine.propose(told.inputs(POLICY))) == []


CURRENCIES = ("USD", "EUR", "JPY", "KWD")


@given(st.integers(1, 10**12), st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES))
def test_an_amount_is_its_product_with_the_rate_as_written(minor: int, currency: str, theirs: str) -> None:
    rate = exchange.rate(RATES, currency, theirs, dt.date(2026, 11, 1))
    assert rate is not None
    whole, decimals = str(rate).split(".")
    exact_halves = 2 * minor * int(whole + decimals) * 10 ** money.digits(theirs)
    unit = 10 ** (len(decimals) + money.digits(currency))
    assert -unit <= exact_halves - 2 * unit * rate.worth(minor, currency, theirs) < unit


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(10**5, 10**9), min_size=1, max_size=6), st.integers(-9, 9), st.sampled_from(CURRENCIES[1:]))
def test_all_of_the_money_goes_over_the_items(owed: list[int], off_permille: int, currency: str) -> None:
    """However it is shared out, all that came is used and all that is open is paid."""
    rate = exchange.rate(RATES, "USD", currency, dt.date(2026, 11, 1))
    assert rate is not None
    came = rate.worth(sum(owed), "USD", currency) * (1000 + off_permille) // 1000
    numbers = [f"INV-{1001 + n}" for n in range(len(owed))]
    items = "\n".join(f"A {number} 1.00" for number in numbers)
    told = read(f"{HEAD}{items}\nreceipts\n1.00 | Acme Trading Inc. | {' '.join(numbers)} | in={currency} => x")
    for row, minor in zip(told.rows["items"], owed, strict=True):
        row["open_minor"] = minor
    told.rows["receipts"][0]["amount_minor"] = came
    lines = engine.propose(told.inputs(POLICY)).lines.filter(pl.col("rank") == 1)
    assert lines["applied_minor"].sum() == came
    assert lines.sort("item_id")["item_minor"].to_list() == owed


def test_a_rate_that_is_a_slip_of_the_key_counts_for_none() -> None:
    slipped = Exchange((Rates(dt.date(2026, 11, 1), {"USD": 1_000_000, "EUR": 1}),))
    assert exchange.rate(slipped, "EUR", "USD", dt.date(2026, 11, 1)) is not None
    assert exchange.rate(Exchange((Rates(dt.date(2026, 11, 1), {"USD": 10**15, "EUR": 1}),)), "USD", "EUR", dt.date(2026, 11, 1)) is None


def test_rates_are_settings(tmp_path: Path) -> None:
    path = tmp_path / "cashapp.toml"
    path.write_text('[policy]\nexchange_spread = "0.5"\nrate_days = 7\n[[rates]]\nsince = 2026-11-01\nworth = { EUR = "1.0842" }\n')
    assert config.load(path).matching_policy().exchange == Exchange((Rates(dt.date(2026, 11, 1), {"USD": 1_000_000, "EUR": 1_084_200}),), 7, 5)
    for wrong, why in (('[[rates]]\nsince = 2026-11-01\nworth = { EUR = "1,08" }', "no rate of EUR"), ('[policy]\nexchange_spread = "11"', "exchange_spread from 0 to 10"),
                       ('[policy]\nexchange_spread = "0.25"', "more than one decimal"), ('[bad_debt.rates]\ncurrent = "0.25"', "more than one decimal"),
                       ("[policy]\nrate_days = -1", "rate_days from 0")):
        path.write_text(wrong)
        with pytest.raises(UsageError, match=why):
            config.load(path)
