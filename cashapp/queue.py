"""The queue as it is read: filters, order, and one page at a time, however long it is.

A page is found by key (the order's value and the case's number behind it), so the last page costs what the first does. By due date the list is one
stream of cases for each block of the deadlines, oldest first, put together by the day each case is due.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, true, tuple_

from cashapp import case_search, schema
from cashapp.deadlines import Deadlines
from cashapp.errors import UsageError
from cashapp.proposals import EXPLANATION
from parsers.amounts import AmountError, to_minor

PAGE = 50
FOUND_MAX = 5000
"""So many cases a search may find whose numbers are then passed on; more are asked for in each query anew."""
_case, _receipt, _line, _proposal = schema.exception_case, schema.receipt, schema.bank_line, schema.proposal
ORDERS: dict[str, tuple[ColumnElement[object], bool]] = {
    "oldest": (_case.c.opened_on, False), "newest": (_case.c.opened_on, True),
    "largest": (_case.c.size_minor, True), "smallest": (_case.c.size_minor, False),
}
"""How the list may be sorted: the column, and whether it falls."""
DUE = "due"
"""And by the day the case is due."""


class Filter(NamedTuple):
    """What to show. Empty fields ask nothing; `owner` "-" is nobody; `age` in days; `due` "late" or the role a late case has gone up to; amounts as decimal text;
    `among` the cases that a search has found (`searched`)."""

    status: str = "open"
    reason: str = ""
    owner: str = ""
    age: int = 0
    due: str = ""
    currency: str = ""
    at_least: str = ""
    at_most: str = ""
    search: str = ""
    order: str = "oldest"
    among: tuple[int, ...] | None = None


class Case(NamedTuple):
    """A line of the list; amounts in minor units."""

    exception_id: int
    reason: str
    status: str
    assignee: str
    note: str
    opened_on: dt.date
    currency: str | None
    amount_minor: int | None
    payer_name: str
    bank_reference: str
    text: str
    value_date: dt.date | None
    customer_id: str | None
    customer_name: str | None
    confidence: int | None
    explanation: str | None
    rule: str | None


class Page(NamedTuple):
    """Lines and the key with which the next page begins, "" at the end."""

    cases: list[Case]
    after: str


def searched(connection: Connection, wanted: Filter) -> Filter:
    """The same filter with its search answered, so that list and counts need not ask it again; as it is where too much is found for that."""
    if not wanted.search.strip():
        return wanted
    ids = connection.execute(case_search.found(wanted.search.strip()).limit(FOUND_MAX + 1)).scalars().all()
    return wanted if len(ids) > FOUND_MAX else wanted._replace(search="", among=tuple(sorted(ids)))


def page(connection: Connection, wanted: Filter, at: Deadlines, after: str = "", size: int = PAGE) -> Page:
    """One page of the list."""
    if wanted.order == DUE:
        due = _by_due(connection, wanted, at, _Place.read(after), size + 1)
        return Page(_cases(connection, [place.number for place in due[:size]]), due[size - 1].key if len(due) > size else "")
    column, falling = ORDERS.get(wanted.order, ORDERS["oldest"])
    query = select(_case.c.exception_id, column.label("sort_key")).where(*conditions(wanted, at))
    if after:
        edge, number = _edge(after, dated=column is _case.c.opened_on)
        query = query.where(_beyond(column, edge, _case.c.exception_id > number, rising=not falling))
    if column is not _case.c.opened_on:
        query = query.where(_case.c.amount_minor.is_not(None))
    found = connection.execute(query.order_by(column.desc() if falling else column, _case.c.exception_id).limit(size + 1)).all()
    more = f"{found[size - 1].sort_key}~{found[size - 1].exception_id}" if len(found) > size else ""
    return Page(_cases(connection, [row.exception_id for row in found[:size]]), more)


def _edge(after: str, *, dated: bool) -> tuple[dt.date | int, int]:
    """The place that a page begins after: what the list is sorted by, and the case."""
    value, _, number = after.rpartition("~")
    if re.fullmatch("[0-9]{1,18}", number) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}" if dated else "[0-9]{1,18}", value):
        try:
            return dt.date.fromisoformat(value) if dated else int(value), int(number)
        except ValueError:
            pass
    raise UsageError(f"{after!r} is no place in the list – begin at its first page")


class _Place(NamedTuple):
    """A case's place in the list by due date."""

    due: dt.date
    opened_on: dt.date
    number: int

    @property
    def key(self) -> str:
        """As a URL has it."""
        return f"{self.due}~{self.opened_on}~{self.number}"

    @classmethod
    def read(cls, key: str) -> _Place | None:
        """A place out of a URL; None where there is none."""
        try:
            due, opened_on, number = key.split("~")
            if not re.fullmatch("[0-9]{1,18}", number):
                return None
            return cls(dt.date.fromisoformat(due), dt.date.fromisoformat(opened_on), int(number))
        except ValueError:
            return None


