"""Reports: what they say of a small company's books, that they tie to the ledger whatever happens, and how they look in each format."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import random
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, select

from cashapp import adjustments, applications, clock, db, desk, exceptions, imports, proposals, reports, reversals, schema
from cashapp.cli import reporting
from cashapp.config import Config, Lockbox
from cashapp.desk import By
from cashapp.errors import CashappError, UsageError
from cashapp.reports import as_data, as_text, as_xlsx, cells, pages
from cashapp.reports.methods import METHODS, method
from cashapp.reports.model import Column, Report, Section, When, tables
from parsers import documents, records
from parsers.records import BankLine, StatementClosed, StatementOpened
from tests.books import HERE, apply_to, bank_line, take_in
from tests.workspaces import cashapp

GOLDENS = Path(__file__).parent / "goldens" / "reports"
MONDAY, FRIDAY = dt.date(2026, 11, 9), dt.date(2026, 11, 13)
WEEK = When(MONDAY, FRIDAY)
CONFIG = Config(lockboxes=[Lockbox("7700", "111222333")])
EVENING = dt.datetime(2026, 11, 13, 18, 0, tzinfo=dt.UTC)

CUSTOMERS = """customer_id,name
C1,Acme Tools Inc
C2,"Borealis Freight LLC"
C3,=Cedar & <b>Grove</b> #Bakery
C4,Dorado Maritime Supply and Provisioning Company of Valparaíso
"""
INVOICES = """invoice_number,customer_id,amount,currency,kind,issue_date,due_date
INV-1,C1,1000.00,USD,invoice,2026-10-10,2026-11-20
INV-2,C1,250.50,USD,invoice,2026-09-15,2026-10-15
INV-3,C2,98000.00,USD,invoice,2026-08-01,2026-08-31
INV-4,C2,40.00,USD,invoice,2026-05-01,2026-06-01
CM-5,C2,125.00,USD,credit_memo,2026-10-01,
INV-6,C3,7300.25,USD,invoice,2026-09-01,2026-09-30
INV-7,C4,1200.00,EUR,invoice,2026-10-20,2026-11-19
INV-8,C4,88000,JPY,invoice,2026-10-20,2026-11-08
"""


def statement(lines: list[BankLine], *, account: str = "111222333", currency: str = "USD", opening: int | None = None, closing: int | None = None,
              report: str = "statement", lockbox: str = "", format_name: str = "bai2", day: int = 9) -> documents.Document:
    """A file with one statement of a day."""
    date = dt.date(2026, 11, day)
    opened = StatementOpened(HERE, f"{account}-{day}", account, currency, report, to_date=date, opening_minor=opening, lockbox=lockbox)  # type: ignore[arg-type]
    stream: list[records.Record] = [opened, *lines, StatementClosed(HERE, closing, date)]
    return documents.drain(format_name, stream)


FILES = [
    ("monday.bai", statement([
        bank_line(100000, bank_reference="W-1", type_code="195", payer_name="ACME TOOLS"),
        bank_line(25050, bank_reference="A-2", type_code="142", payer_name="ACME TOOLS"),
        bank_line(4000, bank_reference="A-3", type_code="142", payer_name="BOREALIS FREIGHT"),
        bank_line(77700, bank_reference="W-4", type_code="195", payer_name="NOBODY WE KNOW"),
        bank_line(-1500, "fee", type_code="698"),
    ], opening=500000, closing=705250)),
    ("lockbox.txt", statement([
        bank_line(9800000, bank_reference="B-1", check_number="1001", payer_name="BOREALIS FREIGHT"),
        bank_line(30025, bank_reference="B-2", check_number="1002", payer_name="CEDAR GROVE"),
    ], account="7700", lockbox="7700", report="cash_report", format_name="lockbox")),
    ("euro.xml", statement([
        bank_line(120000, currency="EUR", bank_reference="E-1", type_code="PMNT-RCDT-ESCT", payer_name="DORADO", day=10),
    ], account="DE49200999000445566770", currency="EUR", opening=0, closing=120000, format_name="camt", day=10)),
    ("yen.csv", statement([
        bank_line(100000, currency="JPY", bank_reference="Y-1", type_code="TRANSFER IN", payer_name="DORADO", day=10),
    ], account="400500", currency="JPY", format_name="csv", day=10)),
    ("tuesday.bai", statement([
        bank_line(9830025, "lockbox_deposit", type_code="115", day=10),
        bank_line(5000, bank_reference="W-5", type_code="195", payer_name="STATE OF OHIO", day=10),
        bank_line(-4000, "return", original_reference="A-3", return_reason="R01", type_code="557", day=11),
        bank_line(-900, "return", original_reference="Z-9", return_reason="R10", payer_name="A STRANGER", type_code="557", day=11),
    ], opening=705250, closing=10535375, day=11)),
]


@pytest.fixture(autouse=True)
def _evening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: EVENING)
    monkeypatch.setattr(clock, "today", lambda: FRIDAY)


@pytest.fixture
def books(engine: Engine, tmp_path: Path) -> Iterator[Connection]:
    """A week of a company with four customers: applied, partly applied, on account, unidentified, returned, not ours."""
    for kind, rows in (("customers", CUSTOMERS), ("invoices", INVOICES)):
        (tmp_path / f"{kind}.csv").write_text(rows, encoding="utf-8")
        assert imports.run(engine, CONFIG, kind, [tmp_path / f"{kind}.csv"], as_of=MONDAY, actor="ines")[0].complete
    with db.writing(engine) as connection:
        for name, document in FILES[:2]:
            take_in(connection, document, name, CONFIG, MONDAY)
        settle(connection, "W-1", "C1", [("INV-1", 98000, 2000)])
        settle(connection, "A-2", "C1", [("INV-2", 25050, 0)])
        settle(connection, "A-3", "C2", [("INV-4", 4000, 0)], rule="single_item")
        settle(connection, "B-1", "C2", [("INV-3", 9800000, 0)])
    with db.writing(engine) as connection:
        for name, document in FILES[2:]:
            take_in(connection, document, name, CONFIG, dt.date(2026, 11, 11))
        settle(connection, "E-1", "C4", [("INV-7", 120000, 0)], on=dt.date(2026, 11, 11))
        queue(connection, "W-1", "over_payment", "C1")
        queue(connection, "W-4", "unknown_payer", None)
        queue(connection, "B-2", "no_reference", "C3", suggestions=2)
        queue(connection, "Y-1", "over_payment", "C4")
        queue(connection, "W-5", "unknown_payer", None)
    with db.writing(engine) as connection:
        clerk = By("carla", FRIDAY)
        desk.on_account(connection, case_of(connection, "B-2"), "C3", clerk)
        apply_to(connection, case_of(connection, "Y-1"), [("INV-8", "88000")], clerk)
        desk.non_ar(connection, case_of(connection, "W-5"), "tax refunds", clerk)
        desk.assign(connection, case_of(connection, "W-4"), "carla", clerk)
        standing = reversals.standing(connection, number(connection, "A-2"))
        reversals.take_back(connection, standing[0].entry_id, reversals.Why("carla", FRIDAY, "wrong invoice"))
        queue(connection, "A-2", "reopened", "C1")
    with db.reading(engine) as connection:
        yield connection


def number(connection: Connection, reference: str) -> int:
    receipt, line = schema.receipt, schema.bank_line
    query = select(receipt.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id).where(line.c.bank_reference == reference)
    return connection.execute(query).scalar_one()


def case_of(connection: Connection, reference: str) -> int:
    case = schema.exception_case
    return connection.execute(select(case.c.exception_id).where(case.c.receipt_id == number(connection, reference))).scalar_one()


def settle(connection: Connection, reference: str, customer: str, shares: list[tuple[str, int, int]], *, rule: str = "reference_exact",
           source: str = "auto", on: dt.date = MONDAY) -> None:
    """Apply a receipt as the engine would: shares of (document, cash, discount)."""
    receipt = schema.receipt
    row = connection.execute(select(receipt).where(receipt.c.receipt_id == number(connection, reference))).one()
    items = {name: connection.execute(select(schema.open_item.c.item_id).where(schema.open_item.c.document_number == name)).scalar_one() for name, *_ in shares}
    heads = pl.DataFrame([(row.receipt_id, row.receipt_key, row.currency, customer, source, rule, 900, "")], schema=applications.HEADS, orient="row")
    lines = pl.DataFrame([(row.receipt_id, items[name], customer, cash, discount, 0, "", 0, None, "") for name, cash, discount in shares],
                         schema=applications.LINES, orient="row")
    applications.apply(connection, heads, lines, actor=proposals.ENGINE if source == "auto" else "carla", on=on)
    connection.execute(receipt.update().where(receipt.c.receipt_id == row.receipt_id).values(customer_id=customer))


def queue(connection: Connection, reference: str, reason: str, customer: str | None, suggestions: int = 0) -> None:
    """Put a receipt into the queue with so many suggestions."""
    receipt = schema.receipt
    row = connection.execute(select(receipt).where(receipt.c.receipt_id == number(connection, reference))).one()
    exceptions.open_cases(connection, pl.DataFrame({
        "receipt_id": [row.receipt_id], "reason": [reason], "currency": [row.currency], "amount_minor": [row.unapplied_minor], "customer_id": [customer],
    }, schema_overrides={"customer_id": pl.String}), dt.date(2026, 11, 10))
    connection.execute(receipt.update().where(receipt.c.receipt_id == row.receipt_id).values(customer_id=customer))
    for rank in range(1, suggestions + 1):
        connection.execute(schema.proposal.insert().values(
            receipt_id=row.receipt_id, rank=rank, customer_id=customer, rule="single_item", rivals=1, confidence=500, unattended=False, explanation="one fits",
            what_chars=0, how_much_chars=0, who_chars=0))


def made(connection: Connection, name: str, when: When = WEEK) -> Report:
    return reports.make(connection, name, when, "Larch & Sons")


def rows(report: Report, section: str) -> list[dict[str, object]]:
    """A section's rows as dictionaries."""
    return next(s for s in report.sections if s.name == section).rows.to_dicts()


