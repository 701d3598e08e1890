"""Accounting periods: calendar months that are open, soft-closed or locked.

A month without an event is open. A soft-closed month takes corrections that a person dates into it, but nothing that merely comes late;
a locked one takes nothing. What comes late for a closed month goes to the first open day after it, with a pointer to where it belongs. The
states are events: who closed, reopened and why is never lost.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Literal, NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, String, case, cast, func, select

from cashapp import clock, db, schema
from cashapp.errors import ControlError, UsageError

State = Literal["open", "soft_closed", "locked"]
OPEN, SOFT_CLOSED, LOCKED = "open", "soft_closed", "locked"


class Month(NamedTuple):
    """A period as written (`2026-11`) with its first and last day."""

    name: str
    first: dt.date
    last: dt.date


class Event(NamedTuple):
    """What somebody did to a period."""

    period: str
    state: str
    at: dt.datetime
    actor: str
    reason: str


def month(text: str) -> Month:
    """`2026-11` → its days; UsageError for anything else."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if found is None or found[1] == "0000":
        raise UsageError(f"{text!r} is no period – write it YYYY-MM")
    year, number = int(found[1]), int(found[2])
    return Month(text, dt.date(year, number, 1), dt.date(year, number, calendar.monthrange(year, number)[1]))


def of(date: dt.date) -> str:
    """The period that a day lies in."""
    return f"{date:%Y-%m}"


def events(connection: Connection) -> list[Event]:
    """Everything that was done to periods, in order."""
    event = schema.period_event
    query = select(event.c.period, event.c.state, event.c.at, event.c.actor, event.c.reason).order_by(event.c.event_id)
    return [Event(*row) for row in connection.execute(query)]


def states(connection: Connection) -> dict[str, str]:
    """The periods that are not open, with their state."""
    last = {event.period: event.state for event in events(connection)}
    return {period: state for period, state in last.items() if state != OPEN}


def is_locked(connection: Connection, period: str) -> bool:
    """Whether nothing may change in the period any more."""
    return states(connection).get(period) == LOCKED


def refuse_locked(connection: Connection, period: str, what: str) -> None:
    """ControlError (exit status 4) where the period is locked."""
    if is_locked(connection, period):
        raise ControlError(f"{what}: {period} is locked – date it into an open period, or let a controller `cashapp period reopen {period} --reason …`")


def change(connection: Connection, period: Month, state: State, actor: str, reason: str) -> None:
    """Close, lock or reopen a period. A lock is only taken back with a reason."""
    now = states(connection).get(period.name, OPEN)
    if now == state:
        raise UsageError(f"{period.name} is {state.replace('_', ' ')} already")
    if now == LOCKED and not reason:
        raise UsageError(f"{period.name} is locked: say why it is reopened with --reason")
    connection.execute(schema.period_event.insert().values(
        event_id=db.next_id(connection, schema.period_event.c.event_id), period=period.name, state=state, at=clock.now().replace(tzinfo=None), actor=actor, reason=reason))


def first_open(closed: dict[str, str], date: dt.date) -> dt.date:
    """The day itself, or the first day after it that lies in an open period."""
    while of(date) in closed:
        date = month(of(date)).last + dt.timedelta(days=1)
    return date


def admitted(entries: pl.DataFrame, closed: dict[str, str], *, late: bool) -> pl.DataFrame:
    """Journal entries that the `closed` periods (`states`) let in. `late`: they come from files and move to the first open day, their memo saying where they
    belong; others are refused (ControlError) where their period is locked."""
    if not closed or entries.is_empty():
        return entries
    if late:
        return _moved(entries, closed)
    for date in entries["entry_date"].unique().sort():
        if closed.get(of(date)) == LOCKED:
            raise ControlError(f"nothing can be posted on {date}: {of(date)} is locked – date it into an open period, or let a controller `cashapp period reopen {of(date)} --reason …`")
    return entries


LATE = "(late: belongs to ____-__-__)"
"""How the memo of a moved entry ends, as SQL LIKE has it."""


def bank_date() -> ColumnElement[str]:
    """The day that a journal entry belongs to, in ISO 8601: its own, or for one that came late the day its memo points to."""
    entry = schema.journal_entry
    pointed = func.substr(entry.c.memo, func.length(entry.c.memo) - 10, 10)
    return case((entry.c.memo.like(f"%{LATE}"), pointed), else_=cast(entry.c.entry_date, String))


def _moved(entries: pl.DataFrame, closed: dict[str, str]) -> pl.DataFrame:
    days = {date: first_open(closed, date) for date in entries["entry_date"].unique()}
    landing = pl.col("entry_date").replace_strict(days, return_dtype=pl.Date)
    pointer = pl.format("{} (late: belongs to {})", "memo", pl.col("entry_date"))
    return entries.with_columns(landing.alias("entry_date"), pl.when(landing != pl.col("entry_date")).then(pointer).otherwise("memo").alias("memo"))


def known(connection: Connection) -> list[str]:
    """Every period in which something was posted or done, oldest first."""
    entry = schema.journal_entry
    first, last = connection.execute(select(func.min(entry.c.entry_date), func.max(entry.c.entry_date))).one()
    return sorted({event.period for event in events(connection)}.union(between(first, last) if first is not None else []))


def between(first: dt.date, last: dt.date) -> list[str]:
    """The periods from one day to the other, oldest first."""
    found = []
    while first <= last:
        found.append(of(first))
        first = month(of(first)).last + dt.timedelta(days=1)
    return found
