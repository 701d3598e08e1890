"""Money that two reports told of and the links did not join: a person says so. The second receipt gives way, as a deposit does to its details.

One of the two is no more than announced (a lockbox file, an advice): what it brought waits in cash in transit, and clears with the entry made here. Two lines
that both stand on statements are two payments, whatever they look like: the bank has the money twice.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from cashapp import accounts, desk, exceptions, ledger, linking, reversals, schema
from cashapp.desk import By
from cashapp.errors import UsageError
from cashapp.ledger import Leg

NEAR = dt.timedelta(days=14)


class Twin(NamedTuple):
    """Another receipt of the same amount and time."""

    receipt_key: str
    value_date: dt.date
    payer_name: str
    file_name: str
    customer_id: str | None


def twins(connection: Connection, receipt_id: int) -> list[Twin]:
    """Receipts that may be the same money as this one, the nearest in time first."""
    other, line, file = schema.receipt, schema.bank_line, schema.source_file
    mine = connection.execute(select(other).where(other.c.receipt_id == receipt_id)).one()
    query = (
        select(other.c.receipt_id, other.c.receipt_key, other.c.value_date, line.c.payer_name, file.c.name, other.c.customer_id)
        .join(line, line.c.line_id == other.c.line_id).join(file, file.c.file_id == line.c.file_id)
        .where(other.c.amount_minor == mine.amount_minor, other.c.currency == mine.currency, other.c.receipt_id != receipt_id, other.c.state.in_(("open", "non_ar")),
               other.c.value_date.between(mine.value_date - NEAR, mine.value_date + NEAR))
    )
    rows = connection.execute(query).all()
    on_statement = _on_statement(connection, [receipt_id, *(row.receipt_id for row in rows)])
    found = [Twin(*row[1:]) for row in rows if not {receipt_id, row.receipt_id} <= on_statement]
    return sorted(found, key=lambda twin: (abs(twin.value_date - mine.value_date), twin.receipt_key))


def give_way(connection: Connection, exception_id: int, receipt_key: str, by: By) -> int:
    """The case's receipt is the same money as the one named, which counts; returns the journal entry."""
    receipt = desk.open_receipt(connection, exception_id)
    table = schema.receipt
    other = connection.execute(select(table).where(table.c.receipt_key == receipt_key)).first()
    if other is None or other.receipt_id == receipt.receipt_id:
        raise UsageError(f"there is no other receipt {receipt_key}; `cashapp export receipts` lists them")
    if (other.amount_minor, other.currency) != (receipt.amount_minor, receipt.currency) or other.state not in {"open", "non_ar"}:
        raise UsageError(f"receipt {receipt_key} is not the same money: its amount is another, or it came back")
    if receipt.unapplied_minor != receipt.amount_minor:
        raise UsageError(f"a part of receipt {receipt.receipt_key} is decided already – undo that first")
    if len(_on_statement(connection, [receipt.receipt_id, other.receipt_id])) == 2:
        raise UsageError(f"statements show {receipt.receipt_key} and {receipt_key}: the bank has the money twice – refund it, or leave it on account")
    event = schema.exception_event
    nth = connection.execute(select(func.count()).where(event.c.exception_id == exception_id)).scalar_one()
    entry_id = ledger.post_one(
        connection, kind="duplicate", on=by.on, source_key=f"duplicate:{receipt.receipt_key}:{nth}", actor=by.actor, memo=f"{receipt.receipt_key} tells of the same money as {receipt_key}",
        legs=[Leg(accounts.UNAPPLIED, receipt.currency, receipt.amount_minor, receipt_id=receipt.receipt_id),
              Leg(accounts.TRANSIT, receipt.currency, -receipt.amount_minor, receipt_id=other.receipt_id)])
    reversals.keep_before(connection, entry_id, receipt)
    connection.execute(table.update().where(table.c.receipt_id == receipt.receipt_id).values(state="linked", customer_id=None))
    exceptions.resolve(connection, exception_id, by.actor, "duplicate", f"of {receipt_key}", entry_id)
    return entry_id


def _on_statement(connection: Connection, receipt_ids: list[int]) -> set[int]:
    """Those whose money a statement shows: in a line of its own, in one that was linked to it, or in one that a person said is the same."""
    receipt, line, link = schema.receipt, schema.bank_line, schema.line_link
    mine = receipt.c.receipt_id.in_(receipt_ids)
    own = select(receipt.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id).where(mine, line.c.report == "statement")
    settled = select(receipt.c.receipt_id).join(link, link.c.counted_by == receipt.c.line_id).where(mine, link.c.how == "settles")
    detail = select(receipt.c.receipt_id).join(link, link.c.line_id == receipt.c.line_id).where(mine, link.c.how == "details")
    joined = linking.joined_by_hand().subquery()
    by_hand = select(joined.c.receipt_id).where(joined.c.receipt_id.in_(receipt_ids), joined.c.report == "statement")
    return {number for query in (own, settled, detail, by_hand) for number in connection.execute(query).scalars()}