def sums(report: Report, section: str, column: str) -> dict[str, int]:
    told = next(s for s in report.sections if s.name == section).rows
    return dict(told.group_by("currency").agg(pl.col(column).sum()).sort("currency").iter_rows())


def test_the_texts_are_the_goldens(books: Connection, update_goldens: bool) -> None:
    for name in reports.REPORTS:
        told = re.sub(r"seal [0-9a-f]{16}", "seal ----------------", as_text.text(made(books, name)))
        golden = GOLDENS / f"{name}.txt"
        if update_goldens:
            GOLDENS.mkdir(parents=True, exist_ok=True)
            golden.write_text(told, encoding="utf-8")
        assert told == golden.read_text(encoding="utf-8"), name
        assert max(map(len, told.splitlines())) <= as_text.WIDTH


def test_no_golden_without_its_report() -> None:
    assert {path.stem for path in GOLDENS.iterdir()} == set(reports.REPORTS)


def test_every_report_ties_on_any_days(books: Connection) -> None:
    for when in (WEEK, When(None, FRIDAY), When(MONDAY, MONDAY), When(dt.date(2026, 11, 11), FRIDAY), When(None, dt.date(2026, 11, 10))):
        broken = {name: made(books, name, when).broken for name in reports.REPORTS}
        assert not any(broken.values()), (when, broken)


