"""Money of one currency on invoices of another, through the doors that clerks use: accepted, put on by hand, taken off again, returned. The bank's account is in
dollars, Acme's invoices are in euros, yen and pounds; a euro is worth USD 1.0870, a yen 0.0065, a pound was worth 1.25 in August. On both databases.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select, text, update

from cashapp import accounts, db, proof, schema, users
from cashapp.workspace import Workspace
from tests.bank_drops import Bank
from tests.desks import PASSWORD, Client, served
from tests.workspaces import cashapp, table

DAY = "2026-11-09"
INVOICES = """invoice_number,customer_id,customer_name,amount,currency,kind,issue_date,due_date
INV-1001,ACME,Acme Tools Inc,1000.00,EUR,invoice,2026-10-01,2026-10-31
INV-1002,ACME,Acme Tools Inc,200.00,EUR,invoice,2026-10-01,2026-10-31
CM-1003,ACME,Acme Tools Inc,50.00,EUR,credit_memo,2026-10-01,
INV-1004,ACME,Acme Tools Inc,100000,JPY,invoice,2026-10-01,2026-10-31
INV-1005,ACME,Acme Tools Inc,300.00,GBP,invoice,2026-10-01,2026-10-31
INV-1006,ACME,Acme Tools Inc,70.00,USD,invoice,2026-10-01,2026-10-31
"""
RATES = """
[[rates]]
since = 2026-08-03
worth = { GBP = "1.25" }
[[rates]]
since = 2026-11-06
worth = { EUR = "1.0870", JPY = "0.0065" }
"""
# reference, what came, what the text says
STATEMENT = """
165 | 1090.00 | BR1 | | ORG:=ACME TOOLS INC OBI:=INV-1001
165 | 1304.40 | BR2 | | ORG:=ACME TOOLS INC OBI:=INV-1001 INV-1002
165 | 500.00  | BR3 | | ORG:=ACME TOOLS INC OBI:=INV-1001
165 | 375.00  | BR4 | | ORG:=ACME TOOLS INC OBI:=INV-1005
165 | 650.00  | BR5 | | ORG:=ACME TOOLS INC OBI:=INV-1004
165 | 1200.00 | BR6 | | ORG:=ACME TOOLS INC OBI:=INV-1001
"""


@pytest.fixture
def bank(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Bank:
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "ann")
    with (home / "cashapp.toml").open("a") as told:
        told.write(RATES)
    (tmp_path / "invoices.csv").write_text(INVOICES)
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv"), "--as-of", "2026-10-09").exit_code == 0
    made = Bank(home)
    made.statement(DAY, STATEMENT)
    return made


def case(bank: Bank, reference: str) -> dict[str, str]:
    return next(row for row in table(bank.home, "exceptions") if row["bank_reference"] == reference)


def act(bank: Bank, verb: str, reference: str, *words: str) -> Result:
    return cashapp(bank.home, "exceptions", verb, case(bank, reference)["exception_id"], *words, "--as-of", DAY)


def applied(bank: Bank) -> str:
    """What stands: cash on the invoice, what that is in the invoice's currency, the rate."""
    return ", ".join(
        f"{row['invoice_number']}: {row['applied_amount']} {row['currency']}" + (f" = {row['invoice_amount']} {row['invoice_currency']} at {row['exchange_rate']}" if row["exchange_rate"] else "")
        for row in table(bank.home, "applications") if row["status"] == "posted")


def open_now(bank: Bank) -> dict[str, str]:
    return {row["invoice_number"]: row["open_amount"] for row in table(bank.home, "open-items")}


def receipt(bank: Bank, reference: str) -> str:
    row = next(row for row in table(bank.home, "receipts") if row["bank_reference"] == reference)
    return f"{row['status']} {row['applied_amount']} {row['unapplied_amount']}"


def exchange_account(bank: Bank) -> dict[str, float]:
    """What stands on the exchange account, debits positive, by currency."""
    held: dict[str, float] = {}
    for row in table(bank.home, "journal"):
        if row["account"] == accounts.EXCHANGE:
            held[row["currency"]] = round(held.get(row["currency"], 0) + float(row["debit"]) - float(row["credit"]), 3)
    return {currency: amount for currency, amount in held.items() if amount}


