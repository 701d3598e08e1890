"""Adjustments: what each kind does to items and accounts, who may, who must not, and that each is undone. On both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cashapp import books_policy
from cashapp.books_policy import FeeRule, ReturnRules
from tests.bank_drops import Bank
from tests.workspaces import cashapp, table

DAY = "2026-11-09"
INVOICES = """invoice_number,customer_id,customer_name,amount,currency,kind,issue_date,due_date
INV-1,ACME,Acme Tools Inc,1000.00,USD,invoice,2026-10-01,2026-10-31
INV-2,BORE,Borealis Freight LLC,5000.00,USD,invoice,2026-10-01,2026-10-31
CM-9,ACME,Acme Tools Inc,80.00,USD,credit_memo,2026-10-01,
INV-Y,YEN,Yamato Trading,88000,JPY,invoice,2026-10-01,2026-10-31
"""
BEFORE = {"INV-1": "1000.00", "INV-2": "5000.00", "CM-9": "-80.00", "INV-Y": "88000"}


@pytest.fixture
def bank(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """Three customers, and 130.00 from somebody unknown in the queue."""
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "ann")
    (tmp_path / "invoices.csv").write_text(INVOICES)
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv"), "--as-of", "2026-10-09").exit_code == 0
    made = Bank(home)
    made.statement(DAY, "195 | 130.00 | BR1 | | ORG:=NOBODY WE KNOW")
    return made


def adjust(bank: Bank, words: str, *, actor: str = "ann") -> dict[str, object]:
    reason = "damage" if words.startswith("deduction") else "because"
    done = cashapp(bank.home, "adjust", *words.replace("RECEIPT", receipt(bank)["receipt_id"]).split(), "--reason", reason, "--as-of", DAY, "--json", "--actor", actor)
    assert done.exit_code == 0, f"{done.stdout}{done.exception}"
    return json.loads(done.stdout)


def receipt(bank: Bank) -> dict[str, str]:
    return table(bank.home, "receipts")[0]


def changed(bank: Bank) -> dict[str, str]:
    now = {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")}
    return {number: now.get(number, "closed") for number in BEFORE | now if now.get(number) != BEFORE.get(number)}


def moved(bank: Bank) -> dict[str, str]:
    """The accounts that adjustments posted to, beside receivables and unapplied cash; debits are positive."""
    sums: dict[str, int] = {}
    kinds = {row["entry_id"]: row["kind"] for row in table(bank.home, "journal")}
    for row in table(bank.home, "journal"):
        if kinds[row["entry_id"]] == "adjustment" and row["account"] not in {"receivable", "unapplied cash"}:
            sums[row["account"]] = sums.get(row["account"], 0) + round(100 * (float(row["debit"]) - float(row["credit"])))
    return {name: f"{minor / 100:.2f}" for name, minor in sums.items() if minor}


# command | items that change | other accounts
KINDS = """
write-off --invoice INV-1 --amount 40.00                        | INV-1 960.00                    | write-offs 40.00
small-difference --invoice INV-1 --amount 0.99                  | INV-1 999.01                    | small differences 0.99
small-difference --invoice CM-9 --amount 1.00                   | CM-9 -79.00                     | small differences -1.00
deduction --invoice INV-1 --amount 100.00 --owner sally         | INV-1 900.00                    | deductions 100.00
credit-memo --invoice INV-1 --amount 10.00                      | INV-1 990.00                    | credits granted 10.00
credit-memo --customer ACME --amount 10.00 --currency USD       | CM-000001 -10.00                | credits granted 10.00
credit --customer ACME --amount 3.00 --currency USD             | CR-000001 -3.00                 | miscellaneous charges 3.00
debit-memo --customer ACME --amount 7.50 --currency USD         | DB-000001 7.50                  | miscellaneous charges -7.50
charge --customer ACME --amount 7.50 --currency USD             | CH-000001 7.50                  | miscellaneous charges -7.50
late-fee --customer ACME --amount 12.00 --currency USD          | LF-000001 12.00                 | late fee income -12.00
refund --invoice CM-9                                           | CM-9 closed                     | refunds payable -80.00
refund --receipt RECEIPT                                        |                                 | refunds payable -130.00
deposit --receipt RECEIPT --amount 100.00 --customer BORE       |                                 | security deposits -100.00
write-off --receipt RECEIPT --amount 0.40                       |                                 | write-offs -0.40
transfer --invoice INV-1 --amount 300.00 --to-customer BORE     | INV-1 700.00, INV-1-2 300.00    |
split --invoice INV-1 --amount 250.00 --to INV-1B               | INV-1 750.00, INV-1B 250.00     |
apply-credit --invoice CM-9 --to INV-1                          | CM-9 closed, INV-1 920.00       |
write-off --invoice INV-Y --amount 500                          | INV-Y 87500                     | write-offs 500.00
"""


@pytest.mark.parametrize("row", KINDS.strip().splitlines())
def test_each_kind_moves_what_it_says_and_is_undone(bank: Bank, row: str) -> None:
    words, items, accounts = (cell.strip() for cell in row.split("|"))
    before = receipt(bank)
    done = adjust(bank, words)
    assert done["status"] == "posted"
    assert changed(bank) == dict(pair.rsplit(" ", 1) for pair in items.split(", ") if pair)
    assert moved(bank) == dict(pair.rsplit(" ", 1) for pair in accounts.split(", ") if pair)
    assert cashapp(bank.home, "check").exit_code == 0, cashapp(bank.home, "check").stdout
    assert cashapp(bank.home, "undo", "entry", str(done["entry_id"]), "--as-of", DAY).exit_code == 0
    assert changed(bank) == {}
    assert {k: v for k, v in receipt(bank).items() if k != "exception_reason"} == {k: v for k, v in before.items() if k != "exception_reason"}
    assert cashapp(bank.home, "check").exit_code == 0


REFUSED = """
write-off --invoice INV-1 --amount 1000.01                      | less than
write-off --invoice INV-7 --amount 1.00                         | no open item
write-off --invoice INV-1 --amount 0.001                        |
write-off --invoice INV-1 --amount 0                            | more than nothing
deduction --invoice INV-1 --amount 1.00                         | is no reason for a deduction
deduction --invoice CM-9 --amount 1.00                          | is a credit item
refund --invoice INV-1 --amount 1.00                            | is a debit item
refund --receipt RECEIPT --amount 130.01                        | less than
late-fee --customer NOBODY --amount 1.00 --currency USD         | no customer NOBODY
late-fee --customer ACME --currency USD                         | give --amount
transfer --invoice INV-1 --amount 1.00                          | --to-customer
transfer --invoice INV-1 --amount 1.00 --to-customer ACME       | another customer
split --invoice INV-1 --amount 1000.00                          | leaves something
apply-credit --invoice CM-9 --to INV-2                          | no open item
deposit --receipt RECEIPT                                       | whose deposit
deposit-refund --customer BORE --amount 1.00 --currency USD     | held as security
"""


@pytest.mark.parametrize("row", REFUSED.strip().splitlines())
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(bank: Bank, row: str) -> None:
    words, why = (cell.strip() for cell in row.split("|"))
    entries = len(table(bank.home, "journal"))
    done = cashapp(bank.home, "adjust", *words.replace("RECEIPT", receipt(bank)["receipt_id"]).split(), "--reason", "because")
    assert done.exit_code == 2
    assert why in str(done.exception)
    assert len(table(bank.home, "journal")) == entries


def test_a_security_deposit_is_held_and_given_back(bank: Bank) -> None:
    adjust(bank, "deposit --receipt RECEIPT --customer BORE")
    assert receipt(bank)["status"] == "non_ar"
    adjust(bank, "deposit-refund --customer BORE --amount 130.00 --currency USD")
    assert moved(bank) == {"refunds payable": "-130.00"}
    refused = cashapp(bank.home, "adjust", "deposit-refund", "--customer", "BORE", "--amount", "0.01", "--currency", "USD", "--reason", "again")
    assert refused.exit_code == 2
    held = next(row["entry_id"] for row in table(bank.home, "journal") if row["account"] == "security deposits")
    refused = cashapp(bank.home, "undo", "entry", held)
    assert (refused.exit_code, "given back" in str(refused.exception)) == (1, True)  # what was given back cannot be taken for the payment again


ROLES = """
[[roles]]
name = "clerk"
members = ["ann", "ben"]
approves = "0"
[roles.limits]
write_off = "50.00"