def test_daily_cash_has_what_came_by_method_and_status(books: Connection) -> None:
    told = made(books, "daily-cash")
    by_method = {(row["account"], row["method"]): (row["receipts"], row["received"]) for row in rows(told, "receipts_by_method")}
    assert by_method == {
        ("111222333", "lockbox check"): (2, 9830025), ("111222333", "ACH"): (2, 29050), ("111222333", "wire"): (3, 182700),
        ("400500", "credit transfer"): (1, 100000), ("DE49200999000445566770", "credit transfer"): (1, 120000),
    }
    by_status = {(row["currency"], row["status"]): row["amount"] for row in rows(told, "receipts_by_status")}
    assert by_status == {
        ("USD", "applied"): 9898000, ("USD", "on account"): 30025, ("USD", "unapplied"): 27050, ("USD", "unidentified"): 77700,
        ("USD", "returned"): 4000, ("USD", "non-AR"): 5000, ("JPY", "applied"): 88000, ("JPY", "unapplied"): 12000, ("EUR", "applied"): 120000,
    }
    assert sums(told, "receipts_by_status", "amount") == sums(told, "receipts_by_method", "received") == {"EUR": 120000, "JPY": 100000, "USD": 10041775}


def test_daily_cash_knows_the_balances_that_statements_state(books: Connection) -> None:
    def balance(when: When) -> tuple[object, ...]:
        row = rows(made(books, "daily-cash", when), "accounts")[0]
        return tuple(row[name] for name in ("opening", "money_in", "money_out", "closing", "stated_on", "difference"))

    assert balance(WEEK) == (500000, 10041775, -6400, 10535375, dt.date(2026, 11, 11), 0)
    assert balance(When(MONDAY, MONDAY)) == (500000, 206750, -1500, 705250, MONDAY, 0)
    tuesday = dt.date(2026, 11, 10)  # its lines stand on Wednesday's statement
    assert balance(When(tuesday, tuesday)) == (705250, 9835025, 0, 705250, MONDAY, None)


def test_the_latest_days_reach_from_the_last_statement_to_the_last_news(books: Connection) -> None:
    assert reports.days(books, "daily-cash", None, None, FRIDAY) == When(dt.date(2026, 11, 11), dt.date(2026, 11, 11))
    assert reports.days(books, "daily-cash", None, None, MONDAY) == When(MONDAY, MONDAY)
    assert reports.days(books, "daily-cash", MONDAY, None, FRIDAY) == When(MONDAY, MONDAY)
    assert reports.days(books, "aging", None, None, FRIDAY) == When(None, FRIDAY)
    assert reports.days(books, "aging", None, reports.month("2026-02"), FRIDAY) == When(dt.date(2026, 2, 1), dt.date(2026, 2, 28))


def test_daily_cash_of_empty_books_says_none(engine: Engine) -> None:
    with db.reading(engine) as connection:
        for name in reports.REPORTS:
            days = reports.days(connection, name, None, None, FRIDAY)
            told = made(connection, name, days)
            assert not told.broken
            assert "none" in as_text.text(told)
            assert b"".join(as_data.as_csv(told))
            assert pages.as_html(told)


def test_aging_is_of_that_day(books: Connection) -> None:
    def aged(day: dt.date) -> dict[str, dict[str, int]]:
        return {str(row["customer_id"]): {k: int(str(v)) for k, v in row.items() if v and k not in {"customer_id", "name", "currency", "items"}}
                for row in rows(made(books, "aging", When(None, day)), "customers") if row["currency"] == "USD"}

    assert aged(FRIDAY) == {"C1": {"1-30": 25050, "total": 25050}, "C2": {"90+": 4000, "credits": -12500, "total": -8500},
                            "C3": {"31-60": 730025, "credits": -30025, "total": 700000}}
    before_the_return = aged(dt.date(2026, 11, 10))
    assert before_the_return == {"C2": {"credits": -12500, "total": -12500}, "C3": {"31-60": 730025, "total": 730025}}
    assert aged(dt.date(2026, 11, 8)) == {}
    assert aged(dt.date(2026, 12, 31))["C3"] == {"90+": 730025, "credits": -30025, "total": 700000}


def test_unapplied_says_how_old_whose_and_why(books: Connection) -> None:
    told = rows(made(books, "unapplied", When(None, dt.date(2026, 11, 20))), "receipts")
    assert [(row["age_days"], row["age"], row["customer"], row["reason"], row["unapplied"], row["currency"]) for row in told] == [
        (11, "8-30", "C1", "over_payment", 2000, "USD"), (11, "8-30", "C1", "reopened", 25050, "USD"),
        (11, "8-30", "unidentified", "unknown_payer", 77700, "USD"), (10, "8-30", "C4", "over_payment", 12000, "JPY"),
    ]


def test_unapplied_of_an_earlier_day_has_what_was_unapplied_then(books: Connection) -> None:
    told = rows(made(books, "unapplied", When(None, dt.date(2026, 11, 10))), "receipts")
    assert [(row["payer"], row["unapplied"], row["suggestions"]) for row in told if row["currency"] == "USD"] == [
        ("CEDAR GROVE", 30025, 2), ("ACME TOOLS", 2000, 0), ("NOBODY WE KNOW", 77700, 0), ("STATE OF OHIO", 5000, 0)]


