"""Stripe exports: what each row means, in tables. Whole files stand in fixtures/processor_stripe."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.formats import bank_csv, processor_stripe
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, StatementOpened
from parsers.sources import Source

PAYOUT = "automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,description,charge_id\n"
HISTORY = "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer\n"
PAYMENTS = "id,Description,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,Converted Amount Refunded,Fee,Converted Currency,Mode,Status,Captured\n"
PAYOUTS = "id,Amount,Created (UTC),Currency,Arrival Date (UTC),Method,Status,Description\n"


def records(content: str) -> list[Record]:
    return list(processor_stripe.parse(Source(content.encode()), Profile()))


def lines(content: str) -> list[BankLine]:
    return [r for r in records(content) if isinstance(r, BankLine)]


@pytest.mark.parametrize(("category", "net", "kind"), [
    ("charge", "9.00", "receipt"), ("payment", "9.00", "receipt"), ("refund", "-9.00", "return"), ("dispute", "-9.00", "reversal"),
    ("dispute_reversal", "9.00", "reversal"), ("payout", "-9.00", "payout"), ("fee", "-9.00", "fee"), ("network_cost", "-9.00", "fee"),
    ("transfer", "-9.00", "transfer"), ("topup", "9.00", "transfer"), ("other_adjustment", "-9.00", "other"), ("something_new", "9.00", "receipt"),
    ("something_new", "-9.00", "disbursement"),
])
def test_categories(category: str, net: str, kind: str) -> None:
    (line,) = lines(f"{PAYOUT},txn_1,2026-01-30 10:00:00,usd,{net},0.00,{net},{category},src_1,,ch_1\n")
    assert (line.kind, line.original_reference) == (kind, "ch_1" if kind in {"return", "reversal"} else "")


@pytest.mark.parametrize("header", [PAYOUT, PAYOUT.replace(",", ";"), PAYOUT.upper(), "\n" + PAYOUT, HISTORY, PAYMENTS, PAYOUTS])
def test_headers_are_recognised_and_no_bank_claims_them(header: str) -> None:
    assert processor_stripe.sniff(header.encode())
    assert not bank_csv.sniff(header.encode())


@pytest.mark.parametrize("content", ["", "id,amount\n", "Date,Description,Amount\n2026-01-01,A,1.00\n"])
def test_what_is_no_export(content: str) -> None:
    assert not processor_stripe.sniff(content.encode())
    assert [r.code for r in records(content) if isinstance(r, Issue)] == ["bad_record"]


def test_a_payment_is_net_with_its_fee_and_carries_its_payout() -> None:
    rows = "po_1,txn_1,2026-01-30 10:00:00,usd,100.00,3.20,96.80,charge,ch_1,INV-1,ch_1\n,txn_2,2026-01-31 10:00:00,usd,5.00,0.50,4.50,charge,ch_2,,ch_2\n"
    paid, unpaid = lines(PAYOUT + rows)
    assert (paid.amount_minor, paid.fee_minor, paid.booking_date) == (9680, 320, dt.date(2026, 1, 30))
    assert (paid.batch_reference, paid.batch_amount_minor, paid.batch_key) == ("po_1", 9680, None)
    assert (unpaid.batch_reference, unpaid.batch_amount_minor) == ("", None)


def test_the_payout_row_states_what_its_payments_must_add_up_to() -> None:
    rows = ("po_1,txn_1,2026-01-30,usd,100.00,3.20,96.80,charge,ch_1,,ch_1\npo_1,txn_2,2026-01-31,usd,-20.00,0.00,-20.00,refund,re_1,,ch_1\n"
            "po_1,txn_3,2026-02-01,usd,-76.80,0.00,-76.80,payout,po_1,,\n")
    found = records(PAYOUT + rows)
    assert [(r.name, r.stated, r.computed) for r in found if isinstance(r, Control)] == [("payout po_1", 7680, 7680), ("net total USD", 0, 0)]
    assert [(r.batch_amount_minor, r.batch_key) for r in found if isinstance(r, BankLine)] == [(7680, 4), (7680, 4), (None, None)]


def test_history_tells_disputes_in_words_and_currencies_in_statements() -> None:
    rows = ("txn_1,adjustment,dp_1,-20.00,15.00,-35.00,eur,2026-02-04 12:00,2026-02-04 12:00,Chargeback withdrawal for ch_7,\n"
            'txn_2,charge,ch_9,5000,150,4850,jpy,2026-02-03 09:00,2026-02-05 00:00,"a, b",\n')
    found = records(HISTORY + rows)
    dispute, payment = [r for r in found if isinstance(r, BankLine)]
    assert (dispute.kind, dispute.original_reference, dispute.amount_minor) == ("reversal", "ch_7", -3500)
    assert (payment.amount_minor, payment.fee_minor, payment.currency, payment.value_date) == (4850, 150, "JPY", dt.date(2026, 2, 5))
    assert [(r.account, r.currency, r.report) for r in found if isinstance(r, StatementOpened)] == [
        ("stripe", "EUR", "cash_report"), ("stripe", "JPY", "cash_report"),
    ]


@pytest.mark.parametrize(("row", "expected"), [
    ("ch_1,A,2026-01-30 10:00,25.00,0.00,cad,25.00,0.00,1.03,cad,Live,Paid,true", [(2397, 103, "receipt", "booked")]),
    ("ch_1,A,2026-01-30 10:00,30.00,10.00,usd,40.00,13.00,1.50,cad,Live,Partially Refunded,true",
     [(3850, 150, "receipt", "booked"), (-1300, 0, "return", "booked")]),
    ("ch_1,A,2026-01-30 10:00,30.00,0.00,cad,,,0.00,,Live,Failed,true", [(3000, 0, "receipt", "info")]),
    ("ch_1,A,2026-01-30 10:00,30.00,0.00,cad,30.00,0.00,1.20,cad,Test,Paid,true", [(2880, 120, "receipt", "info")]),
    ("ch_1,A,2026-01-30 10:00,30.00,0.00,cad,30.00,0.00,1.20,cad,Live,Paid,false", [(2880, 120, "receipt", "info")]),
    ('ch_1,A,2026-01-30 10:00,"1.030,50","0,00",eur,"1.030,50","0,00","1,20",eur,Live,Paid,true', [(102930, 120, "receipt", "booked")]),
])
def test_payments_export(row: str, expected: list[tuple[int, int, str, str]]) -> None:
    assert [(line.amount_minor, line.fee_minor, line.kind, line.status) for line in lines(f"{PAYMENTS}{row}\n")] == expected


def test_rows_above_the_header_are_no_payments() -> None:
    assert len(lines(f"Report of January\n{PAYOUT}po_1,txn_1,2026-01-30,usd,9.00,0.00,9.00,charge,ch_1,,\n")) == 1


def test_payouts_export() -> None:
    rows = "po_1,192.00,2026-02-02 00:00,usd,2026-02-03 00:00,standard,paid,STRIPE PAYOUT\npo_2,10.00,2026-02-02 00:00,usd,2026-02-03 00:00,standard,failed,X\n"
    assert [(line.amount_minor, line.kind, line.bank_reference, line.status) for line in lines(PAYOUTS + rows)] == [
        (-19200, "payout", "po_1", "booked"), (-1000, "payout", "po_2", "info"),
    ]
