"""Amazon settlements and order histories: what each row means, in tables. Whole files stand in fixtures/processor_amazon."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.formats import bank_csv, processor_amazon
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, StatementOpened
from parsers.sources import Source

SETTLEMENT = "settlement-id\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tamount-type\tamount-description\tamount\tposted-date\n"
ORDERS = "order id,order url,items,to,date,total,shipping,gift,tax,refund,payments\n"


def records(content: str) -> list[Record]:
    return list(processor_amazon.parse(Source(content.encode()), Profile()))


def lines(content: str) -> list[BankLine]:
    return [r for r in records(content) if isinstance(r, BankLine)]


@pytest.mark.parametrize(("transaction", "part", "amount", "kind"), [
    ("Order", "ItemPrice", "10.00", "receipt"), ("Order", "Promotion", "-1.00", "disbursement"), ("Order", "ItemFees", "-1.50", "fee"),
    ("Refund", "ItemPrice", "-10.00", "return"), ("Refund", "ItemFees", "1.50", "fee"), ("Chargeback Refund", "ItemPrice", "-10.00", "return"),
    ("A-to-z Guarantee", "ItemPrice", "-10.00", "reversal"), ("ServiceFee", "Cost of Advertising", "-5.00", "fee"), ("other-transaction", "x", "1.00", "other"),
])
def test_parts_of_a_settlement(transaction: str, part: str, amount: str, kind: str) -> None:
    rows = f"1001\t2026-01-31 00:00:00 UTC\t{amount}\tUSD\n1001\t\t\t\t{transaction}\t111-1\t{part}\tPrincipal\t{amount}\t2026-01-20\n"
    payout, line = lines(SETTLEMENT + rows)
    assert (payout.kind, payout.amount_minor, payout.booking_date) == ("payout", -line.amount_minor, dt.date(2026, 1, 31))
    assert (line.kind, line.customer_reference, line.batch_reference, line.batch_amount_minor, line.batch_key) == (kind, "111-1", "1001", line.amount_minor, 2)


def test_the_total_of_a_settlement_is_compared_with_its_parts() -> None:
    found = records(SETTLEMENT + '1001\t31.01.2026 00:00:00 UTC\t"8,00"\tEUR\n1001\t\t\t\tOrder\t1\tItemPrice\tPrincipal\t"7,50"\t20.01.2026\n')
    assert [(r.name, r.stated, r.computed, r.currency) for r in found if isinstance(r, Control)] == [("settlement 1001", 800, 750, "EUR")]


def test_a_part_without_its_summary_stands_alone() -> None:
    (line,) = lines(SETTLEMENT + "1002\t\t\tUSD\tOrder\t1\tItemPrice\tPrincipal\t7.50\t2026-01-20\n")
    assert (line.amount_minor, line.batch_reference) == (750, "")


def test_orders_are_money_out_that_is_only_announced() -> None:
    content = ORDERS + "112-1,u,Cleaner,Ada,2026-01-20,4.22,0,0,0.24,0,x\n112-2,u,Lamp,Ada,2026-01-21,30.00,0,0,0,10.00,x\nD01,u,,,pending,,,,,,\n" + ORDERS
    found = records(content)
    assert [(r.amount_minor, r.kind, r.original_reference) for r in found if isinstance(r, BankLine)] == [
        (-422, "disbursement", ""), (-3000, "disbursement", ""), (1000, "return", "112-2"),
    ]
    assert [r.report for r in found if isinstance(r, StatementOpened)] == ["announcement"]
    assert [(r.severity, r.message) for r in found if isinstance(r, Issue)] == [("info", "order D01 has no total (pending or cancelled) and is no line")]


@pytest.mark.parametrize("content", ["", "Date,Description,Amount\n2026-01-01,A,1.00\n"])
def test_what_is_none(content: str) -> None:
    assert not processor_amazon.sniff(content.encode())
    assert [r.code for r in records(content) if isinstance(r, Issue)] == ["bad_record"]


def test_an_open_quote_is_told() -> None:
    assert [r.code for r in records(ORDERS + '112-1,u,"Cleaner,Ada,2026-01-20,4.22\n') if isinstance(r, Issue)] == ["bad_record", "empty"]


@pytest.mark.parametrize("header", [SETTLEMENT, ORDERS])
def test_headers_are_recognised_and_no_bank_claims_them(header: str) -> None:
    assert processor_amazon.sniff(header.encode())
    assert not bank_csv.sniff(header.encode())
