"""The eleven ways in which a returned item is not simple, from bank files to books, through the commands a clerk types. On both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bank_drops import Bank
from tests.workspaces import cashapp, table

INVOICES = """invoice_number,customer_id,customer_name,amount,currency,issue_date,due_date,discount_date,discount_amount
INV-1001,ACME,Acme Tools Inc,100.00,USD,2026-10-01,2026-10-31,2026-11-10,2.00
INV-1002,ACME,Acme Tools Inc,200.00,USD,2026-10-01,2026-10-31,,
INV-1003,ACME,Acme Tools Inc,50.00,USD,2026-10-05,2026-11-04,,
INV-2001,BORE,Borealis Freight LLC,400.00,USD,2026-10-02,2026-11-01,,
INV-2002,BORE,Borealis Freight LLC,400.00,USD,2026-10-09,2026-11-08,,
INV-3001,UNIT1,Unit One Tenant,10.00,USD,2026-10-02,2026-11-01,,
INV-3002,UNIT2,Unit Two Tenant,20.00,USD,2026-10-02,2026-11-01,,
INV-3003,UNIT3,Unit Three Tenant,30.00,USD,2026-10-02,2026-11-01,,
INV-3004,UNIT4,Unit Four Tenant,40.00,USD,2026-10-02,2026-11-01,,
"""
BEFORE = {"INV-1001": "100.00", "INV-1002": "200.00", "INV-1003": "50.00", "INV-2001": "400.00", "INV-2002": "400.00",
          "INV-3001": "10.00", "INV-3002": "20.00", "INV-3003": "30.00", "INV-3004": "40.00"}
FEES = '\n[[returns.fees]]\ncodes = ["insufficient_funds"]\namount = "25.00"\nsince = 2026-01-01\n'


@pytest.fixture
def bank(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """A company with nine open invoices and a bank account."""
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "ann")
    (tmp_path / "invoices.csv").write_text(INVOICES)
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv"), "--as-of", "2026-10-09").exit_code == 0
    return Bank(home)


def do(bank: Bank, day: str, *words: str) -> str:
    """A clerk's command on a day."""
    done = cashapp(bank.home, *words, "--as-of", day)
    assert done.exit_code == 0, f"{done.stdout}{done.stderr}{done.exception}"
    return done.stdout