def _by_due(connection: Connection, wanted: Filter, at: Deadlines, edge: _Place | None, size: int, *, forward: bool = True) -> list[_Place]:
    """The cases beyond a place, the nearest first."""
    day, number = _case.c.opened_on, _case.c.exception_id
    found: list[_Place] = []
    for block, days in enumerate(at.classes()):
        query = select(number, day).where(*conditions(wanted, at), at.is_class(block))
        if edge is not None:
            first, last = at.opened_until(days, edge.due - dt.timedelta(1)) + dt.timedelta(1), at.opened_until(days, edge.due)
            here = tuple_(day, number) > (edge.opened_on, edge.number) if forward else tuple_(day, number) < (edge.opened_on, edge.number)
            query = query.where(or_(day > last if forward else day < first, and_(day.between(first, last), here)))
        order = (day, number) if forward else (day.desc(), number.desc())
        found += [_Place(at.shifted(row.opened_on, days), row.opened_on, row.exception_id) for row in connection.execute(query.order_by(*order).limit(size))]
    return sorted(found, reverse=not forward)[:size]


def _cases(connection: Connection, ids: list[int]) -> list[Case]:
    customer = schema.customer
    line_id = func.coalesce(_receipt.c.line_id, _case.c.line_id)
    owner = func.coalesce(_proposal.c.customer_id, _case.c.customer_id)
    query = (
        select(
            _case.c.exception_id, _case.c.reason, _case.c.status, _case.c.assignee, _case.c.note, _case.c.opened_on, _case.c.currency, _case.c.amount_minor,
            func.coalesce(_line.c.payer_name, ""), func.coalesce(_line.c.bank_reference, ""), func.coalesce(_line.c.remittance_text, ""),
            _line.c.value_date, owner, customer.c.name, _proposal.c.confidence, EXPLANATION, _proposal.c.rule,
        )
        .outerjoin(_receipt, _receipt.c.receipt_id == _case.c.receipt_id).outerjoin(_line, _line.c.line_id == line_id)
        .outerjoin(_proposal, and_(_proposal.c.receipt_id == _case.c.receipt_id, _proposal.c.rank == 1))
        .outerjoin(customer, customer.c.customer_id == owner).where(_case.c.exception_id.in_(ids))
    )
    rows = {row[0]: Case._make(row) for row in connection.execute(query)}
    return [rows[exception_id] for exception_id in ids]


def neighbours(connection: Connection, wanted: Filter, at: Deadlines, exception_id: int) -> tuple[int | None, int | None]:
    """The cases before and after this one in the list."""
    if wanted.order == DUE:
        return _neighbours_by_due(connection, wanted, at, exception_id)
    column, falling = ORDERS.get(wanted.order, ORDERS["oldest"])
    here = connection.execute(select(column.label("sort_key")).where(_case.c.exception_id == exception_id)).first()
    if here is None or here.sort_key is None:
        return None, None
    fits = conditions(wanted, at)

    def nearest(*, forward: bool) -> int | None:
        rising = forward != falling
        tie = _case.c.exception_id > exception_id if forward else _case.c.exception_id < exception_id
        number = _case.c.exception_id if forward else _case.c.exception_id.desc()
        beyond = _beyond(column, here.sort_key, tie, rising=rising)
        query = select(_case.c.exception_id).where(*fits, beyond).order_by(column if rising else column.desc(), number).limit(1)
        return connection.execute(query).scalar()

    return nearest(forward=False), nearest(forward=True)


def _neighbours_by_due(connection: Connection, wanted: Filter, at: Deadlines, exception_id: int) -> tuple[int | None, int | None]:
    row = connection.execute(select(_case).where(_case.c.exception_id == exception_id)).first()
    if row is None:
        return None, None
    here = _Place(at.of(row.opened_on, row.reason, row.amount_minor, row.currency).on, row.opened_on, exception_id)
    before, after = (_by_due(connection, wanted, at, here, 1, forward=forward) for forward in (False, True))
    return before[0].number if before else None, after[0].number if after else None


def _beyond(column: ColumnElement[object], edge: object, tie: ColumnElement[bool], *, rising: bool) -> ColumnElement[bool]:
    """What comes after a place in the list; the first condition is what an index begins at, the second leaves out the ties before it."""
    if rising:
        return and_(column >= edge, or_(column > edge, tie))
    return and_(column <= edge, or_(column < edge, tie))


