"""Reports: what they say of a small company's books, that they tie to the ledger whatever happens, and how they look in each format."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, func, select

from cashapp import applications, clock, db, desk, exceptions, imports, proposals, reports, schema
from cashapp.config import Config, Lockbox
from cashapp.desk import By
from cashapp.reports import as_data, as_text, as_xlsx, cells, pages
from cashapp.reports.methods import METHODS, method
from cashapp.reports.model import Column, Report, Section, When, tables
from parsers import documents, records
from parsers.records import BankLine, StatementClosed, StatementOpened
from tests.books import HERE, bank_line, take_in

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
        desk.apply_to(connection, case_of(connection, "Y-1"), [("INV-8", "88000")], clerk)
        desk.non_ar(connection, case_of(connection, "W-5"), "tax refunds", clerk)
        desk.assign(connection, case_of(connection, "W-4"), "carla", clerk)
        applications.take_off(connection, applications.entries_of(connection, number(connection, "A-2"))[0], on=FRIDAY, reason="wrong invoice", actor="carla")
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
    lines = pl.DataFrame([(row.receipt_id, items[name], customer, cash, discount, 0, "", 0) for name, cash, discount in shares],
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
            receipt_id=row.receipt_id, rank=rank, customer_id=customer, rule="single_item", rivals=1, confidence=500, unattended=False, explanation="one fits"))


def made(connection: Connection, name: str, when: When = WEEK) -> Report:
    return reports.make(connection, name, when, "Larch & Sons")
