"""Adyen settlement details: what each row means, in tables. Whole files stand in fixtures/processor_adyen."""

from __future__ import annotations

import pytest

from parsers.formats import bank_csv, processor_adyen
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record
from parsers.sources import Source

HEADER = ("Merchant Account,Psp Reference,Merchant Reference,Creation Date,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),"
          "Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Batch Number\n")


def records(content: str) -> list[Record]:
    return list(processor_adyen.parse(Source(content.encode()), Profile()))


@pytest.mark.parametrize(("row", "kind", "amount", "fee", "references"), [
    ("S,881,INV-1,2026-01-30,Settled,882,EUR,,100.00,EUR,,98.50,,7", "receipt", 9850, 150, ("881", "INV-1", "")),
    ("S,881,INV-1,2026-01-30,Settled,882,USD,,50.00,EUR,,45.10,0.90,7", "receipt", 4510, 90, ("881", "INV-1", "")),
    ("S,881,INV-1,2026-01-31,Refunded,883,EUR,40.00,,EUR,40.10,,,7", "return", -4010, 10, ("883", "INV-1", "881")),
    ("S,881,INV-1,2026-01-31,Chargeback,884,EUR,20.00,,EUR,20.00,,,7", "reversal", -2000, 0, ("884", "INV-1", "881")),
    ("S,881,INV-1,2026-01-31,ChargebackReversed,885,EUR,,20.00,EUR,,20.00,,7", "reversal", 2000, 0, ("885", "INV-1", "881")),
    ("S,,,2026-01-31,Fee,January,,,,EUR,3.50,,,7", "fee", -350, 0, ("January", "", "")),
    ("S,,,2026-01-31,Balancetransfer,,,,,EUR,,3.50,,7", "transfer", 350, 0, ("", "", "")),
    ("S,,,2026-02-02,MerchantPayout,TX7,,,,EUR,70.00,,,7", "payout", -7000, 0, ("TX7", "", "")),
    ("S,889,,2026-02-02,SomethingNew,,,,,EUR,,1.00,,7", "receipt", 100, 0, ("889", "", "")),
])
def test_rows(row: str, kind: str, amount: int, fee: int, references: tuple[str, str, str]) -> None:
    (line,) = [r for r in records(f"{HEADER}{row}\n") if isinstance(r, BankLine)]
    assert (line.kind, line.amount_minor, line.fee_minor) == (kind, amount, fee)
    assert (line.bank_reference, line.customer_reference, line.original_reference) == references


def test_each_batch_must_add_up_to_its_payout() -> None:
    rows = ("S,1,A,2026-01-30,Settled,,EUR,,10.00,EUR,,9.00,,7\nS,,,2026-01-31,MerchantPayout,T7,,,,EUR,9.00,,,7\n"
            "S,2,B,2026-01-30,Settled,,EUR,,10.00,EUR,,9.00,,8\nS,,,2026-01-31,MerchantPayout,T8,,,,EUR,8.00,,,8\n"
            "S,3,C,2026-01-30,Settled,,EUR,,10.00,EUR,,9.00,,9\nS,4,D,2026-01-30,Settled,,EUR,,10.00,EUR,,9.00,,\n")
    found = records(HEADER + rows)
    assert [(r.name, r.stated, r.computed) for r in found if isinstance(r, Control)] == [("payout of batch 7", 900, 900), ("payout of batch 8", 800, 900)]
    assert [(r.batch_reference, r.batch_amount_minor, r.batch_key) for r in found if isinstance(r, BankLine)] == [
        ("7", 900, 3), ("", None, None), ("8", 800, 5), ("", None, None), ("9", 900, None), ("", None, None),
    ]


def test_rows_above_the_header_are_no_payments() -> None:
    found = records(f"Report of January\n{HEADER}S,1,A,2026-01-30,Settled,,EUR,,10.00,EUR,,9.00,,7\n")
    assert sum(isinstance(r, BankLine) for r in found) == 1


@pytest.mark.parametrize("content", ["", "Date,Description,Amount\n2026-01-01,A,1.00\n"])
def test_what_is_none(content: str) -> None:
    assert not processor_adyen.sniff(content.encode())
    assert [r.code for r in records(content) if isinstance(r, Issue)] == ["bad_record"]


def test_the_header_is_recognised_in_any_order_and_no_bank_claims_it() -> None:
    turned = ",".join(reversed(HEADER.strip().split(","))) + "\n"
    assert processor_adyen.sniff(turned.encode())
    assert not bank_csv.sniff(turned.encode())