def test_returned_items_name_the_receipt_and_what_is_open_again(books: Connection) -> None:
    told = rows(made(books, "returned-items"), "items")
    assert [(row["date"], row["payer"], row["reference"], row["code"], row["label"], row["amount"], row["items_reopened"], row["outcome"]) for row in told] == [
        (dt.date(2026, 11, 11), "BOREALIS FREIGHT", "A-3", "R01", "Insufficient funds", 4000, "INV-4", "taken back"),
        (dt.date(2026, 11, 11), "A STRANGER", "Z-9", "R10", "Originator not known to the customer, or debit not authorised", 900, None, "waits for a person"),
    ]


def test_exceptions_count_by_reason_and_owner(books: Connection) -> None:
    told = made(books, "exceptions")
    assert {(row["reason"], row["currency"]): (row["cases"], row["amount"]) for row in rows(told, "by_reason")} == {
        ("over_payment", "JPY"): (1, 12000), ("over_payment", "USD"): (1, 2000), ("reopened", "USD"): (1, 25050),
        ("return_unmatched", "USD"): (1, -900), ("unknown_payer", "USD"): (1, 77700),
    }
    assert {(row["owner"], row["currency"]): row["cases"] for row in rows(told, "by_owner")} == {("carla", "USD"): 1, ("nobody", "JPY"): 1, ("nobody", "USD"): 3}


def test_an_earlier_day_has_the_cases_that_were_open_then(books: Connection) -> None:
    told = made(books, "exceptions", When(None, dt.date(2026, 11, 12)))
    assert told.proofs == ()
    assert sum(int(str(row["cases"])) for row in rows(told, "by_reason")) == 7


def test_money_outside_the_queue_breaks_the_tie(books: Connection, engine: Engine) -> None:
    with db.writing(engine) as connection:
        exceptions.resolve(connection, case_of(connection, "W-4"), "carla", "note")
    with db.reading(engine) as connection:
        broken = made(connection, "exceptions").broken
    assert [(proof.currency, proof.reported_minor, proof.ledger_minor) for proof in broken] == [("USD", 27050, 104750)]


def test_match_rate_counts_what_no_person_touched(books: Connection) -> None:
    told = made(books, "match-rate")
    by_format = {(row["format"], row["currency"]): row for row in rows(told, "by_format")}
    assert {key: (row["receipts"], row["straight_through"], row["applied_unattended"], row["applied_by_clerks"], row["waiting"]) for key, row in by_format.items()} == {
        ("bai2", "USD"): (4, 1, 102000, 0, 104750), ("camt", "EUR"): (1, 1, 120000, 0, 0), ("csv", "JPY"): (1, 0, 0, 88000, 12000),
        ("lockbox", "USD"): (2, 1, 9800000, 30025, 0),
    }
    by_rule = {(row["rule"], row["currency"]): (row["applied"], row["returned"], row["corrected"], row["corrected_amount"]) for row in rows(told, "by_rule")}
    assert by_rule == {("reference_exact", "EUR"): (1, 0, 0, 0), ("reference_exact", "USD"): (3, 0, 1, 25050), ("single_item", "USD"): (1, 1, 0, 0)}
    assert [(row["applied"], row["actor"], row["reason"]) for row in rows(told, "corrections")] == [(25050, "carla", "wrong invoice")]


def test_each_row_of_the_journal_adds_up_to_nothing(books: Connection) -> None:
    told = rows(made(books, "cash-receipts-journal"), "entries")
    assert len(told) == 20
    assert all(sum(int(str(row[name])) for name in ("cash", "unapplied", "receivable", "allowances", "other")) == 0 for row in told)


def test_the_trial_balance_of_a_month_moves_from_opening_to_closing(books: Connection) -> None:
    told = rows(made(books, "trial-balance", When(dt.date(2026, 11, 10), FRIDAY)), "accounts")
    assert told
    assert all(row["opening"] + row["debits"] - row["credits"] == row["debit"] - row["credit"] for row in told)  # type: ignore[operator]
    plain = rows(made(books, "trial-balance", When(None, FRIDAY)), "accounts")
    assert [(row["account"], row["debit"], row["credit"]) for row in plain] == [(row["account"], row["debit"], row["credit"]) for row in told]


def test_audit_says_who_did_what(books: Connection) -> None:
    told = made(books, "audit")
    assert [row["file"] for row in rows(told, "files")] == [name for name, _ in FILES]
    assert [(row["actor"], row["action"], row["detail"]) for row in rows(told, "decisions")] == [
        ("carla", "on-account", "C3"), ("carla", "apply", "INV-8=88000"), ("carla", "non-ar", "tax refunds"), ("carla", "assign", "carla")]
    assert [(row["actor"], row["reason"]) for row in rows(told, "reversals")] == [("test", "returned R01"), ("carla", "wrong invoice")]


# The formats


def test_json_has_exact_amounts_and_both_sides_of_each_proof(books: Connection) -> None:
    told = json.loads("".join(as_data.as_json(made(books, "unapplied"))))
    assert (told["report"], told["since"], told["until"], told["books"]) == ("unapplied", "2026-11-09", "2026-11-13", "Larch & Sons")
    listed = told["sections"][0]
    assert [column["name"] for column in listed["columns"]] == list(listed["rows"][0])
    assert [(row["currency"], row["unapplied"]) for row in listed["rows"]] == [("USD", "20.00"), ("USD", "250.50"), ("USD", "777.00"), ("JPY", "12000")]
    assert listed["totals"] == [{"currency": "JPY", "amount": "100000", "unapplied": "12000"}, {"currency": "USD", "amount": "2027.50", "unapplied": "1047.50"}]
    assert {(proof["currency"], proof["report"], proof["ledger"], proof["ties"]) for proof in told["proofs"]} == {
        ("EUR", "0.00", "0.00", True), ("JPY", "12000", "12000", True), ("USD", "1047.50", "1047.50", True)}


