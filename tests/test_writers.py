"""What the generator writes, the reader returns: two independent readings of each standard agree.

The writers know nothing of the readers. A row of `ROUND_TRIPS` says how payments go into a file and what of each must come back.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import TextIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.payments import Payment, Rail, Statement, Told
from benchmarks.writers import (
    bai2,
    bank_csv,
    camt,
    edi820,
    edi823,
    fedwire,
    lockbox,
    mt103,
    mt940,
    nacha,
    ofx,
    pacs,
    processors,
    remt,
)
from benchmarks.writers.fields import ascii_text, swift_text
from parsers import documents
from parsers.documents import Document

DAY, NEXT_DAY = dt.date(2026, 11, 9), dt.date(2026, 11, 10)
OURS = "Larkspur Trading Company"
ROUTING = "121007018"
IBAN = "DE02120300000000202051"
US_ACCOUNT = "091400224/1044020071"
Row = dict[str, object]


def statement(payments: list[Payment], currency: str = "USD") -> Statement:
    return Statement("4407001122" if currency == "USD" else IBAN, DAY, 1_000_000, payments, currency, "ST-1", 7,
                     dt.date(2026, 11, 6))


def written(write: Callable[[TextIO], None]) -> bytes:
    out = io.StringIO(newline="")
    write(out)
    return out.getvalue().encode()


def read_whole(content: bytes) -> Document:
    """Read a file that must be without fault: one format, no issue, every control tied."""
    document = documents.read(content)
    assert document.issues == []
    assert all(control.ties for control in document.controls)
    return document


def said(row: Row) -> str:
    return " ".join(str(row["remittance_text"]).split())


def columns(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row[name] for name in names}


# One entry of each kind that a statement can hold.
EUROS = [
    Payment(123456, DAY, DAY, "HK26110900001", "EUR", "E2E-2026-1", rail="sepa", payer_name="Müller & Söhne GmbH",
            payer_account=IBAN,
            text="Rechnung RE2026/10455 vom 03.11.2026, danke - und: bis bald"),
    Payment(98500, DAY, NEXT_DAY, "HK26110900002", "EUR", "E2E-2026-2", payer_name="Maison Beaulieu SARL", payer_account=IBAN,
            text="FACTURE 77",
            fee_minor=1500),
    Payment(132040, DAY, DAY, "HK26110900003", "EUR", "E2E-2026-3", rail="sepa", payer_name="Koskela Oy", payer_account=IBAN,
            structured_reference="RF71000000260209"),
    Payment(-340000, DAY, DAY, "HK26110900004", "EUR", "OUT-1", kind="disbursement", rail="sepa", payer_name="Emailwerk",
            payer_account=IBAN, text="Rg 4417"),
    Payment(-50000, DAY, DAY, "HK26110900005", "EUR", kind="return", rail="sepa", payer_name="Bad Payer AG", payer_account=IBAN,
            return_reason="AM04 insufficient funds", original_reference="E2E-2026-0"),
    Payment(-1250, DAY, DAY, "HK26110900006", "EUR", kind="fee", rail="book", text="ENTGELT"),
    Payment(417, DAY, DAY, "HK26110900007", "EUR", kind="interest", rail="book", text="ZINSEN"),
]
DOLLARS = [payment._replace(currency="USD", payer_account=US_ACCOUNT if payment.payer_account else "") for payment in EUROS]
CHECKS = [
    Payment(195050, DAY, DAY, lockbox.reference("771234", 1, 1), rail="check", payer_name="Delgado Brothers Catering",
            payer_account="091400224/0051330082",
            check_number="1566", remittance=(Told("INV-10401", 112000), Told("INV-10407", 98050), Told("CM-2031", -15000))),
    Payment(61575, DAY, DAY, lockbox.reference("771234", 1, 2), rail="check", payer_name="Old Mill General Store",
            payer_account="091400224/0051177340",
            check_number="20117"),
]
ADVISED = [
    Payment(1967540, DAY, DAY, "091400220090031", customer_reference="VEND 40118", rail="ach", payer_name="Whitcomb's",
            payer_account=US_ACCOUNT,
            remittance=(Told("INV-10380", 840000), Told("INV-10383", 487500, 0, 27500, "damaged goods"),
                        Told("INV-10390", 672040),
                        Told("CM-2028", -32000))),
    Payment(548800, DAY, DAY, "121870050090044", customer_reference="LARKSPUR", rail="ach", payer_name="Beacon Hotel",
            payer_account=US_ACCOUNT,
            remittance=(Told("INV-10420", 548800, 11200),)),
    Payment(104500, DAY, DAY, "323170040090060", customer_reference="PINECREST 11", rail="ach", payer_name="Pinecrest",
            payer_account=US_ACCOUNT),
]


def lines_of(document: Document) -> list[list[tuple[object, ...]]]:
    """Remittance lines by bank line."""
    found: list[list[tuple[object, ...]]] = [[] for _ in range(document.lines.height)]
    for line in document.remittance.to_dicts():
        found[line["row"]].append((line["document_number"], line["amount_minor"], line["discount_minor"],
                                   line["deduction_minor"]))
    return found


def told_of(payment: Payment, *, adjustments: bool = True) -> list[tuple[object, ...]]:
    return [(told.document_number, told.amount_minor, told.discount_minor * adjustments, told.deduction_minor * adjustments)
            for told in payment.remittance]


BOOKED = ("amount_minor", "currency", "kind", "booking_date", "bank_reference")


def booked(payment: Payment) -> Row:
    return {"amount_minor": payment.amount_minor, "currency": payment.currency, "kind": payment.kind,
            "booking_date": payment.booking_date,
            "bank_reference": payment.bank_reference}


@pytest.mark.parametrize("dialect", ["german", "slash"])
def test_mt940_comes_back(dialect: mt940.Dialect) -> None:
    document = read_whole(written(lambda out: mt940.write_mt940(out, [statement(EUROS, "EUR")], dialect)))
    rows = document.lines.to_dicts()
    assert [columns(row, BOOKED) for row in rows] == [booked(payment) for payment in EUROS]
    assert [row["value_date"] for row in rows] == [payment.value_date for payment in EUROS]
    assert [row["payer_name"] for row in rows] == [swift_text(payment.payer_name) for payment in EUROS]
    assert [row["payer_account"] for row in rows] == [payment.payer_account for payment in EUROS]
    assert [row["customer_reference"] for row in rows[:3]] == [payment.customer_reference for payment in EUROS[:3]]
    assert [row["fee_minor"] for row in rows] == [payment.fee_minor for payment in EUROS]
    assert rows[2]["structured_reference"] == "RF71000000260209"
    assert "AM04" in str(rows[4]["return_reason"])
    assert "E2E-2026-0" in {rows[4]["original_reference"], rows[4]["customer_reference"]}
    assert all(swift_text(payment.text) in said(row) for payment, row in zip(EUROS, rows, strict=True))
    assert (document.statements[0].opened.opening_minor, document.statements[0].closed.closing_minor) == (
        1_000_000, 1_000_000 + sum(payment.amount_minor for payment in EUROS))


def test_mt942_announces() -> None:
    document = read_whole(written(lambda out: mt940.write_mt942(out, [statement(EUROS, "EUR")])))
    assert document.statements[0].opened.report == "announcement"
    assert [columns(row, BOOKED) for row in document.lines.to_dicts()] == [booked(payment) for payment in EUROS]


@pytest.mark.parametrize("version", ["1", "2"])
def test_ofx_comes_back(version: ofx.Version) -> None:
    document = read_whole(written(lambda out: ofx.write_ofx(out, [statement(DOLLARS)], version)))
    rows = document.lines.to_dicts()
    assert [row["amount_minor"] for row in rows] == [payment.amount_minor for payment in DOLLARS]
    assert [row["booking_date"] for row in rows] == [payment.booking_date for payment in DOLLARS]
    assert [row["bank_reference"] for row in rows] == [payment.bank_reference for payment in DOLLARS]
    assert [row["customer_reference"] for row in rows[:4]] == [payment.customer_reference for payment in DOLLARS[:4]]
    assert [row["payer_name"] for row in rows] == [payment.payer_name for payment in DOLLARS]
    assert [row["kind"] for row in rows if row["kind"] in {"receipt", "fee", "interest"}] == ["receipt"] * 3 + ["fee", "interest"]
    assert all(payment.text in said(row) for payment, row in zip(DOLLARS, rows, strict=True))


@pytest.mark.parametrize(("report", "meaning"), [("prior_day", "statement"), ("intraday", "announcement")])
def test_bai2_comes_back(report: bai2.Report, meaning: str) -> None:
    document = read_whole(written(lambda out: bai2.write_bai2(out, [statement(DOLLARS)], report)))
    rows = document.lines.to_dicts()
    assert document.statements[0].opened.report == meaning
    assert [columns(row, BOOKED) for row in rows] == [booked(payment) for payment in DOLLARS]
    assert [row["value_date"] for row in rows] == [payment.value_date for payment in DOLLARS]
    assert [row["customer_reference"] for row in rows[:3]] == [payment.customer_reference for payment in DOLLARS[:3]]
    assert [row["payer_name"] for row in rows[:3]] == [ascii_text(payment.payer_name) for payment in DOLLARS[:3]]
    assert all(ascii_text(payment.text) in said(row) for payment, row in zip(DOLLARS, rows, strict=True))
    assert rows[4]["return_reason"]


@pytest.mark.parametrize("version", ["02", "08"])
@pytest.mark.parametrize(("message", "meaning"), [("053", "statement"), ("054", "announcement")])
def test_camt_comes_back(message: camt.Message, meaning: str, version: camt.Version) -> None:
    payments = [*EUROS, ADVISED[0]._replace(currency="EUR", payer_account=IBAN)]
    document = read_whole(written(lambda out: camt.write_camt(out, [statement(payments, "EUR")], message, version)))
    rows = document.lines.to_dicts()
    assert document.statements[0].opened.report == meaning
    assert [columns(row, BOOKED) for row in rows] == [booked(payment) for payment in payments]
    assert [row["value_date"] for row in rows] == [payment.value_date for payment in payments]
    assert [row["payer_name"] for row in rows] == [payment.payer_name for payment in payments]
    assert [row["payer_account"] for row in rows] == [payment.payer_account for payment in payments]
    assert [row["fee_minor"] for row in rows] == [payment.fee_minor for payment in payments]
    assert rows[0]["customer_reference"] == "E2E-2026-1"
    assert rows[2]["structured_reference"] == "RF71000000260209"
    assert "AM04" in str(rows[4]["return_reason"])
    assert rows[4]["original_reference"] == "E2E-2026-0"
    assert all(payment.text in said(row) for payment, row in zip(payments, rows, strict=True))
    assert lines_of(document) == [told_of(payment) for payment in payments]


def test_a_camt_batch_gives_its_details() -> None:
    details = tuple(EUROS[:3])
    batch = Payment(sum(p.amount_minor for p in details), DAY, DAY, "BATCH-1", "EUR", rail="sepa", details=details)
    inside = read_whole(written(lambda out: camt.write_camt(out, [statement([batch], "EUR")], "054")))
    assert [row["amount_minor"] for row in inside.lines.to_dicts()] == [p.amount_minor for p in details]
    entries = {(row["batch_reference"], row["batch_amount_minor"]) for row in inside.lines.to_dicts()}
    assert entries == {("BATCH-1", batch.amount_minor)}
    outside = read_whole(written(lambda out: camt.write_camt(out, [statement([batch], "EUR")], "053", details="elsewhere")))
    assert [(row["bank_reference"], row["amount_minor"]) for row in outside.lines.to_dicts()] == [("BATCH-1", batch.amount_minor)]


def test_nacha_comes_back() -> None:
    returned = Payment(-171525, DAY, DAY, "091400220055012", customer_reference="JUNIPER-10392", kind="return", rail="ach",
                       payer_name="Juniper Market", payer_account=US_ACCOUNT, return_reason="R01",
                       original_reference="121007010000318")
    payments = [*ADVISED, returned]
    document = read_whole(written(lambda out: nacha.write_nacha(out, payments, created=DAY, company=OURS, routing=ROUTING,
                                                                account="4407001122")))
    rows = document.lines.to_dicts()
    assert [columns(row, BOOKED) for row in rows] == [booked(payment) for payment in payments]
    assert [row["customer_reference"] for row in rows] == [payment.customer_reference for payment in payments]
    assert [row["payer_name"] for row in rows] == [payment.payer_name for payment in payments]
    assert [row["type_code"] for row in rows] == ["CTX", "CCD", "PPD", "CCD"]
    assert (rows[3]["return_reason"], rows[3]["original_reference"]) == ("R01", "121007010000318")
    assert lines_of(document) == [told_of(payment) for payment in payments]


def test_lockbox_comes_back() -> None:
    document = read_whole(written(lambda out: lockbox.write_lockbox(out, [lockbox.Deposit("771234", CHECKS)], deposited=DAY)))
    rows = document.lines.to_dicts()
    assert [columns(row, BOOKED) for row in rows] == [booked(payment) for payment in CHECKS]
    assert [row["check_number"] for row in rows] == [payment.check_number for payment in CHECKS]
    assert [row["payer_name"] for row in rows] == [payment.payer_name for payment in CHECKS]
    assert [row["payer_account"] for row in rows] == [payment.payer_account for payment in CHECKS]
    assert lines_of(document) == [told_of(payment, adjustments=False) for payment in CHECKS]


@pytest.mark.parametrize(("handling", "meaning"), [("C", "cash_report"), ("I", "announcement")])
def test_x12_820_comes_back(handling: edi820.Handling, meaning: str) -> None:
    document = read_whole(written(lambda out: edi820.write_820(out, ADVISED[:2], created=DAY, payee=OURS, handling=handling)))
    rows = document.lines.to_dicts()
    assert {s.opened.report for s in document.statements} == {meaning}
    assert [(row["amount_minor"], row["bank_reference"], row["payer_name"], row["payer_account"]) for row in rows] == [
        (p.amount_minor, p.bank_reference, p.payer_name, p.payer_account) for p in ADVISED[:2]]
    assert lines_of(document) == [told_of(payment) for payment in ADVISED[:2]]


def test_fedwire_comes_back() -> None:
    payments = [p._replace(bank_reference=fedwire.imad(DAY, n), text="" if p.remittance else "INVOICE 4711 THANK YOU",
                           rail="wire")
                for n, p in enumerate(ADVISED[1:], 1)]
    payments.append(payments[1]._replace(bank_reference=fedwire.imad(DAY, 9), fee_minor=1500))
    document = read_whole(written(lambda out: fedwire.write_fedwire(out, payments, owner=OURS, account="4407001122",
                                                                    routing=ROUTING)))
    rows = document.lines.to_dicts()
    assert [(row["amount_minor"], row["bank_reference"], row["customer_reference"], row["payer_name"],
             row["fee_minor"]) for row in rows] == [
        (p.amount_minor, p.bank_reference, p.customer_reference, p.payer_name, p.fee_minor) for p in payments]
    assert all(payment.text in said(row) for payment, row in zip(payments, rows, strict=True))
    assert lines_of(document) == [told_of(payment) for payment in payments]


def test_csv_comes_back() -> None:
    document = read_whole(written(lambda out: bank_csv.write_csv(out, [statement(DOLLARS)])))
    rows = document.lines.to_dicts()
    names = ("amount_minor", "currency", "booking_date", "value_date", "bank_reference")
    assert [columns(row, names) for row in rows] == [
        {"amount_minor": p.amount_minor, "currency": p.currency, "booking_date": p.booking_date, "value_date": p.value_date,
         "bank_reference": p.bank_reference} for p in DOLLARS]
    assert [row["payer_name"] for row in rows] == [payment.payer_name for payment in DOLLARS]
    assert all(payment.text in said(row) for payment, row in zip(DOLLARS, rows, strict=True))


def test_x12_823_comes_back() -> None:
    document = read_whole(written(lambda out: edi823.write_823(out, [lockbox.Deposit("771234", CHECKS)], deposited=DAY)))
    rows = document.lines.to_dicts()
    names = ("amount_minor", "check_number", "payer_name", "payer_account", "booking_date")
    assert [columns(row, names) for row in rows] == [columns(payment._asdict(), names) for payment in CHECKS]
    assert lines_of(document) == [told_of(payment) for payment in CHECKS]
    assert {row["batch_amount_minor"] for row in rows} == {sum(payment.amount_minor for payment in CHECKS)}


RECEIPTS = [payment for payment in EUROS if payment.kind == "receipt"]
TOLD = ("amount_minor", "currency", "kind", "value_date", "bank_reference", "customer_reference", "payer_account", "fee_minor",
        "structured_reference")


def test_mt103_comes_back() -> None:
    payments = [*RECEIPTS, ADVISED[0]._replace(currency="EUR", bank_reference="HK26110900009")]
    document = read_whole(written(lambda out: mt103.write_mt103(out, payments, owner=OURS, account=IBAN)))
    rows = document.lines.to_dicts()
    assert {s.opened.account for s in document.statements} == {IBAN}
    assert [columns(row, TOLD) for row in rows] == [columns(payment._asdict(), TOLD) for payment in payments]
    assert [row["payer_name"] for row in rows] == [swift_text(payment.payer_name) for payment in payments]
    assert all(swift_text(payment.text) in said(row) for payment, row in zip(payments, rows, strict=True))
    assert [line[0] for line in lines_of(document)[-1]] == [told.document_number for told in ADVISED[0].remittance]


def test_mt910_comes_back() -> None:
    document = read_whole(written(lambda out: mt103.write_mt910(out, RECEIPTS, account=IBAN)))
    names = ("amount_minor", "currency", "kind", "value_date", "bank_reference", "customer_reference", "payer_account")
    assert [columns(row, names) for row in document.lines.to_dicts()] == [columns(payment._asdict(), names) for payment in RECEIPTS]


def test_pacs_008_comes_back() -> None:
    payments = [*RECEIPTS, ADVISED[0]._replace(currency="EUR", payer_account=IBAN)]
    document = read_whole(written(lambda out: pacs.write_pacs_008(out, payments, owner=OURS, account=IBAN)))
    rows = document.lines.to_dicts()
    names = (*TOLD, "payer_name")
    assert [columns(row, names) for row in rows] == [columns(payment._asdict(), names) for payment in payments]
    assert all(payment.text in said(row) for payment, row in zip(payments, rows, strict=True))
    assert lines_of(document) == [told_of(payment) for payment in payments]


def test_pacs_004_comes_back() -> None:
    payments = [EUROS[4]._replace(amount_minor=50000, return_reason="AM04")]
    document = read_whole(written(lambda out: pacs.write_pacs_004(out, payments)))
    names = ("amount_minor", "currency", "kind", "value_date", "bank_reference", "return_reason", "original_reference")
    assert [columns(row, names) for row in document.lines.to_dicts()] == [columns(payment._asdict(), names) for payment in payments]


def test_remt_comes_back() -> None:
    document = read_whole(written(lambda out: remt.write_remt(out, ADVISED[:2], created=DAY)))
    rows = document.lines.to_dicts()
    names = ("amount_minor", "currency", "bank_reference", "customer_reference", "payer_name")
    assert [columns(row, names) for row in rows] == [columns(payment._asdict(), names) for payment in ADVISED[:2]]
    assert {row["status"] for row in rows} == {"info"}
    assert lines_of(document) == [told_of(payment) for payment in ADVISED[:2]]


SOLD = [Payment(9680, DAY, NEXT_DAY, "ch_1", customer_reference="INV-1", payer_name="Acme Inc", text='Order 1, "two" parts', fee_minor=320),
        Payment(245000, DAY, NEXT_DAY, "ch_2", payer_name="Beta LLC", text="Order 2", fee_minor=7555),
        Payment(-5000, DAY, DAY, "re_1", text="Refund")]
PAID_OUT = sum(payment.amount_minor for payment in SOLD)


@pytest.mark.parametrize(("write", "names", "payouts"), [
    (lambda out: processors.write_stripe(out, SOLD, payout="po_1", paid=NEXT_DAY), ("value_date", "payer_name"), 1),
    (lambda out: processors.write_paypal(out, SOLD, day=DAY, opening_minor=77), ("customer_reference",), 0),
    (lambda out: processors.write_adyen(out, SOLD, batch="7", paid=NEXT_DAY), ("customer_reference",), 1),
], ids=["stripe", "paypal", "adyen"])
def test_a_processors_payments_come_back(write: Callable[[TextIO], None], names: tuple[str, ...], payouts: int) -> None:
    """Net, with what the processor took beside it, and the payout that they add up to."""
    rows = read_whole(written(write)).lines.to_dicts()
    sold = [row for row in rows if row["kind"] != "payout"]
    names = ("amount_minor", "fee_minor", "currency", "booking_date", "bank_reference", *names)
    assert [columns(row, names) for row in sold] == [columns(payment._asdict(), names) for payment in SOLD]
    assert [row["kind"] for row in sold] == ["receipt", "receipt", "return"]
    assert [row["amount_minor"] for row in rows if row["kind"] == "payout"] == [-PAID_OUT] * payouts


def test_an_amazon_settlement_comes_back() -> None:
    """Part by part: the order's reference is the customer's, fees are lines of their own."""
    rows = read_whole(written(lambda out: processors.write_amazon(out, SOLD, settlement="1001", paid=NEXT_DAY))).lines.to_dicts()
    assert [(row["kind"], row["customer_reference"], row["amount_minor"]) for row in rows] == [
        ("payout", "1001", -PAID_OUT), ("receipt", "ch_1", 10000), ("fee", "ch_1", -320), ("receipt", "ch_2", 252555), ("fee", "ch_2", -7555),
        ("return", "re_1", -5000)]


AMOUNTS = st.integers(1, 99_999_999)
DATES = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
REFERENCES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=14).map(lambda text: f"A{text}9")
WORDS = st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzäöüßéñ0123456789.,-&'()", min_size=1, max_size=12),
                 min_size=1, max_size=9)
NAMES = st.lists(st.sampled_from(("Müller", "O'Connell", "de Vries", "Søn", "Lefèvre", "Trading", "A", "Zürich", "IX", "Co")),
                 min_size=1, max_size=3)
PARTS = st.tuples(AMOUNTS, DATES, REFERENCES, st.sampled_from(("wire", "ach")), NAMES.map(" ".join), WORDS.map(" ".join))


def payments_of(parts: list[tuple[int, dt.date, str, Rail, str, str]]) -> list[Payment]:
    return [Payment(amount, day, day, f"B{number:07d}", "USD", reference, rail=rail, payer_name=name, payer_account=US_ACCOUNT,
                    text=text)
            for number, (amount, day, reference, rail, name, text) in enumerate(parts)]


WRITERS: dict[str, tuple[Callable[[TextIO, list[Statement]], None], Callable[[str], str]]] = {
    "mt940": (mt940.write_mt940, swift_text),
    "mt940 slash": (lambda out, statements: mt940.write_mt940(out, statements, "slash"), swift_text),
    "ofx 1": (lambda out, statements: ofx.write_ofx(out, statements, "1"), str),
    "ofx 2": (ofx.write_ofx, str),
    "bai2": (bai2.write_bai2, ascii_text),
    "camt": (camt.write_camt, str),
    "csv": (bank_csv.write_csv, str),
}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(payments=st.lists(PARTS, min_size=1, max_size=5).map(payments_of))
def test_any_payment_comes_back(name: str, payments: list[Payment]) -> None:
    """Amounts, dates and references exactly; the text whole, in the format's character set."""
    write, charset = WRITERS[name]
    day = max(payment.booking_date for payment in payments)
    first = min(payment.booking_date for payment in payments)
    report = Statement("4407001122", day, -5_000, payments, "USD", "ST-1", 1, first)
    if name == "bai2":
        payments = [payment._replace(booking_date=day, value_date=day) for payment in payments]
        report = report._replace(payments=payments)
    document = documents.read(written(lambda out: write(out, [report])))
    assert document.errors == []
    assert all(control.ties for control in document.controls)
    rows = document.lines.to_dicts()
    assert [(row["amount_minor"], row["booking_date"], row["bank_reference"]) for row in rows] == [
        (p.amount_minor, p.booking_date, p.bank_reference) for p in payments]
    for payment, row in zip(payments, rows, strict=True):
        whole = "".join(charset(payment.text).split()).rstrip(",")  # a comma at the end may be a field's
        assert whole in "".join(said(row).split())