[[roles]]
name = "manager"
members = ["mary", "max"]
approves = "2000.00"
[roles.limits]
write_off = "500.00"
"""


def with_roles(bank: Bank) -> None:
    with (bank.home / "cashapp.toml").open("a") as settings:
        settings.write(ROLES)


def waiting(bank: Bank) -> list[int]:
    return [row["adjustment_id"] for row in json.loads(cashapp(bank.home, "approve", "list", "--json").stdout)["pending"]]


def approve(bank: Bank, actor: str, number: int = 1) -> int:
    return cashapp(bank.home, "approve", "approve", str(number), "--as-of", DAY, "--actor", actor).exit_code


def test_above_the_limit_a_second_person_decides(bank: Bank) -> None:
    with_roles(bank)
    assert adjust(bank, "write-off --invoice INV-1 --amount 50.01")["status"] == "pending"
    assert (changed(bank), waiting(bank)) == ({}, [1])
    assert [approve(bank, who) for who in ("ann", "ANN ", "ben")] == [4, 4, 4]  # oneself, oneself again, and who may approve nothing
    assert approve(bank, "mary") == 0
    assert (changed(bank), waiting(bank)) == ({"INV-1": "949.99"}, [])
    entry = next(row for row in table(bank.home, "journal") if row["kind"] == "adjustment")
    assert (entry["actor"], entry["memo"], entry["reason"]) == ("mary", "write off 1, asked for by ann, approved by mary", "because")
    assert approve(bank, "max") == 2  # once


def test_a_manager_has_limits_too_and_cannot_approve_what_is_above(bank: Bank) -> None:
    with_roles(bank)
    assert adjust(bank, "write-off --invoice INV-2 --amount 500.00", actor="mary")["status"] == "posted"
    assert adjust(bank, "write-off --invoice INV-2 --amount 2000.01", actor="max")["status"] == "pending"
    assert [approve(bank, who, 2) for who in ("max", "mary")] == [4, 4]
    assert changed(bank) == {"INV-2": "4500.00"}


def test_slices_add_up_to_the_limit(bank: Bank) -> None:
    with_roles(bank)
    assert [adjust(bank, "write-off --invoice INV-1 --amount 20.00")["status"] for _ in range(3)] == ["posted", "posted", "pending"]
    assert adjust(bank, "write-off --invoice INV-2 --amount 20.00")["status"] == "posted"


def test_what_is_rejected_is_never_posted(bank: Bank) -> None:
    with_roles(bank)
    adjust(bank, "write-off --invoice INV-1 --amount 60.00")
    assert cashapp(bank.home, "approve", "reject", "1", "--reason", "collect it", "--actor", "mary").exit_code == 0
    assert (changed(bank), waiting(bank), approve(bank, "max")) == ({}, [], 2)


def test_what_is_approved_is_checked_anew(bank: Bank) -> None:
    """The item was settled while the write-off waited: it cannot be posted any more."""
    with_roles(bank)
    adjust(bank, "write-off --invoice INV-1 --amount 1000.00")
    adjust(bank, "credit-memo --invoice INV-1 --amount 999.00")
    assert approve(bank, "mary") == 2
    assert changed(bank) == {"INV-1": "1.00"}


def exception_id(bank: Bank) -> str:
    return next(row["exception_id"] for row in table(bank.home, "exceptions") if row["status"] == "open")


@pytest.mark.parametrize(("words", "left"), [
    (("write-off", "--amount", "30.00", "--reason", "difference"), "100.00"),
    (("refund",), "0.00"),
    (("refund", "--amount", "29.50"), "100.50"),
])
def test_the_queue_writes_off_and_refunds_and_undoes(bank: Bank, words: tuple[str, ...], left: str) -> None:
    number = exception_id(bank)
    assert cashapp(bank.home, "exceptions", words[0], number, *words[1:], "--as-of", DAY).exit_code == 0
    assert receipt(bank)["unapplied_amount"] == left
    assert cashapp(bank.home, "check").exit_code == 0
    assert cashapp(bank.home, "exceptions", "undo", number, "--as-of", DAY).exit_code == 0
    assert (receipt(bank)["unapplied_amount"], receipt(bank)["status"]) == ("130.00", "unidentified")


def test_a_short_payment_is_applied_and_its_rest_written_off(bank: Bank) -> None:
    bank.statement("2026-11-10", "195 | 960.00 | BR2 | | ORG:=ACME TOOLS INC OBI:=INV-1")
    number = next(row["exception_id"] for row in table(bank.home, "exceptions") if row["bank_reference"] == "BR2")
    assert cashapp(bank.home, "exceptions", "write-off", number, "--amount", "40.00", "--reason", "freight", "--as-of", "2026-11-10").exit_code == 0
    assert changed(bank) == {"INV-1": "closed"}
    applied = [row for row in table(bank.home, "applications") if row["bank_reference"] == "BR2"]
    assert [(row["applied_amount"], row["write_off_amount"]) for row in applied] == [("960.00", "40.00")]
    assert cashapp(bank.home, "exceptions", "undo", number, "--as-of", "2026-11-10").exit_code == 0
    assert changed(bank) == {}
    assert cashapp(bank.home, "check").exit_code == 0


def test_above_the_limit_a_case_waits_with_its_money(bank: Bank) -> None:
    with_roles(bank)
    number = exception_id(bank)
    assert cashapp(bank.home, "exceptions", "write-off", number, "--amount", "60.00", "--reason", "difference", "--as-of", DAY).exit_code == 0
    assert (receipt(bank)["unapplied_amount"], waiting(bank)) == ("130.00", [1])
    assert approve(bank, "mary") == 0
    assert receipt(bank)["unapplied_amount"] == "70.00"


@pytest.mark.parametrize(("code", "customer", "day", "fee"), [
    ("R01", "ACME", "2026-06-30", "25.00"), ("R01", "ACME", "2026-07-01", "30.00"), ("NSF", "ACME", "2026-07-01", "30.00"), ("R02", "ACME", "2026-07-01", "0"),
    ("R01", "BORE", "2026-07-01", "10.00"),
])
def test_the_fee_table_is_dated_and_a_customers_own_rule_wins(code: str, customer: str, day: str, fee: str) -> None:
    import datetime as dt

    rules = ReturnRules(fees=[
        FeeRule(["insufficient_funds"], "25.00"), FeeRule(["insufficient_funds"], "30.00", since=dt.date(2026, 7, 1)), FeeRule(["R01"], "10.00", customers=["BORE"])])
    category = "insufficient_funds" if code != "R02" else "account_closed"
    assert rules.fee(code, category, customer, "USD", dt.date.fromisoformat(day)) == round(float(fee) * 100)
    assert rules.fee(code, category, customer, "EUR", dt.date.fromisoformat(day)) == 0


@pytest.mark.parametrize(("settings", "why"), [
    ('[[roles]]\nname = "x"\n[roles.limits]\nwriteoff = "1.00"\n', "no kind of adjustment"),
    ('[[roles]]\nname = "x"\nmembers = ["ann"]\n[[roles]]\nname = "y"\nmembers = ["Ann"]\n', "in two roles"),
    ('[[roles]]\nname = "x"\n[[roles]]\nname = "x"\nmembers = ["ann"]\n', "two roles are called x"),
    ('[[roles]]\nname = "x"\napproves = "a lot"\n', ""),
    ('[[returns.fees]]\ncodes = ["R01"]\namount = "1.234"\n', ""),
])
def test_settings_that_make_no_sense_are_refused(home: Path, settings: str, why: str) -> None:
    with (home / "cashapp.toml").open("a") as toml:
        toml.write(settings)
    done = cashapp(home, "approve", "list")
    assert done.exit_code == 2
    assert why in str(done.exception)


def test_limits_scale_with_the_currency() -> None:
    assert [books_policy.scaled("50.00", currency) for currency in ("USD", "JPY", "KWD")] == [5000, 5000, 50000]


@pytest.mark.parametrize(("verb", "rule"), [("refund", "refund"), ("write-off --reason small", "write_off")])
def test_what_went_elsewhere_of_a_receipt_is_told_with_its_applications(bank: Bank, verb: str, rule: str) -> None:
    """Cash of the applications and what is unapplied come to the receipt, whatever became of it, and again when it is undone."""
    def sums() -> tuple[str, float, float]:
        row = next(row for row in table(bank.home, "receipts") if row["bank_reference"] == "BR1")
        told = [line for line in table(bank.home, "applications") if line["receipt_id"] == row["receipt_id"] and line["status"] == "posted"]
        assert sum(float(line["applied_amount"]) for line in told) == float(row["applied_amount"])
        assert float(row["applied_amount"]) + float(row["unapplied_amount"]) == float(row["amount"])
        return " ".join(line["rule"] for line in told), float(row["applied_amount"]), float(row["unapplied_amount"])

    number = next(row["exception_id"] for row in table(bank.home, "exceptions") if row["bank_reference"] == "BR1")
    before = sums()
    assert cashapp(bank.home, "--actor", "max", "exceptions", *verb.split()[:1], number, "--amount", "5.00", *verb.split()[1:]).exit_code == 0
    after = sums()
    assert (after[0].split()[-1], after[1] - before[1]) == (rule, 5.00)
    assert cashapp(bank.home, "exceptions", "undo", number).exit_code == 0
    assert sums() == before