def test_csv_has_each_section_under_its_header_and_runs_no_formula(books: Connection) -> None:
    aged = list(csv.DictReader(io.StringIO(b"".join(as_data.as_csv(made(books, "aging"))).decode())))
    assert [(row["customer_id"], row["name"], row["31-60"], row["total"]) for row in aged] == [
        ("C1", "Acme Tools Inc", "0.00", "250.50"), ("C2", "Borealis Freight LLC", "0.00", "-85.00"), ("C3", "'=Cedar & <b>Grove</b> #Bakery", "7300.25", "7000.00")]
    assert b"".join(as_data.as_csv(made(books, "daily-cash"))).decode().count("\n\n") == 4


def test_a_workbook_has_numbers_dates_and_no_formula(books: Connection) -> None:
    told = as_xlsx.as_xlsx(made(books, "aging"))
    assert told == as_xlsx.as_xlsx(made(books, "aging"))
    with zipfile.ZipFile(io.BytesIO(told)) as book:
        sheet, words = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
    assert names == ["Customers", "Proof against the ledger"]
    assert "<f>" not in sheet
    assert "<v>7300.25</v>" in sheet
    assert "=Cedar &amp; &lt;b&gt;Grove" in words
    assert 'state="frozen"' in sheet
    frame = pl.read_excel(told, sheet_name="Customers")
    assert frame["total"].to_list() == [250.5, -85.0, 7000.0, 7165.5]


def test_yen_have_no_cents_in_a_workbook(books: Connection) -> None:
    with zipfile.ZipFile(io.BytesIO(as_xlsx.as_xlsx(made(books, "unapplied")))) as book:
        styles = book.read("xl/styles.xml").decode()
    assert 'formatCode="#,##0.00"' in styles
    assert 'formatCode="#,##0"' in styles


def test_html_escapes_everything_and_runs_nothing(books: Connection) -> None:
    told = pages.as_html(made(books, "aging"))
    assert "=Cedar &amp; &lt;b&gt;Grove&lt;/b&gt; #Bakery" in told
    assert "Larch &amp; Sons" in told
    assert "<script" not in told
    assert "http" not in told.replace("http-equiv", "")
    assert "−125.00" in told


def test_a_pdf_is_the_same_bytes_every_time_and_holds_any_name(books: Connection) -> None:
    told = made(books, "aging")
    printed = pages.as_pdf(told)
    assert printed.startswith(b"%PDF-")
    assert printed == pages.as_pdf(told)
    assert printed != pages.as_pdf(told, "EUR")


def test_a_report_that_does_not_tie_says_so_everywhere(books: Connection) -> None:
    from dataclasses import replace

    told = made(books, "unapplied")
    wrong = replace(told, proofs=(told.proofs[0]._replace(reported_minor=5),))
    assert "BROKEN" in as_text.text(wrong)
    assert "does not tie to the ledger" in pages.as_html(wrong)
    assert pages.as_pdf(wrong) != pages.as_pdf(told)
    assert json.loads("".join(as_data.as_json(wrong)))["proofs"][0]["ties"] is False


def table_of(values: list[tuple[str, str, int]], columns: tuple[Column, ...] | None = None) -> Section:
    frame = pl.DataFrame(values, schema={"name": pl.String, "currency": pl.String, "amount": pl.Int64}, orient="row")
    return Section("s", "S", columns or (Column("name"), Column("currency"), Column("amount", "money")), frame)


def report_of(section: Section) -> Report:
    return Report(name="r", title="R", when=WEEK, sections=(section,))


def test_amounts_are_grouped_in_the_digits_of_their_currency() -> None:
    assert [cells.grouped(*pair) for pair in ((123450, "USD"), (-5, "USD"), (1234567, "JPY"), (-1234567, "KWD"), (0, "EUR"))] == [
        "1,234.50", "-0.05", "1,234,567", "-1,234.567", "0.00"]


def test_long_text_folds_and_numbers_never(books: Connection) -> None:
    words = "a name that goes on and on " * 6
    told = as_text.text(report_of(table_of([(words, "USD", 10**14), ("漢字" * 40, "USD", 1), ("x" * 150, "USD", 2)])), 60)
    assert max(map(len, told.splitlines())) <= 60
    assert "1,000,000,000,000.00" in told
    assert told.count("x") == 150


def test_totals_of_two_currencies_are_two_totals() -> None:
    table = next(tables(table_of([("a", "USD", 1), ("b", "EUR", 2), ("c", "USD", 3)]), "text"))
    assert table.totals.to_dicts() == [{"currency": "EUR", "amount": 2}, {"currency": "USD", "amount": 4}]


def test_a_share_is_whole_only_when_everything_is() -> None:
    section = Section("s", "S", (Column("part", "count"), Column("all", "count"), Column("rate", "share", of=("part", "all"))),
                      pl.DataFrame({"part": [1999, 0, 0], "all": [2000, 7, 0]}))
    assert cells.body(next(tables(section, "text")))[2] == ["99.9", "0.0", ""]


