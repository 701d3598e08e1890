"""The audit trail: what people did and when, newest first, whatever it was done to; or everything that became of one thing.

Nothing is kept for it. Each kind of deed has a table of its own to which rows are only added (`Source`), numbered in the order in which they
came; a page takes the newest of each and puts them together by their time. A place in the list is how far each source has been read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, String, cast, false, func, literal, or_, select

from cashapp import schema
from cashapp.errors import UsageError

PAGE = 100
_NUMBER_MAX = 2**63 - 1


class Deed(NamedTuple):
    """One thing that somebody did (`at` in UTC). `kind` and `name` say to what; `entry_id` is what it posted."""

    at: dt.datetime
    actor: str
    action: str
    detail: str
    kind: str
    name: str
    entry_id: int | None


class Page(NamedTuple):
    """Deeds, and the place that the next page begins after, "" at the end."""

    deeds: list[Deed]
    after: str


class About(NamedTuple):
    """The one thing that is asked for: every row of the books that bears its name."""

    name: str
    cases: list[int]
    receipts: list[int]
    items: list[int]
    files: list[int]


class Source(NamedTuple):
    """SELECT number and the fields of a Deed; who did it; and the condition that a row is about the one thing."""

    query: Select[*tuple[Any, ...]]
    number: ColumnElement[int]
    actor: ColumnElement[str]
    about: Callable[[About], ColumnElement[bool]]


def page(connection: Connection, who: str = "", about: str = "", after: str = "") -> Page:
    """A page of deeds, of one person, about one thing, or all."""
    thing = _about(connection, about) if about else None
    sources = _sources(journal=thing is not None)
    places = _places(after, len(sources))
    found: list[tuple[dt.datetime, int, int, Deed]] = []
    for place, (source, read_to) in enumerate(zip(sources, places, strict=True)):
        query = source.query.where(source.number < read_to, *([source.actor == who] if who else []), *([source.about(thing)] if thing else []))
        for number, at, actor, action, detail, kind, name, entry_id in connection.execute(query.order_by(source.number.desc()).limit(PAGE + 1)):
            found.append((at, place, number, Deed(at, actor, action, detail, kind, name, entry_id)))
    found.sort(key=lambda one: (one[0], -one[1], one[2]), reverse=True)
    shown = found[:PAGE]
    for _, place, number, _ in shown:
        places[place] = min(places[place], number)
    more = ".".join("" if number == _NUMBER_MAX else str(number) for number in places)
    return Page([deed for *_, deed in shown], more if len(found) > PAGE else "")


def _places(after: str, count: int) -> list[int]:
    """How far each of so many sources was read; UsageError for what is no place."""
    parts = after.split(".") if after else []
    if not all(part == "" or (part.isascii() and part.isdigit() and len(part) < 19) for part in parts):
        raise UsageError(f"{after!r} is no place in the trail – begin at its first page")
    return [int(part) if part else _NUMBER_MAX for part in [*parts, *[""] * count][:count]]


def _about(connection: Connection, name: str) -> About:
    """A case by its number, a receipt, an invoice, a file by its name; a customer, an account or a month is asked for by the name alone."""
    receipt, item, file, case = schema.receipt, schema.open_item, schema.source_file, schema.exception_case
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 18 else None
    return About(
        name, list(connection.execute(select(case.c.exception_id).where(case.c.exception_id == number)).scalars()) if number is not None else [],
        list(connection.execute(select(receipt.c.receipt_id).where(receipt.c.receipt_key == name)).scalars()),
        list(connection.execute(select(item.c.item_id).where(item.c.document_number == name)).scalars()),
        list(connection.execute(select(file.c.file_id).where(file.c.name == name)).scalars()),
    )


def _either(*ways: tuple[ColumnElement[int], list[int]]) -> ColumnElement[bool]:
    """One of the columns has one of its numbers; columns that are asked for none cost nothing."""
    return or_(false(), *(column.in_(numbers) for column, numbers in ways if numbers))


def _sources(*, journal: bool) -> list[Source]:
    """Every kind of deed; the journal's entries, which are many, only where one thing is asked for."""
    return [_cases(), _adjustments(), _returns(), _reconciliations(), _matches(), _periods(), _undone(), _lessons(), _runs(), _users(), *([_entries()] if journal else [])]


def _cases() -> Source:
    event, case = schema.exception_event, schema.exception_case

    def about(thing: About) -> ColumnElement[bool]:
        mine = or_(case.c.customer_id == thing.name, _either((case.c.exception_id, thing.cases), (case.c.receipt_id, thing.receipts), (case.c.file_id, thing.files)))
        return event.c.exception_id.in_(select(case.c.exception_id).where(mine))

    query = select(event.c.event_id, event.c.at, event.c.actor, event.c.action, event.c.detail, literal("case"), cast(event.c.exception_id, String), event.c.entry_id)
    return Source(query, event.c.event_id, event.c.actor, about)


