"""The demo company's files: built anew they are the same bytes, they tie among themselves, and the readers take each one."""

from __future__ import annotations

import csv
import importlib.util
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from parsers import documents
from tests.conftest import FIXTURES

DEMO = FIXTURES / "demo"
DAYS = ("day1", "day2", "day3", "day4", "day5")
BANK_FILES = sorted(path for day in DAYS for path in (DEMO / day).iterdir())


def table(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def test_built_anew_the_files_are_the_same(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("demo_build", DEMO / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(tmp_path)
    made = {str(p.relative_to(tmp_path)): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    committed = {str(p.relative_to(DEMO)): p.read_bytes() for p in (*BANK_FILES, *DEMO.glob("*.csv"))}
    assert made == committed


@pytest.mark.parametrize("path", BANK_FILES, ids=name_of)
def test_every_file_is_read_whole(path: Path) -> None:
    document = documents.read(path)
    assert document.issues == []
    assert all(control.ties for control in document.controls)
    assert document.lines.height


def test_the_readme_tells_of_every_file() -> None:
    told = (DEMO / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in BANK_FILES if f"`{path.name}`" not in told] == []


def test_statements_chain() -> None:
    """Each statement opens with the balance at which the account's one before it closed."""
    closings: dict[str, int] = {}
    for path in BANK_FILES:
        for statement in documents.read(path).statements if "resent" not in path.name else ():
            opening, account = statement.opened.opening_minor, statement.opened.account
            if statement.opened.report == "statement" and opening is not None:
                assert closings.get(account, opening) == opening, path
            if statement.closed is not None and statement.closed.closing_minor is not None:
                closings[account] = statement.closed.closing_minor
    assert len(closings) == 3


def test_an_account_keeps_its_currency() -> None:
    currencies = defaultdict(set)
    for path in BANK_FILES:
        for statement in documents.read(path).statements:
            currencies[statement.opened.account].add(statement.opened.currency)
    assert all(len(found) == 1 for found in currencies.values())


def test_the_file_that_is_sent_again_has_the_same_bytes() -> None:
    first, again = DEMO / "day2/0600-hansekontor-statement-20261109.sta", DEMO / "day3/0720-hansekontor-resent.sta"
    assert again.read_bytes() == first.read_bytes()


def test_every_receipt_of_the_files_is_expected_once() -> None:
    """What the files report as receipts, announcements and details counted by reference, is what `expected.csv` lists."""
    reported = set()
    for path in BANK_FILES:
        reported |= {row["bank_reference"] for row in documents.read(path).lines.to_dicts() if row["kind"] == "receipt"}
    expected = {row["bank_reference"] for row in table("expected.csv")}
    told_otherwise = {"CRG-889120",
                      "HK26111200030"}  # the 820 names the wire by the payer's reference; the batch is its three payments
    assert reported - told_otherwise == expected


def test_what_is_expected_fits_the_books() -> None:
    items = {row["invoice_number"]: row for row in table("invoices.csv")}
    cash: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in table("expected.csv"):
        assert (row["status"] == "posted") == bool(row["invoice_number"])
        if row["status"] == "posted":
            item = items[row["invoice_number"]]
            reduced = sum(Decimal(row[name]) for name in ("applied_amount", "discount_amount", "deduction_amount",
                                                          "write_off_amount"))
            assert abs(reduced) == Decimal(item["open_amount"])
            assert (reduced < 0) == (item["kind"] == "credit_memo")
            assert row["currency"] == item["currency"]
            cash[row["bank_reference"]] += Decimal(row["applied_amount"])
    amounts = {row["bank_reference"]: Decimal(row["amount"]) for row in table("expected.csv")}
    over = {reference: amounts[reference] - applied for reference, applied in cash.items() if amounts[reference] != applied}
    assert over == {"FMB2611090240": Decimal("250.00")}


def test_lockbox_deposits_are_the_sums_of_their_checks() -> None:
    checks, deposits = defaultdict(int), {}
    for path in BANK_FILES:
        for row in documents.read(path).lines.to_dicts():
            if "lockbox" in path.name:
                checks[row["booking_date"]] += row["amount_minor"]
            if row["kind"] == "lockbox_deposit":
                deposits[row["booking_date"]] = row["amount_minor"]
    assert dict(checks) == deposits
