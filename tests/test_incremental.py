"""What a day reads of the books: open items and what is new, found by indexes, however much has been settled before. SQLite says so of each statement."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from cashapp import db, exports, frames, imports, proposals
from cashapp.config import Config
from matching.engine import outcomes
from parsers import documents
from parsers.records import Record, StatementClosed, StatementOpened
from tests.books import HERE, bank_line, take_in

DAY = dt.date(2026, 11, 9)
OF_DAY = exports.Bounds(DAY, DAY, DAY)
GROWING = "bank_line|line_link|receipt|journal_entry|posting|application|open_item|proposal|proposal_line|exception_case|case_word|remittance_line"
WHOLE = re.compile(rf"^SCAN ({GROWING})(_\d+)?( USING (COVERING )?INDEX (?!ix_receipt_unapplied|ix_open_item_open|ix_application_receipt)|$)|^SEARCH ({GROWING})(_\d+)? .*\(rowid<\?\)")
"""In a plan: that a table is read from end to end, not by an index of what is open in it alone, or from its first row on."""
FEW = re.compile(r"SELECT count\(\*\)\s+FROM \(SELECT .* LIMIT \d+", re.DOTALL)
"""Whether a table has so many rows: no more are counted."""
INVOICES = "invoice_number,customer_id,customer_name,amount,currency,issue_date,due_date\n" + "".join(
    f"INV-10020{n},C{n},{name},{n}00.00,USD,2026-10-01,2026-10-31\n" for n, name in enumerate(("Acme Tools", "Borealis Freight", "Cedar Grove"), 1))


def statement(number: int, *texts: str) -> documents.Document:
    """A statement with a payment for each text."""
    opened = StatementOpened(HERE, f"S{number}", "111222333", "USD", "statement", to_date=DAY, sequence=str(number))
    paid = [bank_line(10_000 * nth, bank_reference=f"FMB{number}00{nth}", payer_name=text, remittance_text=text) for nth, text in enumerate(texts, 1)]
    stream: list[Record] = [opened, *paid, StatementClosed(HERE, None, DAY)]
    return documents.drain("mt940", stream)


def matched(connection: Connection) -> None:
    """Match and post as a run does."""
    wanted = frames.inputs(connection, Config().matching_policy(), DAY, "USD")
    receipts, items = wanted.receipts.select(proposals.RECEIPTS), wanted.items.select(proposals.ITEMS)
    proposals.keep(connection, outcomes(wanted), receipts, items, DAY, post=True)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Engine]:
    """Books in SQLite with a day behind them: a payment applied, a case open."""
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    (tmp_path / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    assert imports.run(engine, Config(), "invoices", [tmp_path / "invoices.csv"], as_of=DAY, actor="ines")[0].complete
    with db.writing(engine) as connection:
        take_in(connection, statement(1, "ACME TOOLS INV-100201", "NOBODY WE KNOW"), "one.sta", Config(), DAY)
        matched(connection)
    yield engine
    engine.dispose()


def stored(connection: Connection) -> None:
    """Another statement comes, of which the lines of the first may be part."""
    take_in(connection, statement(2, "BOREALIS FREIGHT", "INV-100202"), "two.sta", Config(), DAY)


READ: list[tuple[str, Callable[[Connection], object]]] = [
    ("a statement is stored", stored),
    ("what waits is matched", matched),
    ("the open cases are listed", lambda connection: list(exports.exceptions(connection, OF_DAY._replace(since=None, until=None), ("open",)))),
    ("the day's receipts are exported", lambda connection: list(exports.receipts(connection, OF_DAY))),
]


@pytest.mark.parametrize(("what", "read"), READ, ids=[what for what, _ in READ])
def test_what_is_settled_is_not_read(books: Engine, what: str, read: Callable[[Connection], object]) -> None:
    asked: list[str] = []
    with db.writing(books) as connection:
        database = connection.connection.dbapi_connection
        assert isinstance(database, sqlite3.Connection)
        database.set_trace_callback(asked.append)
        read(connection)
        database.set_trace_callback(None)
        plans = {statement: [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")] for statement in asked
                 if statement.startswith(("SELECT", "WITH")) and "staged_" not in statement and not FEW.match(statement)}
    assert plans
    whole = {statement: [step for step in plan if WHOLE.match(step)] for statement, plan in plans.items()}
    assert not {statement: steps for statement, steps in whole.items() if steps}, what