# what a clerk does | what stands | the receipt | what is open of the invoice | the exchange account
DONE = """
accept BR1 | INV-1001: 1090.00 USD = 1000.00 EUR at 0.9199632015 | applied 1090.00 0.00 | INV-1001 gone | EUR 1000.0, USD -1090.0
accept BR2 | INV-1001: 1087.00 USD = 1000.00 EUR at 0.9199632015, INV-1002: 217.40 USD = 200.00 EUR at 0.9199632015 | applied 1304.40 0.00 | INV-1002 gone | EUR 1200.0, USD -1304.4
accept BR3 | INV-1001: 500.00 USD = 459.98 EUR at 0.9199632015 | applied 500.00 0.00 | INV-1001 540.02 | EUR 459.98, USD -500.0
accept BR5 | INV-1004: 650.00 USD = 100000 JPY at 153.8461538462 | applied 650.00 0.00 | INV-1004 gone | JPY 100000.0, USD -650.0
accept BR6 | INV-1001: 1087.00 USD = 1000.00 EUR at 0.9199632015 | partially_applied 1087.00 113.00 | INV-1001 gone | EUR 1000.0, USD -1087.0
apply BR6 --to INV-1001=1080.00 INV-1006=70.00 CM-1003=-54.35 | INV-1001: 1080.00 USD = 1000.00 EUR at 0.9199632015, CM-1003: -54.35 USD = -50.00 EUR at 0.9199632015, INV-1006: 70.00 USD | \
partially_applied 1095.65 104.35 | CM-1003 gone | EUR 950.0, USD -1025.65
apply BR6 --to INV-1002=100.00 | INV-1002: 100.00 USD = 92.00 EUR at 0.9199632015 | partially_applied 100.00 1100.00 | INV-1002 108.00 | EUR 92.0, USD -100.0
"""


@pytest.mark.parametrize("row", DONE.replace("\\\n", "").strip().splitlines())
def test_what_a_clerk_does_stands_in_both_currencies_and_undo_takes_it_off(bank: Bank, row: str) -> None:
    words, stands, now, left, held = (cell.strip() for cell in row.split("|"))
    verb, reference, *rest = words.split()
    before = open_now(bank)
    done = act(bank, verb, reference, *rest)
    assert done.exit_code == 0, done.stderr
    assert sorted(applied(bank).split(", ")) == sorted(stands.split(", "))
    assert receipt(bank, reference) == now
    number, amount = left.split()
    assert open_now(bank).get(number, "gone") == amount
    assert ", ".join(f"{currency} {minor}" for currency, minor in sorted(exchange_account(bank).items())) == held
    assert cashapp(bank.home, "check").exit_code == 0
    assert act(bank, "undo", reference).exit_code == 0
    assert (applied(bank), open_now(bank), exchange_account(bank)) == ("", before, {})
    assert receipt(bank, reference).startswith("on_account 0.00")
    assert cashapp(bank.home, "check").exit_code == 0


@pytest.mark.parametrize(("words", "why"), [
    ("apply BR4 --to INV-1005=375.00", "INV-1005 is in GBP, and the last rate from USD to GBP is of 2026-08-03, 98 days before"),
    ("apply BR6 --to INV-1001=1200.00", "INV-1001 has 1000.00 EUR open, not 1103.96 EUR"),
    ("apply BR6 --to INV-1001=500.00 --deduct INV-1001=10.00 --reason damage", "what is taken off it beside the cash is an adjustment of its own"),
    ("apply BR6 --to INV-1001=1300.00", "less than"),
])
def test_what_is_refused_says_why_and_moves_nothing(bank: Bank, words: str, why: str) -> None:
    verb, reference, *rest = words.split()
    done = act(bank, verb, reference, *rest)
    assert done.exit_code in (1, 2)
    assert why in str(done.exception)
    assert (applied(bank), exchange_account(bank)) == ("", {})


def test_a_payment_that_comes_back_takes_its_exchange_off_again(bank: Bank) -> None:
    before = open_now(bank)
    assert act(bank, "accept", "BR1").exit_code == 0
    bank.statement("2026-11-12", "555 | 1090.00 | BACK1 | BR1 | ACME TOOLS INC NSF INV-1001")
    assert receipt(bank, "BR1") == "returned 0.00 0.00"
    assert (applied(bank), open_now(bank), exchange_account(bank)) == ("", before, {})
    assert cashapp(bank.home, "check").exit_code == 0


def test_one_of_two_is_taken_off_and_the_other_stays_at_its_rate(bank: Bank) -> None:
    assert act(bank, "accept", "BR2").exit_code == 0
    key = next(row["receipt_id"] for row in table(bank.home, "receipts") if row["bank_reference"] == "BR2")
    done = cashapp(bank.home, "undo", "application", key, "--invoice", "INV-1002", "--reason", "not this one", "--as-of", DAY)
    assert done.exit_code == 0, done.stderr
    assert applied(bank) == "INV-1001: 1087.00 USD = 1000.00 EUR at 0.9199632015"
    assert exchange_account(bank) == {"EUR": 1000.0, "USD": -1087.0}
    assert cashapp(bank.home, "check").exit_code == 0


