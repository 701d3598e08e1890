"""Who prepared and who reviewed an account's month, who owns what is left unexplained; and that what was signed is what is shown.

The preparer signs first; the reviewer is another person. The signature is over the digest of the month's table; as long as it is reviewed the month
takes no change, and a table that no longer has the digest is a failed control.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, select

from cashapp import clock, db, periods, schema
from cashapp.errors import ControlError, UsageError
from cashapp.periods import Month
from cashapp.reconciliation import settled
from cashapp.reconciliation.lines import Account
from cashapp.reconciliation.picture import Picture

PREPARED, REVIEWED, REOPENED, OWNER = "prepared", "reviewed", "reopened", "owner"


class Event(NamedTuple):
    """One thing done to an account's month."""

    action: str
    at: dt.datetime
    actor: str
    note: str
    digest: str


class Signed(NamedTuple):
    """The standing signatures, and who owns the unexplained difference since when."""

    prepared: Event | None
    reviewed: Event | None
    owner: Event | None


def digest(connection: Connection, drawn: Picture) -> str:
    """SHA-256 over what the month says: the SHA-256 of each match and row, of which rows it is by the month's end, in order; what is open then; and the balances.
    What clears later, or is booked later, does not change it."""
    open_then = drawn.units.filter(pl.col("closing") != 0).select("unit")
    told = _units(drawn.rows, drawn.month, open_then["unit"].implode())
    for rows in settled.blocks(connection, drawn.account, drawn.known_at, drawn.settled):
        told += _units(rows, drawn.month, open_then["unit"].clear().implode())
    chain = hashlib.sha256(b"".join(sorted(told)))
    for currency in drawn.currencies:
        chain.update(f"{currency}{sorted(drawn.bank[currency].items())}{sorted(drawn.book[currency].items())}{drawn.unexplained(currency)}".encode())
    return chain.hexdigest()


def _units(rows: pl.DataFrame, month: Month, open_then: pl.Series) -> list[bytes]:
    """The SHA-256 of each unit of the month, or open at its end."""
    date = pl.coalesce("bank_date", "entry_date")
    row = pl.concat_str(pl.col("line_id").cast(pl.String), "entry_id", date.cast(pl.String), pl.coalesce("bank_minor", "entry_minor").cast(pl.String), "currency",
                        separator="\x1f", ignore_nulls=True)
    units = rows.filter(date <= month.last).group_by("unit").agg(row.sort().str.join("\x1d").alias("rows"), (date >= month.first).any().alias("now"))
    return [hashlib.sha256(text.encode()).digest() for text in units.filter(pl.col("now") | pl.col("unit").is_in(open_then))["rows"]]


def events(connection: Connection, account: Account, period: str, known_at: dt.datetime | None = None) -> list[Event]:
    """Everything done to the account's month, now or up to a moment, in order."""
    event = schema.reconciliation_event
    query = select(event.c.action, event.c.at, event.c.actor, event.c.note, event.c.digest).where(
        event.c.account.in_(account.spellings), event.c.period == period,
        *([event.c.at <= known_at] if known_at else [])).order_by(event.c.event_id)
    return [Event(*row) for row in connection.execute(query)]


def signed(connection: Connection, account: Account, period: str, known_at: dt.datetime | None = None) -> Signed:
    """What stands, or stood at a moment."""
    return _standing(events(connection, account, period, known_at))


def by_month(connection: Connection, account: Account) -> dict[str, Signed]:
    """What stands in each month in which anything was done to the account."""
    event = schema.reconciliation_event
    query = select(event.c.period, event.c.action, event.c.at, event.c.actor, event.c.note, event.c.digest).where(
        event.c.account.in_(account.spellings)).order_by(event.c.event_id)
    done: dict[str, list[Event]] = {}
    for period, *told in connection.execute(query):
        done.setdefault(period, []).append(Event(*told))
    return {period: _standing(told) for period, told in done.items()}


