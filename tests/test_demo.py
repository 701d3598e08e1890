"""The demo week, run for real: every receipt ends as `expected.csv` says, and the books balance to the cent."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from cashapp import demo
from tests.conftest import FIXTURES
from tests.databases import postgres_database
from tests.workspaces import cashapp, table

DEMO = FIXTURES / "demo"
AMOUNTS = ("applied_amount", "discount_amount", "deduction_amount", "write_off_amount")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace after the five days, its books in either database."""
    home = tmp_path_factory.mktemp("demo") / "week"
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:
        if request.param == "postgresql":
            url = stack.enter_context(postgres_database(request.getfixturevalue("postgres_server")))
            environment.setenv("CASHAPP_DB", url)
        result = cashapp(home, "demo", str(home))
        assert result.exit_code == 0, result.output
        yield home


def expected() -> dict[str, list[dict[str, str]]]:
    """The expected rows by bank reference."""
    rows: dict[str, list[dict[str, str]]] = {}
    with (DEMO / "expected.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(row["bank_reference"], []).append(row)
    return rows


@pytest.mark.parametrize("reference", sorted(expected()))
def test_each_receipt_ends_as_told(week: Path, reference: str) -> None:
    rows = expected()[reference]
    receipt = next(r for r in table(week, "receipts") if r["bank_reference"] == reference)
    posted = sorted(
        (r["invoice_number"], *(Decimal(r[a]) for a in AMOUNTS)) for r in table(week, "applications")
        if r["bank_reference"] == reference and r["status"] == "posted"
    )
    assert Decimal(receipt["amount"]) == Decimal(rows[0]["amount"])
    match rows[0]["status"]:
        case "posted":
            assert posted == sorted((r["invoice_number"], *(Decimal(r[a] or 0) for a in AMOUNTS)) for r in rows)
            rest = Decimal(rows[0]["amount"]) - sum(Decimal(r["applied_amount"]) for r in rows)
            assert Decimal(receipt["unapplied_amount"]) == rest
            assert receipt["status"] == ("partially_applied" if rest else "applied")
        case "exception":
            assert posted == []
            assert receipt["exception_reason"] == rows[0]["reason"]
        case "returned":
            assert posted == []
            assert (receipt["status"], receipt["applied_amount"], receipt["unapplied_amount"]) == ("returned", "0.00", "0.00")


def test_each_payment_is_counted_once(week: Path) -> None:
    assert sorted(r["bank_reference"] for r in table(week, "receipts")) == sorted(expected())


def test_the_books_hold(week: Path) -> None:
    assert cashapp(week, "check").exit_code == 0
    journal = table(week, "journal")
    for currency in ("USD", "EUR"):
        rows = [r for r in journal if r["currency"] == currency]
        assert sum(Decimal(r["debit"]) for r in rows) == sum(Decimal(r["credit"]) for r in rows) != 0


def test_per_receipt_applied_and_unapplied_are_the_amount(week: Path) -> None:
    for row in table(week, "receipts"):
        if row["status"] not in {"returned", "non_ar"}:
            assert Decimal(row["applied_amount"]) + Decimal(row["unapplied_amount"]) == Decimal(row["amount"]), row


def test_the_resent_file_was_skipped_and_nothing_refused(week: Path) -> None:
    assert [p.name for p in (week / "quarantine").iterdir()] == []
    assert list((week / "inbox").iterdir()) == []


def test_an_existing_workspace_is_not_overwritten(week: Path) -> None:
    assert cashapp(week, "demo", str(week)).exit_code == 2
    assert demo.company() == DEMO