def _adjustments() -> Source:
    event, table = schema.adjustment_event, schema.adjustment
    query = select(
        event.c.event_id, event.c.at, event.c.actor, event.c.action, table.c.kind + literal(" ") + event.c.detail, literal("adjustment"),
        cast(event.c.adjustment_id, String), event.c.entry_id).join(table, table.c.adjustment_id == event.c.adjustment_id)
    return Source(query, event.c.event_id, event.c.actor, lambda thing: or_(
        table.c.customer_id == thing.name, _either((table.c.exception_id, thing.cases), (table.c.receipt_id, thing.receipts), (table.c.item_id, thing.items))))


def _returns() -> Source:
    event, table = schema.return_event, schema.returned_item
    query = select(
        event.c.event_id, event.c.at, event.c.actor, event.c.action, event.c.detail, literal("returned item"), cast(event.c.return_id, String), event.c.entry_id,
    ).join(table, table.c.return_id == event.c.return_id)
    return Source(query, event.c.event_id, event.c.actor, lambda thing: or_(table.c.customer_id == thing.name, _either((table.c.receipt_id, thing.receipts))))


def _reconciliations() -> Source:
    event = schema.reconciliation_event
    query = select(event.c.event_id, event.c.at, event.c.actor, event.c.action, event.c.note, literal("reconciliation"),
                   event.c.account + literal(" ") + event.c.period, literal(None))
    return Source(query, event.c.event_id, event.c.actor, lambda thing: or_(event.c.account == thing.name, event.c.period == thing.name))


def _matches() -> Source:
    """What people did with matches of the bank reconciliation; their rows bear no number, and are counted in the order of their time."""
    event, match = schema.bank_match_event, schema.bank_match
    told = select(func.row_number().over(order_by=(event.c.at, event.c.match_id, event.c.action)).label("number"), event, match.c.account).join(
        match, match.c.match_id == event.c.match_id).subquery()
    query = select(told.c.number, told.c.at, told.c.actor, told.c.action, told.c.reason, literal("bank match"), cast(told.c.match_id, String), literal(None))
    return Source(query, told.c.number, told.c.actor, lambda thing: told.c.account == thing.name)


def _periods() -> Source:
    event = schema.period_event
    query = select(event.c.event_id, event.c.at, event.c.actor, event.c.state, event.c.reason, literal("month"), event.c.period, literal(None))
    return Source(query, event.c.event_id, event.c.actor, lambda thing: event.c.period == thing.name)


def _undone() -> Source:
    log = schema.undo_log
    query = select(log.c.undo_id, log.c.at, log.c.actor, literal("undo"), log.c.reason, log.c.what, log.c.name, literal(None))
    return Source(query, log.c.undo_id, log.c.actor, lambda thing: log.c.name == thing.name)


def _lessons() -> Source:
    gone = schema.unlearned
    query = select(gone.c.unlearn_id, gone.c.at, gone.c.actor, literal("take back"), gone.c.kind + literal(" ") + gone.c.value + literal(": ") + gone.c.reason,
                   literal("lesson"), gone.c.customer_id, literal(None))
    return Source(query, gone.c.unlearn_id, gone.c.actor, lambda thing: gone.c.customer_id == thing.name)


def _runs() -> Source:
    log = schema.run_log
    query = select(log.c.run_id, log.c.started_at, log.c.actor, literal("run"), literal("for ") + cast(log.c.as_of, String), literal("run"), cast(log.c.run_id, String), literal(None))
    return Source(query, log.c.run_id, log.c.actor, lambda thing: or_(false(), *(literal(number).between(log.c.first_file, log.c.last_file) for number in thing.files)))


def _users() -> Source:
    event = schema.user_event
    query = select(event.c.event_id, event.c.at, event.c.actor, event.c.action, event.c.detail, literal("user"), event.c.login, literal(None))
    return Source(query, event.c.event_id, event.c.actor, lambda thing: event.c.login == thing.name)


def _entries() -> Source:
    entry, leg = schema.journal_entry, schema.posting

    def about(thing: About) -> ColumnElement[bool]:
        return entry.c.entry_id.in_(select(leg.c.entry_id).where(_either((leg.c.receipt_id, thing.receipts), (leg.c.item_id, thing.items))))

    told = entry.c.memo + func.coalesce(literal(" ") + func.nullif(entry.c.reason, ""), "")
    query = select(entry.c.entry_id, entry.c.posted_at, entry.c.actor, entry.c.kind, told, literal("journal entry"), cast(entry.c.entry_id, String), entry.c.entry_id)
    return Source(query, entry.c.entry_id, entry.c.actor, about)
