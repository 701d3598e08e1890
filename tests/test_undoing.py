"""Undo: what was done is undone exactly, a preview changes nothing, what rests on it is named; a file may come again. On both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bank_drops import Bank
from tests.workspaces import cashapp, table

INVOICES = """invoice_number,customer_id,customer_name,amount,currency,issue_date,due_date
INV-1001,ACME,Acme Tools Inc,100.00,USD,2026-10-01,2026-10-31
INV-1002,ACME,Acme Tools Inc,200.00,USD,2026-10-01,2026-10-31
INV-2001,BORE,Borealis Freight LLC,400.00,USD,2026-10-02,2026-11-01
"""
MONDAY = """
    175 | 100.00 | BR1 | 70001 | CHECK 70001 INV-1001 REMITTER: ACME TOOLS INC
    195 | 400.00 | BR2 |       | ORG:=BOREALIS FREIGHT LLC OBI:=INV-2001
    195 |  77.00 | BR3 |       | ORG:=NOBODY WE KNOW
    698 |  15.00 | BR4 |       | SERVICE CHARGE"""
DAY, NEXT = "2026-11-09", "2026-11-10"


@pytest.fixture
def bank(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """Three open invoices; nothing has come yet."""
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "ann")
    (tmp_path / "invoices.csv").write_text(INVOICES)
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv"), "--as-of", "2026-10-09").exit_code == 0
    return Bank(home)


def books(bank: Bank) -> dict[str, object]:
    """The books as they stand: items, receipts and the ledger's balances, whatever way they came to it."""
    balances: dict[str, int] = {}
    for row in table(bank.home, "journal"):
        balances[row["account"]] = balances.get(row["account"], 0) + round(100 * (float(row["debit"]) - float(row["credit"])))
    return {
        "items": {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")},
        "receipts": [{k: v for k, v in row.items() if k != "exception_reason"} for row in table(bank.home, "receipts")],
        "balances": {name: minor for name, minor in balances.items() if minor},
    }


def undo(bank: Bank, *words: str) -> dict[str, list[str]]:
    done = cashapp(bank.home, "undo", *words, "--as-of", NEXT, "--json")
    assert done.exit_code == 0, f"{done.stdout}{done.exception}"
    assert cashapp(bank.home, "check").exit_code == 0, cashapp(bank.home, "check").stdout
    return json.loads(done.stdout)


def waiting(bank: Bank) -> dict[str, str]:
    return {row["bank_reference"]: row["reason"] for row in table(bank.home, "exceptions") if row["status"] == "open"}


def test_a_file_is_undone_and_comes_again_as_the_same(bank: Bank) -> None:
    before = books(bank)
    bank.statement(DAY, MONDAY)
    after = books(bank)
    told = undo(bank, "file", f"{DAY}.bai")
    assert told["items"] == ["INV-1001: 0.00 USD → 100.00 USD", "INV-2001: 0.00 USD → 400.00 USD"]
    assert books(bank) == before
    assert waiting(bank) == {}
    content = (bank.home / "archive" / f"{DAY}.bai").read_text()
    bank.drop("again.bai", content, DAY)
    again = books(bank)
    assert again["balances"] == after["balances"]
    assert again["items"] == after["items"]
    assert [row["receipt_id"] for row in again["receipts"]] == [row["receipt_id"] for row in after["receipts"]]  # type: ignore[attr-defined, index]
    assert [row["status"] for row in again["receipts"]] == [row["status"] for row in after["receipts"]]  # type: ignore[attr-defined, index]
    assert waiting(bank) == {"BR3": "unknown_payer"}
    bank.drop("third.bai", content, DAY)
    assert books(bank) == again  # and is then known as before
    assert cashapp(bank.home, "check").exit_code == 0


def test_a_preview_says_the_same_and_changes_nothing(bank: Bank) -> None:
    bank.statement(DAY, MONDAY)
    before, entries = books(bank), len(table(bank.home, "journal"))
    told = undo(bank, "file", f"{DAY}.bai", "--preview")
    assert told["preview"] is True  # type: ignore[comparison-overlap]
    assert (books(bank), len(table(bank.home, "journal"))) == (before, entries)
    done = undo(bank, "file", f"{DAY}.bai")
    assert {k: v for k, v in told.items() if k != "preview"} == {k: v for k, v in done.items() if k != "preview"}


def test_a_file_goes_with_what_clerks_made_of_it(bank: Bank) -> None:
    """A credit on account from the file's money, used on an invoice, and a refund: all of it comes back."""
    before = books(bank)
    bank.statement(DAY, MONDAY)
    number = next(row["exception_id"] for row in table(bank.home, "exceptions"))
    for words in (("exceptions", "on-account", number, "--customer", "ACME"),):
        assert cashapp(bank.home, *words, "--as-of", DAY).exit_code == 0
    credit = next(row["invoice_number"] for row in table(bank.home, "open-items") if row["kind"] == "on_account")
    for words in (("apply-credit", "--invoice", credit, "--to", "INV-1002", "--amount", "50.00"), ("refund", "--invoice", credit, "--amount", "27.00")):
        done = cashapp(bank.home, "adjust", *words, "--customer", "ACME", "--reason", "asked for", "--as-of", DAY)
        assert done.exit_code == 0, done.exception
    assert {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")} == {"INV-1002": "150.00"}
    undo(bank, "file", f"{DAY}.bai")
    assert books(bank) == before


def test_a_file_with_a_return_on_it_needs_its_dependents(bank: Bank) -> None:
    before = books(bank)
    bank.statement(DAY, MONDAY)
    bank.statement(NEXT, "555 | 100.00 | BR9 | 70001 | RETURNED ITEM CHECK 70001 NSF")
    refused = cashapp(bank.home, "undo", "file", f"{DAY}.bai")
    assert refused.exit_code == 2
    assert f"{NEXT}.bai" in str(refused.exception)
    told = undo(bank, "file", f"{DAY}.bai", "--with-dependents")
    assert told["files"] == [f"{NEXT}.bai", f"{DAY}.bai"]
    assert books(bank) == before


def test_a_return_taken_back_puts_every_decision_where_it_was(bank: Bank) -> None:
    bank.statement(DAY, MONDAY)
    number = next(row["exception_id"] for row in table(bank.home, "exceptions"))
    assert cashapp(bank.home, "exceptions", "apply", number, "--to", "INV-1002=50.00", "--as-of", DAY).exit_code == 0
    before = books(bank)
    bank.statement(NEXT, """
        555 | 100.00 | BR8 | 70001 | RETURNED ITEM CHECK 70001 NSF
        555 |  77.00 | BR9 |       | RETURNED ITEM NOBODY WE KNOW""")
    assert [row["status"] for row in table(bank.home, "receipts") if row["bank_reference"] in {"BR1", "BR3"}] == ["returned", "returned"]
    undo(bank, "file", f"{NEXT}.bai")
    assert books(bank) == before


def test_a_run_a_rule_and_a_clerks_day(bank: Bank) -> None:
    before = books(bank)
    bank.statement(DAY, MONDAY)
    after = books(bank)
    rule = next(row["rule"] for row in table(bank.home, "applications") if row["bank_reference"] == "BR1")
    assert "INV-1001: 0.00 USD → 100.00 USD" in undo(bank, "rule", rule)["items"]
    assert waiting(bank)["BR1"] == "reopened"
    assert cashapp(bank.home, "run", "--as-of", NEXT).exit_code == 0
    assert waiting(bank)["BR1"] == "reopened"
    assert "INV-1001" in {row["invoice_number"] for row in table(bank.home, "open-items")}  # a person took it off: it is not put on again unattended
    number = next(row["exception_id"] for row in table(bank.home, "exceptions") if row["bank_reference"] == "BR1" and row["status"] == "open")
    for who, words in (("ben", ("accept", number)), ("ben", ("apply", next(k for k in _open_ids(bank, "BR3")), "--to", "INV-1002=77.00"))):
        assert cashapp(bank.home, "--actor", who, "exceptions", *words, "--as-of", NEXT).exit_code == 0
    undo(bank, "clerk", "ben", "--day", NEXT)
    assert {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")}["INV-1002"] == "200.00"
    assert next(row for row in table(bank.home, "receipts") if row["bank_reference"] == "BR3")["customer_id"] == ""  # what the clerk said of the payer is gone too
    undo(bank, "run", "1")
    assert books(bank) == before
    assert after != before


def _open_ids(bank: Bank, reference: str) -> list[str]:
    return [row["exception_id"] for row in table(bank.home, "exceptions") if row["bank_reference"] == reference and row["status"] == "open"]


def test_what_was_posted_is_suggested_in_the_same_words_when_it_was_taken_back(bank: Bank) -> None:
    bank.statement(DAY, MONDAY)
    told = json.loads(cashapp(bank.home, "explain", _receipt_of(bank, "BR2"), "--json").stdout)["proposals"]
    assert [one["lines"] for one in told] == [[{"invoice_number": "INV-2001", "applied": "400.00 USD"}]]
    assert told[0]["explanation"].startswith("The text names INV-2001; USD 400.00 is exactly what is open; ")
    assert [row for row in table(bank.home, "journal") if row["memo"] == told[0]["explanation"]]
    undo(bank, "rule", next(row["rule"] for row in table(bank.home, "applications") if row["bank_reference"] == "BR2"))
    assert json.loads(cashapp(bank.home, "explain", _receipt_of(bank, "BR2"), "--json").stdout)["proposals"] == told
    waits = {row["bank_reference"]: row for row in table(bank.home, "proposals") if row["rank"] == "1"}
    assert (waits["BR2"]["explanation"], waits["BR2"]["invoice_number"], waits["BR2"]["applied_amount"]) == (told[0]["explanation"], "INV-2001", "400.00")
    accepted = cashapp(bank.home, "exceptions", "accept", *_open_ids(bank, "BR2"), "--as-of", NEXT)
    assert accepted.exit_code == 0, accepted.stdout
    assert [row for row in table(bank.home, "journal") if row["memo"] == f"suggestion 1: {told[0]['explanation']}"]


def _receipt_of(bank: Bank, reference: str) -> str:
    return next(row["receipt_id"] for row in table(bank.home, "receipts") if row["bank_reference"] == reference)


def test_one_item_of_an_application(bank: Bank) -> None:
    bank.statement(DAY, "195 | 300.00 | BR1 | | ORG:=HILLSIDE HOLDINGS")
    assert cashapp(bank.home, "exceptions", "apply", _open_ids(bank, "BR1")[0], "--to", "INV-1001=100.00", "INV-1002=200.00", "--as-of", DAY).exit_code == 0
    told = undo(bank, "application", "BR1", "--invoice", "INV-1002")
    assert told["items"] == ["INV-1002: 0.00 USD → 200.00 USD"]
    assert {row["invoice_number"]: row["applied_amount"] for row in table(bank.home, "applications") if row["status"] == "posted"} == {"INV-1001": "100.00"}
    assert [row["amount"] for row in table(bank.home, "exceptions") if row["status"] == "open"] == ["200.00"]


def test_an_adjustment_by_its_entry(bank: Bank) -> None:
    done = cashapp(bank.home, "adjust", "write-off", "--invoice", "INV-1001", "--amount", "3.00", "--reason", "small", "--as-of", DAY, "--json")
    before = books(bank)
    told = json.loads(done.stdout)
    undo(bank, "entry", str(told["entry_id"]))
    assert books(bank) != before
    assert {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")}["INV-1001"] == "100.00"
    assert cashapp(bank.home, "undo", "entry", str(told["entry_id"])).exit_code == 2  # once


@pytest.mark.parametrize("words", [("file", "nothing.bai"), ("run", "99"), ("rule", "no_such_rule"), ("entry", "999"), ("clerk", "nobody", "--day", DAY)])
def test_nothing_to_undo_is_said(bank: Bank, words: tuple[str, ...]) -> None:
    assert cashapp(bank.home, "undo", *words).exit_code == 2


@pytest.mark.parametrize("statement_first", [True, False])
def test_the_details_of_a_sum_taken_back(bank: Bank, statement_first: bool) -> None:
    """A sum of returns and the file that lists them: each may go alone when nothing rests on it."""
    bank.statement(DAY, """
        165 | 100.00 | 026009590000101 | ID1 | ORIG CO NAME:ACME TOOLS INC INV-1001
        165 | 400.00 | 026009590000104 | ID4 | ORIG CO NAME:BOREALIS FREIGHT LLC INV-2001""")
    settled = books(bank)
    listed = "R01 | 100.00 | 026009590000101 | ID1 | ACME TOOLS\nR01 | 400.00 | 026009590000104 | ID4 | BOREALIS"
    drops = [lambda: bank.statement("2026-11-12", "557 | 500.00 | BR9 | | ACH RETURN ITEMS"), lambda: bank.returns("2026-11-11", listed)]
    first, second = drops if statement_first else reversed(drops)
    first()
    middle = books(bank)
    second()
    last = "2026-11-11.ach" if statement_first else "2026-11-12.bai"
    undo(bank, "file", last)
    assert books(bank) == middle
    undo(bank, "file", "2026-11-12.bai" if statement_first else "2026-11-11.ach")
    assert books(bank) == settled