def alike(connection: Connection, exception_id: int) -> list[int]:
    """Other open cases of the same payer, by the same reason and rule: one decision may clear them all."""
    mine = connection.execute(_kin().where(_case.c.exception_id == exception_id)).first()
    if mine is None or not mine.payer_name or mine.rule is None:
        return []
    query = _kin().where(
        _case.c.status == "open", _case.c.exception_id != exception_id, _case.c.reason == mine.reason, _line.c.payer_name == mine.payer_name,
        _proposal.c.rule == mine.rule, _proposal.c.customer_id == mine.customer_id,
    )
    return [row.exception_id for row in connection.execute(query.order_by(_case.c.exception_id).limit(200))]


def _kin() -> Select[*tuple[object, ...]]:
    return (
        select(_case.c.exception_id, _case.c.reason, _line.c.payer_name, _proposal.c.rule, _proposal.c.customer_id)
        .join(_receipt, _receipt.c.receipt_id == _case.c.receipt_id).join(_line, _line.c.line_id == _receipt.c.line_id)
        .outerjoin(_proposal, and_(_proposal.c.receipt_id == _case.c.receipt_id, _proposal.c.rank == 1))
    )


def conditions(wanted: Filter, at: Deadlines) -> list[ColumnElement[bool]]:
    """What the filter asks of a case."""
    found: list[ColumnElement[bool]] = []
    if wanted.status in {"open", "resolved"}:
        same = _case.c.status == wanted.status
        found.append(same if wanted.among is None else same.is_(true()))  # no index serves that form: a few known cases are looked up by number
    if wanted.reason:
        found.append(_case.c.reason == wanted.reason)
    if wanted.owner:
        found.append(_case.c.assignee == ("" if wanted.owner == "-" else wanted.owner))
    if wanted.age:
        found.append(waiting(wanted.age, at))
    if wanted.due == "late":
        found.append(at.late())
    elif wanted.due in at.rules.escalate:
        found.append(at.with_role(wanted.due))
    if wanted.currency:
        found.append(_case.c.currency == wanted.currency)
    for text, at_least in ((wanted.at_least, True), (wanted.at_most, False)):
        minor = minor_of(text, wanted.currency)
        if minor is not None:
            found.append(_case.c.size_minor >= minor if at_least else _case.c.size_minor <= minor)
    if wanted.search.strip():
        found.append(_case.c.exception_id.in_(case_search.found(wanted.search.strip())))
    if wanted.among is not None:
        found.append(_case.c.exception_id.in_(wanted.among))
    return found


def waiting(days: int, at: Deadlines) -> ColumnElement[bool]:
    """The condition that a case was opened so many days ago or earlier."""
    return _case.c.opened_on <= at.as_of - dt.timedelta(days=days)


def minor_of(text: str, currency: str) -> int | None:
    """An amount of the filter in minor units; None where there is none, or it cannot be read."""
    try:
        return to_minor(text.replace(",", ""), currency or "USD") if text.strip() else None
    except AmountError:
        return None


def last_event(connection: Connection, exception_id: int) -> int:
    """The number of the case's latest event, 0 where nothing has happened: what a screen was drawn from."""
    event = schema.exception_event
    return connection.execute(select(func.max(event.c.event_id)).where(event.c.exception_id == exception_id)).scalar() or 0


def last_of_all(connection: Connection) -> int:
    """The number of the latest event of any case, 0 where nothing has happened."""
    return connection.execute(select(func.max(schema.exception_event.c.event_id))).scalar() or 0


def history(connection: Connection, exception_id: int) -> list[Row[*tuple[object, ...]]]:
    """What was done with a case: at, actor, action, detail, entry_id, in order."""
    event = schema.exception_event
    return list(connection.execute(select(event).where(event.c.exception_id == exception_id).order_by(event.c.event_id)).all())


def by_id(connection: Connection, ids: list[int]) -> list[Case]:
    """These cases, those that exist, in the order given."""
    known = set(connection.execute(select(_case.c.exception_id).where(_case.c.exception_id.in_(ids))).scalars())
    return _cases(connection, [number for number in ids if number in known])


def newest(connection: Connection) -> int:
    """The number of the newest case, 0 where there is none."""
    return connection.execute(select(func.max(_case.c.exception_id))).scalar() or 0


def opened_since(connection: Connection, exception_id: int) -> int:
    """How many open cases have come after this one."""
    return connection.execute(select(func.count()).where(_case.c.exception_id > exception_id, _case.c.status == "open")).scalar() or 0