@pytest.mark.parametrize(("format_name", "code", "expected"), [
    ("lockbox", "lockbox", "lockbox check"), ("nacha", "CCD", "ACH"), ("fedwire", "1000 CTR", "wire"), ("bai2", "142", "ACH"), ("bai2", "115", "lockbox check"),
    ("bai2", "195", "wire"), ("bai2", "174", "check"), ("bai2", "399", "other"), ("mt940", "NTRF", "credit transfer"), ("mt940", "NCHK", "check"),
    ("camt", "PMNT-RCDT-ESCT", "credit transfer"), ("camt", "PMNT-IDDT-ESDD", "direct debit"), ("ofx", "CHECK", "check"), ("ofx", "CREDIT", "other"),
    ("csv", "ACH CREDIT", "ACH"), ("csv", "Wire in", "wire"), ("csv", "", "other"), ("x12-820", "ACH", "ACH"), ("stripe", "charge", "card"),
])
def test_the_method_follows_from_format_and_type_code(format_name: str, code: str, expected: str) -> None:
    assert method(format_name, code) == expected
    assert expected in METHODS


def test_a_check_number_makes_a_check_where_nothing_else_says_what_it_is() -> None:
    assert method("ofx", "CREDIT", has_check_number=True) == "check"
    assert method("bai2", "195", has_check_number=True) == "wire"
    assert method("csv", "", in_lockbox=True) == "lockbox check"


# Whatever happens


def a_file_comes(connection: Connection, dice: random.Random, day: int) -> None:
    """Some payments, a fee and a return of nothing we know; what is new goes into the queue."""
    lines = [bank_line(dice.randrange(100, 5000), day=day, currency=dice.choice(["USD", "USD", "EUR", "JPY"]), bank_reference=f"X{dice.randrange(10**9)}",
                       payer_name=dice.choice(["ACME", "BOREALIS", ""])) for _ in range(dice.randrange(1, 5))]
    lines += [bank_line(-dice.randrange(10, 90), "fee", day=day), bank_line(-dice.randrange(10, 90), "return", day=day, return_reason="R03")]
    document = statement(lines, report=dice.choice(["statement", "announcement", "cash_report"]), format_name="mt940", day=day)
    take_in(connection, document, f"file {dice.randrange(10**9)}", CONFIG, dt.date(2026, 11, day))
    receipt, case = schema.receipt, schema.exception_case
    known = select(case.c.receipt_id).where(case.c.receipt_id.is_not(None))
    query = select(receipt).where(receipt.c.receipt_id.not_in(known), receipt.c.unapplied_minor != 0).order_by(receipt.c.receipt_id)
    fresh = [(row.receipt_id, "unknown_payer", row.currency, row.amount_minor) for row in connection.execute(query)]
    shape = {"receipt_id": pl.Int64, "reason": pl.String, "currency": pl.String, "amount_minor": pl.Int64}
    exceptions.open_cases(connection, pl.DataFrame(fresh, schema=shape, orient="row"), dt.date(2026, 11, day))


def a_case(connection: Connection, dice: random.Random, status: str) -> int:
    case = schema.exception_case
    query = select(case.c.exception_id).where(case.c.status == status, case.c.receipt_id.is_not(None)).order_by(case.c.exception_id)
    return dice.choice(connection.execute(query).scalars().all() or [0])


def is_untouched(connection: Connection, exception_id: int) -> bool:
    receipt, case = schema.receipt, schema.exception_case
    query = select(receipt.c.receipt_id).join(case, case.c.receipt_id == receipt.c.receipt_id).where(
        case.c.exception_id == exception_id, receipt.c.unapplied_minor == receipt.c.amount_minor)
    return connection.execute(query).first() is not None


def a_clerk_decides(connection: Connection, dice: random.Random, day: int) -> None:
    chosen, clerk = a_case(connection, dice, "open"), By("carla", dt.date(2026, 11, day))
    match dice.randrange(4):
        case 0:
            desk.on_account(connection, chosen, dice.choice(["C1", "C4"]), clerk)
        case 1 if is_untouched(connection, chosen):
            desk.non_ar(connection, chosen, "other income", clerk)
        case _:
            item = dice.choice(["INV-1", "INV-2", "INV-7", "INV-8", "CM-5"])
            apply_to(connection, chosen, [(item, str(dice.randrange(1, 9)))], clerk)


def a_clerk_undoes(connection: Connection, dice: random.Random, day: int) -> None:
    desk.undo(connection, a_case(connection, dice, dice.choice(["resolved", "open"])), By("carla", dt.date(2026, 11, day)))


def a_payment_bounces(connection: Connection, dice: random.Random, day: int) -> None:
    receipt, line = schema.receipt, schema.bank_line
    query = select(line.c.bank_reference, line.c.amount_minor, line.c.currency).join(receipt, receipt.c.line_id == line.c.line_id).where(
        receipt.c.state == "open").order_by(line.c.line_id)
    rows = connection.execute(query).all()
    for reference, minor, currency in dice.sample(rows, min(1, len(rows))):
        back = bank_line(-minor, "return", day=day, currency=currency, original_reference=reference, return_reason="R01")
        take_in(connection, statement([back], format_name="mt940", day=day), f"back {dice.randrange(10**9)}", CONFIG, dt.date(2026, 11, day))


EVENTS = (a_file_comes, a_clerk_decides, a_clerk_decides, a_clerk_decides, a_clerk_undoes, a_payment_bounces)


@pytest.mark.parametrize("seed", range(5))
def test_all_reports_tie_whatever_happens(engine: Engine, tmp_path: Path, seed: int) -> None:
    """A random walk of files, decisions, undos and returns; after each day every report ties, whatever days it is asked for."""
    dice = random.Random(seed)
    for kind, content in (("customers", CUSTOMERS), ("invoices", INVOICES)):
        (tmp_path / f"{kind}.csv").write_text(content, encoding="utf-8")
        imports.run(engine, CONFIG, kind, [tmp_path / f"{kind}.csv"], as_of=dt.date(2026, 11, 2), actor="ines")
    for day in (3, 4, 6):
        for event in (a_file_comes, *dice.choices(EVENTS, k=12)):
            with contextlib.suppress(CashappError), db.writing(engine) as connection:  # what is refused leaves nothing behind
                event(connection, dice, day)
        with db.reading(engine) as connection:
            today = dt.date(2026, 11, day)
            for when in (When(None, today), When(today, today), When(dt.date(2026, 11, 1), FRIDAY)):
                broken = {name: made(connection, name, when).broken for name in reports.REPORTS}
                assert not any(broken.values()), {name: proofs for name, proofs in broken.items() if proofs}


