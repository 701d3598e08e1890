"""What an 820 is for us: cash or an announcement, in or out, whose, when, under which reference."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers import registry
from parsers.formats import edi_820, edi_823
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, StatementOpened
from parsers.sources import Source
from tests.conftest import FIXTURES

BPR = "BPR*{}*980*{}*{}*CTX*01*021000021*DA*123456*1234567890**01*026009593*DA*998877*20260131"


def read(*segments: str, ends: str = "~", profile: Profile | None = None) -> list[Record]:
    """A bare set, so that a test shows only what it is about."""
    whole = ["ST*820*0001", *segments, f"SE*{len(segments) + 2}*0001"]
    return list(edi_820.parse(Source("".join(s + ends for s in whole).encode()), profile or Profile()))


def line_of(found: list[Record]) -> BankLine:
    (line,) = (r for r in found if isinstance(r, BankLine))
    return line


def codes(found: list[Record]) -> list[str]:
    return [f"{r.severity} {r.code}" for r in found if isinstance(r, Issue)]


# BPR01 handling -> how much its money counts
@pytest.mark.parametrize(("handling", "report"), [
    ("C", "cash_report"), ("D", "cash_report"), ("P", "cash_report"), ("U", "cash_report"), ("I", "announcement"), ("X", "announcement"), ("", "announcement"),
])
def test_handling_tells_cash_from_announcement(handling: str, report: str) -> None:
    found = read(BPR.format(handling, "C", "ACH"), "TRN*1*PAY-1")
    assert [r.report for r in found if isinstance(r, StatementOpened)] == [report]


# BPR03, BPR04 -> amount, kind, other side, check number
@pytest.mark.parametrize(("flag", "method", "amount", "kind", "party", "check"), [
    ("C", "ACH", 98000, "receipt", "ACME", ""),
    ("C", "FWT", 98000, "receipt", "ACME", ""),
    ("C", "CHK", 98000, "receipt", "ACME", "5501"),
    ("D", "ACH", -98000, "disbursement", "SELLER", ""),
])
def test_direction_kind_and_other_side(flag: str, method: str, amount: int, kind: str, party: str, check: str) -> None:
    line = line_of(read(BPR.format("C", flag, method), "TRN*1*5501", "N1*PR*ACME", "N1*PE*SELLER"))
    assert (line.amount_minor, line.kind, line.payer_name, line.check_number) == (amount, kind, party, check)
    assert (line.bank_reference, line.customer_reference, line.type_code) == ("5501", "5501", method)
    assert line.payer_account == "021000021/123456"


def test_a_remittance_without_money_nets_its_lines() -> None:
    found = read("BPR*I*0*C*NON************20260131", "TRN*3*N-1", "N1*PR*ACME", "ENT*1", "RMR*IV*A**120*2971.11", "ADX*-2851.11*H1", "RMR*1L*P**-120")
    line = line_of(found)
    assert (line.amount_minor, line.kind, codes(found)) == (0, "other", [])
    assert [told.deduction_minor for told in line.remittance] == [285111, 0]


# BPR16, GS04 -> date
@pytest.mark.parametrize(("stated", "date", "told"), [
    ("20260131", dt.date(2026, 1, 31), []), ("260131", dt.date(2026, 1, 31), []), ("", None, []), ("20260231", None, ["warning bad_date"]),
])
def test_date(stated: str, date: dt.date | None, told: list[str]) -> None:
    found = read(BPR.format("C", "C", "ACH").replace("20260131", stated), "TRN*1*PAY-1")
    assert (line_of(found).value_date, line_of(found).booking_date, codes(found)) == (date, date, told)


def test_currency_of_the_payment_else_of_the_profile() -> None:
    order = BPR.format("C", "C", "FWT")
    assert line_of(read(order, "CUR*PR*JPY")).amount_minor == 980
    assert line_of(read(order, profile=Profile(currency="EUR"))).currency == "EUR"


def test_a_currency_that_is_none_is_told() -> None:
    found = read(BPR.format("C", "C", "FWT"), "CUR*PR*DOLLARS")
    assert (line_of(found).currency, codes(found)) == ("USD", ["error unknown_currency"])


def test_remittance_that_does_not_add_up_is_told_and_kept() -> None:
    found = read(BPR.format("C", "C", "ACH"), "TRN*1*PAY-1", "RMR*IV*A**900")
    assert codes(found) == ["warning remittance_mismatch"]
    assert line_of(found).remittance[0].amount_minor == 90000


@pytest.mark.parametrize("order", ["BPR*C*9OO*C*ACH", "BPR*C**C*ACH", "BPR*C*1.005*C*ACH", "BPR*C*" + "9" * 5000 + "*C*ACH"])
def test_an_unreadable_amount_refuses_the_file(order: str) -> None:
    found = read(order, "TRN*1*PAY-1")
    assert "error bad_amount" in codes(found)
    assert not [r for r in found if isinstance(r, BankLine)]


def test_control_numbers_may_be_letters() -> None:
    def codes_of(closed_as: str) -> list[str]:
        content = f"ST*820*A1~{BPR.format('C', 'C', 'ACH')}~SE*3*{closed_as}~"
        return codes(list(edi_820.parse(Source(content.encode()), Profile())))

    assert codes_of("A1") == []
    assert codes_of("B2") == ["error misplaced_record"]


def test_acknowledgements_between_envelopes_are_no_error() -> None:
    whole = (FIXTURES / "edi_820" / "one_line.edi").read_bytes()
    assert codes(list(edi_820.parse(Source(whole.replace(b"~GS*", b"~TA1*000000007*260130*1200*A*000~GS*")), Profile()))) == []


@pytest.mark.parametrize(("mark", "status", "told"), [("P", "booked", []), ("T", "info", ["warning test_file"])])
@pytest.mark.parametrize(("reader", "name"), [(edi_820, "edi_820/one_line.edi"), (edi_823, "edi_823/two_batches.edi")])
def test_a_test_interchange_moves_no_money(reader: registry.Format, name: str, mark: str, status: str, told: list[str]) -> None:
    content = (FIXTURES / name).read_bytes().replace(b"*0*P*", f"*0*{mark}*".encode(), 1)
    found = list(reader.parse(Source(content), Profile()))
    assert {r.status for r in found if isinstance(r, BankLine)} == {status}
    assert codes(found) == told


@pytest.mark.parametrize("ends", ["~", "~\n", "\\", "\n", "'\r\n"])
def test_controls_tie_whatever_ends_a_segment(ends: str) -> None:
    found = read(BPR.format("C", "C", "ACH"), "TRN*1*PAY-1", ends=ends)
    controls = [r for r in found if isinstance(r, Control)]
    assert [c.name for c in controls] == ["set 0001: number of segments", "set 0001: control number"]
    assert all(c.ties for c in controls)


@pytest.mark.parametrize(("head", "is_820", "is_823"), [
    (b"ST*820*0001~", True, False), (b"ST|823|0001~", False, True), (b"\n  ST*820*0001~", True, False),
    (b"ISA*00*" + b" " * 99 + b"~GS*HC*A*B~ST*820*0001~", True, False),
    (b"ISA*00*" + b" " * 99 + b"~GS*HP*A*B~ST*835*0001~", False, False),
    (b"ISAAC 820", False, False), (b"BPR*C*1*C*ACH~", False, False), (b"", False, False),
])
def test_recognition(head: bytes, is_820: bool, is_823: bool) -> None:
    assert (edi_820.sniff(head), edi_823.sniff(head)) == (is_820, is_823)
