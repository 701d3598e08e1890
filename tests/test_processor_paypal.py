"""PayPal reports and downloads: what each row means, in tables. Whole files stand in fixtures/processor_paypal."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.formats import bank_csv, processor_paypal
from parsers.processors.paypal_codes import kind_of_code, kind_of_type
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record
from parsers.sources import Source

COLUMNS = ('"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code","Transaction Completion Date",'
           '"Transaction Debit or Credit","Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency"\n')
HEAD = '"RH",2026/01/31,"A","M1",009\n"FH",01\n"SH",2026/01/30,2026/01/30,"M1",""\n' + COLUMNS
ACTIVITY = "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Reference Txn ID,Invoice Number,Balance,Balance Impact\n"


def records(content: str) -> list[Record]:
    return list(processor_paypal.parse(Source(content.encode()), Profile()))


def lines(content: str) -> list[BankLine]:
    return [r for r in records(content) if isinstance(r, BankLine)]


def codes(content: str) -> list[tuple[str, str]]:
    return [(r.severity, r.code) for r in records(content) if isinstance(r, Issue)]


@pytest.mark.parametrize(("code", "amount", "kind"), [
    ("T0006", 100, "receipt"), ("T0000", -100, "disbursement"), ("T0100", -100, "fee"), ("T0200", 100, "transfer"), ("T0300", 100, "transfer"),
    ("T0400", -100, "payout"), ("T1106", -100, "reversal"), ("T1107", -100, "return"), ("T1108", 100, "fee"), ("T1110", -100, "transfer"),
    ("T1201", -100, "reversal"), ("T1400", 1, "interest"), ("T1503", -100, "transfer"), ("T2103", -100, "transfer"), ("T9999", 0, "other"),
])
def test_event_codes(code: str, amount: int, kind: str) -> None:
    assert kind_of_code(code, amount) == kind


@pytest.mark.parametrize(("words", "amount", "kind"), [
    ("Express Checkout Payment", 100, "receipt"), ("Payment Refund", -100, "return"), ("Rückzahlung", -100, "return"), ("Payment Reversal", -100, "reversal"),
    ("Chargeback Fee", -100, "fee"), ("General Withdrawal", -100, "payout"), ("User Initiated Withdrawal", -100, "payout"),
    ("Von Nutzer eingeleitete Abbuchung auf Bankkonto", -100, "payout"), ("Bank Deposit to PP Account", 100, "transfer"),
    ("General Currency Conversion", -100, "transfer"), ("Account Hold for Open Authorization", -100, "transfer"), ("PreApproved Payment", -100, "disbursement"),
])
def test_types_in_words(words: str, amount: int, kind: str) -> None:
    assert kind_of_type(words, amount) == kind


@pytest.mark.parametrize(("row", "amount", "fee"), [
    ('"CR",10000,"USD","DR",320,"USD"', 9680, 320), ('"DR",2550,"USD","CR",74,"USD"', -2476, -74), ('"DR",5000,"USD","",0,""', -5000, 0),
    ('"CR",10000,"JPY","DR",320,"JPY"', 9680, 320), ('"CR",10000,"KWD","",,""', 10000, 0),
])
def test_report_amounts_are_unsigned_minor_units_with_a_direction(row: str, amount: int, fee: int) -> None:
    (line,) = lines(f'{HEAD}"SB","1","INV-1","","","T0006",2026/01/30 10:00:00 -0800,{row}\n"SC",1\n')
    assert (line.amount_minor, line.fee_minor, line.booking_date, line.customer_reference) == (amount, fee, dt.date(2026, 1, 30), "INV-1")


@pytest.mark.parametrize(("tail", "expected"), [
    ('"SC",0\n', [("warning", "empty")]), ("", [("error", "truncated"), ("warning", "empty")]), ('"SC",x\n', [("warning", "bad_record"), ("warning", "empty")]),
    ('"SB","1","","","","T0006",2026/01/30,"",1,"USD","",0,""\n"SC",1\n', [("error", "bad_amount"), ("warning", "empty")]),
    ('"SF","USD",x\n"SC",0\n', [("warning", "bad_amount"), ("warning", "empty")]), ('"ZZ",1\n"SC",0\n', [("error", "unknown_record"), ("warning", "empty")]),
])
def test_what_a_report_tells(tail: str, expected: list[tuple[str, str]]) -> None:
    assert codes(HEAD + tail) == expected


def test_counts_are_compared() -> None:
    found = records(HEAD + '"SB","1","","","","T0006",2026/01/30,"CR",1,"USD","",0,""\n"SC",2\n"RC",1\n')
    assert [(r.name, r.stated, r.computed) for r in found if isinstance(r, Control)] == [("rows of the section", 2, 1), ("rows of the report", 1, 1)]


@pytest.mark.parametrize("head", [HEAD, HEAD.replace(",", "\t"), '"SH",2026/01/30,2026/01/30,"M1",""\n', ACTIVITY, "\ufeff" + ACTIVITY,
                                  '"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Gebühr","Netto","Transaktionscode"\n'])
def test_reports_and_downloads_are_recognised_and_no_bank_claims_them(head: str) -> None:
    assert processor_paypal.sniff(head.encode())
    assert not bank_csv.sniff(head.encode())


@pytest.mark.parametrize("content", ["", "RH\n", "Date,Description,Amount\n2026-01-01,A,1.00\n"])
def test_what_is_none(content: str) -> None:
    assert not processor_paypal.sniff(content.encode())
    assert codes(content) == [("error", "bad_record")]


@pytest.mark.parametrize(("row", "amount", "fee", "kind", "status"), [
    ("01/30/2026,10:00,PST,Acme,Payment,Completed,USD,100.00,-3.20,96.80,1,,INV-1,96.80,Credit", 9680, 320, "receipt", "booked"),
    ("01/30/2026,10:00,PST,Acme,Payment Refund,Completed,USD,-50.00,1.45,-48.55,1,0,,0.00,Debit", -4855, -145, "return", "booked"),
    ("01/30/2026,10:00,PST,Acme,Authorization,Pending,USD,100.00,0.00,100.00,1,,,0.00,Memo", 10000, 0, "receipt", "info"),
    ("01/30/2026,10:00,PST,Acme,Payment,Pending,USD,100.00,0.00,100.00,1,,,0.00,Credit", 10000, 0, "receipt", "pending"),
    ("01/30/2026,10:00,PST,Acme,Payment,Denied,USD,100.00,0.00,100.00,1,,,0.00,Credit", 10000, 0, "receipt", "info"),
])
def test_activity_rows(row: str, amount: int, fee: int, kind: str, status: str) -> None:
    (line,) = lines(f"{ACTIVITY}{row}\n")
    assert (line.amount_minor, line.fee_minor, line.kind, line.status, line.payer_name) == (amount, fee, kind, status, "Acme")


def test_the_running_balance_of_a_download_runs_by_currency() -> None:
    rows = ("01/30/2026,1,PST,A,Payment,Completed,USD,10.00,-1.00,9.00,1,,,9.00,Credit\n01/30/2026,1,PST,A,Payment,Completed,EUR,5.00,0.00,5.00,2,,,5.00,Credit\n"
            "01/31/2026,1,PST,A,Payment,Completed,USD,10.00,-1.00,9.00,3,,,17.00,Credit\n")
    controls = [(r.name, r.stated, r.computed) for r in records(ACTIVITY + rows) if isinstance(r, Control)]
    assert controls == [("net total USD", 1800, 1800), ("net total EUR", 500, 500), ("running balance USD", 1700, 1800), ("running balance EUR", 500, 500)]


def test_rows_without_content_are_no_payments() -> None:
    row = "01/30/2026,10:00,PST,Acme,Payment,Completed,USD,100.00,-3.20,96.80,1,,INV-1,96.80,Credit\n"
    assert len(lines(f"Activity\n{ACTIVITY},,,\n{row}")) == 1


def test_a_download_with_an_open_quote_is_told() -> None:
    assert codes(ACTIVITY + '01/30/2026,1,PST,"A,Payment,Completed,USD,10.00,-1.00,9.00,1,,,9.00,Credit\n') == [("error", "bad_record"), ("warning", "empty")]