# The command


def test_the_command_knows_every_report() -> None:
    assert set(reporting.NAMES) == set(reports.REPORTS)


@pytest.fixture
def small(home: Path, tmp_path: Path) -> Path:
    """A workspace with one open invoice."""
    (tmp_path / "invoices.csv").write_text("invoice_number,customer_id,customer_name,amount,currency,due_date\nI1,C1,Acme,12.50,USD,2026-10-31\n")
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv"), "--as-of", "2026-11-02").exit_code == 0
    return home


@pytest.mark.parametrize("name", reporting.NAMES)
def test_each_report_is_written_in_each_format(small: Path, tmp_path: Path, name: str) -> None:
    begins = {"txt": b"", "html": b"<!DOCTYPE html>", "pdf": b"%PDF-", "xlsx": b"PK", "csv": b"", "json": b'{"report": "' + name.encode()}
    for ending, start in begins.items():
        out = tmp_path / "out" / f"report.{ending}"
        assert cashapp(small, "report", name, "--period", "2026-11", "--out", str(out)).exit_code == 0
        assert out.read_bytes().startswith(start)
        assert out.stat().st_size > 20


def test_a_report_goes_to_standard_output(small: Path) -> None:
    told = cashapp(small, "report", "aging", "--as-of", "2026-11-30", "--to", "csv")
    assert told.stdout == "customer_id,name,currency,items,current,1-30,31-60,61-90,90+,credits,total\nC1,Acme,USD,1,0.00,12.50,0.00,0.00,0.00,0.00,12.50\n"
    assert cashapp(small, "report", "aging", "--as-of", "2026-11-30").stdout.startswith("Aging of receivables")
    assert cashapp(small, "report", "aging", "--to", "json").stdout.count("\n") == 1


@pytest.mark.parametrize("words", [
    ("aging", "--as-of", "2026-11-30", "--period", "2026-11"), ("aging", "--period", "2026-13"), ("aging", "--period", "november"),
])
def test_days_that_make_no_sense_are_wrong_usage(small: Path, words: tuple[str, ...]) -> None:
    assert cashapp(small, "report", *words).exit_code == 2


def test_a_report_that_does_not_tie_ends_with_4(small: Path) -> None:
    with sqlite3.connect(small / "cashapp.db") as books:
        books.execute("DROP TRIGGER posting_no_delete")
        books.execute("DELETE FROM posting WHERE item_id IS NULL")
    told = cashapp(small, "report", "trial-balance", "--as-of", "2026-11-30")
    assert told.exit_code == 4
    assert "trial-balance does not tie: debit and credit balances of all accounts USD, report 12.50, ledger 0.00" in told.stderr
    assert "BROKEN" in told.stdout


def test_what_is_too_long_for_paper_or_a_sheet_is_refused() -> None:
    rows = pl.DataFrame({"name": ["x"] * 1_050_000})
    long = report_of(Section("s", "S", (Column("name"),), rows))
    with pytest.raises(UsageError, match="for paper"):
        pages.as_pdf(long)
    with pytest.raises(UsageError, match="of a sheet"):
        as_xlsx.as_xlsx(long)


def test_a_broad_table_is_printed_across() -> None:
    broad = report_of(Section("s", "S", tuple(Column(f"column_with_a_long_name_{n}") for n in range(8)), pl.DataFrame({f"column_with_a_long_name_{n}": ["x"] for n in range(8)})))
    assert b"/MediaBox[0 0 792 612]" in pages.as_pdf(broad)
    assert b"/MediaBox[0 0 612 792]" in pages.as_pdf(report_of(table_of([("a", "USD", 1)])))


# The reports about what people did with the money


@pytest.fixture
def acted(books: Connection, engine: Engine) -> Iterator[Connection]:
    """On Friday carla adjusts, a second person approves, and one adjustment waits."""
    signed = adjustments.Signed("carla", FRIDAY, [])
    with db.writing(engine) as connection:
        for kind, document, amount, reason in (("write_off", "INV-2", "0.50", "rounding"), ("deduction", "INV-6", "300.25", "freight"), ("refund", "CM-5", "25.00", "asked for")):
            adjustments.request(connection, adjustments.Wanted(kind, reason, amount, document=document, owner="sally" if kind == "deduction" else ""), signed)
        waits = adjustments.request(connection, adjustments.Wanted("write_off", "lost case", "3000.00", document="INV-6"), signed)
        late = adjustments.request(connection, adjustments.Wanted("late_fee", "60 days", "600.00", "USD", "C3"), signed)
        adjustments.approve(connection, late.adjustment_id, signed._replace(actor="mary"))
    assert (waits.status, late.status) == ("pending", "pending")
    with db.reading(engine) as connection:
        yield connection