def test_every_report_ties_and_the_case_tells_both_amounts(bank: Bank) -> None:
    told = json.loads(cashapp(bank.home, "exceptions", "show", case(bank, "BR1")["exception_id"], "--json").stdout)["receipt"]
    assert told["proposals"][0]["lines"] == [{"invoice_number": "INV-1001", "applied": "1090.00 USD", "pays": "1000.00 EUR", "rate": "0.9199632015"}]
    assert "USD 1090.00 at 0.9199632015 of 2026-11-06 is EUR 1002.76, and EUR 1000.00 is open" in told["proposals"][0]["explanation"]
    offered = [row for row in table(bank.home, "proposals") if row["bank_reference"] == "BR1" and row["rank"] == "1"]
    assert [(row["invoice_amount"], row["invoice_currency"], row["exchange_rate"]) for row in offered] == [("1000.00", "EUR", "0.9199632015")]
    assert act(bank, "accept", "BR1").exit_code == 0
    for name in ("trial-balance", "aging", "cash-receipts-journal", "daily-cash", "unapplied", "collections", "statement", "match-rate", "payment-trends", "audit"):
        made = cashapp(bank.home, "report", name, "--as-of", DAY, "--to", "json", *(["--customer", "ACME"] if name == "statement" else []))
        assert made.exit_code == 0, (name, made.stderr)
    balances = {(row["account"], row["currency"]) for row in json.loads(cashapp(bank.home, "report", "trial-balance", "--as-of", DAY, "--to", "json").stdout)["sections"][0]["rows"]}
    assert {(accounts.EXCHANGE, "EUR"), (accounts.EXCHANGE, "USD")} <= balances


def test_the_desk_shows_both_amounts_accepts_one_and_many_and_a_program_reads_them(bank: Bank, db_url: str) -> None:
    one, two = case(bank, "BR2")["exception_id"], case(bank, "BR5")["exception_id"]
    engine = db.opened(db_url)
    with db.writing(engine) as connection:
        for login, role in (("sam", "senior"), ("cleo", "clerk")):
            users.add(connection, login, login.title(), role, PASSWORD, actor="rita")
        token = users.issue_token(connection, "cleo", "robot")
    with served(Workspace(bank.home, db_url), engine) as base:
        cleo, sam, robot = Client(base, "cleo"), Client(base, "sam"), Client(base)
        page = cleo.get(f"/cases/{one}").text
        assert "1,000.00 EUR</td>" in page
        assert "<small>1,000.00 EUR at 0.9199632015</small>" in page
        assert cleo.post(f"/cases/{one}/accept", seen=cleo.seen(int(one)), rank="1").status_code == 200
        assert "<small>200.00 EUR at 0.9199632015</small>" in cleo.get(f"/cases/{one}").text
        assert cleo.post(f"/cases/{one}/undo", seen=cleo.seen(int(one))).status_code == 200
        assert "2 done" in sam.post("/queue/bulk", case=[one, two], confirmed="yes").text
        robot.http.headers["Authorization"] = f"Bearer {token}"
        six = case(bank, "BR6")["exception_id"]
        refused = robot.http.post(f"/api/cases/{six}/decisions", json={"verb": "apply", "to": [{"invoice_number": "INV-1005", "amount": "375.00"}]})
        assert (refused.status_code, "INV-1005 is in GBP" in refused.text) == (422, True)
        done = robot.http.post(f"/api/cases/{six}/decisions", json={"verb": "apply", "to": [{"invoice_number": "CM-1003", "amount": "-10.87"}, {"invoice_number": "INV-1006", "amount": "70.00"}]})
        assert done.status_code == 201
    engine.dispose()
    assert sorted(applied(bank).split(", ")) == [
        "CM-1003: -10.87 USD = -10.00 EUR at 0.9199632015", "INV-1001: 1087.00 USD = 1000.00 EUR at 0.9199632015", "INV-1002: 217.40 USD = 200.00 EUR at 0.9199632015",
        "INV-1004: 650.00 USD = 100000 JPY at 153.8461538462", "INV-1006: 70.00 USD"]
    assert cashapp(bank.home, "check").exit_code == 0


def test_check_sees_an_exchange_that_no_application_made(bank: Bank, db_url: str) -> None:
    assert act(bank, "accept", "BR1").exit_code == 0
    engine = db.connect(db_url)
    rows = schema.application
    with engine.connect() as connection, connection.begin() as tried:
        if engine.dialect.name == "sqlite":
            for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'application'")).scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(update(rows).where(rows.c.rate != "").values(item_minor=99_999))
        assert connection.execute(select(rows.c.item_minor).where(rows.c.rate != "")).scalars().all() == [99_999]
        broken = [sentence for one in proof.prove(connection) for sentence in one.broken]
        tried.rollback()
    engine.dispose()
    assert broken == ["currency exchange: ledger 1000.00 EUR, applications 999.99 EUR"]