def _standing(done: list[Event]) -> Signed:
    """Reopening takes both signatures back, preparing anew the review."""
    prepared = reviewed = owner = None
    for event in done:
        if event.action == OWNER:
            owner = event
        elif event.action == PREPARED:
            prepared, reviewed = event, None
        elif event.action == REVIEWED:
            reviewed = event
        else:
            prepared = reviewed = None
    return Signed(prepared, reviewed, owner)


def prepare(connection: Connection, drawn: Picture, *, actor: str, note: str = "") -> None:
    """The preparer signs; what is unexplained must have an owner."""
    refuse_reviewed(connection, drawn.account, drawn.month.name)
    owner = signed(connection, drawn.account, drawn.month.name).owner
    for currency in drawn.currencies:
        if drawn.unexplained(currency) and owner is None:
            raise UsageError(f"{drawn.account.name} {drawn.month.name} has an unexplained difference in {currency} and nobody owns it – "
                             "`cashapp reconcile own --owner NAME --note WHY` first")
    _add(connection, drawn.account, drawn.month, PREPARED, actor, note, digest(connection, drawn))


def review(connection: Connection, drawn: Picture, *, actor: str, note: str = "") -> None:
    """The reviewer signs what the preparer signed: another person, the same figures."""
    now = signed(connection, drawn.account, drawn.month.name)
    if now.prepared is None:
        raise UsageError(f"{drawn.account.name} {drawn.month.name} was not prepared yet – `cashapp reconcile sign` by the preparer comes first")
    if now.reviewed is not None:
        raise UsageError(f"{drawn.account.name} {drawn.month.name} was reviewed by {now.reviewed.actor} already")
    if now.prepared.actor.casefold() == actor.casefold():
        raise ControlError(f"{actor} prepared {drawn.account.name} {drawn.month.name} and cannot review it: another person must")
    if now.prepared.digest != digest(connection, drawn):
        raise ControlError(f"{drawn.account.name} {drawn.month.name} was changed after {now.prepared.actor} prepared it: it must be prepared again")
    _add(connection, drawn.account, drawn.month, REVIEWED, actor, note, now.prepared.digest)


def reopen(connection: Connection, account: Account, month: Month, *, actor: str, reason: str) -> None:
    """Take the signatures back, with a reason."""
    periods.refuse_locked(connection, month.name, f"the reconciliation of {account.name} cannot be reopened")
    if not reason:
        raise UsageError("say why it is reopened with --reason")
    _add(connection, account, month, REOPENED, actor, reason, "")


def own(connection: Connection, account: Account, month: Month, *, owner: str, note: str, actor: str) -> None:
    """Name the person who looks for what is unexplained."""
    refuse_reviewed(connection, account, month.name)
    _add(connection, account, month, OWNER, owner, f"{note} (named by {actor})".strip(), "")


def frozen_until(connection: Connection, account: Account) -> dt.date | None:
    """The last day of the newest reviewed month of the account."""
    event = schema.reconciliation_event
    names = connection.execute(select(event.c.period).distinct().where(event.c.account.in_(account.spellings), event.c.action == REVIEWED).order_by(event.c.period.desc())).scalars()
    newest = next((name for name in names if signed(connection, account, name).reviewed is not None), None)
    return periods.month(newest).last if newest else None


def refuse_reviewed(connection: Connection, account: Account, period: str) -> None:
    """ControlError where the month, or a later one, was reviewed."""
    event = schema.reconciliation_event
    later = connection.execute(select(event.c.period).distinct().where(event.c.account.in_(account.spellings), event.c.period >= period).order_by(event.c.period)).scalars()
    for name in later:
        review_event = signed(connection, account, name).reviewed
        if review_event is not None:
            raise ControlError(f"{account.name} {name} was reviewed by {review_event.actor} and is closed – `cashapp reconcile reopen --period {name} --reason …` first")


def _add(connection: Connection, account: Account, month: Month, action: str, actor: str, note: str, over: str) -> None:
    connection.execute(schema.reconciliation_event.insert().values(
        event_id=db.next_id(connection, schema.reconciliation_event.c.event_id), account=account.name, period=month.name, action=action,
        at=clock.now().replace(tzinfo=None), actor=actor, note=note, digest=over))
