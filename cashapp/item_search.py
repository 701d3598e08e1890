"""Finding open items as a clerk types: by the beginning of a number, by an amount, by a customer. Each way is a step in an index.

What one customer owes is few rows, and may be searched for any part of a number (`within`); what everybody owes is not (`found`).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, union

from cashapp import schema
from parsers.amounts import AmountError, to_minor

_item, _customer = schema.open_item, schema.customer
_LAST = "\U0010ffff"
NAMED_MAX = 100
"""A name that more customers bear says too little: the first of them, until more of it is typed."""


def found(connection: Connection, asked: str, currency: str | None) -> ColumnElement[bool]:
    """The condition on `open_item` that a search stands for."""
    open_now = _item.c.open_minor != 0
    spellings = sorted({asked, asked.upper()})
    numbered = [_begins(connection, column, spelling) for column in (_item.c.document_number, _item.c.po_number) for spelling in spellings]
    named = select(_customer.c.customer_id).where(
        or_(_customer.c.customer_id.in_(spellings), _customer.c.name.icontains(asked, autoescape=True))).order_by(_customer.c.name, _customer.c.customer_id).limit(NAMED_MAX)
    ways: list[Select[tuple[int]]] = [select(_item.c.item_id).where(open_now, condition) for condition in (*numbered, _item.c.customer_id.in_(named))]
    minor = _amount(asked, currency)
    if minor is not None:
        ways.append(select(_item.c.item_id).where(open_now, _item.c.open_minor.in_((minor, -minor))))
    return _item.c.item_id.in_(union(*ways))


def within(asked: str, currency: str | None) -> ColumnElement[bool]:
    """The condition on one customer's open items that a search stands for: any part of a number, or the amount."""
    minor = _amount(asked, currency)
    ways = [column.icontains(asked, autoescape=True) for column in (_item.c.document_number, _item.c.po_number)]
    return or_(*ways, *([_item.c.open_minor.in_((minor, -minor))] if minor is not None else []))


def _begins(connection: Connection, column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """As each database finds it in an index: PostgreSQL by its pattern operators, SQLite by its order of bytes."""
    if connection.dialect.name == "postgresql":
        return column.startswith(word, autoescape=True)
    return and_(column >= word, column < word + _LAST)


def _amount(asked: str, currency: str | None) -> int | None:
    try:
        return to_minor(asked.replace(",", ""), currency or "USD")
    except AmountError:
        return None