def test_adjustments_say_who_asked_and_who_approved(acted: Connection) -> None:
    told = made(acted, "adjustments")
    assert told.broken == ()
    assert [(row["kind"], row["about"], row["amount"], row["asked_by"], row["approver"], row["owner"]) for row in rows(told, "posted")] == [
        ("write_off", "INV-2", 50, "carla", "–", ""), ("deduction", "INV-6", 30025, "carla", "–", "sally"), ("refund", "CM-5", 2500, "carla", "–", ""),
        ("late_fee", "LF-000005", 60000, "carla", "mary", "")]
    assert [(row["kind"], row["amount"]) for row in rows(told, "waiting")] == [("write_off", 300000)]
    assert [(row["actor"], row["action"]) for row in rows(made(acted, "audit"), "approvals")][-3:] == [("carla", "requested"), ("mary", "posted"), ("mary", "approved")]


def test_every_report_ties_after_adjustments(acted: Connection) -> None:
    for when in (WEEK, When(None, FRIDAY), When(FRIDAY, FRIDAY)):
        broken = {name: made(acted, name, when).broken for name in reports.REPORTS}
        assert not any(broken.values()), (when, {name: proofs for name, proofs in broken.items() if proofs})


def test_a_statement_is_of_one_customer_and_its_balances_join(acted: Connection) -> None:
    told = reports.make(acted, "statement", WEEK, asked=reports.Asked(customer_id="C3"))
    assert told.title == "Statement of account: =Cedar & <b>Grove</b> #Bakery (C3)"
    assert rows(told, "balance") == [{"currency": "USD", "opening": 0, "charges": 790025, "credits": 60050, "closing": 729975}]
    assert sums(told, "items", "left") == {"USD": 729975}
    later = reports.make(acted, "statement", When(FRIDAY, FRIDAY), asked=reports.Asked(customer_id="C3"))
    assert rows(later, "balance")[0]["opening"] == 730025
    assert rows(later, "balance")[0]["closing"] == 729975
    with pytest.raises(UsageError, match="no customer C9"):
        reports.make(acted, "statement", WEEK, asked=reports.Asked(customer_id="C9"))


def test_collections_begin_with_the_most_and_oldest_money(acted: Connection) -> None:
    told = rows(made(acted, "collections"), "worklist")
    assert [(row["customer_id"], row["past_due"], row["oldest"], row["on_hand"], row["next"]) for row in told] == [
        ("C3", 700000, 44, 0, "call"), ("C1", 25000, 29, 27050, "reminder"), ("C2", 4000, 165, 0, "decide: agency or reserve")]


def test_the_forecast_moves_due_dates_by_each_customers_habit(books: Connection) -> None:
    early = When(None, dt.date(2026, 11, 9))  # INV-7 is due on the 19th; C4 has not paid anything yet
    weeks = [(row["currency"], row["when"], row["due"], row["expected"]) for row in rows(made(books, "cash-forecast", early), "weeks") if row["currency"] == "EUR"]
    assert weeks == [("EUR", "2026-11-17 to 2026-11-23", 120000, 120000)]
    late = rows(made(books, "cash-forecast", When(None, FRIDAY)), "customers")
    assert {row["customer_id"]: row["late"] for row in late} == {"C3": None, "C1": -11, "C2": 70}


def test_the_allowance_is_the_rate_of_each_age(acted: Connection) -> None:
    told = made(acted, "bad-debt")
    assert [(row["bucket"], row["open"], row["rate"], row["allowance"]) for row in rows(told, "allowance") if row["currency"] == "USD"] == [
        ("current", 60000, "1.0", 600), ("1-30", 25000, "2.0", 500), ("31-60", 700000, "10.0", 70000), ("90+", 4000, "50.0", 2000), ("credits", -40025, "", 0)]
    assert [(row["kind"], row["reason"], row["amount"]) for row in rows(told, "written_off")] == [("adjustment", "rounding", 50)]


def test_good_funds_are_final_after_the_window_of_their_method(books: Connection) -> None:
    def method_of(day: dt.date, name: str) -> tuple[object, ...]:
        row = next(row for row in rows(made(books, "good-funds", When(None, day)), "by_method") if row["method"] == name)
        return row["final"], row["not_final"], row["exposed"]

    assert method_of(FRIDAY, "lockbox check") == (0, 9830025, 0)
    assert method_of(dt.date(2026, 11, 17), "lockbox check") == (9830025, 0, 0)  # five banking days after the 9th, the 11th is Veterans Day
    assert method_of(dt.date(2026, 11, 10), "ACH") == (0, 25050, 25050)
    assert method_of(FRIDAY, "ACH") == (25050, 0, 25050)
    assert method_of(dt.date(2027, 1, 9), "ACH") == (25050, 0, 0)


def test_trends_weigh_days_by_money(books: Connection) -> None:
    told = rows(made(books, "payment-trends"), "months")
    assert [(row["currency"], row["month"], row["receipts"], row["days_to_pay"], row["days_late"], row["returned"]) for row in told] == [
        ("EUR", "2026-11", 1, 21, -9, 0), ("JPY", "2026-11", 1, 21, 2, 0), ("USD", "2026-11", 7, 99, 69, 4000)]


def test_rates_of_returns_stand_against_the_thresholds(books: Connection) -> None:
    told = rows(made(books, "returned-items"), "rates")
    assert [(row["watched"], row["items"], row["payments"], row["verdict"]) for row in told] == [
        ("not authorised", 1, 4, "too high"), ("administrative", 0, 4, "within"), ("all", 2, 4, "too high")]


def test_sheets_have_names_that_excel_takes() -> None:
    titles = ["4407001122: Reconciliation", "4407001122: Reconciliation", "Bank charges and interest not yet booked [USD]", "Bank charges and interest not yet booked [EUR]", "a/b\\c?*"]
    assert as_xlsx._sheet_names(titles) == [
        "4407001122 Reconciliation", "4407001122 Reconciliation 2", "Bank charges and interest not y", "Bank charges and interest not 2", "a b c"]
