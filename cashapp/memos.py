"""Open items that the program itself makes: debit and credit memos, fees, credits on account. The ledger opens them."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, select

from cashapp import db, schema
from cashapp.errors import UsageError


class Memo(NamedTuple):
    """A document to be made. `amount_minor` is signed: credits are negative."""

    customer_id: str
    number: str
    kind: str
    currency: str
    amount_minor: int
    due_date: dt.date | None = None
    description: str = ""
    company: str = ""


def make(connection: Connection, memo: Memo, on: dt.date) -> int:
    """Make the item with nothing open yet (the entry that posts it opens it); returns its id. A number that is taken is counted on."""
    customer = schema.customer
    if connection.execute(select(customer.c.customer_id).where(customer.c.customer_id == memo.customer_id)).first() is None:
        raise UsageError(f"there is no customer {memo.customer_id}")
    item_id = db.next_id(connection, schema.open_item.c.item_id)
    connection.execute(schema.open_item.insert().values(
        item_id=item_id, company=memo.company, customer_id=memo.customer_id, document_number=_free(connection, memo.number), kind=memo.kind,
        currency=memo.currency, amount_minor=memo.amount_minor, imported_open_minor=0, open_minor=0, issue_date=on, due_date=memo.due_date,
        discount_minor=0, description=memo.description,
    ))
    return item_id


def _free(connection: Connection, wanted: str) -> str:
    item = schema.open_item
    taken = set(connection.execute(select(item.c.document_number).where(item.c.document_number.startswith(wanted, autoescape=True))).scalars())
    number, count = wanted, 1
    while number in taken:
        count += 1
        number = f"{wanted}-{count}"
    return number
