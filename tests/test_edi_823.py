"""What an 823 is for us: one receipt for each payment in the lockbox, tied to the deposit that the statement will show."""

from __future__ import annotations

import pytest

from parsers.formats import edi_823
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, StatementOpened
from parsers.sources import Source, SourceError

DEPOSIT = ["DEP*BOX100*20260131*1200*D77*01*026009593*DA*998877", "AMT*3*1500", "QTY*42*2"]
FIRST = ["BPR*D*1000*C*CHK**01*021000021*DA*123456", "REF*CK*5501", "N1*PR*ACME CORP", "RMR*IV*INV-1**1000"]
SECOND = ["BPR*D*500*C*CHK**01*021000021*DA*777", "TRN*1*ITEM-2", "RMR*IV*INV-2**500", "N1*PE*NORTHWIND"]


def read(*segments: str, profile: Profile | None = None) -> list[Record]:
    whole = ["ST*823*0001", *segments, f"SE*{len(segments) + 2}*0001"]
    return list(edi_823.parse(Source("".join(s + "~\n" for s in whole).encode()), profile or Profile()))


def lines(found: list[Record]) -> list[BankLine]:
    return [r for r in found if isinstance(r, BankLine)]


def codes(found: list[Record]) -> list[str]:
    return [f"{r.severity} {r.code}" for r in found if isinstance(r, Issue)]


def test_each_payment_is_a_receipt_of_its_deposit() -> None:
    found = read(*DEPOSIT, *FIRST, *SECOND)
    (opened,) = (r for r in found if isinstance(r, StatementOpened))
    assert (opened.account, opened.lockbox, opened.report, opened.sequence) == ("998877", "BOX100", "cash_report", "D77")
    assert [(line.amount_minor, line.kind, line.payer_name, line.payer_account) for line in lines(found)] == [
        (100000, "receipt", "ACME CORP", "021000021/123456"), (50000, "receipt", "NORTHWIND", "021000021/777"),
    ]
    assert {(line.batch_reference, line.batch_amount_minor, line.batch_key) for line in lines(found)} == {("BOX100-D77", 150000, opened.span.start)}
    assert codes(found) == []


# segments of a payment -> reference, check number
@pytest.mark.parametrize(("segments", "reference", "check"), [
    (["TRN*1*ITEM-1", "REF*CK*5501"], "ITEM-1", "5501"),
    (["REF*CK*5501"], "5501", "5501"),
    (["TRN*1*5501"], "5501", "5501"),
    (["TRN*1*ITEM-1"], "ITEM-1", ""),
    ([], "", ""),
])
def test_references(segments: list[str], reference: str, check: str) -> None:
    (line,) = lines(read(*DEPOSIT[:1], FIRST[0], *segments))
    assert (line.bank_reference, line.customer_reference, line.check_number) == (reference, reference, check)


def test_the_older_payment_segment() -> None:
    (line,) = lines(read(*DEPOSIT[:1], "BPS*CHK*1000*C*01*021000021*123456", "REF*CK*5501"))
    assert (line.amount_minor, line.type_code, line.payer_account, line.check_number) == (100000, "CHK", "021000021/123456", "5501")


def test_totals_and_quantities_are_controls() -> None:
    found = read(*DEPOSIT, "QTY*41*1", "BAT*20260131**001", "AMT*2*1500", "QTY*42*2", *FIRST, *SECOND)
    assert [(c.name, c.stated, c.computed) for c in found if isinstance(c, Control)][:5] == [
        ("batch 001 total", 150000, 150000), ("batch 001 number of checks", 2, 2),
        ("deposit D77 total", 150000, 150000), ("deposit D77 number of checks", 2, 2), ("deposit D77 number of batches", 1, 1),
    ]


def test_a_deposit_without_its_payments_books_nothing_and_says_so() -> None:
    found = read(*DEPOSIT)
    assert (lines(found), codes(found)) == ([], ["warning missing_record"])


@pytest.mark.parametrize(("segments", "told"), [
    ([*DEPOSIT, "BPR*D*1OOO*C*CHK"], ["error bad_amount", "warning missing_record"]),
    (["DEP*BOX100*20260131", "AMT*3*15OO", *FIRST], ["error bad_amount"]),
    ([*DEPOSIT[:1], "BAT*20260131**001", "AMT*2*1OOO", *FIRST], ["error bad_amount"]),
    (["N1*BK*OUR BANK"], ["error missing_record"]),
    ([*DEPOSIT[:1], FIRST[0], "RMR*IV*INV-1**900"], ["warning remittance_mismatch"]),
    ([*DEPOSIT[:1], FIRST[0], "RMR*IV*INV-1**9OO"], ["warning bad_amount"]),
    ([*FIRST, *DEPOSIT, *FIRST, *SECOND], ["error misplaced_record"]),
    ([*DEPOSIT, *FIRST, "CUR*PR*DOLLARS"], ["error unknown_currency"]),
    ([*DEPOSIT, *FIRST, "CUR*PR*CAD", *SECOND, "CUR*PR*USD"], ["error bad_record"]),
    ([*DEPOSIT[:1], "CUR*PR*CAD", *FIRST, "DEP*BOX200*20260131**D78", "CUR*PR*USD", *SECOND], ["error bad_record"]),
    ([*DEPOSIT[:1], "CUR*PR*CAD", *FIRST, "BAT*20260131**002", "CUR*PR*USD", *SECOND], ["error bad_record"]),
])
def test_problems_are_told(segments: list[str], told: list[str]) -> None:
    assert codes(read(*segments)) == told


def test_deposits_of_one_report_stand_apart() -> None:
    found = read(*DEPOSIT[:1], *FIRST, "DEP*BOX200*20260131**D78", *SECOND)
    assert [(r.lockbox, r.account) for r in found if isinstance(r, StatementOpened)] == [("BOX100", "998877"), ("BOX200", "")]
    assert [line.batch_reference for line in lines(found)] == ["BOX100-D77", "BOX200-D78"]
    assert {line.batch_amount_minor for line in lines(found)} == {None}


# where the currency is named; by the standard it is the payment that names it
@pytest.mark.parametrize("segments", [
    ["CUR*BK*CAD", *DEPOSIT, *FIRST, *SECOND],
    [*DEPOSIT, "CUR*BK*CAD", *FIRST, *SECOND],
    [*DEPOSIT, *FIRST, "CUR*PR*CAD", *SECOND],
])
def test_the_currency_is_the_first_that_is_named(segments: list[str]) -> None:
    found = read(*segments)
    assert {r.currency for r in found if isinstance(r, BankLine | StatementOpened)} == {"CAD"}
    assert codes(found) == []


def test_payments_come_as_they_are_read() -> None:
    """A set is not held until its end: its first payment is told before a segment that breaks the limits is reached."""
    content = "~\n".join(["ST*823*0001", *DEPOSIT[:1], *FIRST, *SECOND, ""]) + "NTE**" + "X" * 9_000_000
    found = edi_823.parse(Source(content.encode()), Profile())
    assert next(record for record in found if isinstance(record, BankLine)).payer_name == "ACME CORP"
    with pytest.raises(SourceError):
        list(found)
