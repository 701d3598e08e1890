"""What a clerk does with a payment, verb by verb: where the money is afterwards, that the books hold, and that undo puts everything back. On both databases."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from sqlalchemy import Engine, select

from cashapp import db, desk, dossier, duplicates, exceptions, periods, proof, remittance_requests, schema
from cashapp.desk import By
from cashapp.errors import CashappError, UsageError
from cashapp.reconciliation import lines, picture
from cashapp.workspace import Workspace
from matching.deduction_codes import DEFAULTS
from tests.bank_drops import Bank
from tests.books import bank_line, document, owe, receipts, take_in
from tests.workspaces import cashapp, table

DAY = "2026-11-09"
INVOICES = """invoice_number,customer_id,customer_name,amount,currency,kind,issue_date,due_date,discount_date,discount_amount
INV-1001,ACME,Acme Tools Inc,1000.00,USD,invoice,2026-10-01,2026-10-31,2026-10-11,20.00
INV-1002,ACME,Acme Tools Inc,200.00,USD,invoice,2026-10-01,2026-10-31,,
CM-1,ACME,Acme Tools Inc,50.00,USD,credit_memo,2026-10-01,,,
INV-2001,BORE,Borealis Freight LLC,4000.00,USD,invoice,2026-10-02,2026-11-01,,
"""
ROLES = """
[[roles]]
name = "clerk"
members = ["ann"]
[roles.limits]
deduction = "100.00"
write_off = "10.00"
"""


@pytest.fixture
def bank(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """A payment of 930.00 for INV-1001 (BR1), one of 500.00 from nobody known (BR2); ann deducts up to 100.00 alone, writes off up to 10.00."""
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "ann")
    with (home / "cashapp.toml").open("a") as settings:
        settings.write(ROLES)
    (tmp_path / "invoices.csv").write_text(INVOICES)
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv"), "--as-of", "2026-10-09").exit_code == 0
    made = Bank(home)
    made.statement(DAY, """
        195 | 930.00 | BR1 | | ORG:=ACME TOOLS INC OBI:=INV-1001
        195 | 500.00 | BR2 | | ORG:=SOMEBODY ELSE OBI:=THANKS""")
    return made


def applied(bank: Bank) -> dict[str, str]:
    """By invoice (`-`: on account, with its customer) cash, and what was taken off beside it."""
    found = {}
    for row in table(bank.home, "applications"):
        if row["status"] == "posted":
            beside = [f"{what} {row[f'{what}_amount']}" for what in ("discount", "deduction", "write_off") if float(row[f"{what}_amount"])]
            found[row["invoice_number"] or f"-{row['customer_id']}"] = " ".join([row["applied_amount"], *beside])
    return found


def open_now(bank: Bank) -> dict[str, str]:
    return {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")}


def case(bank: Bank, reference: str) -> dict[str, str]:
    return next(row for row in table(bank.home, "exceptions") if row["bank_reference"] == reference)


def act(bank: Bank, verb: str, reference: str, *words: str) -> Result:
    return cashapp(bank.home, "exceptions", verb, case(bank, reference)["exception_id"], *words, "--as-of", DAY)


# case and verb | applied afterwards | the case | what waits for a second person
VERBS = """
BR1 apply --to INV-1001=930.00                                                   | INV-1001: 930.00                                | resolved 930.00 |
BR1 apply --to INV-1001=930.00 --deduct INV-1001=70.00 --reason shortage         | INV-1001: 930.00 deduction 70.00                | resolved 930.00 |
BR1 apply --to INV-1001=930.00 --discount INV-1001=20.00 --deduct INV-1001=50.00 --reason pricing | INV-1001: 930.00 discount 20.00 deduction 50.00 | resolved 930.00 |
BR1 apply --to INV-1001=880.00 INV-1002=100.00 CM-1=-50.00                       | CM-1: -50.00, INV-1001: 880.00, INV-1002: 100.00 | resolved 930.00 |
BR1 apply --to INV-1001=800.00 --deduct INV-1001=150.00 --reason damage          | INV-1001: 800.00                                | open 130.00     | deduction 150.00
BR1 deduct --amount 70.00 --reason freight                                       | INV-1001: 930.00 deduction 70.00                | resolved 930.00 |
BR1 deduct --amount 70.00 --reason freight --invoice INV-2001                    |                                                 | open 930.00     |
BR1 write-off --amount 5.00 --reason small                                       | INV-1001: 930.00 write_off 5.00                 | resolved 930.00 |
BR1 write-off --amount 70.00 --reason large                                      | INV-1001: 930.00                                | resolved 930.00 | write_off 70.00
BR2 split --to ACME=200.00 BORE=300.00                                           | -ACME: 200.00, -BORE: 300.00                    | resolved 500.00 |
BR2 split --to ACME=200.00 BORE=100.00                                           | -ACME: 200.00, -BORE: 100.00                    | open 200.00     |
BR2 transfer --customer BORE --reason theirs                                     | -BORE: 500.00                                   | resolved 500.00 |
BR2 transfer --customer BORE --reason wrong-company --invoice INV-1002           |                                                 | open 500.00     |
"""


@pytest.mark.parametrize("row", VERBS.strip().splitlines())
def test_a_verb_moves_the_money_and_undo_moves_it_back(bank: Bank, row: str) -> None:
    words, expected, state, waits = (cell.strip() for cell in row.split("|"))
    reference, verb, *rest = words.split()
    before = open_now(bank)
    done = act(bank, verb, reference, *rest)
    assert done.exit_code == 0, done.stderr
    assert ", ".join(f"{name}: {told}" for name, told in applied(bank).items()) == expected
    now = case(bank, reference)
    assert f"{now['status']} {now['amount']}" == state
    pending = [f"{one['kind']} {one['amount'].split()[0]}" for one in _pending(bank)]
    assert ", ".join(pending) == waits
    assert cashapp(bank.home, "check").exit_code == 0
    assert act(bank, "undo", reference).exit_code == 0
    assert (applied(bank), open_now(bank)) == ({}, before)
    assert case(bank, reference)["status"] == "open"
    assert _pending(bank) == []
    assert cashapp(bank.home, "check").exit_code == 0


def test_a_suggestion_takes_off_no_more_than_the_person_may(bank: Bank) -> None:
    bank.statement("2026-11-10", """
        195 | 3850.00 | BR3 | | ORG:=BOREALIS FREIGHT LLC OBI:=INV-2001 LESS 150.00 DAMAGE
        195 | 190.00  | BR4 | | ORG:=ACME TOOLS INC OBI:=INV-1002 LESS 10.00 DAMAGE""")
    for reference in ("BR3", "BR4"):
        assert act(bank, "accept", reference).exit_code == 0
    assert applied(bank) == {"INV-2001": "3850.00", "INV-1002": "190.00 deduction 10.00"}
    assert [f"{one['kind']} {one['amount']}" for one in _pending(bank)] == ["deduction 150.00 USD"]
    assert cashapp(bank.home, "check").exit_code == 0


def test_writing_off_all_of_a_payment_takes_nothing_off_an_invoice(bank: Bank) -> None:
    """8.00 came for an invoice of 200.00: who writes off 8.00, as many cases at once do, means the money and not the invoice."""
    bank.statement("2026-11-10", "195 | 8.00 | BR3 | | ORG:=ACME TOOLS INC OBI:=INV-1002")
    assert case(bank, "BR3")["reason"] == "short_payment"
    assert act(bank, "write-off", "BR3", "--amount", "8.00", "--reason", "small").exit_code == 0
    assert (applied(bank), open_now(bank)["INV-1002"], case(bank, "BR3")["status"]) == ({}, "200.00", "resolved")
    assert cashapp(bank.home, "check").exit_code == 0


@pytest.mark.parametrize(("came", "offered"), [("160.00", 40_00), ("100.00", 0)])
def test_an_amount_that_may_mean_payment_or_invoice_is_not_offered(bank: Bank, db_url: str, came: str, offered: int) -> None:
    bank.statement("2026-11-10", f"195 | {came} | BR3 | | ORG:=ACME TOOLS INC OBI:=INV-1002")
    engine = db.connect(db_url)
    with engine.begin() as connection:
        shown = dossier.gather(connection, int(case(bank, "BR3")["exception_id"]), lambda _: 0, DEFAULTS, "USD")
    engine.dispose()
    assert shown.gap == offered


def test_the_lines_of_an_advice_under_the_payers_own_number_stand_with_the_case(bank: Bank, db_url: str) -> None:
    advice = bank.home / "advice.csv"
    advice.write_text("payment_reference,payer_name,payment_date,payment_amount,invoice_number,amount\n"
                      "MAIL-77,Acme Tools,2026-11-09,700.00,INV-1001,500.00\nMAIL-77,Acme Tools,2026-11-09,700.00,INV-1002,200.00\n")
    assert cashapp(bank.home, "import", "remittances", str(advice)).exit_code == 0
    bank.statement("2026-11-10", "195 | 700.00 | BR3 | | ORG:=ACME TOOLS INC OBI:=AS ADVISED")
    engine = db.connect(db_url)
    with engine.begin() as connection:
        told = dossier.gather(connection, int(case(bank, "BR3")["exception_id"]), lambda _: 0, DEFAULTS, "USD").remittance
    engine.dispose()
    assert [(line.document_number, line.amount_minor) for line in told] == [("INV-1001", 500_00), ("INV-1002", 200_00)]


def _pending(bank: Bank) -> list[dict[str, str]]:
    return json.loads(cashapp(bank.home, "approve", "list", "--json").stdout)["pending"]


REFUSED = """
BR1 apply --to INV-1001=930.00 --deduct INV-1001=70.00 --reason whim         | 'whim' is no reason for a deduction
BR1 apply --to INV-1001=930.00 --discount INV-1001=70.00                     | has a discount of 20.00 USD at most
BR1 apply --to INV-1001=400.00 INV-1001=300.00                               | stands twice
BR1 apply --to CM-1=10.00 --deduct CM-1=1.00 --reason pricing                | is taken off an invoice
BR1 apply --to INV-9=10.00                                                   | no open item with this number
BR1 apply --to INV-1001=10.005                                               | INV-1001=10.005
BR1 apply --to INV-1001=930.00 --deduct INV-1001=-5.00 --reason pricing      | is more than nothing
BR1 deduct --amount 70.00 --reason whim                                      | no reason for a deduction – take one of: damage
BR2 deduct --amount 70.00 --reason pricing                                   | which invoice is short?
BR2 split --to ACME=200.00 NOBODY=300.00                                     | there is no customer NOBODY
BR2 split --to ACME=200.00 BORE=301.00                                       | 500.00 USD left
BR2 transfer --customer NOBODY --reason theirs                               | there is no customer NOBODY
BR2 transfer --customer BORE --reason no --invoice INV-9                     | no open item with this number
"""


@pytest.mark.parametrize("row", REFUSED.strip().splitlines())
def test_what_makes_no_sense_is_refused_in_words_and_changes_nothing(bank: Bank, row: str) -> None:
    words, why = (cell.strip() for cell in row.split("|"))
    reference, verb, *rest = words.split()
    before = (open_now(bank), table(bank.home, "journal"))
    done = act(bank, verb, reference, *rest)
    assert done.exit_code != 0
    assert why in str(done.exception), str(done.exception)
    assert (open_now(bank), table(bank.home, "journal")) == before


def test_a_limit_is_not_passed_in_slices(bank: Bank) -> None:
    first = act(bank, "apply", "BR1", "--to", "INV-1001=500.00", "--deduct", "INV-1001=60.00", "--reason", "pricing")
    second = act(bank, "apply", "BR1", "--to", "INV-1001=300.00", "--deduct", "INV-1001=60.00", "--reason", "pricing")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "waits for a second person" in second.stderr
    assert [one["amount"] for one in _pending(bank)] == ["60.00 USD"]


def test_a_credit_on_the_wrong_account_is_transferred_and_comes_back(bank: Bank) -> None:
    assert act(bank, "on-account", "BR2", "--customer", "ACME").exit_code == 0
    before = table(bank.home, "open-items")
    assert act(bank, "transfer", "BR2", "--customer", "BORE", "--reason", "mixed up").exit_code == 0
    credit = [row for row in table(bank.home, "open-items") if row["kind"] == "on_account"]
    assert [(row["customer_id"], row["open_amount"]) for row in credit] == [("BORE", "-500.00")]
    assert act(bank, "undo", "BR2").exit_code == 0
    assert table(bank.home, "open-items") == before
    assert case(bank, "BR2")["status"] == "resolved"
    assert cashapp(bank.home, "check").exit_code == 0


def test_the_payer_is_asked_and_the_case_says_so(bank: Bank) -> None:
    mail = act(bank, "ask", "BR2")
    assert "Subject: Remittance for your payment of 500.00 USD, BR2" in mail.stdout
    assert "Bank reference: BR2" in mail.stdout
    assert case(bank, "BR2")["note"] == f"asked for remittance on {DAY}"
    draft = remittance_requests.Draft("ar@example.com", "A & B?", "one\ntwo")
    assert draft.link == "mailto:ar%40example.com?subject=A%20%26%20B%3F&body=one%0Atwo"


@pytest.fixture
def twice(db_url: str, home: Path) -> Iterator[Engine]:
    """A lockbox check of 250.00, applied; the deposit on the statement weeks later, which no link joins: money told twice."""
    workspace = Workspace(home, db_url)
    engine = db.opened(workspace.db_url)
    with db.writing(engine) as connection:
        connection.execute(schema.customer.insert().values(customer_id="ACME", name="Acme Tools Inc"))
        owe(connection, 1, "ACME", "INV-1", 250_00)
        take_in(connection, document([bank_line(250_00, day=2, payer_name="ACME TOOLS INC", check_number="77")], report="announcement", format_name="lockbox_bai"), "box")
        take_in(connection, document([bank_line(250_00, day=13, payer_name="ACME TOOLS", bank_reference="BR9")]), "statement")
        take_in(connection, document([bank_line(250_00, day=14, payer_name="ACME TOOLS", bank_reference="BR10")]), "another")
    yield engine
    engine.dispose()


def test_money_told_twice_counts_once_until_it_is_undone(twice: Engine) -> None:
    by = By("ann", dt.date(2026, 11, 16))
    table = schema.receipt
    with db.writing(twice) as connection:
        announced, shown, other = connection.execute(select(table).order_by(table.c.value_date)).all()
        for row in (announced, shown, other):
            _queue(connection, row)
        before = _transit(connection)
        assert [twin.receipt_key for twin in duplicates.twins(connection, shown.receipt_id)] == [announced.receipt_key]
        assert len(duplicates.twins(connection, announced.receipt_id)) == 2
        with pytest.raises(UsageError, match="the bank has the money twice"):
            duplicates.give_way(connection, 2, other.receipt_key, by)
        duplicates.give_way(connection, 2, announced.receipt_key, by)
        assert sorted(receipts(connection)) == [(250_00, "linked", 0), (250_00, "open", 250_00), (250_00, "open", 250_00)]
        assert (before, _transit(connection)) == ([("deposits in transit", 250_00)], [])
        with pytest.raises(UsageError, match="the bank has the money twice"):  # the announced money has been shown once
            duplicates.give_way(connection, 3, announced.receipt_key, by)
        assert not [one for one in proof.prove(connection) if one.broken]
        desk.undo(connection, 2, by)
        assert [row[1:] for row in receipts(connection)] == [("open", 250_00)] * 3
        assert _transit(connection) == before
        assert not [one for one in proof.prove(connection) if one.broken]
        with pytest.raises(CashappError, match="there is no other receipt"):
            duplicates.give_way(connection, 2, "R000", by)


def _queue(connection: object, row: object) -> None:
    exceptions.open_cases(connection, pl.DataFrame({"receipt_id": [row.receipt_id], "reason": ["weak_evidence"], "currency": ["USD"], "amount_minor": [row.amount_minor]}), dt.date(2026, 11, 9))


def _transit(connection: object) -> list[tuple[str, int]]:
    drawn = picture.draw(connection, lines.find(connection, "111222333"), periods.month("2026-11"))
    return [(row["group"], row["closing"]) for row in drawn.units.filter(drawn.units["group"] == picture.TRANSIT).iter_rows(named=True)]
