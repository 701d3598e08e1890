"""A file into the books: what is posted where, what is counted once, what waits. On both databases."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from sqlalchemy import Engine

from cashapp import bulk_postgres, bulk_sqlite, db, proof
from cashapp.config import Config, Lockbox
from parsers.documents import Document, joined, read
from tests.books import balances, bank_line, document, reasons, receipts, take_in

BANK = "bank:111222333"


@pytest.fixture(autouse=True, params=["few", "many"])
def road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows a file is taken to have: many go into their tables beside what is made of them."""
    if request.param == "many":
        monkeypatch.setattr(bulk_sqlite, "STAGED_FROM", 1)
        monkeypatch.setattr(bulk_postgres, "MANY_FROM", 1)


def after(engine: Engine, *files: tuple[str, Document], config: Config | None = None) -> tuple[dict[str, int], list[tuple[int, str, int]], list[str]]:
    """Take the files in, each in its own transaction; balances, receipts and reasons afterwards. The books hold."""
    for name, taken in files:
        with db.writing(engine) as connection:
            take_in(connection, taken, name, config)
    with db.reading(engine) as connection:
        broken = {p.what: p.broken for p in proof.prove(connection) if p.broken}
        assert not broken
        return balances(connection), receipts(connection), reasons(connection)


def test_a_statement_posts_cash_receipts_fees_and_the_rest(engine: Engine) -> None:
    lines = [bank_line(10000), bank_line(2500), bank_line(-150, "fee"), bank_line(30, "interest"), bank_line(-7000, "disbursement")]
    assert after(engine, ("s", document(lines))) == (
        {BANK: 5380, "unapplied cash": -12500, "bank fees": 150, "interest income": -30, "disbursements clearing": 7000},
        [(2500, "open", 2500), (10000, "open", 10000)], [])


def test_pending_and_informational_lines_are_kept_and_not_counted(engine: Engine) -> None:
    assert after(engine, ("s", document([bank_line(100, status="pending"), bank_line(200, status="info")]))) == ({}, [], [])


def test_intraday_then_statement_is_counted_once(engine: Engine) -> None:
    intraday = document([bank_line(10000, bank_reference="REF-1")], report="announcement", format_name="mt942")
    statement = document([bank_line(10000, bank_reference="REF-1"), bank_line(500)])
    assert after(engine, ("i", intraday)) == ({"cash in transit": 10000, "unapplied cash": -10000}, [(10000, "open", 10000)], [])
    assert after(engine, ("s", statement)) == ({BANK: 10500, "unapplied cash": -10500}, [(500, "open", 500), (10000, "open", 10000)], [])


def test_lockbox_checks_then_their_deposit_line(engine: Engine) -> None:
    config = Config(lockboxes=[Lockbox("7700", "111 222 333")])
    checks = document([bank_line(6000, batch_reference="7700-1"), bank_line(4000, batch_reference="7700-1")],
                      report="cash_report", account="7700", lockbox="7700", format_name="lockbox")
    deposit = document([bank_line(10000, "lockbox_deposit")], format_name="bai2")
    expected = ({BANK: 10000, "unapplied cash": -10000}, [(4000, "open", 4000), (6000, "open", 6000)], [])
    assert after(engine, ("c", checks), ("d", deposit), config=config) == expected


def test_a_deposit_waits_for_its_checks(engine: Engine) -> None:
    config = Config(lockboxes=[Lockbox("7700", "111222333")])
    checks = document([bank_line(6000), bank_line(4000)], report="cash_report", account="7700", lockbox="7700", format_name="lockbox")
    deposit = document([bank_line(10000, "lockbox_deposit")], format_name="bai2")
    assert after(engine, ("d", deposit), config=config) == ({BANK: 10000, "cash in transit": -10000}, [], ["deposit_without_detail"])
    assert after(engine, ("c", checks), config=config) == (
        {BANK: 10000, "unapplied cash": -10000}, [(4000, "open", 4000), (6000, "open", 6000)], [])


def test_a_deposit_taken_for_a_receipt_gives_way_to_its_details(engine: Engine) -> None:
    deposit = document([bank_line(17000)], format_name="bai2")
    entries = document([bank_line(10000, bank_reference="T0001"), bank_line(7000, bank_reference="T0002")], report="cash_report", format_name="nacha")
    assert after(engine, ("d", deposit), ("n", entries)) == (
        {BANK: 17000, "unapplied cash": -17000}, [(7000, "open", 7000), (10000, "open", 10000), (17000, "linked", 0)], [])


def test_the_same_statement_twice_is_counted_once(engine: Engine) -> None:
    lines = [bank_line(100, remittance_text="A"), bank_line(100, remittance_text="A")]
    first, again = document(lines, reference="12"), document([*lines, bank_line(70)], reference="12")
    assert after(engine, ("one", first), ("two", again)) == (
        {BANK: 270, "unapplied cash": -270}, [(70, "open", 70), (100, "open", 100), (100, "open", 100)], [])


def test_a_statement_that_stands_twice_in_one_file_is_counted_once(engine: Engine) -> None:
    lines = [bank_line(100, remittance_text="A"), bank_line(-30, "fee")]
    twice = joined([document(lines, reference="12", opening=0, closing=70), document(lines, reference="12", opening=0, closing=70)])
    twice.lines = twice.lines.with_columns(pl.Series("statement", [0, 0, 1, 1], dtype=pl.Int32))
    assert after(engine, ("s", twice)) == ({BANK: 70, "unapplied cash": -100, "bank fees": 30}, [(100, "open", 100)], [])