def case(bank: Bank, **wanted: str) -> str:
    """The number of the one open exception that fits."""
    found = [row["exception_id"] for row in table(bank.home, "exceptions") if row["status"] == "open" and all(row[k] == v for k, v in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def apply(bank: Bank, day: str, reference: str, *shares: str) -> None:
    do(bank, day, "exceptions", "apply", case(bank, bank_reference=reference), "--to", *shares)


def open_now(bank: Bank) -> dict[str, str]:
    return {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")}


def changed(bank: Bank) -> dict[str, str]:
    """What is open otherwise than before any payment came; `closed` where it is not open."""
    now = open_now(bank)
    return {number: now.get(number, "closed") for number in BEFORE | now if now.get(number) != BEFORE.get(number)}


def statuses(bank: Bank) -> dict[str, str]:
    return {row["bank_reference"]: row["status"] for row in table(bank.home, "receipts")}


def returned(bank: Bank, day: str = "2026-12-31") -> list[dict[str, str]]:
    return sorted(json.loads(do(bank, day, "returns", "list", "--json"))["returns"], key=lambda row: row["return_id"])


def holds(bank: Bank) -> None:
    done = cashapp(bank.home, "check")
    assert done.exit_code == 0, done.stdout


def test_1_three_invoices_a_discount_and_a_rest_on_account(bank: Bank, tmp_path: Path) -> None:
    (tmp_path / "advice.csv").write_text(
        "payment_reference,invoice_number,amount,discount_amount\n70001,INV-1001,98.00,2.00\n70001,INV-1002,200.00,0\n70001,INV-1003,50.00,0\n")
    assert cashapp(bank.home, "import", "remittances", str(tmp_path / "advice.csv")).exit_code == 0
    bank.statement("2026-11-09", "175 | 368.00 | BR1 | 70001 | CHECK 70001 REMITTER: ACME TOOLS INC")
    number = case(bank, bank_reference="BR1")
    if open_now(bank) == BEFORE:
        do(bank, "2026-11-09", "exceptions", "accept", number)
    do(bank, "2026-11-09", "exceptions", "on-account", number, "--customer", "ACME")
    assert {k: v for k, v in changed(bank).items() if k.startswith("INV")} == {"INV-1001": "closed", "INV-1002": "closed", "INV-1003": "closed"}
    bank.statement("2026-11-12", "555 | 368.00 | BR9 | 70001 | RETURNED ITEM CHECK 70001 NSF ACME TOOLS INC")
    assert changed(bank) == {}
    assert statuses(bank) == {"BR1": "returned"}
    assert {row["status"] for row in table(bank.home, "applications")} == {"reversed"}
    assert [row["method"] for row in returned(bank)] == ["mirror"]
    holds(bank)


def test_2_the_invoice_was_credited_since(bank: Bank) -> None:
    bank.statement("2026-11-09", "175 | 100.00 | BR1 | 70001 | CHECK 70001 INV-1001 REMITTER: ACME TOOLS INC")
    assert changed(bank) == {"INV-1001": "closed"}
    do(bank, "2026-11-10", "adjust", "credit-memo", "--customer", "ACME", "--amount", "100.00", "--currency", "USD", "--reason", "goods returned")
    bank.statement("2026-11-12", "555 | 100.00 | BR9 | 70001 | RETURNED ITEM CHECK 70001 NSF")
    assert changed(bank) == {"CM-000001": "-100.00"}  # the invoice is owed again, and the credit stands: together nothing
    holds(bank)


def test_3_the_overpayment_was_refunded_since(bank: Bank) -> None:
    bank.statement("2026-11-09", "175 | 250.00 | BR1 | 70001 | CHECK 70001 INV-1002 REMITTER: ACME TOOLS INC")
    number = case(bank, bank_reference="BR1")
    if "INV-1002" not in changed(bank):
        do(bank, "2026-11-09", "exceptions", "apply", number, "--to", "INV-1002=200.00")
    do(bank, "2026-11-10", "exceptions", "refund", number)
    bank.statement("2026-11-12", "555 | 250.00 | BR9 | 70001 | RETURNED ITEM CHECK 70001 NSF")
    receipt = table(bank.home, "receipts")[0]
    assert changed(bank) == {"INV-1002": "closed", f"DM-{receipt['receipt_id']}": "250.00"}  # the whole amount is owed anew
    assert receipt["status"] == "returned"
    assert [row["method"] for row in returned(bank)] == ["debit_memo"]
    holds(bank)


def test_4_two_equal_checks_one_comes_back(bank: Bank) -> None:
    bank.statement("2026-11-09", """
        175 | 400.00 | BR1 | 81001 | CHECK 81001 INV-2001 REMITTER: BOREALIS FREIGHT LLC
        175 | 400.00 | BR2 | 81002 | CHECK 81002 INV-2002 REMITTER: BOREALIS FREIGHT LLC""")
    assert changed(bank) == {"INV-2001": "closed", "INV-2002": "closed"}
    bank.statement("2026-11-12", "555 | 400.00 | BR9 | 81002 | RETURNED ITEM CHECK 81002 STOP PAYMENT BOREALIS FREIGHT LLC")
    assert changed(bank) == {"INV-2001": "closed"}
    assert statuses(bank) == {"BR1": "applied", "BR2": "returned"}
    holds(bank)


def test_4b_two_equal_checks_and_the_return_names_neither(bank: Bank) -> None:
    bank.statement("2026-11-09", """
        175 | 400.00 | BR1 | 81001 | CHECK 81001 INV-2001 REMITTER: BOREALIS FREIGHT LLC
        175 | 400.00 | BR2 | 81002 | CHECK 81002 INV-2002 REMITTER: BOREALIS FREIGHT LLC""")
    bank.statement("2026-11-12", "555 | 400.00 | BR9 | | RETURNED ITEM NSF BOREALIS FREIGHT LLC")
    assert changed(bank) == {"INV-2001": "closed", "INV-2002": "closed"}  # nothing is guessed
    assert cashapp(bank.home, "exceptions", "return", case(bank, reason="return_unmatched")).exit_code == 2
    do(bank, "2026-11-13", "returns", "link", "1", "BR1")
    assert changed(bank) == {"INV-2002": "closed"}
    assert [row["reason"] for row in table(bank.home, "exceptions") if row["status"] == "open"] == []
    holds(bank)


def test_5_the_banks_fee_is_in_the_same_line(bank: Bank) -> None:
    bank.statement("2026-11-09", "175 | 400.00 | BR1 | 81001 | CHECK 81001 INV-2001 REMITTER: BOREALIS FREIGHT LLC")
    bank.statement("2026-11-12", "555 | 412.00 | BR9 | 81001 | RETURNED ITEM CHECK 81001 NSF")
    assert changed(bank) == {}
    fees = [row for row in table(bank.home, "journal") if row["account"] == "bank fees"]
    assert [(row["debit"], row["credit"]) for row in fees] == [("12.00", "0.00")]
    told = json.loads(do(bank, "2026-11-12", "returns", "show", "1", "--json"))
    assert (told["amount"], told["bank_fee"]) == ("400.00 USD", "12.00 USD")
    holds(bank)


FIVE = """
    165 | 100.00 | 026009590000101 | ID1 | ORIG CO NAME:ACME TOOLS INC INV-1001
    165 | 200.00 | 026009590000102 | ID2 | ORIG CO NAME:ACME TOOLS INC INV-1002
    165 |  50.00 | 026009590000103 | ID3 | ORIG CO NAME:ACME TOOLS INC INV-1003
    165 | 400.00 | 026009590000104 | ID4 | ORIG CO NAME:BOREALIS FREIGHT LLC INV-2001
    165 |  40.00 | 026009590000105 | ID5 | ORIG CO NAME:UNIT FOUR TENANT INV-3004"""
FIVE_BACK = """
    R01 | 100.00 | 026009590000101 | ID1 | ACME TOOLS INC
    R01 | 200.00 | 026009590000102 | ID2 | ACME TOOLS INC
    R02 |  50.00 | 026009590000103 | ID3 | ACME TOOLS INC
    R08 | 400.00 | 026009590000104 | ID4 | BOREALIS FREIGHT
    R01 |  40.00 | 026009590000105 | ID5 | UNIT FOUR TENANT"""


@pytest.mark.parametrize("file_first", [True, False])
def test_6_five_ach_items_come_back_as_one_debit(bank: Bank, file_first: bool) -> None:
    bank.statement("2026-11-09", FIVE)
    assert set(changed(bank).values()) == {"closed"}
    drops = [lambda: bank.returns("2026-11-11", FIVE_BACK), lambda: bank.statement("2026-11-12", "557 | 790.00 | BR9 | | ACH RETURN ITEMS")]
    for drop in drops if file_first else reversed(drops):
        drop()
    assert changed(bank) == {}
    assert set(statuses(bank).values()) == {"returned"}
    accounts = {row["account"] for row in table(bank.home, "journal")}
    balances = {name: sum(round(100 * (float(r["debit"]) - float(r["credit"]))) for r in table(bank.home, "journal") if r["account"] == name) for name in accounts}
    assert {name: minor for name, minor in balances.items() if minor} == {"receivable": 125000, "imported open items": -125000}
    assert [row["reason"] for row in table(bank.home, "exceptions") if row["status"] == "open"] == []
    holds(bank)


def test_7_redeposited_and_returned_again(bank: Bank) -> None:
    with (bank.home / "cashapp.toml").open("a") as settings:
        settings.write(FEES)
    bank.statement("2026-11-09", "175 | 400.00 | BR1 | 81001 | CHECK 81001 INV-2001 REMITTER: BOREALIS FREIGHT LLC")
    bank.statement("2026-11-12", "555 | 400.00 | BR8 | 81001 | RETURNED ITEM CHECK 81001 NSF BOREALIS FREIGHT LLC")
    do(bank, "2026-11-12", "returns", "retry", "1", "--on", "2026-11-16")
    bank.statement("2026-11-16", "175 | 400.00 | BR2 | 81001 | CHECK 81001 INV-2001 REMITTER: BOREALIS FREIGHT LLC")
    if "INV-2001" not in changed(bank):
        apply(bank, "2026-11-16", "BR2", "INV-2001=400.00")
    bank.statement("2026-11-19", "555 | 400.00 | BR9 | 81001 | RETURNED ITEM CHECK 81001 NSF BOREALIS FREIGHT LLC")
    assert changed(bank) == {"NSF-000001": "25.00"}  # one fee for the item, however often it is presented
    assert statuses(bank) == {"BR1": "returned", "BR2": "returned"}
    first, second = returned(bank, "2026-11-20")
    assert (first["fee"], second["fee"], second["flag"]) == ("25.00 USD", "", "certified funds only")
    assert json.loads(do(bank, "2026-11-20", "returns", "show", "2", "--json"))["attempts"] == 2
    do(bank, "2026-11-20", "returns", "waive", "1", "--reason", "long-standing customer")
    assert changed(bank) == {}
    holds(bank)


def test_8_unauthorised_on_the_58th_day(bank: Bank) -> None:
    bank.statement("2026-11-09", "165 | 100.00 | 026009590000101 | ID1 | ORIG CO NAME:ACME TOOLS INC INV-1001")
    bank.returns("2027-01-06", "R10 | 100.00 | 026009590000101 | ID1 | ACME TOOLS INC")
    assert changed(bank) == {}
    entries = [row for row in table(bank.home, "journal") if row["kind"] == "return"]
    assert {row["date"] for row in entries} == {"2027-01-06"}  # booked when it came back, whatever was closed before
    told = json.loads(do(bank, "2027-01-06", "returns", "show", "1", "--json"))
    assert (told["code"], told["category"]) == ("R10", "unauthorised")
    assert cashapp(bank.home, "returns", "retry", "1").exit_code == 2
    holds(bank)


def test_9_a_change_of_details_among_the_returns_moves_no_money(bank: Bank) -> None:
    bank.statement("2026-11-09", FIVE)
    bank.returns("2026-11-11", """
        C01 |   0.00 | 026009590000101 | ID1 | ACME TOOLS INC
        R01 | 200.00 | 026009590000102 | ID2 | ACME TOOLS INC""")
    assert statuses(bank) == {"026009590000101": "applied", "026009590000102": "returned", "026009590000103": "applied",
                              "026009590000104": "applied", "026009590000105": "applied"}
    assert [row["reason"] for row in table(bank.home, "exceptions") if row["status"] == "open"] == ["bank_details_change"]
    holds(bank)


@pytest.mark.parametrize("code", ["257", "258"])
def test_10_a_refund_of_ours_comes_back(bank: Bank, code: str) -> None:
    """257 ACH return item, 258 ACH reversal, both credits: money of the customer, never money for invoices."""
    bank.statement("2026-11-09", "195 | 130.00 | BR1 | | ORG:=UNIT ONE TENANT")
    number = case(bank, bank_reference="BR1")
    do(bank, "2026-11-09", "exceptions", "on-account", number, "--customer", "UNIT1")
    credit = next(name for name in open_now(bank) if name.startswith("OA-"))
    do(bank, "2026-11-10", "adjust", "refund", "--invoice", credit, "--reason", "overpaid")
    bank.statement("2026-11-11", "451 | 130.00 | BR5 | | REFUND UNIT ONE TENANT")
    bank.statement("2026-11-13", f"{code} | 130.00 | BR6 | | R03 NO ACCOUNT UNIT ONE TENANT")
    assert set(statuses(bank)) == {"BR1"}
    assert changed(bank) == {}
    payable = [(row["debit"], row["credit"]) for row in table(bank.home, "journal") if row["account"] == "refunds payable"]
    assert payable == [("0.00", "130.00"), ("0.00", "130.00")]  # owed when granted, owed again when it came back
    assert case(bank, reason="refund_returned")
    holds(bank)


def test_11_a_parent_paid_for_four_tenants(bank: Bank) -> None:
    bank.statement("2026-11-09", "175 | 100.00 | BR1 | 90001 | CHECK 90001 REMITTER: HILLSIDE HOLDINGS")
    apply(bank, "2026-11-09", "BR1", "INV-3001=10.00", "INV-3002=20.00", "INV-3003=30.00", "INV-3004=40.00")
    assert changed(bank) == dict.fromkeys(("INV-3001", "INV-3002", "INV-3003", "INV-3004"), "closed")
    bank.statement("2026-11-12", "555 | 100.00 | BR9 | 90001 | RETURNED ITEM CHECK 90001 REFER TO MAKER")
    assert changed(bank) == {}
    told = json.loads(do(bank, "2026-11-12", "returns", "show", "1", "--json"))
    assert told["reopened"] == ["INV-3001 of UNIT1: 10.00 USD", "INV-3002 of UNIT2: 20.00 USD", "INV-3003 of UNIT3: 30.00 USD", "INV-3004 of UNIT4: 40.00 USD"]
    holds(bank)


def test_a_clerk_hears_of_a_return_before_the_bank_books_it(bank: Bank) -> None:
    bank.statement("2026-11-09", "175 | 444.00 | BR1 | 90001 | CHECK 90001 REMITTER: NOBODY WE KNOW")
    do(bank, "2026-11-10", "exceptions", "return", case(bank, bank_reference="BR1"), "--reason", "NSF")
    assert statuses(bank) == {"BR1": "returned"}
    bank.statement("2026-11-12", "555 | 444.00 | BR9 | 90001 | RETURNED ITEM CHECK 90001 NSF")
    assert [(row["method"], row["returned_on"]) for row in returned(bank)] == [("mirror", "2026-11-12")]
    assert [row["reason"] for row in table(bank.home, "exceptions") if row["status"] == "open"] == []
    assert not [row for row in table(bank.home, "open-items") if row["invoice_number"] not in BEFORE]
    holds(bank)


def test_a_waiting_return_takes_the_only_payment_it_can_be(bank: Bank) -> None:
    """The bank names nothing, and its fee is in the line: a person says that it is the one payment that fits."""
    bank.statement("2026-11-09", "175 | 444.00 | BR1 | 90001 | CHECK 90001 REMITTER: NOBODY WE KNOW")
    bank.statement("2026-11-12", "555 | 454.00 | BR9 | | RETURNED ITEM")
    assert statuses(bank) == {"BR1": "unidentified"}
    do(bank, "2026-11-13", "exceptions", "return", case(bank, reason="return_unmatched"))
    assert statuses(bank) == {"BR1": "returned"}
    fees = [row["debit"] for row in table(bank.home, "journal") if row["account"] == "bank fees"]
    assert fees == ["10.00"]
    assert [row["reason"] for row in table(bank.home, "exceptions") if row["status"] == "open"] == []
    assert cashapp(bank.home, "returns", "link", "1", "BR1").exit_code == 2  # it is linked
    holds(bank)


def test_a_person_cannot_link_what_does_not_fit(bank: Bank) -> None:
    bank.statement("2026-11-09", """
        175 | 444.00 | BR1 | 90001 | CHECK 90001 REMITTER: NOBODY WE KNOW
        175 | 300.00 | BR2 | 90002 | CHECK 90002 REMITTER: SOMEBODY ELSE""")
    bank.statement("2026-11-12", "555 | 600.00 | BR9 | | RETURNED ITEM")
    entries = len(table(bank.home, "journal"))
    for name in ("BR1", "BR2"):
        assert cashapp(bank.home, "returns", "link", "1", name).exit_code == 2  # more than a bank's fee apart
    assert cashapp(bank.home, "exceptions", "return", case(bank, reason="return_unmatched")).exit_code == 2
    assert len(table(bank.home, "journal")) == entries


def test_fees_by_hand_once_and_waived_before_they_are_charged(bank: Bank) -> None:
    bank.statement("2026-11-09", "175 | 400.00 | BR1 | 81001 | CHECK 81001 INV-2001 REMITTER: BOREALIS FREIGHT LLC")
    bank.statement("2026-11-12", "555 | 400.00 | BR9 | 81001 | RETURNED ITEM CHECK 81001 NSF")
    assert cashapp(bank.home, "returns", "fee", "1").exit_code == 2  # the table has none
    do(bank, "2026-11-12", "returns", "fee", "1", "--amount", "20.00")
    assert changed(bank) == {"NSF-000001": "20.00"}
    assert cashapp(bank.home, "returns", "fee", "1", "--amount", "20.00").exit_code == 2
    do(bank, "2026-11-13", "returns", "waive", "1", "--reason", "our mistake")
    assert changed(bank) == {}
    assert cashapp(bank.home, "returns", "waive", "1", "--reason", "again").exit_code == 2
    assert cashapp(bank.home, "returns", "fee", "1", "--amount", "20.00").exit_code == 2  # it was waived
    holds(bank)


RETRIES = """
2026-11-12 |            | 0
2026-11-12 | 2026-11-16 | 0
2026-11-12 | 2026-11-11 | 2
2026-11-12 | 2027-06-01 | 2
"""


@pytest.mark.parametrize("row", RETRIES.strip().splitlines())
def test_an_item_is_presented_again_only_while_the_clearing_house_allows(bank: Bank, row: str) -> None:
    """Today, the day wanted, the exit status: 180 days after 2026-11-09 is 2027-05-08."""
    today, day, status = (cell.strip() for cell in row.split("|"))
    bank.statement("2026-11-09", "175 | 400.00 | BR1 | 81001 | CHECK 81001 INV-2001 REMITTER: BOREALIS FREIGHT LLC")
    bank.statement("2026-11-12", "555 | 400.00 | BR9 | 81001 | RETURNED ITEM CHECK 81001 NSF")
    wanted = ["--on", day] if day else []
    assert cashapp(bank.home, "returns", "retry", "1", *wanted, "--as-of", today).exit_code == int(status)
    assert returned(bank, today)[0]["retry"] == (day if day and status == "0" else "2026-11-16" if status == "0" else "may be on 2026-11-16")
