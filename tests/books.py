"""Small books for tests: documents made of records, taken in as a file would be."""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import Connection, func, select

from cashapp import desk, desk_allocations, ingest, ledger, schema
from cashapp.accounts import IMPORTED, RECEIVABLE
from cashapp.adjustments import Signed
from cashapp.config import Config
from cashapp.ledger import Leg
from matching.schema import Exchange
from parsers import documents, records
from parsers.records import BankLine, Span, StatementClosed, StatementOpened

DAY = dt.date(2026, 11, 9)
HERE = Span(1, 0, 0)


def bank_line(minor: int, kind: str = "receipt", *, day: int = 9, currency: str = "USD", **more: object) -> BankLine:
    """A bank line of November 2026."""
    date = dt.date(2026, 11, day)
    return BankLine(HERE, minor, currency, kind, booking_date=date, value_date=date, **more)  # type: ignore[arg-type]


def document(lines: list[BankLine], *, report: str = "statement", account: str = "111222333", format_name: str = "mt940", reference: str = "",
             opening: int | None = None, closing: int | None = None, lockbox: str = "", copy: str = "") -> documents.Document:
    """A file with one statement of these lines."""
    opened = StatementOpened(HERE, reference, account, "USD", report, opening_minor=opening, lockbox=lockbox, copy=copy)  # type: ignore[arg-type]
    stream: list[records.Record] = [opened, *lines, StatementClosed(HERE, closing)]
    return documents.drain(format_name, stream)


def take_in(connection: Connection, taken: documents.Document, name: str, config: Config | None = None, as_of: dt.date = DAY) -> ingest.Taken:
    """Take the document in under a digest of its name."""
    facts = ingest.FileFacts(name, hashlib.sha256(name.encode()).hexdigest(), 0)
    return ingest.take_in(connection, taken, facts, config or Config(), as_of, "test")


def owe(connection: Connection, item_id: int, customer_id: str, number: str, minor: int, **more: object) -> None:
    """An invoice in USD, posted as the import posts it."""
    connection.execute(schema.open_item.insert().values({
        "item_id": item_id, "customer_id": customer_id, "document_number": number, "kind": "invoice", "currency": "USD", "amount_minor": minor,
        "imported_open_minor": minor, "open_minor": 0, "discount_minor": 0, **more}))
    ledger.post_one(connection, kind="open_items", on=DAY, source_key=f"import:{item_id}", actor="test",
                    legs=[Leg(RECEIVABLE, "USD", minor, customer_id, item_id), Leg(IMPORTED, "USD", -minor)])


def balances(connection: Connection) -> dict[str, int]:
    """The ledger's accounts that are not zero, in minor units (debit positive)."""
    leg = schema.posting
    rows = connection.execute(select(leg.c.account, func.sum(leg.c.amount_minor)).group_by(leg.c.account))
    return {account: int(minor) for account, minor in rows if minor}


def receipts(connection: Connection) -> list[tuple[int, str, int]]:
    """Amount, state and unapplied cash of each receipt, by amount."""
    receipt = schema.receipt
    query = select(receipt.c.amount_minor, receipt.c.state, receipt.c.unapplied_minor).order_by(receipt.c.amount_minor, receipt.c.receipt_key)
    return [tuple(row) for row in connection.execute(query)]


def reasons(connection: Connection) -> list[str]:
    """The reasons of the open exceptions, sorted."""
    case = schema.exception_case
    return sorted(connection.execute(select(case.c.reason).where(case.c.status == "open")).scalars())


def accept(connection: Connection, exception_id: int, rank: int, by: desk.By) -> int:
    """A clerk takes a suggestion; the journal entry."""
    entry_id = desk_allocations.accept(connection, exception_id, rank, Signed(by.actor, by.on, [])).entry_id
    assert entry_id is not None
    return entry_id


def apply_to(connection: Connection, exception_id: int, shares: list[tuple[str, str]], by: desk.By, exchange: Exchange | None = None) -> None:
    """A clerk puts the case's money on invoices by number, cash only."""
    wanted = [desk_allocations.Share(number, amount) for number, amount in shares]
    desk_allocations.allocate(connection, exception_id, wanted, Signed(by.actor, by.on, [], exchange=exchange or Exchange()))