def test_a_remittance_advice_is_no_cash(engine: Engine) -> None:
    advice = document([bank_line(900, customer_reference="TRN-55")], report="announcement", format_name="x12-820", account="")
    assert after(engine, ("a", advice)) == ({}, [], [])
    assert after(engine, ("s", document([bank_line(900, customer_reference="TRN-55")]))) == ({BANK: 900, "unapplied cash": -900}, [(900, "open", 900)], [])


def test_a_returned_receipt_leaves_the_bank_again(engine: Engine) -> None:
    lines = document([bank_line(5000, bank_reference="T-77", payer_name="ACME")])
    back = document([bank_line(-5000, "return", day=11, original_reference="T-77", return_reason="R01")])
    assert after(engine, ("s", lines), ("r", back)) == ({}, [(5000, "returned", 0)], [])


def test_a_return_of_nothing_we_know_waits(engine: Engine) -> None:
    back = document([bank_line(-5000, "return", original_reference="T-77")])
    assert after(engine, ("r", back)) == ({BANK: -5000, "returns clearing": 5000}, [], ["return_unmatched"])


def test_two_equal_checks_one_returned_without_a_serial_is_not_guessed(engine: Engine) -> None:
    lines = document([bank_line(5000, payer_name="ACME LLC"), bank_line(5000, payer_name="ACME LLC")])
    back = document([bank_line(-5000, "return", day=11, payer_name="ACME LLC")])
    assert after(engine, ("s", lines), ("r", back))[2] == ["return_unmatched"]


def test_a_batch_with_charges_posts_what_was_booked(engine: Engine) -> None:
    details = [bank_line(m, batch_key=1, batch_amount_minor=990, batch_reference="B") for m in (600, 400)]
    assert after(engine, ("s", document(details, format_name="camt"))) == (
        {BANK: 990, "bank fees": 10, "unapplied cash": -1000}, [(400, "open", 400), (600, "open", 600)], [])


KEYS = ["R46C5FB58D3D0C86", "R5FE821A3B5BD3E4"]


@pytest.mark.parametrize("first", ["one", "two"])
def test_receipt_keys_do_not_depend_on_the_order_of_files(engine: Engine, first: str) -> None:
    from sqlalchemy import select

    from cashapp import schema

    files = {"one": document([bank_line(100, payer_name="A")]), "two": document([bank_line(200, payer_name="B")])}
    second = "two" if first == "one" else "one"
    for name in (first, second):
        with db.writing(engine) as connection:
            take_in(connection, files[name], name)
    with db.reading(engine) as connection:
        keys = connection.execute(select(schema.receipt.c.receipt_key).order_by(schema.receipt.c.amount_minor)).scalars().all()
    assert keys == KEYS


def test_statements_that_do_not_chain_are_told(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(100)], opening=0, closing=100, reference="1"), "one")
        take_in(connection, document([bank_line(100, day=10)], opening=150, closing=250, reference="2"), "two", as_of=dt.date(2026, 11, 10))
    with db.reading(engine) as connection:
        broken = [line for p in proof.prove(connection) for line in p.broken]
    assert broken == ["account 111222333: statement 2 opens at 1.50, the one before closed at 1.00 USD"]


@pytest.mark.parametrize(("change", "told"), [
    ("INSERT INTO posting (entry_id, n, account, currency, amount_minor, item_id) VALUES (1, 9, 'x', 'USD', 0, 77)", "entry 1 names item 77, which is not there"),
    ("INSERT INTO posting (entry_id, n, account, currency, amount_minor, receipt_id) VALUES (1, 9, 'x', 'USD', 0, 88)", "entry 1 names receipt 88, which is not there"),
    (("INSERT INTO application (application_id, entry_id, receipt_id, customer_id, item_id, applied_minor, discount_minor, deduction_minor, write_off_minor, source, rule, confidence,"
     " applied_on, actor) VALUES (5, 1, 1, 'C1', 77, 0, 0, 0, 0, 'auto', 'x', 0, '2026-11-09', 'x')"), "application 5 names item 77, which is not there"),
    (("INSERT INTO receipt (receipt_id, receipt_key, line_id, account, currency, amount_minor, value_date, unapplied_minor)"
     " VALUES (9, 'R9', 99, 'x', 'USD', 1, '2026-11-09', 0)"), "receipt R9 names bank line 99, which is not there"),
    ("UPDATE receipt SET receipt_key = 'R9', customer_id = 'C9'", "receipt R9 names customer C9, which is not there"),
])
def test_a_name_of_nothing_is_told(engine: Engine, change: str, told: str) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(100)]), "one")
        connection.exec_driver_sql(change)
    with db.reading(engine) as connection:
        assert {p.what: p.broken for p in proof.prove(connection)}["what postings, applications and receipts name is in the books"] == [told]


def test_batches_on_one_line_are_not_one_batch(engine: Engine) -> None:
    """A whole camt file without line ends: two entries of two details each, of which the second keeps a charge."""
    def entry(booked: str, reference: str, *parts: str) -> str:
        told = "".join(f"<TxDtls><Amt Ccy='EUR'>{part}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>" for part in parts)
        return (f"<Ntry><Amt Ccy='EUR'>{booked}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-09</Dt></BookgDt>"
                f"<AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls>{told}</NtryDtls></Ntry>")

    content = ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id>"
               "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>" + entry("300.00", "A", "100.00", "200.00") + entry("290.00", "B", "100.00", "200.00")
               + "</Stmt></BkToCstmrStmt></Document>").encode()
    ledger, _, _ = after(engine, ("camt", read(content)))
    assert (ledger["bank:DE02120300000000202051"], ledger["bank fees"]) == (59000, 1000)