Carrier = Callable[[TextIO, list[Payment]], None]
CARRIERS: dict[str, tuple[Carrier, str, Callable[[str], str] | None]] = {
    # how payments are written, where their reference comes back, and how their text does, if it does
    "mt103": (lambda out, payments: mt103.write_mt103(out, payments, owner=OURS, account=IBAN), "bank_reference", swift_text),
    "pacs": (lambda out, payments: pacs.write_pacs_008(out, payments, owner=OURS, account=IBAN), "bank_reference", str),
    "remt": (lambda out, payments: remt.write_remt(out, payments, created=DAY), "bank_reference", str),
    "nacha": (lambda out, payments: nacha.write_nacha(out, payments, created=DAY, company=OURS, routing=ROUTING, account="44"), "", None),
    "x12-820": (lambda out, payments: edi820.write_820(out, payments, created=DAY, payee=OURS), "bank_reference", None),
    "x12-823": (lambda out, payments: edi823.write_823(out, [lockbox.Deposit("771234", payments)], deposited=DAY), "check_number", None),
    "lockbox": (lambda out, payments: lockbox.write_lockbox(out, [lockbox.Deposit("771234", payments)], deposited=DAY), "check_number", None),
    "fedwire": (lambda out, payments: fedwire.write_fedwire(out, payments, owner=OURS, account="44", routing=ROUTING), "customer_reference", None),
    "stripe": (lambda out, payments: processors.write_stripe(out, payments, payout="po_1", paid=DAY), "bank_reference", str),
    "paypal": (lambda out, payments: processors.write_paypal(out, payments, day=DAY, opening_minor=0), "bank_reference", str),
    "adyen": (lambda out, payments: processors.write_adyen(out, payments, batch="7", paid=DAY), "bank_reference", None),
    "amazon": (lambda out, payments: processors.write_amazon(out, payments, settlement="1001", paid=DAY), "", None),
}


@pytest.mark.parametrize("name", CARRIERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(payments=st.lists(PARTS, min_size=1, max_size=5).map(payments_of))
def test_any_payment_comes_back_from_what_carries_no_statement(name: str, payments: list[Payment]) -> None:
    write, reference, charset = CARRIERS[name]
    payments = [payment._replace(check_number=str(number), bank_reference=fedwire.imad(payment.value_date, number) if name == "fedwire"
                                 else payment.bank_reference) for number, payment in enumerate(payments, 101)]
    document = documents.read(written(lambda out: write(out, payments)))
    assert document.errors == []
    assert document.format == name
    assert all(control.ties for control in document.controls)
    rows = [row for row in document.lines.to_dicts() if row["kind"] != "payout"]
    assert [row["amount_minor"] for row in rows] == [payment.amount_minor for payment in payments]
    if reference:
        assert [row[reference] for row in rows] == [getattr(payment, reference) for payment in payments]
    for payment, row in zip(payments, rows, strict=True):
        assert charset is None or "".join(charset(payment.text).split()) in "".join(said(row).split())
